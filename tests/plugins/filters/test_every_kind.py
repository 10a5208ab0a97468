"""Every word for a kind of file finds such files, or says where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from program_run import Program

from tess_source import Session, names
from tess_source.errors import QueryError
from tess_source.names.elsewhere import ELSEWHERE
from tess_source_sample.server import SampleArchive

KELT9 = "TIC 16740101"
CHIP = {"sector": 1, "camera": 1, "ccd": 1}
QUESTIONS: dict[str, dict[str, Any]] = {
    **{kind: {"targets": KELT9} for kind in ("lc", "fast-lc", "tp", "fast-tp", "dvt", "dvr-pdf", "dvr-xml", "dvs", "dvm")},
    "lc-txt": {"targets": "TIC 141914082"},
    **dict.fromkeys(("ffi", "ffir", "cbv", "cube"), CHIP),
    "fast-cbv": {"sector": 27, "camera": 1, "ccd": 1},
    "cutout": {"targets": KELT9, "sector": 14},
}  # fmt: skip
"""Kind → a question for such files, which the sample archive has."""


@pytest.fixture
def asking(archive: SampleArchive, tmp_path: Path) -> Session:
    return Session(archive.url, cache=tmp_path / "cache")


def test_there_is_a_test_for_each_word(asking: Session) -> None:
    assert {*QUESTIONS, *ELSEWHERE, "other"} == {*names.KINDS, *asking.registry.kinds}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_word_finds_such_files(asking: Session, kind: str) -> None:
    found = asking.search(kind=kind, **QUESTIONS[kind])
    assert len(found) and set(found.products["kind"]) == {kind}
    assert {names.parse(name).kind for name in found.products["filename"]} == {kind}


@pytest.mark.parametrize("kind", ELSEWHERE)
@pytest.mark.parametrize(
    "question", [{"targets": KELT9}, {"sector": 14}, {}], ids=["a star", "a sector", "nothing else"]
)
def test_a_word_for_what_no_archive_lists_says_where_it_is(
    asking: Session, archive: SampleArchive, kind: str, question: dict[str, Any]
) -> None:
    with pytest.raises(QueryError, match=rf"no archive lists files of kind '{kind}' .*https://archive\.stsci\.edu/"):
        asking.search(kind=kind, **question)
    assert not archive.requests


def test_such_a_word_beside_others_is_an_error_too_and_left_out_none(asking: Session) -> None:
    with pytest.raises(QueryError, match="'tcestats'"):
        asking.search(KELT9, kind=["lc", "tcestats"])
    assert len(asking.search(KELT9, kind="!tcestats"))


def test_such_files_are_chosen_from_a_list_that_has_them(asking: Session) -> None:
    script, strange, model = (
        "tesscurl_sector_14_lc.sh",
        "notes_of_mine.fits",
        "tess2018243163600-prf-1-1-row0001-col0045.fits",
    )
    found = asking.found([f"https://example.org/{name}" for name in (script, strange, model)])
    for kind, name in (("script", script), ("other", strange), ("prf", model)):
        assert found.select(kind=kind).products["filename"].to_list() == [name]


def test_an_archive_that_is_named_may_have_any_kind(asking: Session) -> None:
    assert len(asking.search(KELT9, kind="script", archive="mast")) == 0


def test_the_program_says_where_they_are(program: Program) -> None:
    said = program("search", KELT9, "--kind", "prf")
    assert said.code == 2 and "models/prf_fitsfiles/" in said.err


@pytest.mark.parametrize("word", ["pixel-response", "PRFs", "psf"])
def test_other_words_for_the_pixel_response_lead_to_its_kind(asking: Session, word: str) -> None:
    with pytest.raises(QueryError, match="did you mean 'prf'"):
        asking.search(KELT9, kind=word)

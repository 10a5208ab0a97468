"""A reason that holds for many files is said once, with their number and a few of their names; many errors become one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tess_source.errors import DamagedFileError, LoadError, NoReaderError
from tess_source.tables.loaded import Loaded
from tess_source.tables.reasons import Reasons


def lines(failed: dict[str, object]) -> list[str]:
    return list(Reasons(failed).lines("opened", 9))


def test_one_file_is_named_with_its_reason() -> None:
    assert lines({"x/a.fits": "it is empty"}) == ["x/a.fits was not opened: it is empty"]


def test_files_with_one_reason_are_counted() -> None:
    failed = {f"x/{name}.fits": f"{name}.fits: it is empty" for name in "abcde"}
    assert lines(failed) == ["5 of 9 files were not opened: it is empty (a.fits, b.fits, c.fits and 2 more)"]


def test_what_one_message_says_of_its_file_is_said_of_each() -> None:
    failed = {f"x/{name}.fits": f"{name}.fits is cut" for name in "ab"}
    assert lines(failed) == ["2 of 9 files were not opened: each is cut (a.fits, b.fits)"]


def test_files_that_do_not_exist_are_counted_without_a_path_that_is_not_theirs(tmp_path: Path) -> None:
    failed: dict[str, object] = {}
    for name in "abc":
        with pytest.raises(FileNotFoundError) as caught:
            (tmp_path / f"{name}.fits").read_bytes()
        failed[str(tmp_path / f"{name}.fits")] = caught.value
    assert lines(failed) == ["3 of 9 files were not opened: there is no such file (a.fits, b.fits, c.fits)"]
    (one,) = failed.popitem()[:1]
    assert lines({one: caught.value}) == [f"{one} was not opened: there is no such file"]


def test_reasons_that_differ_in_a_number_of_bytes_are_one() -> None:
    failed = {
        f"{name}.fits": f"it is cut: {size:,} bytes are missing"
        for name, size in zip("abc", (2880, 5760, 99_000), strict=True)
    }
    assert lines(failed) == [
        "3 of 9 files were not opened: e.g. it is cut: 2,880 bytes are missing (a.fits, b.fits, c.fits)"
    ]
    assert str(Reasons(failed)) == "3 files: e.g. it is cut: 2,880 bytes are missing (a.fits, b.fits, c.fits)"


def test_other_http_codes_are_other_reasons() -> None:
    assert len(lines({"a": "HTTP 404", "b": "HTTP 503", "c": "HTTP 404"})) == 2


def test_any_verb_will_do() -> None:
    reasons = Reasons({"a.xml": "it is damaged", "b.xml": "it is damaged", "c.xml": "it is not listed"})
    assert list(reasons.said("tells nothing", "files tell nothing")) == [
        "2 files tell nothing: it is damaged (a.xml, b.xml)",
        "c.xml tells nothing: it is not listed",
    ]


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([DamagedFileError("it is cut")], DamagedFileError),
        ([DamagedFileError("it is cut"), DamagedFileError("it is empty")], DamagedFileError),
        ([DamagedFileError("it is cut"), NoReaderError("no reader")], LoadError),
        ([NoReaderError("no reader")], LoadError),
    ],
    ids=str,
)
def test_where_all_files_are_damaged_the_error_says_so(errors: list[Exception], kind: type[Exception]) -> None:
    failed = {f"{number}.fits": error for number, error in enumerate(errors)}
    assert type(Reasons(failed).error("nothing could be opened")) is kind
    with pytest.raises(kind, match="nothing could be opened") as caught:
        Loaded({}, failed).collection(len(failed))
    assert type(caught.value) is kind

"""Large answers from this machine are put together of parts of whole stars: the same answer, which takes less memory."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
from both_archives import SECTORS, with_catalogue

from tess_source import Found, Observations, Products, Session
from tess_source._lazy import pl
from tess_source.search import by_stars, streaming
from tess_source.tables.rows import joined, thrifty, with_texts_once
from tess_source_sample.server import SampleArchive


@pytest.fixture(scope="module")
def session(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Session:
    return with_catalogue(shared_archive, tmp_path_factory.mktemp("cache"))


QUESTIONS: dict[str, dict[str, Any]] = {
    "everything": {"sector": None},
    "kinds": {"kind": ["lc", "fast-lc", "dvt"]},
    "a warning between": {"kind": ["lc", "dvs"], "sector": list(SECTORS), "tce": "1-3"},
    "what has to be known": {"kind": "lc", "tmag": "<12"},
    "the latest": {"kind": ["lc", "dvt"], "latest": True},
    "the first few": {"kind": "lc", "limit": 3},
    "current sets": {"kind": "dvt", "dv": "current"},
    "all pipelines": {"pipeline": ["SPOC", "QLP", "TESS-SPOC", "TGLC"], "kind": "lc", "one_per_sector": True},
    "nothing": {"kind": "lc", "tmag": "<-5"},
}


def in_order_of(found: Found, keys: list[str]) -> pl.DataFrame:
    """Return links sorted by keys; those with equal keys stay in their order."""
    return found.links.to_polars().sort(keys, maintain_order=True)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_large_answer_is_the_same_in_parts(
    session: Session, question: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    words = {"archive": "catalogue", "large": True, **QUESTIONS[question]}
    whole, said = session.search(**words), caplog.messages[:]
    caplog.clear()
    monkeypatch.setattr(by_stars, "LARGE", 10)
    monkeypatch.setattr(by_stars, "PART", 10)
    parts: list[Found] = []
    some_stars = by_stars._some_stars
    monkeypatch.setattr(by_stars, "_some_stars", lambda seen: (parts.append(one) or one for one in some_stars(seen)))
    found = session.search(**words)
    assert len(parts) != 1
    assert (len(parts) == 0) == (question == "the first few")
    assert sum(len({*part["tic"]}) for part in parts) in {0, whole.observations["tic"].n_unique()}
    assert found.products == whole.products
    assert found.observations == whole.observations
    assert found.drops == whole.drops
    assert found.explain().splitlines()[2:] == whole.explain().splitlines()[2:]
    assert found.links.to_polars().sort(pl.all()).equals(whole.links.to_polars().sort(pl.all()))
    for keys in (["kind", "subject"], ["kind", "object"]):  # the first set that supersedes another is the one to name
        assert in_order_of(found, keys).equals(in_order_of(whole, keys))
    assert caplog.messages == said


@pytest.mark.parametrize(
    "words", [{}, {"kind": "lc", "sector": list(SECTORS)}, {"tmag": "<12"}, {"t_exptime": [100, 130]}]
)
def test_a_search_of_the_catalogue_in_parts_reads_it_volume_by_volume(
    session: Session, words: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PART_FROM_HERE", 10)
    monkeypatch.setattr(streaming, "SAMPLED", 2)
    pages: list[int] = []
    take = streaming._Pages.take
    monkeypatch.setattr(streaming._Pages, "take", lambda self, page: (pages.append(len(page)), take(self, page)))
    words = {"archive": "catalogue", "large": True, **words}
    whole, parts = session.search(**words), list(session.iter_search(**words))
    assert Products.stack(part.products for part in parts) == whole.products
    assert Observations.stack(part.observations for part in parts) == whole.observations
    assert (len(pages) > 2) == ("t_exptime" not in words)
    assert max(pages) < len(whole.observations) or "t_exptime" in words
    links = pl.concat(part.links.to_polars() for part in parts)
    assert links.sort(pl.all()).equals(whole.links.to_polars().sort(pl.all()))


def test_offline_the_catalogue_gives_a_large_answer_in_parts_too(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PART_FROM_HERE", 10)
    monkeypatch.setattr(streaming, "SAMPLED", 2)
    offline = Session(session.settings.server, cache=session.settings.cache, offline=True)
    words: dict[str, Any] = {"archive": "catalogue", "large": True, "kind": "lc"}
    parts = list(offline.iter_search(**words))
    assert len(parts) > 2
    assert Products.stack(part.products for part in parts) == session.search(**words).products


def test_one_value_for_all_rows_is_a_mask_of_tables_in_pieces() -> None:
    rows = Products.of([{"uri": f"mast:{number}"} for number in range(4)]).to_polars()
    pieces = Products(pl.concat([rows[:2], rows[2:]], rechunk=False))
    for mask in (pl.lit(True), pl.lit(True).fill_null(value=True), pl.col("uri").is_not_null()):
        assert pieces.mask(mask).to_list() == [True] * 4


def test_what_repeats_takes_no_memory_and_all_else_is_in_one_piece() -> None:
    rows = {"uri": ["a", "b", "c"], "dataURI": ["a", "b", "c"], "pipeline": ["SPOC"] * 3, "run": [None, None, 5]}
    frame = Products.of(pl.DataFrame(rows)).to_polars()
    parts = [Products(frame), Products(frame.reverse()), Products(frame[:0])]
    whole = pl.concat([frame, frame.reverse()])
    assert joined(parts).to_polars().equals(whole)
    assert parts == []
    assert {*thrifty(pl.concat([frame, frame], rechunk=False)).n_chunks("all")} == {1}
    assert thrifty(frame).schema == frame.schema
    assert thrifty(frame[:0]).equals(frame[:0])


def test_texts_that_repeat_are_new_ones_in_their_old_places() -> None:
    frame = pl.DataFrame({"reason": ["a", None, "b", "a"], "n": range(4)})
    assert with_texts_once(frame, "reason").equals(frame)
    assert with_texts_once(frame[:0], "reason").equals(frame[:0])


def test_the_reasons_of_links_of_parts_are_held_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    once: list[int] = []
    monkeypatch.setattr(by_stars, "LARGE", 10)
    monkeypatch.setattr(by_stars, "with_texts_once", lambda frame, name: (once.append(len(frame)), frame)[1])
    found = session.search(archive="catalogue", large=True, kind=["lc", "dvt"])
    assert sum(once) == len(found.links) > 0


def test_what_is_joined_is_not_held_while_its_columns_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    stacked: list[weakref.ref[pl.DataFrame]] = []
    held: list[bool] = []
    concat, rechunk = pl.concat, pl.Series.rechunk

    def noted(frames: Any, **how: Any) -> pl.DataFrame:
        frame = concat(frames, **how)
        stacked.append(weakref.ref(frame))
        return frame

    def copied(column: pl.Series, **how: Any) -> pl.Series:
        held.append(stacked[0]() is not None)
        return rechunk(column, **how)

    parts = [
        Products.of(pl.DataFrame({"uri": [f"mast:TESS/product/{n}_lc.fits", f"mast:TESS/product/{n + 1}_tp.fits"]}))
        for n in (1, 3)
    ]
    monkeypatch.setattr(pl, "concat", noted)
    monkeypatch.setattr(pl.Series, "rechunk", copied)
    assert len(joined(parts)) == 4
    assert len(held) > 1
    assert not held[-1]

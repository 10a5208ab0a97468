"""The table of data-validation sets: sectors and how sure they are, members, what is missing, what is superseded."""

from __future__ import annotations

import logging
from pathlib import Path

import polars as pl
import pytest
from dv_case import TIC, found, key, light_curve, member, products, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import size

from tess_source import Found
from tess_source.errors import DamagedFileError, QueryError, UnknownNameError
from tess_source.tables import typical_sizes
from tess_source_dv.read.light_curves import light_curves_of
from tess_source_dv.sets.table import Sets, table_of
from tess_source_dv.sets.used import known


def rows(sets: Sets) -> dict[str, dict[str, object]]:
    return {row["set"]: row for row in sets}


# -- sectors --


def test_a_search_of_one_sector_is_exact_by_its_name() -> None:
    (row,) = table_of(products(light_curve(14), member(14, 14, 240)))
    assert (row["sectors"], row["state"], row["source"], row["sector_count"]) == ("14", "exact", "name", 1)


def test_a_search_of_a_range_is_bounded_by_what_was_observed_in_it() -> None:
    (row,) = table_of(products(*map(light_curve, (13, 14, 15, 41, 56)), member(14, 55, 652)))
    assert (row["sectors"], row["state"], row["source"]) == ("14-15,41", "bounded", "observed in range")


def test_20_s_data_were_not_searched_so_they_bound_nothing() -> None:
    (row,) = table_of(products(light_curve(14, end="a_fast-lc"), member(14, 55, 652)))
    assert (row["sectors"], row["state"]) == (None, "unknown")


def test_a_range_without_anything_observed_is_unknown() -> None:
    (row,) = table_of(products(light_curve(3), light_curve(20, tic=TIC + 1), member(14, 55, 652)))
    assert (row["sectors"], row["state"], row["source"], row["sector_count"]) == (None, "unknown", "range", None)


def test_what_is_known_is_exact_with_its_source_even_where_no_light_curve_is_listed() -> None:
    exactly = known([(key(14, 55, 652), (55, 14), "target list"), (key(14, 55, 652), (14, 41), "dvr-xml")])
    (row,) = table_of(products(light_curve(15), member(14, 55, 652)), exactly)
    assert (row["sectors"], row["state"], row["source"]) == ("14,41", "exact", "dvr-xml")


def test_a_light_curve_under_two_names_is_one_and_the_later_is_read() -> None:
    old, new = (f"tess{stamp}-s0006-0000000016740101-0126-s_lc.fits" for stamp in ("2018349182459", "2018349182500"))
    search = found(old, new, member(6, 6, 415))
    (row,) = table_of(search.products)
    assert (row["sectors"], row["state"], row["sector_count"]) == ("6", "exact", 1)
    for names in ((old, new), (new, old)):
        search = found(*names, member(6, 6, 415))
        assert light_curves_of(search, key(6, 6, 415)).products["filename"].to_list() == [new]
    assert light_curves_of(found(old, member(6, 6, 415)), key(6, 6, 415)).products["filename"].to_list() == [old]


# -- members --


def test_a_whole_set_misses_nothing_and_counts_its_tces_by_their_summaries() -> None:
    (row,) = table_of(products(*whole(14, 14, 240, tces=(1, 2))))
    assert (row["members"], row["missing"], row["tces"]) == ("dvt dvr-xml dvr-pdf dvm dvs:2", None, 2)


def test_what_a_set_should_have_and_has_not_is_named() -> None:
    names = set(whole(14, 14, 240, tces=(1, 3))) - {member(14, 14, 240, "dvr.xml"), member(14, 14, 240, "dvm.pdf")}
    (row,) = table_of(products(*sorted(names)))
    assert (row["members"], row["missing"], row["tces"]) == ("dvt dvr-pdf dvs:2", "dvr-xml dvm dvs 2", 3)


def test_without_summaries_and_report_the_number_of_tces_is_unknown() -> None:
    (row,) = table_of(products(member(14, 14, 240)))
    assert (row["missing"], row["tces"]) == ("dvr-xml dvr-pdf dvm dvs", None)


def test_there_are_no_sets_without_data_validation() -> None:
    assert table_of(products(light_curve(14))) == Sets.empty()
    assert len(found(light_curve(14)).dv()) == 0


def test_sets_of_more_files_than_a_plan_would_fetch_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typical_sizes, "LARGE", 1)
    search = found(*whole(14, 55, 652))
    with pytest.raises(QueryError, match="more than"):
        search.plan("data")
    assert len(search.dv()) == 1


def test_sets_stand_newest_first_by_target() -> None:
    names = [member(14, 14, run, tic=tic) for run in (240, 745, 290) for tic in (7, 5)]
    sets = table_of(products(*names))
    assert sets["tic"].to_list() == [5, 5, 5, 7, 7, 7]
    assert sets["run"].to_list() == [745, 290, 240] * 2


# -- what supersedes what --


def test_of_the_same_search_the_highest_run_is_current() -> None:
    sets = rows(table_of(products(*(member(14, 14, run) for run in (290, 745, 240)))))
    assert {row["superseded_by"] for name, row in sets.items() if not name.endswith("745")} == {key(14, 14, 745)}
    assert {row["reason"] for row in sets.values()} == {None, "later run of the same search"}
    assert sets[key(14, 14, 745)]["supersedes"] == f"{key(14, 14, 290)} {key(14, 14, 240)}"


def test_the_newer_run_of_wasp_44_in_sector_3_supersedes_the_older_though_it_sorts_before_it() -> None:
    old, new = (
        f"tess{stamp}-s0003-s0003-0000000012862099-{run}_dvt.fits"
        for stamp, run in (("2018267104341", "00126"), ("2018263124740", "00405"))
    )
    assert new < old
    (current,) = table_of(products(old, new)).current
    assert current["run"] == 405


def test_a_later_run_that_used_all_sectors_subsumes_and_where_sectors_are_bounded_does_so_probably() -> None:
    names = [*map(light_curve, (14, 15, 41)), member(14, 15, 253), member(14, 41, 512)]
    exactly = known([(key(14, 15, 253), (14, 15), "dvr-xml"), (key(14, 41, 512), (14, 15, 41), "dvr-xml")])
    for learned, reason in (
        (None, "probably: later run over a range with all these sectors"),
        (exactly, "later run with all these sectors"),
    ):
        row = rows(table_of(products(*names), learned))[key(14, 15, 253)]
        assert (row["superseded_by"], row["reason"]) == (key(14, 41, 512), reason)


def test_a_later_run_that_is_known_to_have_used_fewer_sectors_subsumes_nothing() -> None:
    names = [*map(light_curve, (14, 15, 41)), member(14, 15, 253), member(14, 41, 512)]
    sets = rows(table_of(products(*names), known([(key(14, 41, 512), (14, 41), "dvr-xml")])))
    assert sets[key(14, 15, 253)]["superseded_by"] is None


def test_an_earlier_run_never_subsumes() -> None:
    sets = table_of(products(*map(light_curve, (14, 15)), member(14, 14, 745), member(14, 15, 253)))
    assert len(sets.current) == 2


def test_what_is_named_is_the_latest_run_of_the_same_search_before_wider_ones() -> None:
    sets = rows(table_of(products(light_curve(14), member(14, 14, 240), member(14, 14, 290), member(14, 55, 652))))
    assert sets[key(14, 14, 240)]["superseded_by"] == key(14, 14, 290)
    assert sets[key(14, 14, 290)]["superseded_by"] == key(14, 55, 652)
    assert sets[key(14, 55, 652)]["supersedes"] == f"{key(14, 14, 290)} {key(14, 14, 240)}"


def test_pipelines_and_targets_do_not_supersede_each_other_and_equal_versions_nothing() -> None:
    hlsp = "hlsp_tess-spoc_tess_phot_{tic:016d}-s0054-s{last:04d}_tess_{version}_dvt.fits"
    names = [hlsp.format(tic=TIC, last=last, version=v) for last, v in ((54, "v1"), (54, "v2"), (60, "v2"))]
    sets = rows(table_of(products(*names, member(54, 54, 600), member(54, 60, 700, tic=TIC + 1))))
    assert {name: row["superseded_by"] for name, row in sets.items() if row["superseded_by"]} == {
        key(54, 54, "v1", pipeline="TESS-SPOC"): key(54, 54, "v2", pipeline="TESS-SPOC")
    }


searches = st.tuples(st.integers(1, 9), st.integers(0, 5), st.integers(1, 30))


@settings(deadline=None, max_examples=size(30, 600))
@given(
    seen=st.sets(st.integers(1, 12)),
    made=st.lists(searches, min_size=1, max_size=7, unique=True),
    told=st.dictionaries(st.integers(0, 6), st.sets(st.integers(0, 5), min_size=1), max_size=4),
)
def test_supersession_is_that_of_the_definition(
    seen: set[int], made: list[tuple[int, int, int]], told: dict[int, set[int]]
) -> None:
    runs = [(first, first + width, run) for first, width, run in made]
    exact = {runs[n]: {runs[n][0] + s for s in some if s <= made[n][1]} for n, some in told.items() if n < len(runs)}
    exact = {run: sectors for run, sectors in exact.items() if sectors and run[0] < run[1]}
    sure = exact | {run: {run[0]} for run in runs if run[0] == run[1]}

    def may_have_used(run: tuple[int, int, int]) -> set[int]:
        within = set(range(run[0], run[1] + 1))
        return sure.get(run) or (within & seen) or within

    def covers(new: tuple[int, int, int], old: tuple[int, int, int]) -> bool:
        if new[2] <= old[2]:
            return False
        room = sure.get(new) or set(range(new[0], new[1] + 1))
        if new in exact and old not in sure and not (set(range(old[0], old[1] + 1)) & seen):
            return new[:2] == old[:2]  # nothing is known of the old one's sectors: nothing is claimed
        return new[:2] == old[:2] or may_have_used(old) <= room

    expected = {
        key(*old): {key(*new) for new in runs if covers(new, old)}
        for old in runs
        if any(covers(new, old) for new in runs)
    }
    exactly = known([(key(*run), sorted(sectors), "dvr-xml") for run, sectors in exact.items()])
    sets = table_of(products(*map(light_curve, seen), *(member(*run) for run in runs)), exactly)
    inverse: dict[str, set[str]] = {}
    for row in sets:
        for older in (row["supersedes"] or "").split():
            inverse.setdefault(older, set()).add(row["set"])
    assert inverse == expected
    for row in sets:
        assert row["superseded_by"] in expected.get(row["set"], {None})


# -- what was lost --


def test_fewer_tces_in_the_superseding_run_are_said_as_far_as_counts_tell() -> None:
    sets = rows(
        table_of(products(*whole(14, 14, 240, (1, 2, 3)), *whole(14, 14, 290, (1,)), *whole(14, 14, 745, (1, 2))))
    )
    assert sets[key(14, 14, 240)]["lost"] == "at least 1 of 3 TCEs"
    assert sets[key(14, 14, 290)]["lost"] is None
    assert sets[key(14, 14, 745)]["lost"] is None


# -- choosing --


@pytest.fixture
def kelt9() -> Found:
    """KELT-9 as the archive lists it: sectors, and five of its runs."""
    runs = [(14, 14, 240), (14, 14, 745), (14, 41, 512), (14, 55, 652), (82, 82, 919)]
    names = [name for run in runs for name in whole(*run)]
    return found(*map(light_curve, (14, 15, 41, 55, 75, 82)), *names)


def test_nothing_is_hidden_by_default(kelt9: Found) -> None:
    assert len(kelt9.dv()) == len(kelt9.dv(which="all")) == 5
    assert len(kelt9.select()) == len(kelt9.select(dv="all")) == len(kelt9)


def test_current_are_the_sets_that_no_other_supersedes_and_other_products_stay(kelt9: Found) -> None:
    assert kelt9.dv(which="current")["run"].to_list() == [919, 745, 652]
    kept = kelt9.select(dv="current").products
    assert sorted(kept["run"].drop_nulls().unique()) == [652, 745, 919]
    assert (kept["kind"] == "lc").sum() == 6


def test_widest_is_one_set_a_target_the_one_with_most_sectors(kelt9: Found) -> None:
    assert kelt9.dv(which="widest")["set"].to_list() == [key(14, 55, 652)]
    assert set(kelt9.select(dv="widest").products["run"].drop_nulls()) == {652}


def test_of_sets_with_as_many_sectors_the_widest_is_that_of_the_higher_run() -> None:
    here = found(light_curve(14), light_curve(15), member(14, 16, 253), member(14, 19, 323), member(14, 15, 300))
    assert here.dv(which="widest")["run"].to_list() == [323]
    assert here.select(dv="widest").products["run"].drop_nulls().to_list() == [323]


@settings(deadline=None, max_examples=size(15, 400))
@given(
    seen=st.sets(st.integers(1, 12)),
    made=st.lists(st.tuples(st.integers(1, 4), searches), min_size=1, max_size=12, unique=True),
)
def test_the_widest_set_is_that_of_the_definition(seen: set[int], made: list[tuple[int, tuple[int, int, int]]]) -> None:
    runs = {(tic, first, first + width, run) for tic, (first, width, run) in made}
    names = [light_curve(sector, tic) for tic in range(1, 5) for sector in seen]
    here = found(*names, *(member(first, last, run, tic=tic) for tic, first, last, run in runs))

    def width(run: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        _, first, last, number = run
        sectors = 1 if first == last else len(seen & set(range(first, last + 1)))
        return sectors, number, last, first

    expected = {max((run for run in runs if run[0] == tic), key=width) for tic in {run[0] for run in runs}}
    keys = {key(first, last, number, tic) for tic, first, last, number in expected}
    assert set(here.dv(which="widest")["set"]) == keys
    assert set(here.select(dv="widest").products["dv_set"].drop_nulls()) == keys


def test_each_target_has_its_own_widest_set() -> None:
    here = found(member(14, 14, 240), member(15, 15, 245), member(14, 14, 240, tic=5))
    assert sorted(here.select(dv="widest").products["tic"]) == [5, TIC]
    assert sorted(here.dv(which="widest")["tic"]) == [5, TIC]


def test_another_word_is_refused_with_those_that_exist(kelt9: Found) -> None:
    with pytest.raises(UnknownNameError, match="unknown choice of DV sets 'newest'"):
        kelt9.dv(which="newest")
    with pytest.raises(QueryError, match="unknown choice of DV sets 'curent'; did you mean 'current'"):
        kelt9.select(dv="curent")
    with pytest.raises(QueryError, match="give one of current, widest, all"):
        kelt9.select(dv=1)


# -- columns and selections --


def test_products_tell_their_set_its_sectors_and_what_supersedes_it(kelt9: Found) -> None:
    rows_ = {row["filename"]: row for row in kelt9.products}
    old = rows_[member(14, 41, 512, "dvm.pdf")]
    assert (old["dv_set"], old["dv_sectors"], old["dv_state"]) == (key(14, 41, 512), "14-15,41", "bounded")
    assert (old["superseded_by"], old["supersedes"]) == (key(14, 55, 652), key(14, 14, 240))
    single = rows_[member(14, 14, 745)]
    assert (single["dv_sectors"], single["dv_state"], single["superseded_by"]) == ("14", "exact", None)
    curve = rows_[light_curve(14)]
    assert {curve[name] for name in ("dv_set", "dv_sectors", "dv_state", "superseded_by", "supersedes")} == {None}


def test_a_selection_hides_no_set_from_the_table(kelt9: Found) -> None:
    picked = kelt9.replace(products=kelt9.products.where(pl.col("kind") == "lc"))
    assert picked.dv().to_polars().equals(kelt9.dv().to_polars())


# -- files at hand --


def listed(*tics: int, bits: str, first: int = 14, last: int = 41) -> str:
    lines = "".join(f"{tic:>16} {bits} 1 1\n" for tic in tics)
    return f"# minSector: {first}\n# maxSector: {last}\n#\n{lines}"


def test_the_archives_target_list_makes_sectors_exact(tmp_path: Path, kelt9: Found) -> None:
    file = tmp_path / "targetinfo.txt"
    file.write_text(listed(5, TIC, bits=f"11{'0' * 26}"))
    sets = rows(kelt9.dv(files=[file], root=tmp_path))
    wide = sets[key(14, 41, 512)]
    assert (wide["sectors"], wide["state"], wide["source"]) == ("14-15", "exact", "target list")
    assert sets[key(14, 55, 652)]["state"] == "bounded"


def test_a_damaged_file_that_was_named_is_an_error(tmp_path: Path, kelt9: Found) -> None:
    file = tmp_path / member(14, 41, 512, "dvr.xml")
    file.write_text("<dvTargetResults")
    with pytest.raises(DamagedFileError, match=file.name):
        kelt9.dv(files=[file], root=tmp_path)


def test_a_damaged_file_that_happens_to_lie_here_is_said_and_leaves_its_set_bounded(
    tmp_path: Path, kelt9: Found, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "mastDownload" / "TESS" / "x"
    folder.mkdir(parents=True)
    here = kelt9.replace(products=kelt9.products.with_columns(obs_id=pl.lit("x"), size=pl.lit(16, dtype=pl.Int64)))
    (folder / member(14, 41, 512, "dvr.xml")).write_text("<dvTargetResults")
    with caplog.at_level(logging.WARNING):
        sets = rows(here.dv(root=tmp_path))
    assert sets[key(14, 41, 512)]["state"] == "bounded"
    assert member(14, 41, 512, "dvr.xml") in caplog.text

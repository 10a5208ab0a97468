"""Data-validation products are related by what their names say: exactly for one sector, boundedly for a range, never by time stamps."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import tess_source_dv as plugin
from tess_source import Links, Products, Session, Settings
from tess_source_dv.sets.links import link
from tess_source_dv.sets.used import known

TIC = 16740101


def products(*filenames: str) -> Products:
    return Products.of([{"uri": f"mast:TESS/product/{name}"} for name in filenames])


def light_curve(sector: int, tic: int = TIC, end: str = "s_lc") -> str:
    return f"tess2019198215352-s{sector:04d}-{tic:016d}-0150-{end}.fits"


def series(first: int, last: int, run: int = 652, tic: int = TIC, end: str = "dvt.fits") -> str:
    return f"tess2019199201929-s{first:04d}-s{last:04d}-{tic:016d}-{run:05d}_{end}"


def key(first: int, last: int, run: int | str = 652, tic: int = TIC, pipeline: str = "SPOC") -> str:
    return f"{pipeline}/{tic}/s{first:04d}-s{last:04d}/{run if isinstance(run, str) else f'{run:05d}'}"


def linked(*filenames: str) -> Links:
    links = plugin.tess_link(products(*filenames), Settings())
    assert links is not None
    return links


def pairs(links: Links, kind: str) -> set[tuple[str, str, str]]:
    """Tell links of a kind from sets to files as (key of the set, file, state)."""
    rows = links.where(pl.col("kind") == kind)
    return {(row["subject"], row["object"].rsplit("/", 1)[1], row["state"]) for row in rows}


def test_a_search_of_one_sector_used_exactly_that_sector() -> None:
    files = [light_curve(13), light_curve(14), light_curve(14, end="s_tp"), light_curve(15), series(14, 14)]
    assert pairs(linked(*files), "dv-of") == {
        (key(14, 14), light_curve(14, end=end), "exact") for end in ("s_lc", "s_tp")
    }


def test_a_search_of_a_range_may_have_used_what_was_observed_within_it() -> None:
    links = linked(*map(light_curve, (13, 14, 41, 55, 56)), series(14, 55))
    assert pairs(links, "dv-of") == {(key(14, 55), light_curve(sector), "bounded") for sector in (14, 41, 55)}
    assert set(links.where(pl.col("state") == "bounded")["reason"]) == {
        "within the range of sectors searched; which of them were used, the name does not tell"
    }


def test_20_s_data_are_related_in_a_way_of_their_own() -> None:
    fast = [light_curve(14, end="a_fast-lc"), light_curve(14, end="a_fast-tp")]
    links = linked(light_curve(14), *fast, series(14, 14))
    assert pairs(links, "dv-of") == {(key(14, 14), light_curve(14), "exact")}
    assert pairs(links, "dv-of-fast") == {(key(14, 14), name, "exact") for name in fast}


def test_other_targets_are_never_related() -> None:
    assert not pairs(linked(light_curve(14, tic=1674010), light_curve(14, tic=167401010), series(14, 14)), "dv-of")


def test_tess_spoc_searches_belong_to_tess_spoc_light_curves_alone() -> None:
    hlsp = "hlsp_tess-spoc_tess_phot_{tic:016d}-{sectors}_tess_v1_{end}"
    own = [hlsp.format(tic=TIC, sectors="s0054", end=end) for end in ("lc.fits", "tp.fits")]
    dvt = hlsp.format(tic=TIC, sectors="s0054-s0054", end="dvt.fits")
    qlp = f"hlsp_qlp_tess_ffi_s0054-{TIC:016d}_tess_v01_llc.fits"
    links = linked(*own, dvt, qlp, light_curve(54), series(54, 54))
    assert pairs(links, "dv-of") == {
        *((key(54, 54, "v1", pipeline="TESS-SPOC"), name, "exact") for name in own),
        (key(54, 54), light_curve(54), "exact"),
    }
    assert set(links.where(pl.col("kind") == "dv-set")["object"]) == {
        f"TESS-SPOC/{TIC}/s0054-s0054/v1",
        f"SPOC/{TIC}/s0054-s0054/00652",
    }


def test_members_of_a_set_are_known_by_their_run_whatever_their_time_stamp() -> None:
    tail = "-s0001-s0009-0000000307210830-00205"
    members = [f"tess2018206190142{tail}_dvr.xml", f"tess2018206190142{tail}_dvt.fits", f"tess2019135213217{tail}_dvm.pdf",
               "tess2018206190142-s0001-s0009-0000000307210830-01-00205_dvs.pdf"]  # fmt: skip
    links = linked(*members)
    assert [(row["object"], row["state"]) for row in links] == [("SPOC/307210830/s0001-s0009/00205", "exact")] * 4


def test_two_runs_of_one_sector_are_two_sets() -> None:
    links = linked(series(3, 3, run=126), series(3, 3, run=405)).where(pl.col("kind") == "dv-set")
    assert links["object"].to_list() == [key(3, 3, 126), key(3, 3, 405)]


def test_without_data_validation_there_is_nothing_to_relate() -> None:
    assert plugin.tess_link(products(light_curve(14), "notes.txt"), Settings()) is None


def test_a_product_whose_name_does_not_tell_its_run_is_not_guessed_at() -> None:
    unnamed = Products.of(
        [
            {
                "uri": "x:y/report.pdf",
                "kind": "dvm",
                "tic": TIC,
                "first_sector": 14,
                "last_sector": 14,
                "pipeline": "SPOC",
            }
        ]
    )
    assert plugin.tess_link(unnamed, Settings()) is None


def test_a_session_keeps_the_links_with_what_was_found(session: Session) -> None:
    session.register(plugin)
    assert len(session.found(products(light_curve(14), series(14, 14)).to_polars()).links) == 2


sectors = st.integers(1, 120)


@settings(deadline=None)
@given(
    seen=st.lists(st.tuples(st.integers(1, 3), sectors), max_size=12, unique=True),
    searched=st.lists(
        st.tuples(st.integers(1, 3), sectors, sectors, st.integers(1, 99)),
        min_size=1,
        max_size=6,
        unique=True,
    ),
)
def test_links_are_those_of_the_definition(
    seen: list[tuple[int, int]], searched: list[tuple[int, int, int, int]]
) -> None:
    searches = [(tic, min(a, b), max(a, b), run) for tic, a, b, run in searched]
    files: Iterable[str] = dict.fromkeys(
        [
            *(light_curve(sector, tic) for tic, sector in seen),
            *(series(a, b, run, tic) for tic, a, b, run in searches),
        ]
    )
    expected = {
        (key(a, b, run, tic), light_curve(sector, tic), "exact" if a == b else "bounded")
        for tic, a, b, run in searches
        for star, sector in seen
        if star == tic and a <= sector <= b
    }
    assert pairs(linked(*files), "dv-of") == expected


def test_the_order_of_links_is_that_of_the_products() -> None:
    links = linked(series(1, 9), light_curve(3), series(1, 3), light_curve(2))
    members, sets = (links.where(pl.col("kind") == kind)["subject"] for kind in ("dv-set", "dv-of"))
    assert [uri.rsplit("/", 1)[1] for uri in members] == [series(1, 9), series(1, 3)]
    assert sets.unique(maintain_order=True).to_list() == [key(1, 9), key(1, 3)]


def test_a_set_with_many_members_is_linked_to_its_data_once() -> None:
    members = [series(14, 41), series(14, 41, end="dvr.xml"), series(14, 41, end="dvm.pdf")]
    assert len(linked(*members, light_curve(14)).where(pl.col("kind") == "dv-of")) == 1


def test_sectors_that_are_known_replace_those_that_are_possible() -> None:
    files = products(*map(light_curve, (14, 41, 55)), series(14, 55))
    links = link(files, known([(key(14, 55), (14, 55), "dvr-xml")]))
    assert links is not None
    assert pairs(links, "dv-of") == {(key(14, 55), light_curve(sector), "exact") for sector in (14, 55)}
    assert set(links.where(pl.col("kind") == "dv-of")["reason"]) == {"its report says so"}


def test_sets_are_linked_to_those_that_they_supersede_with_the_reason() -> None:
    links = linked(light_curve(14), light_curve(15), series(14, 14, 240), series(14, 14, 290), series(14, 15, 652))
    rows = links.where(pl.col("kind") == "supersedes").to_polars().select("subject", "object", "state", "reason")
    again, probably = "later run of the same search", "probably: later run over a range with all these sectors"
    assert rows.rows() == [
        (key(14, 15), key(14, 14, 290), "bounded", probably),
        (key(14, 14, 290), key(14, 14, 240), "exact", again),
        (key(14, 15), key(14, 14, 240), "bounded", probably),
    ]

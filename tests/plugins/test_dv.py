"""Data-validation products are related by what their names say: exactly for one sector, boundedly for a range, never by time stamps."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tess_source_dv as plugin
from tess_source import Links, Products, Session, Settings

TIC = 16740101


def products(*filenames: str) -> Products:
    return Products.of([{"uri": f"mast:TESS/product/{name}"} for name in filenames])


def light_curve(sector: int, tic: int = TIC, end: str = "s_lc") -> str:
    return f"tess2019198215352-s{sector:04d}-{tic:016d}-0150-{end}.fits"


def series(first: int, last: int, run: int = 652, tic: int = TIC, end: str = "dvt.fits") -> str:
    return f"tess2019199201929-s{first:04d}-s{last:04d}-{tic:016d}-{run:05d}_{end}"


def linked(*filenames: str) -> Links:
    links = plugin.tess_link(products(*filenames), Settings())
    assert links is not None
    return links


def pairs(links: Links, kind: str) -> set[tuple[str, str, str]]:
    """Tell links of a kind as (subject's file, object's file, state)."""
    rows = links.where(pl.col("kind") == kind)
    return {(row["subject"].rsplit("/", 1)[1], row["object"].rsplit("/", 1)[1], row["state"]) for row in rows}


def test_a_search_of_one_sector_used_exactly_that_sector() -> None:
    files = [light_curve(13), light_curve(14), light_curve(14, end="s_tp"), light_curve(15), series(14, 14)]
    assert pairs(linked(*files), "dv-of") == {
        (series(14, 14), light_curve(14, end=end), "exact") for end in ("s_lc", "s_tp")
    }


def test_a_search_of_a_range_may_have_used_what_was_observed_within_it() -> None:
    links = linked(*map(light_curve, (13, 14, 41, 55, 56)), series(14, 55))
    assert pairs(links, "dv-of") == {(series(14, 55), light_curve(sector), "bounded") for sector in (14, 41, 55)}
    assert set(links.where(pl.col("state") == "bounded")["reason"]) == {
        "within the range of sectors searched; which of them were used, the name does not tell"
    }


def test_20_s_data_are_related_in_a_way_of_their_own() -> None:
    fast = [light_curve(14, end="a_fast-lc"), light_curve(14, end="a_fast-tp")]
    links = linked(light_curve(14), *fast, series(14, 14))
    assert pairs(links, "dv-of") == {(series(14, 14), light_curve(14), "exact")}
    assert pairs(links, "dv-of-fast") == {(series(14, 14), name, "exact") for name in fast}


def test_other_targets_are_never_related() -> None:
    assert not pairs(linked(light_curve(14, tic=1674010), light_curve(14, tic=167401010), series(14, 14)), "dv-of")


def test_tess_spoc_searches_belong_to_tess_spoc_light_curves_alone() -> None:
    hlsp = "hlsp_tess-spoc_tess_phot_{tic:016d}-{sectors}_tess_v1_{end}"
    own = [hlsp.format(tic=TIC, sectors="s0054", end=end) for end in ("lc.fits", "tp.fits")]
    dvt = hlsp.format(tic=TIC, sectors="s0054-s0054", end="dvt.fits")
    qlp = f"hlsp_qlp_tess_ffi_s0054-{TIC:016d}_tess_v01_llc.fits"
    links = linked(*own, dvt, qlp, light_curve(54), series(54, 54))
    assert pairs(links, "dv-of") == {
        *((dvt, name, "exact") for name in own),
        (series(54, 54), light_curve(54), "exact"),
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
    links = linked(series(3, 3, run=126), series(3, 3, run=405))
    assert links["object"].to_list() == [f"SPOC/{TIC}/s0003-s0003/00126", f"SPOC/{TIC}/s0003-s0003/00405"]


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
        (series(a, b, run, tic), light_curve(sector, tic), "exact" if a == b else "bounded")
        for tic, a, b, run in searches
        for star, sector in seen
        if star == tic and a <= sector <= b
    }
    assert pairs(linked(*files), "dv-of") == expected


@pytest.mark.parametrize("kind", ["dv-of", "dv-set"])
def test_the_order_of_links_is_that_of_the_products(kind: str) -> None:
    files = [series(1, 9), light_curve(3), series(1, 3), light_curve(2)]
    subjects = linked(*files).where(pl.col("kind") == kind)["subject"].unique(maintain_order=True)
    assert [uri.rsplit("/", 1)[1] for uri in subjects] == [series(1, 9), series(1, 3)]

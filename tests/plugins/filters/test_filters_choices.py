"""Choices among what is left: latest, shortest, one_per_sector, limit."""

from __future__ import annotations

from typing import Any

import pytest

import tess_source_filters
from tess_source import Products, Session
from tess_source.errors import QueryError


@pytest.fixture
def session(session: Session) -> Session:
    session.register(tess_source_filters)
    return session


Row = dict[str, Any]


def dv(uri: str, run: int | None, *, kind: str = "dvt", tic: int = 1, last: int = 14, pipeline: str = "SPOC") -> Row:
    return {
        "uri": uri,
        "kind": kind,
        "tic": tic,
        "first_sector": 14,
        "last_sector": last,
        "run": run,
        "pipeline": pipeline,
    }


def lc(
    uri: str, pipeline: str, exptime: float | None, *, kind: str = "lc", tic: int | None = 1, sector: int = 14
) -> Row:
    sectors = {"first_sector": sector, "last_sector": sector}
    return {"uri": uri, "kind": kind, "tic": tic, "exptime": exptime, "pipeline": pipeline, "run": None, **sectors}


def left(session: Session, rows: list[Row], **filters: Any) -> str:
    """Choose; answer the URIs of what is left, which are letters here."""
    return "".join(session.select(rows, **filters).products["uri"].to_list())


def test_latest_keeps_the_highest_run_of_each_search(session: Session) -> None:
    rows = [
        dv("a", 240), dv("b", 745), dv("c", 290, kind="dvr-xml"), dv("d", 745, kind="dvs"),
        dv("e", 512, last=41), dv("f", 100, tic=2), dv("g", None, pipeline="TESS-SPOC"), lc("h", "SPOC", 120.0),
    ]  # fmt: skip
    assert left(session, rows, latest=True) == "bdefgh"
    assert left(session, rows, latest=False) == left(session, rows, latest=None) == "abcdefgh"


def test_latest_chooses_among_what_the_masks_have_left(session: Session) -> None:
    rows = [dv("a", 240), dv("b", 745), dv("c", 290)]
    assert left(session, rows, run="<700", latest=True) == "c"


def test_run_zero_is_a_run(session: Session) -> None:
    assert left(session, [dv("a", 0), dv("b", 1)], latest=True) == "b"
    assert left(session, [dv("a", 0)], latest=True) == "a"


def test_shortest_keeps_the_shortest_cadence_of_each_family(session: Session) -> None:
    rows = [
        lc("a", "SPOC", 120.0), lc("b", "SPOC", 20.0, kind="fast-lc"), lc("c", "SPOC", 120.0, kind="tp"),
        lc("d", "QLP", 1800.0, sector=15), lc("e", "TESS-SPOC", 1800.0, sector=15), lc("f", "TASOC", 1425.6, sector=15),
        lc("g", "SPOC", 120.0, tic=2), dv("h", 1), lc("i", "TGLC", 1800.0, tic=None), lc("j", "TGLC", 200.0, tic=None),
        lc("k", "QLP", None),
    ]  # fmt: skip
    assert left(session, rows, shortest=True) == "bcdefghijk"
    assert left(session, rows, shortest=False) == "abcdefghijk"


LIGHT_CURVES = [
    lc("a", "SPOC", 120.0), lc("b", "SPOC", 20.0, kind="fast-lc"), lc("c", "TESS-SPOC", 1800.0), lc("d", "QLP", 1800.0),
    lc("e", "SPOC", 120.0, kind="tp"), lc("f", "SPOC", 20.0, kind="fast-tp"), lc("g", "QLP", 200.0, sector=56),
    lc("h", "Zebra", 200.0, sector=56), lc("i", "SPOC", 20.0, kind="fast-lc", sector=57), lc("j", "TGLC", 200.0, tic=None),
    dv("k", 1), dv("l", 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (True, "aegijkl"),
        ("default", "aegijkl"),
        (["SPOC"], "aegijkl"),
        ("QLP,SPOC", "degijkl"),
        (["tess-spoc", "zebra"], "cehijkl"),
        (20, "bfgijkl"),
        ("fast", "bfgijkl"),
        ("20,QLP", "dfgijkl"),
        (("QLP", 20.0), "dfgijkl"),
        (["Nobody"], "aegijkl"),
        (False, "abcdefghijkl"),
    ],
    ids=str,
)
def test_one_per_sector_keeps_what_is_preferred(session: Session, order: Any, expected: str) -> None:
    assert left(session, LIGHT_CURVES, one_per_sector=order) == expected
    backwards = LIGHT_CURVES[::-1]
    assert "".join(sorted(left(session, backwards, one_per_sector=order))) == expected, (
        "whatever the order of the table"
    )


def test_one_per_sector_prefers_the_later_version_and_fits_to_text(session: Session) -> None:
    rows = [
        {**lc("a", "QLP", 1800.0), "filename": "x_v01_llc.fits"},
        {**lc("b", "QLP", 1800.0), "filename": "x_v02_llc.fits"},
        {**lc("c", "QLP", 1800.0, kind="lc-txt"), "filename": "x_v03_llc.txt"},
    ]
    assert left(session, rows, one_per_sector=True) == "b"
    assert left(session, rows[2:], one_per_sector=True) == "c"


@pytest.mark.parametrize("order", [[], "", "SPOC,", [None], -1, {"SPOC": 1}], ids=str)
def test_what_is_no_preference_is_refused(session: Session, order: Any) -> None:
    with pytest.raises(QueryError, match="filter 'one_per_sector' cannot take"):
        left(session, LIGHT_CURVES, one_per_sector=order)


@pytest.mark.parametrize("name", ["latest", "shortest"])
@pytest.mark.parametrize("value", ["yes", 1, 0, "", []], ids=repr)
def test_a_switch_is_true_or_false(session: Session, name: str, value: Any) -> None:
    with pytest.raises(QueryError, match="give True or False"):
        left(session, LIGHT_CURVES, **{name: value})


def test_limit_comes_last_and_zero_is_a_limit(session: Session) -> None:
    assert left(session, LIGHT_CURVES, limit=2) == "ab"
    assert left(session, LIGHT_CURVES, limit=0) == ""
    assert left(session, LIGHT_CURVES, limit=99) == "abcdefghijkl"
    assert left(session, LIGHT_CURVES, limit=2, one_per_sector=True, kind="lc,fast-lc,tp") == "ae"
    for wrong in (-1, True, 1.5, "some", []):
        with pytest.raises(QueryError, match="filter 'limit' cannot take"):
            left(session, LIGHT_CURVES, limit=wrong)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (["SPOK", 20], "no product is by SPOK; there are products by QLP, SPOC; did you mean 'SPOC'?"),
        (["spoc", "TASOC"], ""),
        (["TASOC"], "no product is by TASOC; there are products by QLP, SPOC"),
        ("default", ""),
    ],
    ids=str,
)
def test_a_preference_for_what_is_not_there_is_told(
    session: Session, caplog: pytest.LogCaptureFixture, order: Any, told: str
) -> None:
    products = Products.of([lc("x:a", "SPOC", 120), lc("x:b", "QLP", 1800)])
    assert len(session.select(products, one_per_sector=order).products) == 1
    assert "\n".join(record.getMessage() for record in caplog.records) == told


def test_of_two_names_of_one_product_the_later_is_kept(session: Session) -> None:
    old, new = (f"tess{stamp}-s0006-0000000038846515-0126-s_{{}}.fits" for stamp in ("2018349182459", "2018349182500"))
    images = [f"tess201825619{time}-s0002-1-1-0121-s_ffic.fits" for time in ("5940", "5941")]
    names = [new.format("lc"), old.format("lc"), old.format("tp"), *images, "notes.txt"]
    rows = [{"uri": f"mast:TESS/product/{name}"} for name in names]

    def kept(**filters: Any) -> list[str]:
        return session.select(rows, **filters).products["filename"].to_list()

    assert kept(latest=True) == [new.format("lc"), old.format("tp"), images[1], "notes.txt"]
    assert kept(latest=False) == kept() == names  # each is a file of its own: none is left out unasked
    assert kept(one_per_sector=True) == [new.format("lc"), old.format("tp"), *images, "notes.txt"]
    rows.reverse()
    assert set(kept(latest=True)) == {new.format("lc"), old.format("tp"), images[1], "notes.txt"}


def contributed(uri: str, pipeline: str, sector: int | None, *, gaia: int | None = None) -> Row:
    name = f"hlsp_tglc_tess_ffi_gaiaid-{gaia}-s{sector:04d}-cam1-ccd1_tess_v1_llc.fits" if gaia and sector else uri
    row = lc(uri, pipeline, 1800.0) | {"first_sector": sector, "last_sector": sector}
    return {**row, "filename": name}


WHOLE_STAR = [
    contributed("a", "SPOC", 3), contributed("b", "QLP", 3), contributed("c", "QLP", 4), contributed("d", "DIAMANTE", None),
    contributed("e", "TARS", 5) | {"tic": 2}, contributed("f", "DIAMANTE", None) | {"tic": 3},
]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["SPOC", "TESS-SPOC", "QLP", "TGLC"], "acef"),
        (True, "acef"),
        (["DIAMANTE"], "def"),
        (["diamante", "SPOC"], "def"),
        (["QLP", "DIAMANTE"], "bcef"),
        (["SPOC", "DIAMANTE"], "acef"),
        (["tars", "d_i_a_m_a_n_t_e"], "def"),
    ],
    ids=str,
)
def test_a_light_curve_of_all_sectors_comes_instead_of_those_of_single_sectors_or_not_at_all(
    session: Session, order: Any, expected: str
) -> None:
    assert left(session, WHOLE_STAR, one_per_sector=order) == expected
    assert "".join(sorted(left(session, WHOLE_STAR[::-1], one_per_sector=order))) == expected


def test_a_light_curve_whose_sector_nobody_tells_stands_against_no_other_sector(session: Session) -> None:
    rows = [contributed("a", "SPOC", 3), contributed("b", "SPOC", None), contributed("c", "TARS", None)]
    assert left(session, rows, one_per_sector=True) == "ab"
    assert left(session, rows, one_per_sector=["TARS"]) == "ac"


@pytest.mark.parametrize(
    "spelling", ["eleanor", "ELEANOR-Lite", "gsfc eleanor lite", "gsfc_eleanor_lite", "GSFC-ELEANOR-LITE"]
)
def test_a_preference_may_be_spelled_as_people_do(
    session: Session, caplog: pytest.LogCaptureFixture, spelling: str
) -> None:
    rows = [lc("a", "GSFC-ELEANOR-LITE", 1800.0), lc("b", "SPOC", 120.0)]
    assert left(session, rows, one_per_sector=[spelling]) == "a"
    assert not caplog.records


def test_one_of_several_stars_of_gaia_is_taken_with_a_warning(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    twins = [contributed("a", "TGLC", 3, gaia=41), contributed("b", "TGLC", 3, gaia=42)]
    alone = [contributed("c", "TGLC", 4, gaia=42), contributed("d", "SPOC", 5), contributed("e", "TGLC", 5, gaia=41)]
    assert left(session, [*twins, *alone], one_per_sector=True) == "bcd"
    assert [record.getMessage() for record in caplog.records] == [
        "1 light curve by TGLC for one of several stars of Gaia that are one star of the TIC (TIC 1): the name with the largest number is "
        "taken; choose among them by name"
    ]
    caplog.clear()
    versions = [contributed("a", "TGLC", 3, gaia=41), contributed("b", "TGLC", 3, gaia=41)]
    assert len(left(session, versions, one_per_sector=["TGLC"])) == 1
    assert not caplog.records

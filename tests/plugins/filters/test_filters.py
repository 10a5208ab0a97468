"""The filters, on a handful of real names: what each value keeps, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl
import pytest

import tess_source_filters
from tess_source import Products, Session
from tess_source.errors import QueryError, UnknownNameError
from tess_source_filters.words import Words, spelled_pipeline

MAST = "mast:TESS/product/"
FILES: dict[str, tuple[str, int | None]] = {
    "lc15": (MAST + "tess2019226182529-s0015-0000000016740101-0151-s_lc.fits", 1_892_160),
    "tp15": (MAST + "tess2019226182529-s0015-0000000016740101-0151-s_tp.fits", 46_281_600),
    "lc82": (MAST + "tess2024223182411-s0082-0000000016740101-0278-s_lc.fits", 1_892_160),
    "fast82": (MAST + "tess2024223182411-s0082-0000000016740101-0278-a_fast-lc.fits", 11_203_200),
    "fasttp82": (MAST + "tess2024223182411-s0082-0000000016740101-0278-a_fast-tp.fits", 322_977_600),
    "dvt14": (MAST + "tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits", 4_760_640),
    "dvt14b": (MAST + "tess2019199201929-s0014-s0014-0000000016740101-00290_dvt.fits", 4_760_640),
    "xml14": (MAST + "tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.xml", 265_611),
    "dvs14": (MAST + "tess2019199201929-s0014-s0014-0000000016740101-01-00240_dvs.pdf", 1_107_114),
    "dvs82": (MAST + "tess2024223211538-s0082-s0082-0000000016740101-02-00919_dvs.pdf", 1_150_043),
    "multi": (MAST + "tess2019199201929-s0014-s0041-0000000016740101-00512_dvt.fits", 0),
    "qlp15": ("mast:HLSP/qlp/s0015/hlsp_qlp_tess_ffi_s0015-0000000016740101_tess_v01_llc.fits", 80_640),
    "spoc56": ("mast:HLSP/tess-spoc/s0056/hlsp_tess-spoc_tess_phot_0000000016740101-s0056_tess_v1_lc.fits", 408_960),
    "ffi1": (MAST + "tess2018206192942-s0001-1-1-0120-s_ffic.fits", 35_000_000),
    "other": ("mast:HLSP/notes/ReadMe_lc.fits", None),
}


@pytest.fixture(scope="module")
def products() -> Products:
    rows = [{"uri": uri, "size": size, "label": label} for label, (uri, size) in FILES.items()]
    return Products.of(rows)


@pytest.fixture
def session(session: Session) -> Session:
    session.register(tess_source_filters)
    return session


Kept = Any


@pytest.fixture
def kept(session: Session, products: Products) -> Kept:
    """Ask with filters; answer the labels of what is kept."""

    def ask(**filters: Any) -> set[str]:
        return set(session.select(products, **filters).products["label"].to_list())

    return ask


ALL = set(FILES)


def steady(value: object) -> str:
    """Name a value the same in every process: no order of a set, no address of an object; or else xdist's workers disagree."""
    if isinstance(value, set):
        return "{" + ", ".join(sorted(map(repr, value))) + "}"
    return re.sub(r" at 0x\w+", "", str(value))


# -- kind --


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("lc", {"lc15", "lc82", "qlp15", "spoc56"}),
        ("LC", {"lc15", "lc82", "qlp15", "spoc56"}),
        ("tp,fast-tp", {"tp15", "fasttp82"}),
        (["tp", "fast-tp"], {"tp15", "fasttp82"}),
        ({"tp", "fast-tp"}, {"tp15", "fasttp82"}),
        (("tp", "fast-tp"), {"tp15", "fasttp82"}),
        (["tp,fast-tp", "ffi"], {"tp15", "fasttp82", "ffi1"}),
        (np.array(["tp", "fast-tp"]), {"tp15", "fasttp82"}),
        (pl.Series(["tp", "fast-tp"]), {"tp15", "fasttp82"}),
        ("other", {"other"}),
        (
            ["!dvt", "!dvs", "!lc"],
            ALL - {"dvt14", "dvt14b", "multi", "dvs14", "dvs82", "lc15", "lc82", "qlp15", "spoc56"},
        ),
    ],
    ids=steady,
)
def test_kind_keeps_those_that_are_named(kept: Kept, value: Any, expected: set[str]) -> None:
    assert kept(kind=value) == expected


def test_an_unknown_kind_is_refused_with_the_nearest(kept: Kept) -> None:
    with pytest.raises(UnknownNameError, match="unknown kind 'fastlc'; did you mean 'fast-lc'"):
        kept(kind="fastlc")
    with pytest.raises(UnknownNameError, match=r"'DVR'; did you mean .*dvr-xml"):
        kept(kind="DVR")
    with pytest.raises(QueryError, match="not a word"):
        kept(kind=3)


# -- sector --


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (15, {"lc15", "tp15", "qlp15", "multi"}),
        (np.int64(15), {"lc15", "tp15", "qlp15", "multi"}),
        (15.0, {"lc15", "tp15", "qlp15", "multi"}),
        ("15", {"lc15", "tp15", "qlp15", "multi"}),
        ("0015", {"lc15", "tp15", "qlp15", "multi"}),
        (range(40, 57), {"multi", "spoc56"}),
        ("40-56", {"multi", "spoc56"}),
        ("40..56", {"multi", "spoc56"}),
        (slice(40, 57), {"multi", "spoc56"}),
        (slice(40, 56), {"multi"}),
        (slice(56, None), {"spoc56", "lc82", "fast82", "fasttp82", "dvs82"}),
        (">=56", {"spoc56", "lc82", "fast82", "fasttp82", "dvs82"}),
        ("<2", {"ffi1"}),
        ("1,56", {"ffi1", "spoc56"}),
        ([1, 56], {"ffi1", "spoc56"}),
        ({1, 56}, {"ffi1", "spoc56"}),
        (np.array([1, 56]), {"ffi1", "spoc56"}),
        (range(1, 57, 55), {"ffi1", "spoc56"}),
        (["1", range(56, 57)], {"ffi1", "spoc56"}),
        (13, set()),
        (42, set()),
        (0, set()),
    ],
    ids=steady,
)
def test_sector_keeps_products_whose_range_has_one_of_them(kept: Kept, value: Any, expected: set[str]) -> None:
    assert kept(sector=value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (True, "no value to choose by"),
        (np.True_, "no value to choose by"),
        (14.5, "not a whole number"),
        (float("nan"), "not a finite number"),
        (-1, "not a whole number"),
        ([], "empty list"),
        ({}, "no value to choose by"),
        (range(3, 3), "empty"),
        (slice(5, 3), "empty"),
        ((14, 16), "could be a list or a range"),
        ("16-14", "runs backwards"),
        ("14-", "not a number"),
        ("", "empty word"),
        ("14,,15", "empty word"),
        ([14, None], "no value to choose by"),
        (iter([14]), "read only once"),
        (b"14", "no value to choose by"),
    ],
    ids=steady,
)
def test_what_is_no_sector_is_refused_and_the_message_says_what_would_be(kept: Kept, value: Any, reason: str) -> None:
    with pytest.raises(QueryError, match=rf"filter 'sector' cannot take.*{reason}.*'14-16,40'"):
        kept(sector=value)


def test_none_means_that_nothing_is_asked(kept: Kept) -> None:
    assert kept(sector=None, kind=None, size=None, latest=None) == ALL


# -- exptime --


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("fast", {"fast82", "fasttp82"}),
        (20, {"fast82", "fasttp82"}),
        (np.float32(20), {"fast82", "fasttp82"}),
        ("20", {"fast82", "fasttp82"}),
        ("ffi", {"qlp15", "spoc56", "ffi1"}),
        (1800, {"qlp15", "ffi1"}),
        (1425.599379, {"qlp15", "ffi1"}),
        (200, {"spoc56"}),
        ((100, 1000), ALL - {"fast82", "fasttp82", "qlp15", "ffi1", "other"}),
        ((200, None), {"spoc56", "qlp15", "ffi1"}),
        ("20..120", ALL - {"spoc56", "qlp15", "ffi1", "other"}),
        (slice(20, 120), ALL - {"spoc56", "qlp15", "ffi1", "other"}),
        ([20, 120], ALL - {"spoc56", "qlp15", "ffi1", "other"}),
        ({20, 200}, {"fast82", "fasttp82", "spoc56"}),
        ("fast,ffi", {"fast82", "fasttp82", "qlp15", "spoc56", "ffi1"}),
        (["fast", 200], {"fast82", "fasttp82", "spoc56"}),
        (["fast", (150, 250)], {"fast82", "fasttp82", "spoc56"}),
        (">120", {"spoc56", "qlp15", "ffi1"}),
        (0, set()),
        (158, {"spoc56"}),
    ],
    ids=steady,
)
def test_exptime_takes_times_sets_ranges_and_words(kept: Kept, value: Any, expected: set[str]) -> None:
    assert kept(exptime=value) == expected


def test_exptime_takes_quantities(kept: Kept) -> None:
    from astropy import units

    assert kept(exptime=2 * units.min) == kept(exptime=120)
    assert kept(exptime=[20, 200] * units.s) == kept(exptime=[20, 200])
    with pytest.raises(QueryError, match="cannot take"):
        kept(exptime=3 * units.m)


def test_short_never_means_the_200_second_images(kept: Kept) -> None:
    """See lightkurve issue 1394."""
    assert "spoc56" not in kept(exptime="short")
    assert (
        kept(exptime="short") == kept(exptime=120) == ALL - {"fast82", "fasttp82", "spoc56", "qlp15", "ffi1", "other"}
    )


def test_ffi_never_means_what_was_made_of_targets(session: Session) -> None:
    rows = [
        {"uri": "a", "kind": "dvt", "pipeline": "SPOC", "exptime": 600.0},
        {"uri": "b", "kind": "lc", "pipeline": "QLP", "exptime": 600.0},
        {"uri": "c", "kind": "ffi", "pipeline": "SPOC", "exptime": 475.199786},
        {"uri": "d", "kind": "lc", "pipeline": None, "exptime": 158.4},
        {"uri": "e", "kind": "lc", "pipeline": "QLP", "exptime": float("nan")},
    ]
    assert session.select(rows, exptime="ffi").products["uri"].to_list() == ["b", "c", "d"]
    assert session.select(rows, exptime=">=100").products["uri"].to_list() == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "value",
    [True, -1, "20..", (20, 100, 200), (100, 20), (None, None), slice(20, 100, 2), float("inf"), [], "2 min"],
    ids=steady,
)
def test_what_is_no_exposure_time_is_refused(kept: Kept, value: Any) -> None:
    with pytest.raises(QueryError, match="filter 'exptime' cannot take"):
        kept(exptime=value)


def test_a_misspelt_exposure_word_is_refused_with_the_nearest(kept: Kept) -> None:
    with pytest.raises(UnknownNameError, match="'fsat'; did you mean 'fast'"):
        kept(exptime="fsat")


# -- pipeline, tic, name --


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("QLP", {"qlp15"}),
        ("qlp", {"qlp15"}),
        ("tess-spoc,QLP", {"spoc56", "qlp15"}),
        (["tess-spoc", "QLP"], {"spoc56", "qlp15"}),
        ("!SPOC", {"spoc56", "qlp15", "other"}),
        (["!SPOC", "!qlp"], {"spoc56", "other"}),
        (["QLP", "!QLP"], set()),
        ("somebody-else", set()),
    ],
    ids=steady,
)
def test_pipeline_ignores_case_and_understands_not(kept: Kept, value: Any, expected: set[str]) -> None:
    assert kept(pipeline=value) == expected


@pytest.mark.parametrize(
    "value",
    [16740101, "TIC 16740101", "tic16740101", "0000000016740101", np.int64(16740101), [1, "16740101"], (1, 16740101)],
)
def test_tic_takes_any_form_of_the_id(kept: Kept, value: Any) -> None:
    assert kept(tic=value) == ALL - {"ffi1", "other"}


@pytest.mark.parametrize("value", ["KELT-9", "307.86 39.94", True, 1.5, 0, -1, []], ids=steady)
def test_what_is_no_tic_id_is_refused(kept: Kept, value: Any) -> None:
    with pytest.raises(QueryError):
        kept(tic=value)
    assert kept(tic=99) == set()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("*_lc.fits", {"lc15", "lc82", "spoc56", "other"}),
        ("*_LC.FITS", set()),
        ("readme*", set()),
        ("ReadMe*", {"other"}),
        ("tess*-s00[18][25]-*", {"lc15", "tp15", "lc82", "fast82", "fasttp82", "dvs82"}),
        (["*.xml", "*_dvs.pdf"], {"xml14", "dvs14", "dvs82"}),
        ("*_dv?.fits", {"dvt14", "dvt14b", "multi"}),
        ("tess2018206192942-s0001-1-1-0120-s_ffic.fits", {"ffi1"}),
        ("tess2018206192942-s0001-1-1-0120-s_ffic_fits", set()),
        ("_lc.fits", set()),
    ],
    ids=steady,
)
def test_name_is_a_shell_pattern_for_the_whole_file_name(kept: Kept, value: Any, expected: set[str]) -> None:
    assert kept(name=value) == expected


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("*.xml,*.pdf", "give a list of them"),
        (["*.fits", "a,b"], "write [,] for a comma"),
        ("!*.pdf", "leave files out by kind"),
    ],
    ids=steady,
)
def test_a_pattern_written_as_in_other_filters_is_refused_and_not_matched_with_nothing(
    kept: Kept, value: Any, right: str
) -> None:
    with pytest.raises(QueryError, match=re.escape(right)):
        kept(name=value)


def test_a_pattern_may_have_any_character_in_brackets(session: Session) -> None:
    products = Products.of([{"uri": f"x:{name}"} for name in ("a,b.fits", "!c.fits", "]d.fits", "plain.fits")])
    for pattern, name in {"a[,;]b*": "a,b.fits", "[!]c*": None, "?c*": "!c.fits", "[],]d*": "]d.fits"}.items():
        left = session.select(products, name=pattern).products["filename"].to_list()
        assert left == ([name] if name else []), pattern


# -- pipelines that are not there --


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("SPCO", "no product is by SPCO; there are products by QLP, SPOC, TESS-SPOC; did you mean 'SPOC'?"),
        ("TASOC", "no product is by TASOC; there are products by QLP, SPOC, TESS-SPOC"),
        (["SPOC", "QPL"], "no product is by QPL; there are products by QLP, SPOC, TESS-SPOC; did you mean 'QLP'?"),
        (["SPOC", "TASOC"], ""),
        ("!SPCO", ""),
        ("spoc", ""),
    ],
    ids=steady,
)
def test_a_pipeline_that_made_nothing_is_told_with_those_that_did(
    kept: Kept, caplog: pytest.LogCaptureFixture, asked: Any, said: str
) -> None:
    kept(pipeline=asked)
    assert "\n".join(record.getMessage() for record in caplog.records) == said


def test_where_the_archive_has_nothing_a_misspelt_pipeline_is_still_told(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.select(Products.empty(), pipeline=["SPCO", "SPOC"])
    assert [record.getMessage() for record in caplog.records] == ["no product is by SPCO; did you mean 'SPOC'?"]


# -- size, run, tce --


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, {"multi"}),
        ("0", {"multi"}),
        (265_611, {"xml14"}),
        (np.int64(265_611), {"xml14"}),
        ("<0.5MB", {"multi", "xml14", "qlp15", "spoc56"}),
        ("<500 kB", {"multi", "xml14", "qlp15", "spoc56"}),
        ("<=265611", {"multi", "xml14", "qlp15"}),
        ("<265611", {"multi", "qlp15"}),
        (">40MB", {"tp15", "fasttp82"}),
        (">46MiB", {"fasttp82"}),
        ("40mb..50Mb", {"tp15"}),
        ((40_000_000, "50MB"), {"tp15"}),
        (("40MB", None), {"tp15", "fasttp82"}),
        ((40e6, float("inf")), {"tp15", "fasttp82"}),
        (["<1kB", ">100MB"], {"multi", "fasttp82"}),
        ("!0", ALL - {"multi"}),
        (["<0.5MB", "!0"], {"xml14", "qlp15", "spoc56"}),
    ],
    ids=steady,
)
def test_size_takes_operators_ranges_and_units(kept: Kept, value: Any, expected: set[str]) -> None:
    assert kept(size=value) == expected


@pytest.mark.parametrize("value", ["5 XB", "big", -1, "<-1", True, float("nan"), "5MB..1MB", [], (1, 2, 3)], ids=steady)
def test_what_is_no_size_is_refused(kept: Kept, value: Any) -> None:
    with pytest.raises(QueryError, match="filter 'size' cannot take"):
        kept(size=value)


def test_run_and_tce_take_the_forms_of_sector(kept: Kept) -> None:
    assert kept(run=240) == {"dvt14", "xml14", "dvs14"}
    assert kept(run="290,500-600") == {"dvt14b", "multi"}
    assert kept(run=">=500") == {"multi", "dvs82"}
    assert kept(tce=1) == {"dvs14"}
    assert kept(tce=range(1, 3)) == {"dvs14", "dvs82"}
    assert kept(run=0) == kept(tce=0) == set()


# -- unknown filters, the archive, the ledger --


def test_an_unknown_filter_is_refused_with_the_nearest(kept: Kept) -> None:
    with pytest.raises(UnknownNameError, match="unknown filter 'sectors'; did you mean 'sector'"):
        kept(sectors=14)


@pytest.mark.parametrize(
    ("name", "value", "asked"),
    [
        ("sector", "14-16,40", {"sequence_number": [14, 15, 16, 40]}),
        ("sector", ">=14", {}),
        ("sector", "1-999999999999", {}),
        ("tic", [2, "TIC 1"], {"target_name": ["1", "2"]}),
        ("pipeline", "tess-spoc", {"provenance_name": ["TESS-SPOC"]}),
        ("pipeline", "!QLP", {}),
        ("kind", "ffi", {"dataproduct_type": "image"}),
        ("kind", "ffi,lc", {}),
        ("kind", "!ffi", {}),
        ("exptime", "fast", {"t_exptime": [19.8, 20.2]}),
        ("exptime", "short", {}),
    ],
)
def test_an_archive_is_asked_only_for_what_it_can_tell(
    session: Session, name: str, value: Any, asked: dict[str, Any]
) -> None:
    record = session.registry.filters[name]
    assert record.criteria is not None
    assert record.criteria(record.check(value)) == asked


@pytest.mark.parametrize("name", ["name", "size", "run", "tce", "where", "latest", "limit"])
def test_other_filters_never_narrow_the_question_to_the_archive(session: Session, name: str) -> None:
    assert session.registry.filters[name].criteria is None


def test_the_ledger_tells_what_each_filter_dropped(session: Session, products: Products) -> None:
    found = session.select(products, kind="lc", sector=range(14, 17))
    assert [str(drop) for drop in found.drops] == [
        "kind=lc: dropped 11, kept 4 (filters)",
        "sector=14-16: dropped 2, kept 2 (filters)",
    ]


@pytest.mark.parametrize(
    "filters",
    [
        {
            "kind": "lc",
            "sector": 14,
            "exptime": "ffi",
            "pipeline": "!QLP",
            "tic": 1,
            "name": "*",
            "size": "<1MB",
            "run": 1,
        },
        {"tce": 1, "where": "kind=lc", "latest": True, "shortest": True, "one_per_sector": True, "limit": 1},
    ],
)
def test_every_filter_takes_an_empty_table(session: Session, filters: dict[str, Any]) -> None:
    assert len(session.select(Products.empty(), **filters).products) == 0


def test_every_filter_explains_itself_in_one_line(session: Session) -> None:
    for name, record in session.registry.filters.items():
        assert record.help and "\n" not in record.help, name
        assert record.metavar or record.check(True) is True, name


@pytest.mark.parametrize(
    ("word", "pipeline"),
    [
        *((word, "TESS-SPOC") for word in ("tess-spoc", "TESS_SPOC", "Tess Spoc", "tessspoc")),
        *((word, "GSFC-ELEANOR-LITE") for word in ("eleanor", "Eleanor-Lite", "gsfc_eleanor_lite", "GSFC ELEANOR")),
        *((word, "TESS-DATA-ALERTS") for word in ("tess data alerts", "data-alerts", "Tess_Data_Alerts")),
        *((word, word.upper()) for word in ("tars", "t16", "Diamante", "cdips", "pathos", "tasoc", "tglc", "qlp", "tica")),
        ("Somebody_Else", "Somebody_Else"),
    ],
)  # fmt: skip
def test_a_pipeline_may_be_spelled_as_people_do(session: Session, word: str, pipeline: str) -> None:
    others = [{"uri": "x", "pipeline": pipeline, "kind": "lc"}, {"uri": "y", "pipeline": "SPOC", "kind": "lc"}]
    assert session.select(Products.of(others), pipeline=word).products["pipeline"].to_list() == [pipeline]
    assert session.select(Products.of(others), pipeline=f"!{word}").products["pipeline"].to_list() == ["SPOC"]
    assert session.registry.filters["pipeline"].criteria(Words.of(word, spelled_pipeline)) == {
        "provenance_name": [pipeline]
    }

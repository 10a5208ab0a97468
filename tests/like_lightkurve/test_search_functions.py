"""The front door has lightkurve's words and habits, and differs only where the docs say so."""

from __future__ import annotations

import inspect
import pydoc
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lightkurve_packages import lightkurve_at
from peers import OLD_WORD

import tess_source
from tess_source import SearchTable, Session
from tess_source.errors import (
    DownloadError,
    LargeAnswerError,
    LoadError,
    QueryError,
    ResolverError,
    ServiceError,
    UnknownNameError,
)
from tess_source.session import set_default_session
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

KELT9, TOI3505, HD29980, SMALL = 16740101, 390988385, 141914082, 118004375
STARS = ["TIC 390988385", "TIC 141914082", "TIC 307210830", "TIC 257486953", "pi Men"]

# lightkurve says so at every first import.
pytestmark = [pytest.mark.filterwarnings("ignore:.*tpfmodel submodule is not available.*"), OLD_WORD]


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    return Session(archive.url)


@pytest.fixture
def lightkurve(archive: SampleArchive, tmp_path: Path) -> Iterator[Any]:
    """Give lightkurve itself, at the sample archive, with a cache of its own; it gives no table that another test has changed."""
    import lightkurve

    with lightkurve_at(archive, tmp_path / "lightkurve"):
        yield lightkurve


# -- what it shows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("star", STARS)
def test_it_shows_letter_by_letter_what_lightkurve_shows(star: str, session: Session, lightkurve: Any) -> None:
    ours = tess_source.search_lightcurve(star, session=session)
    assert repr(ours) == repr(lightkurve.search_lightcurve(star))
    pixels = tess_source.search_targetpixelfile(star, session=session)
    assert repr(pixels) == repr(lightkurve.search_targetpixelfile(star))


def test_its_table_has_lightkurves_columns_with_the_same_values(session: Session, lightkurve: Any) -> None:
    ours = tess_source.search_lightcurve(HD29980, session=session).table
    theirs = lightkurve.search_lightcurve(f"TIC {HD29980}").table
    assert set(theirs.colnames) - set(ours.colnames) == {"sort_order"}
    ours.sort("productFilename")
    theirs.sort("productFilename")
    for name in set(theirs.colnames) - {"sort_order", "#"}:
        assert ours[name].unit == theirs[name].unit, name
        assert plain(ours[name]) == plain(theirs[name]), name


def plain(column: Any) -> list[Any]:
    """Give the values of a column; what is not known is None, which astroquery writes as a mask or as not a number."""
    values = np.ma.asarray(column.data).tolist()
    known = [None if isinstance(value, float) and np.isnan(value) else value for value in values]
    return [round(value, 9) if isinstance(value, float) else value for value in known]


def test_two_minutes_come_before_twenty_seconds(session: Session) -> None:
    table = tess_source.search_lightcurve(KELT9, session=session)
    assert table.exptime.value.tolist() == [120] * 6 + [20] * 2
    assert [table.mission[row] for row in (4, 5, 6, 7)] == [f"TESS Sector {n}" for n in (75, 82, 75, 82)]


def test_html_links_authors_and_is_one_table(session: Session) -> None:
    shown = tess_source.search_lightcurve(TOI3505, session=session)._repr_html_()
    assert ">SearchResult containing 10 data products." in shown
    assert shown.count("<table") == 1
    assert '<a href="https://archive.stsci.edu/hlsp/tess-spoc">TESS-SPOC</a>' in shown
    assert len(re.findall("<tr>", shown)) == 12


def test_more_columns_are_shown_on_demand_and_a_choice_keeps_them(session: Session) -> None:
    table = tess_source.search_lightcurve(SMALL, session=session)
    table.display_extra_columns = ["proposal_id"]
    assert "proposal_id" in repr(table[0])


def test_nothing_found_is_an_empty_table_that_can_explain_itself(session: Session) -> None:
    table = tess_source.search_lightcurve(KELT9, sector=99, session=session)
    assert len(table) == 0
    assert repr(table) == f"SearchResult containing 0 data products.\n\n{table.found.explain()}"
    assert ">SearchResult containing 0 data products.\n<pre>asked for" in table._repr_html_()
    assert "sector=99: dropped" in table.found.explain()
    assert [table.author.size, table.exptime.size, table.obsid.size, list(table)] == [0, 0, 0, []]
    for download in (table.download, table.download_all):
        with pytest.warns(UserWarning, match="empty") as told:
            assert download() is None
        assert told[0].filename == __file__


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"author": "SPOK"}, "pipeline=SPOK: dropped 10, kept 0"),
        ({"sector": 200}, "sector=200: dropped"),
        ({"exptime": 30}, "exptime=30: dropped"),
        ({"target": "TIC 999"}, "the archive answered and has none: the star may never have been a target"),
    ],
    ids=str,
)
def test_an_empty_result_says_why(words: dict[str, Any], reason: str, session: Session) -> None:
    table = tess_source.search_lightcurve(**{"target": f"TIC {TOI3505}", **words}, session=session)
    header, _, why = repr(table).partition("\n\n")
    assert header == "SearchResult containing 0 data products."
    assert reason in why


def test_a_choice_of_nothing_is_not_blamed_on_the_search(session: Session) -> None:
    table = tess_source.search_lightcurve(TOI3505, session=session)
    assert "none was selected of the 10 products that were found" in repr(table[table.author == "TGLC"])


# -- choosing rows -----------------------------------------------------------------------------------------------------


def test_rows_are_chosen_as_in_lightkurve(session: Session, lightkurve: Any) -> None:
    ours = tess_source.search_lightcurve(TOI3505, session=session)
    theirs = lightkurve.search_lightcurve(f"TIC {TOI3505}")
    keys = [0, -1, np.int64(3), slice(2, 5), slice(None, None, -2), [0, 2], [-1, 0], ours.exptime.value == 600]
    keys += [
        np.where(ours.author == "QLP")[0],
        np.where(ours.author == "QLP"),
        (ours.author == "QLP").tolist(),
        [],
        [1, 1],
    ]
    for key in keys:
        assert isinstance(ours[key], SearchTable)
        assert list(ours[key].table["dataURI"]) == list(
            theirs.table["dataURI"][key] if np.ndim(key) or isinstance(key, slice) else [theirs.table["dataURI"][key]]
        ), key
    assert [str(row.table["dataURI"][0]) for row in ours] == list(ours["dataURI"])


def test_wrong_keys_are_refused(session: Session) -> None:
    table = tess_source.search_lightcurve(SMALL, session=session)
    assert len(table) == 1
    for key, error in {1: IndexError, -2: IndexError, "filname": UnknownNameError, 0.5: TypeError}.items():
        with pytest.raises(error):
            table[key]  # type: ignore[call-overload]
    with pytest.raises(IndexError, match="one boolean per row: 1, not 2"):
        table[[True, False]]


def test_properties_are_lightkurves(session: Session, lightkurve: Any) -> None:
    ours = tess_source.search_lightcurve(TOI3505, session=session)
    theirs = lightkurve.search_lightcurve(f"TIC {TOI3505}")
    assert ours.obsid.tolist() == sorted(theirs.obsid.tolist())
    for name in ("author", "mission", "target_name", "year", "ra", "dec"):
        assert np.asarray(getattr(ours, name)).tolist() == np.asarray(getattr(theirs, name)).tolist(), name
    for name in ("exptime", "distance"):
        assert (getattr(ours, name) == getattr(theirs, name)).all(), name
        assert getattr(ours, name).unit == getattr(theirs, name).unit
    assert ours.unique_targets.colnames == theirs.unique_targets.colnames
    assert [tuple(row) for row in ours.unique_targets] == [tuple(row) for row in theirs.unique_targets]


def test_what_a_user_does_to_the_table_is_what_is_downloaded(session: Session, tmp_path: Path) -> None:
    table = tess_source.search_lightcurve([118004415, SMALL], session=session)
    assert table.target_name.tolist() == ["118004415", str(SMALL)]
    table.table.sort("target_name")
    assert [curve.targetid for curve in table.download_all(download_dir=tmp_path)] == [SMALL, 118004415]


def test_one_file_a_sector_by_preference(session: Session) -> None:
    table = tess_source.search_lightcurve(TOI3505, session=session)
    assert table.one_per_sector().author.tolist() == ["SPOC", "SPOC", "QLP", "QLP"]
    assert set(table.one_per_sector(["TASOC", "QLP"]).author) == {"TASOC", "QLP"}
    assert set(tess_source.search_lightcurve(TOI3505, one_per_sector=["QLP"], session=session).author) == {"QLP"}
    found = session.search(TOI3505, kind="lc")
    assert found.one_per_sector(prefer=["QLP"]).products == found.select(one_per_sector="QLP").products


def test_a_preference_for_a_pipeline_that_nobody_knows_is_told(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    table = tess_source.search_lightcurve(TOI3505, session=session)
    assert table.one_per_sector(prefer=["SPOK", "QLP"]).author.tolist() == ["QLP"] * 4
    (record,) = caplog.records
    assert "no product is by SPOK" in record.getMessage()
    assert "did you mean 'SPOC'?" in record.getMessage()


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        {"author": "SPOC"},
        {"author": ["SPOC", "QLP"]},
        {"author": ("TESS-SPOC",)},
        {"author": "any"},
        {"exptime": 120},
        {"exptime": 600.0},
        {"exptime": "short"},
        {"exptime": "long"},
        {"cadence": "ffi"},
        {"exptime": "fast"},
        {"sector": 54},
        {"sector": [54, 81]},
        {"sector": (54, 81), "author": "QLP"},
        {"mission": "TESS", "sector": 14},
        {"mission": ("Kepler", "K2", "TESS"), "sector": 14},
        {"quarter": None, "campaign": None, "month": None, "sector": 81},
    ],
)
def test_words_mean_what_they_mean_in_lightkurve(words: dict[str, Any], session: Session, lightkurve: Any) -> None:
    ours = tess_source.search_lightcurve(f"TIC {TOI3505}", **words, session=session)
    theirs = lightkurve.search_lightcurve(f"TIC {TOI3505}", **words)
    assert repr(ours).partition("\n\nasked for")[0] == repr(theirs)  # an empty one of ours says why


def test_a_list_is_a_set_and_a_tuple_of_times_a_range(session: Session) -> None:
    def times(exptime: Any) -> set[float]:
        return set(tess_source.search_lightcurve(TOI3505, exptime=exptime, session=session).exptime.value)

    assert times([120, 1800]) == {120, 1800}
    assert times((120, 600)) == {120, 200, 600}
    assert times(["short", "long"]) == {120, 200, 600, 1800}


def test_a_limit_keeps_the_first_rows_of_what_would_be_shown(session: Session) -> None:
    whole = tess_source.search_lightcurve(TOI3505, session=session)
    assert repr(tess_source.search_lightcurve(TOI3505, limit=3, session=session)) == repr(whole[:3])
    for limit in (-1, True, 1.5):
        with pytest.raises(QueryError, match="limit"):
            tess_source.search_lightcurve(TOI3505, limit=limit, session=session)  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["quarter", "month", "campaign"])
def test_keplers_words_are_refused_by_name(word: str, session: Session) -> None:
    with pytest.raises(TypeError, match=rf"search_targetpixelfile\(\) takes no '{word}'.*TESS has sectors"):
        tess_source.search_targetpixelfile(KELT9, **{word: 4}, session=session)


def test_other_words_are_refused_with_the_right_one(session: Session) -> None:
    for words, error, message in (
        ({"secotr": 14}, TypeError, "did you mean 'sector'"),
        ({"pipeline": "SPOC"}, TypeError, "author='SPOC'"),
        ({"kind": "tp"}, TypeError, "chooses the kind"),
        ({"mission": "Kepler"}, QueryError, "TESS only"),
        ({"mission": ("Kepler", "K2")}, QueryError, "data of TESS only; for Kepler and K2 there is lightkurve"),
        ({"mission": 5}, QueryError, "mission=5: give 'TESS'"),
        ({"exptime": 120, "cadence": 20}, QueryError, "mean the same"),
        ({"exptime": "shrot"}, QueryError, "did you mean 'short'"),
        ({"sector": []}, QueryError, "empty list"),
    ):
        with pytest.raises(error, match=message):
            tess_source.search_lightcurve(KELT9, **words, session=session)


# -- targets -----------------------------------------------------------------------------------------------------------


def test_an_int_is_a_tic_and_an_identity_is_never_widened(session: Session, archive: SampleArchive) -> None:
    assert tess_source.search_lightcurve(np.int64(SMALL), session=session).target_name.tolist() == [str(SMALL)]
    assert len(tess_source.search_lightcurve(99999999999, session=session)) == 0
    assert not [r for r in archive.requests if "position" in str(r.body)]
    with pytest.raises(QueryError, match=f"TIC {SMALL} is an identity"):
        tess_source.search_lightcurve(SMALL, radius=60, session=session)


def test_a_list_of_targets_keeps_their_order(session: Session) -> None:
    table = tess_source.search_lightcurve([f"TIC {TOI3505}", KELT9], exptime=120, session=session)
    assert list(dict.fromkeys(table.target_name)) == [str(TOI3505), str(KELT9)]


@pytest.mark.parametrize("place", ["322.493171 12.166862", "21:29:58.361 +12:10:00.70"])
def test_a_cone_goes_from_the_middle_outwards_with_true_distances(place: str, session: Session) -> None:
    from astropy import units

    table = tess_source.search_lightcurve(place, radius=0.2 * units.deg, session=session)
    assert table.target_name.tolist() == ["96703881", "96704587"]
    assert table.distance[0].to_value("arcsec") == pytest.approx(0, abs=10)
    assert 300 < table.distance[1].to_value("arcsec") < 500


def test_no_target_is_a_mistake_and_not_everything(session: Session) -> None:
    targets: list[Any] = [None, [], "", "99:99:99 +1:0:0"]
    for target in targets:
        with pytest.raises(QueryError):
            tess_source.search_lightcurve(target, sector=14, session=session)


def test_failures_are_raised_and_not_shown_as_nothing(session: Session, archive: SampleArchive) -> None:
    with pytest.raises(ResolverError, match="Nibiru"):
        tess_source.search_lightcurve("Nibiru", session=session)
    impatient = Session(archive.url, timeout=0.5)
    archive.faults.add(Fault("status", status=503, match="Mast.Caom", times=99))
    with pytest.raises(ServiceError):
        tess_source.search_lightcurve(SMALL, session=impatient)
    archive.faults.clear()
    assert len(tess_source.search_lightcurve(SMALL, session=session)) == 1


# -- downloading -------------------------------------------------------------------------------------------------------


def test_the_first_of_several_is_downloaded_with_a_warning(session: Session, tmp_path: Path) -> None:
    table = tess_source.search_lightcurve(KELT9, session=session)
    with pytest.warns(UserWarning, match="only the first of 8") as told:
        curve = table.download(quality_bitmask="hard", flux_column="sap_flux", download_dir=tmp_path)
    assert told[0].filename == __file__
    assert (type(curve).__name__, curve.sector, curve.meta["FLUX_ORIGIN"]) == ("TessLightCurve", 14, "sap_flux")
    (file,) = tmp_path.rglob("*.fits")
    assert file.relative_to(tmp_path).parts[:2] == ("mastDownload", "TESS")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(table[0].download(download_dir=tmp_path)) > len(curve)


def test_files_go_to_the_store_unless_told_otherwise(session: Session) -> None:
    curve = tess_source.search_lightcurve(SMALL, session=session).download()
    assert Path(curve.meta["FILENAME"]).is_relative_to(session.store.root)


def test_one_bad_file_does_not_lose_the_others(
    session: Session, archive: SampleArchive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = tess_source.search_lightcurve([SMALL, 118004415, 118004458], session=session)
    archive.faults.add(Fault("status", status=404, match="118004415", times=99))
    curves = table.download_all(download_dir=tmp_path)
    assert [curve.targetid for curve in curves] == [SMALL, 118004458]
    assert "118004415" in caplog.text
    with pytest.raises(DownloadError, match="404"):
        table[1].download(download_dir=tmp_path)
    with pytest.raises(LoadError, match="404"):
        table[1].download_all(download_dir=tmp_path)
    archive.faults.clear()
    assert [curve.targetid for curve in table.download_all(download_dir=tmp_path)] == [SMALL, 118004415, 118004458]


def test_collections_are_in_the_order_of_the_table(session: Session, tmp_path: Path) -> None:
    table = tess_source.search_lightcurve([SMALL, 118004415], session=session)
    curves = table[[1, 0, 1]].download_all(download_dir=tmp_path)
    assert [curve.targetid for curve in curves] == [118004415, SMALL, 118004415]


def test_a_size_of_cutouts_is_warned_about(session: Session, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="cutout_size"):
        tess_source.search_lightcurve(SMALL, session=session).download(cutout_size=5, download_dir=tmp_path)


def test_dv_time_series_open_as_light_curves_of_tces(session: Session, tmp_path: Path) -> None:
    table = tess_source.search_dv(TOI3505, session=session)
    assert table.mission.tolist() == ["TESS Sector 54", "TESS Sectors 14-86", "TESS Sector 81"]
    assert "_dvt.fits" in repr(table)
    assert [curve.tce for curve in table[0].download(download_dir=tmp_path)] == [1]
    assert len(table.download_all(download_dir=tmp_path)) == 3
    reports = tess_source.search_dv(TOI3505, kind="dvr-pdf", session=session)
    manifest = reports[0].found.plan(tmp_path).download()
    assert [entry.path.suffix for entry in manifest if entry.path] == [".pdf"]


def test_a_search_becomes_lightkurves_own_result(session: Session, lightkurve: Any, tmp_path: Path) -> None:
    found = session.search([SMALL, 118004415]).select(kind="lc")
    result = found.to_lightkurve()
    assert type(result) is lightkurve.SearchResult
    assert result.ra.tolist() == pytest.approx(result.table["s_ra"].tolist())
    curves = result.download_all(download_dir=str(tmp_path))
    assert isinstance(curves, lightkurve.LightCurveCollection)
    assert [curve.targetid for curve in curves] == [int(name) for name in result.target_name]
    theirs = lightkurve.search_lightcurve(f"TIC {TOI3505}")
    ours = session.search(TOI3505).select(kind=["lc", "fast-lc"]).to_lightkurve()
    assert repr(ours) == repr(theirs)
    assert repr(session.search(TOI3505).select(sector=99).to_lightkurve()) == "SearchResult containing 0 data products."


# -- a script, with its import swapped -----------------------------------------------------------------------------------

SCRIPT = """
import numpy as np

search_result = lk.search_lightcurve("TIC 390988385", mission="TESS")
seen["result"] = repr(search_result)
seen["length"] = len(search_result)
seen["first"] = repr(search_result[0])
seen["columns"] = sorted(set(search_result.table.columns) & {"productFilename", "t_min", "t_max", "proposal_id", "description"})
seen["uris"] = list(search_result.table["dataURI"])
sector14_index = np.where(search_result.table["mission"] == "TESS Sector 14")[0]
seen["sector 14"] = repr(search_result[sector14_index])
seen["qlp"] = repr(search_result[search_result.author == "QLP"])
seen["600 s"] = repr(search_result[search_result.exptime.value == 600])
seen["rows"] = [repr(row) for row in search_result[2:4]]
seen["years"] = np.unique(search_result.year).tolist()

lc = lk.search_lightcurve("TIC 118004375", author="SPOC").download()
seen["lc"] = lc
seen["clean"] = lc.remove_nans().flatten(window_length=401).remove_outliers()
seen["folded"] = lc.fold(period=1.5, epoch_time=lc.time[0])
seen["binned"] = lc.normalize().bin(time_bin_size=0.1)
seen["sap"] = lk.search_lightcurve("TIC 118004375").download(quality_bitmask="none", flux_column="sap_flux")
pg = lc.remove_nans().to_periodogram(maximum_frequency=10)
seen["period"] = pg.period_at_max_power.value

lc_collection = lk.search_lightcurve("TIC 16740101", author="SPOC", exptime=120, sector=[14, 15])[:5].download_all()
seen["collection"] = repr(lc_collection)
seen["sectors"] = lc_collection.sector.tolist()
seen["stitched"] = lc_collection.stitch()
seen["fifteen"] = lc_collection[lc_collection.sector == 15][0]

seen["fast"] = repr(lk.search_targetpixelfile("TIC 16740101", exptime="fast"))
tpf = lk.search_targetpixelfile("TIC 118004375", author="SPOC", sector=sector).download(quality_bitmask="hard")
seen["shape"] = tpf.shape
seen["aperture"] = tpf.to_lightcurve(aperture_mask=tpf.pipeline_mask)
seen["cone"] = repr(lk.search_lightcurve("KELT-9", radius=1, author="SPOC", sector=41))
"""


def test_a_script_runs_unchanged_with_the_import_swapped(
    archive: SampleArchive, lightkurve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESS_SOURCE_SERVER", archive.url)
    set_default_session(None)
    sector = int(tess_source.search_lightcurve(SMALL).table["sequence_number"][0])
    theirs, ours = (_run(SCRIPT, module, sector) for module in (lightkurve, tess_source))
    set_default_session(None)
    assert len(ours) == len(theirs) == SCRIPT.count("seen[")
    for what, value in theirs.items():
        if hasattr(value, "colnames"):
            assert_same_values(ours[what], value, what)
        else:
            assert ours[what] == value, what


def _run(script: str, module: Any, sector: int) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lightkurve's and astropy's, about light curves
        exec(compile(script, "script", "exec", dont_inherit=True), {"lk": module, "seen": seen, "sector": sector})
    return seen


def assert_same_values(one: Any, other: Any, what: str) -> None:
    assert (type(one), one.colnames, len(one)) == (type(other), other.colnames, len(other)), what
    for name in other.colnames:
        a, b = (np.ma.asarray(getattr(curve[name], "value", curve[name])) for curve in (one, other))
        np.testing.assert_array_equal(np.ma.getmaskarray(a), np.ma.getmaskarray(b), err_msg=f"{what} {name}")
        np.testing.assert_array_equal(a.filled(0), b.filled(0), err_msg=f"{what} {name}")
        assert getattr(one[name], "unit", None) == getattr(other[name], "unit", None), (what, name)


def test_help_shows_the_words_of_every_door() -> None:
    doors = [tess_source.search_lightcurve, tess_source.search_targetpixelfile, tess_source.search_dv]
    words = [
        "target",
        "radius",
        "exptime",
        "cadence",
        "mission",
        "author",
        "sector",
        "limit",
        "refresh",
        "session",
        "filters",
    ]
    for door in doors:
        shown = inspect.signature(door)
        assert [name for name in shown.parameters if name != "kind"] == words, door.__name__
        assert shown.parameters["mission"].default == "TESS"
        assert shown.return_annotation == "SearchTable"
        assert "Search for" in (door.__doc__ or "")
        page = pydoc.plain(pydoc.render_doc(door))
        assert f"{door.__name__}(target" in page.replace("\n", "").replace(" ", "")


def test_help_shows_the_words_of_both_downloads() -> None:
    for method in (SearchTable.download, SearchTable.download_all):
        shown = inspect.signature(method)
        assert [*shown.parameters] == ["self", "quality_bitmask", "download_dir", "cutout_size", "options"]
        assert shown.parameters["quality_bitmask"].default == "default"
        assert "quality_bitmask" in (method.__doc__ or "")


def test_a_call_without_a_target_is_told_of_the_function_that_was_called() -> None:
    with pytest.raises(TypeError, match=r"search_lightcurve\(\).*'target'"):
        tess_source.search_lightcurve()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "door", [tess_source.search_lightcurve, tess_source.search_targetpixelfile, tess_source.search_dv]
)
def test_every_door_asks_again_if_it_is_told_to(door: Any, archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url, cache=tmp_path)
    assert door(TOI3505, session=session).found.from_store is None
    assert door(TOI3505, session=session).found.from_store
    assert door(TOI3505, refresh=True, session=session).found.from_store is None


def test_an_empty_table_from_the_store_tells_how_to_ask_again(archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url, cache=tmp_path)
    tess_source.search_lightcurve(KELT9, session=session)
    empty = tess_source.search_lightcurve(KELT9, sector=99, session=session)
    assert "refresh=True (--refresh) asks the archive again" in repr(empty)
    asked = tess_source.search_lightcurve(KELT9, sector=99, refresh=True, session=session)
    assert "refresh" not in repr(asked)


def test_rows_without_a_target_are_an_error_or_are_passed_over(session: Session) -> None:
    whole = tess_source.search_lightcurve(118004375.0, session=session)
    assert len(tess_source.search_lightcurve([118004375.0, None], missing="skip", session=session)) == len(whole) > 0
    with pytest.raises(QueryError, match=r"1 of 2 rows has no target \(row 2\)"):
        tess_source.search_lightcurve([118004375, None], session=session)


@pytest.mark.parametrize("place", ["20:31:26.35 39:56:19.8", "20h31m26.35s, 39°56′19.8″", "-52.140208 39.938833"])
def test_a_place_is_read_as_everywhere_else(place: str, session: Session) -> None:
    assert len(tess_source.search_lightcurve(place, radius=5, session=session)) > 0


@pytest.mark.parametrize("function", ["search_lightcurve", "search_targetpixelfile", "search_dv", "search_tesscut"])
def test_what_is_no_session_is_refused(function: str) -> None:
    with pytest.raises(QueryError, match=r"session='mast': give a Session"):
        getattr(tess_source, function)("TIC 16740101", session="mast")


def test_more_observations_than_a_page_are_refused_and_large_goes_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tess_source_mast.guard.MOST_ROWS", 5)
    for search in (tess_source.search_lightcurve, tess_source.search_targetpixelfile, tess_source.search_dv):
        with pytest.raises(LargeAnswerError, match=r"large=True"):
            search(KELT9, session=session)
        assert len(search(KELT9, large=True, session=session))

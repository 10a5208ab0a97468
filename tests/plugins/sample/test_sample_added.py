"""Stars of one's own in a sample archive: found in every way, with the light that was given, and searched where asked for."""

from __future__ import annotations

import io
import json
import threading
import weakref
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import polars as pl
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn
from sizes import STRESS

from tess_source import Session
from tess_source.errors import QueryError
from tess_source_sample import facts, portal, sectors
from tess_source_sample.added import Transit
from tess_source_sample.contents import Contents
from tess_source_sample.exchange import HttpRequest
from tess_source_sample.files import model
from tess_source_sample.light import Light
from tess_source_sample.lists import published, tables
from tess_source_sample.server import SampleArchive
from tess_source_sample.tesscut import cutouts_of, sectors_of
from tess_source_sample.tic_entries import star_entry

STAR = 123
HOT = Transit(period=0.4, epoch=1382.5, depth=0.01, duration=2.0)
WAVE = 1 + 0.01 * np.sin(np.arange(500) / 30)


@pytest.fixture
def archive() -> SampleArchive:
    """An archive that does not listen."""
    return SampleArchive()


def uri_of(uris: tuple[str, ...], ending: str) -> str:
    (found,) = (uri for uri in uris if uri.endswith(ending))
    return found


def made(archive: SampleArchive, uri: str) -> bytes:
    row = archive.catalogue.files[uri]
    return archive.store.get(row["productFilename"], row["size"]).body


def opened(archive: SampleArchive, uri: str) -> fits.HDUList:
    return fits.HDUList.fromstring(made(archive, uri))


def curve_of(archive: SampleArchive, **said: Any) -> Any:
    uris = archive.add(STAR, 3, **said)
    return opened(archive, uri_of(uris, "lc.fits"))[1].data


# -- light ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        WAVE,
        list(WAVE),
        WAVE * u.dimensionless_unscaled,
        (WAVE * 100) * u.percent,
        pl.Series(WAVE),
        MaskedColumn(WAVE),
        {3: WAVE},
    ],
    ids=["array", "list", "quantity", "percent", "polars", "column", "mapping"],
)
def test_pdcsap_flux_is_the_relative_flux_times_the_level_of_the_magnitude(archive: SampleArchive, given: Any) -> None:
    table = curve_of(archive, light_curve=given, tmag=11.0)
    level = 15000 * 10 ** (-0.4 * (11.0 - 10.0))
    np.testing.assert_allclose(table["PDCSAP_FLUX"], WAVE * level, rtol=1e-7)
    assert not table["QUALITY"].any()
    assert np.isfinite(table["TIME"]).all()
    assert np.allclose(np.diff(table["TIME"]) * 86400, 120, atol=0.05)
    assert table["CADENCENO"].tolist() == list(
        range(facts.sector(3).first_cadenceno, facts.sector(3).first_cadenceno + 500)
    )


@pytest.mark.parametrize("given", [[1.0, None, 0.9], np.ma.array([1.0, 5.0, 0.9], mask=[0, 1, 0]), [1.0, np.nan, 0.9]])
def test_a_cadence_without_a_value_has_none(archive: SampleArchive, given: Any) -> None:
    table = curve_of(archive, light_curve=given)
    assert np.isnan(table["PDCSAP_FLUX"]).tolist() == [False, True, False]
    assert np.isnan(table["PDCSAP_FLUX_ERR"]).tolist() == [False, True, False]


def test_a_function_is_given_the_times_that_are_in_the_file(archive: SampleArchive) -> None:
    asked: list[Any] = []

    def light(time: Any) -> Any:
        asked.append(time.copy())
        time_given = 1 + 0.1 * np.sin(time)
        time[:] = 0  # it may do with its times what it likes
        return time_given

    table = curve_of(archive, light_curve=light)
    assert len(table) == facts.sector(3).cadences
    np.testing.assert_array_equal(table["TIME"], asked[0])
    np.testing.assert_allclose(table["PDCSAP_FLUX"], 15000 * (1 + 0.1 * np.sin(asked[0])), rtol=1e-6)


def test_a_function_may_give_one_number(archive: SampleArchive) -> None:
    assert (curve_of(archive, light_curve=lambda time: 1.5)["PDCSAP_FLUX"] == 22500).all()


def test_pixels_hold_the_same_light_within_their_noise(archive: SampleArchive) -> None:
    flux = np.repeat([1.0, 0.5], 100)
    uris = archive.add(STAR, 3, flux)
    pixels = opened(archive, uri_of(uris, "tp.fits"))
    inside = pixels["APERTURE"].data & 2 > 0
    total = pixels["PIXELS"].data["FLUX"][:, inside].sum(axis=1)
    assert len(total) == 200
    assert total[100:].mean() / total[:100].mean() == pytest.approx(0.5, abs=0.02)


def test_light_is_simulated_with_its_transits_where_none_is_given(archive: SampleArchive) -> None:
    deep = Transit(period=1.5, epoch=1383.0, depth=0.2, duration=4.0)
    table = curve_of(archive, transits=[deep])
    inside = np.abs((table["TIME"] - 1383.0 + 0.75) % 1.5 - 0.75) < 0.02
    flux = table["PDCSAP_FLUX"] / np.nanmedian(table["PDCSAP_FLUX"])
    assert np.nanmedian(flux[inside]) == pytest.approx(0.8, abs=0.01)


def test_the_light_of_a_transit_can_be_put_on_any_light(archive: SampleArchive) -> None:
    table = curve_of(archive, light_curve=lambda time: (1 + 0.001 * np.sin(time)) * HOT.light(time))
    assert table["PDCSAP_FLUX"].min() / 15000 == pytest.approx(0.99, abs=0.0015)


def test_two_sectors_can_have_their_own_light_and_length(archive: SampleArchive) -> None:
    uris = archive.add(STAR, "3-4", {3: np.ones(10), 4: lambda time: np.full(len(time), 2.0)})
    lengths = [len(opened(archive, uri)[1].data) for uri in uris if uri.endswith("lc.fits")]
    assert lengths == [10, facts.sector(4).cadences]


def test_20_s_data_have_their_own_names_and_cadence(archive: SampleArchive) -> None:
    (uri, pixels) = archive.add(STAR, 27, np.ones(60), exptime=20)
    assert uri.endswith("a_fast-lc.fits") and pixels.endswith("a_fast-tp.fits")
    table = opened(archive, uri)[1].data
    assert np.allclose(np.diff(table["TIME"]) * 86400, 20, atol=0.05)
    archive.add(STAR, 27, np.ones(60), exptime=120)


def test_every_sector_of_the_mission_can_be_added(archive: SampleArchive) -> None:
    numbers = range(1, 109) if STRESS else (1, 7, 13, 33, 96, 106, 108)
    uris = archive.add(STAR, numbers, np.ones(3))
    for sector, uri in zip(numbers, uris[::2], strict=True):
        header = opened(archive, uri)[0].header
        assert (header["SECTOR"], header["TICID"]) == (sector, STAR)
    for row in archive.catalogue.of_targets([str(STAR)]):
        assert row["t_max"] - row["t_min"] == pytest.approx(3 * 120 / 86400)


def test_the_same_call_makes_the_same_bytes() -> None:
    first, second = (
        (archive, archive.add(STAR, [3, 4], WAVE, [HOT], dv=True)) for archive in (SampleArchive(), SampleArchive())
    )
    assert first[1] == second[1]
    for uri in first[1]:
        if not uri.endswith("tp.fits"):
            assert made(first[0], uri) == made(second[0], uri), uri


# -- data validation -------------------------------------------------------------------------------------------------


def test_each_sector_and_all_together_are_searched_and_the_tces_are_the_transits(archive: SampleArchive) -> None:
    other = {"period": 5.0, "epoch": 1385.0, "depth": 0.002, "duration": 3.0}
    uris = archive.add(STAR, [3, 4], transits=[HOT, other], dv=True)
    series = [uri for uri in uris if uri.endswith("dvt.fits")]
    assert [uri.split("-", 1)[1][:11] for uri in series] == ["s0003-s0003", "s0004-s0004", "s0003-s0004"]
    for uri in series:
        hdus = opened(archive, uri)
        assert [hdu.name for hdu in hdus[1:]] == ["TCE_1", "TCE_2", "Statistics"]
        for hdu, planet in zip(hdus[1:3], (HOT, Transit(**other)), strict=True):
            assert hdu.header["TPERIOD"] == planet.period
            assert hdu.header["TDEPTH"] == pytest.approx(1e6 * planet.depth)
            turns = (hdu.header["TEPOCH"] - planet.epoch) / planet.period
            assert turns - round(turns) == pytest.approx(0, abs=1e-6)
            assert np.nanmin(hdu.data["MODEL_INIT"]) == pytest.approx(-planet.depth, rel=0.01)
    ends = [uri.rpartition("_")[2] for uri in uris]
    assert {end: ends.count(end) for end in ("dvr.pdf", "dvr.xml", "dvm.pdf", "dvs.pdf")} == {
        "dvr.pdf": 3,
        "dvr.xml": 3,
        "dvm.pdf": 3,
        "dvs.pdf": 6,
    }


def test_a_search_of_a_short_light_curve_is_short_and_shows_it(archive: SampleArchive) -> None:
    uris = archive.add(STAR, 3, WAVE, transits=[HOT], dv=True)
    table = opened(archive, uri_of(uris, "dvt.fits"))[1].data
    assert len(table) == 500
    np.testing.assert_allclose(table["LC_INIT"], WAVE - 1, atol=1e-6)


def test_a_star_of_the_archive_can_have_more_sectors_with_its_own_transits(archive: SampleArchive) -> None:
    uris = archive.add("KELT-9", 108, dv=True)
    hdus = opened(archive, uri_of(uris, "dvt.fits"))
    assert hdus[1].header["TPERIOD"] == facts.star(16740101).planets[0].period


# -- what cannot be ----------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "sector 0": ({"sectors": 0}, "no sector 0: the mission has 1 to"),
    "a sector to come": ({"sectors": [3, 999]}, "no sector 999"),
    "a negative sector": ({"sectors": [-1]}, "no sector -1"),
    "no sectors": ({"sectors": []}, "no sectors"),
    "sectors in words": ({"sectors": "three"}, "a text is such as"),
    "half a sector": ({"sectors": [3.5]}, "no whole number"),
    "true as a sector": ({"sectors": True}, "no whole number"),
    "TIC 0": ({"star": 0}, "there is no TIC 0"),
    "a number too long": ({"star": 10**16}, "16 digits at most"),
    "half a star": ({"star": 1.5}, "no whole number"),
    "an unknown name": ({"star": "Vulcan"}, "unknown star 'Vulcan'"),
    "too many cadences": ({"light_curve": np.ones(20_000)}, "has 20000 values, but the sector has 19692 cadences of 120 s"),
    "no cadence": ({"light_curve": []}, "one value per cadence"),
    "an image": ({"light_curve": np.ones((2, 2))}, "one value per cadence"),
    "electrons": ({"light_curve": np.ones(3) * u.electron / u.s}, "relative flux has no unit"),
    "words as light": ({"light_curve": ["a", "b"]}, "give an array of numbers"),
    "infinite light": ({"light_curve": [1.0, np.inf]}, "is infinite"),
    "too much light": ({"light_curve": [1.0, 1e13]}, "above 1e\\+12"),
    "a function of another length": ({"light_curve": lambda time: time[:5]}, "gave shape"),
    "light of another sector": ({"light_curve": {4: WAVE}}, "one light curve per sector"),
    "60 s": ({"exptime": 60}, "120 or 20 s"),
    "20 s too early": ({"exptime": 20}, "begin with sector 27"),
    "data validation at 20 s": ({"exptime": 20, "sectors": 27, "dv": True, "transits": [HOT]}, "made of 120-s data"),
    "data validation of nothing": ({"dv": True}, "one per TCE"),
    "half a place": ({"ra": 10.0}, "ra and dec belong together"),
    "beyond the pole": ({"ra": 10.0, "dec": 91.0}, "from -90 to 90"),
    "no place": ({"ra": float("nan"), "dec": 1.0}, "no number"),
    "too faint": ({"tmag": 99}, "from -5 to 25"),
    "a name that another has": ({"name": "KELT-9"}, "TIC 16740101 has it"),
    "a name like a number": ({"name": "TIC 5"}, "cannot have the name"),
    "no name": ({"name": [5]}, "name is"),
    "transits in words": ({"transits": "deep"}, "transits is 'deep'"),
    "an unknown key": ({"transits": [{"period": 1, "epoch": 1, "depth": 0.1, "length": 1}]}, "unknown field of a transit 'length'"),
    "a missing key": ({"transits": [{"period": 1, "epoch": 1, "depth": 0.1}]}, "duration is missing"),
    "seen already": ({"star": 16740101, "sectors": [14, 16]}, "has TIC 16740101 in sector 14 at 120 s already"),
    "another magnitude": ({"star": "KELT-9", "sectors": 16, "tmag": 3.0}, "with tmag=7.579"),
    "other transits": ({"star": "KELT-9", "sectors": 16, "transits": [HOT]}, "leave transits out"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_sense_is_an_error_and_nothing_is_added(archive: SampleArchive, case: str) -> None:
    said, message = WRONG[case]
    before = list(archive.catalogue.observations), dict(archive.catalogue.files)
    with pytest.raises(QueryError, match=message):
        archive.add(**({"star": STAR, "sectors": 3} | said))
    assert (list(archive.catalogue.observations), dict(archive.catalogue.files)) == before
    archive.add(STAR, 3, np.ones(2))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"depth": 1.5}, "depth is a fraction"),
        ({"depth": 0}, "depth is a fraction"),
        ({"period": 0}, "must be above 0"),
        ({"duration": -1}, "must be above 0"),
        ({"duration": 10}, "longer than its period"),
        ({"epoch": float("nan")}, "no number"),
        ({"epoch": "soon"}, "no number"),
    ],
)
def test_a_transit_that_cannot_be_is_an_error(said: dict[str, Any], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        Transit(**({"period": 0.4, "epoch": 1.0, "depth": 0.1, "duration": 1.0} | said))


# -- found in every way ------------------------------------------------------------------------------------------------


@pytest.fixture
def session(fresh_archive: SampleArchive, tmp_path: Path) -> Session:
    """A session of an archive to which a star was added while it runs."""
    fresh_archive.add(STAR, [3, 98], WAVE, transits=[HOT], dv=True, name=["My star", "TOI-99999"])
    return Session(fresh_archive.url, cache=tmp_path / "cache", jobs=2)


@pytest.mark.parametrize("target", ["TIC 123", "My star", "toi 99999"])
def test_it_is_found_by_number_and_name(session: Session, target: str) -> None:
    found = session.search(target, kind="lc")
    assert found.to_polars().select("tic", "first_sector").rows() == [(STAR, 3), (STAR, 98)]


def test_it_is_found_by_place_and_by_sector(session: Session, fresh_archive: SampleArchive) -> None:
    star = fresh_archive.catalogue.known.star(STAR)
    assert set(session.search((star.ra, star.dec), radius=0.001, kind="lc").to_polars()["tic"]) == {STAR}
    assert len(session.search("TIC 123", sector=98, kind="lc")) == 1
    assert "123" in session.search(sector=98, kind="lc").observations.to_polars()["target_name"].to_list()


def test_it_is_loaded_with_the_light_that_was_given_and_linked_with_its_searches(
    session: Session, tmp_path: Path
) -> None:
    found = session.search("TIC 123", sector=3, kind=["lc", "dvt", "dvr-xml"])
    assert len(found.links) > 0
    manifest = session.search("TIC 123", kind="lc", sector=3).download(tmp_path)
    (curve,) = manifest.load()
    np.testing.assert_allclose(np.asarray(curve.flux.value), 15000 * WAVE, rtol=1e-6)


def test_lists_bucket_and_catalogues_have_it(session: Session, fresh_archive: SampleArchive) -> None:
    contents, bucket = fresh_archive.catalogue, fresh_archive.bucket
    (lc,) = (uri for uri in contents.files.held if "-s0098-0000000000000123-" in uri and uri.endswith("_lc.fits"))
    assert bucket.objects.key(lc).startswith("tess/public/tid/s0098/0000/0000/0000/0123/")
    for path, words in {
        "/missions/tess/download_scripts/sector/tesscurl_sector_98_lc.sh": lc,
        "/missions/tess/download_scripts/sector/tesscurl_sector_98_dv.sh": "0000000000000123-01-",
        "/missions/tess/download_scripts/sector/tesscurl_multisector_s0003-s0098_dv.sh": "0000000000000123-01-",
        "/missions/tess/catalogs/tce/" + tables.table_name(3, 98): "00000000123-01,123,1,",
        "/public/target_lists/2m/all_targets_S098_v1.csv": "123,",
    }.items():
        document = published(contents, path)
        assert document and words in document.text, path
    session.catalogue().update(98, progress=False)
    assert session.search("TIC 123", sector=98, archive="catalogue").to_polars()["kind"].to_list().count("lc") == 1
    question = {"service": "Mast.Catalogs.Filtered.Tic.Rows", "params": {"columns": "*", "filters": []}}
    question["params"]["filters"] = [{"paramName": "ID", "values": ["123"]}]  # type: ignore[index]
    assert [row["Tmag"] for row in portal.invoke(contents, question)["data"]] == [10]


def test_a_cut_out_around_it_has_its_light_in_sectors_that_were_not_there_before(archive: SampleArchive) -> None:
    dimmed = np.repeat([1.0, 0.5], sectors.cadences(98) // 2)
    archive.add(STAR, 98, dimmed)
    star = archive.catalogue.known.star(STAR)
    place = {"ra": (str(star.ra),), "dec": (str(star.dec),)}
    request = HttpRequest("GET", "/tesscut/api/v0.1/sector", place, {}, {}, b"", 0)
    assert "98" in [row["sector"] for row in json.loads(sectors_of(archive.catalogue, request).body)["results"]]
    query = {**place, "x": ("5",), "y": ("5",), "sector": ("98",)}
    request = HttpRequest("GET", "/tesscut/api/v0.1/astrocut", query, {}, {}, b"", 0)
    body = cutouts_of(archive.catalogue, request).body
    with zipfile.ZipFile(io.BytesIO(body)) as pack:
        pixels = fits.HDUList.fromstring(pack.read(pack.namelist()[0]))[1].data
    light = pixels["FLUX"].sum(axis=(1, 2))
    quarter = len(light) // 4
    assert light[-quarter:].mean() < 0.7 * light[:quarter].mean()


def test_stars_can_be_added_while_others_ask(archive: SampleArchive) -> None:
    failures: list[BaseException] = []

    def work(act: Callable[[int], object]) -> None:
        try:
            for number in range(8):
                act(number)
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    def add(first: int) -> Callable[[int], object]:
        return lambda number: archive.add(first + number, 5, np.ones(2))

    def ask(number: int) -> object:
        params = {"columns": "*", "filters": [{"paramName": "sequence_number", "values": ["5"]}]}
        answer = portal.invoke(archive.catalogue, {"service": "Mast.Caom.Filtered", "params": params})
        obsids = ",".join(str(row["obsid"]) for row in answer["data"])
        rows = portal.invoke(archive.catalogue, {"service": "Mast.Caom.Products", "params": {"obsid": obsids}})["data"]
        assert {str(row["obsID"]) for row in rows} == set(obsids.split(","))
        return list(archive.catalogue.files)

    threads = [threading.Thread(target=work, args=(act,)) for act in (add(1000), add(2000), ask, ask)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert {1000, 1007, 2000, 2007} <= set(archive.catalogue.targets)
    obsids = [row["obsid"] for row in archive.catalogue.observations]
    assert len(set(obsids)) == len(obsids)


def test_what_is_added_to_one_archive_is_not_in_another() -> None:
    one, other = SampleArchive(), SampleArchive()
    one.add(STAR, 3, [1.0])
    one.catalogue.observations[0]["proposal_id"] = "changed"
    assert not other.catalogue.has(STAR)
    assert Contents().observations == other.catalogue.observations


def test_what_is_remembered_of_a_star_does_not_keep_its_light_in_memory() -> None:
    light = Light({(3, 120): WAVE})
    star, alive = replace(facts.STARS[0], light=light), weakref.ref(light)
    assert model.signals(star) and star_entry(star)["ID"] == star.tic
    del light, star
    assert alive() is None


@pytest.mark.parametrize("flux", [-1.0, 0.0, 1e12, -1e12, np.nan])
def test_files_are_made_of_any_light_without_a_warning(fresh_archive: SampleArchive, flux: float) -> None:
    contents = fresh_archive.catalogue
    for uri in fresh_archive.add(STAR, 3, [flux] * 3, [HOT], dv=True):
        row = contents.files[uri]
        assert len(contents.make(row["productFilename"], row["size"])) == row["size"]

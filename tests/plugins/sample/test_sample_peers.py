"""astroquery and lightkurve work against the sample archive as they are: only their addresses are changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from peers import OLD_WORD, astroquery_at, named

from tess_source_sample.faults import Fault
from tess_source_sample.server import TOKEN, SampleArchive

KELT9 = "16740101"
RUN = "tess2024223211538-s0082-s0082-0000000016740101-00919"

# lightkurve says so at every first import.
pytestmark = pytest.mark.filterwarnings("ignore:.*tpfmodel submodule is not available.*")


@pytest.fixture
def observations(archive: SampleArchive) -> Iterator[Any]:
    """A fresh ``astroquery.mast.Observations`` that asks the sample archive; its questions are recorded anew."""
    with astroquery_at(archive.url) as instance:
        yield instance


def place(ra: float, dec: float) -> Any:
    """Return a position, given in degrees, as astropy has it."""
    from astropy.coordinates import SkyCoord

    return SkyCoord(ra, dec, unit="deg")


# -- astroquery ----------------------------------------------------------------------------------------------------


def test_criteria_find_observations_with_their_types(observations: Any) -> None:
    table = observations.query_criteria(target_name=KELT9, obs_collection="TESS", dataproduct_type="timeseries")
    assert len(table) == 12
    assert len(table.colnames) == 33
    kinds = {name: table[name].dtype.kind for name in ("obsid", "objID", "t_min", "sequence_number", "mtFlag")}
    assert kinds == {"obsid": "U", "objID": "U", "t_min": "f", "sequence_number": "i", "mtFlag": "b"}
    assert all(table["obs_title"].mask)


def test_criteria_take_ranges_wildcards_and_lists(observations: Any) -> None:
    assert len(observations.query_criteria(target_name=KELT9, t_exptime=[10, 30])) == 2
    assert len(observations.query_criteria(obs_id="tess2019199201929-s0014-*", target_name=KELT9)) == 4
    assert len(observations.query_criteria(target_name=[KELT9, "257486953"], sequence_number=[14, 42])) == 2
    assert len(observations.query_criteria(**named("KELT-9"), radius="5 arcsec", sequence_number=75)) == 2


def test_positions_and_names_find_what_lies_there(observations: Any) -> None:
    around = observations.query_region(place(322.493171, 12.166862), radius="0.2 deg")
    assert sorted(around["target_name"]) == ["96703881", "96704587", "TESS FFI"]
    assert around["distance"].max() == pytest.approx(397.0, abs=0.1)
    named = observations.query_object("HD 195689", radius="1 arcsec")
    assert set(named["target_name"]) == {KELT9}
    assert set(observations.query_object("TIC 307210830", radius=0.001)["target_name"]) == {"307210830"}


def test_unknown_names_are_unknown(observations: Any) -> None:
    from astroquery.exceptions import ResolverError

    with pytest.raises(ResolverError, match="Nibiru"):
        observations.query_object("Nibiru")


def test_counts_agree_with_what_is_found(observations: Any) -> None:
    assert observations.query_criteria_count(target_name=KELT9) == 12
    assert observations.query_region_count(place(322.493171, 12.166862), radius="0.2 deg") == 3
    assert observations.query_object_count("KELT-9", radius="1 arcsec") == 12


def test_all_pages_are_fetched(observations: Any, archive: SampleArchive) -> None:
    whole = observations.query_criteria(obs_collection="TESS")
    archive.clear()
    paged = observations.query_criteria(obs_collection="TESS", pagesize=10)
    assert list(paged["obs_id"]) == list(whole["obs_id"])
    assert len(archive.requests) == -(-len(whole) // 10)


def test_long_jobs_are_waited_for() -> None:
    with SampleArchive(executing=3) as busy, astroquery_at(busy.url) as observations:
        assert len(observations.query_criteria(target_name=KELT9)) == 12


def test_products_are_listed_and_filtered(observations: Any) -> None:
    products = observations.get_product_list(observations.query_criteria(target_name=KELT9))
    assert len(products) == 96
    assert len(products.colnames) == 20
    assert len(observations.filter_products(products, productType="SCIENCE")) == 29
    assert len(observations.filter_products(products, mrp_only=True)) == 96 - 26
    reports = observations.filter_products(products, productSubGroupDescription="DVR", extension="xml")
    assert len(reports) == 13
    assert len(observations.filter_products(products, size=">100000000")) == 2


def test_light_curves_without_dv_and_images_without_products(observations: Any) -> None:
    from astroquery.exceptions import InvalidQueryError

    table = observations.query_criteria(target_name="257486953")
    assert list(observations.get_product_list(table)["productSubGroupDescription"]) == ["LC", "TP"]
    with pytest.raises(InvalidQueryError, match="empty"):
        observations.get_product_list(observations.query_criteria(target_name="TESS FFI"))


def test_errors_of_the_portal_are_errors_of_astroquery(observations: Any) -> None:
    from astroquery.exceptions import RemoteServiceError

    with pytest.raises(RemoteServiceError, match="tess2019198215352"):
        observations.get_product_list(["tess2019198215352-s0014-0000000016740101-0150-s"])


def test_products_are_downloaded_and_not_again(observations: Any, archive: SampleArchive, tmp_path: Path) -> None:
    products = observations.get_product_list("232637932")
    small = observations.filter_products(products, productSubGroupDescription=["DVS", "DVR"], size="<1500000")
    manifest = observations.download_products(small, download_dir=str(tmp_path), verbose=False)
    assert list(manifest["Status"]) == ["COMPLETE"] * 3
    for row, path in zip(small, manifest["Local Path"], strict=True):
        assert Path(path).stat().st_size == row["size"]
        assert Path(path).parent == tmp_path / "mastDownload" / "TESS" / row["obs_id"]
    archive.clear()
    again = observations.download_products(small, download_dir=str(tmp_path), verbose=False)
    assert list(again["Status"]) == ["COMPLETE"] * 3
    assert {entry.method for entry in archive.requests} == {"HEAD"}


def test_one_file_is_downloaded_over_a_redirect(tmp_path: Path) -> None:
    with SampleArchive(redirect=True) as away, astroquery_at(away.url) as observations:
        name = f"{RUN}_dvr.xml"
        target = tmp_path / name
        status, *_ = observations.download_file(f"mast:TESS/product/{name}", local_path=str(target), verbose=False)
        assert status == "COMPLETE"
        assert target.stat().st_size == 251104
        assert len({entry.port for entry in away.requests}) == 2


def test_an_unavailable_archive_is_reported(observations: Any, archive: SampleArchive) -> None:
    from requests import HTTPError

    archive.faults.add(Fault("status", status=503, match="Mast.Caom.Filtered"))
    with pytest.raises(HTTPError, match="503"):
        observations.query_criteria(target_name=KELT9)
    assert len(observations.query_criteria(target_name=KELT9)) == 12


def test_metadata_and_missions(observations: Any) -> None:
    columns = observations.get_metadata("observations")
    assert len(columns) == 34
    assert "Sequence number, e.g. Kepler quarter or TESS sector" in columns["Description"]
    assert "dataURI" in observations.get_metadata("products")["Column Name"]
    assert observations.list_missions() == ["HLSP", "TESS"]


def test_a_user_signs_in_with_the_sample_token(observations: Any) -> None:
    from astroquery.exceptions import LoginError

    observations.login(token=TOKEN)
    assert observations.session_info(verbose=False)["anon"] is False
    with pytest.raises(LoginError, match="invalid"):
        observations.login(token="another")


def test_astroquery_is_itself_again_afterwards(archive: SampleArchive) -> None:
    from astroquery.mast import Observations, conf, utils

    portal = Observations._portal_api_connection
    before = (portal.MAST_REQUEST_URL, conf.server, utils._simple_request, portal._column_configs)
    with astroquery_at(archive.url):
        assert archive.url in portal.MAST_REQUEST_URL
        assert portal._column_configs == {}
        assert len(Observations.query_criteria(target_name=KELT9)) == 12
    assert (portal.MAST_REQUEST_URL, conf.server, utils._simple_request, portal._column_configs) == before


# -- lightkurve ------------------------------------------------------------------------------------------------------


@OLD_WORD
def test_lightkurve_finds_loads_and_stitches_light_curves(observations: Any, tmp_path: Path) -> None:
    import lightkurve

    found = lightkurve.search_lightcurve(f"TIC {KELT9}", author="SPOC")
    assert Counter(found.table["exptime"]) == {120.0: 6, 20.0: 2}
    curves = found[[0, 1]].download_all(download_dir=str(tmp_path))
    assert [curve.meta["SECTOR"] for curve in curves] == sorted(found.table["sequence_number"][:2])
    assert all(curve.meta["TICID"] == int(KELT9) for curve in curves)
    assert all(curve.meta["SIMDATA"] for curve in curves)
    assert len(curves.stitch()) > 30_000


@OLD_WORD
def test_lightkurve_finds_by_name_and_place(observations: Any) -> None:
    import lightkurve

    assert len(lightkurve.search_lightcurve("L 98-59", author="SPOC", exptime=120)) == 7
    kelt9 = place(307.859805849403, 39.9388236538888)
    assert len(lightkurve.search_targetpixelfile(kelt9, radius=1, sector=75, mission="TESS")) == 2
    assert len(lightkurve.search_lightcurve("TIC 257486953", sector=42)) == 1
    assert len(lightkurve.search_lightcurve("TIC 257486953", sector=43)) == 0


@pytest.mark.real
def test_lightkurve_finds_the_same_light_curves_of_toi3505_as_it_really_did(observations: Any, real: Path) -> None:
    import csv

    import lightkurve

    with (real / "tables" / "toi3505_light_curve_search.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    table = lightkurve.search_lightcurve("TIC 390988385").table
    ours = {(str(r["productFilename"]), r["author"], r["mission"], float(r["exptime"])) for r in table}
    assert ours == {(r["productFilename"], r["author"], r["mission"], float(r["exptime"])) for r in rows}


# -- TESScut ---------------------------------------------------------------------------------------------------------


def test_astroquery_finds_sectors_and_fetches_cut_outs(observations: Any, tmp_path: Path) -> None:
    from astroquery.mast import TesscutClass

    tesscut, pimen = TesscutClass(), place(84.291188, -80.46912)
    sectors = tesscut.get_sectors(coordinates=pimen)
    assert list(sectors["sectorName"])[:2] == ["tess-s0001-4-2", "tess-s0004-4-3"]
    assert list(sectors["sector"]) == [1, 4, 8, 11, 12, 27, 68, 88]
    files = tesscut.download_cutouts(coordinates=pimen, size=(3, 4), sector=1, path=str(tmp_path))
    assert [Path(path).name for path in files["Local Path"]] == [
        "tess-s0001-4-2_84.291188_-80.469120_4x3_astrocut.fits"
    ]
    [cut] = tesscut.get_cutouts(coordinates=pimen, size=3, sector=1)
    assert cut[1].data["FLUX"].shape[1:] == (3, 3)
    cut.close()


def test_astroquery_is_told_that_there_is_nothing(observations: Any, tmp_path: Path) -> None:
    from astroquery.exceptions import NoResultsWarning
    from astroquery.mast import TesscutClass

    nowhere = place(0, 80)
    with pytest.warns(NoResultsWarning, match="not in any TESS sector"):
        assert len(TesscutClass().get_sectors(coordinates=nowhere)) == 0
    with pytest.warns(NoResultsWarning, match="No TESS FFI cutouts"):
        assert len(TesscutClass().download_cutouts(coordinates=nowhere, sector=1, path=str(tmp_path))) == 0


@OLD_WORD
def test_lightkurve_fetches_a_cut_out(observations: Any, tmp_path: Path) -> None:
    import lightkurve

    found = lightkurve.search_tesscut("TIC 96704587")
    pixels = found.download(cutout_size=(3, 4), download_dir=str(tmp_path))
    assert (pixels.sector, pixels.camera, pixels.ccd, pixels.shape[1:]) == (55, 1, 1, (3, 4))
    pixels.hdu.close()

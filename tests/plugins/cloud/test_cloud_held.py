"""What the bucket has of some URIs: one row each, by few listings."""

from __future__ import annotations

import polars as pl
import pytest

from tess_source.errors import ServiceError
from tess_source.settings import Patience, Settings
from tess_source_cloud import held, tess_copies
from tess_source_cloud.held import listing
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

LC = "mast:TESS/product/tess2022217014003-s0055-0000000016740101-0242-s_lc.fits"
TP = "mast:TESS/product/tess2022217014003-s0055-0000000016740101-0242-s_tp.fits"
SEVERAL = "mast:TESS/product/tess2019199201929-s0014-s0019-0000000016740101-00323_dvt.fits"
QLP = "mast:HLSP/qlp/s0001/0000/0001/4191/4082/hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc.fits"
TASOC = "mast:HLSP/tasoc/s0001/c0120/0000/0001/4191/4082/hlsp_tasoc_tess_tpf_tic00141914082-s0001-cam4-ccd2-c0120_tess_v05_cbv-lc.fits"
ABSENT = "mast:TESS/product/tess2022217014003-s0055-0000000000000001-0242-s_lc.fits"


def at(archive: SampleArchive) -> Settings:
    return Settings(server=archive.url, patience=Patience(tries=2, first=0.001, longest=0.01))


def test_there_is_a_row_per_uri_in_the_same_order(archive: SampleArchive) -> None:
    uris = [TASOC, LC, ABSENT, SEVERAL, QLP, LC, "tesscut:x", "mast:TESS/product/unknown.fits", TP]
    found = listing(uris, at(archive))
    assert found.schema == {"uri": pl.String, "size": pl.Int64, "etag": pl.String, "modified": pl.Datetime("ms", "UTC")}
    assert found["uri"].to_list() == uris
    sizes = [
        archive.catalogue.files[uri]["size"] if uri in archive.catalogue.files and uri != TASOC else None
        for uri in uris
    ]
    assert found["size"].to_list() == sizes
    assert found["etag"].null_count() == found["modified"].null_count() == 4


def test_files_of_one_folder_take_one_listing_and_no_look_up(archive: SampleArchive) -> None:
    listing([LC, TP, ABSENT.replace("_lc", "_tp"), LC], at(archive))
    assert sorted(request.query["prefix"] for request in archive.requests) == [
        ("tess/public/tid/s0055/0000/0000/0000/0001/",),
        ("tess/public/tid/s0055/0000/0000/1674/0101/",),
    ]


def test_many_files_of_a_sector_take_its_pages(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "FEW", 1)
    uris = [uri for uri in archive.catalogue.files if "-s0001-00" in uri and "TESS/product" in uri]
    found = listing(uris, at(archive))
    assert found["size"].to_list() == [archive.catalogue.files[uri]["size"] for uri in uris]
    (request,) = archive.requests
    assert request.query["prefix"] == ("tess/public/tid/s0001/",)


def test_the_copy_that_is_declared_lists_and_looks_up(archive: SampleArchive) -> None:
    (copy,) = tess_copies()
    assert (copy.name, copy.scheme) == ("cloud", "mast")
    assert copy.listing is not None
    assert copy.listing([LC], at(archive))["size"].to_list() == [archive.catalogue.files[LC]["size"]]
    assert copy.look_up is not None
    assert set(copy.look_up([SEVERAL], at(archive))) == {SEVERAL}


def test_nothing_is_asked_for_nothing(archive: SampleArchive) -> None:
    assert listing([], at(archive)).shape == (0, 4)
    assert not archive.requests


@pytest.mark.parametrize("match", ["path_lookup", "list-type"])
def test_a_failure_is_an_error_and_not_an_absent_file(archive: SampleArchive, match: str) -> None:
    archive.faults.add(Fault("slow-down", match=match, times=None))
    with pytest.raises(ServiceError, match="503"):
        listing([SEVERAL, LC], at(archive))

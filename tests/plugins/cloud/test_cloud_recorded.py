"""The bucket's listing and MAST's path look-up, played from recordings: only what is true of the real ones too is asserted."""

from __future__ import annotations

import re

import pytest

from tess_source import Session
from tess_source_cloud.held import listing
from tess_source_cloud.keys import key_of
from tess_source_cloud.listing import list_folders, list_objects
from tess_source_cloud.lookup import keys_looked_up

pytestmark = pytest.mark.vcr
FOLDER = "tess/public/tid/s0075/0000/0000/1674/0101/"
LC = "tess2024030031500-s0075-0000000016740101-0270-s_lc.fits"
SEVERAL = "tess2019199201929-s0014-s0019-0000000016740101-00323_dvt.fits"


def uri(name: str) -> str:
    return f"mast:TESS/product/{name}"


def test_a_folder_is_listed_with_sizes_and_etags(recorded: Session) -> None:
    found = list_objects(FOLDER, recorded.settings)
    assert f"{FOLDER}{LC}" in found["key"].to_list()
    assert (found["size"] > 0).all()
    assert all(re.fullmatch(r"[0-9a-f]{32}(-\d+)?", etag) for etag in found["etag"])
    assert found["modified"].null_count() == 0


def test_the_sectors_are_the_folders(recorded: Session) -> None:
    found = list_folders("tess/public/tid/", recorded.settings)
    assert {"tess/public/tid/s0001/", "tess/public/tid/s0075/"} <= set(found)


def test_what_is_not_there_has_an_empty_row(recorded: Session) -> None:
    absent = LC.replace("0000000016740101", "0000000000000000")
    found = listing([uri(LC), uri(absent)], recorded.settings)
    assert found["size"].is_null().to_list() == [False, True]


def test_mast_tells_where_files_are_whose_names_do_not(recorded: Session) -> None:
    found = keys_looked_up([uri(LC), uri(SEVERAL), uri("absent.fits")], recorded.settings)
    assert found[uri(LC)] == key_of(uri(LC))
    assert found[uri(SEVERAL)].endswith(f"/{SEVERAL}")
    assert uri("absent.fits") not in found

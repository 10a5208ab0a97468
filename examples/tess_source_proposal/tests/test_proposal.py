"""The filter and the function of this package, without a network.

`tess_archive` is a fixture of tess-source: a small archive on this machine in place of MAST, with real names and made-up light curves.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import tess_source_proposal
from tess_source_proposal import light_curves_of
from tess_source_proposal.proposals import check

import tess_source
from tess_source_testing import SampleArchive, check_plugin

KELT9 = "TIC 16740101"
ROWS = [
    {"uri": "mast:TESS/product/a.fits", "proposal_id": "G022197_G022053"},
    {"uri": "mast:TESS/product/b.fits", "proposal_id": "G06062"},
    {"uri": "mast:TESS/product/c.fits", "proposal_id": "N/A"},
    {"uri": "mast:TESS/product/d.fits", "proposal_id": None},
]


# -- the plugin alone: no other plugin, no archive --


@pytest.fixture
def alone() -> tess_source.Session:
    return tess_source.Session(discover=False, plugins=[tess_source_proposal])


def test_the_plugin_keeps_to_the_contract() -> None:
    assert check_plugin(tess_source_proposal, values={"proposal": ["G022053", ["G06062", "G022197"]]}) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("G022053", ["a"]),
        ("g06062", ["b"]),
        ("G06062,G022197", ["a", "b"]),
        (["G06062", "G022197"], ["a", "b"]),
        ("G0", []),
        ("G02205", []),
    ],
)
def test_it_keeps_the_products_of_a_programme(alone: tess_source.Session, value: object, expected: list[str]) -> None:
    names: list[str] = alone.select(ROWS, proposal=value).products["filename"].to_list()
    assert [name[0] for name in names] == expected


@pytest.mark.parametrize("value", ["6062", "", [], 6062, ["G06062", None], "G06062;G1"])
def test_what_is_no_programme_number_is_refused(alone: tess_source.Session, value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        check(value)
    with pytest.raises(ValueError, match="filter 'proposal' cannot take"):
        alone.select(ROWS, proposal=value)


def test_a_table_without_programmes_is_an_error_and_never_passes_unfiltered(alone: tess_source.Session) -> None:
    with pytest.raises(ValueError, match="no column 'proposal_id'") as caught:
        alone.select([{"uri": "mast:TESS/product/a.fits"}], proposal="G06062")
    assert "raised by plugin 'proposal' in its filter 'proposal'" in caught.value.__notes__
    assert len(alone.select(tess_source.Products.empty(), proposal="G06062")) == 0


# -- with an archive on this machine in place of MAST --


def test_light_curves_of_a_programme_are_fetched(tess_archive: SampleArchive, tmp_path: Path) -> None:
    manifest = light_curves_of("G022053", KELT9, folder=tmp_path)
    assert [(entry.status, entry.item.first_sector) for entry in manifest] == [("fetched", 14), ("fetched", 15)]
    assert sum("Download" in request.path for request in tess_archive.requests) == 2


@pytest.mark.usefixtures("tess_archive")
def test_a_programme_that_asked_for_none_of_the_targets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="G01234 asked for none of these targets: TIC 16740101"):
        light_curves_of("G01234", KELT9, folder=tmp_path)


@pytest.mark.tess_faults("503 then ok")
def test_a_server_that_fails_once_is_asked_again(tess_session: tess_source.Session) -> None:
    found = tess_session.search(KELT9, kind="lc", proposal="G06062")
    assert found.products["first_sector"].to_list() == [75, 82]

"""What the sample archive has of other pipelines: names, rows, and files that say that they are made from documents."""

from __future__ import annotations

import io

import pytest
from astropy.io import fits

from tess_source import names
from tess_source.names.vocabulary import FILES
from tess_source_sample.contents import Contents
from tess_source_sample.contributed import ALL_SECTORS
from tess_source_sample.files import make, natural_size
from tess_source_sample.server import SampleArchive

EVERY = "408084461"
DOCUMENTED = {
    "CDIPS": ("TMID_BJD", "IRM1", "IRE1", "IRQ1", "TFA1", "PCA3", "NTEMPS"),
    "PATHOS": ("TIME", "PSF_FLUX_RAW", "PSF_FLUX_COR", "AP4_FLUX_RAW", "AP4_FLUX_COR", "SKY_LOCAL", "DQUALITY"),
    "DIAMANTE": ("BTJD", "LC0_AP1", "ELC0_AP1", "FLAG_AP1"),
    "T16": ("BJD", "MAG", "MAG_ERR"),
    "TARS": ("TIME", "FLUX"),
}
"""Pipeline of which no real file was at hand → some of its columns."""


@pytest.fixture(scope="module")
def contents(shared_archive: SampleArchive) -> Contents:
    return shared_archive.catalogue


def test_one_star_has_products_of_every_pipeline_of_light_curves(contents: Contents) -> None:
    made = {row["provenance_name"] for row in contents.observations if row["target_name"] == EVERY}
    known = {row.pipeline for row in FILES if row.kind == "lc"}
    assert made == known - {"SPOC", "TESS-DATA-ALERTS"}, (
        "the mission's own are elsewhere; alerts are of sectors 1 and 2"
    )


def test_names_are_understood_and_addresses_follow_from_them(contents: Contents) -> None:
    hlsp = [row for row in contents.files.values() if row["obs_collection"] == "HLSP"]
    for row in hlsp:
        name = names.parse(row["productFilename"])
        assert name.kind != "other"
        assert names.parse_obs_id(row["obs_id"]).pipeline == name.pipeline == row["project"]
        if name.pipeline not in {"TARS", "T16"}:
            assert names.uri(name) == row["dataURI"]


def test_an_observation_of_all_sectors_has_neither_sector_nor_times(contents: Contents) -> None:
    (row,) = (row for row in contents.observations if row["provenance_name"] == "DIAMANTE")
    assert (row["sequence_number"], row["t_min"], row["t_max"]) == (ALL_SECTORS, None, None)


@pytest.mark.parametrize("pipeline", DOCUMENTED)
def test_a_file_made_from_documents_has_the_described_columns_and_says_so(contents: Contents, pipeline: str) -> None:
    (row,) = (row for row in contents.files.values() if row["project"] == pipeline)
    content = make(row["productFilename"], row["size"])
    assert len(content) == row["size"] == natural_size(row["productFilename"])
    with fits.open(io.BytesIO(content)) as hdus:
        hdus.verify("exception")
        assert set(DOCUMENTED[pipeline]) <= {*hdus[1].columns.names}
        assert len(hdus[1].data) > 1000
        assert hdus[0].header["SIMDATA"] is True
        assert "Columns and keywords from documents" in str(hdus[0].header["COMMENT"])


def test_cdips_has_full_julian_dates_magnitudes_and_letters_for_quality(contents: Contents) -> None:
    (row,) = (row for row in contents.files.values() if row["project"] == "CDIPS")
    with fits.open(io.BytesIO(make(row["productFilename"]))) as hdus:
        table = hdus[1].data
        assert (table["TMID_BJD"] > 2_458_000).all()
        assert abs(table["IRM1"] - hdus[0].header["TESSMAG"]).max() < 0.5
        assert {*table["IRQ1"]} == {"G", "X"}

"""The polygons, held against real target lists and the archive's own footprints."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tess_source_dv.read.target_list import read_target_list
from tess_source_sectors.chips import bundled
from tess_source_sectors.footprints import chips_of, dates_of, parse

pytestmark = pytest.mark.real

MISSED = [149251611, 149542119, 176954932, 220478335, 300160320]
"""Of 15,899 targets of sector 1: their catalogue positions lie some 15 arcmin outside of any CCD, near the border of chips 4-1 and 4-2."""


def on_listed_chips(real: Path, sector: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The targets of a list, and those among them whose position lies on the camera and CCD that the list names."""
    targets = pl.read_csv(real / f"target-lists/all_targets_S{sector:03d}_v1.csv.gz", comment_prefix="#")
    targets = targets.with_columns(place=pl.int_range(pl.len()))
    seen = bundled().of_sectors([sector]).seeing(targets["RA"].to_numpy(), targets["Dec"].to_numpy())
    placed = targets.join(seen.filter(pl.col("margin") >= 0), on="place")
    return targets, placed.filter((pl.col("Camera") == pl.col("camera")) & (pl.col("CCD") == pl.col("ccd")))


def test_all_targets_of_sector_1_but_five_lie_on_the_ccd_that_their_list_names(real: Path) -> None:
    targets, found = on_listed_chips(real, 1)
    assert (len(targets), len(found)) == (15_899, 15_894)
    assert sorted(set(targets["TICID"]) - set(found["TICID"])) == MISSED


def test_all_targets_of_sector_14_lie_on_the_ccd_that_their_list_names(real: Path) -> None:
    targets, found = on_listed_chips(real, 14)
    assert len(targets) == len(found) == 20_000


@pytest.mark.parametrize("sector", [27, 56])
def test_all_20_s_targets_lie_on_the_ccd_that_their_list_names(real: Path, sector: int) -> None:
    targets = pl.read_csv(real / f"target-lists/targets_20s_S{sector:03d}_tess-atl.csv").rename(str.lower)
    targets = targets.with_columns(place=pl.int_range(pl.len()))
    seen = bundled().of_sectors([sector]).seeing(targets["ra"].to_numpy(), targets["dec"].to_numpy())
    placed = targets.join(seen.filter(pl.col("margin") >= 0), on=["place", "camera", "ccd"])
    assert len(placed) == len(targets)


def test_every_sector_that_the_multi_sector_search_used_saw_the_star_on_its_science_pixels(real: Path) -> None:
    used = read_target_list(real / "scripts/tess_multisector_14_86_drn122_targetinfo_v01.txt.gz")
    places = pl.read_csv(real / "target-lists/all_targets_S014_v1.csv.gz", comment_prefix="#").rename({"TICID": "tic"})
    stars = used.join(places, on="tic", how="inner").with_row_index("place")
    seen = bundled().seeing(stars["RA"].to_numpy(), stars["Dec"].to_numpy()).filter(pl.col("margin") >= 0)
    pairs = stars.select(pl.col("place").cast(pl.Int64), sector="sectors").explode("sector")
    missed = pairs.join(seen, on=["place", pl.col("sector").cast(pl.Int64)], how="anti")
    assert (len(stars), len(pairs), len(missed)) == (7_910, 165_648, 0)


def test_footprints_shrunk_to_the_science_pixels_are_within_2_arcmin_of_the_measured_ones(real: Path) -> None:
    footprints = parse(gzip.decompress((real / "footprints/tess_ffi_footprint_cache.json.gz").read_bytes()))
    shrunk, measured = chips_of(footprints), bundled().of_sectors(range(1, 81))
    assert np.array_equal(shrunk.sector, measured.sector) and np.array_equal(shrunk.ccd, measured.ccd)
    cosines = np.einsum("pij,pij->pi", shrunk.corners[:, ::4], measured.corners[:, ::4])
    apart = np.degrees(np.arccos(np.clip(cosines, -1, 1))) * 3600
    assert np.median(apart) < 60
    assert np.percentile(apart, 99) < 120


def test_the_archives_own_footprints_claim_pi_men_in_sector_35_and_the_shrunk_ones_do_not(real: Path) -> None:
    footprints = parse(gzip.decompress((real / "footprints/tess_ffi_footprint_cache.json.gz").read_bytes()))
    seen = chips_of(footprints).of_sectors([34, 35]).seeing([84.291188], [-80.46912])
    assert seen.select("sector", pl.col("margin") >= 0).rows() == [(34, True), (35, False)]


def test_the_dates_of_footprints_are_those_of_their_sectors(real: Path) -> None:
    rows = dates_of(parse(gzip.decompress((real / "footprints/tess_ffi_footprint_cache.json.gz").read_bytes())))
    assert rows.sort("sector").row(0) == (1, "2018-07-25T19:28:35", "2018-08-22T16:07:48", 1800)
    assert len(rows) == 80

"""Full-frame images, found among the names that the archive really has."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from ffi_case import SIZE, HeldImages, keys_of, real_series, session_of_images

from tess_source import Products

pytestmark = pytest.mark.real


def listed(real: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(real / f"ffi-lists/{name}.csv.gz")


def found(
    monkeypatch: pytest.MonkeyPatch, keys: list[str], sector: int, camera: int, ccd: int, **words: object
) -> Products:
    HeldImages(keys, monkeypatch)
    words = {"kind": "ffi", "sector": sector, "camera": camera, "ccd": ccd, **words}
    return session_of_images().search(archive="ffi", **words).products


def test_all_images_of_a_chip_of_sector_1_are_found_with_size_and_start(
    real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = listed(real, "s0001-spoc-1-1")
    products = found(monkeypatch, [f"tess/public/{path}" for path in rows["path"]], 1, 1, 1)
    assert products["filename"].to_list() == [path.rpartition("/")[2] for path in rows["path"]]
    assert len(products) == 1282 and set(products["size"]) == {SIZE} and products["same_as"].null_count() == 1282
    assert products["exptime"].unique().to_list() == [1800.0]
    late = [
        (datetime.fromisoformat(bary) - datetime.fromisoformat(start)).total_seconds() - correction * 86400
        for start, bary, correction in zip(products["start"], rows["start"], rows["barycorr"], strict=True)
    ]
    assert -3.0 <= min(late) <= max(late) <= 0.6


def test_a_sector_with_two_configuration_ids_is_found_whole(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = listed(real, "s0026-spoc-4-4")["path"]
    products = found(monkeypatch, [f"tess/public/{path}" for path in paths], 26, 4, 4)
    assert len(products) == 1148
    assert products["filename"].str.extract(r"-(\d{4})-s_").unique().sort().to_list() == ["0187", "0188"]
    products = found(monkeypatch, keys_of(55, 1, 2, real_series(real, 55)), 55, 1, 2)
    assert len(products) == 3781
    assert products["filename"].str.extract(r"-(\d{4})-s_").unique().sort().to_list() == ["0240", "0242"]


def test_the_298_exposures_that_sector_2_has_twice_are_all_listed_and_name_each_other(
    real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    products = found(monkeypatch, keys_of(2, 3, 3, real_series(real, 2)), 2, 3, 3)
    twice = products.where(pl.col("same_as").is_not_null())
    assert (len(products), len(twice)) == (1543, 596)
    other = dict(zip(twice["filename"], twice["same_as"], strict=True))
    assert all(other[name] != name and other[other[name]] == name for name in other)
    assert other["tess2018256195940-s0002-3-3-0121-s_ffic.fits"] == "tess2018256195941-s0002-3-3-0121-s_ffic.fits"


def test_a_chip_of_sector_56_takes_one_request_per_day(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series = real_series(real, 56)
    bucket = HeldImages([*keys_of(56, 2, 3, series), *keys_of(56, 2, 3, series, "ffir")], monkeypatch)
    products = session_of_images().search(kind="ffi", sector=56, camera=2, ccd=3, archive="ffi").products
    assert len(products) == 11_775 and products["start"].is_sorted()
    assert bucket.requests == 2 + len({stamp[:7] for _, stamp in series}) == 31
    assert products["same_as"].null_count() == 11_775
    ends = listed(real, "s0056-spoc-2-3")["path"].str.extract("([^/]+)$")
    assert [*products["filename"][:600], *products["filename"][-600:]] == ends.to_list()


def test_a_time_asks_for_its_days_only(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = HeldImages(keys_of(56, 2, 3, real_series(real, 56)), monkeypatch)
    words = {"kind": "ffi", "sector": 56, "camera": 2, "ccd": 3, "archive": "ffi"}
    found = session_of_images().search(**words, time=("2022-09-10T23:59", "2022-09-11T00:10"))
    assert (
        found.products["start"].to_list()
        == ["2022-09-10T23:58:45", "2022-09-11T00:02:05", "2022-09-11T00:05:25", "2022-09-11T00:08:45"][1:]
    )
    assert bucket.asked == [f"tess/public/ffi/s0056/2022/{day}/2-3/" for day in (253, 254)]


def test_what_the_listing_lacks_is_not_made_up_from_the_grid(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series = [pair for pair in real_series(real, 56) if not "2022250000000" <= pair[1] < "2022253000000"]
    products = found(monkeypatch, keys_of(56, 4, 4, series), 56, 4, 4)
    assert len(products) == len(series) < 11_775


def test_ticas_images_have_their_number_and_no_time(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = listed(real, "s0036-tica-1-1")
    products = found(monkeypatch, [f"mast/hlsp/tica/{path}" for path in rows["path"]], 36, 1, 1, pipeline="TICA")
    assert sorted(products["uri"]) == sorted(f"mast:HLSP/tica/{path}" for path in rows["path"])
    numbers = dict(zip(rows["path"].str.extract("([^/]+)$"), rows["cadence"], strict=True))
    assert dict(zip(products["filename"], products["cadence"], strict=True)) == numbers
    assert len(products) == 600 and products["start"].null_count() == 600
    assert products["obs_id"].unique().to_list() == ["hlsp_tica_s0036-cam1-ccd1"]

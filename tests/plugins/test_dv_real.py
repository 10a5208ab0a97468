"""The same over real product lists."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import tess_source_dv as plugin
from tess_source import Links, Products, Settings

pytestmark = pytest.mark.real

KELT9, L98_59, TOI3505 = 16740101, 307210830, 390988385


def column(path: Path, name: str) -> list[str]:
    """Read one column of a real table; a second line of dtypes and elisions are passed over."""
    values = pl.read_csv(path, infer_schema=False)[name].drop_nulls()
    return [value for value in values.to_list() if "_" in value or value.startswith("mast:")]


def of_names(names: list[str]) -> Products:
    return Products.of([{"uri": f"mast:TESS/product/{Path(name).name}"} for name in dict.fromkeys(names)])


def linked(names: list[str]) -> pl.DataFrame:
    links = plugin.tess_link(of_names(names), Settings())
    assert isinstance(links, Links)
    return links.to_polars()


def test_kelt_9_has_three_runs_of_sector_14_and_wide_searches_bounded_by_what_was_observed(
    real: Path,
) -> None:
    tables = real / "tables"
    names = [
        *column(tables / "kelt9_tic16740101_observations_33cols.csv", "dataURL"),
        *column(tables / "kelt9_tic16740101_products_first20of96_20cols.csv", "dataURI"),
        *column(tables / "kelt9_tic16740101_science_products_20of29.csv", "dataURI"),
    ]
    links = linked(names)
    sets = links.filter(kind="dv-set")["object"].unique()
    assert {f"SPOC/{KELT9}/s0014-s0014/{run}" for run in ("00240", "00290", "00745")} <= set(sets)
    wide = links.filter(pl.col("subject").str.contains("-s0014-s0055-"), pl.col("object").str.ends_with("_lc.fits"))
    assert set(wide["state"]) == {"bounded"}
    assert set(wide["object"].str.extract(r"-(s\d{4})-")) == {"s0014", "s0015", "s0041", "s0055"}
    fast = links.filter(kind="dv-of-fast")
    assert set(fast["object"].str.extract(r"-(s\d{4})-")) == {"s0075", "s0082"}
    assert set(fast["state"]) == {"exact"}


@pytest.mark.parametrize(
    ("table", "count"),
    [("l98-59_dv_products_2019-09.csv", 68), ("l98-59_dv_products_mast_notebooks_current.csv", 115)],
)
def test_every_dv_product_of_l_98_59_has_a_set_although_mini_reports_carry_other_time_stamps(
    real: Path, table: str, count: int
) -> None:
    links = linked(column(real / "tables" / table, "productFilename"))
    assert len(links.filter(kind="dv-set")) == count
    for name, group in links.group_by("object"):
        kinds = group["subject"].str.extract(r"_(dv[a-z]+\.[a-z]+)$").unique()
        assert set(kinds) == {"dvr.pdf", "dvr.xml", "dvm.pdf", "dvs.pdf", "dvt.fits"}, name


def test_toi_3505_links_to_sectors_54_and_81_of_its_own_pipeline(real: Path) -> None:
    tables = real / "tables"
    names = [
        *column(tables / "toi3505_light_curve_search.csv", "productFilename"),
        *column(tables / "toi3505_target_pixel_search.csv", "productFilename"),
        *column(tables / "toi3505_data_validation_search.csv", "product_filename"),
    ]
    links = linked(names).filter(kind="dv-of")
    wide = links.filter(pl.col("subject").str.ends_with("s0014-s0086-0000000390988385-00971_dvt.fits"))
    assert sorted(wide["object"].str.extract(r"(s\d{4}-.*)$")) == [
        f"s{sector:04d}-{TOI3505:016d}-{scid}-s_{kind}.fits"
        for sector, scid in ((54, "0227"), (81, "0276"))
        for kind in ("lc", "tp")
    ]
    assert set(wide["state"]) == {"bounded"}
    assert not links.filter(pl.col("object").str.contains("hlsp")).height
    single = links.filter(pl.col("subject").str.contains("-s0054-s0054-"))
    assert set(single["object"].str.extract(r"-(s\d{4})-")) == {"s0054"}
    assert set(single["state"]) == {"exact"}


def test_every_search_of_a_real_index_of_thousands_becomes_a_set_linked_within_its_range(real: Path) -> None:
    frame = pl.read_csv(real / "tables" / "observed_files_index.csv")
    names = frame["file_path"].str.extract(r"([^/]*)$").unique(maintain_order=True).to_list()
    searches = [name for name in names if name.endswith("_dvt.fits")]
    links = linked(names)
    assert links.filter(kind="dv-set")["subject"].n_unique() == len(searches)
    parsed = links.filter(kind="dv-of").select(
        first=pl.col("subject").str.extract(r"-s(\d{4})-s\d{4}-").cast(int),
        last=pl.col("subject").str.extract(r"-s\d{4}-s(\d{4})-").cast(int),
        tic=pl.col("subject").str.extract(r"-(\d{16})-\d{5}_"),
        sector=pl.col("object").str.extract(r"-s(\d{4})-").cast(int),
        target=pl.col("object").str.extract(r"-(\d{16})-\d{4}-"),
        state="state",
    )
    assert parsed.height > 5000
    assert parsed.filter(pl.col("tic") != pl.col("target")).is_empty()
    assert parsed.filter(~pl.col("sector").is_between("first", "last")).is_empty()
    assert parsed.filter((pl.col("first") == pl.col("last")) != (pl.col("state") == "exact")).is_empty()

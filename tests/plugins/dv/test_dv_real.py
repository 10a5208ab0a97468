"""The same over real product lists."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import tess_source_dv as plugin
from tess_source import Links, Products, Session, Settings
from tess_source.names.sectors import sectors_of_text
from tess_source_dv.read.report import read_report
from tess_source_dv.read.tces import TCEs, tces_of_report
from tess_source_dv.sets.table import Sets, table_of
from tess_source_dv.sets.used import known

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
    wide = links.filter(pl.col("subject").str.contains("/s0014-s0055/"), pl.col("object").str.ends_with("_lc.fits"))
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
    for name, group in links.filter(kind="dv-set").group_by("object"):
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
    wide = links.filter(subject=f"SPOC/{TOI3505}/s0014-s0086/00971")
    assert sorted(wide["object"].str.extract(r"(s\d{4}-.*)$")) == [
        f"s{sector:04d}-{TOI3505:016d}-{scid}-s_{kind}.fits"
        for sector, scid in ((54, "0227"), (81, "0276"))
        for kind in ("lc", "tp")
    ]
    assert set(wide["state"]) == {"bounded"}
    assert not links.filter(pl.col("object").str.contains("hlsp")).height
    single = links.filter(pl.col("subject").str.contains("/s0054-s0054/"))
    assert set(single["object"].str.extract(r"-(s\d{4})-")) == {"s0054"}
    assert set(single["state"]) == {"exact"}


def test_every_search_of_a_real_index_of_thousands_becomes_a_set_linked_within_its_range(real: Path) -> None:
    frame = pl.read_csv(real / "tables" / "observed_files_index.csv")
    names = frame["file_path"].str.extract(r"([^/]*)$").unique(maintain_order=True).to_list()
    searches = [name for name in names if name.endswith("_dvt.fits")]
    links = linked(names)
    assert links.filter(kind="dv-set")["subject"].n_unique() == len(searches)
    parsed = links.filter(kind="dv-of").select(
        first=pl.col("subject").str.extract(r"/s(\d{4})-s\d{4}/").cast(int),
        last=pl.col("subject").str.extract(r"/s\d{4}-s(\d{4})/").cast(int),
        tic=pl.col("subject").str.extract(r"/(\d+)/").str.zfill(16),
        sector=pl.col("object").str.extract(r"-s(\d{4})-").cast(int),
        target=pl.col("object").str.extract(r"-(\d{16})-\d{4}-"),
        state="state",
    )
    assert parsed.height > 5000
    assert parsed.filter(pl.col("tic") != pl.col("target")).is_empty()
    assert parsed.filter(~pl.col("sector").is_between("first", "last")).is_empty()
    assert parsed.filter((pl.col("first") == pl.col("last")) != (pl.col("state") == "exact")).is_empty()


# -- sets, and what supersedes what --


def sets_of_l98_59(real: Path, table: str) -> Sets:
    here = of_names(column(real / "tables" / table, "productFilename"))
    reports = [read_report(path) for path in sorted((real / "dvr-xml").glob("*307210830*.xml"))]
    assert len(reports) == 10
    exactly = known((str(report.set), report.sectors, "dvr-xml") for report in reports)
    return table_of(here, exactly, TCEs.stack([tces_of_report(report) for report in reports]))


RUNS_2019 = [
    (2, 2, 109, 3), (5, 5, 140, 2), (8, 8, 182, 2), (1, 6, 196, 3), (9, 9, 198, 3), (1, 9, 205, 3), (10, 10, 212, 3),
    (11, 11, 214, 3), (12, 12, 219, 3), (1, 13, 226, 3),
]  # fmt: skip
RUNS_SINCE = [
    (2, 2, 372, 3),
    (8, 8, 401, 3),
    (9, 9, 403, 2),
    (5, 5, 413, 2),
    (12, 12, 437, 3),
    (11, 11, 442, 2),
    (10, 10, 446, 4),
]


@pytest.mark.parametrize(
    ("table", "runs"),
    [
        ("l98-59_dv_products_2019-09.csv", RUNS_2019),
        ("l98-59_dv_products_mast_notebooks_current.csv", RUNS_2019 + RUNS_SINCE),
    ],
)
def test_sets_and_tce_counts_of_l_98_59_are_those_of_the_tables(
    real: Path, table: str, runs: list[tuple[int, int, int, int]]
) -> None:
    sets = sets_of_l98_59(real, table)
    found = sets.to_polars().select("first_sector", "last_sector", "run", "tces").rows()
    assert found == sorted(runs, key=lambda run: -run[2])
    assert set(sets["missing"]) == {None}
    wide = {
        row["set"]: (row["sectors"], row["state"], row["source"])
        for row in sets
        if row["last_sector"] != row["first_sector"]
    }
    assert wide == {
        f"SPOC/{L98_59}/s0001-s0006/00196": ("2,5", "exact", "dvr-xml"),
        f"SPOC/{L98_59}/s0001-s0009/00205": ("2,5,8-9", "exact", "dvr-xml"),
        f"SPOC/{L98_59}/s0001-s0013/00226": ("2,5,8-12", "exact", "dvr-xml"),
    }


def test_of_l_98_59_the_widest_search_was_the_last_until_all_sectors_were_reprocessed(real: Path) -> None:
    before = sets_of_l98_59(real, "l98-59_dv_products_2019-09.csv")
    assert before.current["run"].to_list() == [226]
    assert set(before["reason"]) == {None, "later run with all these sectors"}
    since = sets_of_l98_59(real, "l98-59_dv_products_mast_notebooks_current.csv")
    assert since.current["run"].to_list() == [446, 442, 437, 413, 403, 401, 372, 226]
    named = {row["run"]: row["superseded_by"] for row in since}
    assert named[198] == f"SPOC/{L98_59}/s0009-s0009/00403"
    assert named[205] == f"SPOC/{L98_59}/s0001-s0013/00226"
    assert since.choose("widest")["run"].to_list() == [226]
    lost = {row["run"]: row["lost"] for row in since}
    assert (lost[198], lost[214], lost[182]) == ("at least 1 of 3 TCEs",) * 2 + (None,)
    assert (lost[196], lost[205]) == ("nothing", "nothing")


def test_which_of_kelt_9s_runs_subsume_which(real: Path) -> None:
    tables = real / "tables"
    names = [
        *column(tables / "kelt9_tic16740101_observations_33cols.csv", "dataURL"),
        *column(tables / "kelt9_tic16740101_products_first20of96_20cols.csv", "dataURI"),
        *column(tables / "kelt9_tic16740101_science_products_20of29.csv", "dataURI"),
    ]
    sets = {row["set"]: row for row in table_of(of_names(names))}
    single = [f"SPOC/{KELT9}/s0014-s0014/{run}" for run in ("00240", "00290", "00745")]
    assert [sets[one]["superseded_by"] for one in single] == [single[2], single[2], None]
    wide = [
        f"SPOC/{KELT9}/{name}"
        for name in ("s0014-s0016/00253", "s0014-s0019/00323", "s0014-s0041/00512", "s0014-s0055/00652")
    ]
    for n, one in enumerate(wide):
        assert [other for other in wide if other in (sets[one]["supersedes"] or "").split()] == wide[:n]
        assert sets[one]["state"] == "bounded"
    assert {sets[one]["reason"].split(":")[0] for one in wide[:3]} == {"probably"}
    assert sets[wide[3]]["superseded_by"] is None


def test_the_reprocessed_run_of_wasp_44_supersedes_the_first(real: Path) -> None:
    here = of_names([path.name for path in (real / "dvt").glob("*.fits")])
    newer, older = table_of(here)
    assert (newer["run"], older["run"]) == (405, 126)
    assert older["superseded_by"] == newer["set"]
    assert newer["superseded_by"] is None


def test_the_archives_target_list_says_of_toi_3505_what_its_report_says(real: Path) -> None:
    names = [f"tess2019199201929-s0014-s0086-{TOI3505:016d}-00971_dvr.xml"]
    lists = [real / "scripts" / "tess_multisector_14_86_drn122_targetinfo_v01.txt.gz"]
    here = Session(discover=False, plugins=[plugin]).found(of_names(names).to_polars())
    (row,) = here.dv(files=lists, root=real / "nowhere")
    assert (row["sectors"], row["state"], row["source"]) == ("54,81", "exact", "target list")
    (row,) = here.dv(files=[*lists, real / "dvr-xml" / names[0]], root=real / "nowhere")
    assert (row["sectors"], row["state"], row["source"], row["tces"]) == ("54,81", "exact", "dvr-xml", 1)


def test_every_set_of_a_real_index_is_bounded_by_the_light_curves_listed_of_its_target(real: Path) -> None:
    frame = pl.read_csv(real / "tables" / "observed_files_index.csv")
    names = frame["file_path"].str.extract(r"([^/]*)$").unique(maintain_order=True).to_list()
    sets = table_of(of_names(names))
    assert len(sets) == len([name for name in names if name.endswith("_dvt.fits")])
    seen: dict[int, set[int]] = {}
    for row in of_names(names).where(pl.col("kind") == "lc"):
        seen.setdefault(row["tic"], set()).add(row["first_sector"])
    for row in sets.where(pl.col("first_sector") < pl.col("last_sector")):
        within = sorted(s for s in seen.get(row["tic"], ()) if row["first_sector"] <= s <= row["last_sector"])
        assert list(sectors_of_text(row["sectors"] or "")) == within
        assert row["state"] == ("bounded" if within else "unknown")

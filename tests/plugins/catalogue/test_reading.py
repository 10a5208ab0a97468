"""Reading the catalogue: what the sample archive's lists say is what its portal says, with the view and without it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from catalogue_case import SOURCE, keep, keep_portal, keep_sample, keep_text
from fuzz import attempts

from tess_source.errors import DamagedFileError
from tess_source.tables.listing import Observations, Products
from tess_source_catalogue import answered, listed, star_index, stored, view
from tess_source_catalogue.answered import Answered
from tess_source_catalogue.columns import OBSERVATIONS, PORTAL, PRODUCTS
from tess_source_catalogue.folder import CatalogueFolder, ListFile
from tess_source_catalogue.found_rows import FoundRows
from tess_source_catalogue.reading import Catalogue
from tess_source_catalogue.stored import packed_files, scaled
from tess_source_catalogue.volumes import volumes
from tess_source_sample.contents import Contents

SECTORS = (1, 14, 16, 54, 82)
SPOC = ("lc", "tp", "fast-lc", "fast-tp", "dv", "multi-dv", "targets")
PIPELINES = ("SPOC", "QLP", "TESS-SPOC", "TGLC")
SCRIPT = "https://x/tesscurl_sector_{}_{}.sh"


@pytest.fixture(scope="module")
def contents() -> Contents:
    return Contents()


@pytest.fixture(scope="module")
def sample(contents: Contents, tmp_path_factory: pytest.TempPathFactory) -> CatalogueFolder:
    folder = CatalogueFolder(tmp_path_factory.mktemp("catalogue"))
    keep_sample(folder, contents, SECTORS)
    view.refresh(folder)
    return folder


def line(name: str) -> str:
    return f"curl -C - -L -o {name} https://mast.stsci.edu/api/v0.1/Download/file/?uri=mast:TESS/product/{name}\n"


def script(*names: str) -> str:
    return "#!/bin/sh\n" + "".join(map(line, names))


def light_curve(sector: int, tic: int, kind: str = "lc", stamp: int = 2019198215352) -> str:
    return f"tess{stamp}-s{sector:04d}-{tic:016d}-{100 + sector:04d}-s_{kind}.fits"


def keep_light_curves(
    folder: CatalogueFolder, sector: int, tics: Sequence[int], kind: str = "lc", stamp: int = 2019198215352
) -> ListFile:
    uris = [f"mast:TESS/product/{light_curve(sector, tic, kind, stamp)}" for tic in tics]
    return keep(folder, kind, sector, sector, packed_files(pl.Series(uris)))


def keep_targets(folder: CatalogueFolder, sector: int, tics: Sequence[int], source: str = "targets") -> ListFile:
    rows = pl.DataFrame({"tic": sorted(tics)}).with_columns(
        camera=pl.lit(1), ccd=pl.lit(2), tmag=9.5, ra=(pl.col("tic") % 360).cast(pl.Float64), dec=1.5
    )
    return keep(folder, source, sector, sector, scaled(rows))


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort([name for name in ("tic", "obs_id", "uri") if name in frame.columns], nulls_last=True)


def test_the_observations_are_those_of_the_portal(contents: Contents, sample: CatalogueFolder) -> None:
    found = Catalogue(sample).observations()
    wanted = {
        row["obs_id"]: row
        for row in contents.observations
        if row["provenance_name"] in PIPELINES
        and row["dataproduct_type"] == "timeseries"
        and row["sequence_number"] in SECTORS
    }
    assert set(found["obs_id"]) == set(wanted)
    assert found["obs_id"].is_unique().all()
    same = (
        "target_name",
        "obs_collection",
        "provenance_name",
        "sequence_number",
        "t_exptime",
        "dataproduct_type",
        "project",
    )
    for row in found.iter_rows(named=True):
        assert {name: row[name] for name in same} == {name: wanted[row["obs_id"]][name] for name in same}
        assert row["dataURL"] in {None, wanted[row["obs_id"]]["dataURL"]}
        assert (row["dataURL"] is None) == (row["pipeline"] != "SPOC")


def test_the_products_are_those_of_the_portal(contents: Contents, sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    found = catalogue.products(catalogue.observations())
    wanted = {
        row["dataURI"]: row
        for observation in contents.observations
        if observation["sequence_number"] in SECTORS
        for row in contents.products[observation["obsid"]]
        if row["project"] in PIPELINES and not row["dataURI"].endswith(".txt")
    }
    assert set(found["uri"]) == set(wanted)
    assert found["uri"].is_unique().all()
    for row in found.iter_rows(named=True):
        portal = wanted[row["uri"]]
        assert (row["obs_id"], row["filename"]) == (portal["obs_id"], portal["productFilename"])
        if row["pipeline"] == "SPOC":
            names = ("description", "productType", "productGroupDescription", "productSubGroupDescription")
            assert [row[name] for name in names] == [portal[name] for name in names]


def test_our_columns_are_those_that_names_tell(sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    observations = catalogue.observations()
    assert observations.columns == list(OBSERVATIONS) and Observations.of(observations)
    keys = ("kind", "tic", "first_sector", "last_sector", "exptime", "pipeline")
    told = Observations.of(observations.select("obs_id", "target_name")).to_polars()
    assert observations.select(keys).equals(told.select(keys))
    products = catalogue.products(observations)
    assert products.columns == list(PRODUCTS) and Products.of(products)
    told = Products.of(products.select("uri")).to_polars()
    names = ("kind", "first_sector", "last_sector", "exptime", "pipeline", "run", "tce", "filename")
    assert products.select(names).equals(told.select(names))


def test_what_no_list_knows_is_null(sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    found = catalogue.observations()
    assert found.select(list(PORTAL)).null_count().row(0) == (len(found),) * len(PORTAL)
    assert catalogue.products(found)["size"].null_count() == len(catalogue.products(found))
    assert found.filter(pl.col("first_sector") != pl.col("last_sector"))["camera"].drop_nulls().len() == 0


def test_the_portals_rows_fill_what_names_do_not_tell(
    contents: Contents, sample: CatalogueFolder, tmp_path: Path
) -> None:
    folder = CatalogueFolder(tmp_path / "catalogue")
    keep_sample(folder, contents, [14, 16], SPOC)
    for sector in (14, 16):
        keep_portal(folder, contents, sector, tmp_path / "portal")
    found = Catalogue(folder).observations(pipelines=["SPOC"])
    by_name = {row["obs_id"]: row for row in contents.observations}
    assert {14, 16} == set(found["last_sector"]) and (found["first_sector"] < found["last_sector"]).any()
    for row in found.iter_rows(named=True):
        portal = by_name[row["obs_id"]]
        names = ("t_min", "t_max", "proposal_id", "s_region", "s_ra", "s_dec", "calib_level", "t_obs_release")
        assert {name: row[name] for name in names} == {name: portal[name] for name in names}
        assert row["obsid"] == str(portal["obsid"])


def test_parts_are_what_a_filter_of_everything_gives(sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    everything = ordered(catalogue.observations())
    tics = everything["tic"].drop_nulls().unique().sort().to_list()[::3]
    for question, mask in (
        ({"tics": tics}, pl.col("tic").is_in(tics)),
        ({"tics": tics[:1]}, pl.col("tic") == tics[0]),
        ({"tics": []}, pl.lit(value=False)),
        ({"sectors": [14, 16]}, pl.col("last_sector").is_in([14, 16])),
        ({"pipelines": ["qlp", "TGLC"]}, pl.col("pipeline").is_in(["QLP", "TGLC"])),
        (
            {"tics": tics, "sectors": range(10, 20)},
            pl.col("tic").is_in(tics) & pl.col("last_sector").is_between(10, 19),
        ),
    ):
        assert ordered(catalogue.observations(**question)).equals(everything.filter(mask))


@pytest.mark.parametrize("few", [0, 1000], ids=["by a join", "one by one"])
def test_products_of_some_observations_are_theirs_alone(
    sample: CatalogueFolder, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answered, "FEW", few)
    catalogue = Catalogue(sample)
    observations = catalogue.observations()
    everything = catalogue.products(observations)
    some = observations.sample(fraction=0.3, seed=1)
    found = catalogue.products(some, ["lc", "dvt"])
    wanted = everything.filter(pl.col("obs_id").is_in(some["obs_id"].to_list()) & pl.col("kind").is_in(["lc", "dvt"]))
    assert ordered(found).equals(ordered(wanted))


def test_products_are_complete_although_another_thread_asks_while_they_are_listed(
    sample: CatalogueFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists, catalogue, rows_of = sample.lists(), Catalogue(sample), Answered.rows_of
    # They are the same again once they are older than a few seconds.
    monkeypatch.setattr(CatalogueFolder, "lists", lambda _: lists)

    def found_while_another_asks(read: Answered, observations: pl.DataFrame) -> FoundRows | None:
        catalogue.observations(tics=[])
        return rows_of(read, observations)

    observations = catalogue.observations()
    wanted = catalogue.products(observations)
    catalogue.observations()
    monkeypatch.setattr(Answered, "rows_of", found_while_another_asks)
    assert len(catalogue.products(observations)) == len(wanted) > 0


def test_reading_is_the_same_with_the_view_without_it_and_with_an_outdated_one(
    contents: Contents, tmp_path: Path
) -> None:
    folder = CatalogueFolder(tmp_path)
    keep_sample(folder, contents, [14, 54], SPOC)
    catalogue = Catalogue(folder)
    questions: list[dict[str, Any]] = [
        {},
        {"tics": [16740101, 390988385]},
        {"sectors": [14]},
        {"place": (307.86, 39.94, 1.0)},
    ]

    def answers() -> list[pl.DataFrame]:
        return [ordered(catalogue.observations(**question)) for question in questions]

    without = answers()
    view.refresh(folder)
    assert all(map(pl.DataFrame.equals, answers(), without))
    keep_sample(folder, contents, [16, 82], SPOC)
    outdated = answers()
    view.refresh(folder)
    assert all(map(pl.DataFrame.equals, answers(), outdated))
    assert all(len(new) > len(old) > 0 for new, old in zip(outdated, without, strict=True) if len(new) != len(old))
    assert len(outdated[0]) > len(without[0])


def test_the_update_of_one_sector_makes_one_volume_anew(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    for sector in (1, 12, 13):
        keep_light_curves(folder, sector, [5])
    view.refresh(folder)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "view").iterdir()}
    keep_light_curves(folder, 12, [5, 6])
    view.refresh(folder)
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "view").iterdir()}
    assert len(before) == len(after) == 4
    assert len(before.items() & after.items()) == 2


def test_any_lists_read_the_same_with_and_without_the_view(tmp_path: Path) -> None:
    for number, chance in attempts(2, 300):
        folder = CatalogueFolder(tmp_path / str(number))
        stars = chance.sample(range(1, 10**10), 8)
        for sector in chance.sample(range(1, 30), 3):
            keep_light_curves(folder, sector, chance.sample(stars, chance.randint(1, 8)), chance.choice(["lc", "tp"]))
            keep_targets(folder, sector, chance.sample(stars, chance.randint(1, 8)))
        catalogue, some = Catalogue(folder), chance.sample(stars, 3)
        everything, theirs = ordered(catalogue.observations()), ordered(catalogue.observations(tics=some))
        products = ordered(catalogue.products(everything))
        view.refresh(folder)
        assert ordered(catalogue.observations()).equals(everything)
        assert ordered(catalogue.observations(tics=some)).equals(theirs)
        assert ordered(catalogue.products(everything)).equals(products)


def test_a_view_that_is_damaged_or_vanishes_is_not_needed(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    keep_light_curves(folder, 1, [5, 6])
    view.refresh(folder)
    wanted = ordered(Catalogue(folder).observations())
    (path,) = [view.rows_path(folder, volume) for volume in volumes(folder.lists())]
    whole = path.read_bytes()
    for broken in (b"", whole[: len(whole) // 2], b"PAR1" * 50):
        path.write_bytes(broken)
        assert ordered(Catalogue(folder).observations()).equals(wanted)
    path.unlink()
    assert ordered(Catalogue(folder).observations()).equals(wanted)


def test_one_damaged_volume_of_several_is_read_from_its_lists(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    for sector in (1, 20, 40):
        keep_light_curves(folder, sector, [5, 6])
    view.refresh(folder)
    wanted = ordered(Catalogue(folder).observations(tics=[5]))
    view.rows_path(folder, volumes(folder.lists())[1]).write_bytes(b"PAR1" * 50)
    assert wanted["last_sector"].to_list() == [1, 20, 40]
    assert ordered(Catalogue(folder).observations(tics=[5])).equals(wanted)


def test_files_are_those_of_the_present_lists_even_of_observations_found_before(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    file = keep_light_curves(folder, 1, [5, 6])
    os.utime(file.path.parent, ns=(0, 10**18))
    catalogue = Catalogue(folder)
    found = catalogue.observations(tics=[5])
    before = catalogue.products(found)
    assert before["filename"].to_list() == [light_curve(1, 5)]
    assert catalogue.products(catalogue.observations(tics=[6]))["tic"].to_list() == [6]
    assert catalogue.products(found).equals(before)
    keep_light_curves(folder, 1, [5, 6], stamp=2020000000000)
    assert catalogue.products(found)["filename"].to_list() == [light_curve(1, 5, stamp=2020000000000)]


def test_a_damaged_list_is_named_with_the_way_to_mend_it(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    file = keep_light_curves(folder, 1, [5, 6])
    file.path.write_bytes(file.path.read_bytes()[:-30])
    keep_light_curves(folder, 20, [5])
    view.refresh(folder)
    with pytest.raises(DamagedFileError, match=rf"{file.path.name} is damaged .*catalogue verify"):
        Catalogue(folder).observations()
    assert len(Catalogue(folder).observations(sectors=[20])) == 1
    pl.DataFrame({"of": ["another version"]}).write_parquet(file.path)
    with pytest.raises(DamagedFileError, match=rf"{file.path.name} is damaged .*no column 'tic'.*catalogue verify"):
        Catalogue(folder).observations()


def test_a_list_that_an_update_replaces_meanwhile_is_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CatalogueFolder(tmp_path)
    old = keep_light_curves(folder, 1, [5])
    outdated = folder.lists()
    keep_light_curves(folder, 1, [5, 6])
    assert not old.path.exists()
    present, answers = folder.lists(), [outdated]
    monkeypatch.setattr(folder, "lists", lambda: answers.pop() if answers else present)
    assert Catalogue(folder).observations()["tic"].sort().to_list() == [5, 6]
    assert not answers


def test_light_curve_and_pixels_are_one_observation_although_one_was_renamed(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    keep_light_curves(folder, 6, [5], stamp=2018349182500)
    keep_light_curves(folder, 6, [5, 6], "tp", stamp=2018349182459)
    catalogue = Catalogue(folder)
    found = catalogue.observations().sort("tic")
    assert found["obs_id"].to_list() == [
        "tess2018349182500-s0006-0000000000000005-0106-s",
        "tess2018349182459-s0006-0000000000000006-0106-s",
    ]
    assert catalogue.products(found)["obs_id"].value_counts().sort("count")["count"].to_list() == [1, 2]


def test_single_sector_data_validation_belongs_to_the_light_curve_and_stands_alone_without_one(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    keep_light_curves(folder, 14, [5])
    names = [f"tess2019199201929-s0014-s0014-{tic:016d}-00240_dvt.fits" for tic in (5, 7)]
    keep_text(folder, "dv", 14, 14, script(*names), SCRIPT.format(14, "dv"))
    found = Catalogue(folder).observations().sort("tic")
    assert found.select("tic", "kind", "obs_id").rows() == [
        (5, "target", "tess2019198215352-s0014-0000000000000005-0114-s"),
        (7, "dv", "tess2019199201929-s0014-s0014-0000000000000007"),
    ]
    assert Catalogue(folder).products(found)["kind"].sort().to_list() == ["dvt", "dvt", "lc"]


def test_several_runs_of_one_search_are_one_observation_of_the_latest(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    names = [
        f"tess2019199201929-s0014-s0016-{5:016d}-{run}_{kind}"
        for run in ("00253", "00405")
        for kind in ("dvt.fits", "dvm.pdf")
    ]
    keep_text(folder, "multi-dv", 14, 16, script(*names), "https://x/tesscurl_multisector_s0014-s0016_dv.sh")
    catalogue = Catalogue(folder)
    (row,) = catalogue.observations().rows(named=True)
    assert row["dataURL"].endswith("-00405_dvt.fits")
    assert (row["first_sector"], row["last_sector"], row["sequence_number"]) == (14, 16, 16)
    assert catalogue.products(catalogue.observations())["run"].sort().to_list() == [253, 253, 405, 405]


def test_two_gaia_stars_of_one_tic_id_are_two_observations(tmp_path: Path) -> None:
    folder, ids = CatalogueFolder(tmp_path), (6399196263939178880, 6399196263939178881, 6399196263939178882)
    names = [f"hlsp_tglc_tess_ffi_gaiaid-{gaia}-s0001-cam2-ccd1_tess_v1_llc.fits" for gaia in ids]
    at = "https://mast.stsci.edu/api/v0.1/Download/file/?uri=mast:HLSP/tglc/s0001/cam2-ccd1/0063/9919/6263/9391/"
    lines = "".join(f"curl -f --create-dirs --output '{name}' '{at}{name}'\n" for name in names)
    keep_text(folder, "tglc", 1, 1, f"#!/bin/sh\n{lines}", "https://x/hlsp_tglc_tess_ffi_s0001_tess_v1_llc.sh")
    keep_text(
        folder,
        "tglc-targets",
        1,
        1,
        f"#GAIADR3_ID,TIC_ID,RA,DEC\n{ids[0]},25,10,-5\n{ids[1]},25,10.001,-5\n{ids[2]},,11,-5\n",
        "x",
    )
    catalogue = Catalogue(folder)
    found = catalogue.observations(tics=[25]).sort("obs_id")
    assert found.select("tic", "s_ra", "camera", "ccd", "exptime").rows() == [
        (25, 10.0, 2, 1, 1800.0),
        (25, 10.001, 2, 1, 1800.0),
    ]
    everything = catalogue.observations()
    assert everything["tic"].null_count() == 1
    for rows in (found[1:], everything, everything.filter(pl.col("tic").is_null())):
        products = catalogue.products(rows)
        assert sorted(products["obs_id"]) == sorted(rows["obs_id"])
        assert (products["filename"].str.strip_suffix(".fits") == products["obs_id"]).all()


def test_what_does_not_belong_in_a_list_is_shown_and_not_answered(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    keep_text(folder, "lc", 1, 1, script(light_curve(1, 5), light_curve(2, 6), "what.fits"), SCRIPT.format(1, "lc"))
    catalogue = Catalogue(folder)
    assert catalogue.observations()["tic"].to_list() == [5]
    assert sorted(uri.rpartition("/")[2] for uri in catalogue.strange()["uri"]) == [light_curve(2, 6), "what.fits"]


def test_a_cone_has_the_stars_within_its_radius_over_the_pole_and_across_zero(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    places = {
        1: (359.9, 0.0),
        2: (0.1, 0.0),
        3: (0.0, 0.9),
        4: (0.0, 1.1),
        5: (10.0, 89.8),
        6: (190.0, 89.9),
        7: (180.0, 0.0),
    }
    keep_light_curves(folder, 1, [*places, 8])
    rows = [{"tic": tic, "camera": 1, "ccd": 1, "tmag": 9.5, "ra": ra, "dec": dec} for tic, (ra, dec) in places.items()]
    keep(folder, "targets", 1, 1, scaled(pl.DataFrame(rows).with_columns(pl.col("camera", "ccd").cast(pl.Int32))))
    catalogue = Catalogue(folder)
    for _ in range(2):
        assert catalogue.observations(place=(0.0, 0.0, 1.0))["tic"].sort().to_list() == [1, 2, 3]
        assert catalogue.observations(place=(360.0, 0.0, 1.0))["tic"].sort().to_list() == [1, 2, 3]
        assert catalogue.observations(place=(10.0, 89.9, 0.35))["tic"].sort().to_list() == [5, 6]
        assert catalogue.observations(place=(0.0, 0.0, 180.0))["tic"].sort().to_list() == list(places)
        assert catalogue.targets(place=(0.0, 0.0, 1.0))["tic"].sort().to_list() == [1, 2, 3]
        view.refresh(folder)


def test_targets_are_those_of_the_lists_by_sector_and_cadence(tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    keep_targets(folder, 27, [5, 6])
    keep_targets(folder, 28, [6])
    keep_targets(folder, 27, [6], "fast-targets")
    catalogue = Catalogue(folder)
    assert catalogue.targets().select("tic", "sector", "exptime").sort(pl.all()).rows() == [
        (5, 27, 120.0), (6, 27, 20.0), (6, 27, 120.0), (6, 28, 120.0),
    ]  # fmt: skip
    assert catalogue.targets(exptime=20)["tic"].to_list() == [6]
    assert catalogue.targets(sectors=[28], tics=[5]).is_empty()
    assert catalogue.has("targets", 28) and not catalogue.has("fast-targets", 28)


def test_of_lists_that_are_asked_again_those_that_have_the_star_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(star_index, "MANY_LISTS", 1)
    read: list[int] = []

    def read_lists(files: Sequence[ListFile], tics: pl.Series) -> Iterable[pl.DataFrame]:
        read[:] = [file.last for file in files]
        return stored.read_lists(files, tics)

    monkeypatch.setattr(listed, "read_lists", read_lists)
    folder = CatalogueFolder(tmp_path)
    for sector in (1, 2, 3):
        keep_targets(folder, sector, [5, 5 + sector])
    catalogue = Catalogue(folder)
    for lists in ([1, 2, 3], [2], [2]):
        assert catalogue.targets(tics=[7])["sector"].to_list() == [2]
        assert read == lists
    assert catalogue.targets(tics=[9]).is_empty()
    assert catalogue.targets(tics=[6, 8])["sector"].sort().to_list() == [1, 3]
    assert catalogue.targets(tics=[5])["sector"].sort().to_list() == [1, 2, 3]
    keep_targets(folder, 3, [7])
    for _ in range(2):
        assert catalogue.targets(tics=[7])["sector"].sort().to_list() == [2, 3]
    keep_targets(folder, 4, [5]).path.write_bytes(b"PAR1")
    for _ in range(2):
        with pytest.raises(DamagedFileError, match="s0004"):
            catalogue.targets(tics=[7])


def test_the_lists_of_a_star_are_read_together_whatever_form_they_have_and_a_damaged_one_is_named(
    tmp_path: Path,
) -> None:
    folder = CatalogueFolder(tmp_path)
    for sector in (1, 2, 3):
        keep_targets(folder, sector, [5, 6])
    more_digits = pl.DataFrame({"tic": [5], "camera": [3], "ccd": [4], "tmag": [9.0], "ra": [5.123456], "dec": [1.5]})
    damaged = keep(folder, "targets", 4, 4, scaled(more_digits))
    catalogue = Catalogue(folder)
    assert catalogue.targets(tics=[5]).select("sector", "ra").sort("sector").rows() == [
        (1, 5.0), (2, 5.0), (3, 5.0), (4, 5.123456),
    ]  # fmt: skip
    assert catalogue.targets(tics=[]).is_empty()
    damaged.path.write_bytes(b"PAR1")
    with pytest.raises(DamagedFileError, match="s0004-"):
        catalogue.targets(tics=[5])


def test_an_empty_catalogue_has_tables_without_rows(tmp_path: Path) -> None:
    catalogue = Catalogue(CatalogueFolder(tmp_path / "nothing"))
    view.refresh(catalogue.folder)
    observations = catalogue.observations()
    assert observations.is_empty() and observations.columns == list(OBSERVATIONS)
    assert catalogue.products(observations).columns == list(PRODUCTS)
    assert catalogue.targets().is_empty() and catalogue.tces().is_empty() and catalogue.strange().is_empty()
    assert catalogue.pipelines() == set()


@pytest.mark.real
def test_real_lists_answer_together(real: Path, tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    for name, first, last, source in (
        ("tesscurl_sector_1_lc.sh.gz", 1, 1, "lc"),
        ("tesscurl_sector_1_dv.sh", 1, 1, "dv"),
        ("tesscurl_multisector_s0001-s0009_dv.sh", 1, 9, "multi-dv"),
    ):
        path = real / "scripts" / name
        keep(folder, source, first, last, SOURCE[source].parse(path, f"https://x/{name.removesuffix('.gz')}"))
    keep(folder, "targets", 1, 1, SOURCE["targets"].parse(real / "target-lists" / "all_targets_S001_v1.csv.gz", ""))
    table = real / "scripts" / "tess2018206190142-s0001-s0001_dvr-tcestats.csv"
    keep(folder, "tce", 1, 1, SOURCE["tce"].parse(table, ""))
    catalogue = Catalogue(folder)
    found = catalogue.observations(sectors=[1])
    assert len(found) == 15_889 and found.select("tmag", "camera", "ccd", "s_ra").null_count().row(0) == (0, 0, 0, 0)
    (pi_men,) = catalogue.observations(tics=[261136679], sectors=[1]).rows(named=True)
    assert (pi_men["camera"], pi_men["ccd"], pi_men["tmag"], pi_men["s_ra"]) == (4, 2, 5.1, 84.3009)
    searched = catalogue.observations(sectors=[9])
    assert set(searched["kind"]) == {"dv"}
    tces = catalogue.tces(sectors=[1])
    assert set(tces["tic"]) <= set(catalogue.products(found, ["dvt"])["tic"])

"""Files of this machine are opened as ``load()`` opens what was fetched."""

from __future__ import annotations

import gzip
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sample_files import content

import tess_source
import tess_source_arrays
from tess_source import Manifest, Session
from tess_source.errors import LoadError, QueryError
from tess_source.load.local import manifest_of
from tess_source_sample.server import SampleArchive


@pytest.fixture(scope="module")
def fetched(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Two light curves, two pixel files and a report, which nobody opens."""
    folder = tmp_path_factory.mktemp("data")
    session = Session(shared_archive.url, cache=tmp_path_factory.mktemp("cache"))
    found = session.search(16740101, sector=[14, 15], kind=["lc", "tp", "dvs"], exptime=120)
    return found.plan(folder).download()


@pytest.fixture
def curves(fetched: Manifest) -> list[Path]:
    return [entry.path for entry in fetched if entry.item.kind == "lc" and entry.path]


@pytest.fixture
def session(fetched: Manifest) -> Session:
    assert isinstance(fetched.plan.session, Session)
    return fetched.plan.session


def shown(opened: Any) -> Any:
    """Return the type of what was opened, its groups with the sectors in their order, and the reasons for the rest."""
    if isinstance(opened, tess_source.Loaded):
        groups = {name: [thing.meta["SECTOR"] for thing in group] for name, group in opened.groups.items()}
        return groups, {name: str(error) for name, error in opened.failed.items()}
    return type(opened), [thing.meta["SECTOR"] for thing in opened]


@pytest.fixture(scope="module")
def loaded(fetched: Manifest) -> Any:
    """What load() gives."""
    return shown(fetched.load())


FORMS: dict[str, Callable[[Manifest], Any]] = {
    "a list of paths": lambda manifest: [entry.path for entry in manifest],
    "a list of texts": lambda manifest: [str(entry.path) for entry in manifest],
    "a tuple": lambda manifest: tuple(entry.path for entry in manifest),
    "a generator": lambda manifest: (entry.path for entry in manifest),
    "a column": lambda manifest: manifest.to_polars()["local_path"],
    "the manifest": lambda manifest: manifest,
}


@pytest.mark.parametrize("form", FORMS)
def test_files_in_any_form_give_what_load_gives(form: str, fetched: Manifest, session: Session, loaded: Any) -> None:
    ours = shown(session.open(FORMS[form](fetched)))
    assert ours == loaded
    assert ours[0] == {"light curves": [14, 15], "pixel files": [14, 15]}
    assert ours[1]


@pytest.mark.parametrize("form", [str, Path])
def test_a_folder_gives_all_files_in_it(form: Any, fetched: Manifest, session: Session, loaded: Any) -> None:
    (fetched.plan.root / "lock.ecsv").write_text("nothing to be opened")
    assert shown(session.open(form(fetched.plan.root))) == loaded


def test_a_pattern_gives_the_files_that_fit(fetched: Manifest, curves: list[Path], session: Session) -> None:
    for pattern in (
        f"{fetched.plan.root}/**/*_lc.fits",
        fetched.plan.root / "mastDownload" / "TESS" / "*" / "*_lc.fits",
    ):
        assert shown(session.open(pattern)) == shown(session.open(curves))


def test_one_file_gives_a_collection_of_one_as_load_does(curves: list[Path], session: Session) -> None:
    assert shown(session.open(curves[0])) == (type(session.open(curves)), [14])


def test_the_order_is_yours_and_each_file_comes_once(curves: list[Path], session: Session) -> None:
    assert [curve.meta["SECTOR"] for curve in session.open([curves[1], curves[0], curves[1]])] == [15, 14]


def test_files_of_one_name_in_two_folders_are_two(curves: list[Path], session: Session, tmp_path: Path) -> None:
    copied = shutil.copy(curves[0], tmp_path)
    assert len(session.open([curves[0], copied])) == 2


@pytest.mark.parametrize("name", ["kelt9.fits", "[1]*_lc.fits", "~_lc.fits"])
def test_names_need_not_be_those_of_the_archive(
    name: str, curves: list[Path], session: Session, tmp_path: Path
) -> None:
    shutil.copy(curves[0], tmp_path / name)
    assert shown(session.open(tmp_path / name))[1] == [14]
    assert shown(session.open(tmp_path))[1] == [14]


def test_a_compressed_file_is_opened(curves: list[Path], session: Session, tmp_path: Path) -> None:
    (tmp_path / f"{curves[0].name}.gz").write_bytes(gzip.compress(curves[0].read_bytes()))
    assert shown(session.open(tmp_path))[1] == [14]


def test_a_file_that_is_missing_or_damaged_costs_itself_alone(
    curves: list[Path], session: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cut_lc.fits").write_bytes(curves[0].read_bytes()[:100_000])
    with caplog.at_level(logging.WARNING):
        opened = session.open([tmp_path / "none_lc.fits", curves[1], tmp_path / "cut_lc.fits"])
    assert [curve.meta["SECTOR"] for curve in opened] == [15]
    assert "none_lc.fits was not opened: there is no such file" in caplog.text
    assert "cut_lc.fits was not opened: cut_lc.fits is damaged" in caplog.text


def test_what_is_not_there_is_named(session: Session, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file '.*none\.fits'$"):
        session.open(tmp_path / "none.fits")
    with pytest.raises(FileNotFoundError, match=r"there is no file '.*a\.fits', nor any of 1 more"):
        session.open([tmp_path / "a.fits", tmp_path / "b.fits"])
    with pytest.raises(FileNotFoundError, match=r"no file that fits '.*\*\.fits'"):
        session.open(tmp_path / "*.fits")
    with pytest.raises(IsADirectoryError, match="is a folder without a TESS or FITS file"):
        session.open(tmp_path)


@pytest.mark.parametrize("hidden", [".trash/x_lc.fits", "._x_lc.fits"])
def test_hidden_files_of_a_folder_are_left_out(
    hidden: str, curves: list[Path], session: Session, tmp_path: Path
) -> None:
    (tmp_path / hidden).parent.mkdir(exist_ok=True)
    shutil.copy(curves[0], tmp_path / hidden)
    with pytest.raises(IsADirectoryError):
        session.open(tmp_path)


@pytest.mark.parametrize("wrong", [b"x.fits", [b"x.fits"], None, 5, [None], {"path": 5}.values()])
def test_what_is_no_path_is_refused(wrong: Any, session: Session) -> None:
    with pytest.raises(QueryError, match="is not a path"):
        session.open(wrong)


def test_a_plan_without_files_says_so_when_it_is_loaded(fetched: Manifest, session: Session, tmp_path: Path) -> None:
    empty = session.search(16740101, sector=14, kind="lc", exptime=20).plan(tmp_path)
    again = session.load_plan(empty.save(tmp_path / "empty.ecsv"), tmp_path)
    for plan in (empty, again):
        manifest = plan.download()
        with pytest.raises(LoadError, match="there is nothing to open: the plan has no file"):
            manifest.load()
        assert not manifest.read().groups
        assert not list(manifest.iter_load())


FAST = "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits"
SLOW = "tess2019226182529-s0015-0000000016740101-0151-s_lc.fits"
IMAGES = "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_lc.fits"
NEW_NAMES = {
    "mine.fits": (FAST, 20.0),
    "hlsp_tess-data-alerts_tess_phot_00307210845-s01_tess_v1_lc.fits": (SLOW, 120.0),
    "a.fits": (IMAGES, 1800.0),
    "b.fit": (FAST, 20.0),
    SLOW: (SLOW, 120.0),
}


@pytest.fixture
def places(tmp_path: Path) -> list[Path]:
    for name, (source, _) in NEW_NAMES.items():
        (tmp_path / name).write_bytes(content(source))
    (tmp_path / "notes.txt").write_text("mine")
    return [tmp_path / name for name in (*NEW_NAMES, "notes.txt")]


def test_the_exposure_time_that_no_name_tells_is_that_of_the_header(places: list[Path]) -> None:
    manifest = manifest_of(places, Session(discover=False, plugins=[tess_source_arrays]))
    expected = {**{name: time for name, (_, time) in NEW_NAMES.items()}, "notes.txt": None}
    assert {entry.item.filename: entry.item.exptime for entry in manifest} == expected
    assert dict(manifest.to_polars().select("filename", "exptime").iter_rows()) == expected
    assert dict(manifest.lock().items.to_polars().select("filename", "exptime").iter_rows()) == expected


def test_tables_of_light_curves_have_it(places: list[Path], tmp_path: Path) -> None:
    manifest = manifest_of(places[:-1], Session(discover=False, plugins=[tess_source_arrays]))
    table = manifest.to_arrow(["time"])
    assert table.column("exptime").to_pylist() == [time for _, time in NEW_NAMES.values()]
    manifest.to_parquet(tmp_path / "set.parquet", columns=["time"])
    assert sorted(pl.read_parquet(tmp_path / "set.parquet")["exptime"]) == sorted(
        time for _, time in NEW_NAMES.values()
    )

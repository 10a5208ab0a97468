"""The path as functions: each works with the session that it is given, or with the default session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import toys
from astropy.table import QTable, Table

import tess_source
from tess_source import Accessor, Filter, Found, Kind, Manifest, Plan, Products, Session, hookimpl
from tess_source._lazy import pl
from tess_source.errors import LoadError, NoSessionError, PluginError, QueryError, TableError, UnknownNameError
from tess_source.tables.items import Entry
from tess_source_sample.server import SampleArchive


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Forget the default session before and after."""
    tess_source.set_default_session(None)
    yield
    tess_source.set_default_session(None)


@pytest.fixture
def toy() -> Session:
    return Session(discover=False, plugins=[toys.Archive(), toys.Filters()])


# -- the default session --


def test_the_default_session_is_made_once_and_can_be_forgotten() -> None:
    first = tess_source.default_session()
    assert tess_source.default_session() is first
    tess_source.set_default_session(None)
    assert tess_source.default_session() is not first


def test_the_default_session_can_be_replaced(toy: Session) -> None:
    tess_source.set_default_session(toy)
    assert len(tess_source.search(16740101)) == 5
    assert tess_source.search(16740101).session is toy


def test_a_new_default_session_reads_the_environment_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tess_source.default_session().settings.server is None
    tess_source.set_default_session(None)
    monkeypatch.setenv("TESS_SOURCE_SERVER", "http://127.0.0.1:9")
    assert tess_source.default_session().settings.server == "http://127.0.0.1:9"


def test_plugins_are_registered_with_the_default_session(toy: Session) -> None:
    tess_source.set_default_session(toy)

    class Years:
        @hookimpl
        def tess_accessors(self) -> tuple[Accessor, ...]:
            return (Accessor("files", len, "how many files"),)

    assert tess_source.register(Years()) == "Years"
    assert tess_source.search(16740101).files() == 5  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="two plugins are called 'Years'"):
        tess_source.register(Years())
    tess_source.register(Years(), replace=True)
    tess_source.unregister("Years")
    assert not hasattr(tess_source.search(16740101), "files")


@pytest.mark.parametrize(
    "name", ["search", "count", "fields", "observations", "products", "download", "load_plan", "open"]
)
def test_every_function_takes_a_session(name: str) -> None:
    import inspect

    assert inspect.signature(getattr(tess_source, name)).parameters["session"].default is None


# -- the steps --


def test_from_a_target_to_files_in_three_steps(archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url)
    seen = tess_source.observations(16740101, session=session)
    assert not [request for request in archive.requests if "Products" in str(request)]
    files = tess_source.products(seen[:1], session=session)
    manifest = tess_source.download(files[files["kind"] == "lc"], tmp_path, session=session)
    assert [entry.status for entry in manifest] == ["fetched"]
    assert manifest.plan.root == tmp_path
    assert len(tess_source.open([entry.path for entry in manifest], session=session)) == 1


def test_filters_of_observations_are_asked_of_the_archive(archive: SampleArchive) -> None:
    session = Session(archive.url)
    seen = tess_source.observations(16740101, sector=15, session=session)
    assert len(seen) == session.count(16740101, sector=15) == 1
    with pytest.raises(QueryError, match="cannot choose by 'kind': it applies to products"):
        tess_source.observations(16740101, kind="lc", session=session)


def test_what_was_found_and_planned_is_downloaded_too(archive: SampleArchive, tmp_path: Path) -> None:
    found = Session(archive.url).search(16740101, kind="lc", sector=14)
    assert [entry.status for entry in tess_source.download(found, tmp_path)] == ["fetched"]
    assert [entry.status for entry in tess_source.download(found.plan(tmp_path))] == ["here"]
    assert found.session is not None
    assert [entry.status for entry in found.session.download(found.to_table(), tmp_path)] == ["here"]
    assert [entry.status for entry in found.session.iter_download(found, tmp_path)] == ["here"]


# What a product table may be; each is made of one of ours.
TABLES: dict[str, Callable[[Products], Any]] = {
    "ours": lambda table: table,
    "astropy's": lambda table: table.to_table(),
    "astropy's, all masked": lambda table: Table(table.to_table(), masked=True),
    "a QTable": lambda table: QTable(table.to_table()),
    "a row of astropy's": lambda table: table.to_table()[0],
    "rows of astropy's": lambda table: list(table.to_table()),
    "polars'": lambda table: table.to_polars(),
    "polars' lazy": lambda table: table.to_polars().lazy(),
    "pandas'": lambda table: table.to_pandas(),
    "a row of pandas'": lambda table: table.to_pandas().iloc[0],
    "named tuples": lambda table: list(table.to_pandas().itertuples()),
    "a structured array": lambda table: table.to_table().as_array(),
    "pandas' records, in which gaps are NaN": lambda table: table.to_pandas().to_records(),
    "dicts": list,
    "a dict": lambda table: table[0],
    "a generator of dicts": iter,
    "a dict of columns": lambda table: table.to_pandas()[["dataURI", "obs_id", "size"]].to_dict("list"),
    "only MAST's columns": lambda table: table.to_table()[
        "obs_id", "dataURI", "productFilename", "size", "obs_collection"
    ],
    "only addresses": lambda table: table.to_polars().select("dataURI"),
    "a URI": lambda table: table["uri"][0],
    "URIs": lambda table: table["uri"].to_list(),
    "a column of astropy's": lambda table: table.to_table()["dataURI"],
    "a column of pandas'": lambda table: table.to_pandas()["dataURI"],
    "a column of polars'": lambda table: table["uri"],
    "an array": lambda table: table["uri"].to_numpy(),
    "a generator of URIs": lambda table: (uri for uri in table.to_table()["uri"]),
}


@pytest.fixture(scope="module")
def searched(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """One light curve."""
    session = Session(shared_archive.url, cache=tmp_path_factory.mktemp("cache"))
    return session.search(16740101, kind="lc", sector=14, exptime=120)


@pytest.mark.parametrize("form", TABLES)
def test_products_in_any_form_are_downloaded(form: str, searched: Found, tmp_path: Path) -> None:
    session, table = searched.session, searched.products
    assert isinstance(session, Session)
    manifest = session.download(TABLES[form](table), tmp_path)
    (entry,) = manifest
    assert (entry.status, entry.item.tic, entry.item.kind) == ("fetched", 16740101, "lc")
    assert entry.path == tmp_path / "mastDownload" / "TESS" / table["obs_id"][0] / table["filename"][0]
    for again in (tess_source.download(TABLES[form](table), tmp_path, session=session), session.download(manifest)):
        assert [entry.status for entry in again] == ["here"]
    assert [entry.status for entry in session.iter_download(TABLES[form](table), tmp_path)] == ["here"]


def test_the_rows_of_lightkurves_table_are_downloaded(archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url, cache=tmp_path / "cache")
    rows = tess_source.search_lightcurve(16740101, sector=[14, 15], exptime=120, session=session)
    for download in (session.download, tess_source.download):
        assert len(download(rows, tmp_path).ok) == 2
    assert [entry.item.first_sector for entry in session.download(rows[1:], tmp_path)] == [15]


@pytest.mark.parametrize("form", ["ours", "astropy's", "pandas'", "dicts"])
def test_all_products_of_observations_are_downloaded(
    form: str, archive: SampleArchive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    session = Session(archive.url, cache=tmp_path / "cache")
    seen = tess_source.observations(12862099, session=session)[:1]
    expected = set(tess_source.products(seen, session=session)["uri"])
    plan = session.plan(TABLES[form](seen), tmp_path)  # type: ignore[arg-type]
    assert set(plan.items["uri"]) == expected
    (said,) = caplog.messages  # they may be many
    assert said.startswith(f"1 observation: all their products are meant, {len(expected)} files (")
    assert set(session.select(TABLES[form](seen), kind="lc").products["kind"]) <= {"lc"}  # type: ignore[arg-type]


def test_an_answer_downloads_itself(archive: SampleArchive, tmp_path: Path) -> None:
    found = Session(archive.url, cache=tmp_path / "cache").search(16740101, kind="lc", sector=14, exptime=120)
    seen: list[Entry] = []
    manifest = found.download(tmp_path, layout="flat", jobs=1, progress=False, on_entry=seen.append)
    assert [entry.path for entry in manifest] == [tmp_path / found.products["filename"][0]]
    assert seen == list(manifest)
    assert found.download().plan.root == found.plan().root


@pytest.mark.parametrize(
    "empty", [[], (), Products.empty(), Products.empty().to_table()], ids=["list", "tuple", "ours", "astropy"]
)
def test_no_rows_are_no_files(empty: Any, toy: Session, tmp_path: Path) -> None:
    assert len(toy.download(empty, tmp_path)) == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (None, "NoneType is not a table"),
        (5, "int is not a table"),
        ([5], "int is not a table"),
        (b"x", "bytes is not a table"),
        (
            "TIC 16740101",
            r"neither a table nor the URI of a file; to find files of a target, there is search\('TIC 16740101'\)",
        ),
        (["mast:TESS/product/x.fits", "x.fits"], "'x.fits' is neither a table nor the URI"),
        ({"name": "x"}, "needs a column 'uri'"),
    ],
)
def test_what_is_no_table_is_refused_in_words(wrong: Any, words: str, toy: Session, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=words):
        toy.download(wrong, tmp_path)


def test_a_default_filter_does_not_drop_rows_that_you_give(toy: Session, tmp_path: Path) -> None:
    class Narrow:
        @hookimpl
        def tess_filters(self) -> tuple[Filter, ...]:
            return (
                Filter("narrow", lambda products, value: pl.int_range(pl.len()) < value, "the first rows", default=1),
            )

    toy.register(Narrow())
    found = toy.search(16740101)
    assert len(found.products) == 1
    every = toy.search(16740101, narrow=None)
    assert len(every.products) > 1
    for given in (every, every.products, every.to_table()):
        assert len(toy.plan(given, tmp_path)) == len(every.products)


def test_a_bare_uri_without_an_obs_id_says_which_layout_it_needs(toy: Session, tmp_path: Path) -> None:
    uri = "mast:TESS/product/tess2019199201929-s0014-s0055-0000000016740101-00652_dvt.fits"
    (item,) = toy.plan(uri, tmp_path)
    assert item.problem == "the layout names {obs_id}, which this product does not have; choose another, e.g. flat"
    (item,) = toy.plan(uri, tmp_path, layout="flat")
    assert item.problem is None


def test_a_saved_plan_is_fetched_by_the_session_that_reads_it(toy: Session, tmp_path: Path) -> None:
    saved = toy.search(16740101).plan(tmp_path).save(tmp_path / "lock.ecsv")
    for plan in (toy.load_plan(saved, "data"), tess_source.load_plan(saved, "data", session=toy)):
        assert (plan.session, plan.root) == (toy, Path("data"))
    assert toy.load_plan(saved).root == toy.store.root
    tess_source.set_default_session(toy)
    assert tess_source.load_plan(saved).session is toy


@pytest.mark.parametrize("wrong", [Session, "abc", 5], ids=["a class", "a text", "a number"])
def test_what_is_not_a_session_is_refused(wrong: Any) -> None:
    for ask in (tess_source.search, tess_source.observations, tess_source.count, tess_source.products):
        with pytest.raises(QueryError, match="give a Session"):
            ask(16740101, session=wrong)


@pytest.mark.parametrize("wrong", [None, "abc", 5])
def test_what_is_not_a_plugin_is_refused(toy: Session, wrong: object) -> None:
    with pytest.raises(PluginError, match="is not a plugin; give a module, or an instance"):
        toy.register(wrong)


# -- local files --


def test_local_files_are_opened_as_if_they_had_been_fetched(archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url)
    manifest = session.search(16740101, kind="lc", sector=[14, 15], exptime=120).plan(tmp_path).download()
    paths = [entry.path for entry in manifest]
    ours, theirs = tess_source.open(paths, session=session), manifest.load()
    assert [curve.meta["SECTOR"] for curve in ours] == [curve.meta["SECTOR"] for curve in theirs]
    assert len(tess_source.open(str(paths[0]), session=session)) == 1
    assert len(session.open(manifest)) == 2


@pytest.mark.parametrize(
    ("what", "error", "said"),
    [
        ([], QueryError, "no path"),
        (5, QueryError, "5 is not a path"),
        (".", IsADirectoryError, "is a folder"),
        ([3], QueryError, "3 is not a path"),
        ("nowhere.fits", FileNotFoundError, "nowhere.fits"),
    ],
)
def test_what_cannot_be_opened_is_told(toy: Session, what: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        tess_source.open(what, session=toy)


def test_a_local_file_that_nobody_reads_is_told(toy: Session, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(LoadError, match="nothing could be opened"):
        toy.open(tmp_path / "a.txt")


# -- values that were made by hand --


def test_a_value_without_a_session_says_how_to_give_it_one(toy: Session, tmp_path: Path) -> None:
    found = toy.search(16740101).replace(session=None)
    plan = Plan.of(found.products, tmp_path)
    manifest = Manifest(plan, tuple(Entry(item, "failed") for item in plan))
    for act in (
        lambda: found.select(kind="lc"),
        found.plan,
        plan.download,
        plan.iter_download,
        plan.here,
        manifest.read,
        manifest.load,
    ):
        with pytest.raises(
            NoSessionError, match=r"give it one: (found|plan|manifest)\.using\(tess_source\.Session\(\)\)"
        ):
            act()
    assert isinstance(found.using(toy).select(kind="lc"), Found)
    assert plan.using(toy).session is toy
    assert manifest.using(toy).plan.session is toy
    assert not hasattr(found, "nothing_of_the_kind")


# -- what plugins add to a session, and kinds of their own --


class Lab:
    """An archive of laboratory curves, a kind of their own."""

    @hookimpl
    def tess_kinds(self) -> tuple[Kind, ...]:
        return (Kind("lab-curve", "a curve from the laboratory"),)

    @hookimpl
    def tess_accessors(self) -> tuple[Accessor, ...]:
        return (Accessor("stars", lambda session, least: f"{session.settings.jobs} {least}", "stars", of="session"),)


def test_a_plugin_adds_methods_to_a_session() -> None:
    session = Session(discover=False, plugins=[Lab()], jobs=3)
    assert session.stars(2) == "3 2"  # type: ignore[attr-defined]
    assert "stars" in dir(session)
    session.unregister("Lab")
    with pytest.raises(AttributeError, match="no plugin adds one"):
        session.stars(2)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["search", "settings", "_answer", "no name"])
def test_a_plugin_cannot_hide_what_a_session_has(name: str) -> None:
    class Hides:
        @hookimpl
        def tess_accessors(self) -> tuple[Accessor, ...]:
            return (Accessor(name, len, "x", of="session"),)

    with pytest.raises(PluginError, match=r"which Session has itself|cannot be the name of an accessor"):
        Session(discover=False, plugins=[Hides()])


def test_a_kind_of_a_plugin_can_be_selected() -> None:
    import tess_source_filters

    rows = [{"uri": "lab:1", "kind": "lab-curve"}, {"uri": "lab:2", "kind": "lc"}]
    session = Session(discover=False, plugins=[tess_source_filters, Lab()])
    assert session.select(Products.of(rows), kind="Lab-Curve").products["uri"].to_list() == ["lab:1"]
    assert session.select(Products.of(rows), kind="!lab-curve").products["uri"].to_list() == ["lab:2"]
    with pytest.raises(UnknownNameError, match="unknown kind 'lab-curv'; did you mean 'lab-curve'"):
        session.select(Products.of(rows), kind="lab-curv")
    session.unregister("Lab")
    with pytest.raises(UnknownNameError, match="unknown kind 'lab-curve'"):
        session.select(Products.of(rows), kind="lab-curve")


# -- registering again --


def test_a_class_in_place_of_an_instance_is_refused() -> None:
    with pytest.raises(PluginError, match=r"plugin 'Lab' is a class: register an instance of it, Lab\(\)"):
        Session(discover=False, plugins=[Lab])


def test_a_plugin_that_cannot_take_the_place_of_another_leaves_it_there() -> None:
    session = Session(discover=False, plugins=[Lab()])

    class Broken:
        @hookimpl
        def tess_kinds(self) -> int:
            return 3

    with pytest.raises(PluginError, match="must return a sequence"):
        session.register(Broken(), "Lab", replace=True)
    assert session.stars(1) == "8 1"  # type: ignore[attr-defined]
    assert list(session.registry.kinds) == ["lab-curve"]

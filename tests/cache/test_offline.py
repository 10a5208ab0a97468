"""Without a connection, all is answered from the cache folder, nothing opens a socket, and what is missing is named."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import toys
from program_run import Program
from sky import STARS, Sky, session_of

from tess_source import Session
from tess_source.errors import OfflineError, QueryError
from tess_source.functions import observations, products
from tess_source_sample.server import SampleArchive

KELT9 = "TIC 16740101"


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection, also to this machine."""

    def refuse(*args: Any, **words: Any) -> NoReturn:
        raise AssertionError(f"a connection was opened: {args!r}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of an archive that is gone, and a cache folder that was filled from it."""
    cache = tmp_path_factory.mktemp("cache")
    with SampleArchive() as archive:
        session = mast(archive.url, cache)
        session.search([16740101, 307210830])
        session.search("KELT-9", kind="lc", sector=[14, 15]).plan().download()
        url = archive.url
    yield url, cache


def mast(url: str, cache: Path, **settings: Any) -> Session:
    import tess_source_filters
    import tess_source_lightkurve
    import tess_source_mast

    session = Session(
        url, discover=False, cache=cache, plugins=[tess_source_filters, tess_source_lightkurve], **settings
    )
    session.registry.register(tess_source_mast, "mast", version="1")
    return session


@pytest.mark.usefixtures("no_sockets")
def test_from_a_name_to_light_curves_without_a_connection(filled: tuple[str, Path]) -> None:
    offline = mast(*filled, offline=True)
    found = offline.search("KELT-9", kind="lc", sector=[14, 15])
    manifest = found.plan().download()
    assert [entry.status for entry in manifest] == ["here", "here"]
    assert [curve.meta["TICID"] for curve in manifest.load()] == [16740101, 16740101]
    assert offline.search("TIC 307210830").products["tic"].drop_nulls().unique().to_list() == [307210830]
    assert offline.count(KELT9) == 12


@pytest.mark.usefixtures("no_sockets")
def test_files_that_are_not_here_are_entries_that_say_so(filled: tuple[str, Path], tmp_path: Path) -> None:
    offline = mast(*filled, offline=True)
    plan = offline.search(KELT9, kind="lc,tp", sector=14).plan()
    manifest = plan.download()
    assert [(entry.item.kind, entry.status) for entry in manifest] == [("lc", "here"), ("tp", "failed")]
    assert list(manifest.errors.values()) == ["offline, and it is not here"]
    assert [entry.status for entry in plan.iter_download()] == ["here", "failed"]
    assert [entry.status for entry in plan.to(tmp_path).download()] == ["copied", "failed"]
    assert not (tmp_path / ".tess-source").exists()


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize(
    ("ask", "missing"),
    [
        (lambda session: session.search([16740101, 5, 7]), "TIC 5, TIC 7;"),
        (lambda session: session.search(range(1, 20)), "TIC 1, TIC 10, .* and 9 more;"),
        (lambda session: session.search(KELT9, proposal_id="G06062"), "TIC 16740101 with proposal_id='G06062';"),
        (lambda session: session.search(proposal_id="G06062"), "the answer to proposal_id='G06062';"),
        (lambda session: session.search("307.86 39.94"), "307.86 39.94;"),
        (lambda session: session.search("Nibiru"), "what 'Nibiru' means;"),
        (lambda session: session.count(5), "TIC 5;"),
        (lambda session: session.fields(), "the description of the columns of observations"),
        (lambda session: observations(5, session=session), "TIC 5;"),
        (
            lambda session: products(session.search(KELT9).observations, session=session),
            "products, but as part of a search",
        ),
    ],
)
def test_what_is_missing_is_named(filled: tuple[str, Path], ask: Callable[[Session], Any], missing: str) -> None:
    with pytest.raises(OfflineError, match=f"offline, and not in the cache folder: {missing}") as caught:
        ask(mast(*filled, offline=True))
    assert isinstance(caught.value, ConnectionError)


def test_offline_an_answer_of_any_age_and_version_is_used_and_its_age_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import time

    session_of(Sky(), tmp_path).search("pi Men")
    monkeypatch.setattr("tess_source.clock.now", lambda: time.time() + 400 * 86400)
    offline = session_of(Sky(), tmp_path, version="2", offline=True)
    with caplog.at_level(logging.WARNING):
        found = offline.search("pi Men")
    assert "400 days ago" in found.explain()
    assert "400 days ago" in caplog.text
    monkeypatch.setattr("tess_source.clock.now", lambda: time.time() - 86400)
    assert "in the future, by this machine's clock" in offline.search("pi Men").explain()


def test_the_environment_decides_at_the_moment_of_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Sky()
    session = session_of(archive, tmp_path)
    for word in ("1", "true", "YES", "on"):
        monkeypatch.setenv("TESS_SOURCE_OFFLINE", word)
        with pytest.raises(OfflineError):
            session.search(STARS[0])
    assert not archive.asked
    monkeypatch.setenv("TESS_SOURCE_OFFLINE", "perhaps")
    with pytest.raises(QueryError, match="give 1 or 0"):
        session.search(STARS[0])
    for word in ("0", "false", "No", "off", ""):
        monkeypatch.setenv("TESS_SOURCE_OFFLINE", word)
        assert len(session.search(STARS[0]).observations) == 1
    monkeypatch.setenv("TESS_SOURCE_OFFLINE", "1")
    assert session_of(archive, tmp_path, offline=False).search(STARS[1]).from_store is None


def test_to_refresh_offline_is_a_contradiction(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="choose one"):
        session_of(Sky(), tmp_path, offline=True).search("pi Men", refresh=True)


def test_where_nothing_is_remembered_the_error_says_why(tmp_path: Path) -> None:
    with pytest.raises(OfflineError, match="'Archive' has no version"):
        Session(discover=False, cache=tmp_path, plugins=[toys.Archive()], offline=True).search(16740101)
    with pytest.raises(OfflineError, match="no cache folder was chosen"):
        session_of(Sky(), None, server="http://127.0.0.1:1", offline=True).search(16740101)


# -- the program --


@pytest.fixture
def run(filled: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    monkeypatch.setattr(
        "tess_source.cli.program.Session", lambda server, **words: mast(*filled, offline=words["offline"])
    )
    return Program(capsys)


@pytest.mark.usefixtures("no_sockets")
def test_the_program_offline(run: Program) -> None:
    code, out, err = run("--offline", "search", KELT9, "--kind", "lc", "--format", "jsonl")
    assert code == 0
    assert len(out.splitlines()) == 6
    assert "(from the cache folder, answered at " in err
    code, out, err = run("get", KELT9, "--kind", "lc", "--sector", "14,41", "--offline")
    assert code == 1
    assert "1 here before, 1 failed" in err
    assert "offline, and it is not here" in out
    code, _, err = run("search", "TIC 5", "--offline")
    assert code == 1
    assert "not in the cache folder: TIC 5" in err
    assert run("search", KELT9, "--offline", "--refresh")[0] == 2


def test_the_program_refreshes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = Sky()
    monkeypatch.setattr("tess_source.cli.program.Session", lambda server, **words: session_of(archive, tmp_path))
    for words in ((), (), ("--refresh",)):
        assert Program(capsys)("search", STARS[0], *words).code == 0
    assert archive.asked == ["query", "list"] * 2


@pytest.mark.real
@pytest.mark.usefixtures("no_sockets")
def test_real_files_in_a_folder_of_astroquerys_are_used_and_cut_ones_are_not(real: Path, tmp_path: Path) -> None:
    files = sorted((real / "lc").glob("tess*_lc.fits"))[:3]
    rows = [
        {"dataURI": f"mast:TESS/product/{file.name}", "obs_id": file.name.removesuffix("_lc.fits"), "size": size,
         "obs_collection": "TESS"}
        for file, size in zip(files, [*(file.stat().st_size for file in files[:2]), None], strict=True)
    ]  # fmt: skip
    session = Session(discover=False, cache=tmp_path, offline=True)
    plan = session.found(rows).plan()
    for file in files:
        place = tmp_path / "mastDownload" / "TESS" / file.name.removesuffix("_lc.fits") / file.name
        place.parent.mkdir(parents=True)
        place.write_bytes(file.read_bytes() if file != files[2] else file.read_bytes()[:-2880])
    manifest = plan.download()
    assert [entry.status for entry in manifest] == ["here", "here", "failed"]
    assert "offline, and it is not here: it" in manifest[2].error
    assert len(session.store.index.entries) == 2


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("offline", [True, False])
def test_what_lies_in_the_store_is_copied_to_a_folder_of_ones_own(
    filled: tuple[str, Path], tmp_path: Path, offline: bool
) -> None:
    plan = mast(*filled, offline=offline).search("KELT-9", kind="lc", sector=[14, 15]).plan(tmp_path, layout="flat")
    manifest = plan.download()
    assert [entry.status for entry in manifest] == ["copied", "copied"]
    assert {path.name for path in tmp_path.iterdir()} == {item.filename for item in plan}
    assert [entry.sha256 for entry in plan.to(filled[1]).download()] != [None, None]
    for entry in manifest:
        original = next(filled[1].rglob(entry.item.filename))
        assert entry.path is not None
        assert entry.path.read_bytes() == original.read_bytes()


@pytest.mark.usefixtures("no_sockets")
def test_a_file_that_was_damaged_in_the_store_is_not_copied(filled: tuple[str, Path], tmp_path: Path) -> None:
    import os
    import shutil

    cache = tmp_path / "cache"
    shutil.copytree(filled[1], cache)
    plan = mast(filled[0], cache, offline=True).search("KELT-9", kind="lc", sector=14).plan(tmp_path / "mine")
    [item] = plan
    path = plan.session.store.root / item.path
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(before.st_size // 2)
        file.write(bytes(4096))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    [entry] = plan.download()
    assert entry.status == "failed"
    assert not [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]
    os.utime(path)
    [entry] = plan.to(plan.session.store.root).download()
    assert "offline, and it is not here: " in entry.error

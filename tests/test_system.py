"""The main job where a system lacks something: on Linux, with each of these taken away."""

from __future__ import annotations

import ast
import contextlib
import errno
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faults
import pytest
from places import CORE
from serving import WHOLE, Server, content, send, serving
from syntax import FILES, nodes

from tess_source import Plan, Products, Request, Session, Transport, disk, hookimpl, system
from tess_source.download.claim import Claim
from tess_source.download.owner import Owner, _owner_of
from tess_source.functions import load_plan
from tess_source.lock.check import verify_lock
from tess_source.settings import Patience

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what Linux has is taken away")

Take = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving()


def without(*names: str) -> Take:
    def take(monkeypatch: pytest.MonkeyPatch) -> None:
        for name in names:
            monkeypatch.delattr(os, name, raising=False)

    return take


def failing(name: str, number: int, when: Callable[..., bool] = lambda *_: True, module: Any = os) -> Take:
    """Let a call of the system fail, always or for some arguments."""

    def take(monkeypatch: pytest.MonkeyPatch) -> None:
        real = getattr(module, name)

        def fail(*arguments: Any, **words: Any) -> Any:
            if when(*arguments):
                raise OSError(number, os.strerror(number))
            return real(*arguments, **words)

        monkeypatch.setattr(module, name, fail)

    return take


def no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "PROC", Path("/nothing"))


def hidden_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    real = system._text_of
    monkeypatch.setattr(system, "_text_of", lambda path: None if path.name == "stat" else real(path))


def no_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what Windows lacks: there, asking by a signal would end the process."""
    for name in ("SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGHUP", "SIGALRM", "pthread_kill", "pthread_sigmask"):
        monkeypatch.delattr(signal, name, raising=False)
    monkeypatch.delattr(os, "kill")
    monkeypatch.setattr(system, "POSIX", False)


def is_open(path: Any) -> bool:
    """Whether this process has a file open."""
    handles = Path("/proc/self/fd")
    return any(os.path.realpath(name) == os.path.realpath(path) for name in sorted(handles.iterdir()))


def folder(path: Any, *_: Any) -> bool:
    return Path(path).is_dir()


def renaming_refuses_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rename", "replace", "unlink", "remove"):
        failing(name, errno.EACCES, lambda path, *_: is_open(path))(monkeypatch)


def times_change_when_a_file_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.close

    def close(handle: int) -> None:
        with contextlib.suppress(OSError):  # a connection, or a file that is only read
            os.utime(handle, ns=(10**18, 10**18))
        real(handle)

    monkeypatch.setattr(os, "close", close)


def no_inodes(monkeypatch: pytest.MonkeyPatch) -> None:
    real = system.Stamp.of.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(
        system.Stamp, "of", classmethod(lambda cls, found: real(cls, found)._replace(number=(0, 0), links=0))
    )


def windows_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    without("O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY", "O_CLOEXEC")(monkeypatch)
    monkeypatch.setattr(os, "O_BINARY", 0, raising=False)


LACKS: dict[str, Take] = {
    "no /proc": no_proc,
    "processes of others hidden": hidden_processes,
    "no signals": no_signals,
    "no flags of POSIX": windows_flags,
    "no calls by file descriptor": lambda patch: patch.setattr(os, "supports_fd", set()),
    "no calls by folder descriptor": lambda patch: patch.setattr(os, "supports_dir_fd", set()),
    "no fsync of folders": failing("open", errno.EACCES, folder),
    "no fork": without("fork", "forkpty", "register_at_fork"),
    "no users": without("getuid", "geteuid", "getgid", "getlogin", "chown", "getpgid"),
    "no fcntl, resource and pwd": lambda patch: (
        [patch.setitem(sys.modules, name, None) for name in ("fcntl", "resource", "pwd", "grp", "termios")] and None
    ),
    "no links": failing("link", errno.EPERM),
    "no symbolic links": failing("symlink", errno.EPERM),
    "no times set": failing("utime", errno.EPERM),
    "no statvfs": without("statvfs"),
    "renaming refuses open files": renaming_refuses_open_files,
    "times change when a file is closed": times_change_when_a_file_is_closed,
    "no inodes and no counts of links": no_inodes,
    "no room told": failing("disk_usage", errno.ENOSYS, module=shutil),
}


@pytest.fixture(params=LACKS)
def lacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for known in (_owner_of, disk._writer):
        known.cache_clear()
    monkeypatch.setattr(Patience, "pause", lambda patience, attempt, asked: 0.0)
    LACKS[request.param](monkeypatch)
    yield str(request.param)
    for known in (_owner_of, disk._writer):
        known.cache_clear()


class Toy:
    """Fetches ``toy:`` addresses from a server."""

    def __init__(self, server: Server) -> None:
        self.server = server

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return (Transport("toy", lambda uri, settings: Request(f"{self.server.url}/{uri.rpartition('/')[2]}")),)


def planned(server: Server, root: Path) -> Plan:
    names = [f"{number:03d}.fits" for number in range(4)]
    server.files |= {f"/{name}": content(number) for number, name in enumerate(names)}
    rows = [{"uri": f"toy:sky/{name}", "obs_id": "o", "size": WHOLE} for name in names]
    session = Session(discover=False, plugins=[Toy(server)], cache=root.parent / "cache", jobs=2)
    return Plan.of(Products.of(rows), root, "flat", session=session)


def test_files_are_fetched_verified_and_locked_without_it(server: Server, tmp_path: Path, lacking: str) -> None:
    plan, lock = planned(server, tmp_path / "data"), tmp_path / "lock.ecsv"
    server.acts["/001.fits"] = [faults.CUT, send]
    manifest = plan.download()
    assert [entry.status for entry in manifest] == ["fetched"] * 4, manifest.errors
    manifest.lock().save(lock)
    manifest.lock().save(lock)
    assert verify_lock(load_plan(lock, tmp_path / "data")).ok
    assert [entry.status for entry in plan.download()] == ["here"] * 4
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [f"{number:03d}.fits" for number in range(4)]
    assert list(tmp_path.rglob("*.part")) == []


def test_a_living_process_is_never_taken_for_one_that_ended_without_it(tmp_path: Path, lacking: str) -> None:
    mine = Claim(tmp_path / "a.fits", 60.0)
    assert mine.take()
    assert Owner.me().gone() in {False, None}
    assert not Claim(tmp_path / "a.fits", 60.0).take()
    mine.release()
    assert Claim(tmp_path / "a.fits", 60.0).take()


def test_a_living_owner_whose_start_was_seen_is_not_gone_where_it_cannot_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As with /proc of which each user sees own processes only."""
    me = Owner.me()
    monkeypatch.setattr(system, "start_time", lambda pid: None)
    assert me.gone() is False


def test_names_with_other_letters_of_one_place_are_told_apart_before_anything_is_fetched(tmp_path: Path) -> None:
    """As on disks that do not tell large letters from small ones."""
    rows = [{"uri": f"toy:{name}", "obs_id": "o", "filename": name, "size": 1} for name in ("a.fits", "A.FITS")]
    plan = Plan.of(Products.of(rows), tmp_path, "flat")
    assert sorted(item.problem is None for item in plan) == [False, True]


# -- in one place ----------------------------------------------------------------------------------------------------------------

OF_SOME_SYSTEMS = {
    "chmod", "chown", "fork", "forkpty", "geteuid", "getgid", "getlogin", "getpgid", "getuid", "kill", "killpg", "link", "mkfifo", "mknod",
    "name", "pread", "pwrite", "register_at_fork", "statvfs", "supports_dir_fd", "supports_fd", "symlink", "sysconf", "umask", "uname",
    "wait", "waitpid",
}  # fmt: skip
"""What `os` has on some systems only, or what tells them apart; and all that begins with ``O_`` but the two words below."""
MODULES = {"fcntl", "grp", "msvcrt", "platform", "pwd", "resource", "termios", "winreg"}


def of_some_systems(file: Path) -> list[str]:
    """Return what a file uses that only some systems have."""
    found: list[str] = []
    text = file.read_text()
    if not re.search(rf"\bos\.|sys\.platform|/proc|/dev|import ({'|'.join(MODULES)})", text):
        return []
    for node in nodes(file):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in MODULES]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            special = node.attr.startswith("O_") and node.attr not in {"O_RDWR", "O_WRONLY", "O_RDONLY"}
            found += [f"os.{node.attr}"] if special or node.attr in OF_SOME_SYSTEMS else []
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.platform":
            found.append("sys.platform")
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(("/proc", "/dev"))
        ):
            found.append(node.value)
    return found


def test_what_only_some_systems_have_is_used_in_one_place() -> None:
    files = [file for file in FILES if file != CORE / "system.py"]
    assert {str(file): found for file in files if (found := of_some_systems(file))} == {}
    assert of_some_systems(CORE / "system.py"), "the test sees what it looks for"

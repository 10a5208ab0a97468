"""Whatever a reader raises for one file is that file's error, and every other file is opened.

This module is itself the plugin that reads the files of these tests, so that other processes can import it.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from astropy.io.fits.verify import VerifyError

from tess_source import Session, hookimpl
from tess_source.errors import DamagedFileError, LoadError, QueryError
from tess_source.load.loading import open_entry
from tess_source.load.local import manifest_of
from tess_source.tables.items import Entry, Item, Items
from tess_source.tables.plan import Manifest, Plan


class PickyError(Exception):
    """It cannot be made again from its arguments, as many classes of other libraries."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{reason} ({code})")


class HeldError(Exception):
    """It cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("held")
        self.file = sys.stderr


class MuteError(Exception):
    """It cannot even be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


class Unsendable:
    """It is opened, but cannot be pickled."""

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle an open file")


class Lost:
    """It is pickled, but cannot be made again."""

    def __reduce__(self) -> Any:
        return PickyError, (1,)


def recurse() -> None:
    recurse()


def warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.warn("it looks odd", UserWarning, stacklevel=2)


def throw(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def wrapped() -> None:
    try:
        {}["TFORM"]
    except KeyError as error:
        raise DamagedFileError("wrapped.txt is damaged") from error


RAISED: Mapping[str, tuple[Callable[[], Any], type[BaseException] | None]] = {
    "attribute": (lambda: None.real, AttributeError),  # type: ignore[attr-defined]
    "assertion": (throw(AssertionError()), AssertionError),
    "type": (lambda: len(3), TypeError),  # type: ignore[arg-type]
    "key": (lambda: {}["recformat"], KeyError),
    "value": (lambda: int("x"), ValueError),
    "text": (b"\xff".decode, UnicodeDecodeError),
    "overflow": (lambda: float(10**400), OverflowError),
    "memory": (throw(MemoryError()), MemoryError),
    "recursion": (recurse, RecursionError),
    "stop": (throw(StopIteration()), (StopIteration)),
    "warning": (warn, UserWarning),
    "astropy": (throw(VerifyError("Unparsable card")), VerifyError),
    "polars": (lambda: pl.DataFrame({"a": [1]})["b"], pl.exceptions.ColumnNotFoundError),
    "group": (throw(ExceptionGroup("several", [KeyError("a")])), ExceptionGroup),
    "picky": (throw(PickyError(3, "not liked")), PickyError),
    "held": (throw(HeldError()), HeldError),
    "mute": (throw(MuteError()), MuteError),
    "wrapped": (wrapped, KeyError),
    "system": (throw(OSError("No SIMPLE card found")), None),
}  # fmt: skip


@hookimpl
def tess_load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Do what the file's name says."""
    assert entry.path is not None
    entry.path.stat()
    name = entry.path.stem
    if name in RAISED:
        return RAISED[name][0]()
    if name == "wrong":
        raise QueryError("flux_column=3: give a name")
    if name in {"interrupt", "exit"}:
        raise KeyboardInterrupt if name == "interrupt" else SystemExit
    return {"unsendable": Unsendable, "lost": Lost}.get(name, entry.path.name.upper)()


def fails(opened: object) -> str:
    if opened == "PICKY-FUNCTION.TXT":
        raise PickyError(5, "the function")
    return type(opened).__name__


@pytest.fixture
def made(tmp_path: Path, session: Session) -> Callable[..., Manifest]:
    """Write empty files and give their manifest."""
    session.register(sys.modules[__name__], "whatever")

    def make(*names: str) -> Manifest:
        paths = [tmp_path / f"{name}.txt" for name in names]
        for path in paths:
            path.touch()
        entries = [Entry(Item(f"x:{path.name}", path.name), "here", path=path) for path in paths]
        items = Items.of([{"uri": entry.item.uri, "path": entry.item.path} for entry in entries])
        return Manifest(Plan(items, tmp_path, {}, session), tuple(entries))

    return make


def check_told(name: str, error: Exception | None) -> None:
    """Check that an error is of its file, with what was raised as its cause."""
    _, cause = RAISED[name]
    assert isinstance(error, OSError if cause is None else LoadError)
    if cause is not None and name != "wrapped":
        assert f"{name}.txt cannot be read: {cause.__name__}" in str(error)


@pytest.mark.parametrize("name", RAISED)
def test_whatever_is_raised_is_the_error_of_that_file(made: Callable[..., Manifest], name: str) -> None:
    manifest = made("first", name, "last")
    loaded = manifest.read()
    assert list(loaded["str"]) == ["FIRST.TXT", "LAST.TXT"]
    (error,) = loaded.failed.values()
    check_told(name, error)
    if RAISED[name][1]:
        assert type(error.__cause__) is RAISED[name][1]
    with pytest.raises(type(error)):
        open_entry(manifest.plan.session.registry, manifest[1], {})  # type: ignore[union-attr]
    assert repr(loaded) == "Loaded(2 str, 1 not opened)"
    assert name in loaded._repr_html_()


def test_every_way_to_open_gives_the_good_files(
    made: Callable[..., Manifest], caplog: pytest.LogCaptureFixture
) -> None:
    manifest = made("first", *RAISED, "last")
    with caplog.at_level(logging.WARNING, "tess_source"):
        assert list(manifest.load()) == list(manifest.iter_load()) == ["FIRST.TXT", "LAST.TXT"]  # type: ignore[call-overload]
    assert all(name in caplog.text for name in RAISED)
    assert [opened.value for opened in manifest.map(len) if opened.ok] == [9, 8]
    assert [opened.ok for opened in manifest.iter_read()] == [True, *[False] * len(RAISED), True]


@pytest.mark.parametrize("workers", [1, ThreadPoolExecutor(1)], ids=["processes", "threads"])
def test_other_processes_send_every_error_back_to_its_file(
    made: Callable[..., Manifest], workers: int | Executor
) -> None:
    names = ["first", *RAISED, "unsendable", "lost", "last"]
    results = list(made(*names).iter_read(workers=workers))
    assert [result.entry.item.path for result in results] == [f"{name}.txt" for name in names]
    assert (results[0].value, results[-1].value) == ("FIRST.TXT", "LAST.TXT")
    for name, result in zip(names, results, strict=True):
        if name in RAISED:
            check_told(name, result.error)
            assert RAISED[name][1] is None or result.error.__cause__ is not None  # type: ignore[union-attr]
    told = {name: str(result.error) for name, result in zip(names, results, strict=True)}
    if isinstance(workers, int):
        assert "object cannot come back from another process, work without workers: TypeError" in told["unsendable"]
        assert "object cannot come back from another process" in told["lost"]
    else:  # nothing is sent
        assert {told["unsendable"], told["lost"]} == {"None"}


def test_an_error_of_the_function_that_cannot_be_sent_is_told_in_words(made: Callable[..., Manifest]) -> None:
    manifest = made("unsendable", "picky-function", "last")
    results = manifest.map(fails, workers=1)
    assert next(results).value == "Unsendable"  # it stays where it was opened
    with pytest.raises(LoadError, match=r"PickyError: the function \(5\)") as caught:
        next(results)
    assert any("picky-function.txt" in note for note in caught.value.__notes__)
    with pytest.raises(PickyError):
        list(manifest.map(fails))
    with ThreadPoolExecutor(1) as threads, pytest.raises(PickyError):
        list(manifest.map(fails, workers=threads))


def test_an_argument_that_is_wrong_for_all_is_raised_and_so_are_interrupts(made: Callable[..., Manifest]) -> None:
    for name, error in (("wrong", QueryError), ("interrupt", KeyboardInterrupt)):
        manifest = made("first", name)
        for opening in (manifest.read, manifest.load, lambda files=manifest: list(files.iter_load())):
            with pytest.raises(error):
                opening()


def test_a_reader_cannot_end_the_program(made: Callable[..., Manifest]) -> None:
    loaded = made("first", "exit").read()
    assert len(loaded.groups) == 1
    (error,) = loaded.failed.values()
    assert "called sys.exit in tess_load" in str(error)


def test_the_error_of_a_lack_of_memory_keeps_none(made: Callable[..., Manifest]) -> None:
    (error,) = made("memory").read().failed.values()
    assert isinstance(error.__cause__, MemoryError)
    assert error.__cause__.__traceback__ is None


def test_a_path_that_cannot_be_is_told_and_the_others_are_opened(
    made: Callable[..., Manifest], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    session = made("first").plan.session
    assert isinstance(session, Session)
    paths = [tmp_path / "first.txt", tmp_path / ("x" * 300), tmp_path / "loop.txt"]
    paths[2].symlink_to(paths[2])
    assert list(session.open(paths)) == ["FIRST.TXT"]
    assert "File name too long" in caplog.text
    assert "symbolic links" in caplog.text


@pytest.mark.parametrize("where", ["named", "folder"])
def test_a_pipe_or_a_device_is_not_waited_for(made: Callable[..., Manifest], tmp_path: Path, where: str) -> None:
    session = made("first").plan.session
    assert isinstance(session, Session)
    (folder := tmp_path / "folder").mkdir()
    os.mkfifo(folder / "pipe.fits")
    (folder / "device.fits").symlink_to("/dev/zero")
    paths = [folder / "pipe.fits", folder / "device.fits"] if where == "named" else [folder]
    loaded = session.read(manifest_of([tmp_path / "first.txt", *paths], session))
    assert list(loaded["str"]) == ["FIRST.TXT"]
    assert {Path(path).name: str(error) for path, error in loaded.failed.items()} == {
        name: f"{name} is a pipe, a device or the like, not a file" for name in ("pipe.fits", "device.fits")
    }

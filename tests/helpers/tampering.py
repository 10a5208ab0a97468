"""What somebody else may do to a file that is being written: change, replace, link or remove it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

Tamper = Callable[[Path], None]


def flip(part: Path) -> None:
    middle = part.stat().st_size // 2
    with part.open("r+b") as file:
        file.seek(middle)
        old = file.read(1)
        file.seek(middle)
        file.write(bytes([old[0] ^ 1]))


def flip_and_set_back_the_time(part: Path) -> None:
    found = part.stat()
    flip(part)
    os.utime(part, ns=(found.st_atime_ns, found.st_mtime_ns))


def append(part: Path) -> None:
    with part.open("ab") as file:
        file.write(b"more" * 1_000_000)


def cut(part: Path) -> None:
    os.truncate(part, part.stat().st_size // 2)


def fill_with_another(part: Path) -> None:
    part.write_bytes(bytes(part.stat().st_size))


def replace_by_another(part: Path) -> None:
    other = part.with_name("other")
    other.write_bytes(bytes(part.stat().st_size))
    other.replace(part)


def replace_by_its_copy(part: Path) -> None:
    other = part.with_name("other")
    other.write_bytes(part.read_bytes())
    other.replace(part)


def link(part: Path) -> None:
    part.with_name("other").hardlink_to(part)


def replace_by_a_link(part: Path) -> None:
    other = part.with_name("other")
    part.rename(other)
    part.symlink_to(other)


def replace_by_a_pipe(part: Path) -> None:
    part.unlink()
    os.mkfifo(part)


def replace_by_a_folder(part: Path) -> None:
    part.unlink()
    part.mkdir()


def remove(part: Path) -> None:
    part.unlink()


TAMPERS: tuple[Tamper, ...] = (
    flip,
    flip_and_set_back_the_time,
    append,
    cut,
    fill_with_another,
    replace_by_another,
    replace_by_its_copy,
    link,
    replace_by_a_link,
    replace_by_a_pipe,
    replace_by_a_folder,
    remove,
)


def of_each(kinds: tuple[Tamper, ...]) -> pytest.MarkDecorator:
    """Run a test with each way to tamper with a file."""
    return pytest.mark.parametrize("tamper", kinds, ids=lambda tamper: tamper.__name__.replace("_", " "))

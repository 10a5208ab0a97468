"""An archive with small light curves of six stars, and data sets that are built of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tess_source import Session
from tess_source_dataset.data_set import DataSet
from tess_source_sample.server import SampleArchive

__all__ = ["COUNT", "QUESTION", "STARS", "archive_with_stars", "build_and_be_killed", "contents", "data_set"]

STARS, SECTORS = (1001, 1002, 1003, 1004, 1011, 1017), (100, 101)
COUNT = len(STARS) * len(SECTORS)
QUESTION: dict[str, Any] = {"sector": "100-101", "kind": "lc"}


def archive_with_stars() -> SampleArchive:
    """Return an archive with light curves of 40 cadences."""
    archive = SampleArchive()
    for star in STARS:
        archive.add(star=star, sectors=list(SECTORS), light_curve=1 + 0.001 * np.arange(40) + star / 1e5)
    return archive


def data_set(url: str, cache: Path, place: Any) -> DataSet:
    """Return a data set of a session that asks an archive."""
    return DataSet(Session(url, cache=cache, progress=False), place)


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder, by name, also hidden ones."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def build_and_be_killed(url: str, cache: str, place: str, temporary: str) -> None:
    """Build in a process that may be killed at any moment."""
    data_set(url, Path(cache), place).build(**QUESTION, shard_size=2, temporary=temporary)

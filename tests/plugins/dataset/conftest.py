"""An archive of small light curves, and a data set that is built of them once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dataset_case import QUESTION, archive_with_stars, data_set

from tess_source_dataset.data_set import DataSet
from tess_source_sample.server import SampleArchive


@pytest.fixture(scope="session")
def running_stars() -> Iterator[SampleArchive]:
    """An archive with light curves of six stars in two sectors, which all tests share."""
    with archive_with_stars() as running:
        yield running


@pytest.fixture
def stars(running_stars: SampleArchive) -> SampleArchive:
    """The archive, which has not been asked yet, and has no faults."""
    running_stars.clear()
    running_stars.faults.clear()
    return running_stars


@pytest.fixture(scope="session")
def built(running_stars: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set in shards of at most four light curves. Do not change it: take a `copy`."""
    folder = tmp_path_factory.mktemp("built")
    data_set(running_stars.url, folder / "cache", folder / "curves").build(**QUESTION, shard_size=4)
    return folder / "curves"


@pytest.fixture
def curves(stars: SampleArchive, built: Path, tmp_path: Path) -> DataSet:
    """A data set of the test's own, which is complete."""
    shutil.copytree(built, tmp_path / "curves")
    return data_set(stars.url, tmp_path / "cache", tmp_path / "curves")


@pytest.fixture
def empty(stars: SampleArchive, tmp_path: Path) -> DataSet:
    """A place at which nothing was built yet."""
    return data_set(stars.url, tmp_path / "cache", tmp_path / "curves")

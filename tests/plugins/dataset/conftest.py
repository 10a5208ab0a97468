"""An archive of small light curves, and a data set that is built of them once per module."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dataset_case import QUESTION, archive_with_stars, data_set

from tess_source_dataset.data_set import DataSet
from tess_source_sample.server import SampleArchive


@pytest.fixture(scope="module")
def stars() -> Iterator[SampleArchive]:
    """An archive with light curves of a dozen stars in two sectors, which all tests of a module share."""
    with archive_with_stars() as running:
        yield running


@pytest.fixture(scope="module")
def built(stars: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set in shards of at most four light curves. Do not change it: take a `copy`."""
    folder = tmp_path_factory.mktemp("built")
    data_set(stars.url, folder / "cache", folder / "curves").build(**QUESTION, shard_size=4)
    return folder / "curves"


@pytest.fixture
def curves(stars: SampleArchive, built: Path, tmp_path: Path) -> DataSet:
    """A data set of the test's own, which is complete."""
    stars.clear()
    stars.faults.clear()
    shutil.copytree(built, tmp_path / "curves")
    return data_set(stars.url, tmp_path / "cache", tmp_path / "curves")


@pytest.fixture
def empty(stars: SampleArchive, tmp_path: Path) -> DataSet:
    """A place at which nothing was built yet."""
    stars.clear()
    stars.faults.clear()
    return data_set(stars.url, tmp_path / "cache", tmp_path / "curves")

"""One published list as a file of a web server, and the rows of the archive that lists are made from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tess_source_sample.contents import Contents
from tess_source_sample.rows import Row, released

DOWNLOAD = "https://mast.stsci.edu/api/v0.1/Download/file/?uri="

_SEARCH = re.compile(r"-s(\d{4})-s(\d{4})-\d{16}-")


class Document(NamedTuple):
    """A file of the archive that is no data product."""

    text: str
    modified: float
    """When it was last changed, as a Modified Julian Date."""
    media: str = "text/plain"


class Listed(NamedTuple):
    """A file and the observation that lists it."""

    observation: Row
    product: Row

    @property
    def name(self) -> str:
        """File name."""
        return str(self.product["productFilename"])

    @property
    def search(self) -> tuple[int, int] | None:
        """First and last sector of a data validation product's name."""
        ends = _SEARCH.search(self.name)
        return (int(ends[1]), int(ends[2])) if ends else None


def listed_files(contents: Contents, pipeline: str, sector: int | None = None) -> Iterator[Listed]:
    """Yield all files of a pipeline that the portal lists, or those of observations of a sector."""
    for observation in contents.observations if sector is None else contents.of_sector(sector):
        if observation["provenance_name"] == pipeline:
            for product in contents.products.get(observation["obsid"], ()):
                yield Listed(observation, product)


def latest_release(files: Iterable[Listed]) -> float:
    """Return the latest release date of the files as a Modified Julian Date."""
    return max(released(file.observation) for file in files)


def shuffled(names: Iterable[str]) -> list[str]:
    """Return names in no order, as real scripts have them, but always the same."""
    return sorted(names, key=lambda name: hashlib.md5(name.encode(), usedforsecurity=False).digest())

"""What the sample archive's bucket holds: key → object. It follows the portal, but as in reality some pipelines and sectors are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from itertools import chain
from typing import NamedTuple

from tess_source import names
from tess_source_sample.contents import Contents
from tess_source_sample.crowd import Crowd, tic_folders
from tess_source_sample.images import image_files
from tess_source_sample.rows import Row, released

LAST = {"SPOC": 107, "QLP": 98, "TESS-SPOC": 81, "TGLC": 55}
"""Pipeline → last sector that the bucket has; all else is at the archive alone."""


class StoredObject(NamedTuple):
    """One object of the bucket: a file of the archive under its key."""

    uri: str
    filename: str
    size: int
    modified: float
    """When it was stored, as a Modified Julian Date."""
    is_summed: bool = True
    """Whether its ETag belongs to its bytes, which are made for it: else it is made up, as that of an object in parts."""


def key_of(uri: str) -> str | None:
    """Return the key of a URI of the portal, whether the bucket has it or not; None for what it has no place for.

    Data validation of several sectors lies in a folder that nobody has told us. The one here is made up.
    """
    if uri.startswith("mast:HLSP/"):
        return "mast/hlsp/" + uri.removeprefix("mast:HLSP/")
    filename = uri.rpartition("/")[2]
    name = names.parse(filename)
    if name.first_sector and name.timestamp and name.ccd:
        day = f"{name.timestamp[:4]}/{name.timestamp[4:7]}"
        return f"tess/public/ffi/s{name.first_sector:04d}/{day}/{name.camera}-{name.ccd}/{filename}"
    if name.tic is None or name.first_sector is None:
        return None
    sectors = f"s{name.first_sector:04d}"
    if name.last_sector != name.first_sector:
        sectors += f"-s{name.last_sector:04d}"
    return f"tess/public/tid/{sectors}/{tic_folders(name.tic)}/{filename}"


def products(contents: Contents) -> Iterator[tuple[str, StoredObject]]:
    """Yield key and object of what the portal lists and the bucket has, but for the crowd."""
    for row in list(contents.files.held.values()):
        observation = contents.by_obsid[row["obsID"]]
        key = key_of(row["dataURI"])
        if key and 0 < (observation["sequence_number"] or 0) <= LAST.get(observation["provenance_name"], 0):
            yield key, _stored(row, observation)


def _stored(row: Row, observation: Row) -> StoredObject:
    return StoredObject(row["dataURI"], row["productFilename"], row["size"], released(observation) + 3)


def images(contents: Contents) -> Iterator[tuple[str, StoredObject]]:
    """Yield key and object of full-frame images and other files of a CCD."""
    for file in image_files(contents.images).values():
        if file.key:
            yield file.key, StoredObject(file.uri, file.filename, file.size, file.modified, is_summed=False)


SOURCES: list[Callable[[Contents], Iterable[tuple[str, StoredObject]]]] = [products, images]
"""What fills the bucket, but for the crowd: functions from the contents to pairs of key and object."""


class Objects(Mapping[str, StoredObject]):
    """All objects of the bucket by their keys, in ascending order. Those of the crowd are made when they are asked for.

    Parameters
    ----------
    contents : Contents
        What the portal has.
    """

    def __init__(self, contents: Contents) -> None:
        crowd = contents.crowd
        self._held = dict(pair for source in SOURCES for pair in source(contents))
        self._uris = {stored.uri: key for key, stored in self._held.items()}
        self._of_uri = cache(partial(_of_crowd, crowd))
        keys = (key for uri in crowd.first_uris() if (key := key_of(uri)))
        self.ordered: list[str] = sorted({*self._held, *chain.from_iterable(map(crowd.each, keys))})
        """Its keys."""

    def __getitem__(self, key: str) -> StoredObject:
        held = self._held.get(key) or self._of_uri(f"mast:TESS/product/{key.rpartition('/')[2]}")
        if held is None or (key not in self._held and key_of(held.uri) != key):
            raise KeyError(key)
        return held

    def __iter__(self) -> Iterator[str]:
        return iter(self.ordered)

    def __len__(self) -> int:
        return len(self.ordered)

    def key(self, uri: str) -> str | None:
        """Return the key of a file by its URI, None if the bucket does not have it."""
        return self._uris.get(uri) or (key_of(uri) if self._of_uri(uri) else None)


def _of_crowd(crowd: Crowd, uri: str) -> StoredObject | None:
    row = crowd.of_uri(uri)
    listing = crowd.of_obsid(row["obsID"]) if row else None
    return _stored(row, listing.observation) if row and listing else None

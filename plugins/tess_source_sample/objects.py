"""What the sample archive's bucket holds: key → object. It follows the portal, but as in reality some pipelines and sectors are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tess_source import names
from tess_source_sample.contents import Contents
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
    tic, sectors = f"{name.tic:016d}", f"s{name.first_sector:04d}"
    if name.last_sector != name.first_sector:
        sectors += f"-s{name.last_sector:04d}"
    groups = "/".join(tic[at : at + 4] for at in range(0, 16, 4))
    return f"tess/public/tid/{sectors}/{groups}/{filename}"


def products(contents: Contents) -> Iterator[tuple[str, StoredObject]]:
    """Yield key and object of what the portal lists and the bucket has."""
    for observation, row in contents.all_files():
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
"""What fills the bucket: functions from the contents to pairs of key and object."""


def objects_of(contents: Contents) -> dict[str, StoredObject]:
    """Return all objects of the bucket by their keys, in ascending order."""
    return dict(sorted(pair for source in SOURCES for pair in source(contents)))

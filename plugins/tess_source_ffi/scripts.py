"""Names of images from the archive's bulk scripts, where the bucket cannot be listed or has none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from string import ascii_lowercase

from tess_source._lazy import pl
from tess_source.download.lists import ABSENT, NEW, Lists
from tess_source.errors import ServiceError
from tess_source_ffi.places import BUNDLES, SCRIPTS

__all__ = ["of_bundles", "of_script"]

SERVICE = "bulk scripts of full-frame images"
PRODUCTS = {"ffi": "ffic", "ffir": "ffir", "cbv": "cbv"}
"""Kind → word in the name of its script. There are none of other kinds."""
NAME = r"\b((?:tess\d{13}-s\d{4}|hlsp_tica_tess_ffi_s\d{4})-[\w-]+\.fits)\b"


def of_script(lists: Lists, sector: int, kind: str) -> pl.Series | None:
    """Return the names of all files of a kind in a sector, in no order.

    Returns
    -------
    polars.Series of str, or None
        None if there is no such script.

    Raises
    ------
    ServiceError
        If it does not come, or is no such script.
    """
    if kind not in PRODUCTS:
        return None
    return _names(lists, f"{SCRIPTS}/tesscurl_sector_{sector}_{PRODUCTS[kind]}.sh")


def of_bundles(lists: Lists, sector: int, camera: int, ccd: int) -> pl.Series | None:
    """Return the names of TICA's images of a CCD, from its scripts: one per orbit, or, in later sectors, per part of an orbit.

    Returns
    -------
    polars.Series of str, or None
        None if there are no such scripts.

    Raises
    ------
    ServiceError
        If one does not come, or is no such script.
    """

    def parts(orbits: Iterable[str]) -> Iterator[pl.Series]:
        for orbit in orbits:
            stem = f"hlsp_tica_tess_ffi_s{sector:04d}-o{orbit}-cam{camera}-ccd{ccd}_tess_v01_ffis.sh"
            if (found := _names(lists, f"{BUNDLES}/s{sector:04d}/{stem}")) is None:
                return
            yield found

    found = [
        part for orbit in "12" for part in (*parts([orbit]), *parts(f"{orbit}{letter}" for letter in ascii_lowercase))
    ]
    return pl.concat(found) if found else None


def _names(lists: Lists, address: str) -> pl.Series | None:
    answer = lists.fetch(address)
    if answer.state == ABSENT:
        return None
    if answer.state != NEW:
        raise ServiceError(SERVICE, answer.problem)
    try:
        return _read(answer.path, address)
    finally:
        answer.path.unlink(missing_ok=True)


def _read(path: Path, address: str) -> pl.Series:
    """Return the name in each line of a script that has one."""
    lines = pl.Series(path.read_bytes().decode("utf-8", "replace").splitlines(), dtype=pl.String)
    found = lines.filter(~lines.str.contains(r"^\s*#")).str.extract(NAME).drop_nulls().unique()
    if not len(lines) or not lines[0].startswith(("#!", "curl ")) or not len(found):
        raise ServiceError(SERVICE, f"{address} is no script that fetches images")
    return found

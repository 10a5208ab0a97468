"""Volumes: the lists of some sectors that are put together, with the target lists that describe their stars.

A volume of the mission's own lists has twelve sectors, so that the update of one sector makes one volume anew, and a star is looked up in
nine. Lists about several sectors are one volume.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tess_source_catalogue.declared import sources_of_files
from tess_source_catalogue.folder import ListFile, PresentLists

__all__ = ["MULTI", "SPOC", "TARGET_LISTS", "Volume", "volumes"]

FORM = 2
"""Version of the form of volumes. Those of another form are made anew."""
SPOC, MULTI = "spoc", "multi"
SECTORS = {SPOC: 12, MULTI: 10_000}
"""Sectors of a volume."""
OTHERS = 4
"""Sectors of a volume of high-level science products, which have up to 50 times as many stars per sector."""
TARGET_LISTS = ("targets", "fast-targets")
"""Sources of target lists with camera, CCD and magnitude; where both have a star, the first one counts."""
PORTAL = "portal"


@dataclass(frozen=True, eq=False)
class Volume:
    """Lists that are put together. It is told by its identity: to compare hundreds of lists takes long."""

    family: str
    """``spoc``, ``multi``, or the lists of other pipelines: ``qlp``, ``tess-spoc``, ``tglc``, …"""
    pipeline: str
    """The pipeline of its files."""
    number: int
    """Of the volumes of one family, from 0."""
    files: tuple[ListFile, ...]
    """Lists of files."""
    beside: tuple[ListFile, ...]
    """Target lists, and the portal's rows."""

    @cached_property
    def sectors(self) -> frozenset[int]:
        """The last sectors of its lists."""
        return frozenset(file.last for file in self.files)

    @cached_property
    def name(self) -> str:
        """A name that is another one as soon as any of its lists is another one."""
        state = hashlib.sha256(f"{FORM}".encode())
        for file in (*self.files, *self.beside):
            state.update(f"\n{file.source}/{file.path.name}".encode())
        return f"{self.family}-{self.number:03d}-{state.hexdigest()[:16]}"


@lru_cache(maxsize=8)
def volumes(lists: PresentLists) -> tuple[Volume, ...]:
    """Return the volumes of all lists of files, in order."""
    sources = sources_of_files(lists)
    own: dict[tuple[str, str, int], list[ListFile]] = {}
    for file in lists.values():
        if file.source in sources:
            pipeline = sources[file.source].pipeline
            family = MULTI if file.source == "multi-dv" else pipeline.lower()
            own.setdefault((family, pipeline, (file.last - 1) // SECTORS.get(family, OTHERS)), []).append(file)
    return tuple(
        Volume(family, pipeline, number, tuple(files), _beside(family, files, lists))
        for (family, pipeline, number), files in sorted(own.items())
    )


def _beside(family: str, files: list[ListFile], lists: PresentLists) -> tuple[ListFile, ...]:
    """Return the lists that describe the stars of files."""
    last = {file.last for file in files}
    seen = {sector for file in files for sector in range(file.first, file.last + 1)} if family == MULTI else last
    names = dict.fromkeys((*TARGET_LISTS, f"{family}-targets"), seen)
    names |= {PORTAL: last} if family in SECTORS else {}
    return tuple(file for file in lists.values() if file.last in names.get(file.source, ()))

"""Full-frame images: found by listings, never by the archive's product list, and opened as images with their coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source import hookimpl
from tess_source.hooks.records import StandIn

if TYPE_CHECKING:
    from tess_source.tables.items import Entry


@hookimpl
def tess_stand_ins() -> Sequence[StandIn]:
    """Declare the kinds of images and of files that belong to a CCD."""
    return ()


@hookimpl
def tess_load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open a full-frame image, or basis vectors; None for anything else."""
    from tess_source_ffi.load import load

    return load(entry, options)


@hookimpl
def tess_collect(objects: Sequence[object]) -> Mapping[str, object] | None:
    """Return ``"basis vectors"``, if there are any."""
    from tess_source_ffi.basis_vectors import collect

    return collect(objects)

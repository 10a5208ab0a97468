"""Reader of light curves and pixel files as lightkurve objects, in lightkurve's collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source import hookimpl

if TYPE_CHECKING:
    from tess_source.hooks.records import Accessor
    from tess_source.tables.items import Entry


@hookimpl
def tess_load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open a light curve or pixel file; None for anything else."""
    from tess_source_lightkurve.load import load

    return load(entry, options)


@hookimpl
def tess_collect(objects: Sequence[object]) -> Mapping[str, object] | None:
    """Return ``"light curves"`` and ``"pixel files"``, if there are any."""
    from tess_source_lightkurve.collect import collect

    return collect(objects)


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Return found.to_lightkurve."""
    from tess_source_lightkurve.accessors import ACCESSORS

    return ACCESSORS

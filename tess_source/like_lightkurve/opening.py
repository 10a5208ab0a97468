"""Reading light curves of TESS in place of lightkurve's `read`, where the result is equal."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tess_source import names
from tess_source._lazy import whole
from tess_source.errors import TessSourceError
from tess_source.like_lightkurve.detours import Uses, bypassed
from tess_source.load.loading import open_entry
from tess_source.session import Session
from tess_source.tables.items import HERE, Entry, Item

__all__ = ["read", "read_in_place", "set_own"]

PIPELINES = frozenset({"SPOC", "TESS-SPOC", "QLP"})
"""Pipelines whose light curves are read as lightkurve reads them, but faster."""
KINDS = frozenset({"lc", "fast-lc"})
OPTIONS = frozenset({"quality_bitmask", "flux_column"})

_own: list[tuple[Callable[..., Any], Uses]] = []
"""lightkurve's `read`, and who uses ours."""


def set_own(own: Callable[..., Any], uses: Uses) -> None:
    """Set lightkurve's own function, to which all other files go on."""
    _own[:] = [(own, uses)]


def read(path_or_url: Any, **kwargs: Any) -> Any:
    """Stand in for `lightkurve.read`, whose code becomes this one: it runs among the names of another module, and imports what it needs."""
    from tess_source.like_lightkurve.opening import read_in_place

    return read_in_place(path_or_url, **kwargs)


def read_in_place(path_or_url: Any, **options: Any) -> Any:
    """Read a file as `lightkurve.read` does."""
    [(own, uses)] = _own
    session = uses.session()
    opened = None if session is None else _light_curve(session, path_or_url, options)
    return own(path_or_url, **options) if opened is None else opened


def _light_curve(session: Session, path: Any, options: dict[str, Any]) -> Any | None:
    """Return a light curve of a pipeline whose files are named by its rules; None if it is another file, or cannot be read here."""
    if type(path) is not str or not OPTIONS.issuperset(options) or not os.path.isfile(path):  # noqa: PTH113  a URL is no path
        return None
    said = names.parse(os.path.basename(path))  # noqa: PTH119
    if said.kind not in KINDS or said.pipeline not in PIPELINES:
        return None
    item = Item(uri="", path=path, kind=said.kind, pipeline=said.pipeline, tic=said.tic)
    try:
        with bypassed():
            opened = open_entry(session.registry, Entry(item, HERE, Path(path)), options)
    except (TessSourceError, OSError):  # lightkurve has its own words for what is wrong
        return None
    whole("lightkurve")
    from lightkurve import TessLightCurve

    return opened if isinstance(opened, TessLightCurve) else None

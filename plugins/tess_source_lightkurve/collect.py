"""Groups of opened files as lightkurve's collections."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

__all__ = ["collect"]


def collect(objects: Sequence[object]) -> Mapping[str, object] | None:
    """Return lightkurve's objects in its collections.

    Parameters
    ----------
    objects : sequence of object
        Opened files, in order.

    Returns
    -------
    mapping or None
        ``"light curves"`` → LightCurveCollection, ``"pixel files"`` → TargetPixelFileCollection; None if nothing is lightkurve's.
    """
    if "lightkurve" not in sys.modules:  # then none of its objects can have been opened
        return None
    lightkurve = import_module("lightkurve")  # waits, if another thread is importing it
    curves = [item for item in objects if isinstance(item, lightkurve.LightCurve)]
    pixels = [item for item in objects if isinstance(item, lightkurve.targetpixelfile.TargetPixelFile)]
    groups: dict[str, object] = {}
    if curves:
        groups["light curves"] = lightkurve.LightCurveCollection(curves)
    if pixels:
        groups["pixel files"] = lightkurve.TargetPixelFileCollection(pixels)
    return groups or None

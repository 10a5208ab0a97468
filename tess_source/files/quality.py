"""Words for the quality flags of TESS's cadences and images."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["BITMASKS"]

BITMASKS: Mapping[str, int] = {"none": 0, "default": 17087, "hard": 24319, "hardest": 65535}
"""Words for `quality_bitmask` → bits, as in lightkurve's TessQualityFlags; a test compares them."""

"""How large the tests are: small enough for every change, or in full, by ``make stress``.

What is proved is the same. In full there are more repetitions of it: more kills, more files, more examples.
"""

from __future__ import annotations

import os

STRESS = os.environ.get("TESS_SOURCE_STRESS", "0") not in {"", "0"}


def size(ci: int, stress: int) -> int:
    """Choose between what every change is tested with, and the size in full."""
    return stress if STRESS else ci

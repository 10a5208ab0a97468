"""A resolver: names of your own, from lines such as ``hot one,16740101`` in the file that MY_NAMES names (or names.csv)."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from tess_source import Target, hookimpl


def target_of(name: str) -> Target | None:
    """Return the star of a name; case does not matter."""
    file = Path(os.environ.get("MY_NAMES", "names.csv"))
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.reader(lines) if len(row) == 2]
    tics = {known.strip().lower(): int(tic) for known, tic in rows if tic.strip().isdigit()}
    tic = tics.get(name.strip().lower())
    return None if tic is None else Target(name, tic=tic, resolver="my names")


@hookimpl(tryfirst=True)
def tess_resolve(target: str) -> Target | None:
    """Look a name up here before MAST's resolver is asked."""
    return target_of(target)


@hookimpl(tryfirst=True)
def tess_recall(target: str) -> Target | None:
    """Look it up offline too."""
    return target_of(target)

"""What tests do in a fresh process whose threads all use a library for the first time, at the same moment."""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import tess_source_dv
import tess_source_lightkurve
from tess_source import Session
from tess_source.load.local import manifest_of
from tess_source.tables.listing import Products
from tess_source.tables.plan import Manifest
from tess_source.targets.parse import arcseconds

THREADS = 8


def at_once(uses: dict[str, Callable[[], object]]) -> dict[str, int]:
    """Do these in turn in eight threads, and count the outcomes, each with its name."""
    barrier = threading.Barrier(THREADS)
    found: list[str] = []

    def use(name: str) -> None:
        barrier.wait()
        try:
            found.append(f"{name}: {uses[name]()}")
        except Exception as error:  # noqa: BLE001  it is what the test looks for
            found.append(f"{name}: {type(error).__name__}: {error}")

    names = [*uses] * THREADS
    threads = [threading.Thread(target=use, args=(name,)) for name in names[:THREADS]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {outcome: found.count(outcome) for outcome in sorted(found)}


def manifest(folder: Path) -> Manifest:
    session = Session(discover=False, plugins=[tess_source_lightkurve, tess_source_dv])
    return manifest_of(sorted(folder.iterdir()), session)


def portal() -> str:
    from tess_source.settings import Settings
    from tess_source_mast.portal import portal as portal_of

    return type(portal_of(Settings())).__name__


def mixed(folder: Path) -> None:
    """Begin with all libraries: three uses in two threads each, two in one."""
    files, rows = manifest(folder), [{"uri": "mast:x", "obs_id": "x", "productFilename": "x", "size": 1}]
    uses: dict[str, Callable[[], object]] = {
        "load": lambda: sorted(files.read().groups),
        "iter_load": lambda: len(list(files.iter_load())),
        "portal": portal,
        "radius": lambda: arcseconds("1 arcmin"),
        "table": lambda: len(Products.of(rows).to_table()),
    }
    print(at_once(uses))


def other_filters(folder: Path) -> None:
    """Import lightkurve in one thread, while this one hears warnings and sets a filter; print what became of all that was set."""
    files = manifest(folder)
    heard: list[str] = []
    opened: list[str] = []
    warnings.showwarning = lambda message, *others, **more: heard.append(str(message))
    warnings.filterwarnings("always", "listen")
    before, filters = streams_and_logging(), list(warnings.filters)
    loading = threading.Thread(target=lambda: opened.extend(type(one).__name__ for one in files.iter_load()))
    loading.start()
    while "lightkurve" not in sys.modules:
        pass
    warnings.simplefilter("always", BytesWarning)
    warnings.warn("listen", UserWarning, stacklevel=1)
    loading.join()
    told = {
        "opened": opened,
        "heard": heard,
        "our filter is there": any(one[:3] == ("always", None, BytesWarning) for one in warnings.filters),
        "the filters before are there": [one for one in warnings.filters if one in filters] == filters,
        "all warnings are silenced": any(one[:4] == ("ignore", None, Warning, None) for one in warnings.filters),
        "streams and logging are as before": streams_and_logging() == before,
    }
    print(json.dumps(told))


def streams_and_logging() -> list[object]:
    root = logging.getLogger()
    return [*root.handlers, root.level, sys.stdout, sys.stderr]


if __name__ == "__main__":
    {"mixed": mixed, "other_filters": other_filters}[sys.argv[1]](Path(sys.argv[2]))

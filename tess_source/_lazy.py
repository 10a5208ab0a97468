"""polars and numpy as ``pl`` and ``np``, imported at their first use, so that imports can stand at the top of files and cost nothing.

polars uses its own threads, which a fork does not copy: in a child that was forked after polars was imported, most functions of polars
would wait for them for ever. In such a child the first use raises `ForkedError` instead.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tess_source import system
from tess_source.errors import ForkedError

__all__ = ["FILTERS", "check_fork", "np", "pl", "whole"]

FILTERS = threading.RLock()
"""Lock held while a library is imported or used that sets warning filters for a moment. Before Python 3.14 `warnings.catch_warnings` sets
back the filters of the whole process, also those that another thread has set since, e.g. requests' own at its import."""
_whole: set[str] = set()


def whole(package: str) -> None:
    """Import a package, before parts of it are imported.

    Python lets one thread import a part while another thread is importing the package. If the two need each other, as in astropy, one of
    the threads gets an incomplete module. So call this before every import of a part of astropy.

    Parameters
    ----------
    package : str
        E.g. ``"astropy"``.
    """
    if package not in _whole:
        with FILTERS:
            import_module(package)
        _whole.add(package)


class _Fork:
    """The fork that this process comes from, if any."""

    lost_threads = False
    """Whether polars had been imported before the fork."""


def check_fork() -> None:
    """Raise an error if polars' threads are missing, so that its tables cannot be used.

    Raises
    ------
    ForkedError
        In a process that was forked after polars was imported.
    """
    if _Fork.lost_threads:
        raise ForkedError(
            "this process was forked from one that had imported polars, whose threads a fork does not copy: work on tables would wait for "
            "them for ever. Start processes with spawn: multiprocessing.get_context('spawn').Pool(), or "
            "ProcessPoolExecutor(mp_context=multiprocessing.get_context('spawn'))"
        )


if TYPE_CHECKING:
    import numpy as np
    import polars as pl
else:

    class _Lazy(ModuleType):
        """A placeholder for a module, which is imported at the first use of one of its attributes."""

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__") and name.endswith("__"):  # what copy, inspect and doctest look for in any object
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
            if self is pl:
                check_fork()
            module = import_module(self.__name__)  # waits until it is whole, if another thread imports it
            everything = vars(module).copy()  # in one step: another thread may import a part of it, which adds a name
            self.__dict__.update({key: value for key, value in everything.items() if not key.startswith("__")})
            return getattr(module, name)

    np, pl = _Lazy("numpy"), _Lazy("polars")

    def _after_fork() -> None:
        if "polars" in sys.modules:
            _Fork.lost_threads = True
            for name in [name for name in vars(pl) if not name.startswith("__")]:
                delattr(pl, name)

    system.after_fork(_after_fork)

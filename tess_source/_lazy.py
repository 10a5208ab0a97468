"""polars and numpy as ``pl`` and ``np``, imported at their first attribute: so imports stand at the top of files, and cost nothing.

polars works with threads of its own, which a fork does not copy: in a child that was forked after polars was imported, most of what polars
does waits for them for ever. There the first use raises `ForkedError` instead.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tess_source.errors import ForkedError

__all__ = ["check_fork", "np", "pl", "whole"]


def whole(package: str) -> None:
    """Import a package, before parts of it are imported.

    Python lets one thread import a part while another is in the middle of the package. Where the two need each other, as astropy's do,
    one of the threads gets half a module. So this stands before every import of a part of astropy.

    Parameters
    ----------
    package : str
        E.g. ``"astropy"``.
    """
    import_module(package)


class _Fork:
    """What is known of the fork that this process comes from, if it does."""

    lost_threads = False
    """Whether polars had been imported before it."""


def check_fork() -> None:
    """Refuse to work on polars' tables where polars' threads are missing.

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

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)

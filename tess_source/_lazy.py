"""polars and numpy as ``pl`` and ``np``, imported at their first use, so that imports can stand at the top of files and cost nothing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["np", "pl"]

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
else:

    class _Lazy(ModuleType):
        """A placeholder for a module, which is imported at the first use of one of its attributes."""

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__") and name.endswith("__"):  # what copy, inspect and doctest look for in any object
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
            module = import_module(self.__name__)
            self.__dict__.update({key: value for key, value in vars(module).items() if not key.startswith("__")})
            return getattr(module, name)

    np, pl = _Lazy("numpy"), _Lazy("polars")

"""Environment variables for a while."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["OURS", "PROXIES", "environment"]

PROXIES = tuple(name for word in ("http", "https", "ftp", "all") for name in (f"{word}_proxy", f"{word}_proxy".upper()))
"""Variables that name proxies."""
OURS = ("TESS_SOURCE_", "MAST_API_TOKEN")
"""How the variables begin that tess-source reads as settings."""


@contextmanager
def environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, or remove those whose value is None; at the end each is as it was.

    Parameters
    ----------
    changes : mapping of str to str or None
    """
    before = {name: os.environ.get(name) for name in changes}
    _set(changes)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

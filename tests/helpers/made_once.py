"""Files of sample archives, made once for all tests of a process: each test module starts an archive of its own, for the same few stars."""

from __future__ import annotations

from functools import lru_cache

import tess_source_sample.contents
from tess_source_sample.files import make
from tess_source_sample.known import KnownStars

MOST = 3_000_000
"""Bytes of a file that is kept: a light curve of 2 min has 2 MB."""


@lru_cache(maxsize=40)
def _made(filename: str, size: int) -> bytes:
    return make(filename, size)


def made(filename: str, size: int, *, known: KnownStars) -> bytes:
    """Give what `make` gives."""
    if known._stars or known._runs or size > MOST:
        return make(filename, size, known=known)
    return _made(filename, size)


def use() -> None:
    """Let all sample archives of this process take their files from here."""
    vars(tess_source_sample.contents)["make"] = made

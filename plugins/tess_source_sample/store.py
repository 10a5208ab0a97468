"""The archive's files: made when first asked for, kept while they are in use, the same at every run."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from tess_source_sample.files import make

CAPACITY = 256 * 2**20
"""Bytes of made files that are kept in memory: a hundred light curves and some."""


class Made(NamedTuple):
    """A file and its strong entity tag."""

    body: bytes
    etag: str


def etag(body: bytes) -> str:
    """Return the strong entity tag of some bytes, from their SHA-256."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


class MadeFiles:
    """Makes files on demand, each once, and remembers the latest used. Safe to use from many threads.

    Parameters
    ----------
    maker : callable
        Name and size in bytes to bytes.
    capacity : int
        Bytes to keep at most; a larger file is made anew at every request.
    """

    def __init__(self, maker: Callable[[str, int], bytes] = make, capacity: int = CAPACITY) -> None:
        self._maker = maker
        self._capacity = capacity
        self._kept: OrderedDict[str, Made] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, filename: str, size: int) -> Made:
        """Return a file; whoever asks for the same one meanwhile waits for it instead of making it too."""
        with self._lock:
            kept = self._kept.get(filename)
            if kept is not None:
                self._kept.move_to_end(filename)
                return kept
            making = self._locks.setdefault(filename, threading.Lock())
        with making:
            with self._lock:
                kept = self._kept.get(filename)
            if kept is None:
                body = self._maker(filename, size)
                kept = Made(body, etag(body))
                self._keep(filename, kept)
        return kept

    def _keep(self, filename: str, made: Made) -> None:
        with self._lock:
            self._locks.pop(filename, None)
            if len(made.body) > self._capacity:
                return
            self._kept[filename] = made
            while sum(len(other.body) for other in self._kept.values()) > self._capacity:
                self._kept.popitem(last=False)

"""Ports of this machine at which sample archives listen, or have listened, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

__all__ = ["is_any_listening", "is_gone", "is_listening", "listening"]

_listening: set[int] = set()
_gone: set[int] = set()


@contextmanager
def listening(*urls: str) -> Iterator[None]:
    """Note that sample archives listen at some addresses while the block lasts, and not any more after it."""
    ports = {port for url in urls if (port := urlsplit(url).port)}
    _gone.difference_update(ports)
    _listening.update(ports)
    try:
        yield
    finally:
        _listening.difference_update(ports)
        _gone.update(ports)


def is_listening(port: object) -> bool:
    """Return whether a sample archive listens at a port."""
    return port in _listening


def is_any_listening() -> bool:
    """Return whether there is any sample archive at present."""
    return bool(_listening)


def is_gone(port: object) -> bool:
    """Return whether a sample archive has listened at a port, and does not any more."""
    return port in _gone

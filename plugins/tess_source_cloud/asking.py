"""How the bucket and MAST are asked: by the core's own way of fetching small files, several at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from tess_source.errors import ServiceError
from tess_source.threads import in_order

if TYPE_CHECKING:
    from tess_source.download.lists import Lists

__all__ = ["content_of", "each", "shown"]

LONGEST = 300
"""Letters of an address in a message."""
T = TypeVar("T")
R = TypeVar("R")


def content_of(lists: Lists, address: str, service: str) -> bytes:
    """Return what is at an address.

    Raises
    ------
    ServiceError
        If it does not come, after repeated tries; there is no such thing as an address without an answer here.
    """
    from tess_source.download.lists import NEW

    answer = lists.fetch(address)
    if answer.state != NEW:
        raise ServiceError(service, answer.problem.replace(address, shown(address)))
    try:
        return answer.path.read_bytes()
    finally:
        answer.path.unlink(missing_ok=True)


def shown(address: str) -> str:
    """Return an address for a message: a question for many files is cut."""
    return address if len(address) <= LONGEST else f"{address[:LONGEST]}…"


def each(function: Callable[[T], R], items: Sequence[T], most: int) -> Iterator[R]:
    """Yield results in the order of the items, at most some at a time; in the calling thread where one at a time is enough."""
    return map(function, items) if most == 1 or len(items) < 2 else in_order(function, items, most)

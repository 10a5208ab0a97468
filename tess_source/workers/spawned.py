"""New processes that do not run the program that starts them once more.

They are spawned, not forked: a fork of a process with threads (polars has some) may hang. Python's own spawned processes begin with the
main program of the one that starts them. A script without ``if __name__ == "__main__"`` would so start itself again and again.
"""

from __future__ import annotations

import multiprocessing.context
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any, ClassVar

__all__ = ["Context", "without_main"]

NAME = "spawn-without-main"
_starting = threading.Lock()


class _Process(SpawnProcess):
    """A process that does not run the main program once more."""

    def start(self) -> None:
        with _hidden_main():
            super().start()


class Context(SpawnContext):
    """What makes such processes, for `concurrent.futures` and others that take a context of `multiprocessing`."""

    Process: ClassVar[type[SpawnProcess]] = _Process


def without_main() -> str:
    """Return the name of such a context, for libraries that take one by its name."""
    contexts: dict[str, Any] = vars(multiprocessing.context)[
        "_concrete_contexts"
    ]  # there is no public way to give one a name
    contexts.setdefault(NAME, Context())
    return NAME


@contextmanager
def _hidden_main() -> Iterator[None]:
    """Hide the main program from `multiprocessing`, which tells a new process where to find it."""
    with _starting:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main

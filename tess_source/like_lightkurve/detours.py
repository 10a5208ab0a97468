"""Functions of another package replaced in place for a while, so that every name that anyone has bound to them is reached."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from types import CellType, CodeType, FunctionType
from typing import Any

from tess_source.session import Session, default_session

__all__ = ["Uses", "bypassed", "copy_of", "replace_attribute", "replace_cell", "replace_code"]

_bypass: ContextVar[bool] = ContextVar("tess_source_bypass", default=False)
"""Whether this thread is inside one of our own functions, from where calls go to the other package's own functions."""


@contextmanager
def bypassed() -> Iterator[None]:
    """Let calls of this thread go to the other package's own functions in the meantime."""
    token = _bypass.set(True)
    try:
        yield
    finally:
        _bypass.reset(token)


class Uses:
    """Who has asked for the replacement and has not undone it: it is made for the first, and undone after the last.

    Parameters
    ----------
    install : callable
        Makes the replacement; the stack that it is given undoes it.
    """

    def __init__(self, install: Callable[[ExitStack], None]) -> None:
        self._install = install
        self._lock = threading.RLock()
        self._undo = ExitStack()
        self._sessions: dict[object, Session | None] = {}

    def add(self, user: object, session: Session | None) -> None:
        """Add a user, with the session that is asked from now on; None: the default session of the moment."""
        with self._lock:
            if not self._sessions:
                with ExitStack() as made:  # if one replacement fails, those before it are undone
                    self._install(made)
                    self._undo = made.pop_all()
            self._sessions[user] = session

    def remove(self, user: object) -> None:
        """Remove a user; once more changes nothing."""
        with self._lock:
            if user in self._sessions and len(self._sessions) == 1:
                self._undo.close()
            self._sessions.pop(user, None)

    def clear(self) -> None:
        """Remove all users."""
        for user in list(self._sessions):
            self.remove(user)

    def session(self) -> Session | None:
        """Return the session of the last user; None if there is no user, or this call must not be replaced."""
        with self._lock:
            if _bypass.get() or not self._sessions:
                return None
            last = next(reversed(self._sessions.values()))
        return default_session() if last is None else last


def replace_attribute(undo: ExitStack, owner: Any, name: str, new: Any) -> None:
    """Set an attribute of a module or class until `undo` is closed."""
    undo.callback(setattr, owner, name, vars(owner)[name])
    setattr(owner, name, new)


def replace_code(undo: ExitStack, function: FunctionType, code: CodeType) -> None:
    """Give a function another body until `undo` is closed: it stays the same object, wherever it was imported to."""

    def give(body: CodeType) -> None:
        function.__code__ = body

    undo.callback(give, function.__code__)
    give(code)


def replace_cell(undo: ExitStack, cell: CellType, value: Any) -> None:
    """Give a variable of a closure another value until `undo` is closed."""

    def give(content: Any) -> None:
        cell.cell_contents = content

    undo.callback(give, cell.cell_contents)
    give(value)


def copy_of(function: FunctionType) -> FunctionType:
    """Return a function that keeps the body which the given one has now."""
    copied = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    return copied

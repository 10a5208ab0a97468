"""Where someone may watch what is going on: a notebook, a terminal, or nowhere. A line there that is written anew, again and again."""

from __future__ import annotations

import contextvars
import os
import shutil
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["NotebookView", "TerminalLine", "Ticker", "erase_line", "is_notebook", "is_terminal"]


def is_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def is_terminal() -> bool:
    """Return whether stderr is a terminal."""
    return sys.stderr is not None and not getattr(sys.stderr, "closed", False) and sys.stderr.isatty()


class TerminalLine:
    """The line of the terminal at which the cursor stands. There is one cursor, so that one such line is shown at a time."""

    _lock = threading.RLock()
    _shown = 0
    """Characters of the line that is shown now."""

    def show(self, said: str, _markup: str = "") -> None:
        """Write a text in place of the line, shortened to the width of the terminal."""
        width = max(shutil.get_terminal_size().columns - 1, 3)
        if len(said) > width:  # what changes stands at the end
            said = f"{said[: width // 3 - 1]}…{said[len(said) - width + width // 3 :]}"
        with self._lock:  # no control codes: not all terminals know them
            self._write(f"\r{said.ljust(TerminalLine._shown)}")
            TerminalLine._shown = len(said)

    def clear(self) -> None:
        """Erase the line, so that whatever is printed next stands in its place."""
        with self._lock:
            if TerminalLine._shown:
                self._write(f"\r{' ' * TerminalLine._shown}\r")
                TerminalLine._shown = 0

    def _write(self, said: str) -> None:
        if is_terminal():
            sys.stderr.write(said)
            sys.stderr.flush()


def erase_line() -> None:
    """Erase the line of the terminal that is written anew, if one is shown: a message is about to be printed."""
    if TerminalLine._shown:
        TerminalLine().clear()


class NotebookView:
    """An output of a notebook's cell that is shown anew, again and again: one output, also in the file of the notebook."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, said: str, markup: str = "") -> None:
        """Show a text; where a front end shows HTML, the markup in its place."""
        display: Callable[..., Any] = import_module("IPython.display").display
        bundle = {"text/plain": said, **({"text/html": str(markup)} if markup else {})}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def clear(self) -> None:
        """Show nothing any more."""
        if self._handle is not None:
            self._handle.update({"text/plain": "", "text/html": ""}, raw=True)


class Ticker:
    """A thread that calls a function again and again.

    Parameters
    ----------
    function : callable
    first, pause : float
        Seconds before the first call, and between two.
    """

    def __init__(self, function: Callable[[], object], first: float, pause: float) -> None:
        self._function, self._first, self._pause = function, first, pause
        self._end = threading.Event()
        context = contextvars.copy_context()  # in it, a notebook knows which cell the output is of
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="tess-source-live", daemon=True)
        self._pid = os.getpid()
        self._thread.start()

    def _run(self) -> None:
        pause = self._first
        while not self._end.wait(pause):
            self._function()
            pause = self._pause

    def stop(self) -> None:
        """Stop, and wait until the last call has ended."""
        self._end.set()
        if os.getpid() == self._pid:  # a fork has no such thread
            self._thread.join()

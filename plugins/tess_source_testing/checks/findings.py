"""What a check of a plugin finds."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tess_source.errors import BlockedConnectionError, TessSourceError, type_and_text

__all__ = ["Called", "Findings"]


class Called(NamedTuple):
    """What came of calling a function of a plugin."""

    value: Any = None
    error: BaseException | None = None

    @property
    def ok(self) -> bool:
        """Whether it returned."""
        return self.error is None

    @property
    def said(self) -> str:
        """The type and the message of what it raised."""
        return type_and_text(self.error) if self.error is not None else ""

    @property
    def worded(self) -> bool:
        """Whether it raised an error of tess-source, which says what would be right."""
        return isinstance(self.error, TessSourceError) and not isinstance(self.error, BlockedConnectionError)


class Findings:
    """Problems, each with what would be right, and notes: what is not wrong but could be better."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []

    def problem(self, where: str, what: str) -> None:
        """Add a problem, once."""
        if (said := f"{where}: {what}") not in self.problems:
            self.problems.append(said)

    def note(self, where: str, what: str) -> None:
        """Add a note, once."""
        if (said := f"{where}: {what}") not in self.notes:
            self.notes.append(said)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Called:
        """Call a function of a plugin, and return what it returned or raised."""
        try:
            return Called(function(*arguments))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a stranger's code may raise anything; each caller says what is right
            return Called(error=error)

    def works(self, where: str, outcome: Called, right: str) -> bool:
        """Return whether a function returned; if it raised, add a problem."""
        if outcome.error is not None:
            self.problem(where, f"raised {outcome.said}{_place(outcome.error)}; {right}")
        return outcome.ok


def _place(error: BaseException) -> str:
    """Return the innermost place of the traceback, e.g. ``" (my_plugin.py, line 12)"``."""
    frames = inspect.getinnerframes(error.__traceback__) if error.__traceback__ else []
    own = [frame for frame in frames[1:] if "site-packages" not in frame.filename]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""

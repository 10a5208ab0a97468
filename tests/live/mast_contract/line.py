"""One line of the contract: what is assumed, from which evidence, what depends on it, and the question that settles it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from mast_contract.asking import Asking

__all__ = ["LINES", "SERVICES", "Line", "OtherwiseError", "expect", "line", "short"]

SERVICES = {
    "portal": "mast.stsci.edu",
    "TIC": "mast.stsci.edu",
    "resolver": "mastresolver.stsci.edu",
    "downloads": "mast.stsci.edu",
    "path look-up": "mast.stsci.edu",
    "TESScut": "mast.stsci.edu",
    "bucket": "stpubdata.s3.amazonaws.com",
    "lists": "archive.stsci.edu",
    "target lists": "tess.mit.edu",
    "ExoFOP": "exofop.ipac.caltech.edu",
}
"""Service → its host. Hosts are asked side by side, the services of one host one after the other."""
MARKS = {"V", "D", "O", "U"}
"""How good the evidence is: see the page."""


class OtherwiseError(AssertionError):
    """An assumption does not hold.

    Parameters
    ----------
    expected, came : str
    """

    def __init__(self, expected: str, came: object) -> None:
        self.expected, self.came = expected, short(came)
        super().__init__(f"expected {expected}; came {self.came}")


Settle: TypeAlias = Callable[[Asking], str | None]
"""Asks, and raises OtherwiseError. What it returns is a remark for the report."""


@dataclass(frozen=True)
class Line:
    """One assumption."""

    name: str
    """E.g. ``portal-columns``."""
    service: str
    """Key of `SERVICES`."""
    says: str
    """The assumption."""
    evidence: str
    """Mark and source, e.g. ``"V (a table of 2025)"``."""
    needed_for: str
    """What depends on it."""
    settle: Settle

    @property
    def host(self) -> str:
        """The host that it is asked of."""
        return SERVICES[self.service]


LINES: dict[str, Line] = {}
"""All lines, in the order of the page."""


def line(name: str, service: str, says: str, evidence: str, needed_for: str) -> Callable[[Settle], Settle]:
    """Declare a line, which the decorated function settles. The parameters are those of `Line`."""

    def keep(settle: Settle) -> Settle:
        assert name not in LINES, f"two lines are called {name}"
        assert evidence[0] in MARKS, f"{name}: the evidence begins with one of {MARKS}"
        LINES[name] = Line(name, service, says, evidence, needed_for, settle)
        return settle

    return keep


def expect(holds: object, expected: str, came: object) -> None:
    """Raise OtherwiseError unless something holds."""
    if not holds:
        raise OtherwiseError(expected, came)


def short(came: object, most: int = 160) -> str:
    """Return what came as one line of at most so many characters."""
    text = came.decode("utf-8", "replace") if isinstance(came, bytes) else came
    written = text if isinstance(text, str) else json.dumps(text, default=_said)
    one = " ".join("".join(letter if letter.isprintable() else " " for letter in written).split())
    return one if len(one) <= most else f"{one[:most]}…"


def _said(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)

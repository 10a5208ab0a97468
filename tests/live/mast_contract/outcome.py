"""Settling all lines, hosts side by side: each line holds, is otherwise, or its service is down."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from mast_contract.asking import Asking, DownError, Strange
from mast_contract.line import Line, OtherwiseError, short

__all__ = ["DOWN", "HOLDS", "OTHERWISE", "Outcome", "outcome_of", "settled"]

HOLDS, DOWN, OTHERWISE = "holds", "service down", "is otherwise"
IN_VAIN = 2
"""Lines of a host in a row without an answer, after which it is not asked any more."""
LONGEST = 90.0
"""Seconds for all lines of a host."""


@dataclass(frozen=True)
class Outcome:
    """What became of a line."""

    line: Line
    state: str
    """``holds``, ``service down`` or ``is otherwise``."""
    remark: str = ""
    expected: str = ""
    came: str = ""
    seconds: float = 0.0


def settled(lines: Iterable[Line], asking: Asking) -> dict[str, Outcome]:
    """Settle lines, and return what became of each."""
    hosts = [list(lines) for _, lines in groupby(sorted(lines, key=lambda one: one.host), key=lambda one: one.host)]
    with ThreadPoolExecutor(len(hosts) or 1) as threads:
        found = [outcome for each in threads.map(lambda lines: _of_host(lines, asking), hosts) for outcome in each]
    return {outcome.line.name: outcome for outcome in found}


def _of_host(lines: list[Line], asking: Asking) -> list[Outcome]:
    found: list[Outcome] = []
    end = time.monotonic() + LONGEST
    vain = 0
    for line in lines:
        if vain >= IN_VAIN:
            found.append(Outcome(line, DOWN, f"not asked: {line.host} did not answer before"))
        elif time.monotonic() > end:
            found.append(Outcome(line, DOWN, f"not asked: {line.host} took {LONGEST:g} s for the other lines"))
        else:
            found.append(outcome_of(line, asking))
            vain = vain + 1 if found[-1].state == DOWN else 0
    return found


def outcome_of(line: Line, asking: Asking) -> Outcome:
    """Settle one line."""
    start = time.monotonic()
    state, remark, expected, came = HOLDS, "", "", ""
    try:
        remark = line.settle(asking) or ""
    except DownError as error:
        state, remark = DOWN, short(str(error))
    except OtherwiseError as error:
        state, expected, came = OTHERWISE, error.expected, error.came
    except Strange as error:
        state, expected, came = OTHERWISE, line.says, short(str(error))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        # what came has not even the parts that are looked at
        state, expected, came = OTHERWISE, line.says, f"something else: {short(repr(error))}"
    return Outcome(line, state, remark, expected, came, time.monotonic() - start)

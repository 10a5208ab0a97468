"""Tables with columns of fixed width, as lines with bars between cells: those of IPAC, and the machine-readable tables of journals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["with_bars"]

_FIELD = re.compile(r"\s*(?:(\d+)\s*-)?\s*(\d+)\s+[AIFELD][\d.]+\s+\S+\s+(\S+)")
"""Bytes, format, unit and label of a column, e.g. ``  11- 38 A28    ---       Name``."""
_SEXAGESIMAL = ("RAh", "RAm", "RAs", "DE-", "DEd", "DEm", "DEs")


def with_bars(lines: list[str]) -> list[str]:
    """Return the lines of a table of IPAC or a journal with bars behind each cell, and of any other text as they are.

    What stands above the header, or between it and the rows, becomes empty lines: the numbers of lines stay the same.
    """
    first = next((line for line in lines if line.strip()), "")
    if first[0:1] in ("|", "\\"):
        return _of_ipac(lines)
    if any(line.startswith("Byte-by-byte Description") for line in lines[:200]):
        return _of_journal(lines)
    return lines


def _of_ipac(lines: list[str]) -> list[str]:
    start = next((at for at, line in enumerate(lines) if line.startswith("|")), len(lines))
    end = next((at for at in range(start, len(lines)) if not lines[at].startswith("|")), len(lines))
    rows = [line for line in lines[end:] if line.strip()]
    is_ipac = start < end <= start + 4 and all(line.startswith("\\") for line in lines[:start] if line.strip())
    has_rule = any(set(line) <= set("|:- ") for line in lines[start + 1 : end])  # as in Markdown
    if not is_ipac or has_rule or not rows or any(line[0] != " " or "|" in line for line in rows[:20]):
        return lines
    edges = [match.start() for match in re.finditer(r"\|", lines[start])]
    spans = [(left + 1, right) for left, right in pairwise(edges)]
    body = [_cells(line, spans) for line in lines[end:]]
    return [*[""] * start, _cells(lines[start], spans), *[""] * (end - start - 1), *body]


def _of_journal(lines: list[str]) -> list[str]:
    last = max((at for at, line in enumerate(lines) if re.fullmatch(r"-{20,}\s*", line)), default=0)
    fields = [match for line in lines[:last] if (match := _FIELD.match(line))]
    names = [field[3] for field in fields]
    spans = [(int(field[1] or field[2]) - 1, int(field[2])) for field in fields]
    body = [_cells(line, spans) for line in lines[last + 1 :]]
    if set(_SEXAGESIMAL) <= set(names):
        at = [spans[names.index(name)] for name in _SEXAGESIMAL]
        names += ["RA", "Dec"]
        body = [cells and f"{cells}{_place(line, at)}|" for cells, line in zip(body, lines[last + 1 :], strict=True)]
    return [*[""] * last, "".join(f"{name}|" for name in names), *body]


def _cells(line: str, spans: Sequence[tuple[int, int]]) -> str:
    return "".join(f"{line[start:end].strip()}|" for start, end in spans) if line.strip() else ""


def _place(line: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return the cells of a sexagesimal place as two: its right ascension and its declination."""
    parts = [line[start:end].strip() for start, end in spans]
    return f"{' '.join(parts[:3])}|{parts[3]}{' '.join(parts[4:])}"

"""A question to archives in canonical form, under which its answer is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tess_source.targets.recorded import plain
from tess_source.targets.target import Query, Target

__all__ = ["FORMAT", "Question"]

FORMAT = 2
"""Grows when a kept answer, or the canonical form of a question, comes to mean something else."""


@dataclass(frozen=True)
class Question:
    """A query in canonical form: the same question, however it was spelled, is equal."""

    asked: Mapping[str, Any]
    """Of whom, and with which criteria: all but the targets; plain values."""
    targets: tuple[str, ...]
    """Each once, sorted; ``"TIC 16740101"``, or JSON of a place."""

    @classmethod
    def of(cls, query: Query, **whom: Any) -> Question | None:
        """Bring a query into canonical form.

        Filters do not count: an answer serves all for which it holds enough. Neither the order nor the spelling of targets counts, nor
        the case of column names, nor the order of a list of values. The order of two numbers does: they may be an interval.

        Parameters
        ----------
        query : Query
            Its names are resolved.
        **whom
            Who is asked: plain values.

        Returns
        -------
        Question or None
            None if a value cannot be written down.
        """
        criteria = sorted(([name.lower(), _value(value)] for name, value in query.criteria.items()), key=json.dumps)
        if _unwritable(criteria):
            return None
        asked = {"format": FORMAT, **whom, "criteria": criteria, "wildcards": query.wildcards}
        return cls(asked, tuple(sorted({_target(target) for target in query.targets})))

    @property
    def tics(self) -> frozenset[str]:
        """The targets, if all of them are TIC ids; else none."""
        return frozenset(self.targets if all(target.startswith("TIC ") for target in self.targets) else ())

    @cached_property
    def folder(self) -> str:
        """Name of the folder for answers to questions that differ in their targets only."""
        return _digest(self.asked)

    @property
    def file(self) -> str:
        """Name of the file for the answer."""
        return f"{_digest(self.targets)}-{len(self.targets)}.zip"

    def about(self, target: str) -> Question:
        """Give the same question about one target."""
        return replace(self, targets=(target,))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _target(target: Target) -> str:
    ra = None if target.ra is None else float(target.ra) % 360.0 + 0.0
    place = {"tic": target.tic, "ra": ra, "dec": _number(target.dec), "radius": _number(target.radius)}
    known = {name: value for name, value in place.items() if value is not None}
    return (
        f"TIC {target.tic}" if known.keys() == {"tic"} else json.dumps(known or {"text": target.text}, sort_keys=True)
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value) + 0.0  # no negative zero


def _value(value: Any) -> Any:
    """Bring the value of a criterion into canonical form: one value is a list of one."""
    written = plain(value)
    if isinstance(written, Mapping) and len(written) == 1 and isinstance(parts := written.get("tuple"), list):
        written = parts
    values = [_whole(item) for item in (written if isinstance(written, list) else [written])]
    if len(values) == 2 and all(isinstance(item, int | float) and not isinstance(item, bool) for item in values):
        return values
    unique = {json.dumps(item, sort_keys=True): item for item in values}
    return [unique[text] for text in sorted(unique)]


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _unwritable(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "unwritable" in value or any(map(_unwritable, value.values()))
    return isinstance(value, list) and any(map(_unwritable, value))

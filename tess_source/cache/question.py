"""The canonical form of a question to archives, under which its answer is kept."""

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

FORMAT = 3
"""Number of the format; it grows when the meaning of a kept answer, or of a canonical question, changes."""


@dataclass(frozen=True)
class Question:
    """A query in canonical form: two spellings of the same question are equal."""

    asked: Mapping[str, Any]
    """Who is asked, and the criteria: everything but the targets, in plain values."""
    targets: tuple[str, ...]
    """Each once, sorted; ``"TIC 16740101"``, or JSON of a place."""

    @classmethod
    def of(cls, query: Query, **whom: Any) -> Question | None:
        """Return a query in canonical form.

        Filters do not count: an answer is used for all filters for which it holds enough. The order and the spelling of targets, the case
        of column names and the order of a list of values do not count either. The order of two numbers counts: they may be an interval.
        A criterion that an archive adds by default counts like one that was given.

        Parameters
        ----------
        query : Query
            Names in it must be resolved.
        **whom
            Who is asked: plain values.

        Returns
        -------
        Question or None
            None if a value cannot be written as plain text.
        """
        given = {name.lower(): _canonical(value) for name, value in query.criteria.items()}
        added = {name.lower(): _canonical(value) for name, value in (query.defaults or {}).items()}
        criteria = sorted(([name, value] for name, value in {**added, **given}.items()), key=json.dumps)
        if _has_unwritable(criteria):
            return None
        asked = {"format": FORMAT, **whom, "criteria": criteria, "wildcards": query.wildcards}
        return cls(asked, tuple(sorted({_target_key(target) for target in query.targets})))

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
        """Return the same question about one target."""
        return replace(self, targets=(target,))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _target_key(target: Target) -> str:
    ra = None if target.ra is None else float(target.ra) % 360.0 + 0.0
    place = {"tic": target.tic, "ra": ra, "dec": _positive_zero(target.dec), "radius": _positive_zero(target.radius)}
    known = {name: value for name, value in place.items() if value is not None}
    return (
        f"TIC {target.tic}" if known.keys() == {"tic"} else json.dumps(known or {"text": target.text}, sort_keys=True)
    )


def _positive_zero(value: float | None) -> float | None:
    return None if value is None else float(value) + 0.0  # no negative zero


def _canonical(value: Any) -> Any:
    """Return the value of a criterion in canonical form: one value becomes a list of one."""
    written = plain(value)
    if isinstance(written, Mapping) and len(written) == 1 and isinstance(parts := written.get("tuple"), list):
        written = parts
    values = [_int_if_whole(item) for item in (written if isinstance(written, list) else [written])]
    if len(values) == 2 and all(isinstance(item, int | float) and not isinstance(item, bool) for item in values):
        return values
    unique = {json.dumps(item, sort_keys=True): item for item in values}
    return [unique[text] for text in sorted(unique)]


def _int_if_whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _has_unwritable(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "unwritable" in value or any(map(_has_unwritable, value.values()))
    return isinstance(value, list) and any(map(_has_unwritable, value))

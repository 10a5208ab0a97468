"""The ledger of an answer, what each filter dropped, and the words that explain an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tess_source.display import text
from tess_source.targets.target import Query

__all__ = [
    "MOST_NAMES", "Drop", "cones_in_words", "gaps_in_words", "names_in_words", "observations_in_words", "query_in_words", "record_of_drop",
    "why_nothing",
]  # fmt: skip

OF_CCDS = {"ffi", "ffir", "cube", "cbv", "fast-cbv", "cutout"}
"""Kinds of files that come from whole CCDs: for these, a star need not have been a target."""
MOST_NAMES = 10
"""Most names that `Found.explain` shows one by one."""


@dataclass(frozen=True, slots=True)
class Drop:
    """One line of the ledger: the numbers of products that a filter kept and dropped."""

    filter: str
    value: str
    """The value of the filter, as on the command line."""
    plugin: str
    kept: int
    dropped: int
    asked: Any = None
    """The value as it was given, in plain values: see `tess_source.targets.recorded.plain`."""
    step: int = 0
    """Filters of one selection share this number."""

    def __str__(self) -> str:
        value = text.first(self.value.split(","), separator=",")
        return f"{self.filter}={value}: dropped {self.dropped:,}, kept {self.kept:,} ({self.plugin})"


def names_in_words(query: Query, record: Mapping[str, Any]) -> list[str]:
    """Return what each name was resolved to, and which star it was taken to mean: a line per name, of the first ones."""
    nearest = {star["target"]: star for star in record.get("nearest", ())}
    lines = []
    for target in (target for target in query.targets if target.resolver):
        star = nearest.get(target.text)
        taken = (
            f"; of the stars there, only the nearest: TIC {star['tic']}, {star['arcsec']:.1f} arcsec away"
            if star
            else ""
        )
        lines.append(f"{target.text}: {target.resolver} says {target}{taken}")
    more = [f"and {len(lines) - MOST_NAMES:,} more names"] if len(lines) > MOST_NAMES else []
    return lines[:MOST_NAMES] + more


def observations_in_words(query: Query) -> str:
    """Return what is asked for, e.g. ``observations of 1,000 targets``."""
    if not query.targets:
        return "observations"
    targets = str(query.targets[0]) if len(query.targets) == 1 else text.number(len(query.targets), "target")
    return f"observations of {targets}"


def cones_in_words(query: Query) -> list[str]:
    """Return how far around places observations are looked for: a line per radius."""
    radii = [target.radius for target in query.targets if target.tic is None and target.radius is not None]
    return [f"{text.number(radii.count(radius), 'cone')} of {radius:g} arcsec" for radius in dict.fromkeys(radii)]


def gaps_in_words(query: Query) -> str:
    """Return how many rows of the list of targets had none, and which."""
    return f"{text.number(len(query.gaps), 'row')} without a target ({text.first(query.gaps)})"


def why_nothing(query: Query, record: Mapping[str, Any]) -> str:
    """Return why an answer is empty."""
    if older := record.get("provenance"):
        return f"{' and '.join(older)} answered and has none: it knows nothing beyond the lists that it has"
    kinds = {*getattr(query.filters.get("kind"), "wanted", ())}
    if kinds and kinds <= OF_CCDS:
        return "the archive has no such images: the place may lie outside of the sectors so far, or the latest may not be public yet"
    if any(target.tic is not None for target in query.targets):
        return (
            "the archive answered and has none: the star may never have been a target with a light curve of its own, may lie "
            "outside of all sectors so far, or its latest sector may not be public yet"
        )
    if query.defaults:
        return "the archive answered and has none that meet this and the defaults; a default is left out where its column is given"
    return "the archive answered and has none that meet this"


def record_of_drop(drop: Drop) -> dict[str, Any]:
    """Return a line of the ledger as plain values, for the record of a plan."""
    return {
        "filter": drop.filter, "value": drop.value, "plugin": drop.plugin, "kept": drop.kept, "dropped": drop.dropped,
        "asked": drop.asked, "step": drop.step,
    }  # fmt: skip


def query_in_words(query: Query) -> str:
    """Return a query in words."""
    shown = text.first(query.targets, 5)
    return ", ".join(filter(None, [shown, text.criteria(query.criteria)])) or "everything"

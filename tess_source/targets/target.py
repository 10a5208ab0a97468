"""A target, and what is asked of archives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DEFAULT_RADIUS", "Query", "Target"]

DEFAULT_RADIUS = 3.0
"""Radius of a cone around coordinates [arcsec] if none is given: a seventh of a TESS pixel."""


@dataclass(frozen=True, slots=True)
class Target:
    """One star or place on the sky.

    A target with a TIC id is an identity: archives match it exactly and never widen it to a cone.
    """

    text: str
    """As it was asked for."""
    tic: int | None = None
    """TESS Input Catalog id."""
    ra: float | None = None
    """Right ascension [deg, ICRS]."""
    dec: float | None = None
    """Declination [deg, ICRS]."""
    radius: float | None = None
    """Radius of the cone [arcsec]; None: only the star that the name means."""
    resolver: str | None = None
    """Who turned the name into coordinates."""

    def __str__(self) -> str:
        if self.tic is not None:
            return f"TIC {self.tic}"
        if self.resolver:
            return f"{self.text} ({self.ra:.6f} {self.dec:+.6f}, {self.resolver})"
        return self.text


@dataclass(frozen=True, slots=True)
class Query:
    """A question to archives: all that was asked."""

    targets: tuple[Target, ...] = ()
    """Any of these; none at all means: whatever meets the criteria."""
    criteria: Mapping[str, Any] = field(default_factory=dict)
    """Column of the archive's observation table → a value, a list of values, or [least, greatest] for numbers with a fraction."""
    wildcards: bool = False
    """Whether ``*`` and ``%`` in a criterion stand for any text."""
    filters: Mapping[str, Any] = field(default_factory=dict)
    """Name of a filter → its checked value: all that will be chosen by. An archive need not list what they drop."""
    archives: tuple[str, ...] = ()
    """Names of the archives that are asked; none at all means: those that are asked by default."""

"""Targets, and questions to archives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tess_source.display import text
from tess_source.display.visible import visible_line

__all__ = ["DEFAULT_RADIUS", "Gap", "ObservationKey", "Query", "Target"]

DEFAULT_RADIUS = 3.0
"""Default radius of a cone around coordinates [arcsec]: a seventh of a TESS pixel."""


@dataclass(frozen=True, slots=True)
class Target:
    """One star or place on the sky.

    A target with a TIC id is an identity: archives match it exactly and never widen it to a cone.
    """

    text: str
    """The target as it was given."""
    tic: int | None = None
    """TESS Input Catalog id."""
    ra: float | None = None
    """Right ascension [deg, ICRS]."""
    dec: float | None = None
    """Declination [deg, ICRS]."""
    radius: float | None = None
    """Radius of the cone [arcsec]; None: only the star that the name means."""
    resolver: str | None = None
    """The service that resolved the name."""

    @property
    def search_radius(self) -> float:
        """Radius within which archives look around coordinates [arcsec]: `radius`, or `DEFAULT_RADIUS` around those of a name."""
        return DEFAULT_RADIUS if self.radius is None else self.radius

    def __str__(self) -> str:
        if self.tic is not None:
            return f"TIC {self.tic}"
        if self.resolver:
            return f"{self.text} ({self.ra:.6f} {self.dec:+.6f}, {self.resolver})"
        return self.text


@dataclass(frozen=True, slots=True)
class ObservationKey:
    """One observation, given where a target is expected, by a column of the archive's observation table."""

    column: str
    """``"obs_id"``, the observation's name, or ``"obsid"``, the archive's number of it."""
    value: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A row of a list of targets in which there is none."""

    where: str = ""
    """E.g. ``"line 5 of 'stars.csv'"``; empty: counted where it is met."""


@dataclass(frozen=True, slots=True, repr=False)
class Query:
    """A question to archives."""

    targets: tuple[Target, ...] = ()
    """Targets, any of which must match; if empty, everything that meets the criteria."""
    criteria: Mapping[str, Any] = field(default_factory=dict)
    """Column of the archive's observation table → a value, a list of values, or [least, greatest] for numbers with a fraction."""
    wildcards: bool = False
    """Whether ``*`` and ``%`` in a criterion stand for any text."""
    filters: Mapping[str, Any] = field(default_factory=dict)
    """Name of a filter → its checked value. An archive need not list products that these filters drop."""
    archives: tuple[str, ...] = ()
    """Names of the archives that are asked; if empty, those that are asked by default."""
    defaults: Mapping[str, Any] | None = None
    """Criteria that archives add by default: see `tess_source.hooks.specs.Archive.tess_defaults`. None: not known yet."""
    gaps: tuple[str, ...] = ()
    """Rows of the list of targets that had none and were passed over, e.g. ``"row 3"``."""
    large: bool = False
    """Whether an answer may be larger than an archive gives without being told so."""
    named: bool = False
    """Whether the archives were named by the user. Then each must answer, or it is an error."""

    def __repr__(self) -> str:
        said = {
            "targets": text.first(self.targets, text.FEW), **self.criteria, "filters": {**self.filters},
            "archives": ", ".join(self.archives), "defaults": self.defaults, "passed over": text.first(self.gaps, text.FEW),
        }  # fmt: skip
        return visible_line(f"<Query {'; '.join(f'{name}: {value}' for name, value in said.items() if value)}>")

"""A query as questions to the portal: as few as possible, and none wider than the query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tess_source.errors import QueryError
from tess_source.settings import Settings
from tess_source.targets.target import Query, Target
from tess_source_mast.batches import batches
from tess_source_mast.criteria import checked
from tess_source_mast.deadline import Deadline

if TYPE_CHECKING:
    from tess_source_mast.portal import Portal

__all__ = ["MOST_TARGETS", "PortalQuestion", "questions"]

FILTERED = "Mast.Caom.Filtered"
POSITION = "Mast.Caom.Filtered.Position"
ROWS, COUNT = "*", "COUNT_BIG(*)"
ARCSECOND = 1 / 3600
"""An arcsecond [deg]. Angles are multiplied by it, as astropy does: dividing them by 3600 would round otherwise."""
MOST_TARGETS = 1000
"""TIC ids in one question."""


@dataclass(frozen=True, slots=True)
class PortalQuestion:
    """One question to the portal about observations."""

    service: str
    filters: list[dict[str, Any]]
    names: frozenset[str] = frozenset()
    """The target names that it asks for; empty: any."""
    target: Target | None = None
    """The place that it asks about."""
    position: str = field(default="")
    """Right ascension, declination, radius [deg], as the portal takes them."""
    counted: int | None = None
    """Number of rows, if the portal was asked for it before."""

    def params(self, columns: str = ROWS) -> dict[str, Any]:
        """Return the parameters, in the order in which astroquery writes them."""
        params: dict[str, Any] = {"columns": columns, "filters": self.filters}
        return {**params, "position": self.position} if self.position else params

    @property
    def nearest_only(self) -> bool:
        """Whether it is about the one star that a name means."""
        return self.target is not None and self.target.radius is None


def questions(query: Query, portal: Portal, settings: Settings) -> list[PortalQuestion]:
    """Return the questions to the portal that a query needs.

    Parameters
    ----------
    query : Query
        TIC ids are asked for by exact name, many at a time; each place on the sky is a cone of its own.
    portal : Portal
        Knows the columns.
    settings : Settings

    Returns
    -------
    list of PortalQuestion

    Raises
    ------
    QueryError
        If a target or a criterion makes no sense.
    """
    deadline = Deadline(settings.timeout)
    columns = portal.columns("Mast.Caom.Cone", settings, deadline)
    criteria = checked(query.criteria, columns, query.wildcards, query.defaults)
    tics = list(dict.fromkeys(str(target.tic) for target in query.targets if target.tic is not None))
    places = [target for target in query.targets if target.tic is None]
    if tics and "target_name" in criteria:
        raise QueryError("target_name was given twice: by the TIC ids of the targets, and as a criterion")

    def filters(names: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        return portal.filters({**criteria, **names}, settings, deadline)

    asked = [
        PortalQuestion(FILTERED, filters({"target_name": batch}), names=frozenset(batch))
        for batch in batches(tics, MOST_TARGETS)
    ]
    common = filters({}) if places or not query.targets else []
    asked += [PortalQuestion(POSITION, common, target=place, position=_position_text(place)) for place in places]
    if not query.targets:
        asked.append(PortalQuestion(FILTERED, common))
    return _with_filters(asked)


def _with_filters(asked: Iterable[PortalQuestion]) -> list[PortalQuestion]:
    """Check that every question has a filter, and return them: without one, the whole archive would answer."""
    found = list(asked)
    if any(not question.filters for question in found):
        raise QueryError("at least one criterion is needed: without any, the whole archive would answer")
    return found


def _position_text(target: Target) -> str:
    """Return a cone as text, as astroquery does: degrees, separated by commas."""
    if target.ra is None or target.dec is None:
        raise QueryError(f"target {target.text!r} has neither a TIC id nor coordinates")
    return ", ".join(map(str, (float(target.ra) % 360.0, float(target.dec), float(target.search_radius) * ARCSECOND)))

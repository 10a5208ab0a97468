"""Names to places on the sky, by the archive's own resolver."""

from __future__ import annotations

import re
from typing import Any

from tess_source.errors import ServiceError
from tess_source.settings import Settings, at_server
from tess_source.targets.target import Target
from tess_source_mast.deadline import Deadline
from tess_source_mast.hosts import RESOLVER
from tess_source_mast.shapes import FAILURE, ODD, Json, number_between, shown, unlike

__all__ = ["resolve"]

SERVICE = "MAST name resolver"
_TIC = re.compile(r"tic\s*0*([0-9]{1,18})", re.IGNORECASE)


def resolve(name: str, settings: Settings) -> Target | None:
    """Ask where a named target is, with the request that astroquery sends.

    Parameters
    ----------
    name : str
        E.g. ``"KELT-9"``.
    settings : Settings

    Returns
    -------
    Target or None
        With its TIC id if the resolver takes the name from the TESS Input Catalog, else with coordinates
        [deg, ICRS]; None if the resolver does not know the name.

    Raises
    ------
    ServiceError
        If the resolver fails.
    """
    from tess_source_mast.portal import portal

    params = {"outputFormat": "json", "resolveAll": False, "name": [name]}
    headers = {"Content-type": "application/x-www-form-urlencoded", "Accept": "text/plain"}
    deadline = Deadline(settings.timeout)
    url = at_server(RESOLVER, settings)
    headers |= settings.authorization(url)
    with portal(settings).wire(SERVICE, deadline) as wire:
        answer = wire.ask(SERVICE, "GET", url, deadline, check=_checked_answer, params=params, headers=headers)
    found = answer["resolvedCoordinate"]
    ours = [entry for entry in found if _is_same_name(entry.get("searchString"), name)]
    if found and not ours:
        raise ServiceError(
            SERVICE, f"asked for {name!r}, it answered for {shown(found[0].get('searchString'))}", advice=ODD
        )
    return _target_of_entry(name, ours[0]) if ours else None


def _checked_answer(answer: Any) -> Json:
    """Check that an answer has a list of places, which a failure has not, and return the answer."""
    from tess_source_mast.wire import FleetingError

    if not isinstance(answer, dict) or "resolvedCoordinate" not in answer or FAILURE.search(str(answer.get("status"))):
        raise FleetingError("it failed, and did not say whether it knows the name")
    places = answer["resolvedCoordinate"]
    if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
        raise unlike(SERVICE, f"its list of places is {shown(places)}")
    return answer


def _is_same_name(given: Any, asked: str) -> bool:
    return isinstance(given, str) and " ".join(given.lower().split()) == " ".join(asked.lower().split())


def _target_of_entry(name: str, entry: Json) -> Target:
    ra, dec = number_between(entry.get("ra"), 0, 360), number_between(entry.get("decl"), -90, 90)
    if ra is None or dec is None:
        given = f"ra {shown(entry.get('ra'))}, decl {shown(entry.get('decl'))}"
        problem = f"it knows {name!r}, but gave no coordinates on the sky: {given}"
        raise ServiceError(SERVICE, problem, advice="Give the star's TIC id, or its coordinates as 'ra dec' in degrees")
    who, canonical = (entry.get(key) or "" for key in ("resolver", "canonicalName"))
    if not (isinstance(who, str) and isinstance(canonical, str)):
        raise unlike(SERVICE, f"the names of a resolver and a star are {shown(who)} and {shown(canonical)}")
    if match := _TIC.fullmatch(canonical.strip()):
        return Target(text=name, tic=int(match[1]))
    return Target(text=name, ra=ra, dec=dec, resolver=who or "resolver")

"""Names to places on the sky, by the archive's own resolver."""

from __future__ import annotations

import re
from typing import Any

from tess_source.errors import ServiceError
from tess_source.settings import Settings, at_server
from tess_source.targets.target import Target
from tess_source_mast.deadline import Deadline
from tess_source_mast.hosts import RESOLVER

__all__ = ["resolve"]

SERVICE = "MAST name resolver"
_TIC = re.compile(r"tic\s*0*(\d+)", re.IGNORECASE)


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
    found = answer["resolvedCoordinate"] or []
    ours = [entry for entry in found if _is_same_name(entry.get("searchString"), name)]
    if found and not ours:
        raise ServiceError(SERVICE, f"asked for {name!r}, it answered for {found[0].get('searchString')!r}")
    return _target_of_entry(name, ours[0]) if ours else None


def _checked_answer(answer: Any) -> dict[str, Any]:
    """Check that an answer has a list of places, which a failure has not, and return the answer."""
    from tess_source_mast.wire import FleetingError

    if (
        not isinstance(answer, dict)
        or str(answer.get("status")).upper() == "ERROR"
        or "resolvedCoordinate" not in answer
    ):
        raise FleetingError("it failed, and did not say whether it knows the name")
    return answer


def _is_same_name(given: Any, asked: str) -> bool:
    return " ".join(str(given).lower().split()) == " ".join(asked.lower().split())


def _target_of_entry(name: str, entry: dict[str, Any]) -> Target:
    who, canonical = str(entry.get("resolver") or "resolver"), str(entry.get("canonicalName") or "")
    if match := _TIC.fullmatch(canonical.strip()):
        return Target(text=name, tic=int(match[1]))
    try:
        return Target(text=name, ra=float(entry["ra"]), dec=float(entry["decl"]), resolver=who)
    except (KeyError, TypeError, ValueError) as error:
        raise ServiceError(SERVICE, f"it knows {name!r}, but gave no coordinates") from error

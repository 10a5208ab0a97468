"""The check-up: all findings, fit to be shown to others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from tess_source import config
from tess_source.doctor.asked import services
from tess_source.doctor.finding import PROBLEM, Finding, shareable
from tess_source.doctor.machine import on_this_machine
from tess_source.errors import TessSourceError

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["checkup"]


def checkup(session: Session, wrong: Mapping[str, str] = MappingProxyType({})) -> list[Finding]:
    """Check an installation.

    Parameters
    ----------
    session : Session
        Its plugins and settings are checked, and the services that its plugins declare are asked once each.
    wrong : mapping
        Setting → message, of those for which the session could not be made as it should be. They are left out.

    Returns
    -------
    list of Finding
        By topic. Logins, secrets and the path of your home folder are left out.
    """
    wrong = {**wrong, **config.faults()}
    with config.leaving_out(wrong):
        return shareable([*on_this_machine(session, wrong), *_services(session, wrong)])


def _services(session: Session, wrong: Mapping[str, str]) -> Iterator[Finding]:
    """Yield which services answer. Nothing is asked if it is not clear whether that is wanted."""
    settings = replace(session.settings, offline=True) if "offline" in wrong else session.settings
    try:
        yield from services(session.registry.services, settings)
    except TessSourceError as error:
        yield Finding(PROBLEM, "service", "", str(error))

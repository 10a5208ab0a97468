"""The check-up: all findings, fit to be shown to others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tess_source.doctor.asked import services
from tess_source.doctor.finding import PROBLEM, Finding, shareable
from tess_source.doctor.machine import on_this_machine
from tess_source.errors import TessSourceError

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["checkup"]


def checkup(session: Session) -> list[Finding]:
    """Check an installation.

    Parameters
    ----------
    session : Session
        Its plugins and settings are checked, and the services that its plugins declare are asked once each.

    Returns
    -------
    list of Finding
        By topic. Logins, secrets and the path of your home folder are left out.
    """
    return shareable([*on_this_machine(session), *_services(session)])


def _services(session: Session) -> Iterator[Finding]:
    try:
        yield from services(session.registry.services, session.settings)
    except TessSourceError as error:  # the environment says neither yes nor no about being offline
        yield Finding(PROBLEM, "service", "", str(error))

"""Which services answer, and how fast: each is asked once, all at the same time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from tess_source.display.visible import visible_line
from tess_source.doctor.finding import OFF, OK, PROBLEM, Finding
from tess_source.download.http import timestamp
from tess_source.download.probe import Probe, ServiceAnswer
from tess_source.errors import ServiceError
from tess_source.hooks.records import Service
from tess_source.logins import origin
from tess_source.settings import Settings, at_server, is_offline

__all__ = ["services"]

SECONDS = 5.0
"""Longest wait for a connection and the head of an answer."""
START = 512
"""Bytes of an answer of which the kind is told."""
SKEW = 120.0
"""How wrong a clock may be [s]: servers round, and answers take their time."""
ADVICE = {
    401: "It asks for a login: is another server in its place?",
    403: "It refuses this machine, or something on the way does: may you use it from here?",
    404: "It answers, but not at this address: is another server in its place? If not, please report it",
    429: "It has too many requests: wait some minutes",
    503: "It is overloaded, or being mended: wait some minutes",
}
IN_ITS_PLACE = "Is a page to log in to the network, or another server, in its place? Open the address in a browser"
LATER = "Try again in some minutes; if it lasts, is the service down?"


class _Heard(NamedTuple):
    finding: Finding
    skew: float | None = None
    """How far this machine's clock is ahead of the server's [s]; None if it does not say."""


def services(declared: dict[str, Service], settings: Settings) -> Iterator[Finding]:
    """Yield whether each service answers, and whether this machine's clock is right.

    Parameters
    ----------
    declared : dict
        Name → service.
    settings : Settings
        With the server that is asked in the place of all. Nothing is asked while no connection may be opened.
    """
    if is_offline(settings.offline):
        yield from (
            _of(OFF, service, at_server(service.address, settings), "not asked: offline")
            for service in declared.values()
        )
        return
    if not declared:
        return
    with Probe(SECONDS) as probe, ThreadPoolExecutor(len(declared), "tess-source-doctor") as threads:
        asked = list(threads.map(lambda service: _ask(probe, service, settings), declared.values()))
    yield from (one.finding for one in asked)
    skews = [one.skew for one in asked if one.skew is not None]
    if skews:
        yield _clock(median(skews))


def _ask(probe: Probe, service: Service, settings: Settings) -> _Heard:
    url = at_server(service.address, settings)
    try:
        answer = probe.ask(
            url,
            name=service.name,
            form=service.form,
            headers=settings.authorization(url),
            most=START if service.begins else 0,
        )
    except ServiceError as error:
        return _Heard(_of(PROBLEM, service, url, error.problem, error.advice or LATER))
    said = f"HTTP {answer.status}{_elsewhere(answer, url)} in {answer.seconds:.2f} s"
    date = timestamp(answer.headers.get("Date", ""))
    skew = None if date is None else time.time() - answer.seconds / 2 - date
    if service.begins and (unlike := _unlike(answer, service.begins, url)):
        return _Heard(_of(PROBLEM, service, url, f"HTTP {answer.status}{unlike}", IN_ITS_PLACE), skew)
    if answer.status < 400:
        return _Heard(_of(OK, service, url, said), skew)
    return _Heard(_of(PROBLEM, service, url, f"HTTP {answer.status}", ADVICE.get(answer.status, LATER)), skew)


def _of(state: str, service: Service, url: str, said: str, advice: str = "") -> Finding:
    return Finding(state, "service", f"{service.name} at {urlsplit(url).netloc}", said, advice, service.needed_for)


def _elsewhere(answer: ServiceAnswer, url: str) -> str:
    """Return the host that a redirect names, if it is another one."""
    host = origin(urljoin(url, answer.headers.get("Location", "")))[1]
    return f" to {visible_line(host)}" if 300 <= answer.status < 400 and host != origin(url)[1] else ""


def _unlike(answer: ServiceAnswer, begins: str, url: str) -> str:
    """Return what is unusual in an answer that says that all is well; empty if nothing is."""
    if 300 <= answer.status < 400:
        return _elsewhere(answer, url)
    start = answer.body.strip().lower()
    if answer.status >= 400 or start.startswith(begins.lower().encode()):
        return ""
    return (
        ", but a web page" if start.startswith((b"<!doctype html", b"<html")) else ", but not what it answers usually"
    )


def _clock(skew: float) -> Finding:
    if abs(skew) <= SKEW:
        return Finding(OK, "clock", "this machine", "right")
    size = f"{abs(skew) / 86400:,.0f} days" if abs(skew) > 2 * 86400 else f"{abs(skew) / 60:,.0f} min"
    away = f"{size} {'ahead of' if skew > 0 else 'behind'} the servers'"
    return Finding(PROBLEM, "clock", "this machine", away, "Set it: certificates, and ages of answers, depend on it")

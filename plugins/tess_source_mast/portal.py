"""MAST's portal: astroquery words the questions, `wire` carries them, and every answer is checked before it is believed.

astroquery is imported here, and this module only when a question is asked.
"""

from __future__ import annotations

import functools
import logging
import os
import queue
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tess_source._lazy import whole
from tess_source.display.visible import beginning, logger
from tess_source.errors import PluginError, ServiceError
from tess_source.settings import Settings, at_server
from tess_source.threads import held
from tess_source_mast.batches import MOST_AT_A_TIME
from tess_source_mast.deadline import Deadline
from tess_source_mast.guard import check_rows
from tess_source_mast.hosts import COLUMNS, INVOKE, advice
from tess_source_mast.shapes import (
    FAILURE,
    Json,
    check_envelope,
    check_page,
    check_whole,
    described_columns,
    page_count,
    shown,
    unlike,
)
from tess_source_mast.tokens import cookie
from tess_source_mast.wire import FleetingError, Wire

try:
    whole("astroquery.mast")
    from astroquery.mast.discovery_portal import PortalAPI
except AttributeError as error:
    if sys.flags.optimize < 2:
        raise
    raise PluginError(
        "MAST cannot be asked with python -OO: astroquery imports pyvo, which needs the docstrings that -OO takes away; "
        "use python -O, or no such option"
    ) from error

__all__ = ["CONE", "PRODUCTS", "Json", "Portal", "forget_portals", "portal"]

log: logging.Logger = logger(__name__)

CONE = "Mast.Caom.Cone"
"""The column configuration of observations; astroquery takes it for filters too."""
PRODUCTS = "Mast.Caom.Products"
TEXT_COLUMNS = ("project", "dataproduct_type", "target_name")
"""Columns of observations that questions need as text. If one is described as a number, astroquery leaves out its filter."""

_making = threading.Lock()
"""Is held while a portal is looked up: threads that come at the same time share one, or else each would count its own connections."""


def portal(settings: Settings) -> Portal:
    """Return the portal of a session's server: one object per server and process, which remembers its columns."""
    with _making:
        return _portal(settings.server, settings.insecure_redirects, os.getpid())


@functools.lru_cache(maxsize=64)
def _portal(server: str | None, insecure_redirects: bool, process: int) -> Portal:
    return Portal(server, insecure_redirects)  # a forked process must not share the sockets of its parent


def forget_portals() -> None:
    """Forget all portals with their columns and connections: another server may have the address of one that is gone."""
    _portal.cache_clear()


class Portal:
    """One server's portal, safe to use from many threads.

    Parameters
    ----------
    server : str or None
        Base URL of the server in MAST's place; None: MAST itself.
    insecure_redirects : bool
        Whether redirects from https to http are followed.
    """

    def __init__(self, server: str | None, insecure_redirects: bool = False) -> None:
        self._advice, self._insecure = advice(server), insecure_redirects
        self._columns: dict[str, Json] = {}
        self._reading = threading.Lock()
        self._slots = threading.BoundedSemaphore(MOST_AT_A_TIME)
        self._idle: queue.LifoQueue[Wire] = queue.LifoQueue()

    @contextmanager
    def wire(self, service: str, deadline: Deadline) -> Iterator[Wire]:
        """Yield a connection; at most `MOST_AT_A_TIME` are in use at a time, further callers wait, but not beyond their deadline."""
        with held(self._slots, lambda: deadline.check(service, _BUSY)):
            try:
                wire = self._idle.get_nowait()
            except queue.Empty:
                wire = Wire(self._advice, self._insecure)
            try:
                yield wire
            finally:
                self._idle.put(wire)

    def ask(self, service: str, params: Mapping[str, Any], settings: Settings, deadline: Deadline) -> list[Json]:
        """Ask the portal a question, and fetch all pages of its answer.

        Parameters
        ----------
        service : str
            E.g. ``"Mast.Caom.Filtered"``.
        params : dict
            As in the portal's API.
        settings : Settings
        deadline : Deadline

        Returns
        -------
        list of dict
            The pages; at least one, each with ``data`` and ``fields``. Together they hold as many rows as the portal says.

        Raises
        ------
        ServiceError
            If there is no answer, or not a whole one.
        """
        return list(self.pages(service, params, settings, deadline))

    def pages(
        self,
        service: str,
        params: Mapping[str, Any],
        settings: Settings,
        deadline: Deadline,
        *,
        large: bool = False,
        rows: int | None = None,
    ) -> Iterator[Json]:
        """Ask the portal a question, and yield the pages of its answer, one at a time in memory.

        Parameters
        ----------
        service, params, settings
            As in `ask`.
        deadline : Deadline
            For all pages together; if the answer may be large, for each.
        large : bool
            Whether there may be more than `tess_source_mast.guard.MOST_ROWS` rows.
        rows : int, optional
            Rows per page, where 50,000 would be too large.

        Yields
        ------
        dict

        Raises
        ------
        ServiceError
            As `ask`. That the pages are not the whole answer is known after the last.
        QueryError
            If there are too many rows, after the first page.
        """
        seen: list[Json] = []
        while not seen or len(seen) < page_count(seen[0]):
            deadline = deadline.renewed() if large else deadline
            with self.wire(service, deadline) as wire:
                api = _Api(wire, {service: {}}, service, settings, deadline)
                asked = {"pagesize": rows, "page": len(seen) + 1}
                (page,) = (page.json() for page in api.service_request_async(service, dict(params), **asked))
            check_page(service, page, len(seen) + 1)
            seen.append({**page, "data": range(len(page["data"]))})  # the rows themselves are not kept
            _check_size(service, seen, large)
            yield page
        check_whole(service, seen)
        log.debug("%s: %d rows", service, sum(len(page["data"]) for page in seen))

    def columns(self, name: str, settings: Settings, deadline: Deadline) -> Json:
        """Return the description of a table's columns; the archive is asked once.

        Parameters
        ----------
        name : str
            `CONE` or `PRODUCTS`.
        settings : Settings
        deadline : Deadline

        Returns
        -------
        dict
            Column → its properties.
        """
        with held(self._reading, lambda: deadline.check(name, _BUSY)):
            if name not in self._columns:
                with self.wire(name, deadline) as wire:
                    configs: dict[str, Json] = {}
                    _Api(wire, configs, name, settings, deadline).build_filter_set(name)
                self._columns[name] = configs[name]
            return self._columns[name]

    def filters(self, criteria: Mapping[str, Sequence[Any]], settings: Settings, deadline: Deadline) -> list[Json]:
        """Return criteria as the portal's filters.

        Parameters
        ----------
        criteria : dict
            Column → list of values, as `criteria.checked` gives them.
        settings : Settings
        deadline : Deadline

        Returns
        -------
        list of dict
        """
        wording = PortalAPI()
        wording._column_configs = {CONE: self.columns(CONE, settings, deadline)}
        # astroquery takes wildcards out of the lists that it is given
        copies = {name: list(values) for name, values in criteria.items()}
        filters: list[Json] = wording.build_filter_set(CONE, **copies)
        return filters


@dataclass(frozen=True, slots=True)
class _Page:
    """An answer as astroquery expects one: it has a method `json`."""

    content: Json

    def json(self) -> Json:
        return self.content


class _Api(PortalAPI):  # type: ignore[misc]
    """astroquery's portal client for one question to one server.

    Only `_request` is replaced. astroquery's own posts again at once while a job is running, has no time-outs, and
    switches the process-wide configuration of its cache off and on around each request, which threads undo for each other.
    """

    def __init__(
        self,
        wire: Wire,
        configs: dict[str, Json],
        service: str,
        settings: Settings,
        deadline: Deadline,
    ) -> None:
        super().__init__(wire.session)
        self.MAST_REQUEST_URL = at_server(INVOKE, settings)
        self.COLUMNS_CONFIG_URL = at_server(COLUMNS, settings)
        self._column_configs = configs  # astroquery's own is shared among all servers
        self._wire, self._service, self._settings, self._deadline = wire, service, settings, deadline

    def _request(
        self, method: str, url: str, data: str = "", headers: Mapping[str, str] | None = None, **others: Any
    ) -> list[_Page]:
        headers = headers or {}
        if url == self.COLUMNS_CONFIG_URL:
            return [_Page(self._post(method, url, data, headers, self._checked_description))]
        return [_Page(self._finished_answer(method, url, data, headers))]

    def _finished_answer(self, method: str, url: str, data: str, headers: Mapping[str, str]) -> Json:
        """Ask again, with growing pauses, until a job is done."""
        polls = self._deadline.polls()
        while (answer := self._post(method, url, data, headers, self._checked_answer))["status"] != "COMPLETE":
            self._deadline.sleep(next(polls), self._service, "the archive is still working on it")
        return answer

    def _post(self, method: str, url: str, data: str, headers: Mapping[str, str], check: Any) -> Json:
        headers = {**headers, **cookie(url, self._settings), **self._settings.authorization(url)}
        answer: Json = self._wire.ask(
            self._service, method, url, self._deadline, check=check, data=data, headers=headers
        )
        return answer

    def _checked_answer(self, answer: Any) -> Json:
        """Check that the envelope holds an answer, and return it."""
        if not isinstance(answer, dict) or not isinstance(answer.get("status"), str):
            raise FleetingError("the answer is not the portal's envelope")
        status, message = answer["status"], answer.get("msg") or ""
        if not isinstance(message, str):
            raise unlike(self._service, f"its message is {shown(message)}")
        if status == "ERROR" and any(word in message.lower() for word in ("timeout", "timed out")):
            raise FleetingError(beginning(message), overload=True, slow=True)
        if status not in {"COMPLETE", "EXECUTING"} or (status == "COMPLETE" and FAILURE.search(message)):
            why = beginning(message or "no reason given")
            raise ServiceError(self._service, f"{beginning(status)}: {why}", advice=self._wire.advice)
        if status == "EXECUTING":
            return answer
        if not (_is_table(answer.get("data")) and _is_table(answer.get("fields"))):
            raise FleetingError("the answer has no rows and columns")
        check_envelope(self._service, answer)
        if message:
            log.warning("%s: %s", self._service, beginning(message))
        return answer

    def _checked_description(self, answer: Any) -> Json:
        """Check a description, which is empty when something is wrong at the portal; return it."""
        if not isinstance(answer, dict) or not answer or not _is_table([*answer.values()]):
            raise FleetingError("the description of its columns is empty")
        return described_columns(self._service, answer, TEXT_COLUMNS if self._service == CONE else ())


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _check_size(service: str, pages: Sequence[Json], large: bool) -> None:
    """Check that an answer is not too large, and tell how much of a large one is here.

    Raises
    ------
    QueryError
    """
    rows, count = sum(len(page["data"]) for page in pages), page_count(pages[0])
    total = (pages[0].get("paging") or {}).get("rowsTotal") or rows
    if service != PRODUCTS and not large:
        check_rows(total)
    if large and count > 1:
        log.warning("%s: page %d of %d, %s of %s rows", service, len(pages), count, f"{rows:,}", f"{total:,}")


_BUSY = "other questions took too long"

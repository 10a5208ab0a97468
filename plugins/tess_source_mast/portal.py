"""MAST's portal: `mashup` words the questions, `wire` carries them, and every answer is checked before it is believed."""

from __future__ import annotations

import functools
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tess_source.display import activity
from tess_source.display.visible import beginning, logger
from tess_source.errors import ServiceError
from tess_source.settings import Settings, at_server
from tess_source.threads import held
from tess_source_mast.batches import MOST_AT_A_TIME
from tess_source_mast.deadline import Deadline
from tess_source_mast.guard import check_rows
from tess_source_mast.hosts import COLUMNS, INVOKE, advice
from tess_source_mast.mashup import HEADERS, ROWS_OF_PAGE, description_form, filter_set, page_form
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

__all__ = ["CONE", "PRODUCTS", "Json", "Portal", "forget_portals", "portal"]

log: logging.Logger = logger(__name__)

CONE = "Mast.Caom.Cone"
"""The column configuration of observations, which filters are worded by too."""
PRODUCTS = "Mast.Caom.Products"
TEXT_COLUMNS = ("project", "dataproduct_type", "target_name")
"""Columns of observations that questions need as text. If one were described as a number, its filter would be an interval."""

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
                form = page_form(service, params, rows or ROWS_OF_PAGE, len(seen) + 1)
                page = _Asking(wire, service, settings, deadline).page(form)
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
                    self._columns[name] = _Asking(wire, name, settings, deadline).description()
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
        return filter_set(self.columns(CONE, settings, deadline), criteria)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One question to one server, over one connection."""

    wire: Wire
    service: str
    settings: Settings
    deadline: Deadline

    def page(self, form: str) -> Json:
        """Return one page of an answer. While the portal is working on it, ask again with growing pauses."""
        polls = self.deadline.polls()
        while (answer := self._post(INVOKE, form, self._checked_answer))["status"] != "COMPLETE":
            with activity.waiting(f"waiting for {self.settings.server_name} (EXECUTING)"):
                self.deadline.sleep(next(polls), self.service, "the archive is still working on it")
        return answer

    def description(self) -> Json:
        """Return the description of the columns of a table that is called as the service."""
        return self._post(COLUMNS, description_form(self.service), self._checked_description)

    def _post(self, address: str, form: str, check: Callable[[Any], Json]) -> Json:
        url = at_server(address, self.settings)
        headers = {**HEADERS, **cookie(url, self.settings), **self.settings.authorization(url)}
        answer: Json = self.wire.ask(self.service, "POST", url, self.deadline, check=check, data=form, headers=headers)
        return answer

    def _checked_answer(self, answer: Any) -> Json:
        """Check that the envelope holds an answer, and return it."""
        if not isinstance(answer, dict) or not isinstance(answer.get("status"), str):
            raise FleetingError("the answer is not the portal's envelope")
        status, message = answer["status"], answer.get("msg") or ""
        if not isinstance(message, str):
            raise unlike(self.service, f"its message is {shown(message)}")
        if status == "ERROR" and any(word in message.lower() for word in ("timeout", "timed out")):
            raise FleetingError(beginning(message), overload=True, slow=True)
        if status not in {"COMPLETE", "EXECUTING"} or (status == "COMPLETE" and FAILURE.search(message)):
            why = beginning(message or "no reason given")
            raise ServiceError(self.service, f"{beginning(status)}: {why}", advice=self.wire.advice)
        if status == "EXECUTING":
            return answer
        if not (_is_table(answer.get("data")) and _is_table(answer.get("fields"))):
            raise FleetingError("the answer has no rows and columns")
        check_envelope(self.service, answer)
        if message:
            log.warning("%s: %s", self.service, beginning(message))
        return answer

    def _checked_description(self, answer: Any) -> Json:
        """Check a description, which is empty when something is wrong at the portal; return it."""
        if not isinstance(answer, dict) or not answer or not _is_table([*answer.values()]):
            raise FleetingError("the description of its columns is empty")
        return described_columns(self.service, answer, TEXT_COLUMNS if self.service == CONE else ())


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

"""What the tests of the MAST plugin share: a session at a sample archive, and what was asked of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

import tess_source_mast
from tess_source import Observations, Session
from tess_source.functions import observations
from tess_source_sample.facts import star
from tess_source_sample.server import Recorded, SampleArchive

KELT9, L98, TOI3505, QUIET = 16740101, 307210830, 390988385, 257486953
PLACE = (star(KELT9).ra, star(KELT9).dec)
PAUSES = ("PAUSE", "POLL")


def session_at(archive: SampleArchive, **words: Any) -> Session:
    """Give a session that knows this archive and nothing else."""
    return Session(archive.url, discover=False, plugins=[tess_source_mast], **words)


def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let repetitions follow at once."""
    for name in PAUSES:
        monkeypatch.setattr(f"tess_source_mast.deadline.{name}", 0.0)


def portal_requests(archive: SampleArchive) -> list[Recorded]:
    """Give the questions to the portal, without those for descriptions of columns."""
    return [request for request in archive.requests if request.path == "/api/v0/invoke"]


def asked(archive: SampleArchive) -> list[tuple[str, str, dict[str, Any]]]:
    """Give method, path and everything said in each request, but for the number that defeats caches."""
    said = []
    for request in archive.requests:
        body = dict(request.body)
        if "request" in body:
            body["request"] = {key: value for key, value in body["request"].items() if key != "cacheBreaker"}
        said.append((request.method, request.path, {**body, **request.query}))
    return said


def obsids(table: Any) -> list[str]:
    """Give the archive's numbers in a table of ours or astropy's, sorted."""
    return sorted(str(value) for value in table["obsid"])


def plain(table: Any) -> dict[str, list[Any]]:
    """Give an astropy table as lists, with None for what is masked or not a number."""
    return {name: [_plain(value) for value in table[name]] for name in table.colnames}


def _plain(value: Any) -> Any:
    if type(value).__name__ == "MaskedConstant":
        return None
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else str(value) if isinstance(value, str) else value


def envelope(rows: Iterable[Mapping[str, Any]], types: Mapping[str, str]) -> dict[str, Any]:
    """Wrap rows as the portal does."""
    data = [dict(row) for row in rows]
    paging = {
        "page": 1,
        "pageSize": 50000,
        "pagesFiltered": 1,
        "rows": len(data),
        "rowsFiltered": len(data),
        "rowsTotal": len(data),
    }
    fields = [{"name": name, "type": kind} for name, kind in types.items()]
    return {"status": "COMPLETE", "msg": "", "data": data, "fields": fields, "paging": paging}


def some_observations(session: Session, tic: int = KELT9) -> Observations:
    """Find the observations of a star."""
    return observations(tic, session=session)

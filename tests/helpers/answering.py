"""An archive without a socket: a function answers what requests sends."""

from __future__ import annotations

import copy
import functools
import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
import urllib3
from mast_case import KELT9, PLACE

from tess_source import Observations, Target
from tess_source.errors import ServiceError
from tess_source.settings import Settings
from tess_source.targets.target import Query
from tess_source_mast import fields, observations, products, resolver
from tess_source_mast import portal as mast_portal
from tess_source_sample import portal
from tess_source_sample.contents import Contents

FILTERED, POSITION, PRODUCTS = "Mast.Caom.Filtered", "Mast.Caom.Filtered.Position", "Mast.Caom.Products"

BY_TIC = Query((Target("KELT-9", tic=KELT9),))
BY_PLACE = Query((Target("KELT-9", ra=PLACE[0], dec=PLACE[1]),))
SERVER = "http://archive.test"

Sent = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body of an answer."""


Change = Callable[[Any], Any]
"""From an honest answer to what is sent."""

_catalogue = functools.cache(Contents)


class Answering(requests.adapters.BaseAdapter):
    """Answers as the sample archive does, unless `change` makes something else of it.

    Parameters
    ----------
    monkeypatch : pytest.MonkeyPatch
        Undoes it. Until then, no request of this process leaves it.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.catalogue = _catalogue()
        self.asked: list[str] = []
        self.settings = Settings(SERVER, timeout=20.0)
        monkeypatch.setattr(requests.Session, "get_adapter", lambda session, url: self)
        for name in ("PAUSE", "POLL"):
            monkeypatch.setattr(f"tess_source_mast.deadline.{name}", 0.0)
        self.forget()
        self.honest()

    def honest(self) -> None:
        """Answer as the sample archive does from here on, and forget what was asked."""
        self.change: Callable[[str, Any], Any] = lambda what, answer: answer
        """From the name of a service and the honest answer to what is sent: a JSON value, bytes, or `Sent`."""
        self.asked.clear()

    def forget(self) -> None:
        """Let the description of columns be asked for again."""
        mast_portal._portal.cache_clear()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Answer a request."""
        what, honest = self._honest_answer(request)
        self.asked.append(what)
        sent = self.change(what, honest)
        status, headers, body = sent if isinstance(sent, tuple) else (200, {}, sent)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        raw = urllib3.HTTPResponse(io.BytesIO(body), headers, status, preload_content=False, decode_content=False)
        return requests.adapters.HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        """Close nothing."""

    def _honest_answer(self, request: requests.PreparedRequest) -> tuple[str, Any]:
        parts, form = urlsplit(str(request.url)), unquote(str(request.body or ""))
        if parts.path.startswith("/Santa-war"):
            return "resolver", portal.resolve(self.catalogue, parse_qs(parts.query)["name"])
        if parts.path.endswith("columnsconfig"):
            return "columns", portal.columns_config(form.removeprefix("colConfigId="))
        question = json.loads(form.removeprefix("request="))
        return question["service"], portal.invoke(self.catalogue, question)


QUESTIONS: dict[str, Callable[[Answering, Observations], Any]] = {
    FILTERED: lambda archive, found: observations.find(BY_TIC, archive.settings),
    POSITION: lambda archive, found: observations.find(BY_PLACE, archive.settings),
    PRODUCTS: lambda archive, found: products.list_products(found, archive.settings),
    "count": lambda archive, found: observations.count(BY_TIC, archive.settings),
    "resolver": lambda archive, found: resolver.resolve("KELT-9", archive.settings),
    "TIC": lambda archive, found: resolver.resolve(f"TIC {KELT9}", archive.settings),
    "columns": lambda archive, found: fields.describe("observations", archive.settings),
    "search": lambda archive, found: observations.find(BY_TIC, archive.settings),
}
SERVICE = {"count": FILTERED, "TIC": "resolver", "search": "columns"}
"""The service of which a question is altered, where it is not the question's own."""


def answered(archive: Answering, found: Observations, question: str, change: Change) -> Any:
    """Give the answer to a question if the archive's answer is changed, or the ServiceError that it became."""
    service = SERVICE.get(question, question)
    archive.change = lambda what, answer: change(copy.deepcopy(answer)) if what == service else answer
    if service == "columns":
        archive.forget()
    try:
        return QUESTIONS[question](archive, found)
    except ServiceError as error:
        assert error.advice or "too slowly" in str(error)
        return error
    finally:
        archive.change = lambda what, answer: answer
        if service == "columns":
            archive.forget()


# -- changes --


def with_(path: str, value: Any) -> Change:
    """Give a change of one place of an answer, e.g. ``paging.page`` or ``data.0.obsid``."""

    def change(answer: Any) -> Any:
        place: Any = answer
        *steps, last = (int(step) if step.isdecimal() else step for step in path.split("/"))
        for step in steps:
            place = place[step]
        place[last] = value
        return answer

    return change


def without(path: str) -> Change:
    """Give a change that takes a name out of an object."""

    def change(answer: Any) -> Any:
        *steps, last = path.split("/")
        place: Any = answer
        for step in steps:
            place = place[int(step) if step.isdecimal() else step]
        del place[last]
        return answer

    return change


def as_text(change: Callable[[str], str]) -> Change:
    """Give a change of the text of an answer."""
    return lambda answer: change(json.dumps(answer)).encode("utf-8", "surrogatepass")


def column(called: str, **said: Any) -> Change:
    """Give a change of how a column is declared."""

    def change(answer: Any) -> Any:
        next(field for field in answer["fields"] if field["name"] == called).update(said)
        return answer

    return change


def renamed(old: str, new: str, **said: Any) -> Change:
    """Give a change of the name of a column, in the declaration and in all rows."""

    def change(answer: Any) -> Any:
        rows = [{new if name == old else name: value for name, value in row.items()} for row in answer["data"]]
        return column(old, name=new, **said)({**answer, "data": rows})

    return change


def everywhere(name: str, value: Any) -> Change:
    """Give a change of a column in all rows."""
    return lambda answer: {**answer, "data": [{**row, name: value} for row in answer["data"]]}

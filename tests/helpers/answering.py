"""An archive without a socket: a function answers what requests sends."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
import urllib3

from tess_source.settings import Settings
from tess_source_mast import portal as mast_portal
from tess_source_sample import portal
from tess_source_sample.catalogue import Catalogue

__all__ = ["SERVER", "Answering", "Sent"]

SERVER = "http://archive.test"

Sent = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body of an answer."""


class Answering(requests.adapters.BaseAdapter):
    """Answers as the sample archive does, unless `change` makes something else of it.

    Parameters
    ----------
    monkeypatch : pytest.MonkeyPatch
        Undoes it. Until then, no request of this process leaves it.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.catalogue = Catalogue()
        self.change: Callable[[str, Any], Any] = lambda what, answer: answer
        """From the name of a service and the honest answer to what is sent: a JSON value, bytes, or `Sent`."""
        self.asked: list[str] = []
        self.settings = Settings(SERVER, timeout=20.0)
        monkeypatch.setattr(requests.Session, "get_adapter", lambda session, url: self)
        for name in ("PAUSE", "POLL"):
            monkeypatch.setattr(f"tess_source_mast.deadline.{name}", 0.0)
        self.forget()

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

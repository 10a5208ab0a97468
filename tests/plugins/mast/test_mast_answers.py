"""What the portal and the resolver send is foreign: rows of the right types, or a ServiceError, whatever comes."""

from __future__ import annotations

import copy
import gzip
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from answering import Answering
from fuzz import altered, altered_json, attempts
from mast_case import KELT9, PLACE

from tess_source import Observations, Target
from tess_source.errors import ServiceError
from tess_source.targets.target import Query
from tess_source_mast import fields, observations, products, resolver, wire

FILTERED, POSITION, PRODUCTS = "Mast.Caom.Filtered", "Mast.Caom.Filtered.Position", "Mast.Caom.Products"
BY_TIC = Query((Target("KELT-9", tic=KELT9),))
BY_PLACE = Query((Target("KELT-9", ra=PLACE[0], dec=PLACE[1]),))
Change = Callable[[Any], Any]


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


@pytest.fixture
def found(archive: Answering) -> Observations:
    return observations.find(BY_TIC, archive.settings)


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


def is_sound(answer: Any) -> bool:
    """Tell whether an answer is an error, or is not empty and of the right types."""
    match answer:
        case ServiceError():
            return True
        case bool():
            return False
        case int():
            return answer >= 0
        case Target():
            return answer.tic is not None or (0 <= (answer.ra or 0) <= 360 and -90 <= (answer.dec or 0) <= 90)
        case tuple():
            return all(isinstance(part, str) for field in answer for part in (field.name, field.type, field.unit))
    frame = answer.to_polars() if answer is not None else pl.DataFrame()
    return frame.height > 0 and "archive" in frame.columns


def as_json(sent: Any, chance: random.Random) -> Any:
    """Change a JSON value in one place."""
    return altered_json(sent, chance)


def as_bytes(sent: Any, chance: random.Random) -> bytes:
    """Change the bytes of an answer."""
    return altered(json.dumps(sent).encode(), chance)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("way", [as_json, as_bytes])
def test_an_altered_answer_is_understood_or_a_service_error_and_never_empty(
    archive: Answering, found: Observations, question: str, way: Callable[[Any, random.Random], Any]
) -> None:
    raw = []
    for number, chance in attempts(12):
        sent: list[Any] = []

        def change(answer: Any, chance: random.Random = chance, sent: list[Any] = sent) -> Any:
            sent[:] = sent or [way(answer, chance)]  # the same again if it is asked again
            return sent[0]

        try:
            answer = answered(archive, found, question, change)
        except Exception as error:
            raw.append((number, f"{type(error).__name__}: {error}"[:200], str(sent)[:100]))
            continue
        says_none = isinstance(sent[0], dict) and sent[0].get("resolvedCoordinate") == []
        if not is_sound(answer) and not (answer is None and says_none):
            raw.append((number, f"not sound: {answer}"[:200], str(sent)[:100]))
    assert raw == []

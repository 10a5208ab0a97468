"""Answers of the TIC's service that are not as they should be: an error of ours, or rows that were asked for; never anything else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from fuzz import altered_json, attempts
from tic_case import BY_ID, BY_PLACE, DWARF, FAINT, FAR, TWIN, TicService, session_at

from tess_source.errors import TessSourceError
from tess_source_stars.columns import BY_NAME
from tess_source_stars.stars import Stars

QUESTIONS: dict[str, Callable[[TicService], Stars]] = {
    BY_ID: lambda service: session_at(service, timeout=2.0, jobs=1).stars([DWARF, FAR]),
    BY_PLACE: lambda service: session_at(service, timeout=2.0, jobs=1).stars((84.291198, -80.469144), radius=30),
}
MAY_COME = {BY_ID: {DWARF, FAR}, BY_PLACE: {DWARF, TWIN, FAINT}}


@pytest.mark.parametrize("what", QUESTIONS)
def test_an_answer_that_is_altered_is_an_error_of_ours_or_well_formed(service: TicService, what: str) -> None:
    raw: list[str] = []
    for number, chance in attempts(25):
        honest: list[Any] = []

        def change(name: str, answer: Any, chance: Any = chance, honest: list[Any] = honest) -> Any:
            if name != what:
                return answer
            honest[:] = honest or [altered_json(copy.deepcopy(answer), chance)]  # the same each time it is asked
            return honest[0]

        service.change = change
        try:
            stars = QUESTIONS[what](service)
        except TessSourceError:
            continue
        except Exception as error:  # noqa: BLE001  that is what is looked for
            raw.append(f"{number}: {error!r}")
            continue
        if strange := _strange(stars, MAY_COME[what]):
            raw.append(f"{number}: {strange}")
    assert raw == []


def _strange(stars: Stars, tics: set[int]) -> str:
    frame = stars.to_polars()
    if frame.schema != Stars.empty().to_polars().schema:
        return str(frame.schema)
    numbers = [name for name, column in BY_NAME.items() if column.kind == "Float64"]
    infinite = [name for name in numbers if not frame[name].drop_nulls().is_finite().all()]
    return f"{infinite} {set(stars['tic']) - tics}" if infinite or not set(stars["tic"]) <= tics else ""

"""The questions to the TIC's service are those that astroquery sends, but for two words in them that are not about the question."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import astropy.units as u
import pytest
from astropy.coordinates import SkyCoord
from tic_case import DWARF, FAR, TicService, session_at

from tess_source_stars.service import ROWS_OF_A_PAGE

CONFIG = {"ID": {"text": "TIC ID", "order": 0}, "Tmag": {"text": "TESS Mag.", "vot.datatype": "float"}}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What astroquery sends, in place of sending it."""
    from astroquery.mast.discovery_portal import PortalAPI

    bodies: list[dict[str, Any]] = []

    class Nothing:
        def json(self) -> dict[str, Any]:
            return {"status": "COMPLETE", "data": [], "fields": [], "paging": {}}

    def request(_api: Any, _method: str, _url: str, data: str = "", **_others: Any) -> list[Nothing]:
        bodies.append(json.loads(unquote(data.removeprefix("request="))))
        return [Nothing()]

    def configured(api: Any, service: str, *_others: Any, **_words: Any) -> None:
        api._column_configs[service] = CONFIG

    monkeypatch.setattr(PortalAPI, "_request", request)
    monkeypatch.setattr(PortalAPI, "_get_col_config", configured)
    return bodies


def plain(question: dict[str, Any]) -> str:
    """Give a question without the number that defeats caches, and the word with which astroquery tells its own services apart."""
    return json.dumps({name: value for name, value in question.items() if name not in {"cacheBreaker", "use_json"}})


def test_ids_are_asked_for_as_astroquery_does(
    service: TicService, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from astroquery.mast import CatalogsClass

    CatalogsClass().query_criteria_async(catalog="TIC", ID=[DWARF, FAR], pagesize=ROWS_OF_A_PAGE)
    monkeypatch.undo()
    ours = TicService(monkeypatch)
    session_at(ours).stars([DWARF, FAR])
    assert [plain(question) for question in ours.asked_of_tic] == [plain(question) for question in sent]


def test_cones_are_asked_for_as_astroquery_does(
    service: TicService, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from astroquery.mast import CatalogsClass

    place = SkyCoord(84.25, -80.5, unit="deg")
    CatalogsClass().query_region_async(place, radius=0.25 * u.deg, catalog="Tic", pagesize=ROWS_OF_A_PAGE)
    monkeypatch.undo()
    ours = TicService(monkeypatch)
    session_at(ours).stars((84.25, -80.5), radius="15 arcmin")
    first = ours.asked_of_tic[0]
    assert plain(first) == plain(sent[0])

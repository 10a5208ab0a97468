"""The TIC's service without a socket: rows of stars as MAST gives them, for the tests of the plugin of stars."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
from answering import Answering
from mast_case import envelope

import tess_source_filters
import tess_source_mast
import tess_source_stars
from tess_source import Session

PLUGINS = {"filters": tess_source_filters, "mast": tess_source_mast, "stars": tess_source_stars}
BY_ID, BY_PLACE = "Mast.Catalogs.Filtered.Tic.Rows", "Mast.Catalogs.Tic.Cone"
TEXTS = ("ID", "version", "GAIA", "objType", "lumclass", "disposition", "duplicate_id", "objID")
NUMBERS = (
    "ra", "dec", "pmRA", "e_pmRA", "pmDEC", "e_pmDEC", "plx", "e_plx", "Tmag", "e_Tmag", "Teff", "e_Teff", "logg", "e_logg", "MH", "e_MH",
    "rad", "e_rad", "mass", "e_mass", "lum", "e_lum", "d", "e_d", "contratio",
)  # fmt: skip
TYPES = {**dict.fromkeys(TEXTS, "string"), **dict.fromkeys(NUMBERS, "float"), "numcont": "int"}
"""Column → its declared type; ids are declared as text, and come as integers."""

DWARF, FAINT, TWIN, FAR = 261136679, 261136680, 10000732589, 441420236
"""A star with all values; one 20 arcsec away with few; its duplicate, whose id is beyond 32 bits; and one far away."""
NOT_THERE = 999_999_999_999


def row(tic: int, **values: Any) -> dict[str, Any]:
    """Give a row of the TIC; what is not said is null."""
    return {**dict.fromkeys(TYPES), "ID": tic, "objType": "STAR", "version": "20190415", "objID": tic + 1, **values}


def dwarf(tic: int, **values: Any) -> dict[str, Any]:
    """Give a row with all values; whole floats are written as integers."""
    known = {
        "ra": 84.291198, "dec": -80.469144, "Tmag": 10, "e_Tmag": 0.006, "Teff": 3500, "e_Teff": 157, "rad": 0.4, "e_rad": 0.01,
        "mass": 0.39, "e_mass": 0.02, "logg": 4.8, "e_logg": 0.01, "lum": 0.02, "e_lum": 0.005, "d": 25, "e_d": 0.1,
        "plx": 40, "e_plx": 0.03,
        "pmRA": 300, "e_pmRA": 0.04, "pmDEC": -400, "e_pmDEC": 0.04, "GAIA": "4623036865373793408", "contratio": 0.0125, "numcont": 31,
        "lumclass": "DWARF",
    }  # fmt: skip
    return row(tic, **{**known, **values})


SKY = (
    dwarf(DWARF),
    row(FAINT, ra=84.291198, dec=-80.469144 + 20 / 3600, Tmag=15, plx=-0.3, GAIA="4623036865373793409"),
    row(TWIN, ra=84.2912, dec=-80.46914, Tmag=10.1, disposition="DUPLICATE", duplicate_id=DWARF),
    dwarf(
        FAR,
        ra=311.289719,
        dec=-31.340899,
        Teff=5600,
        rad=1,
        mass=1,
        logg=4.4,
        d=10,
        pmRA=0,
        pmDEC=0,
        Tmag=6.8,
        contratio=None,
    ),
)


class TicService(Answering):
    """Answers questions to the TIC; all others as the sample archive does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, sky: Iterable[Mapping[str, Any]] = SKY) -> None:
        super().__init__(monkeypatch)
        self.sky = {row["ID"]: dict(row) for row in sky}
        self.questions: list[dict[str, Any]] = []
        self.made_up = False
        """Whether stars that are not there are made up."""

    @property
    def asked_of_tic(self) -> list[dict[str, Any]]:
        """The questions to the TIC's services."""
        return [question for question in self.questions if "Tic" in question["service"]]

    def _honest_answer(self, request: requests.PreparedRequest) -> tuple[str, Any]:
        form = unquote(str(request.body or ""))
        if urlsplit(str(request.url)).path.endswith("invoke"):
            question = json.loads(form.removeprefix("request="))
            self.questions.append(question)
            if "Tic" in question["service"]:
                return question["service"], self._tic(question)
        return super()._honest_answer(request)

    def _tic(self, question: dict[str, Any]) -> Any:
        params = question["params"]
        if question["service"] == BY_PLACE:
            around = [(apart(params["ra"], params["dec"], one), one) for one in self.sky.values()]
            near = sorted((away, one["ID"]) for away, one in around if away <= params["radius"] * 3600)
            rows = [{**self.sky[tic], "dstArcSec": away} for away, tic in near]
            return envelope(rows, {**TYPES, "dstArcSec": "float"})
        (only,) = params["filters"]
        assert only["paramName"] == "ID"
        assert params["columns"] == "*"
        tics = list(map(int, only["values"]))
        made = {tic: row(tic, ra=tic % 360, dec=tic % 180 - 90, Tmag=12.5) for tic in tics if self.made_up}
        return envelope([{**made, **self.sky}[tic] for tic in tics if tic in {**made, **self.sky}], TYPES)


def apart(ra: float, dec: float, star: Mapping[str, Any]) -> float:
    """Give the angle between a place and a star [arcsec]."""
    one, two, away = math.radians(dec), math.radians(star["dec"]), math.radians(ra - star["ra"])
    half = math.sin((one - two) / 2) ** 2 + math.cos(one) * math.cos(two) * math.sin(away / 2) ** 2
    return math.degrees(2 * math.asin(math.sqrt(half))) * 3600


def session_at(service: TicService, **words: Any) -> Session:
    """Give a session whose questions go to a service. It knows the plugins that stars need."""
    session = Session(service.settings.server, discover=False, **words)
    for name, plugin in PLUGINS.items():
        session.registry.register(plugin, name, version="1")
    return session

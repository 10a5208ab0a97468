"""Reads a DV report (`dvr.xml`): what one run says of one target, as it stands in the file.

The parser is the standard library's expat with every door shut that a report does not need: no document type (so no entities, internal or
external, and no DTD), a bounded size and a bounded depth. Only what a TCE table needs is kept; pixels and covariances are passed over.

The layout is that of real reports, root ``{http://www.nasa.gov/2018/TESS/DV}dvTargetResults``. Any namespace is accepted; names are
compared without it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tess_source import names
from tess_source.errors import DamagedFileError, LoadError
from tess_source.files.xml_stream import MOST_BYTES, MalformedXmlError, XmlParser
from tess_source.paths import user_path
from tess_source_dv.keys import set_key
from tess_source_dv.sector_bits import sectors_of_bits

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

__all__ = ["Event", "HostileFileError", "Measured", "Report", "read_report"]

ROOT = "dvTargetResults"
MOST_LEVELS = 64
"""Real reports have 6."""
MOST_PARTS = 999
"""Most TCEs of a report, and most parameters of a fit; real reports have fewer than twenty of each."""
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
"""A number that fits in 64 bits, written in ASCII: Python also reads others."""
STAR = {
    "effectiveTemp": "teff", "log10SurfaceGravity": "logg", "log10Metallicity": "metallicity", "radius": "star_radius",
    "stellarDensity": "star_density", "tessMag": "tessmag", "raDegrees": "ra", "decDegrees": "dec", "pmRa": "pmra", "pmDec": "pmdec",
}  # fmt: skip
"""Element → our name of the parameter."""
POSITIVE = frozenset({"teff", "star_radius", "star_density"})
"""Of these, 0 and -1 cannot be values."""


class HostileFileError(LoadError):
    """A file with a document type, with entities, or larger or deeper than any report. It is not read."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its uncertainty and where it comes from; None for what is not known."""

    value: float | None
    uncertainty: float | None = None
    provenance: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One TCE, in the file's own words: attributes as text."""

    number: int
    """``planetNumber``: order of discovery within the run, from 1."""
    planet: Mapping[str, str]
    """Attributes of ``planetResults``."""
    candidate: Mapping[str, str]
    """Attributes of ``planetCandidate``: what the transiting planet search found."""
    fit: Mapping[str, str]
    """Attributes of ``allTransitsFit``."""
    parameters: Mapping[str, Mapping[str, str]]
    """Name → attributes of ``allTransitsFit/modelParameters/modelParameter``."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a DV report says; see `read_report`."""

    filename: str
    """Without folder; "<bytes>" if the report came as bytes without a name."""
    tic: int
    sectors: tuple[int, ...]
    """Sectors that were really used, from ``sectorsObserved``; empty if the report does not say."""
    first_cadence: int | None
    last_cadence: int | None
    """Range of 120-s cadences of the data (CADENCENO of the light curves)."""
    toi: str | None
    """TOI of the target as known to the run, e.g. "175"."""
    simulated: bool
    star: Mapping[str, Measured]
    """teff [K], logg [log10 of cm/s2], metallicity [dex], star_radius [solar radii], star_density [solar densities], tessmag [mag],
    ra, dec [deg], pmra, pmdec [mas/yr]."""
    events: tuple[Event, ...]
    """By number."""
    pipeline: str | None = None
    """"SPOC" or "TESS-SPOC"; this and what follows is None without a file name that says it."""
    first_sector: int | None = None
    last_sector: int | None = None
    run: int | None = None
    set: str | None = None
    """Key of the DV set as in `tess_source_dv.sets.members`, e.g. "SPOC/307210830/s0001-s0013/00226"."""


def read_report(source: Path | str | bytes, name: str | None = None) -> Report:
    """Read a DV report.

    Parameters
    ----------
    source : Path or str or bytes
        A file, or its content.
    name : str, optional
        File name to go by; by default that of the file. Pipeline, range and run are in the name alone.

    Returns
    -------
    Report

    Raises
    ------
    DamagedFileError
        If it is no whole report: cut, empty, an HTML page, of another root, or with text where numbers belong.
    HostileFileError
        If it has a document type (hence entities), or is larger or deeper than any report.
    LoadError
        If its name and its content are of two targets.
    OSError
        If there is no such file, or it cannot be read.
    """
    if isinstance(source, bytes):
        content, filename = source, name or "<bytes>"
    else:
        path = user_path(source)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        filename = name or path.name
    if len(content) > MOST_BYTES:
        raise HostileFileError(f"{filename} has more than {MOST_BYTES:,} bytes, which no DV report has")
    return _report_of_elements(_Reader(filename).read(content), names.parse(filename))


def _report_of_elements(reader: _Reader, name: names.Name) -> Report:
    root, key = reader.root, set_key(name)
    tic = reader.whole_number(root, "ticId")
    if name.tic is not None and name.tic != tic:
        raise LoadError(f"{reader.filename} is a report on TIC {tic}, not on TIC {name.tic} as its name says")
    numbers = [event.number for event in reader.events]
    if len(set(numbers)) < len(numbers):
        reader.damaged(f"it has two TCEs of one number ({', '.join(map(str, numbers))})")
    try:
        sectors = sectors_of_bits(root.get("sectorsObserved", ""), 0)
    except ValueError as error:
        reader.damaged(f"sectorsObserved: {error}", error)
    return Report(
        filename=reader.filename,
        tic=tic,
        sectors=sectors,
        first_cadence=reader.whole_number(root, "startCadence") if "startCadence" in root else None,
        last_cadence=reader.whole_number(root, "endCadence") if "endCadence" in root else None,
        toi=root.get("toiId"),
        simulated=root.get("simData") in {"true", "1"},
        star=reader.star,
        events=tuple(sorted(reader.events, key=lambda event: event.number)),
        pipeline=name.pipeline if key else None,
        first_sector=name.first_sector if key else None,
        last_sector=name.last_sector if key else None,
        run=name.run if key else None,
        set=key,
    )


class _Reader:
    """Reads the elements of a report and keeps those that the TCE table needs."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.root: Mapping[str, str] = {}
        self.star: dict[str, Measured] = {}
        self.events: list[Event] = []
        self._path: list[str] = []
        self._candidate: dict[str, str] = {}
        self._fit: dict[str, str] = {}
        self._parameters: dict[str, Mapping[str, str]] = {}

    def read(self, content: bytes) -> _Reader:
        parser = XmlParser(namespace_separator=" ")
        self._forbid_entities(parser.expat)
        parser.expat.StartElementHandler, parser.expat.EndElementHandler = self._start_element, self._end_element
        try:
            parser.feed(content, final=True)
        except MalformedXmlError as error:
            self.damaged(f"it is {'not whole XML' if content.strip() else 'empty'} ({error.__cause__ or error})", error)
        return self

    def damaged(self, problem: str, cause: Exception | None = None) -> NoReturn:
        raise DamagedFileError(f"{self.filename} is damaged or no DV report: {problem}") from cause

    def whole_number(self, attributes: Mapping[str, str], key: str) -> int:
        """Return an attribute that must be a whole number."""
        text = attributes.get(key)
        if text is None or not WHOLE_NUMBER.fullmatch(text.strip()):
            self.damaged(f"{key} is {text and text[:40]!r}, not a whole number")
        return int(text)

    def _forbid_entities(self, parser: XMLParserType) -> None:
        def refuse(name: str, *said: Any) -> NoReturn:
            if said and name.lower() == "html" and not said[-1]:  # what an archive says when it has no report
                self.damaged("it is an HTML page")
            problem = "has a document type or entities, which no DV report has; it was not read"
            raise HostileFileError(f"{self.filename} {problem}")

        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
        parser.ExternalEntityRefHandler = parser.UnparsedEntityDeclHandler = refuse

    def _start_element(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(" ")[2]
        path = self._path
        path.append(tag)
        level = len(path)
        if level == 1:
            self._check_root(tag, attributes)
        elif level == 2:
            self._read_target(tag, attributes)
        elif path[1] == "planetResults":
            if level == 3 and tag == "planetCandidate":
                self._candidate.update(attributes)
            elif level == 3 and tag == "allTransitsFit":
                self._fit.update(attributes)
            elif level == 5 and tag == "modelParameter" and path[2] == "allTransitsFit":
                self._parameters[attributes.get("name", "")] = attributes
                self._check_number(self._parameters)
        if level > MOST_LEVELS:
            raise HostileFileError(f"{self.filename} has more than {MOST_LEVELS} levels, which no DV report has")

    def _check_number(self, parts: Sized) -> None:
        if len(parts) > MOST_PARTS:
            raise HostileFileError(
                f"{self.filename} has more than {MOST_PARTS} TCEs or parameters of one, which no DV report has"
            )

    def _end_element(self, _: str) -> None:
        self._path.pop()

    def _check_root(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag != ROOT:
            self.damaged(f"its root is <{tag}>, not <{ROOT}>")
        self.root = attributes

    def _read_target(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "planetResults":
            self._candidate, self._fit, self._parameters = {}, {}, {}
            number = self.whole_number(attributes, "planetNumber")
            self.events.append(Event(number, attributes, self._candidate, self._fit, self._parameters))
            self._check_number(self.events)
        elif tag in STAR:
            self.star[STAR[tag]] = self._measured(STAR[tag], attributes)

    def _measured(self, what: str, attributes: Mapping[str, str]) -> Measured:
        value, error = (self._number(what, attributes.get(key)) for key in ("value", "uncertainty"))
        if value in (0, -1) and (what in POSITIVE or (error is not None and error < 0)):
            value = None
        return Measured(value, None if error is None or error < 0 else error, attributes.get("provenance") or None)

    def _number(self, what: str, text: str | None) -> float | None:
        try:
            number = float(text) if text else None
        except ValueError as error:
            self.damaged(f"{what} is {text and text[:40]!r}, not a number", error)
        return number if number is not None and math.isfinite(number) else None

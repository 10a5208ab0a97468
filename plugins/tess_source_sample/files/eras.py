"""How SPOC's headers changed over the years: one record per era, and which file was made when.

The form of a header follows the version of SPOC's software and not the sector: sector 1 was processed in 2018 and again in
2020, under the same names. Versions and data releases are those of real files; between them the next known one is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from tess_source_sample.files import fits

if TYPE_CHECKING:
    from tess_source.names import Name


@dataclass(frozen=True, slots=True)
class Era:
    """What is the same in all headers of some versions of SPOC's software."""

    since: tuple[int, ...]
    """First version."""
    writer: fits.Writer
    """Layout of cards and of numbers."""
    barycentric: bool
    """Whether the primary header gives times as BTJD; else as TJD, at the spacecraft."""
    zone: str
    """What stands behind a UTC date."""
    delays_last: bool
    """Whether readout delay and black levels end the header of a table; else they follow NREADOUT."""
    ticver: str
    """Value and comment of TICVER."""
    dvversn: str
    """Comment of DVVERSN."""
    sectors: str
    """Comment of SECTORS."""
    result: str
    """Ending of the file that RESFILE names."""

    @property
    def scale(self) -> str:
        """Time scale of the primary header."""
        return "BTJD" if self.barycentric else "TJD"


_USED = "bit-vector string 0/1 characters for sectors used"

FIRST = Era(
    *((3,), fits.Writer(), False, "Z", True, "7 / TICVER"),
    *("DV Subversion revision number", "bit-vector string of 17 0/1 chars", "dvt.fits.gz"),
)
"""2018 and 2019."""

SECOND = Era((4,), fits.Writer(), True, "", True, "'8.1' / TIC version", "DV version", _USED, "dvr.xml.gz")
"""From 2020: also the second processing of sectors 1 to 13."""

THIRD = Era((5, 0, 77), fits.Writer(), True, "", True, "'8.2' / TIC version", "DV version", _USED, "dvr.xml.gz")
"""From 2022, with a newer TIC. When exactly it changed between sectors 27 and 68 is a guess."""

FOURTH = Era(
    *((5, 0, 103), fits.Writer(continued=True), True, "", False, "'8.2' / TIC version"),
    *("DV version", _USED, "dvr.xml.gz"),
)
"""From the end of 2023: sectors 72 and later, TESS-SPOC from 67. Long comments go on in CONTINUE cards."""

ERAS = (FOURTH, THIRD, SECOND, FIRST)


@dataclass(frozen=True, slots=True)
class Processing:
    """One run of SPOC's software over a sector."""

    procver: str
    """Version of the software, ``"spoc-5.0.20-20201120"``."""
    data_rel: int
    """Number of the data release."""

    @property
    def era(self) -> Era:
        """How this version wrote headers."""
        version = tuple(int(number) for number in re.findall(r"\d+", self.procver)[:3])
        return next(era for era in ERAS if version >= era.since)

    @property
    def date(self) -> datetime:
        """When the version was made."""
        return datetime.strptime(self.procver.rpartition("-")[2], "%Y%m%d")


_Steps = tuple[tuple[int, str], ...]

_LAST = 10**9

_SPOC: _Steps = (
    *((1, "5.0.10-20200904"), (13, "5.0.20-20201120"), (14, "5.0.96-20230729"), (26, "4.0.28-20200407")),
    *((27, "5.0.12-20200925"), (42, "5.0.43-20210918"), (57, "5.0.77-20221025"), (71, "5.0.96-20230729")),
    *((75, "5.0.104-20240131"), (81, "5.0.105-20240531"), (82, "5.0.109-20240913"), (_LAST, "5.0.115-20250131")),
)
"""Last sector of 120-s and 20-s data, and version that the archive has of it today."""

_SPOC_FIRST: _Steps = (
    *((2, "3.3.36-20180925"), (4, "3.3.45-20181121"), (5, "3.3.55-20190205"), (13, "3.3.57-20190215")),
)
"""The same of the first processing of sectors 1 to 13."""

_TESS_SPOC: _Steps = (
    *((1, "5.0.15-20201021"), (26, "5.0.20-20201120"), (27, "5.0.12-20200925"), (42, "5.0.43-20210918")),
    *((66, "5.0.77-20221025"), (68, "5.0.103-20231116"), (81, "5.0.105-20240531"), (_LAST, "5.0.115-20250131")),
)
"""Last sector of TESS-SPOC, and version."""

_RUNS: _Steps = (
    *((125, "3.3.36-20180925"), (139, "3.3.45-20181121"), (239, "3.3.55-20190205"), (361, "4.0.28-20200407")),
    *((366, "5.0.10-20200904"), (471, "5.0.20-20201120"), (555, "5.0.43-20210918"), (692, "5.0.77-20221025")),
    *((810, "5.0.96-20230729"), (890, "5.0.104-20240131"), (918, "5.0.105-20240531"), (970, "5.0.109-20240913")),
    *((_LAST, "5.0.115-20250131"),),
)
"""Last data validation run, and version: run numbers count up with time."""

_RELEASES = ((1, 42), (13, 42), (14, 30), (19, 30), (27, 38), (68, 95), (81, 114), (88, 121), (95, 128))
"""Sector and data release that the archive has today."""

_RELEASES_FIRST = ((1, 1), (3, 4), (5, 7), (6, 8), (13, 15))
"""The same of the first processing of sectors 1 to 13."""

FORMER_STAMPS = {6: "2018349182459"}
"""Time stamp of a sector's names before it was processed again; those of all others have stayed."""


def between(points: tuple[tuple[int, int], ...], x: int) -> int:
    """Return the value at `x` of a line through known points; before and after them it goes on."""
    pair = next((pair for pair in pairwise(points) if x <= pair[1][0]), points[-2:])
    (low, first), (high, last) = pair
    return round(first + (last - first) * (x - low) / (high - low))


def _step(steps: _Steps, x: int) -> str:
    return next(f"spoc-{version}" for last, version in steps if x <= last)


def of_sector(sector: int, pipeline: str = "SPOC", *, first: bool = False) -> Processing:
    """Return how a sector was processed: as the archive has it today or, `first`, as it was before its second processing."""
    if first and sector <= _SPOC_FIRST[-1][0] and pipeline == "SPOC":
        return Processing(_step(_SPOC_FIRST, sector), between(_RELEASES_FIRST, sector))
    steps = _SPOC if pipeline == "SPOC" else _TESS_SPOC
    return Processing(_step(steps, sector), between(_RELEASES, sector))


def of_name(name: Name, *, first: bool = False) -> Processing:
    """Return how the file of a name was processed; `first` as `of_sector`, and so is a name with a former time stamp."""
    sector = int(name.first_sector or 0)
    former = FORMER_STAMPS.get(sector) == name.timestamp
    return of_sector(sector, name.pipeline or "SPOC", first=first or former)


def of_run(run: int, last_sector: int) -> Processing:
    """Return how a data validation run was processed; run 0 is TESS-SPOC's."""
    if not run:
        return of_sector(last_sector, "TESS-SPOC")
    procver = _step(_RUNS, run)
    first = procver < "spoc-4" and last_sector <= _SPOC_FIRST[-1][0]
    return Processing(procver, of_sector(last_sector, first=first).data_rel)

"""The sectors of stars, as a table: one row per star, sector and CCD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from tess_source.tables.rows import Rows

__all__ = ["SeenSectors"]


class SeenSectors(Rows):
    """Sectors in which stars lie on a CCD, or in which there are data of them; one row per star, sector and CCD.

    Where the fields of two cameras overlap, a star has two rows for a sector. A star without any sector has one row, whose sector is null.

    `target` is the position of the star in the question, from 0; `ra` and `dec` [deg] are where it was looked for. `start` and `end` of
    the sector are UTC in ISO format, null where they are not known; `cadence` is that of full-frame images [s]. `lc` and `fast_lc` say
    whether there is a 2-min and a 20-s light curve, `hlsp` names the pipelines with other products, `dv` says whether there is data
    validation that used the sector; these are null where no archive was asked, or where the catalogue has no list that would tell. `margin`
    is the distance from the edge of the science pixels [arcmin], negative outside them. `column` and `row` are the pixel, as tess-point
    gives it: from 1, with the 44 columns in front of the science pixels. `state` is one of the states of
    `tess_source_sectors.states`, `why` says it in a line.
    """

    schema: ClassVar[Mapping[str, str]] = {
        "target": "Int64", "tic": "Int64", "ra": "Float64", "dec": "Float64", "sector": "Int32", "camera": "Int32", "ccd": "Int32",
        "start": "String", "end": "String", "cadence": "Int32", "state": "String", "lc": "Boolean", "fast_lc": "Boolean",
        "hlsp": "String", "dv": "Boolean", "margin": "Float64", "column": "Float64", "row": "Float64", "why": "String",
    }  # fmt: skip
    shown: ClassVar[Sequence[str]] = (
        "target", "tic", "sector", "camera", "ccd", "state", "lc", "fast_lc", "hlsp", "dv", "start", "cadence",
    )  # fmt: skip
    whole: ClassVar[Sequence[str]] = ("sector", "camera", "ccd", "state")
    noun = "sector"
    __slots__ = ()

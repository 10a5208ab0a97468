"""The table of TOIs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from tess_source._lazy import np, pl, whole
from tess_source.display.text import NumberLook
from tess_source.tables.rows import Rows
from tess_source_stars.toi.columns import COLUMNS

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["BTJD", "Tois"]

BTJD = 2457000.0
"""BTJD = BJD - 2457000."""


class Tois(Rows):
    """TESS objects of interest, one per row; the columns are described in `tess_source_stars.toi.columns`."""

    schema: ClassVar[Mapping[str, str]] = {column.name: column.dtype for column in COLUMNS}
    shown: ClassVar[Sequence[str]] = (
        *("toi", "tic", "disposition", "tess_disposition", "period", "epoch", "duration", "depth"),
        *("planet_radius", "tmag", "sectors", "comments"),
    )
    whole: ClassVar[Sequence[str]] = ("toi", "tic", "disposition", "period", "epoch")
    looks: ClassVar[Mapping[str, NumberLook]] = {
        "period": NumberLook("d", 6), "epoch": NumberLook("BTJD", 5), "duration": NumberLook("h", 3),
        "depth": NumberLook("ppm", 1),
        "planet_radius": NumberLook("R⊕", 2), "tmag": NumberLook(decimals=2),
    }  # fmt: skip
    noun = "TOI"
    __slots__ = ()

    def to_table(self) -> QTable:
        """Return an astropy table with units, and `epoch` as time.

        Returns
        -------
        astropy.table.QTable
            Quantities where there is a unit; depths in parts per million have the unit 1e-06. `epoch` is an astropy Time (format "jd",
            scale "tdb"). Nulls are masked. Descriptions are in ``info``. FITS has no unit for Earth radii: convert them before you save
            the table as FITS.
        """
        whole("astropy")
        from astropy.table import QTable
        from astropy.time import Time

        table = super().to_table()
        for column in COLUMNS:
            table[column.name].info.description = column.doc
            if column.unit:
                table[column.name].info.unit = column.unit
        made = QTable(table)
        epochs = self["epoch"]
        days = np.ma.array(epochs.fill_null(0.0).to_numpy(), mask=epochs.is_null().to_numpy())
        made["epoch"] = Time(np.full(len(self), BTJD), days, format="jd", scale="tdb")
        made["epoch"].info.description = "mid-time of a transit (TDB, barycentric)"
        return made

    def of_stars(self, tics: Sequence[int]) -> Tois:
        """Return the TOIs of some stars.

        Parameters
        ----------
        tics : sequence of int
            TIC ids.
        """
        return self.where(pl.col("tic").is_in(list(tics)))

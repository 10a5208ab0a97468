"""What the tests of TOIs share: tables as ExoFOP and others wrote them over the years, and a server that has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from serving import Server

PATH = "/tess/download_toi.php?sort=toi&output=csv"
PREAMBLE = (
    "This file was produced by the Exoplanet Follow-up Observing Program website (exofop.ipac.caltech.edu) on "
    "Mon Sep 30 16:54:04 2024"
)
KEYS = ("tic", "toi", "tess", "tfopwg", "tmag", "epoch", "epoch_err", "period", "period_err", "duration", "duration_err", "depth",
        "depth_err", "radius", "sectors", "comment", "alerted")  # fmt: skip
HEADERS: Mapping[str, Sequence[str]] = {
    "2020": (
        "TIC ID", "TOI", "TESS Disposition", "TFOPWG Disposition", "TESS Mag", "Epoch (BJD)", "Epoch (BJD) err", "Period (days)",
        "Period (days) err", "Duration (hours)", "Duration (hours) err", "Depth (ppm)", "Depth (ppm) err", "Planet Radius (R_Earth)",
        "Sectors", "Comments", "Date TOI Alerted (UTC)",
    ),
    "2024": (
        "TIC ID", "TOI", "TESS Disposition", "TFOPWG Disposition", "TESS mag", "Transit Epoch (BJD)", "Transit Epoch error",
        "Period (days)", "Period error", "Duration (hours)", "Duration error", "Depth (ppm)", "Depth (ppm) error",
        "Planet Radius (R_Earth)", "Sectors", "Comments", "Date TOI Alerted (by TESS Project)",
    ),
    "MIT": (
        "TIC", "Full TOI ID", "TOI Disposition", "EXOFOP Disposition", "TMag Value", "Epoch Value", "Epoch Error", "Orbital Period Value",
        "Orbital Period Error", "Transit Duration Value", "Transit Duration Error", "Transit Depth Value", "Transit Depth Error",
        "Planet Radius Value", "Sectors", "Public Comment", "Alerted",
    ),
    "NASA": (
        "tid", "toi", "tess_disp", "tfopwg_disp", "st_tmag", "pl_tranmid", "pl_tranmiderr1", "pl_orbper", "pl_orbpererr1",
        "pl_trandurh", "pl_trandurherr1", "pl_trandep", "pl_trandeperr1", "pl_rade", "sectors", "comments", "toi_created",
    ),
}  # fmt: skip
"""Headers of several years and houses, in the order of `KEYS`."""


def toi(number: str, tic: int, **values: Any) -> dict[str, str]:
    """Return the cells of a TOI."""
    usual = {
        "tess": "PC", "tfopwg": "", "tmag": "10.5", "epoch": "2459000.123456", "epoch_err": "0.0005", "period": "5.25",
        "period_err": "0.00001", "duration": "2.5", "duration_err": "0.1", "depth": "1000", "depth_err": "20", "radius": "2.1",
        "sectors": "1,2,27", "comment": "", "alerted": "2019-05-07",
    }  # fmt: skip
    return {"toi": number, "tic": str(tic), **usual, **{name: str(value) for name, value in values.items()}}


ROWS = (
    toi("700.01", 150428135, tfopwg="CP", period="16.051098", comment="TOI-700 c, in the middle"),
    toi("700.02", 150428135, tfopwg="CP", period="37.4247"),
    toi("700.03", 150428135, period="9.97701"),
    toi("701.01", 47384844, tfopwg="FP", comment='EB; "V-shaped"'),
    toi("3505.01", 390988385, tfopwg="PC", period="2.915145579641331", epoch="2459770.2097513", epoch_err="0.0002",
        period_err="0.000002", duration="2.711", depth="3291.9", comment="promising"),
    toi("175.01", 307210830, tfopwg="CP", period="3.6906795", epoch="2460039.150624", period_err="0.0000013", duration="1.107"),
)  # fmt: skip


def table(
    rows: Sequence[Mapping[str, str]] = ROWS, year: str = "2024", *, delimiter: str = ",", end: str = "\r\n", bom: bool = True,
    before: Sequence[str] = (PREAMBLE, ""), quoted: bool = True,
) -> bytes:  # fmt: skip
    """Return the bytes of a table of TOIs."""

    def line(cells: Sequence[str]) -> str:
        return delimiter.join('"' + cell.replace('"', '""') + '"' if quoted else cell for cell in cells)

    lines = [*before, line(HEADERS[year]), *(line([row[key] for key in KEYS]) for row in rows)]
    return (b"\xef\xbb\xbf" if bom else b"") + (end.join(lines) + end).encode()


def serve(server: Server, rows: Sequence[Mapping[str, str]] = ROWS) -> Server:
    """Put a table of TOIs on a server, at ExoFOP's address."""
    server.files[PATH] = table(rows)
    return server

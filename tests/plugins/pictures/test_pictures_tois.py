"""The part of a page about TOIs: each with its disposition in words, its period and epoch, and the TCE that it is."""

from __future__ import annotations

import re

import polars as pl
from toi_case import table, toi

from tess_source_dv.candidates.published import with_tois
from tess_source_dv.read.tces import TCEs
from tess_source_pictures.tois import tois_html
from tess_source_stars.toi.reading import tois_of_bytes

TOIS = tois_of_bytes(
    table(
        [
            toi("700.01", 42, tfopwg="CP", comment="<b>bold</b>"),
            toi("700.02", 42, period="10.5"),
            toi("700.03", 42, period="", tess="V"),
        ]
    ),
    "ExoFOP",
)
TCES = TCEs.of(
    [
        {"set": "SPOC/42/s0001-s0001/00001", "tce": number, "tic": 42, "filename": "a.xml", "period": period, "period_err": 1e-6,
         "epoch": 2000.1234, "epoch_err": 1e-3, "duration": 2.5, "converged": True, "transits_expected": 5}
        for number, period in ((1, 5.25), (2, 21.0))
    ]
)  # fmt: skip


def rows_of(markup: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", markup, re.DOTALL)[1:]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in rows]


def test_each_toi_stands_with_the_tce_that_it_is() -> None:
    shown = "\n".join(map(str, tois_html(TOIS, with_tois(TCES, TOIS))))
    rows = rows_of(shown)
    assert [row[:5] for row in rows] == [
        ["700.01", "1", "CP (confirmed planet)", "5.250000", "2000.1235"],
        ["700.02", "2 (period 2:1)", "PC (planet candidate)", "10.500000", "2000.1235"],
        ["700.03", "–", "V (variable star)", "–", "2000.1235"],
    ]
    assert rows[0][-1] == "&lt;b&gt;bold&lt;/b&gt;"
    assert "From ExoFOP of 2024-09-30" in shown


def test_a_star_without_tois_is_told_so_and_without_a_table_nothing_is_said() -> None:
    assert "has none of this star" in "".join(map(str, tois_html(TOIS.where(pl.lit(False)), TCES)))
    assert tois_html(None, TCES) == []

"""The part of a page about TESS objects of interest (TOIs), each with the TCE that it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tess_source.display.html import Markup, element
from tess_source_pictures.html import table, text

if TYPE_CHECKING:
    from tess_source.tables.rows import Rows
    from tess_source_dv.read.tces import TCEs

__all__ = ["tois_html"]

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("TOI", "toi", "{}"), ("TCE", "tce", "{}"), ("disposition", "disposition", "{}"), ("period [d]", "period", "{:.6f}"),
    ("epoch [BTJD]", "epoch", "{:.4f}"), ("duration [h]", "duration", "{:.2f}"), ("depth [ppm]", "depth", "{:,.0f}"),
    ("radius [R⊕]", "planet_radius", "{:.2f}"),
)  # fmt: skip
"""Heading, column, format."""
WORDS = {
    "CP": "confirmed planet", "KP": "known planet", "PC": "planet candidate", "APC": "ambiguous candidate", "FP": "false positive",
    "FA": "false alarm", "EB": "eclipsing binary", "V": "variable star", "IS": "instrument", "O": "other",
}  # fmt: skip


def tois_html(tois: Rows | None, tces: TCEs) -> list[Markup]:
    """Return the part of the page about TOIs; nothing if there is no table of TOIs.

    Parameters
    ----------
    tois : Rows or None
        Those of the star, in the columns of `tess_source_dv.candidates.published.with_tois`.
    tces : TCEs
        As `with_tois` gives them.
    """
    if tois is None:
        return []
    heading = element("h2", "TESS objects of interest")
    if not len(tois):
        return [heading, element("p", "ExoFOP's table of TOIs has none of this star.")]
    is_tce = {row["exofop_toi"]: row for row in tces if row.get("exofop_toi")}
    rows = [
        [
            *(_formatted(row, column, form) for _, column, form in COLUMNS),
            element("span", text(row["comments"]), class_="remark"),
        ]
        for row in (_shown(toi, is_tce.get(toi["toi"])) for toi in tois)
    ]
    whose = "dispositions are those of TFOPWG, or else of the TESS project"
    said = f"From {tois[0]['source']}; {whose}. A TOI is a TCE where period and epoch agree."
    head = [*(heading for heading, _, _ in COLUMNS), "comment"]
    return [heading, element("p", said, class_="soft"), table(head, rows)]


def _shown(toi: Mapping[str, Any], tce: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values of a TOI, with its disposition in words, and the number of its TCE."""
    word = toi["disposition"] or toi["tess_disposition"]
    said = f"{word} ({WORDS[word]})" if word in WORDS else word
    if tce is None:
        return {**toi, "disposition": said, "tce": None}
    ratio = "" if tce["toi_ratio"] == "1:1" else f" (period {tce['toi_ratio']})"
    return {**toi, "disposition": said, "tce": f"{tce['tce']}{ratio}"}


def _formatted(row: Mapping[str, Any], column: str, form: str) -> str | None:
    return None if row[column] is None else form.format(row[column])

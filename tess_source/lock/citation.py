"""How to cite the files of a lock: the DOIs under which MAST publishes them, as far as they are known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tess_source.display import text
from tess_source.names.sectors import text_of_sectors

if TYPE_CHECKING:
    from tess_source.tables.items import Item
    from tess_source.tables.plan import Plan

__all__ = ["ACKNOWLEDGEMENT", "DOIS", "cite"]

ACKNOWLEDGEMENT = (
    "This paper includes data collected with the TESS mission, obtained from the MAST data archive at the Space Telescope Science "
    "Institute (STScI). Funding for US Institutions for the TESS mission is provided by the NASA Explorer Program. STScI is "
    "operated by the Association of Universities for Research in Astronomy, Inc., under NASA contract NAS5-26555."
)
LIST_OF_DOIS = "https://archive.stsci.edu/publishing/doi"

DOIS: Mapping[tuple[str, str | None], tuple[str, str]] = {
    # DataCite's record of the DOI: "TESS Light Curves - All Sectors", STScI/MAST, 2021: the 2-minute light curves
    ("SPOC", "lc"): ("TESS Light Curves - All Sectors, STScI/MAST", "10.17909/t9-nmc8-f686"),
    # landing page of the DOI: "TESS calibrated full-frame images: all sectors"
    ("SPOC", "ffi"): ("TESS Calibrated Full-Frame Images: All Sectors, STScI/MAST", "10.17909/0cp4-2j79"),
    # https://archive.stsci.edu/hlsp/tess-spoc, and Caldwell et al. 2020, RNAAS 4, 201
    ("TESS-SPOC", None): ('TESS Light Curves From Full Frame Images ("TESS-SPOC"), STScI/MAST', "10.17909/t9-wpz1-8s54"),
    # https://archive.stsci.edu/hlsp/qlp, and Huang et al. 2020, RNAAS 4, 204
    ("QLP", None): ('High Level Science Product "QLP", STScI/MAST', "10.17909/t9-r086-e880"),
    # https://archive.stsci.edu/hlsp/gsfc-eleanor-lite
    ("GSFC-ELEANOR-LITE", None): (
        "TESS FFI-Based Light Curves from the GSFC Team (GSFC-ELEANOR-LITE), STScI/MAST",
        "10.17909/j2yt-t417",
    ),
    # https://archive.stsci.edu/hlsp/tglc, and Han & Brandt 2023, AJ 165, 71
    ("TGLC", None): ('High Level Science Product "TGLC", STScI/MAST', "10.17909/610m-9474"),
    # https://archive.stsci.edu/hlsp/tica, and Fausnaugh et al. 2020, RNAAS 4, 251
    ("TICA", None): ('High Level Science Product "TICA", STScI/MAST', "10.17909/t9-9j8c-7d30"),
}  # fmt: skip
"""(pipeline, kind of product, or None for all its kinds) → title and DOI; only what is documented, see the comment on each.

MAST has DOIs for more than these: what is missing here is said to be unknown, never guessed."""


def cite(plan: Plan) -> str:
    """Write what a paper should say of the files of a lock.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    str
        A line per data set: its title and DOI with the number of files and their sectors; then the sentence that MAST asks for
        (https://archive.stsci.edu/publishing/mission-acknowledgements).
    """
    groups: dict[tuple[str, str | None], list[Item]] = {}
    for item in plan:
        groups.setdefault(_data_set(item), []).append(item)
    lines = [_line(key, groups[key]) for key in sorted(groups, key=lambda key: (key not in DOIS, str(key)))]
    if when := plan.record.get("time"):
        lines.append(f"As {plan.record.get('archive', 'the archive')} answered on {str(when)[:10]}.")
    return "\n".join([*lines, ACKNOWLEDGEMENT])


def _data_set(item: Item) -> tuple[str, str | None]:
    pipeline = item.pipeline or "unknown pipeline"
    keys = [(pipeline.upper(), None), (pipeline, item.kind)]
    return next((key for key in keys if key in DOIS), (pipeline, None))


def _line(key: tuple[str, str | None], items: list[Item]) -> str:
    about = f"{text.number(len(items), 'file')}{_sectors_of(items)}"
    if key in DOIS:
        title, doi = DOIS[key]
        return f"{title}, doi:{doi} ({about})"
    kinds = ", ".join(sorted({item.kind for item in items}))
    return f"{kinds} of {key[0]} ({about}): no DOI is known here; MAST lists its DOIs at {LIST_OF_DOIS}"


def _sectors_of(items: Sequence[Item]) -> str:
    """Return the sectors as text, single ones before ranges that a file holds together; empty if there are none."""
    single = [i.first_sector for i in items if i.first_sector is not None and i.first_sector == i.last_sector]
    ranges = sorted(
        {
            (i.first_sector, i.last_sector)
            for i in items
            if i.first_sector and i.last_sector and i.first_sector != i.last_sector
        }
    )
    words = [*filter(None, text_of_sectors(single).split(",")), *(f"{first}-{last} together" for first, last in ranges)]
    return (
        f", {'sector' if len(words) == 1 and words[0].isdecimal() else 'sectors'} {', '.join(words)}" if words else ""
    )

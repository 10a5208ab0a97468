"""Target lists: of the mission at 2 minutes and 20 seconds, and of high-level science products."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tess_source_sample import holdings
from tess_source_sample.chips import chip_of
from tess_source_sample.contents import Contents
from tess_source_sample.facts import Star
from tess_source_sample.lists.document import Document
from tess_source_sample.rows import MJD_OF_BTJD_0, Row, released
from tess_source_sample.sectors import stamps

COMMENTED = 26
"""Lists before this sector begin with comments."""

HEADER = "TICID,Camera,CCD,Tmag,RA,Dec"

Target = tuple[int, int, int, float, float, float]
"""TIC, camera, CCD, magnitude, right ascension and declination, as a list has them."""


def of_mission(contents: Contents, sector: str, exptime: int) -> Document | None:
    """Return the list of 2-min (120) or 20-s (20) targets of a sector, None if there is none.

    It is a plan: some of its targets have no file, and sectors to come have a list already.
    """
    number = int(sector)
    rows = [
        target_of(star, number)
        for row in contents.of_sector(number)
        if row["provenance_name"] == "SPOC"
        and row["t_exptime"] == exptime
        and _is_light_curve(row)
        and (star := contents.star(int(row["target_name"])))
    ]
    if exptime == 120:
        rows += [(p.tic, p.camera, p.ccd, p.tmag, p.ra, p.dec) for p in holdings.PLANNED if p.sector == number]
    if not rows:
        return None
    begin = stamps(number).start
    return Document(mission_list(number, rows), begin + MJD_OF_BTJD_0 - 10, "text/csv")


def _is_light_curve(row: Row) -> bool:
    return str(row["dataURL"] or "").endswith("lc.fits")


def target_of(star: Star, sector: int) -> Target:
    """Return the row of a star of the sample archive."""
    return star.tic, *chip_of(star, sector), star.tmag, star.ra, star.dec


def comments(sector: int) -> tuple[str, ...]:
    """Return the comments at the head of an early list."""
    return (
        "#",
        f"# Full target list for orbit {2 * sector + 7}, sector {sector}",
        "# Created by tess-source's sample archive ",
        "# Concatenation of GI astero exo bright DDT ppas lists",
        "#",
    )


def mission_list(sector: int, rows: Iterable[Target]) -> str:
    """Return a list as the mission's Science Office writes it."""
    lines = [
        f"{tic},{camera},{ccd},{round(tmag, 2)},{round(ra, 4)},{round(dec, 4)}"
        for tic, camera, ccd, tmag, ra, dec in sorted(set(rows))
    ]
    return "\n".join((*(comments(sector) if sector < COMMENTED else ()), HEADER, *lines)) + "\n"


def of_pipeline(contents: Contents, pipeline: str, sector: str) -> Document | None:
    """Return the target list of a high-level science product; its header is a comment."""
    rows = [row for row in contents.of_sector(int(sector)) if row["provenance_name"] == pipeline]
    if not rows:
        return None
    modified = max(map(released, rows))
    header = "#GAIADR3_ID,TIC_ID,RA,DEC" if pipeline == "TGLC" else "#TIC_ID,RA,DEC"
    lines = sorted({_pipeline_line(row) for row in rows})
    return Document("\n".join((header, *lines)) + "\n", modified, "text/csv")


def _pipeline_line(row: Row) -> str:
    gaia = re.search(r"gaiaid-(\d+)", row["obs_id"])
    words = [gaia[1]] if gaia else []
    return ",".join((*words, row["target_name"], str(row["s_ra"]), str(row["s_dec"])))

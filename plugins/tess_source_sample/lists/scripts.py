"""Bulk download scripts: those of SPOC per sector and of several sectors, and those of high-level science products."""

from __future__ import annotations

import re
from collections.abc import Callable

from tess_source_sample.contents import Contents
from tess_source_sample.lists.document import DOWNLOAD, Document, Listed, latest_release, listed_files, shuffled

GROUPS = {
    "lc": ("LC",),
    "tp": ("TP",),
    "fast-lc": ("FAST-LC",),
    "fast-tp": ("FAST-TP",),
    "dv": ("DVR", "DVM", "DVS", "DVT"),
}
"""Kind of script to product sub-groups."""


def spoc_line(name: str) -> str:
    """Return the line of a mission product."""
    return f"curl -C - -L -o {name} {DOWNLOAD}mast:TESS/product/{name}"


def quoted_line(path: str, uri: str) -> str:
    """Return the line of a product of QLP or TGLC."""
    return f"curl -f --create-dirs --output '{path}' '{DOWNLOAD}{uri}'"


def resumed_line(path: str, uri: str) -> str:
    """Return the line of a product of TESS-SPOC."""
    return f"curl -f --create-dirs -C - --output '{path}' {DOWNLOAD}{uri}"


def script(lines: list[str]) -> str:
    """Return a script of these lines."""
    return "\n".join(("#!/bin/sh", *lines)) + "\n"


def of_sector(contents: Contents, sector: str, kind: str) -> Document | None:
    """Return the script of one kind of SPOC's products in a sector, None if there is none."""
    number = int(sector)
    files = [
        file
        for file in listed_files(contents, "SPOC", number)
        if file.product["productSubGroupDescription"] in GROUPS[kind] and file.search in {None, (number, number)}
    ]
    return _spoc_script(files)


def of_sectors(contents: Contents, first: str, last: str) -> Document | None:
    """Return the script of a multi-sector search, None if there is none."""
    ends = (int(first), int(last))
    return _spoc_script([file for file in listed_files(contents, "SPOC") if file.search == ends and ends[0] < ends[1]])


def _spoc_script(files: list[Listed]) -> Document | None:
    if not files:
        return None
    return Document(script([spoc_line(name) for name in shuffled(file.name for file in files)]), latest_release(files))


def of_qlp(contents: Contents, sector: str) -> Document | None:
    """Return QLP's script of a sector."""
    return _contributed(contents, "QLP", int(sector), r"_llc\.fits", quoted_line)


def of_tglc(contents: Contents, sector: str) -> Document | None:
    """Return TGLC's script of a sector."""
    return _contributed(contents, "TGLC", int(sector), r"_llc\.fits", quoted_line)


def of_tess_spoc(contents: Contents, first: str, last: str | None, kind: str) -> Document | None:
    """Return TESS-SPOC's script of a sector; of data validation, of a search of a sector or of several."""
    ending = rf"-s{first}-s{last or first}_tess_v1_dv.*" if kind == "dv" else rf"_{kind}\.fits"
    return _contributed(contents, "TESS-SPOC", int(last or first), ending, resumed_line)


def _contributed(
    contents: Contents, pipeline: str, sector: int, ending: str, line: Callable[[str, str], str]
) -> Document | None:
    files = [file for file in listed_files(contents, pipeline, sector) if re.search(f"{ending}$", file.name)]
    if not files:
        return None
    uris = sorted(str(file.product["dataURI"]) for file in files)
    # The path on the user's disk leaves out the folder of the pipeline.
    lines = [line(uri.split("/", 2)[2], uri) for uri in uris]
    return Document(script(lines), latest_release(files))

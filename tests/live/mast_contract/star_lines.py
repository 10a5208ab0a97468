"""The TESS Input Catalog, and TESScut."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from typing import Any
from urllib.parse import urlencode

from mast_contract.asking import LARGEST, Asking, Strange
from mast_contract.line import expect, line
from mast_contract.portal_lines import KELT9, PLACE, is_whole
from tess_source_stars.service import BY_ID, BY_PLACE, KNOWN, MOST_IDS
from tess_source_tesscut.service import BASE, NOTHING

L98 = "307210830"


def entries(ask: Asking) -> Any:
    """Return the answer about two stars."""
    filters = [{"paramName": "ID", "values": [KELT9, L98]}]
    answer = ask.portal(BY_ID, {"columns": "*", "filters": filters}, pagesize=10_000, page=1)
    expect(answer["status"] == "COMPLETE", "an answer with status COMPLETE", answer)
    return answer


@line(
    "tic-ids",
    "TIC",
    "One question with a filter on `ID` gives the entries of several stars.",
    "V (code of astroquery)",
    "values of stars",
)
def _ids(ask: Asking) -> None:
    found = {str(row["ID"]) for row in entries(ask)["data"]}
    expect(found == {KELT9, L98}, f"entries of {KELT9} and {L98}", found)


@line(
    "tic-types", "TIC", "`ID`, `objID` and `duplicate_id` are declared as text; `ID` and `objID` are whole numbers.",
    "V (an answer of version 7)",
    "all ids; texts and numbers are read alike",
)  # fmt: skip
def _types(ask: Asking) -> str:
    answer = entries(ask)
    types = {field["name"]: field["type"] for field in answer["fields"]}
    declared = [types[name] for name in ("ID", "objID", "duplicate_id")]
    expect(declared == ["string"] * 3, "string, three times", declared)
    for row in answer["data"]:
        expect(is_whole(row["ID"]) and is_whole(row["objID"]), "whole numbers", [row["ID"], row["objID"]])
        ids = [row[name] for name in ("GAIA", "duplicate_id")]
        expect(all(value in {None, ""} or is_whole(value) for value in ids), "ids, or null", ids)
    return f"ID comes as {type(answer['data'][0]['ID']).__name__}"


@line(
    "tic-columns",
    "TIC",
    "Version 8 has 125 columns; all that are read are among them.",
    "D; V for version 7",
    "values of stars: an answer that lacks one is refused",
)
def _columns(ask: Asking) -> str:
    row = entries(ask)["data"][0]
    expect(set(KNOWN) <= set(row), "all columns that are read", sorted(set(KNOWN) - set(row)))
    many = len(set(row) - {"_selected_"})
    expect(many == 125, "125 columns", many)
    return f"version {row['version']}"


@line(
    "tic-values",
    "TIC",
    "KELT-9 has Tmag 7.5 and lies at its place, J2000.",
    "V; D for the epoch",
    "values of stars, `separation`",
)
def _values(ask: Asking) -> None:
    (row,) = [row for row in entries(ask)["data"] if str(row["ID"]) == KELT9]
    expect(abs(row["Tmag"] - 7.5) < 0.3, "Tmag 7.2 to 7.8", row["Tmag"])
    expect(
        abs(row["ra"] - PLACE[0]) < 0.001 and abs(row["dec"] - PLACE[1]) < 0.001,
        f"ra, dec near {PLACE}",
        [row["ra"], row["dec"]],
    )


@line(
    "tic-many",
    "TIC",
    f"One question takes {MOST_IDS:,} ids.",
    "O (lists of any length are sent by astroquery)",
    "speed: a question that is too large is asked half by half",
)
def _many(ask: Asking) -> None:
    ids = [KELT9, *(str(number) for number in range(9_000_000_001, 9_000_000_000 + MOST_IDS))]
    answer = ask.portal(
        BY_ID, {"columns": "ID", "filters": [{"paramName": "ID", "values": ids}]}, pagesize=10_000, page=1
    )
    expect([str(row["ID"]) for row in answer["data"]] == [KELT9], f"{KELT9} alone", answer["data"])


@line(
    "tic-cone", "TIC",
    "A cone gives all columns and the distance `dstArcSec`, and what lies within it only; `pagesize` sets the rows of a page.",
    "V (code of astroquery; a table of such a cone)", "neighbours, and names",
)  # fmt: skip
def _cone(ask: Asking) -> None:
    params = {"ra": PLACE[0], "dec": PLACE[1], "radius": 60 / 3600}
    answer = ask.portal(BY_PLACE, params, pagesize=2, page=1)
    found = answer["data"]
    expect(len(found) == 2 == answer["paging"]["pageSize"], "two rows", answer["paging"])
    expect(all(set(KNOWN) <= set(row) for row in found), "all columns that are read", sorted(found[0]))
    distances = [row["dstArcSec"] for row in found]
    expect(all(0 <= distance <= 61 for distance in distances), "distances of 0 to 60 arcsec", distances)


# -- TESScut --

FIELD = {"ra": "135.1408", "dec": "-5.1915"}
"""A place of the service's own documentation."""


@line(
    "tesscut-sectors", "TESScut",
    "The question which CCDs saw a place is asked by GET; `results` has `sectorName`, `sector`, `camera` and `ccd`.",
    "D, V for the answer", "which cut-outs there are",
)  # fmt: skip
def _sectors(ask: Asking) -> str:
    found = ask.up(ask.get(f"{BASE}/sector?{urlencode({**FIELD, 'radius': '0.0'})}")).json["results"]
    chips = {tuple(int(row[name]) for name in ("sector", "camera", "ccd")) for row in found}
    wanted = {(8, 1, 1), (88, 1, 2)}
    expect(wanted <= chips, f"{sorted(wanted)} among them", sorted(chips))
    names = [row["sectorName"] for row in found]
    expect(all(re.fullmatch(r"tess-s\d{4}-[1-4]-[1-4]", name) for name in names), "names such as tess-s0008-1-1", names)
    return f"numbers come as {type(found[0]['sector']).__name__}, e.g. {found[0]['sector']!r}"


@line(
    "tesscut-zip", "TESScut", "A cut-out is a zip file with one FITS file per CCD, `tess-s0008-1-1_…`; `x` are columns, `y` are rows.",
    "V (code of astroquery; an answer of 2018)", "cut-outs",
)  # fmt: skip
def _zip(ask: Asking) -> str:
    words = {**FIELD, "x": 3, "y": 2, "units": "px", "sector": 8}
    got = ask.up(ask.get(f"{BASE}/astrocut?{urlencode(words)}", most=LARGEST))
    try:
        with zipfile.ZipFile(io.BytesIO(got.body)) as pack:
            (name,) = pack.namelist()
            data = pack.read(name)
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError) as error:
        raise Strange(f"no zip file with one file: {got.said} {got.text[:100]}") from error
    expect(
        name.startswith("tess-s0008-1-1_") and name.endswith("_astrocut.fits"), "tess-s0008-1-1_…_astrocut.fits", name
    )
    from astropy.io import fits

    try:
        with warnings.catch_warnings(action="ignore"), fits.open(io.BytesIO(data)) as hdus:
            shape, columns = hdus[2].data.shape, list(hdus[1].columns.names)
    except (OSError, fits.VerifyError) as error:
        raise Strange(f"no FITS file: {error}") from error
    expect(shape == (2, 3), "two rows of three columns", str(shape))
    wanted = {"TIME", "FLUX", "FLUX_ERR", "FLUX_BKG", "QUALITY", "FFI_FILE"}
    expect(wanted <= set(columns), f"columns {sorted(wanted)}", columns)
    return name


@line(
    "tesscut-nothing", "TESScut", "Where there is nothing, JSON comes whose `msg` says no, not or none; or an HTTP code of 4xx.",
    "D, U for the code", "the words of the error",
)  # fmt: skip
def _nothing(ask: Asking) -> str:
    words = {**FIELD, "x": 1, "y": 1, "units": "px", "sector": 1}
    got = ask.up(ask.get(f"{BASE}/astrocut?{urlencode(words)}"))
    if 400 <= got.status < 500:
        return f"HTTP {got.status}"
    message = got.json["msg"]
    expect(NOTHING.search(message), "no, not or none in msg", message)
    return f"HTTP {got.status}: {message[:80]}"

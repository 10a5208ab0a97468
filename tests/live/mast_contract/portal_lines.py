"""The portal: observations, products, counts, pages, errors, and the description of its columns."""

from __future__ import annotations

import re
from typing import Any

from mast_contract.asking import Asking
from mast_contract.line import OtherwiseError, expect, line
from tess_source_mast.questions import COUNT, FILTERED, MOST_TARGETS, POSITION

KELT9 = "16740101"
PLACE = (307.8598, 39.9388)
"""Of KELT-9 [deg]."""
FAST = "tess2024030031500-s0075-0000000016740101-0270-a_fast"
SLOW = "tess2024030031500-s0075-0000000016740101-0270-s"
SEVERAL = "tess2019199201929-s0014-s0041-0000000016740101"
S15 = "tess2019226182529-s0015-0000000016740101-0151-s"
S14 = "tess2019198215352-s0014-0000000016740101-0150-s"
XML = ("390988385", 54, "tess2022190092448-s0054-s0054-0000000390988385-00645_dvr.xml", 119_424)
"""TIC id, sector, name and bytes of a real file."""

OBSERVATION = [
    "intentType",
    "obs_collection",
    "provenance_name",
    "instrument_name",
    "project",
    "filters",
    "wavelength_region",
    "target_name",
    "target_classification",
    "obs_id",
    "s_ra",
    "s_dec",
    "dataproduct_type",
    "proposal_pi",
    "calib_level",
    "t_min",
    "t_max",
    "t_exptime",
    "em_min",
    "em_max",
    "obs_title",
    "t_obs_release",
    "proposal_id",
    "proposal_type",
    "sequence_number",
    "s_region",
    "jpegURL",
    "dataURL",
    "dataRights",
    "mtFlag",
    "srcDen",
    "obsid",
    "objID",
]
PRODUCT = [
    "obsID",
    "obs_collection",
    "dataproduct_type",
    "obs_id",
    "description",
    "type",
    "dataURI",
    "productType",
    "productGroupDescription",
    "productSubGroupDescription",
    "productDocumentationURL",
    "project",
    "prvversion",
    "proposal_id",
    "productFilename",
    "size",
    "parent_obsid",
    "dataRights",
    "calib_level",
    "filters",
]
NUMBERS = ("s_ra", "s_dec", "t_min", "t_max", "t_exptime", "t_obs_release")


def one(**values: object) -> list[dict[str, Any]]:
    """Return filters for exact values."""
    return [{"paramName": name, "values": [value]} for name, value in values.items()]


def rows(ask: Asking, service: str, params: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Return the rows of an answer that is complete."""
    answer = ask.portal(service, params, **{"pagesize": 2000, "page": 1, **more})
    expect(answer["status"] == "COMPLETE", "an answer with status COMPLETE", answer)
    return list(answer["data"])


def observations(ask: Asking) -> dict[str, dict[str, Any]]:
    """Return the observations of KELT-9 by SPOC, by obs_id."""
    filters = one(obs_collection="TESS", target_name=KELT9)
    return {row["obs_id"]: row for row in rows(ask, FILTERED, {"columns": "*", "filters": filters})}


def of_id(ask: Asking, obs_id: str) -> dict[str, Any]:
    """Return one observation of KELT-9."""
    found = observations(ask)
    if obs_id not in found:
        raise OtherwiseError(f"an observation {obs_id}", sorted(found))
    return found[obs_id]


def products(ask: Asking, *obs_ids: str) -> list[dict[str, Any]]:
    """Return the products of some observations of KELT-9."""
    obsids = ",".join(str(of_id(ask, obs_id)["obsid"]) for obs_id in obs_ids)
    return rows(ask, "Mast.Caom.Products", {"obsid": obsids})


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number, or the text of one."""
    return not isinstance(value, bool) and re.fullmatch(r"-?\d+", str(value)) is not None


# -- observations --


@line(
    "portal-envelope", "portal",
    "An answer has `status` COMPLETE, `msg`, `data`, `fields` (`name` and `type` of each column) and `paging` (`page`, `pageSize`, "
    "`pagesFiltered`, `rows`, `rowsFiltered`, `rowsTotal`).",
    "V (answers recorded by astroquery, of other missions)", "all searches",
)  # fmt: skip
def _envelope(ask: Asking) -> None:
    answer = ask.portal(
        FILTERED, {"columns": "*", "filters": one(obs_collection="TESS", target_name=KELT9)}, pagesize=2000, page=1
    )
    expect({"status", "msg", "data", "fields", "paging"} <= set(answer), "these keys", sorted(answer))
    expect(
        answer["status"] == "COMPLETE" and answer["msg"] == "",
        "COMPLETE, without a message",
        [answer["status"], answer["msg"]],
    )
    expect(all({"name", "type"} <= set(one) for one in answer["fields"]), "name and type of columns", answer["fields"])
    paging = answer["paging"]
    wanted = ("page", "pageSize", "pagesFiltered", "rows", "rowsFiltered", "rowsTotal")
    expect(all(isinstance(paging.get(key), int) for key in wanted), f"whole numbers of {', '.join(wanted)}", paging)
    expect(paging["rowsTotal"] == len(answer["data"]) > 0, "as many rows as paging says", paging)


@line(
    "portal-columns", "portal", "An observation has 33 columns, in any order; a missing value is null, not left out.",
    "V (tables of 2022 and 2025)", "all searches; columns that are computed with: `obsid`, `obs_id`, `target_name`, times and places",
)  # fmt: skip
def _columns(ask: Asking) -> str:
    found = list(observations(ask).values())
    for row in found:
        expect(set(OBSERVATION) <= set(row), "all 33 columns in each row", sorted(set(OBSERVATION) - set(row)))
    more = sorted(set(found[0]) - set(OBSERVATION))
    return f"further columns: {', '.join(more)}" if more else ""


@line(
    "portal-types", "portal",
    "Declared types are string, float, int and boolean; `obsid` and `objID` are whole numbers, whatever is declared, and floats that are "
    "whole may come as integers.",
    "V (recorded answers)", "all searches: numbers and ids are read as either",
)  # fmt: skip
def _types(ask: Asking) -> str:
    filters = one(obs_collection="TESS", target_name=KELT9)
    answer = ask.portal(FILTERED, {"columns": "*", "filters": filters}, pagesize=2000, page=1)
    types = {field["name"]: field["type"] for field in answer["fields"]}
    expect(set(types.values()) <= {"string", "float", "int", "boolean"}, "these types", sorted(set(types.values())))
    for row in answer["data"]:
        expect(is_whole(row["obsid"]) and is_whole(row["objID"]), "whole numbers", [row["obsid"], row["objID"]])
        expect(isinstance(row["sequence_number"], int), "a whole sequence_number", row["sequence_number"])
        values = [row[name] for name in NUMBERS]
        expect(all(isinstance(value, int | float) for value in values), f"numbers in {', '.join(NUMBERS)}", values)
    return f"obsid is declared {types['obsid']}, and comes as {type(answer['data'][0]['obsid']).__name__}"


@line(
    "portal-name", "portal", "`target_name` is the TIC number as text, without leading zeros; an exact name finds this star alone.",
    "V", "searches by TIC id",
)  # fmt: skip
def _name(ask: Asking) -> None:
    names = {row["target_name"] for row in observations(ask).values()}
    expect(names == {KELT9}, f"{KELT9!r} only", names)


@line(
    "portal-row", "portal", "The light curve of KELT-9 in sector 15 has the values that it had in 2025: 120 s, MJD 58710.867 to 58736.912.",
    "V (a table of 2025)", "times, exposure times and `dataURL` of observations",
)  # fmt: skip
def _row(ask: Asking) -> None:
    row = of_id(ask, S15)
    expect(
        abs(row["t_min"] - 58710.86674) < 0.01 and abs(row["t_max"] - 58736.91235) < 0.01,
        "these days",
        [row["t_min"], row["t_max"]],
    )
    expect(
        row["t_exptime"] == 120 and row["sequence_number"] == 15,
        "120 s, sector 15",
        [row["t_exptime"], row["sequence_number"]],
    )
    expect(row["dataURL"] == f"mast:TESS/product/{S15}_lc.fits", "its light curve", row["dataURL"])
    expect((row["provenance_name"], row["dataproduct_type"]) == ("SPOC", "timeseries"), "SPOC, timeseries", row)


@line(
    "portal-cadences", "portal", "Light curves at 20 s and at 120 s of one sector are two observations.", "V (KELT-9 in sector 75)",
    "`exptime`, and which of both is taken",
)  # fmt: skip
def _cadences(ask: Asking) -> None:
    found = [(of_id(ask, name)["t_exptime"], of_id(ask, name)["sequence_number"]) for name in (SLOW, FAST)]
    expect(found == [(120, 75), (20, 75)], "(120, 75) and (20, 75)", found)


@line(
    "portal-several", "portal",
    "A search over several sectors is an observation of its own, under the last of them; its `dataURL` is a DV time series.",
    "V (KELT-9, sectors 14 to 41)", "data validation; the sectors of observations",
)  # fmt: skip
def _several(ask: Asking) -> None:
    row = of_id(ask, SEVERAL)
    expect(row["sequence_number"] == 41, "sector 41", row["sequence_number"])
    expect(str(row["dataURL"]).endswith("_dvt.fits"), "a dataURL that ends in _dvt.fits", row["dataURL"])


@line(
    "portal-region", "portal", "`s_region` of a light curve is `CIRCLE ra dec r`, with or without `ICRS`.", "V (both forms in one answer)",
    "cones of the catalogue",
)  # fmt: skip
def _region(ask: Asking) -> str:
    regions = [row["s_region"] for row in observations(ask).values()]
    circle = re.compile(r"CIRCLE (ICRS )?[\d.]+ [-+]?[\d.]+ [\d.eE-]+ *")
    expect(all(circle.fullmatch(str(region)) for region in regions), "circles", regions)
    return f"{sum('ICRS' in region for region in regions)} of {len(regions)} with ICRS"


@line(
    "portal-images", "portal",
    "Full-frame images are one observation per sector, camera and CCD, such as `tess-s0055-1-1`: `TESS FFI`, image, a "
    "polygon, no `dataURL`.",
    "V (a table of 2022)", "that images are never listed as products",
)  # fmt: skip
def _images(ask: Asking) -> None:
    (row,) = rows(ask, FILTERED, {"columns": "*", "filters": one(obs_collection="TESS", obs_id="tess-s0055-1-1")})
    seen = [row["target_name"], row["dataproduct_type"], row["sequence_number"], row["dataURL"]]
    expect(seen == ["TESS FFI", "image", 55, None], "TESS FFI, image, 55, no dataURL", seen)
    expect(str(row["s_region"]).startswith("POLYGON "), "a polygon", row["s_region"])


@line(
    "portal-cone", "portal", "A cone has the column `distance` [arcsec], and gives only what lies within it.", "V (recorded answers)",
    "searches around a place",
)  # fmt: skip
def _cone(ask: Asking) -> None:
    params = {
        "columns": "*",
        "filters": one(obs_collection="TESS", dataproduct_type="timeseries"),
        "position": f"{PLACE[0]}, {PLACE[1]}, 0.002",
    }
    found = rows(ask, POSITION, params)
    expect(KELT9 in {row["target_name"] for row in found}, "KELT-9 itself", {row["target_name"] for row in found})
    distances = [row["distance"] for row in found]
    expect(all(0 <= distance <= 7.2 for distance in distances), "distances of 0 to 7.2 arcsec", distances)


@line(
    "portal-hlsp", "portal",
    "High-level products have `obs_collection` HLSP, the TIC number as `target_name` and the sector as `sequence_number`.",
    "V (TIC 141914082 in sector 1)", "searches for QLP, TESS-SPOC and others",
)  # fmt: skip
def _hlsp(ask: Asking) -> str:
    found = rows(
        ask,
        FILTERED,
        {"columns": "*", "filters": one(obs_collection="HLSP", target_name="141914082", sequence_number=1)},
    )
    pipelines = {row["provenance_name"] for row in found}
    expect({"QLP", "TESS-SPOC"} <= pipelines, "QLP and TESS-SPOC among them", pipelines)
    return ", ".join(sorted(pipelines))


@line(
    "portal-cdips", "portal", "`target_name` is the TIC number also for CDIPS and T16, whose file names have a Gaia id only.", "O (T16: V)",
    "the star of these products",
)  # fmt: skip
def _cdips(ask: Asking) -> None:
    for pipeline in ("CDIPS", "T16"):
        found = rows(ask, FILTERED, {"columns": "*", "filters": one(provenance_name=pipeline)}, pagesize=3)
        names = [str(row["target_name"]) for row in found]
        expect(names and all(re.fullmatch(r"\d{1,11}", name) for name in names), f"TIC numbers of {pipeline}", names)


@line(
    "portal-diamante", "portal", "DIAMANTE's observations have `sequence_number` -999: a number below 1 is no sector.", "O",
    "sectors of DIAMANTE, and that a question with a sector does not find it",
)  # fmt: skip
def _diamante(ask: Asking) -> None:
    found = rows(ask, FILTERED, {"columns": "*", "filters": one(provenance_name="DIAMANTE")}, pagesize=3)
    numbers = [row["sequence_number"] for row in found]
    expect(numbers and all(number is None or number < 1 for number in numbers), "numbers below 1", numbers)


# -- counts, pages, errors --


@line(
    "portal-count", "portal", f"`columns` `{COUNT}` gives one row with one value: as many as there are rows.", "V (code of astroquery)",
    "`count`, and the guard against very large answers; rows that are not as many as were counted are an error",
)  # fmt: skip
def _count(ask: Asking) -> None:
    (row,) = rows(ask, FILTERED, {"columns": COUNT, "filters": one(obs_collection="TESS", target_name=KELT9)})
    values = [value for name, value in row.items() if name != "_selected_"]
    many = len(observations(ask))
    expect([int(value) for value in values] == [many], f"one value, {many}", row)


@line(
    "portal-pages", "portal",
    "`pagesize` and `page` give parts of an answer, in one order, with the number of pages and of all rows in each.",
    "V (recorded answers, code of astroquery)", "answers of more than 50,000 rows, and `iter_search`",
)  # fmt: skip
def _pages(ask: Asking) -> None:
    params = {"columns": "*", "filters": one(obs_collection="TESS", target_name=KELT9, dataproduct_type="timeseries")}
    whole = [row["obs_id"] for row in rows(ask, FILTERED, params)]
    pages = [ask.portal(FILTERED, params, pagesize=5, page=number) for number in (1, 2)]
    parts = [row["obs_id"] for page in pages for row in page["data"]]
    expect(len(set(parts)) == 10 and set(parts) <= set(whole), "ten different rows on two pages of five", parts)
    said = [(page["paging"]["page"], page["paging"]["pagesFiltered"], page["paging"]["rowsTotal"]) for page in pages]
    wanted = [(number, -(-len(whole) // 5), len(whole)) for number in (1, 2)]
    expect(said == wanted, f"page, pages and rows {wanted}", said)


@line(
    "portal-many", "portal", f"One question takes {MOST_TARGETS:,} names of stars.", "V (code that works with the archive)",
    "speed of searches for many stars: a question that is too large is asked in parts",
)  # fmt: skip
def _many(ask: Asking) -> None:
    names = [KELT9, *(str(number) for number in range(9_000_000_001, 9_000_000_000 + MOST_TARGETS))]
    filters = [*one(obs_collection="TESS"), {"paramName": "target_name", "values": names}]
    (row,) = rows(ask, FILTERED, {"columns": COUNT, "filters": filters})
    many = len(observations(ask))
    expect([int(value) for name, value in row.items() if name != "_selected_"] == [many], f"{many} observations", row)


@line(
    "portal-empty", "portal", "A star that was never observed is answered COMPLETE, without rows.", "V", "that \"none\" is never a failure",
)  # fmt: skip
def _empty(ask: Asking) -> None:
    found = rows(ask, FILTERED, {"columns": "*", "filters": one(obs_collection="TESS", target_name="9999999999999")})
    expect(found == [], "no rows", found)


@line(
    "portal-executing", "portal",
    "While a question is worked on, its answer has status EXECUTING, without rows; the same question again gives the answer.",
    "D (documentation of the API); V (code of astroquery)", "all searches",
)  # fmt: skip
def _executing(ask: Asking) -> str:
    before = ask.executing
    params = {
        "columns": COUNT,
        "filters": one(obs_collection="TESS", provenance_name="SPOC", dataproduct_type="timeseries"),
    }
    answer = ask.portal(FILTERED, params, timeout=1)
    expect(answer["status"] == "COMPLETE" and len(answer["data"]) == 1, "one number in the end", answer)
    seen = ask.executing - before
    return f"EXECUTING {seen} times, then COMPLETE" if seen else "not seen this time: the answer came at once"


@line(
    "portal-error", "portal",
    "A question that makes no sense is answered by status ERROR with a message, or an HTTP code: never without rows.",
    "D", "that a failure is never an empty answer",
)  # fmt: skip
def _error(ask: Asking) -> str:
    got = ask.portal_reply(FILTERED, {"columns": "*", "filters": one(no_such_column="1")})
    if got.status >= 400:
        return f"HTTP {got.status}"
    answer = got.json
    expect(answer["status"] == "ERROR" and answer["msg"], "status ERROR with a message", answer)
    return f"ERROR: {answer['msg'][:80]}"

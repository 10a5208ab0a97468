"""MAST's portal as pure functions: a request, as a dictionary, to the dictionary that the archive would answer.

The shapes are those of recorded answers: the envelope with ``status``, ``msg``, ``data``, ``fields`` and ``paging``;
identifiers declared as strings whose values are integers; whole floats written as integers; nulls.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from tess_source_sample import columns, sky, tic
from tess_source_sample.columns import DISTANCE, OBJID1, OBSERVATIONS, PRODUCTS, SELECTED
from tess_source_sample.contents import Contents
from tess_source_sample.envelope import (
    Json,
    RequestError,
    envelope,
    error,
    fields_of,
    matching,
    real_number,
    selected_columns,
    whole_number,
)
from tess_source_sample.rows import Row, circle


def invoke(catalogue: Contents, request: Json) -> Json:
    """Return the answer to one request to ``/api/v0/invoke``.

    Parameters
    ----------
    catalogue : Contents
        What the archive has.
    request : dict
        ``service``, ``params``, and ``page``, ``pagesize``, ``format``, ``removenullcolumns``.

    Returns
    -------
    dict
        The answer; status ERROR with a message for whatever is wrong with the request.
    """
    service = request.get("service")
    answer = SERVICES.get(str(service)) or tic.SERVICES.get(str(service).lower())
    if answer is None:
        return error(f"Unknown service: {service!r}")
    params = request.get("params", {})
    if not isinstance(params, dict):
        return error("params is not an object")
    try:
        return answer(catalogue, params, request)
    except RequestError as problem:
        return error(str(problem))


# -- observations ----------------------------------------------------------------------------------------------


def _filtered(catalogue: Contents, params: Json, request: Json) -> Json:
    filters = params.get("filters")
    rows = matching(_candidates(catalogue, filters), filters, OBSERVATIONS)
    return selected_columns(rows, OBSERVATIONS, params, request)


def _candidates(catalogue: Contents, filters: object) -> Iterable[Row]:
    """Return the observations of the targets or sectors that are asked for by name, all if none is: what else is asked is not looked at."""
    for name, rows_of in (("target_name", catalogue.of_targets), ("sequence_number", catalogue.of_sectors)):
        for entry in filters if isinstance(filters, list) else ():
            values = entry.get("values") or [{}]
            plain = not any(isinstance(value, dict) for value in values)
            if entry.get("paramName") == name and plain and not (entry.get("freeText") or entry.get("separator")):
                return rows_of(map(str, values))
    return catalogue.observations


def _filtered_position(catalogue: Contents, params: Json, request: Json) -> Json:
    place = [real_number(part) for part in str(params.get("position", "")).split(",")]
    if len(place) != 3:
        raise RequestError("position is not 'ra, dec, radius' in degrees")
    rows = _within(matching(catalogue.around(*place), params.get("filters"), OBSERVATIONS), *place)
    rows = [row | {"objID1": row["objID"]} for row in rows]
    return selected_columns(rows, (*OBSERVATIONS, OBJID1, DISTANCE), params, request)


def _cone(catalogue: Contents, params: Json, request: Json) -> Json:
    if "ra" not in params or "dec" not in params:
        raise RequestError("A cone search needs ra and dec")
    place = (real_number(params["ra"]), real_number(params["dec"]), real_number(params.get("radius", 0.2)))
    rows = [row | {"_selected_": None} for row in _within(catalogue.around(*place), *place)]
    return envelope(rows, [*fields_of((*OBSERVATIONS, DISTANCE)), SELECTED], request)


def _within(rows: Iterable[Row], ra: float, dec: float, radius: float) -> list[Row]:
    """Return the rows whose footprint comes within `radius` degrees, nearest first, with their distance."""
    found = [row | {"distance": sky.distance(ra, dec, region)} for row in rows if (region := _region(row))]
    return sorted((row for row in found if row["distance"] <= radius * 3600), key=lambda row: row["distance"])


def _region(row: Row) -> str | None:
    """Return the footprint of a row: where a row that was added says none, its place."""
    if row["s_region"] or row["s_ra"] is None or row["s_dec"] is None:
        return str(row["s_region"]) if row["s_region"] else None
    return circle(row["s_ra"], row["s_dec"])


# -- products, names, everything ---------------------------------------------------------------------------------


def _products(catalogue: Contents, params: Json, request: Json) -> Json:
    """Return products grouped by observation, observations by number: not in the order of the request.

    An empty list is refused. MAST itself once answered it with products of unrelated observations
    (astroquery issue 1917).
    """
    wanted = [part.strip() for part in str(params.get("obsid", "")).split(",") if part.strip()]
    if not wanted:
        raise RequestError("obsid is empty")
    numbers = sorted({whole_number(part) for part in wanted})
    rows = [row | {"_selected_": None} for number in numbers for row in catalogue.products.get(number, [])]
    return envelope(rows, [*fields_of(PRODUCTS), SELECTED], request)


def _lookup(catalogue: Contents, params: Json, request: Json) -> Json:
    del request
    return resolve(catalogue, [str(params.get("input", ""))])


def _everything(catalogue: Contents, params: Json, request: Json) -> Json:
    """Return how often each value of a column occurs, in the ``extjs`` form that lists of missions are read from."""
    del params
    if request.get("format") != "extjs":
        raise RequestError("Mast.Caom.All is answered in the format extjs only")
    facets = [_facet(name, catalogue.observations) for name in ("obs_collection", "provenance_name", "project")]
    table = {"name": "Result", "ExtendedProperties": {}, "Columns": facets, "Fields": [], "Rows": []}
    return {"status": "COMPLETE", "msg": "", "data": {"name": "NewDataSet", "Tables": [table]}}


def _facet(name: str, rows: Iterable[Row]) -> Json:
    counts = Counter(str(row[name]) for row in rows)
    entries = {key: {"count": count, "key": key} for key, count in counts.items()}
    properties = {"histObj": {"hist": list(entries.values()), **entries}, "vot.name": name}
    return {"text": name, "dataIndex": name, "ExtendedProperties": properties}


SERVICES: dict[str, Callable[[Contents, Json, Json], Json]] = {
    "Mast.Caom.Filtered": _filtered,
    "Mast.Caom.Filtered.Position": _filtered_position,
    "Mast.Caom.Cone": _cone,
    "Mast.Caom.Products": _products,
    "Mast.Caom.All": _everything,
    "Mast.Name.Lookup": _lookup,
}


def columns_config(config_id: str) -> dict[str, Any]:
    """Return the column configuration of a service: see `tess_source_sample.columns.configuration`."""
    return tic.configuration(config_id) or columns.configuration(config_id)


# -- the name resolver -------------------------------------------------------------------------------------------


def resolve(catalogue: Contents, names: Iterable[str], resolver: str | None = None, resolve_all: bool = False) -> Json:
    """Return the answer of the name resolver.

    Parameters
    ----------
    catalogue : Contents
        Whose targets are known.
    names : iterable of str
        Names of stars, ``TIC n``, or two numbers: right ascension and declination in degrees.
    resolver : str, optional
        Only that resolver's answer: ``"TIC"``, ``"SIMBAD"`` or ``"NED"``.
    resolve_all : bool
        The answers of all resolvers that know a name, instead of the first only.

    Returns
    -------
    dict
        ``resolvedCoordinate``: one entry per name and resolver; none for a name that nobody knows.
    """
    found: list[Json] = []
    for name in names:
        answers = _resolver_answers(catalogue, name)
        if resolver:
            answers = [entry for entry in answers if entry["resolver"] == resolver.upper()]
        found += answers if resolve_all else answers[:1]
    return {"resolvedCoordinate": found, "status": ""}


def _resolver_answers(catalogue: Contents, name: str) -> list[Json]:
    text = name.strip().lower()
    place = re.fullmatch(r"([-+]?\d+(?:\.\d*)?)[\s,]+([-+]?\d+(?:\.\d*)?)", text)
    if place:
        return [_resolver_answer(name, "NONE", text, float(place[1]), float(place[2]), -1.0)]
    entry = catalogue.named(text)
    if entry is None:
        return []
    answers = []
    if text.startswith("tic"):
        answers.append(_resolver_answer(name, "TIC", f"TIC {entry.tic}", entry.ra, entry.dec, 0.000333))
    if entry.names:
        for who in ("SIMBAD", "NED"):
            answers.append(_resolver_answer(name, who, entry.names[0], entry.ra, entry.dec, -1.0) | {"objectType": "*"})
    return answers


def _resolver_answer(name: str, who: str, canonical: str, ra: float, dec: float, radius: float) -> Json:
    return {
        "searchString": name.strip().lower(),
        "resolver": who,
        "cached": False,
        "resolverTime": 2,
        "searchRadius": radius,
        "canonicalName": canonical,
        "ra": ra,
        "decl": dec,
    }

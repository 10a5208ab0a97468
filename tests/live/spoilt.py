"""For each line of the contract, an answer that is not as assumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from mast_contract.asking import Got, Question
from urllib3 import HTTPHeaderDict

Spoil: TypeAlias = Callable[[Question, Got], Got]


def status(code: int) -> Spoil:
    """Answer with another status."""
    return lambda question, got: replace(got, status=code)


def header(name: str, value: str | None = None) -> Spoil:
    """Answer with another header, or without it."""

    def spoil(question: Question, got: Got) -> Got:
        headers = HTTPHeaderDict(got.headers)
        headers.pop(name, None)
        return replace(got, headers=headers if value is None else HTTPHeaderDict({**headers, name: value}))

    return spoil


def text(old: str, new: str) -> Spoil:
    """Answer with another word in each body that is not packed."""
    return lambda question, got: replace(got, body=got.body.replace(old.encode(), new.encode()))


def edited(edit: Callable[[Any], object]) -> Spoil:
    """Answer with other JSON, where it is JSON."""

    def spoil(question: Question, got: Got) -> Got:
        try:
            answer = json.loads(got.body)
            made = edit(answer)
        except (ValueError, LookupError, TypeError, AttributeError):  # it is another answer than the one that is meant
            return got
        return replace(got, body=json.dumps(answer if made is None else made).encode())

    return spoil


def rows(**values: object) -> Spoil:
    """Answer with other values in each row that has these columns."""

    def edit(answer: Any) -> None:
        for row in answer["data"]:
            row.update({name: value for name, value in values.items() if name in row})

    return edited(edit)


def without(column: str) -> Spoil:
    """Answer without a column."""
    return edited(lambda answer: [row.pop(column, None) for row in answer["data"]] and None)


def asked_with(name: str, spoil: Spoil) -> Spoil:
    """Spoil only answers to questions with a header."""
    return lambda question, got: spoil(question, got) if name in dict(question.headers) else got


def at(part: str, spoil: Spoil) -> Spoil:
    """Spoil only answers to questions whose address has a part."""
    return lambda question, got: spoil(question, got) if part in question.url else got


def _first(name: str, value: object) -> Spoil:
    return edited(lambda answer: answer["resolvedCoordinate"][0].update({name: value}))


def _all_rows(question: Question, got: Got) -> Got:
    """Answer each page with all rows."""
    return edited(lambda answer: answer["data"].extend(answer["data"]))(question, got)


def _types(**types: str) -> Spoil:
    return edited(
        lambda answer: (
            [one.update(type=types[one["name"]]) for one in answer["fields"] if one["name"] in types] and None
        )
    )


def _column(answer: Any) -> None:
    answer["s_region"] = ["CIRCLE 1 2 3"] * len(answer["obs_id"])


def _looked_up(**values: object) -> Spoil:
    return edited(lambda answer: [found.update(values) for found in answer.values()] and None)


GONE = status(404)
NO_TAG = header("ETag")
NO_SCRIPT = text("#!/bin/sh", "<html>")
AGAIN = asked_with("If-Modified-Since", status(200))

SPOILT: Mapping[str, Spoil] = {
    "portal-envelope": edited(lambda answer: answer["paging"].update(rowsTotal=1)),
    "portal-columns": without("dataURL"),
    "portal-types": rows(obsid="an id"),
    "portal-name": rows(target_name="0000000016740101"),
    "portal-row": rows(t_exptime=1800),
    "portal-cadences": rows(sequence_number=74),
    "portal-several": rows(sequence_number=14),
    "portal-region": rows(s_region="POLYGON 1 2 3 4 5 6"),
    "portal-images": rows(target_name="TESS image"),
    "portal-cone": without("distance"),
    "portal-hlsp": rows(provenance_name="qlp"),
    "portal-cdips": rows(target_name="2475555794352572672"),
    "portal-diamante": rows(sequence_number=1),
    "portal-count": rows(Column1=50_000),
    "portal-pages": _all_rows,
    "portal-many": rows(Column1=0),
    "portal-empty": edited(lambda answer: answer["data"].append({"obs_id": "tess-s0001-1-1"})),
    "portal-executing": edited(lambda answer: answer.update(status="RUNNING")),
    "portal-error": edited(lambda answer: answer.update(status="COMPLETE")),
    "products-columns": without("size"),
    "products-several": rows(parent_obsid="1"),
    "products-uri": text("mast:TESS/product/", "mast:TESS/"),
    "products-runs": text("-00745_", "-00746_"),
    "products-size": rows(size=119_423),
    "portal-described": edited(lambda answer: answer["target_name"].update({"vot.datatype": "int", "type": "numeric"})),
    "whoami": edited(lambda answer: answer.update(anon="yes")),
    "resolver-name": _first("decl", -39.9),
    "resolver-tic": _first("canonicalName", "L 98-59"),
    "resolver-none": edited(
        lambda answer: answer["resolvedCoordinate"].append({"searchString": "no such star at all"})
    ),
    "download-redirect": header("Location", "https://archive.stsci.edu/missions/tess/tid/s0001/a_lc.fits"),
    "download-store": lambda question, got: replace(got, headers={"Server": "Apache"}) if got.status == 206 else got,
    "download-range": asked_with("Range", status(200)),
    "download-validators": header("ETag", 'W/"weak"'),
    "download-if-range": asked_with("If-Range", status(206)),
    "download-past-end": asked_with("Range", status(200)),
    "download-absent": lambda question, got: replace(got, status=200),
    "download-sum": text("planetCandidateCount", "planetCandidatecount"),
    "download-fits": text("SIMPLE", "simple"),
    "bucket-object": header("Last-Modified"),
    "bucket-encryption": header("x-amz-server-side-encryption", "aws:kms"),
    "bucket-unchanged": asked_with("If-None-Match", status(200)),
    "bucket-absent": text("NoSuchKey", "AccessDenied"),
    "bucket-listing": text("&quot;", ""),
    "bucket-same": header("ETag", '"00000000000000000000000000000000"'),
    "bucket-pages": at("continuation-token", GONE),
    "bucket-folders": text("CommonPrefixes", "Folders"),
    "bucket-hlsp": text("mast/hlsp/tglc/", "mast/hlsp/tgl/"),
    "bucket-images": text("_ffir.fits", "_raw.fits"),
    "bucket-vectors": text("_cbv.fits", "_bv.fits"),
    "bucket-cubes": at("tica", text("-cube.fits", ".fits")),
    "bucket-footprints": edited(_column),
    "lookup-path": text("/tess/public/", "/tess/"),
    "lookup-several": _looked_up(status_code=404, path=None),
    "lookup-many": status(414),
    "scripts-spoc": NO_SCRIPT,
    "scripts-fast": text("_fast-tp.fits", "_tp.fits"),
    "scripts-several": GONE,
    "scripts-images": at("cbv", GONE),
    "scripts-tica": at("s0056", GONE),
    "tce-page": text("_dvr-tcestats.csv", ".csv"),
    "tce-table": text("tceid,", "id,"),
    "targets": text("TICID,", "ID,"),
    "targets-fast": text("Camera", "Cam"),
    "targets-hlsp": text("#TIC_ID", "#TIC"),
    "targets-tglc": text("TIC_ID", "TIC"),
    "scripts-hlsp": text("mast:HLSP/", "mast:hlsps/"),
    "scripts-tess-spoc-dv": at("s0035", status(200)),
    "lists-absent": status(200),
    "targets-absent": status(200),
    "lists-unchanged": AGAIN,
    "targets-unchanged": asked_with("If-None-Match", status(200)),
    "lists-packed": header("Content-Encoding"),
    "targets-packed": header("Content-Encoding"),
    "exofop-toi": text("Transit Epoch", "When"),
    "exofop-ctoi": text("CTOI", "No"),
    "tic-ids": rows(ID=1),
    "tic-types": _types(ID="int"),
    "tic-columns": without("GAIA"),
    "tic-values": rows(Tmag=12.5),
    "tic-many": edited(lambda answer: answer.update(data=[])),
    "tic-cone": without("dstArcSec"),
    "tesscut-sectors": edited(lambda answer: {"results": answer["results"][:1]}),
    "tesscut-zip": text("PK\x03\x04", "no\x03\x04"),
    "tesscut-nothing": edited(lambda answer: {"msg": "Internal failure"}),
}
"""Line → what is done to the answers of the sample archive, so that it is otherwise."""

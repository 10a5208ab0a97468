"""Files of one's own in a sample archive: what their names and headers tell becomes rows, and they are served as they are."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source import names
from tess_source.errors import DamagedFileError, QueryError
from tess_source.files.exposure import exptime_of_headers
from tess_source.files.fits_headers import read_headers
from tess_source.paths import user_path
from tess_source_sample import chips
from tess_source_sample.added import TMAG
from tess_source_sample.contributed import ALL_SECTORS
from tess_source_sample.facts import Star, sector
from tess_source_sample.files import documented
from tess_source_sample.holdings import Seen
from tess_source_sample.rows import (
    MJD_OF_BTJD_0,
    Observed,
    Row,
    circle,
    contributed_product,
    lc_obs_id,
    product_row,
    target_values,
)
from tess_source_sample.sectors import mission, stamps
from tess_source_sample.store import Made, etag

if TYPE_CHECKING:
    from tess_source.names import Name
    from tess_source_sample.contents import Contents

GROUPS = {
    **{kind: kind.upper() for kind in ("lc", "tp", "fast-lc", "fast-tp", "dvt", "dvm", "dvs")},
    "dvr-pdf": "DVR",
    "dvr-xml": "DVR",
}
"""Kind of a file of SPOC to product sub-group."""
OF_CCD = ("ffi", "ffir", "cbv", "fast-cbv", "col")
"""Kinds of files of a CCD, not of a star."""
_EXAMPLE = "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"
_KEYS = ("TICID", "OBJECT", "RA_OBJ", "DEC_OBJ", "TESSMAG", "SECTOR", "TSTART", "TSTOP")


@dataclass(frozen=True)
class Told:
    """What is known of a file: by the caller, by its name, and by its header, in this order."""

    uri: str
    name: Name
    obs_id: str
    tic: int | None
    sector: int
    exptime: float | None
    ra: float | None
    dec: float | None
    tmag: float
    begin: float
    """[MJD]"""
    end: float
    """[MJD]"""


def add_file(contents: Contents, path: str | Path, said: Mapping[str, Any]) -> str:
    """Add a file; see `SampleArchive.add_file`."""
    file = user_path(path)
    body = file.read_bytes()
    told = _told(contents, file.name, body, said)
    with contents.lock:
        if told.tic and told.ra is not None and told.dec is not None and contents.star(told.tic) is None:
            contents.known.add(Star(told.tic, (), told.ra, told.dec, None, None, told.tmag, None, None, None, None))
        there = contents.files.held.get(told.uri)
        if there and said.get("obs_id") in {None, there["obs_id"]}:
            observation = contents.by_obsid[there["obsID"]]
        else:
            observation = _observation(contents, told)
        products = list(contents.products.held.get(observation["obsid"], ()))
        row = there or _product(contents, observation, told)
        new = row | {"size": len(body)}
        places = {product["dataURI"]: at for at, product in enumerate(products)}
        if told.uri in places:
            products[places[told.uri]] = new
        elif there:
            raise QueryError(
                f"{told.uri} belongs to the observation {there['obs_id']}: leave obs_id out, or take another uri"
            )
        else:
            products.append(new)
        seen = [told.sector] if told.sector in mission() else []
        contents.put([Observed(observation, products)], {told.uri: Made(body, etag(body))}, seen)
    return told.uri


def _told(contents: Contents, filename: str, body: bytes, said: Mapping[str, Any]) -> Told:
    uri = said.get("uri")
    if uri is not None and not re.fullmatch(r"mast:[^/\s]+(/[^/\s]+)+", str(uri)):
        raise QueryError(f"uri is {uri!r}: it is such as 'mast:TESS/product/{_EXAMPLE}'")
    called = str(uri).rpartition("/")[2] if uri else filename
    name = documented.completed(names.parse(called))
    uri = uri or _uri(filename, name, said.get("obs_id"))
    headers = _headers(body)
    head = {key: header[key] for header in reversed(headers) for key in _KEYS if header.get(key) not in {None, ""}}
    tic, number = _star_and_sector(called, name, head, said)
    star = contents.star(tic) if tic else None
    ra, dec = (_real(said.get(key, head.get(f"{key.upper()}_OBJ"))) for key in ("ra", "dec"))
    if ra is None or dec is None:
        ra, dec = (star.ra, star.dec) if star else _place_of_report(body)
    begin, end = _times(name.first_sector or number, number, head)
    exptime, obs_id = said.get("exptime") or name.exptime or exptime_of_headers(headers), said.get("obs_id")
    return Told(
        str(uri), name, str(obs_id or _obs_id(called, name, number)), tic, number, _real(exptime), ra, dec,
        tmag=_real(head.get("TESSMAG")) or TMAG, begin=begin, end=end,
    )  # fmt: skip


def _star_and_sector(
    called: str, name: Name, head: Mapping[str, Any], said: Mapping[str, Any]
) -> tuple[int | None, int]:
    """Return of which star and sector a file is: a file of a CCD is of no star, and one of DIAMANTE of all sectors."""
    tic = said.get("star") or name.tic or _tic(head)
    number = said.get("sector") or name.last_sector or _real(head.get("SECTOR"))
    if name.pipeline == "DIAMANTE" and not said.get("sector"):
        number = ALL_SECTORS
    if tic is None and name.kind not in OF_CCD:
        raise QueryError(f"neither the name {called} nor a header says of which star it is: give star=")
    if number is None:
        raise QueryError(f"neither the name {called} nor a header says of which sector it is: give sector=")
    number = int(number)
    if number not in mission() and number != ALL_SECTORS:
        raise QueryError(f"{called} is of sector {number}: the mission has 1 to {max(mission())}")
    return int(tic) if tic else None, number


def _times(first: int, last: int, head: Mapping[str, Any]) -> tuple[float, float]:
    """Return begin and end of a file [MJD]: those of its header, else those of its sectors."""
    begin = end = 0.0
    if last != ALL_SECTORS:
        begin, end = sector(first).start, sector(last).start + sector(last).cadences / 720
    begin, end = _real(head.get("TSTART")) or begin, _real(head.get("TSTOP")) or end
    return begin + MJD_OF_BTJD_0, end + MJD_OF_BTJD_0


def _uri(filename: str, name: Name, obs_id: str | None) -> str:
    try:
        return names.uri(names.parse(filename))
    except ValueError as error:
        if obs_id:
            return f"mast:HLSP/own/{filename}" if str(obs_id).startswith("hlsp_") else f"mast:TESS/product/{filename}"
        why = "is no name of a TESS product" if name.kind == "other" else f"has no known place at the archive ({error})"
        raise QueryError(
            f"{filename} {why}: give the file such a name as {_EXAMPLE}, or say uri='mast:TESS/product/{_EXAMPLE}', or obs_id="
        ) from None


def _headers(body: bytes) -> list[Any]:
    """Return the headers of a FITS file, none of another or of a damaged one."""
    try:
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        if plain[:6] != b"SIMPLE":
            return []
        return list(read_headers(lambda start, count: plain[start : start + count], len(plain)))
    except (OSError, EOFError, zlib.error, DamagedFileError):
        return []  # a damaged file can be added too: its name says enough


def _real(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _tic(head: Mapping[str, Any]) -> int | None:
    found = re.fullmatch(r"(?:TIC)?\s*(\d+)", str(head.get("TICID") or head.get("OBJECT") or ""))
    return int(found[1]) if found else None


def _place_of_report(body: bytes) -> tuple[float | None, float | None]:
    """Return the position that a report (XML) of data validation says of its star."""
    found = (
        re.search(rb'<dv:%s provenance="[^"]*" value="([^"]+)"' % key, body) for key in (b"raDegrees", b"decDegrees")
    )
    ra, dec = (_real(match[1].decode()) if match else None for match in found)
    return ra, dec


def _obs_id(filename: str, name: Name, number: int) -> str:
    """Return the obs_id of the observation that lists a file."""
    stem = filename.partition(".fits")[0] if ".fits" in filename else filename.rpartition(".")[0]
    if name.pipeline == "SPOC" and name.kind in OF_CCD:
        return f"tess-s{number:04d}-{name.camera}-{name.ccd}"
    if name.pipeline == "SPOC" and name.run is not None and name.tic:
        if name.first_sector == name.last_sector:
            return lc_obs_id(Seen(name.tic, number))
        first = int(name.first_sector or 0)
        return f"tess{stamps(first).dv_timestamp}-s{first:04d}-s{number:04d}-{name.tic:016d}"
    beginning, _, product = stem.rpartition("_")
    if name.pipeline == "SPOC":
        return beginning + ("_fast" if name.kind.startswith("fast") else "") if beginning else stem
    if name.kind == "other" or name.pipeline in {"TASOC", "T16"}:
        return beginning if name.kind != "other" else stem
    if name.pipeline == "TESS-SPOC":
        product = "dvt" if name.kind.startswith("dv") else "tp"
    return f"{beginning}_{product}"


def _observation(contents: Contents, told: Told) -> Row:
    """Return the observation that lists a file: one that is there, or a new one."""
    for row in contents.observations.held:
        if str(row["obs_id"]).lower() == told.obs_id.lower():
            return row
    star = contents.star(told.tic) if told.tic else None
    contributed = told.uri.startswith("mast:HLSP/")
    values: Row = {
        "target_name": str(told.tic) if told.tic else "TESS FFI",
        "obs_id": told.obs_id,
        "t_min": None if told.sector == ALL_SECTORS else told.begin,
        "t_max": None if told.sector == ALL_SECTORS else told.end,
        "t_exptime": told.exptime,
        "t_obs_release": round(told.end) + 31,
        "sequence_number": told.sector,
        "dataURL": told.uri,
        "provenance_name": told.name.pipeline or "SPOC",
    }
    if star:
        values |= target_values(star)
    elif not told.tic and told.name.camera and told.name.ccd:
        values |= chips.footprint(told.sector, told.name.camera, told.name.ccd) | {
            "dataproduct_type": "image",
            "dataURL": None,
        }
    if told.tic and told.ra is not None and told.dec is not None:
        values |= {"s_ra": told.ra, "s_dec": told.dec, "s_region": circle(told.ra, told.dec)}
    if contributed:
        values |= {"obs_collection": "HLSP", "calib_level": 4, "proposal_pi": None}
    return contents.maker.observation(**values)


def _product(contents: Contents, observation: Row, told: Told) -> Row:
    filename = told.uri.rpartition("/")[2]
    if observation["obs_collection"] == "HLSP":
        return contributed_product(observation, told.uri, 1)
    group = GROUPS.get(told.name.kind)
    if group and told.name.pipeline == "SPOC":
        return contents.maker.product(observation, group, filename, "1", 1) | {"dataURI": told.uri}
    return product_row(observation, filename, told.uri, "1") | {"productType": "SCIENCE", "calib_level": 3}

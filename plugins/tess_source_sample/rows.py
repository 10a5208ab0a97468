"""Rows of the archive's two tables, observations and products, in the shape of MAST's raw JSON rows.

Rows are derived from the short tables of `holdings` and `facts`: names, addresses and descriptions follow the rules of
SPOC and MAST, numbers that no real answer shows are filled in, always the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from math import isnan
from typing import Any, NamedTuple

from tess_source_sample import holdings
from tess_source_sample.contributed import ALL_SECTORS, Contributed
from tess_source_sample.facts import Star, ValidationRun, sector
from tess_source_sample.files import natural_size
from tess_source_sample.holdings import Image, Searched, Seen
from tess_source_sample.known import KnownStars

Row = dict[str, Any]

MJD_OF_BTJD_0 = 56999.5
"""BTJD is BJD - 2457000 and MJD is JD - 2400000.5."""

MRP = "Minimum Recommended Products"

KINDS: dict[str, tuple[str, str, str | None, int]] = {
    "LC": ("Light curves", "SCIENCE", MRP, 3),
    "TP": ("Target pixel files", "SCIENCE", MRP, 2),
    "FAST-LC": ("Light curves", "SCIENCE", MRP, 3),
    "FAST-TP": ("Target pixel files", "SCIENCE", MRP, 2),
    "DVT": ("Data validation time series", "SCIENCE", MRP, 3),
    "DVM": ("Data validation mini report", "INFO", MRP, 3),
    "DVS": ("TCE summary report", "INFO", MRP, 3),
    "DVR": ("full data validation report", "INFO", None, 3),
}
"""Product sub-group to description, product type, product group and calibration level."""

DV_ORDER = ("DVR", "DVM", "DVS", "DVT")
"""In which order the archive lists the data validation products of an observation."""


def _json_number(value: float) -> float | int | None:
    """Write a number as the archive's JSON does: whole ones as integers, a missing one as null."""
    if isnan(value):
        return None
    return int(value) if float(value).is_integer() else value


def _digest(text: str) -> str:
    """Return ten hexadecimal digits, as the archive's versions of DV products are."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:10]


def _value_or(value: float, otherwise: float) -> float:
    return otherwise if isnan(value) else value


def lc_obs_id(seen: Seen) -> str:
    """Return the obs_id of a light curve's observation, ``tess…-s0014-…-0150-s`` or ``…-a_fast``."""
    place = sector(seen.sector)
    ending = "a_fast" if seen.fast else "s"
    return f"tess{place.prefix}-s{seen.sector:04d}-{seen.tic:016d}-{place.scid}-{ending}"


def dv_obs_id(search: Searched | ValidationRun) -> str:
    """Return the obs_id of a multi-sector search; it carries no run number (since 2022)."""
    stamp = sector(search.first).dv_timestamp
    return f"tess{stamp}-s{search.first:04d}-s{search.last:04d}-{search.tic:016d}"


def dv_names(run: ValidationRun) -> Iterator[tuple[str, str]]:
    """Yield sub-group and file name of every product of a DV run, in the archive's order."""
    middle = f"s{run.first:04d}-s{run.last:04d}-{run.tic:016d}"
    stem = f"tess{run.timestamp}-{middle}"
    yield "DVR", f"{stem}-{run.run:05d}_dvr.pdf"
    yield "DVR", f"{stem}-{run.run:05d}_dvr.xml"
    yield "DVM", f"tess{run.dvm_timestamp}-{middle}-{run.run:05d}_dvm.pdf"
    for tce in range(1, run.tces + 1):
        yield "DVS", f"{stem}-{tce:02d}-{run.run:05d}_dvs.pdf"
    yield "DVT", f"{stem}-{run.run:05d}_dvt.fits"


def released(observation: Row) -> float:
    """Return when an observation was released [MJD]; where nothing says so, some day."""
    return float(observation["t_obs_release"] or observation["t_max"] or 60000)


def plain_name(name: str) -> str:
    """Return the name of a star as it is compared: spaces, hyphens and case do not count."""
    return re.sub(r"[\s-]+", "", name.lower())


class Observed(NamedTuple):
    """An observation and its products."""

    observation: Row
    products: list[Row]


_OBSERVATION: Row = {
    "intentType": "science",
    "obs_collection": "TESS",
    "provenance_name": "SPOC",
    "instrument_name": "Photometer",
    "project": "TESS",
    "filters": "TESS",
    "wavelength_region": "Optical",
    "target_name": None,
    "target_classification": None,
    "obs_id": None,
    "s_ra": None,
    "s_dec": None,
    "dataproduct_type": "timeseries",
    "proposal_pi": "Ricker, George",
    "calib_level": 3,
    "t_min": None,
    "t_max": None,
    "t_exptime": 120,
    "em_min": 600,
    "em_max": 1000,
    "obs_title": None,
    "t_obs_release": None,
    "proposal_id": "N/A",
    "proposal_type": None,
    "sequence_number": None,
    "s_region": None,
    "jpegURL": None,
    "dataURL": None,
    "dataRights": "PUBLIC",
    "mtFlag": False,
    "srcDen": None,
    "obsid": None,
    "objID": None,
}
"""What all observation rows share; None where each has its own."""


class RowMaker:
    """Makes the rows of observations and of their products.

    Parameters
    ----------
    known : KnownStars
        The stars and searches that the rows are of.
    numbers : iterator of int
        Numbers for identifiers that no real answer shows.
    """

    def __init__(self, known: KnownStars, numbers: Iterator[int]) -> None:
        self._known, self._numbers = known, numbers

    def observation(self, **values: Any) -> Row:
        """Return an observation row: what all share, with `values` in their places."""
        row = _OBSERVATION | values
        row["obsid"] = row["obsid"] or next(self._numbers)
        row["objID"] = row["objID"] or next(self._numbers) + 50_000_000
        return row

    def product(self, observation: Row, group: str, filename: str, version: str, size: int = 0) -> Row:
        """Return the row of a product of SPOC."""
        description, product_type, recommended, level = KINDS[group]
        if filename.endswith(".xml"):
            description += " (xml)"
        row = product_row(observation, filename, f"mast:TESS/product/{filename}", version)
        return row | {
            "description": description,
            "productType": product_type,
            "productGroupDescription": recommended,
            "productSubGroupDescription": group,
            "size": size or self.file_size(filename),
            "calib_level": level,
        }

    def file_size(self, filename: str) -> int:
        """Return the size of a file in bytes: of the real one where known, else as the simulation comes out."""
        return holdings.SIZES.get(filename.partition("-")[2]) or natural_size(filename, self._known)

    def seen(self, seen: Seen) -> Observed:
        """Return a target in a sector: light curve, pixels, and the data validation of that sector."""
        row = self.seen_row(seen)
        searches = [] if seen.fast else [r for r in self._known.runs(seen.tic) if r.first == r.last == seen.sector]
        version = seen.lc_version or _digest(row["obs_id"])
        prefix = "FAST-" if seen.fast else ""
        curve = row["dataURL"].rpartition("/")[2]
        products = [
            *self._of_runs(row, searches, version),
            self.product(row, f"{prefix}LC", curve, version, seen.lc_size),
            self.product(
                row, f"{prefix}TP", curve.replace("lc.fits", "tp.fits"), seen.tp_version or version, seen.tp_size
            ),
        ]
        return Observed(row, products)

    def seen_row(self, seen: Seen) -> Row:
        """Return the observation of a target in a sector."""
        place, obs_id, star = sector(seen.sector), lc_obs_id(seen), self._known.star(seen.tic)
        begin, seconds = place.start + MJD_OF_BTJD_0, 20 if seen.fast else 120
        given = star.light.rows(seen.sector, seconds) if star.light else None
        end = _value_or(seen.t_max, begin + (place.cadences / 720 if given is None else given * seconds / 86400))
        joint = "-" if seen.fast else "_"
        return self.observation(
            **target_values(star, icrs=seen.icrs),
            obs_id=obs_id,
            t_min=_value_or(seen.t_min, begin),
            t_max=end,
            t_exptime=seconds,
            t_obs_release=_json_number(_value_or(seen.released, round(end) + 31)),
            proposal_id=seen.proposal,
            sequence_number=seen.sector,
            dataURL=f"mast:TESS/product/{obs_id}{joint}lc.fits",
            obsid=seen.obsid,
            objID=seen.objid,
        )

    def searched(self, search: Searched) -> Observed:
        """Return a search of several sectors."""
        obs_id, ends = dv_obs_id(search), (search.first, search.last)
        searches = [run for run in self._known.runs(search.tic) if (run.first, run.last) == ends]
        dvt = [name for group, name in dv_names(searches[-1]) if group == "DVT"]
        row = self.observation(
            **target_values(self._known.star(search.tic)),
            obs_id=obs_id,
            t_min=search.t_min,
            t_max=search.t_max,
            t_obs_release=_json_number(_value_or(search.released, round(search.t_max) + 45)),
            proposal_id=search.proposal,
            sequence_number=search.last,
            dataURL=f"mast:TESS/product/{dvt[0]}",
            obsid=search.obsid,
            objID=search.objid,
        )
        return Observed(row, self._of_runs(row, searches, search.version or _digest(obs_id)))

    def _of_runs(self, observation: Row, searches: Iterable[ValidationRun], version: str) -> list[Row]:
        """Return the products of all runs: sorted by kind first, then by name, as the archive's list is."""
        names = [pair for run in searches for pair in dv_names(run)]
        ordered = sorted(names, key=lambda pair: (DV_ORDER.index(pair[0]), pair[1]))
        return [self.product(observation, group, name, version) for group, name in ordered]

    def contributed(self, entry: Contributed) -> Observed:
        """Return a high-level science product."""
        folder = _contributed_folder(entry)
        begin, end, released = _contributed_times(entry)
        addresses = [(name, size or self.file_size(name)) for name, size in entry.names_and_sizes()]
        row = self.observation(
            **target_values(self._known.star(entry.tic)),
            obs_collection="HLSP",
            provenance_name=entry.pipeline,
            proposal_pi=entry.pi,
            calib_level=4,
            obs_id=entry.obs_id,
            t_min=begin,
            t_max=end,
            t_exptime=entry.exptime,
            t_obs_release=released,
            sequence_number=entry.sector,
            dataURL=f"mast:HLSP/{folder}/{addresses[0][0]}",
            obsid=entry.obsid,
            objID=0,
        )
        return Observed(row, [contributed_product(row, f"mast:HLSP/{folder}/{name}", size) for name, size in addresses])

    def image(self, image: Image) -> Observed:
        """Return the full-frame images of a CCD; the archive gives no product list for them."""
        row = self.observation(
            target_name="TESS FFI",
            obs_id=f"tess-s{image.sector:04d}-{image.camera}-{image.ccd}",
            s_ra=image.ra,
            s_dec=image.dec,
            dataproduct_type="image",
            t_min=image.t_min,
            t_max=image.t_max,
            t_exptime=image.exptime,
            t_obs_release=_json_number(image.released),
            sequence_number=image.sector,
            s_region=image.region,
            obsid=image.obsid,
            objID=0,
        )
        return Observed(row, [])


def contributed_product(observation: Row, uri: str, size: int) -> Row:
    """Return the row of a file of a high-level science product."""
    name = uri.rpartition("/")[2]
    ending = name.rpartition(".")[2]
    return product_row(observation, name, uri, "1") | {
        "description": "Text" if ending == "txt" else ending.upper(),
        "productType": "SCIENCE",
        "productGroupDescription": MRP if ending == "fits" else None,
        "project": observation["provenance_name"],
        "size": size,
        "calib_level": 4,
    }


def _contributed_folder(entry: Contributed) -> str:
    """Return the folder of a contributed product. Four folders are cut from the TIC, or for TGLC from the Gaia id."""
    if entry.flat:
        return entry.folder
    gaia = re.search(r"gaiaid-(\d+)", entry.obs_id)
    number = f"{int(gaia[1]):021d}" if gaia else f"{entry.tic:016d}"
    return "/".join((entry.folder, *(number[at : at + 4] for at in range(0, 16, 4))))


def _contributed_times(entry: Contributed) -> tuple[float | None, float | None, int]:
    """Return begin, end and release [MJD] of a contributed observation; one of all sectors of a star has neither begin nor end."""
    if entry.sector == ALL_SECTORS:
        return None, None, 59000
    place = sector(entry.sector)
    begin = place.start + MJD_OF_BTJD_0
    return _value_or(entry.t_min, begin), _value_or(entry.t_max, begin + place.cadences / 720), round(begin) + 400


def target_values(entry: Star, icrs: bool = False) -> Row:
    """Return what an observation row says about its star; its footprint is a circle of 5 arcsec."""
    return {
        "target_name": str(entry.tic),
        "s_ra": entry.ra,
        "s_dec": entry.dec,
        "s_region": circle(entry.ra, entry.dec, icrs),
    }


def circle(ra: float, dec: float, icrs: bool = False) -> str:
    """Return the footprint of a target at a place in degrees."""
    place = " ".join(f"{round(value, 8):.8f}".rstrip("0") for value in (ra, dec))
    return f"{'CIRCLE ICRS' if icrs else 'CIRCLE'} {place} 0.00138889"


def product_row(observation: Row, filename: str, uri: str, version: str) -> Row:
    """Return what all products of an observation share."""
    return {
        "obsID": observation["obsid"],
        "obs_collection": observation["obs_collection"],
        "dataproduct_type": observation["dataproduct_type"],
        "obs_id": observation["obs_id"],
        "description": None,
        "type": "S",
        "dataURI": uri,
        "productType": None,
        "productGroupDescription": None,
        "productSubGroupDescription": None,
        "productDocumentationURL": None,
        "project": observation["provenance_name"],
        "prvversion": version,
        "proposal_id": observation["proposal_id"],
        "productFilename": filename,
        "size": 0,
        "parent_obsid": observation["obsid"],
        "dataRights": "PUBLIC",
        "calib_level": 0,
        "filters": "TESS",
    }

"""The archive's two tables, observations and products, in the shape of MAST's raw JSON rows.

Rows are derived from the short tables of `holdings` and `facts`: names, addresses and descriptions follow the rules of
SPOC and MAST, numbers that no real answer shows are filled in, always the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from math import isnan
from typing import Any

from tess_source_sample import contributed, holdings
from tess_source_sample.contributed import ALL_SECTORS, Contributed
from tess_source_sample.facts import ValidationRun, runs, sector, star
from tess_source_sample.files import natural_size
from tess_source_sample.holdings import Image, Searched, Seen
from tess_source_sample.images import image_files

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


class Contents:
    """Everything that the sample archive has.

    Parameters
    ----------
    extra : int
        Number of made-up targets to add, each with two sectors of light curves and pixels, for measurements on
        many targets. Their TIC numbers start at `facts.SYNTHETIC_TIC`.
    images : mapping, optional
        Sector → number of full-frame images of each CCD, in place of a few.
    """

    def __init__(self, extra: int = 0, images: Mapping[int, int] | None = None) -> None:
        self.images: tuple[tuple[int, int], ...] = tuple(sorted((images or {}).items()))
        """Sectors of which there are more full-frame images than a few, and how many of each CCD."""
        self.observations: list[Row] = []
        """Observation rows: 33 columns, in the order in which queries answer them."""
        self.products: dict[int, list[Row]] = {}
        """Product rows by ``obsid``: 20 columns, in the order in which a product request answers them."""
        self._counted = 61_000_000
        targets = (*holdings.TARGETS, *holdings.made_up(extra))
        for entry in targets:
            self._add_spoc(entry)
        for product in contributed.CONTRIBUTED:
            self._add_contributed(product)
        for image in holdings.IMAGES:
            self._add_image(image)
        self.targets: tuple[int, ...] = tuple(
            dict.fromkeys(entry.tic for entry in (*targets, *contributed.CONTRIBUTED))
        )
        """TIC numbers, in the order of the catalogue."""
        self.by_obsid: dict[int, Row] = {row["obsid"]: row for row in self.observations}
        """Observation row by ``obsid``."""
        self.files: dict[str, Row] = {row["dataURI"]: row for rows in self.products.values() for row in rows}
        """Product row by ``dataURI``."""

    def file(self, uri: str) -> tuple[str, int, float] | None:
        """Return name, size and date of release (MJD) of a file that the archive sends by its URI; None if it has none."""
        if row := self.files.get(uri):
            return row["productFilename"], row["size"], float(self.by_obsid[row["obsID"]]["t_obs_release"])
        image = image_files(self.images).get(uri)
        return (image.filename, image.size, image.modified) if image and image.at_archive else None

    def _identifier(self, known: int, offset: int = 0) -> int:
        """Return a known identifier, or one counted from where no real one was seen."""
        if known:
            return known
        self._counted += 1
        return self._counted + offset

    def _observation(self, **values: Any) -> Row:
        """Return an observation row: what all share, with `values` in their places."""
        row: Row = {
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
        row |= values
        row["obsid"] = self._identifier(row["obsid"])
        row["objID"] = self._identifier(row["objID"], 50_000_000)
        self.observations.append(row)
        return row

    def _product(self, observation: Row, group: str, filename: str, version: str, size: int = 0) -> None:
        description, product_type, recommended, level = KINDS[group]
        if filename.endswith(".xml"):
            description += " (xml)"
        row = _product_row(observation, filename, f"mast:TESS/product/{filename}", version)
        row |= {
            "description": description,
            "productType": product_type,
            "productGroupDescription": recommended,
            "productSubGroupDescription": group,
            "size": size or _file_size(filename),
            "calib_level": level,
        }
        self.products.setdefault(observation["obsid"], []).append(row)

    def _add_spoc(self, entry: Seen | Searched) -> None:
        if isinstance(entry, Seen):
            self._add_seen(entry)
        else:
            self._add_searched(entry)

    def _add_seen(self, seen: Seen) -> None:
        place, obs_id = sector(seen.sector), lc_obs_id(seen)
        begin = place.start + MJD_OF_BTJD_0
        end = _value_or(seen.t_max, begin + place.cadences / 720)
        joint = "-" if seen.fast else "_"
        row = self._observation(
            **_target_values(seen.tic, icrs=seen.icrs),
            obs_id=obs_id,
            t_min=_value_or(seen.t_min, begin),
            t_max=end,
            t_exptime=20 if seen.fast else 120,
            t_obs_release=_json_number(_value_or(seen.released, round(end) + 31)),
            proposal_id=seen.proposal,
            sequence_number=seen.sector,
            dataURL=f"mast:TESS/product/{obs_id}{joint}lc.fits",
            obsid=seen.obsid,
            objID=seen.objid,
        )
        searches = [] if seen.fast else [r for r in runs(seen.tic) if r.first == r.last == seen.sector]
        version = seen.lc_version or _digest(obs_id)
        self._add_runs(row, searches, version)
        prefix = "FAST-" if seen.fast else ""
        self._product(row, f"{prefix}LC", f"{obs_id}{joint}lc.fits", version, seen.lc_size)
        self._product(row, f"{prefix}TP", f"{obs_id}{joint}tp.fits", seen.tp_version or version, seen.tp_size)

    def _add_searched(self, search: Searched) -> None:
        obs_id, ends = dv_obs_id(search), (search.first, search.last)
        searches = [run for run in runs(search.tic) if (run.first, run.last) == ends]
        dvt = [name for group, name in dv_names(searches[-1]) if group == "DVT"]
        row = self._observation(
            **_target_values(search.tic),
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
        self._add_runs(row, searches, search.version or _digest(obs_id))

    def _add_runs(self, observation: Row, searches: Iterable[ValidationRun], version: str) -> None:
        """Add the products of all runs: sorted by kind first, then by name, as the archive's list is."""
        names = [pair for run in searches for pair in dv_names(run)]
        for group, name in sorted(names, key=lambda pair: (DV_ORDER.index(pair[0]), pair[1])):
            self._product(observation, group, name, version)

    def _add_contributed(self, entry: Contributed) -> None:
        folder = _contributed_folder(entry)
        begin, end, released = _contributed_times(entry)
        addresses = [(name, size or _file_size(name)) for name, size in entry.names_and_sizes()]
        row = self._observation(
            **_target_values(entry.tic),
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
        products = self.products.setdefault(row["obsid"], [])
        for name, size in addresses:
            product = _product_row(row, name, f"mast:HLSP/{folder}/{name}", "1")
            ending = name.rpartition(".")[2]
            product |= {
                "description": "Text" if ending == "txt" else ending.upper(),
                "productType": "SCIENCE",
                "productGroupDescription": MRP if ending == "fits" else None,
                "project": entry.pipeline,
                "size": size,
                "calib_level": 4,
            }
            products.append(product)

    def _add_image(self, image: Image) -> None:
        """Add an observation of full-frame images; the archive gives no product list for it."""
        row = self._observation(
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
        self.products[row["obsid"]] = []


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


def _target_values(tic: int, icrs: bool = False) -> Row:
    """Return what an observation row says about its star; its footprint is a circle of 5 arcsec."""
    entry = star(tic)
    frame = "CIRCLE ICRS" if icrs else "CIRCLE"
    ra, dec = (f"{round(value, 8):.8f}".rstrip("0") for value in (entry.ra, entry.dec))
    return {
        "target_name": str(tic),
        "s_ra": entry.ra,
        "s_dec": entry.dec,
        "s_region": f"{frame} {ra} {dec} 0.00138889",
    }


def _product_row(observation: Row, filename: str, uri: str, version: str) -> Row:
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


@cache
def _file_size(filename: str) -> int:
    """Return the size of a file in bytes: of the real one where known, else as the simulation comes out."""
    known = holdings.SIZES.get(filename.partition("-")[2])
    if known is not None:
        return known
    return natural_size(filename)

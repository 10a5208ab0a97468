"""Manifests of files that a test puts on the disk, without a download."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from astropy.io import fits
from sample_files import content

import tess_source_arrays
import tess_source_mast
from tess_source import Session, names
from tess_source.tables.items import Entry, Item, Items
from tess_source.tables.plan import Manifest, Plan

KELT_9 = tuple(
    f"tess{time}-s{sector:04}-0000000016740101-{scid}-s_lc.fits"
    for time, sector, scid in ((2019198215352, 14, "0150"), (2019226182529, 15, "0151"), (2021204101404, 41, "0212"))
)
WASP_44 = "tess2018263035959-s0003-0000000012862099-0123-s_lc.fits"
TOI_3505 = "tess2022217014003-s0054-0000000390988385-0227-s_lc.fits"
SECTOR_1 = "tess2018206045859-s0001-0000000141914082-0120-s_lc.fits"
FAST = "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits"
PIXELS = "tess2019198215352-s0014-0000000016740101-0150-s_tp.fits"
QLP = "hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc.fits"
TESS_SPOC = "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_lc.fits"


@cache
def small(filename: str, rows: int = 60) -> bytes:
    """The first rows of it."""
    with fits.open(io.BytesIO(content(filename))) as hdus:
        hdus[1] = fits.BinTableHDU(hdus[1].data[:rows].copy(), header=hdus[1].header)
        out = io.BytesIO()
        hdus.writeto(out, checksum=True)
    return out.getvalue()


def manifest_of(folder: Path, files: Mapping[str, bytes | None], *, status: str = "here", **of_items: Any) -> Manifest:
    """Put files into a folder, and give the manifest of a download that found them there; None: not fetched."""
    entries, rows = [], []
    for filename, data in files.items():
        path = folder / filename
        if data is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        name = names.parse(filename)
        row = {"uri": f"mast:TESS/product/{filename}", "path": filename, "filename": filename, "kind": name.kind, "tic": name.tic,
               "first_sector": name.first_sector, "last_sector": name.last_sector, "exptime": name.exptime,
               "pipeline": name.pipeline, "obs_id": filename.rpartition("_")[0], **of_items}  # fmt: skip
        rows.append(row)
        item = Item(**row)
        there = Entry(item, status, path=path, bytes=len(data or b""))
        entries.append(there if data is not None else Entry(item, "failed", error="the archive was asleep"))
    session = Session(discover=False, plugins=[tess_source_arrays, tess_source_mast])
    return Manifest(Plan(Items.of(rows), folder, {"archive": "a test"}, session), tuple(entries))


def cut_one(manifest: Manifest, number: int) -> str:
    """Cut a file of a manifest, and return its URI."""
    path = manifest[number].path
    assert path is not None
    path.write_bytes(path.read_bytes()[:12_000])
    return manifest[number].item.uri

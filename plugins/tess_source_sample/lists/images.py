"""Bulk download scripts of full-frame images and other files of a CCD."""

from __future__ import annotations

from tess_source_sample.contents import Contents
from tess_source_sample.images import image_files, tica_names
from tess_source_sample.lists.document import Document, shuffled
from tess_source_sample.lists.scripts import quoted_line, script, spoc_line
from tess_source_sample.rows import released


def of_sector(contents: Contents, sector: str, kind: str) -> Document | None:
    """Return SPOC's script of one kind of files in a sector, None if there is none."""
    middle, ending = f"-s{int(sector):04d}-", f"-s_{kind}.fits"
    files = {
        file.filename: file.modified
        for file in image_files(contents.images).values()
        if file.at_archive and middle in file.filename and file.filename.endswith(ending)
    }
    added = (row for row in list(contents.files.held.values()) if middle in row["productFilename"])
    files |= {
        row["productFilename"]: released(contents.by_obsid[row["obsID"]])
        for row in added
        if row["productFilename"].endswith(ending)
    }
    if not files:
        return None
    return Document(script([spoc_line(name) for name in shuffled(files)]), max(files.values()))


def of_tica(contents: Contents, folder: str, sector: str, part: str, camera: str, ccd: str) -> Document | None:
    """Return TICA's script of one part of an orbit and a CCD, None if there is none."""
    here = f"tica/s{sector}/cam{camera}-ccd{ccd}"
    uris = [f"mast:HLSP/{here}/{name}" for name in tica_names(int(sector), int(camera), int(ccd), part)]
    if not uris or folder != sector:
        return None
    modified = image_files(contents.images)[uris[0]].modified
    return Document(script([quoted_line(uri.removeprefix("mast:HLSP/"), uri) for uri in uris]), modified)

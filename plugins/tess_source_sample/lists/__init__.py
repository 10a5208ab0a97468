"""The lists that the archive and others publish beside the portal: each path of their sites to the file that is there."""

from __future__ import annotations

import re
from collections.abc import Callable

from tess_source_sample.contents import Contents
from tess_source_sample.lists import footprints, images, objects, pages, scripts, tables, targets
from tess_source_sample.lists.document import Document

Maker = Callable[..., Document | None]

_S4 = r"s(\d{4})"
_SCRIPTS = "/missions/tess/download_scripts"

PATHS: tuple[tuple[str, Maker], ...] = (
    (rf"{_SCRIPTS}/sector/tesscurl_sector_([1-9]\d*)_(lc|tp|fast-lc|fast-tp|dv)\.sh", scripts.of_sector),
    (rf"{_SCRIPTS}/sector/tesscurl_sector_([1-9]\d*)_(ffic|ffir|cbv)\.sh", images.of_sector),
    (
        rf"/hlsps/tica/bundles/{_S4}/hlsp_tica_tess_ffi_{_S4}-o([12][a-z]?)-cam([1-4])-ccd([1-4])_tess_v01_ffis\.sh",
        images.of_tica,
    ),
    # Both folders have been seen with multi-sector scripts.
    (rf"{_SCRIPTS}/(?:multi)?sector/tesscurl_multisector_{_S4}-{_S4}_dv\.sh", scripts.of_sectors),
    (r"/missions/tess/catalogs/tce/([^/]+)", tables.tce_table),
    (r"/tess/bulk_downloads/bulk_downloads_tce\.html", pages.tce_page),
    (r"/tess/bulk_downloads/bulk_downloads_ffi-tp-lc-dv\.html", pages.script_page),
    (r"/public/target_lists/2m/all_targets_S(\d{3,})_v1\.csv", lambda held, s: targets.of_mission(held, s, 120)),
    (r"/public/target_lists/20s/all_targets_20s_S(\d{3,})_v1\.csv", lambda held, s: targets.of_mission(held, s, 20)),
    (rf"/hlsps/qlp/target_lists/{_S4}\.csv", lambda held, s: targets.of_pipeline(held, "QLP", s)),
    (rf"/hlsps/tess-spoc/target_lists/{_S4}\.csv", lambda held, s: targets.of_pipeline(held, "TESS-SPOC", s)),
    (rf"/hlsps/tglc/target_lists/{_S4}\.csv", lambda held, s: targets.of_pipeline(held, "TGLC", s)),
    (rf"/hlsps/qlp/download_scripts/hlsp_qlp_tess_ffi_{_S4}_tess_v01_llc-fits\.sh", scripts.of_qlp),
    (
        rf"/hlsps/tess-spoc/download_scripts/hlsp_tess-spoc_tess_phot_{_S4}(?:-{_S4})?_tess_v1_dl-(lc|tp|dv)\.sh",
        scripts.of_tess_spoc,
    ),
    (rf"/hlsps/tglc/download_scripts/hlsp_tglc_tess_ffi_{_S4}_tess_v1_llc\.sh", scripts.of_tglc),
    # By the bucket's own host name, and as a folder of the storage service.
    (r"(?:/stpubdata)?/tess/public/footprints/tess_ffi_footprint_cache\.json", footprints.spoc_footprints),
    (r"/tess/download_toi\.php", objects.toi_table),
    (r"/tess/download_ctoi\.php", objects.ctoi_table),
)
"""Pattern of a path, whose groups go to the function behind the contents."""


def published(contents: Contents, path: str) -> Document | None:
    """Return the list at a path, made from what the portal has at this moment; None if there is none."""
    for pattern, make in PATHS:
        found = re.fullmatch(pattern, path)
        if found:
            return make(contents, *found.groups())
    return None

"""Where the files are that no archive lists among its products."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ELSEWHERE"]

_BULK = "https://archive.stsci.edu/tess/bulk_downloads"

ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "script": f"bulk scripts are linked at {_BULK}/bulk_downloads_ffi-tp-lc-dv.html, and the catalogue is made from them",
        "tcestats": f"tables of TCEs are linked at {_BULK}/bulk_downloads_tce.html, and the catalogue reads them",
        "targetinfo": "target lists of searches over several sectors are at https://archive.stsci.edu/missions/tess/catalogs/targetinfo/",
        "dvr-xsd": "schemas of the XML results are at https://archive.stsci.edu/missions/tess/models/",
        "prf": "models of the pixel response are at https://archive.stsci.edu/missions/tess/models/prf_fitsfiles/, in a folder per CCD",
        "col": (
            "no list of collateral pixels is known; their names are explained at "
            "https://archive.stsci.edu/missions-and-data/tess/data-products.html, and a file whose name you know can be fetched by its URI"
        ),
    }
)
"""Kind of file → where such files are, in words."""

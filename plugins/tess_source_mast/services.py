"""The services of MAST that this plugin asks, each with a question that costs it little."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from tess_source.hooks.records import Service
from tess_source_mast.hosts import DOWNLOAD, INVOKE, RESOLVER
from tess_source_mast.mashup import portal_form

__all__ = ["SERVICES"]

FILE = "mast:TESS/product/tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"
"""A light curve of pi Mensae, which has been there since 2018."""


_COUNT = {
    "columns": "COUNT_BIG(*)",
    "filters": [
        {"paramName": "obs_collection", "values": ["TESS"]},
        {"paramName": "target_name", "values": ["261136679"]},
    ],
}

SERVICES: tuple[Service, ...] = (
    Service("portal", INVOKE, "searches", portal_form("Mast.Caom.Filtered", _COUNT), "MAST_API_TOKEN", "{"),
    Service(
        "resolver", f"{RESOLVER}?{urlencode({'name': 'pi Men', 'outputFormat': 'json', 'resolveAll': 'false'})}",
        "names of stars", begins="{",
    ),
    Service("downloads", f"{DOWNLOAD}?uri={quote(FILE, safe=':/')}", "files from the archive"),
)  # fmt: skip

"""The services that tell of stars, and where ExoFOP's table of TOIs is."""

from __future__ import annotations

from tess_source.hooks.records import Service
from tess_source_mast.hosts import INVOKE
from tess_source_mast.mashup import portal_form

__all__ = ["BY_ID", "BY_PLACE", "SERVICES", "TOIS"]

BY_ID = "Mast.Catalogs.Filtered.Tic.Rows"
BY_PLACE = "Mast.Catalogs.Tic.Cone"
"""The portal's services of the TESS Input Catalog."""
TOIS = "https://exofop.ipac.caltech.edu/tess/download_toi.php?sort=toi&output=csv"
"""Address of the table of TOIs."""
_PI_MENSAE = {"columns": "ID", "filters": [{"paramName": "ID", "values": ["261136679"]}]}

SERVICES: tuple[Service, ...] = (
    Service("TIC", INVOKE, "values of stars", portal_form(BY_ID, _PI_MENSAE), begins="{"),
    Service("ExoFOP", TOIS, "TOIs"),
)

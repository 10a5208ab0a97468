"""Where the archive's lists of full-frame images are."""

from __future__ import annotations

from tess_source.hooks.records import Service

__all__ = ["BUNDLES", "SCRIPTS", "SERVICES"]

SCRIPTS = "https://archive.stsci.edu/missions/tess/download_scripts/sector"
"""Folder of the scripts of SPOC's images."""
BUNDLES = "https://archive.stsci.edu/hlsps/tica/bundles"
"""Folder of the scripts of TICA's images, with a folder per sector."""
SERVICES: tuple[Service, ...] = (
    Service(
        "lists of images",
        f"{SCRIPTS}/tesscurl_sector_1_ffic.sh",
        "full-frame images where the bucket has none",
        begins="#!",
    ),
)
"""The first of these scripts, which has been there since 2018."""

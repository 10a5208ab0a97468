"""The public cloud copy of MAST's files: further addresses of the same URIs, over plain HTTPS."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source import hookimpl
from tess_source.hooks.records import Copy, Service
from tess_source_cloud import held, keys, lookup, siblings

EXAMPLE = "mast:TESS/product/tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"
"""A file that MAST has had since 2018."""


@hookimpl
def tess_copies() -> Sequence[Copy]:
    """Declare the public bucket."""
    told = "the public copy on Amazon's cloud, s3://stpubdata"
    return (
        Copy(
            "cloud", "mast", keys.locate, told,
            look_up=lookup.look_up, listing=held.listing, siblings=siblings.siblings,
        ),
    )  # fmt: skip


@hookimpl
def tess_services() -> Sequence[Service]:
    """Declare the bucket, and MAST's path look-up."""
    folders = f"{keys.BUCKET}/?list-type=2&prefix=tess/public/tid/&delimiter=/&max-keys=1"
    return (
        Service("bucket", folders, "files with prefer='cloud', full-frame images, footprints", begins="<?xml"),
        Service(
            "path look-up",
            f"{lookup.ADDRESS}?uri={EXAMPLE}",
            "files from the cloud whose names do not tell where",
            begins="{",
        ),
    )

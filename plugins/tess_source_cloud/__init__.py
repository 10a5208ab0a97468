"""The public cloud copy of MAST's files: further addresses of the same URIs, over plain HTTPS."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source import hookimpl
from tess_source.hooks.records import Copy
from tess_source_cloud import held, keys, lookup, siblings


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

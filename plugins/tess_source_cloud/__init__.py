"""The public cloud copy of MAST's files: further addresses of the same URIs, over plain HTTPS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tess_source import hookimpl
from tess_source.hooks.records import Copy
from tess_source_cloud import held, keys, lookup

if TYPE_CHECKING:
    from tess_source._lazy import pl
    from tess_source.settings import Settings


@hookimpl
def tess_copies() -> Sequence[Copy]:
    """Declare the public bucket."""

    def siblings(uris: Sequence[str], settings: Settings) -> pl.DataFrame:
        from tess_source_cloud.siblings import siblings

        return siblings(uris, settings)

    told = "the public copy on Amazon's cloud, s3://stpubdata"
    return (Copy("cloud", "mast", keys.locate, told, look_up=lookup.look_up, listing=held.listing, siblings=siblings),)

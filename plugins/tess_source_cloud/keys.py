"""Where a file lies in the bucket, from its name."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source.hooks.records import Request
from tess_source.settings import Settings

__all__ = ["BUCKET", "key_of", "locate"]

BUCKET = "https://stpubdata.s3.amazonaws.com"
"""Address of the bucket, which anybody may read and list."""


def key_of(uri: str) -> str | None:
    """Return the key of a URI's file; None if its name does not tell it."""
    return None


def locate(uri: str, settings: Settings) -> Sequence[Request]:
    """Return the address of a URI in the bucket; none if its name does not tell it."""
    key = key_of(uri)
    return () if key is None else (Request(f"{BUCKET}/{key}", etag_is_md5=True),)

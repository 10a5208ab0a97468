"""The ETags of object stores, which tell what is in a file: the MD5 of its bytes, or of the MD5s of the parts that it was uploaded in."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["ETAG", "content_tag", "is_of_object_store", "md5_of"]

ETAG = "[0-9A-Fa-f]{32}(-[1-9][0-9]{0,4})?"
"""Such an ETag without its quotation marks, as a regular expression; after the dash is the number of parts."""
ENCRYPTION = "x-amz-server-side-encryption"


def content_tag(etag: str | None) -> str:
    """Return an ETag in lower case without its quotation marks; empty if it is weak, or has not the form of one of an object store."""
    tag = (etag or "").strip().strip('"')
    return tag.lower() if re.fullmatch(ETAG, tag) else ""


def md5_of(etag: str | None) -> str | None:
    """Return the MD5 that an ETag of an object store is, 32 hexadecimal digits; None if the file was uploaded in parts."""
    tag = content_tag(etag)
    return tag if len(tag) == 32 else None


def is_of_object_store(headers: Mapping[str, str], *, known: bool = False) -> bool:
    """Return whether a response's ETag tells what is in the file.

    Parameters
    ----------
    headers : mapping
        The response's headers; case does not matter.
    known : bool
        Whether the address is known to be one of an object store. Otherwise its headers tell.
    """
    amazon = "x-amz-request-id" in headers or "x-amz-id-2" in headers or headers.get("Server", "") == "AmazonS3"
    by_key = headers.get(ENCRYPTION, "").startswith("aws:kms") or f"{ENCRYPTION}-customer-algorithm" in headers
    return (known or amazon) and not by_key

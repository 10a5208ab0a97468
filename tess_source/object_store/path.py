"""Places in object stores: what `pathlib.Path` is for folders."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tess_source.errors import QueryError
from tess_source.paths import parts_of, user_path

__all__ = ["SCHEMES", "ObjectPath", "Root", "is_object_url", "local_root", "user_root"]

SCHEMES = {"s3": "S3 and what speaks its protocol", "gs": "Google Cloud Storage", "az": "Azure Blob Storage"}
"""Schemes of URLs of object stores → what they are. Only S3 is tested."""

_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+://")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,221}")
"""Names of buckets; Google's are the longest."""


@dataclass(frozen=True, slots=True, order=True, repr=False)
class ObjectPath:
    """A place in an object store: a bucket, and the key of an object or the prefix of many.

    Parameters
    ----------
    scheme : str
        ``"s3"``, ``"gs"`` or ``"az"``.
    bucket : str
    key : str
        Empty for the bucket itself; without ``/`` at either end.

    Examples
    --------
    >>> place = ObjectPath.of("s3://bucket/curves")
    >>> str(place / "s0001" / "a_lc.fits")
    's3://bucket/curves/s0001/a_lc.fits'
    """

    scheme: str
    bucket: str
    key: str = ""

    @classmethod
    def of(cls, url: str) -> ObjectPath:
        """Return the place that a URL names.

        Parameters
        ----------
        url : str
            E.g. ``"s3://bucket/prefix"``.

        Raises
        ------
        QueryError
            If it is not the URL of an object store, holds a user name, or its path is not one. A password is not repeated.
        UnsafePathError
            If a part of the path cannot be the name of a file everywhere: an object store may be copied to a disk.
        """
        scheme, _, rest = url.partition("://")
        bucket, _, key = rest.partition("/")
        if "@" in bucket or (":" in bucket and "@" in rest):  # a secret key may hold a slash
            raise QueryError(
                f"the URL of an object store names a bucket only, e.g. {scheme}://bucket/prefix: what stands before '@' is not "
                "used. Give keys by the store's own ways, e.g. AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        place = re.split("[?#]", url)[0]
        if place != url:
            raise QueryError(f"{place!r} is followed by '?' or '#', which cannot be part of a place")
        if scheme.lower() == "file":
            raise QueryError(f"{url!r} is an address; give the path itself, e.g. '/data'")
        if scheme.lower() not in SCHEMES:
            raise QueryError(
                f"{url!r}: {scheme!r} is no scheme of an object store; give {', '.join(map('{}://'.format, SCHEMES))}"
            )
        if not bucket:
            raise QueryError(f"{url!r} names no bucket; give e.g. {scheme.lower()}://bucket/prefix")
        if not _BUCKET.fullmatch(bucket):
            raise QueryError(
                f"{bucket!r} cannot be the name of a bucket: letters, digits, '.', '-' and '_' are allowed"
            )
        key = key.strip("/")
        return cls(scheme.lower(), bucket, "/".join(parts_of(key)) if key else "")

    def __truediv__(self, relative: str) -> ObjectPath:
        return ObjectPath(self.scheme, self.bucket, "/".join(filter(None, (self.key, *parts_of(relative)))))

    def joinpath(self, *parts: str) -> ObjectPath:
        """Return the place of an object below this one."""
        return self / "/".join(parts) if parts else self

    @property
    def name(self) -> str:
        """Last part of the key; that of the bucket if it has none."""
        return self.key.rpartition("/")[2] or self.bucket

    @property
    def parent(self) -> ObjectPath:
        """The place above; that of a bucket is the bucket itself."""
        return ObjectPath(self.scheme, self.bucket, self.key.rpartition("/")[0])

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}" + (f"/{self.key}" if self.key else "")

    def __repr__(self) -> str:
        return f"ObjectPath({str(self)!r})"


Root: TypeAlias = Path | ObjectPath
"""A place for the files of a plan: a folder, or a place in an object store."""


def is_object_url(place: object) -> bool:
    """Return whether a user means an object store, or another address, and not a folder."""
    return isinstance(place, ObjectPath) or (isinstance(place, str) and _URL.match(place) is not None)


def user_root(place: str | os.PathLike[str] | ObjectPath) -> Root:
    """Return the place that a user gave: a folder, or a URL such as ``s3://bucket/prefix``.

    Every place for files that a user gives goes through this function, or through `user_path` where it must be a folder. A second time
    changes nothing.

    Raises
    ------
    QueryError
        If it is neither.
    """
    if isinstance(place, ObjectPath):
        return place
    return ObjectPath.of(place) if isinstance(place, str) and is_object_url(place) else user_path(place)


def local_root(place: Root, use: str) -> Path:
    """Return a place that must be a folder of this machine.

    Parameters
    ----------
    place : Path or ObjectPath
    use : str
        What the folder is for, as the beginning of a sentence: ``"the cache folder"``.

    Raises
    ------
    QueryError
        If it is in an object store.
    """
    if isinstance(place, ObjectPath):
        raise QueryError(f"{use} must be a folder of this machine, not {str(place)!r}")
    return place

"""Uploads in many parts, of files that are too large for one request to S3: through boto3.

obstore can send parts, too. But it completes an upload without a condition, and it can neither abort uploads nor list them.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import mmap
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import wait
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from tess_source import extras
from tess_source.display.visible import logger
from tess_source.errors import NoObjectError, ObjectConflictError, ObjectStoreError
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.problems import asked
from tess_source.object_store.store import USUAL, boto3_session, endpoint, open_store, state_of_settings
from tess_source.patience import longest_wait
from tess_source.threads import LISTEN, begun

__all__ = ["sweep_uploads", "upload_parts"]

log: logging.Logger = logger(__name__)

PART = 16 << 20
"""Bytes per part. S3 takes at least 5 MB."""
MOST_PARTS = 10_000
"""Parts that S3 takes; the parts of files of more than 160 GB are larger."""
AT_ONCE = 4
"""Parts of a file that are sent at the same time."""
STALE = 86400.0
"""Seconds after which nobody seems to go on with an upload."""


def upload_parts(
    data: mmap.mmap,
    place: ObjectPath,
    *,
    if_absent: bool,
    if_etag: str | None,
    metadata: Mapping[str, str],
    check: Callable[[], object] | None = None,
) -> str:
    """Upload a file in parts. The object appears when the last request completes it; else the upload is aborted, and nothing remains.

    The store compares each part with its MD5. The parameters are those of `tess_source.object_store.upload.upload_file`.

    Returns
    -------
    str
        The ETag of the new object.

    Raises
    ------
    MissingExtraError
        If boto3 is not installed.
    ObjectConflictError
        If somebody else's object is there; it was not replaced.
    ObjectStoreError
        If it cannot be uploaded.
    """
    client, about = _client(), {"Bucket": place.bucket, "Key": place.key}
    _check_condition(place, if_absent=if_absent, if_etag=if_etag)
    begin = asked(place, client.create_multipart_upload, **about, Metadata=dict(metadata))
    upload = {**about, "UploadId": begin["UploadId"]}
    given_up = threading.Event()

    def send(start: int) -> tuple[str, bytes]:
        part = data[start : start + size]
        md5 = hashlib.md5(part, usedforsecurity=False).digest()
        said = {"PartNumber": start // size + 1, "ContentMD5": base64.b64encode(md5).decode()}
        etag = asked(place, client.upload_part, **upload, **said, Body=part)["ETag"]
        if given_up.is_set():  # it came after the end of its upload, and would remain
            _abort(place, client, upload)
        return etag, md5

    size = max(PART, -(-len(data) // MOST_PARTS))
    try:
        with begun(send, range(0, len(data), size), AT_ONCE) as futures:
            for future in futures:
                while not wait([future], LISTEN).done:
                    if check is not None:
                        check()
                future.result()
        etags, sums = zip(*(future.result() for future in futures), strict=True)
        etag = f'"{hashlib.md5(b"".join(sums), usedforsecurity=False).hexdigest()}-{len(sums)}"'
        _check_condition(place, if_absent=if_absent, if_etag=if_etag)
        condition = {"IfNoneMatch": "*"} if if_absent else {"IfMatch": if_etag} if if_etag else {}
        parts = {"Parts": [{"PartNumber": number, "ETag": one} for number, one in enumerate(etags, 1)]}
        return _completed(
            place, lambda: client.complete_multipart_upload(**upload, MultipartUpload=parts, **condition), etag
        )
    except BaseException:
        given_up.set()
        _abort(place, client, upload)
        raise


def _completed(place: ObjectPath, complete: Callable[[], Mapping[str, str]], etag: str) -> str:
    """Complete an upload, and return the ETag of its object."""
    try:
        return asked(place, complete)["ETag"]
    except ObjectStoreError:
        if _etag(place) == etag:  # it was done, but the answer was lost, and the next try came to nothing
            return etag
        raise


def _check_condition(place: ObjectPath, *, if_absent: bool, if_etag: str | None) -> None:
    """Check that an object may be written: before its many bytes are sent, and for stores that complete it without a condition."""
    there = _etag(place)
    if (if_absent and there is not None) or (if_etag is not None and there != if_etag):
        raise ObjectConflictError(str(place), "somebody else has written or removed it meanwhile")


def _etag(place: ObjectPath) -> str | None:
    try:
        return asked(place, open_store(place).head, place.key)["e_tag"] or ""
    except NoObjectError:
        return None


def _abort(place: ObjectPath, client: Any, upload: Mapping[str, str]) -> None:
    try:
        asked(place, client.abort_multipart_upload, **upload)
    except ObjectStoreError as error:
        log.info("the upload of %s was not aborted: %s", place, error)


def sweep_uploads(root: ObjectPath) -> None:
    """Abort uploads below a place that began more than a day ago, by the store's clock: their processes were killed.

    If the store does not let us, the log says so.
    """
    prefix = f"{root.key}/" if root.key else ""
    try:
        client = _client()
        pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=root.bucket, Prefix=prefix)
        for page in asked(root, lambda: list(pages)):
            today = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
            for found in page.get("Uploads", ()):
                if found["Initiated"].timestamp() < today - STALE:
                    place = ObjectPath(root.scheme, root.bucket, found["Key"])
                    log.info("an upload of %s that nobody goes on with is aborted", place)
                    _abort(place, client, {"Bucket": root.bucket, "Key": found["Key"], "UploadId": found["UploadId"]})
    except (ObjectStoreError, LookupError, ValueError) as error:
        log.info("old uploads below %s are not aborted: %s", root, error)


def _client() -> Any:
    return _made_client(min(USUAL, longest_wait()), state_of_settings())


@lru_cache(maxsize=4)
def _made_client(longest: float, settings: int) -> Any:
    """Return a client of boto3 with the settings that obstore takes from the environment."""
    doing = "an upload of more than 5 GB"
    session, botocore = boto3_session(doing), extras.needed("botocore", "s3", doing)

    def is_on(name: str) -> bool:
        return os.environ.get(name, "").lower() in {"1", "true", "yes", "on", "y"}

    address = endpoint()
    style = "virtual" if is_on("AWS_VIRTUAL_HOSTED_STYLE_REQUEST") else "path" if address else "auto"
    config = extras.needed("botocore.config", "s3", doing).Config(
        signature_version=botocore.UNSIGNED if is_on("AWS_SKIP_SIGNATURE") else None,
        s3={"addressing_style": style},
        connect_timeout=min(10.0, longest),
        read_timeout=longest,
        retries={"mode": "standard", "total_max_attempts": 5},
        max_pool_connections=2 * AT_ONCE,
        request_checksum_calculation="when_required",  # other stores than Amazon's do not know its newer sums
        response_checksum_validation="when_required",
    )
    more = {"verify": False} if is_on("AWS_ALLOW_INVALID_CERTIFICATES") else {}
    region = os.environ.get("AWS_REGION") or session.region_name or "us-east-1"
    return session.client("s3", endpoint_url=address, region_name=region, config=config, **more)

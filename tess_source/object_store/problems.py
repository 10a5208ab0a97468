"""What went wrong in an object store, in words: obstore's and boto3's messages hold addresses, answers and settings."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from tess_source.display.visible import logger
from tess_source.errors import NoObjectError, ObjectConflictError, ObjectStoreError
from tess_source.object_store.path import ObjectPath

__all__ = ["InvalidKeyError", "asked"]

P = ParamSpec("P")
T = TypeVar("T")

log: logging.Logger = logger(__name__)

KEYS = "See AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_PROFILE"
REGION = "Set AWS_REGION to the region of the bucket"
CODES = {
    "NoSuchBucket": ("there is no such bucket", "Make it first, or see AWS_ENDPOINT_URL and AWS_REGION"),
    "InvalidBucketName": ("the store takes no bucket of this name", ""),
    "AccessDenied": ("access is denied to your keys", "They need GetObject, PutObject and ListBucket for it"),
    "AllAccessDisabled": ("access to the bucket is disabled", ""),
    "AccountProblem": ("the store refuses your account", ""),
    "InvalidAccessKeyId": ("the store does not know your access key", KEYS),
    "SignatureDoesNotMatch": ("your secret key does not belong to your access key", KEYS),
    "ExpiredToken": ("your session token has expired", "Get new keys, and run it again: what is whole is kept"),
    "TokenRefreshRequired": ("your session token has expired", "Get new keys, and run it again: what is whole is kept"),
    "InvalidToken": ("the store does not accept your session token", KEYS),
    "RequestTimeTooSkewed": ("the clock of this machine is wrong: the store refuses its requests", ""),
    "PermanentRedirect": ("the bucket lies in another region", REGION),
    "AuthorizationHeaderMalformed": ("the bucket lies in another region", REGION),
    "IllegalLocationConstraintException": ("the bucket lies in another region", REGION),
    "QuotaExceeded": ("the store has no room left for you", ""),
    "InsufficientStorage": ("the store has no room left", ""),
    "EntityTooLarge": ("the store takes no object of this size", ""),
    "KeyTooLongError": ("the store takes no key of this length", ""),
    "NotImplemented": ("the store cannot do what was asked", "It must know conditional requests (If-None-Match, If-Match)"),
    "SlowDown": ("the store asks for fewer requests, and did so for each try", "Run it again later, or with fewer jobs"),
    "NoSuchUpload": ("somebody has ended its upload meanwhile", "Run it again: the file is kept for a week"),
    "InvalidObjectState": ("the object is in an archive, such as Glacier", "Restore it first"),
    "BadDigest": ("bytes were changed on the way to the store", ""),
    "XAmzContentSHA256Mismatch": ("bytes were changed on the way to the store", ""),
}  # fmt: skip
"""Code of the store → what it means, and what to do about it."""
OF_ONE = {
    "EntityTooLarge",
    "KeyTooLongError",
    "InvalidObjectState",
    "NoSuchUpload",
    "SlowDown",
    "BadDigest",
    "XAmzContentSHA256Mismatch",
}
"""Codes that concern one object or one moment; the others hold for all objects of the bucket."""
STATUSES = {
    301: "PermanentRedirect", 307: "PermanentRedirect", 401: "AccessDenied", 403: "AccessDenied", 429: "SlowDown",
    501: "NotImplemented", 507: "InsufficientStorage",
}  # fmt: skip
"""HTTP status → code, where the answer has none: answers to HEAD have no body."""
SIGNS = (
    ("(?i)redirect", *CODES["PermanentRedirect"], True),
    ("BadScheme", "http:// addresses are not used: keys and data could be read on the way", "AWS_ALLOW_HTTP=true allows it", True),
    ("builder error|InvalidUri|RelativeUrlWithoutBase|EmptyHost", "the address of the store is none", "See AWS_ENDPOINT_URL", True),
    ("169\\.254\\.|latest/api/token|AssumeRole|redential", "no keys were found", f"{KEYS}; AWS_SKIP_SIGNATURE if it is public", True),
    ("(?i)certificate", "the certificate of the store is not accepted", "See AWS_ENDPOINT_URL, and the proxy", True),
    ("(?i)dns error|failed to lookup", "the name of the store's host is unknown", "See AWS_ENDPOINT_URL and AWS_REGION", True),
    ("(?i)kind: Timeout|timed out|timeout on", "the store did not answer in time, in each try", "", False),
    ("(?i)connection refused|kind: Connect|could not connect", "the store cannot be reached",
     "See AWS_ENDPOINT_URL, the network and the proxy", False),
    ("(?i)kind: Request|kind: Interrupted|connection (reset|closed|was closed)|IncompleteMessage|broken pipe|SendRequest|"
     "kind: (Decode|Body)",
     "the connection broke, in each try", "", False),
)  # fmt: skip
"""What the message of obstore or boto3 holds, where the store gave no answer → problem, advice, and whether it concerns all objects."""


class InvalidKeyError(ObjectStoreError):
    """A key in the bucket that is no path, such as one with ``//`` or ``/./``: obstore lists no bucket with one."""


def asked(place: ObjectPath, function: Callable[P, T], *arguments: P.args, **words: P.kwargs) -> T:
    """Call a function of obstore or boto3, and return what it returns.

    Parameters
    ----------
    place : ObjectPath
        What it is about, for the message.
    function : callable

    Raises
    ------
    NoObjectError
        If there is no such object.
    ObjectConflictError
        If the object is not as the request demands.
    ObjectStoreError
        If anything else went wrong. The original exception is not kept: it may hold keys.
    """
    try:
        return function(*arguments, **words)
    except BaseException as error:
        if not _is_of_library(error):
            raise
        problem = _problem_of(place, error)
    log.debug("%s", problem)
    raise problem


def _is_of_library(error: BaseException) -> bool:
    """Return whether an exception is one of boto3 or obstore. obstore raises builtin ones, too, but with its own long texts, or panics."""
    own = ("obstore", "pyo3_runtime", "botocore", "boto3")
    return (
        type(error).__module__.startswith(own)
        or "Debug source:" in str(error)
        or isinstance(error, UnicodeEncodeError)
        or str(error).startswith("Could not parse path")
    )


def _problem_of(place: ObjectPath, error: BaseException) -> ObjectStoreError:
    said, name = str(error), type(error).__name__
    answer = getattr(error, "response", {})  # of boto3
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or int(
        _found(r"status(?: code)?: (\d{3})", said) or 0
    )
    code = answer.get("Error", {}).get("Code") or _found(r"<Code>\s*(\w+)\s*</Code>", said)
    code = code if code in CODES else STATUSES.get(status, "")
    one, bucket = str(place), f"{place.scheme}://{place.bucket}"
    if name in {"AlreadyExistsError", "PreconditionError", "NotModifiedError"} or status in {409, 412}:
        return ObjectConflictError(one, "somebody else has written or removed it meanwhile")
    if code:
        lasting = code not in OF_ONE
        return ObjectStoreError(bucket if lasting else one, *CODES[code], lasting=lasting)
    if isinstance(error, FileNotFoundError) or status == 404:
        return NoObjectError(one, "there is no such object, or no such bucket")
    if isinstance(error, UnicodeEncodeError):
        return ObjectStoreError(repr(one), "its key is no text that can be sent")
    if name == "InvalidPathError" or "Error parsing Path" in said:
        key = _found(r'Error parsing Path "([^"]*)"', said)
        return InvalidKeyError(
            one, f"it holds an object whose key is no path, {key!r}", "Remove it, or choose another place"
        )
    return _unusual(one, bucket, status, said, name)


def _unusual(one: str, bucket: str, status: int, said: str, name: str) -> ObjectStoreError:
    """Return the error of an answer without a code of the store, or of none."""
    if status:
        fault = "its server fails" if status >= 500 else "the store refuses the request"
        advice = "Keys may have expired, or the region may be another" if status == 400 else ""
        return ObjectStoreError(one, f"{fault} (HTTP {status})", advice)
    for sign, problem, advice, lasting in SIGNS:
        if re.search(sign, said):
            return ObjectStoreError(bucket if lasting else one, problem, advice, lasting)
    return ObjectStoreError(one, f"the store failed ({name})")


def _found(pattern: str, text: str) -> str:
    """Return what a group of a pattern matches first; empty if nothing."""
    found = re.search(pattern, text)
    return found[1] if found else ""

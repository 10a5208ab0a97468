"""The stores of this process: one obstore store per bucket, opened when the first object is needed.

Credentials come from the store's own usual ways: for S3 the environment (``AWS_ACCESS_KEY_ID``, …), a web identity, or the role of the
machine; profiles of ``~/.aws`` through boto3, if it is installed. They are never seen here.
"""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tess_source import extras
from tess_source.errors import ForkedError, QueryError
from tess_source.object_store.path import ObjectPath
from tess_source.patience import longest_wait

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["USUAL", "boto3_session", "endpoint", "open_store", "state_of_settings"]

RETRIES: dict[str, Any] = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(seconds=0.2), "max_backoff": timedelta(seconds=5), "base": 2},
}
"""Tries of a single request by obstore, after errors of the server, and connections that break."""
CONNECT, USUAL, LARGE = 10.0, 120.0, 3600.0
"""Longest time to connect, of a request, and of one with a large body [s]: 8 MB at 1 Mbit/s, and 5 GB at 12 Mbit/s."""
CONNECTION = {
    "allow_http", "allow_invalid_certificates", "connect_timeout", "timeout", "http1_only", "http2_only", "pool_idle_timeout",
    "pool_max_idle_per_host", "proxy_url", "proxy_ca_certificate", "proxy_excludes", "user_agent",
}  # fmt: skip
"""Settings of connections that the environment may hold, behind ``AWS_``, ``GOOGLE_`` or ``AZURE_``."""
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
"""Variables that hold the address of another store than Amazon's."""
CLASSES = {"s3": "S3Store", "gs": "GCSStore", "az": "AzureStore"}
_opening = threading.Lock()
_process: dict[str, int | None] = {"first": None}


def open_store(place: ObjectPath, *, large: bool = False) -> ObjectStore:
    """Return the store that a place lies in: one per process and bucket. Keys are those of places: whole, from the bucket on.

    Parameters
    ----------
    place : ObjectPath
    large : bool
        Whether a request may take long, since it sends many bytes.

    Raises
    ------
    MissingExtraError
        If obstore is not installed.
    ForkedError
        In a process that was forked from one that had opened a store: obstore's threads are missing, and it would wait for ever.
    QueryError
        If the settings in the environment make no store, e.g. an address that is none.
    """
    extras.needed("obstore.store", "s3", "an object store")
    _check_addresses()
    with _opening:
        if _process["first"] not in {None, os.getpid()}:
            raise ForkedError(
                "this process was forked from one that had used an object store, whose threads a fork does not copy. Start "
                "processes with spawn: ProcessPoolExecutor(mp_context=multiprocessing.get_context('spawn'))"
            )
        _process["first"] = os.getpid()
        return _opened(place.scheme, place.bucket, min(LARGE if large else USUAL, longest_wait()), state_of_settings())


def _check_addresses() -> None:
    """Check the addresses in the environment: of some that are none, Rust's own words would come, or a thread would panic."""
    for name in ENDPOINTS:
        try:
            parts = urlsplit(os.environ.get(name) or "https://host")
            good = (
                parts.scheme in {"http", "https"}
                and parts.hostname
                and (parts.port or True)
                and "@" not in parts.netloc
            )
        except ValueError:
            good = False
        if not good:
            raise QueryError(f"{name} is no address of a store: give e.g. https://s3.example.org")


def state_of_settings() -> int:
    """Return a number that tells whether the settings in the environment changed, e.g. keys; never the settings themselves."""
    names = ("AWS_", "GOOGLE_", "AZURE_")
    return hash(frozenset((name, value) for name, value in os.environ.items() if name.upper().startswith(names)))


@lru_cache(maxsize=32)
def _opened(scheme: str, bucket: str, longest: float, settings: int) -> ObjectStore:
    made = getattr(import_module("obstore.store"), CLASSES[scheme])
    try:
        more = _with_profile() if scheme == "s3" else {}
        store: ObjectStore = made(bucket, retry_config=RETRIES, client_options=_client_options(scheme, longest), **more)
    except Exception as error:
        if isinstance(error, QueryError | ImportError):
            raise
        # the message of a stranger may hold the settings, and so keys
        raise QueryError(
            f"{scheme}://{bucket} cannot be opened with the settings in the environment ({type(error).__name__}): see the "
            "variables that begin with AWS_, GOOGLE_ or AZURE_"
        ) from None
    return store


def _client_options(scheme: str, longest: float) -> dict[str, Any]:
    """Return our limits, and what the environment says of connections: obstore would forget that beside ours."""
    prefix = {"s3": "AWS_", "gs": "GOOGLE_", "az": "AZURE_"}[scheme]
    said = {name.removeprefix(prefix).lower(): value for name, value in os.environ.items() if name.startswith(prefix)}
    limits = {"connect_timeout": timedelta(seconds=min(CONNECT, longest)), "timeout": timedelta(seconds=longest)}
    return limits | {name: value for name, value in said.items() if name in CONNECTION}


def _with_profile() -> dict[str, Any]:
    """Return what gives obstore the keys of a profile in ``~/.aws``, which boto3 reads; nothing if keys are given otherwise."""
    told = ("AWS_ACCESS_KEY_ID", "AWS_SKIP_SIGNATURE", "AWS_WEB_IDENTITY_TOKEN_FILE")
    files = [os.environ.get("AWS_SHARED_CREDENTIALS_FILE"), os.environ.get("AWS_CONFIG_FILE")]
    has_profile = "AWS_PROFILE" in os.environ or any(
        Path(file or Path.home() / ".aws" / name).is_file()
        for file, name in zip(files, ("credentials", "config"), strict=True)
    )
    if any(name in os.environ for name in told) or not has_profile:
        return {}
    session = boto3_session("a profile of ~/.aws")
    if session.get_credentials() is None:
        return {}
    provider = import_module("obstore.auth.boto3").Boto3CredentialProvider(session)
    region = {"region": session.region_name} if session.region_name else {}
    return {"credential_provider": provider, **region}


def boto3_session(doing: str) -> Any:
    """Return a session of boto3, for what obstore cannot do. It finds keys in the same places as obstore, and more.

    Raises
    ------
    MissingExtraError
        If boto3 is not installed.
    """
    return extras.needed("boto3", "s3", doing).Session()


def endpoint() -> str | None:
    """Return the address of the store that the environment names; None for Amazon's."""
    return next(filter(None, map(os.environ.get, ENDPOINTS)), None)

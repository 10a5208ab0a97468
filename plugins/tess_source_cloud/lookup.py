"""MAST's path look-up: where files are whose URIs do not tell it, such as data validation of several sectors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tess_source.errors import ServiceError
from tess_source.hooks.records import Request
from tess_source.settings import Settings
from tess_source_cloud.asking import content_of, each
from tess_source_cloud.keys import CONTRIBUTED_ROOT, MISSION_ROOT, SAFE, at, key_of

if TYPE_CHECKING:
    from tess_source.download.lists import Lists

__all__ = ["keys_looked_up", "keys_of", "look_up"]

ADDRESS = "https://mast.stsci.edu/api/v0.1/path_lookup/"
SERVICE = "MAST's path look-up"
MOST, LONGEST = 40, 7000
"""URIs of a question, and letters of its address: servers refuse much longer ones, and astroquery asks for 40 or 50."""
DISK = "/hlsp_local/public/hlsp/"
"""Where MAST's own disks have high-level science products."""


def look_up(uris: Sequence[str], settings: Settings) -> Mapping[str, Sequence[Request]]:
    """Return the addresses in the bucket of those URIs that MAST knows and the bucket may have.

    Raises
    ------
    ServiceError
        If MAST does not answer, or with something else.
    OfflineError
        If no connection may be opened.
    """
    return {uri: (at(key),) for uri, key in keys_looked_up(uris, settings).items()}


def keys_of(uris: Sequence[str], settings: Settings) -> dict[str, str]:
    """Return the keys of URIs: those that they tell, and those that MAST knows. The errors are those of `look_up`."""
    keys = {uri: key_of(uri) for uri in uris if uri.startswith("mast:")}
    unknown = [uri for uri, key in keys.items() if key is None]
    return {uri: key for uri, key in keys.items() if key is not None} | keys_looked_up(unknown, settings)


def keys_looked_up(uris: Sequence[str], settings: Settings) -> dict[str, str]:
    """Return the keys of those URIs that MAST knows; the bucket need not have all of them. The errors are those of `look_up`."""
    from tess_source.download.lists import Lists

    found: dict[str, str] = {}
    batches = list(_batches(list(dict.fromkeys(uris))))
    if batches:
        with Lists(settings) as lists:
            for keys in each(partial(_ask, lists), batches, settings.jobs):
                found |= keys
    return found


def _batches(uris: Sequence[str]) -> Iterator[list[str]]:
    """Yield the URIs of each question."""
    batch: list[str] = []
    for uri in uris:
        if batch and (len(batch) == MOST or len(_address([*batch, uri])) > LONGEST):
            yield batch
            batch = []
        batch.append(uri)
    if batch:
        yield batch


def _address(uris: Sequence[str]) -> str:
    return f"{ADDRESS}?{urlencode([('uri', uri) for uri in uris])}"


def _ask(lists: Lists, uris: Sequence[str]) -> dict[str, str]:
    content = content_of(lists, _address(uris), SERVICE)
    try:
        answer = json.loads(content)
        paths = {uri: answer[uri]["path"] for uri in uris}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ServiceError(
            SERVICE, f"what came is no answer to the question for {uris[0]!r}: {content[:80]!r}"
        ) from error
    keys = {uri: _key(uri, path) for uri, path in paths.items()}
    return {uri: key for uri, key in keys.items() if key is not None}


def _key(uri: str, path: object) -> str | None:
    """Return the key of a path; None if there is no such file, or it lies where the bucket has nothing."""
    if path is None:
        return None
    if not isinstance(path, str):
        raise ServiceError(SERVICE, f"what came for {uri!r} is no path: {str(path)[:80]!r}")
    key = CONTRIBUTED_ROOT + path.removeprefix(DISK) if path.startswith(DISK) else path.removeprefix("/")
    same = key.rpartition("/")[2] == uri.rpartition("/")[2]
    return key if same and key.startswith((MISSION_ROOT, CONTRIBUTED_ROOT)) and SAFE.fullmatch(key) else None

"""Long lists in recordings: their first lines, and those about the stars that tests ask for."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["shortened"]

LONG = 60_000
"""Bytes from which on a list is shortened."""
LINES = 40
"""First lines that are kept."""
STARS = (b"307210830", b"16740101")
"""TIC ids about which all lines are kept."""
SECTORS = {1, 55, 56}
"""Sectors whose footprints are kept."""


def shortened(response: dict[str, Any]) -> dict[str, Any]:
    """Return a response to be recorded, with fewer lines if it is a long list; what is no list stays as it is.

    The file that a test gets while it is recorded is whole, so a test must hold of both.
    """
    body = response.get("body", {}).get("string", b"")
    body = body.encode() if isinstance(body, str) else body
    if len(body) < LONG or response["status"]["code"] != 200:
        return response
    short = _fewer_columns(body) if body[:1] == b"{" else _fewer_lines(body)
    headers = {
        name: [str(len(short))] if name.lower() == "content-length" else value
        for name, value in response["headers"].items()
    }
    return {**response, "headers": headers, "body": {**response["body"], "string": short}}


def _fewer_lines(body: bytes) -> bytes:
    """Return the first lines of a script or a table, and those about some stars."""
    lines = body.split(b"\n")
    is_list = body.lstrip(b"\xef\xbb\xbf").startswith((b"#", b"curl", b"TIC", b'"TIC', b"This file was produced"))
    if not is_list:
        return body
    return (
        b"\n".join([*lines[:LINES], *(line for line in lines[LINES:] if any(star in line for star in STARS))]) + b"\n"
    )


def _fewer_columns(body: bytes) -> bytes:
    """Return some rows of a JSON object of columns, as footprints are."""
    try:
        table = json.loads(body)
    except (ValueError, RecursionError):
        return body
    sectors = table.get("sequence_number")
    if not isinstance(sectors, list) or any(
        not isinstance(column, list) or len(column) != len(sectors) for column in table.values()
    ):
        return body
    kept = [number for number, sector in enumerate(sectors) if sector in SECTORS]
    return json.dumps({name: [column[number] for number in kept] for name, column in table.items()}).encode()

"""What tests of full-frame images share: a bucket without a server, that holds what a test says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import tess_source_ffi
import tess_source_filters
from tess_source import Session
from tess_source_ffi import listing

SCHEMA = {"key": pl.String, "size": pl.Int64, "etag": pl.String, "modified": pl.Datetime("ms", "UTC")}
SIZE = 35_562_240
FORM = "%Y%j%H%M%S"


class HeldImages:
    """A bucket that holds files of the same size under some keys; it counts the requests that a real one would get."""

    def __init__(self, keys: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys = sorted(keys)
        self.requests = 0
        self.asked: list[str] = []
        monkeypatch.setattr(listing, "list_objects", self.objects)
        monkeypatch.setattr(listing, "list_folders", self.folders)

    def objects(self, prefix: str | Sequence[str], settings: object) -> pl.DataFrame:
        prefixes = [prefix] if isinstance(prefix, str) else prefix
        found = [[key for key in self.keys if key.startswith(one)] for one in prefixes]
        self.asked += prefixes
        self.requests += sum(max(1, -(-len(keys) // 1000)) for keys in found)
        rows = [(key, SIZE, "", None) for keys in found for key in keys]
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")

    def folders(self, prefix: str, settings: object) -> list[str]:
        self.requests += 1
        inside = (key.removeprefix(prefix) for key in self.keys if key.startswith(prefix))
        return sorted({f"{prefix}{rest.partition('/')[0]}/" for rest in inside if "/" in rest})


def stamps(first: str, count: int, step: int) -> list[str]:
    """Return time stamps of an unbroken series."""
    begin = datetime.strptime(first, FORM)
    return [(begin + timedelta(seconds=step * n)).strftime(FORM) for n in range(count)]


def keys_of(sector: int, camera: int, ccd: int, series: Iterable[tuple[str, str]], kind: str = "ffic") -> list[str]:
    """Return the keys of images, given as configuration id and time stamp."""
    chip = f"{camera}-{ccd}"
    return [
        f"tess/public/ffi/s{sector:04d}/{stamp[:4]}/{stamp[4:7]}/{chip}/tess{stamp}-s{sector:04d}-{chip}-{scid}-s_{kind}.fits"
        for scid, stamp in series
    ]


def real_series(real: Path, sector: int) -> list[tuple[str, str]]:
    """Return configuration ids and time stamps of all images of each CCD in a sector, as the archive has them."""
    rows = pl.read_csv(
        real / "ffi-lists/ffi_segments_s0001-s0060.csv", schema_overrides={"scid": pl.String, "first_stamp": pl.String}
    )
    return [
        (row["scid"], stamp)
        for row in rows.filter(sector=sector).to_dicts()
        for stamp in stamps(row["first_stamp"], row["count"], row["step_s"])
    ]


def session_of_images(**words: Any) -> Session:
    """Give a session that knows full-frame images and nothing else; a server that is not there is never asked."""
    return Session("http://127.0.0.1:9", discover=False, plugins=[tess_source_ffi, tess_source_filters], **words)

"""Files as the sample archive makes them, and what a download says of a file that is here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from tess_source import names
from tess_source.tables.items import Entry, Item
from tess_source_sample.files import make


@cache
def content(filename: str) -> bytes:
    """Return what the sample archive gives under a name."""
    return make(filename)


def entry_of(path: Path, **said: Any) -> Entry:
    """Return the entry of a file that was here; its name says what it is, where the test does not."""
    name = names.parse(path.name)
    item = Item(f"x:{path.name}", path.name, **{"kind": name.kind, "pipeline": name.pipeline, **said})
    return Entry(item, "here", path=path)

"""A folder of lists, laid out by the paths of the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tess_source_sample.lists.document import Document

_MJD_OF_UNIX_0 = 40587.0
_MEDIA = {".sh": "text/plain", ".csv": "text/csv", ".html": "text/html; charset=utf-8", ".json": "application/json"}


def published_folder(folder: Path) -> Callable[[str], Document | None]:
    """Return a function from a path to the file that lies there, None if none does."""

    def published(path: str) -> Document | None:
        place = folder.joinpath(*(part for part in path.split("/") if part not in {"", ".", ".."}))
        if not place.is_file():
            return None
        modified = place.stat().st_mtime / 86400 + _MJD_OF_UNIX_0
        return Document(place.read_text(), modified, _MEDIA.get(place.suffix, "text/plain"))

    return published

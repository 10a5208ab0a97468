"""The archive's footprints of full-frame images, as one JSON object of columns."""

from __future__ import annotations

import json

from tess_source_sample.contents import Contents
from tess_source_sample.lists.document import Document
from tess_source_sample.rows import released

_COLUMNS = ("obs_id", "t_min", "t_max", "s_region", "target_name", "sequence_number")


def spoc_footprints(contents: Contents) -> Document | None:
    """Return ``tess_ffi_footprint_cache.json``; a polygon is that of the whole image, unexposed columns included."""
    rows = [row for row in contents.observations if row["target_name"] == "TESS FFI" and row["s_region"]]
    if not rows:
        return None
    table = {name: [row[name] for row in rows] for name in _COLUMNS}
    modified = max(released(row) for row in rows)
    return Document(json.dumps(table, indent=4), modified, "application/json")

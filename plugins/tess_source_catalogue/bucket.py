"""Exact sizes and sums of files, by the listing of the public cloud copy, sector by sector.

A source with ``gives="sizes"`` gives addresses such as ``cloud:tess/public/tid/s0014/``: what the copy is asked for. The answer goes to a
file, of which the source makes its rows as of any list.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source import disk, names
from tess_source._lazy import pl
from tess_source.errors import TessSourceError
from tess_source.settings import Settings
from tess_source_catalogue.columns import SIZES, polars_types

if TYPE_CHECKING:
    from tess_source.download.lists import ListAnswer, Lists

__all__ = ["SCHEME", "fetch", "read_sizes"]

SCHEME = "cloud:"


def fetch(address: str, lists: Lists, settings: Settings) -> ListAnswer:
    """List what lies below a prefix of the copy, and write it to a Parquet file: some 80 requests per sector of 20,000 stars.

    Returns
    -------
    ListAnswer
        Absent if there is nothing yet.
    """
    from tess_source.download.lists import ABSENT, FAILED, NEW, ListAnswer
    from tess_source_cloud.siblings import objects_of_places

    try:
        rows = objects_of_places([address.removeprefix(SCHEME)], settings)
        if not rows.height:
            return ListAnswer(address, ABSENT, problem=f"{address}: no files")
        path = lists.root / f"{uuid.uuid4().hex}.parquet"
        rows.write_parquet(written := io.BytesIO())
        path.write_bytes(data := written.getvalue())
    except (TessSourceError, OSError) as error:
        return ListAnswer(address, FAILED, problem=f"{address}: {error}", full=disk.is_full(error))
    return ListAnswer(address, NEW, path, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def read_sizes(path: Path, address: str) -> pl.DataFrame:
    """Read what was listed.

    Parameters
    ----------
    path : Path
        A Parquet file with `uri`, `size` and `etag`.
    address : str
        Where it is from.

    Returns
    -------
    polars.DataFrame
        The columns of `tess_source_catalogue.columns.SIZES`, sorted by TIC. Files that are not about a star are left out.

    Raises
    ------
    ValueError
        If it is no such file.
    """
    try:
        rows = pl.read_parquet(path, columns=["uri", "size", "etag"])
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{path.name} has no listing: {error}") from error
    rows = rows.with_columns(names.columns(rows["uri"])["tic"]).filter(pl.col("tic").is_not_null())
    return rows.select(pl.col(name).cast(kind) for name, kind in polars_types(SIZES).items()).sort("tic", "uri")

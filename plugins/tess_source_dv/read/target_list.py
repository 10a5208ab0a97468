"""Reads a target list of MAST's: who was searched over several sectors, and with data of which."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from tess_source._lazy import pl
from tess_source.errors import DamagedFileError, LoadError
from tess_source.files.gzipped import GZIP
from tess_source.paths import user_path
from tess_source_dv.sector_bits import sectors_of_bits

__all__ = ["read_target_list"]

MOST_BYTES = 2**28
"""Of a target list, unpacked; a real one of 40,681 targets has 4 MB."""
_LINE = r"^\s*(?<tic>\d{1,16})\s+(?<bits>[01]+)\s+(?<made_tce>[01])\s+(?<completed_dv>[01])\s*$"


def read_target_list(path: Path | str) -> pl.DataFrame:
    """Read MAST's target list of a search over several sectors: who was searched, with data of which sectors, and what came of it.

    A target that is not in the list was not searched. These are ``tess_multisector_14_86_drn122_targetinfo_v01.txt`` and its like from
    https://archive.stsci.edu/missions/tess/catalogs/targetinfo/ .

    Parameters
    ----------
    path : Path or str
        The text, plain or compressed by gzip.

    Returns
    -------
    polars.DataFrame, shape (n, 6)
        `tic` (Int64), `first_sector`, `last_sector` of the search (Int32), `sectors` (list of Int32) with data of the target that went into
        the search, `made_tce`, `completed_dv` (Boolean); in the order of the file.

    Raises
    ------
    DamagedFileError
        If it is cut, or no target list.
    LoadError
        If it is larger than any target list.
    OSError
        If there is no such file, or it cannot be read.
    """
    path = user_path(path)
    text = _content(path)
    first, last = (_header_value(text, key, path.name) for key in ("minSector", "maxSector"))
    if not 1 <= first <= last:
        raise DamagedFileError(f"{path.name} is damaged or no target list: its head tells of sectors {first} to {last}")
    lines = pl.Series("line", text.splitlines(), dtype=pl.String)
    lines = lines.filter(~lines.str.contains(r"^\s*(#|$)"))
    said = lines.str.extract_groups(_LINE).struct.unnest()
    bad = lines.filter(said["tic"].is_null() | (said["bits"].str.len_bytes() != last - first + 1))
    if len(bad):
        raise DamagedFileError(f"{path.name} is damaged or no target list: {len(bad):,} lines like {bad[0][:120]!r}")
    patterns = said["bits"].unique()  # few: targets of one field share theirs
    sectors = pl.Series("sectors", [sectors_of_bits(bits, first) for bits in patterns], dtype=pl.List(pl.Int32))
    return said.join(pl.DataFrame([patterns, sectors]), on="bits", maintain_order="left").select(
        pl.col("tic").cast(pl.Int64),
        pl.lit(first, pl.Int32).alias("first_sector"),
        pl.lit(last, pl.Int32).alias("last_sector"),
        "sectors",
        pl.col("made_tce") == "1",
        pl.col("completed_dv") == "1",
    )


def _content(path: Path) -> str:
    """Read a text, plain or compressed, but never more than `MOST_BYTES`."""
    with path.open("rb") as file:
        compressed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        try:
            content = (gzip.GzipFile(fileobj=file) if compressed else file).read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise LoadError(f"{path.name} has more than {MOST_BYTES:,} bytes, which no target list has")
            return content.decode("ascii")
        except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError) as error:
            raise DamagedFileError(f"{path.name} is damaged or no target list: {error}") from error


def _header_value(text: str, key: str, filename: str) -> int:
    found = re.search(rf"^# ?{key}: *(\d{{1,4}})\b", text, re.MULTILINE)
    if found is None:
        raise DamagedFileError(f"{filename} is damaged or no target list: its head does not say {key}")
    return int(found[1])

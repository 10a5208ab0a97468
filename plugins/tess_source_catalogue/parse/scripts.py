"""Parses the archive's scripts that fetch every file of one sort: SPOC's and those of the high-level science products."""

from __future__ import annotations

from pathlib import Path

from tess_source import names
from tess_source._lazy import pl
from tess_source_catalogue.parse.text import check_no_page, lines, parts
from tess_source_catalogue.stored import packed_files

__all__ = ["read_script"]

_OF_URI = r"uri=(mast(?::|%3[Aa])[^'\"\s&]+)"
_OF_ADDRESS = r"""^(?:.*[\s'"=])?(https?://[^'"\s]+)"""
"""The last address of a line: the expression before it takes as much as it can."""
_COMMANDS = r"\b(?:curl|wget)\b|mast:|https?:"
"""What only lines that fetch something hold. Other lines of a script make folders, or print."""
_HLSP = r"^https?://[^/]+/hlsps/"


def read_script(path: Path, address: str) -> pl.DataFrame:
    """Read a script, each file once.

    Parameters
    ----------
    path : Path
        The script, plain or compressed by gzip.
    address : str
        Where it is from. Its name tells of which sector and pipeline it is; files of others are marked as strange.

    Returns
    -------
    polars.DataFrame
        As `tess_source_catalogue.stored.packed_files` gives it. Names that are not understood, and lines that fetch something without
        an address, are strange too: their text is kept.

    Raises
    ------
    ValueError
        If it is no script, or names no file.
    OSError
        If it cannot be read.
    """
    found = [packed_files(_uris(lines(_joined(part)), path.name), address) for part in parts(path)]
    if not any(len(part) for part in found):
        raise ValueError(f"{path.name} names no file: it is no script that fetches files")
    whole = found[0] if len(found) == 1 else pl.concat(found).unique(maintain_order=True)
    return whole.sort("tic", "gaia", "pattern")


def _joined(part: bytes) -> bytes:
    """Return a text in which a line that ends with a backslash goes on with the next one, as a shell reads it."""
    return part.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")


def _uris(text: pl.Series, filename: str) -> pl.Series:
    """Return the URI of each line that fetches a file; of such a line without an address, the line itself."""
    check_no_page(text, filename)
    text = _commands(text)
    uris = text.str.extract(_OF_URI)
    others = text.filter(uris.is_null()).str.strip_chars()
    others = others.filter(others.str.contains(_COMMANDS))
    return pl.concat([_of_escaped(uris.drop_nulls()), _of_addresses(others)])


def _commands(text: pl.Series) -> pl.Series:
    """Return lines without comments, and a line that fetches several files as several."""
    text = text.filter(~text.str.contains(r"^\s*#"))
    several = text.str.count_matches("uri=", literal=True) > 1
    if several.any():
        parts = text.filter(several).str.replace_all("uri=", "\nuri=", literal=True).str.split("\n").explode()
        text = pl.concat([text.filter(~several), parts.filter(parts.str.starts_with("uri="))])
    return text


def _of_escaped(uris: pl.Series) -> pl.Series:
    """Return URIs that were part of an address, without its escapes."""
    escaped = uris.str.contains("%", literal=True).any()
    return uris.str.replace_all("%3[Aa]", ":").str.replace_all("%2[Ff]", "/") if escaped else uris


def _of_addresses(text: pl.Series) -> pl.Series:
    """Return the URI of each line with a plain address, by the archive's rules; else the address, or the line."""
    address = text.str.extract(_OF_ADDRESS).fill_null(text)
    said = names.columns(address)
    mission = "mast:TESS/product/" + address.str.extract(r"([^/]*)$")
    return address.str.replace(_HLSP, "mast:HLSP/").zip_with(
        ~((said["pipeline"] == "SPOC").fill_null(value=False)), mission
    )

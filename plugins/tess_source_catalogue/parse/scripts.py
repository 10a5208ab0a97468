"""Parses the archive's scripts that fetch every file of one sort: SPOC's and those of the high-level science products."""

from __future__ import annotations

from pathlib import Path

from tess_source import names
from tess_source._lazy import pl
from tess_source_catalogue.parse.text import check_no_page, lines, parts
from tess_source_catalogue.stored import packed_files

__all__ = ["read_script"]

_ADDRESS = r"(?i)(?:mast(?::|%3a)|(?:https?|ftp|s3)://)[^\s\x00-\x1f'\"`;|<>(){},\\]+"
_URI = r"(?i)mast(?::|%3a)[^&?#]+"
"""A URI, also as a part of an address."""
_FILE = r"^[^:]+://[^/?#]+/[^?#]*\.[A-Za-z0-9]{1,5}(?:[?#]|$)"
"""Addresses that end like that of a file."""
_COMMANDS = r"(?i)\b(?:curl|wget)\b|\btess[0-9]{13}|\bhlsp_|\.(?:fits|pdf|xml)\b"
"""What only lines hold that fetch something, or name a file."""
_OTHERS = r"^\s*(?:\[|(?:echo|printf|mkdir|cd|rm|mv|test|if|while|for|set|export|trap|sleep|exit)\b)"
"""Commands that fetch nothing themselves."""
_HLSP = r"(?i)^[a-z0-9]+://[^/]+/(?:pub/|mast/)?hlsps?/"
"""Where the archive, and the cloud's copy of it, have the high-level science products."""


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
    """Return the URI of each file that is fetched; of lines that fetch something without an address, the lines themselves.

    Every line that names a file gives at least one text, whatever it looks like: what is not understood later is counted.
    """
    check_no_page(text, filename)
    text = text.filter(~text.str.contains(r"^\s*#"))
    found = text.str.extract_all(_ADDRESS)
    silent = text.filter(found.list.len() == 0).str.strip_chars()
    silent = silent.filter(silent.str.contains(_COMMANDS) & ~silent.str.contains(_OTHERS))
    rows = pl.DataFrame([text.rename("line"), found.rename("address")]).explode("address").drop_nulls()
    of_uri = rows["address"].str.contains(_URI)
    return pl.concat([_plain(rows["address"].filter(of_uri)), _of_addresses(rows, of_uri), silent])


def _plain(addresses: pl.Series) -> pl.Series:
    """Return the URIs that are parts of addresses, without escapes."""
    uris = addresses.str.extract_all(_URI).explode()
    if uris.str.contains("%", literal=True).any():
        uris = uris.str.replace_all("(?i)%3a", ":").str.replace_all("(?i)%2f", "/")
    return uris.str.replace("^(?i)mast:", "mast:")


def _of_addresses(rows: pl.DataFrame, of_uri: pl.Series) -> pl.Series:
    """Return the URIs of files at plain addresses, by the archive's rules; else the addresses.

    An address that does not end like that of a file counts if it is all that its line fetches.
    """
    if of_uri.all():
        return pl.Series("address", [], dtype=pl.String)
    is_file = of_uri | rows["address"].str.contains(_FILE)
    others = rows.with_columns(is_file=is_file, of_uri=of_uri, alone=~is_file & ~rows["line"].str.contains(_OTHERS))
    others = others.filter(
        ~pl.col("of_uri") & (pl.col("is_file") | (pl.col("alone") & ~pl.col("is_file").any().over("line")))
    )
    address = others["address"].str.replace(r"(\.[A-Za-z0-9]{1,5})[?#].*$", "${1}")
    said = names.columns(address)
    mission = "mast:TESS/product/" + address.str.extract(r"([^/]*)$")
    return address.str.replace(_HLSP, "mast:HLSP/").zip_with(
        ~((said["pipeline"] == "SPOC").fill_null(value=False)), mission
    )

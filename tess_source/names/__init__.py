"""Reader and writer of TESS file names, MAST URIs and obs_ids, without network or files.

>>> from tess_source import names
>>> name = names.parse("mast:TESS/product/tess2019226182529-s0015-0000000016740101-0151-s_lc.fits")
>>> name.kind, name.tic, name.first_sector, name.exptime
('lc', 16740101, 15, 120.0)
>>> names.format(name)
'tess2019226182529-s0015-0000000016740101-0151-s_lc.fits'

A name that is not recognised is of kind "other". It is no error, and nothing is guessed.
"""

from __future__ import annotations

from tess_source._lazy import pl

from . import forms as _forms
from . import vector as _vector
from .identity import latest_names, product_numbers, same_product
from .vocabulary import FILES, KINDS, OBS_ID_KINDS, OBS_IDS, Name, ffi_exptime

__all__ = [
    "KINDS",
    "OBS_ID_KINDS",
    "Name",
    "columns",
    "ffi_exptime",
    "format",
    "format_obs_id",
    "latest_names",
    "obs_id_columns",
    "parse",
    "parse_obs_id",
    "product_numbers",
    "same_product",
    "uri",
]

_FILES = _forms.all_forms(FILES)
_OBS_IDS = _forms.all_forms(OBS_IDS)


def parse(name: str) -> Name:
    """Read a file name, or the last component of a path, URL or MAST URI.

    Parameters
    ----------
    name : str
        For instance "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits".

    Returns
    -------
    Name
        Of kind "other", without other fields, if it is not recognised.
    """
    return _forms.read(name.replace("\\", "/").rpartition("/")[2], _FILES)


def format(name: Name) -> str:
    """Return the file name with these fields; the inverse of `parse`.

    Parameters
    ----------
    name : Name
        The fields that names of its kind and pipeline need. The exposure time may be left out where the kind determines it.

    Returns
    -------
    str
        File name, without a folder.

    Raises
    ------
    ValueError
        If a field is missing, does not fit, or has no place in such a name; the message names it.
    """
    return _forms.choose(name, _FILES).write(name)


def parse_obs_id(obs_id: str) -> Name:
    """Read the obs_id of a MAST observation.

    Parameters
    ----------
    obs_id : str
        For instance "tess2018206045859-s0001-0000000025155310-0120-s".

    Returns
    -------
    Name
        Of a kind in `OBS_ID_KINDS`. A data-validation obs_id has the run only if it is from before about 2020.
    """
    return _forms.read(obs_id, _OBS_IDS)


def format_obs_id(name: Name) -> str:
    """Return the obs_id with these fields; the inverse of `parse_obs_id`.

    Parameters
    ----------
    name : Name
        Fields, with a kind of `OBS_ID_KINDS`.

    Returns
    -------
    str
        The obs_id.

    Raises
    ------
    ValueError
        If a field is missing, does not fit, or has no place in such an obs_id; the message names it.
    """
    return _forms.choose(name, _OBS_IDS).write(name)


def uri(name: Name) -> str:
    """Return the MAST URI of a product.

    Parameters
    ----------
    name : Name
        As `parse` returns it.

    Returns
    -------
    str
        "mast:TESS/product/<name>" for the mission's own, "mast:HLSP/<folder>/<name>" for high-level science products.

    Raises
    ------
    ValueError
        If the name cannot be written (see `format`), or MAST has no URI for it, or its URI is not known.
    """
    return _forms.choose(name, _FILES).uri(name)


def columns(names: pl.Series) -> pl.DataFrame:
    """Read a column of file names, paths, URLs or MAST URIs, as `parse` reads one.

    Parameters
    ----------
    names : polars.Series of str, shape (n,)
        Nulls are of kind "other".

    Returns
    -------
    polars.DataFrame, shape (n, 14)
        kind, pipeline, timestamp (str), tic (Int64), first_sector, last_sector (Int32), exptime (Float64, seconds),
        run, tce, camera, ccd, scid (Int32), version (str), gaia (Int64): null where the name does not have the field.

    Raises
    ------
    TypeError
        If the column does not hold text.
    """
    return _vector.read_column(names, _FILES, last_component=True)


def obs_id_columns(obs_ids: pl.Series) -> pl.DataFrame:
    """Read a column of obs_ids, as `parse_obs_id` reads one.

    Parameters
    ----------
    obs_ids : polars.Series of str, shape (n,)
        Nulls are of kind "other".

    Returns
    -------
    polars.DataFrame, shape (n, 14)
        The columns of `columns`.

    Raises
    ------
    TypeError
        If the column does not hold text.
    """
    return _vector.read_column(obs_ids, _OBS_IDS)

"""Cotrending basis vectors as lightkurve's objects."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import FILTERS, whole
from tess_source.errors import LoadError, QueryError, did_you_mean
from tess_source.files.whole import opened_plain
from tess_source.units import is_whole
from tess_source_lightkurve import readers

if TYPE_CHECKING:
    from astropy.io.fits import HDUList
    from lightkurve.correctors import TessCotrendingBasisVectors

__all__ = ["collect", "read_basis_vectors"]

TYPES = {"SingleScale": "single-scale", "MultiScale": "multiscale-band-{band}", "Spike": "spike"}
"""lightkurve's words for types of basis vectors → how the file calls them."""


def read_basis_vectors(
    path: Path, cbv_type: str = "SingleScale", band: int | None = None
) -> TessCotrendingBasisVectors:
    """Read one set of basis vectors of a whole file, as lightkurve's `load_tess_cbvs` does.

    Parameters
    ----------
    path : Path
    cbv_type : str
        ``"SingleScale"``, ``"MultiScale"`` or ``"Spike"``.
    band : int, optional
        Band of multi-scale vectors, from 1.

    Returns
    -------
    lightkurve.correctors.TessCotrendingBasisVectors
        lightkurve's own object: one row per cadence, with `time` (BTJD, TDB), ``CADENCENO``, ``GAP`` and ``VECTOR_1`` and following.

    Raises
    ------
    QueryError
        If there is no such type, or no band is given for multi-scale vectors.
    LoadError
        If the file does not have them; the message says which it has.
    """
    _check(cbv_type, band)
    readers.lightkurve()
    whole("astropy")
    from astropy.io import fits
    from lightkurve.correctors import TessCotrendingBasisVectors

    with opened_plain(path) as file, fits.open(file, memmap=False) as hdus:
        _check_there(path, hdus, cbv_type, band)
        with FILTERS:
            vectors: TessCotrendingBasisVectors = TessCotrendingBasisVectors.from_hdu(hdus, cbv_type, band)
    if not vectors.colnames:  # lightkurve hides whatever went wrong
        raise LoadError(f"{path.name}: lightkurve cannot read its basis vectors")
    return vectors


def _check(cbv_type: Any, band: Any) -> None:
    if cbv_type not in TYPES:
        hint = did_you_mean(cbv_type, TYPES) if isinstance(cbv_type, str) else ""
        raise QueryError(f"cbv_type={cbv_type!r}: give one of {', '.join(map(repr, TYPES))}{hint}")
    if (cbv_type == "MultiScale" or band is not None) and not is_whole(band, 1):
        raise QueryError(f"band={band!r}: give the band of multi-scale basis vectors, a whole number from 1")


def _check_there(path: Path, hdus: HDUList, cbv_type: str, band: int | None) -> None:
    """Raise a LoadError if a set is missing, of which lightkurve would make an empty object."""
    names = [str(hdu.name).lower() for hdu in hdus[1:]]
    wanted = f"cbv.{TYPES[cbv_type].format(band=band)}."
    if not any(name.startswith(wanted) for name in names):
        there = ", ".join(re.sub(r"^cbv\.|(\.[0-9]+){2}$", "", name) for name in names) or "none"
        raise LoadError(f"{path.name} has no {wanted[4:-1]} basis vectors; it has {there}")


def collect(objects: Sequence[object]) -> Mapping[str, object] | None:
    """Return basis vectors in a list, ``"basis vectors"``; None if there are none."""
    if "lightkurve" not in sys.modules:  # then none can have been opened
        return None
    correctors = import_module("lightkurve.correctors")
    vectors = [item for item in objects if isinstance(item, correctors.CotrendingBasisVectors)]
    return {"basis vectors": vectors} if vectors else None

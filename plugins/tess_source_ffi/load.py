"""Opening of full-frame images, one at a time, and of basis vectors, after a check that the file is whole."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import whole
from tess_source.errors import DamagedFileError, NoReaderError
from tess_source.files.quality import BITMASKS
from tess_source.files.whole import fault
from tess_source.tables.loaded import Deferred
from tess_source_lightkurve import readers

if TYPE_CHECKING:
    from tess_source.tables.items import Entry
    from tess_source_ffi.image import FullFrameImage

__all__ = ["load", "opened_image"]

IMAGES = ("ffi", "ffir")
BASIS_VECTORS = ("cbv", "fast-cbv")
OF_BASIS_VECTORS = ("cbv_type", "band")
"""Arguments for basis vectors only; the other files leave them out."""


def load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open an image or basis vectors.

    Parameters
    ----------
    entry : Entry
        A file that is there.
    options : mapping
        ``quality_bitmask`` for images: see `opened_image`. ``cbv_type`` and ``band`` for basis vectors: see
        `tess_source_ffi.basis_vectors.read_basis_vectors`. The arguments of lightkurve's readers are left out, so that one call can open
        all sorts of files.

    Returns
    -------
    Deferred or lightkurve.correctors.TessCotrendingBasisVectors or None
        An image is opened when it is used. None if this plugin does not read such files.

    Raises
    ------
    DamagedFileError
        If bytes are missing.
    NoReaderError
        If it is a cube.
    LoadError
        If the file is whole, but does not have the basis vectors that were asked for.
    QueryError
        If an argument makes no sense for any file.
    """
    path, kind = entry.path, entry.item.kind
    if path is None or kind not in (*IMAGES, *BASIS_VECTORS, "cube"):
        return None
    if others := {name: value for name, value in options.items() if name not in OF_BASIS_VECTORS}:
        readers.check(others)
    _check_whole(path)
    if kind in IMAGES:
        opening = functools.partial(opened_image, path, options.get("quality_bitmask"))
        return Deferred("images", path, opening)
    if kind in BASIS_VECTORS:
        from tess_source_ffi.basis_vectors import read_basis_vectors

        chosen = {name: options[name] for name in OF_BASIS_VECTORS if name in options}
        vectors: object = read_basis_vectors(path, **chosen)
        return vectors
    raise NoReaderError(
        f"{path.name} is a cube, of all images of one CCD, which is larger than memory: look at parts of it by astropy, as in "
        "astropy.io.fits.open(path, memmap=True)[1].data, of shape (rows, columns, images, 2 for flux and error), or ask for cut-outs, of "
        "kind 'cutout'"
    )


def opened_image(path: Path, quality_bitmask: int | str | None = None) -> FullFrameImage:
    """Open one full-frame image.

    Parameters
    ----------
    path : Path
        An image by SPOC, calibrated or raw, or by TICA.
    quality_bitmask : int or str, optional
        Bits of SPOC's flags of the whole image (DQUALITY), or one of lightkurve's words for some, e.g. ``"default"``. If an image has one
        of these flags, all its pixels are masked. None: flags mask nothing.

    Returns
    -------
    FullFrameImage
        It is in memory, and the file is closed.

    Raises
    ------
    DamagedFileError
        If bytes are missing.
    LoadError
        If the file holds no such image.
    """
    _check_whole(path)
    whole("astropy")
    whole("astropy.nddata")
    from tess_source_ffi.image import read_image

    return read_image(path, _bits(quality_bitmask))


def _bits(bitmask: int | str | None) -> int:
    if bitmask is None:
        return 0
    return BITMASKS[bitmask] if isinstance(bitmask, str) else bitmask


def _check_whole(path: Path) -> None:
    if problem := fault(path):
        raise DamagedFileError(f"{path.name} is damaged: {problem}; fetch it again")

"""Opening of one file as a lightkurve object, after a check that the file is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import FILTERS, whole
from tess_source.errors import DamagedFileError, LoadError, NoColumnError, NoReaderError, type_and_text
from tess_source.files.exposure import is_of_images
from tess_source.files.verify import is_fits
from tess_source.files.whole import fault
from tess_source_lightkurve import readers
from tess_source_lightkurve.corrections import correction_of
from tess_source_lightkurve.spoc import Unsupported, read_light_curve

if TYPE_CHECKING:
    from astropy.io.fits import HDUList

    from tess_source.tables.items import Entry, Item

__all__ = ["load"]

KINDS = frozenset({"lc", "fast-lc", "tp", "fast-tp", "cutout"})
"""Kinds of files that this plugin reads."""
LIGHT_CURVES = frozenset({"lc", "fast-lc", "other"})
"""Kinds that may be light curves by SPOC or QLP, also renamed ones, for which there is a faster reader."""


def load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open a light curve or pixel file.

    Parameters
    ----------
    entry : Entry
        A file that is there.
    options : mapping
        Arguments of lightkurve's readers, e.g. ``flux_column``, ``quality_bitmask``: see `readers.arguments`.

    Returns
    -------
    lightkurve.LightCurve or lightkurve.TargetPixelFile or None
        The object of `lightkurve.read`, or for light curves by SPOC and QLP an equal one, made in less time (times in BTJD, i.e.
        BJD - 2457000, TDB). For TGLC, TASOC, eleanor and CDIPS it is set right: see `corrections`. None if this plugin does not read
        such files. No file is left open: pixels are in memory, not mapped.

    Raises
    ------
    DamagedFileError
        If bytes are missing.
    NoReaderError
        If the file is whole, but lightkurve has no reader for such files.
    NoColumnError
        If the file is whole, but has no such column for the flux.
    LoadError
        If the file is whole, but cannot be opened with these options.
    QueryError
        If an argument makes no sense for any file.
    MissingExtraError
        If lightkurve is not installed.
    OSError
        If there is no such file, or it cannot be read.
    """
    path, ours = entry.path, entry.item.kind in KINDS
    if path is None or not (ours or (entry.item.kind == "other" and is_fits(path.name))):
        return None
    readers.check(options)
    readers.lightkurve()
    if problem := fault(path):
        raise DamagedFileError(f"{path.name} is damaged: {problem}; fetch it again")
    opened: object | None = _fast(path, options) if entry.item.kind in LIGHT_CURVES else None
    if opened is None:
        opened = _open(path, options)
    if opened is None and ours:
        maker = entry.item.pipeline or "unknown origin"
        raise NoReaderError(
            f"{path.name} is healthy, but lightkurve has no reader for {entry.item.kind!r} files of {maker}"
        )
    _set_author(opened, entry.item)
    if entry.object is not None:
        _name_object(opened, str(entry.object))
    return opened


def _fast(path: Path, options: Mapping[str, Any]) -> object | None:
    """Open a light curve by SPOC or QLP in standard form; None if it is another file, or an option is not for light curves."""
    try:
        curve: object = read_light_curve(path, **options)
    except Unsupported:
        return None
    return curve


def _open(path: Path, options: Mapping[str, Any]) -> Any:
    """Open a whole file; None if lightkurve does not know what it is."""
    readers.lightkurve()  # before its parts of astropy: see `tess_source.like_lightkurve.imported.FIRST`
    whole("astropy")
    from astropy.io import fits

    with fits.open(path, memmap=False) as hdus:
        filetype = readers.detect(hdus)
        if filetype is None or readers.reader_of(filetype) is None:
            return None
        chosen = readers.arguments(filetype, options)
        pixels = readers.is_pixels(filetype)
        if pixels:
            _ = [hdu.data for hdu in hdus]  # all into memory, so that the file can be closed
        try:
            with FILTERS:
                opened = _read(hdus if pixels or _repaired(hdus, filetype) else str(path), filetype, chosen)
        except Exception as error:  # noqa: BLE001  all but what `_reason` raises becomes a LoadError
            reason = _reason(error)
            if filetype == "generic":  # lightkurve's guess for whatever it does not know
                return None
            raise _load_error(path.name, reason, chosen, hdus) from reason
        if not pixels:
            opened.meta["FILENAME"] = str(path)
        else:
            opened.path = str(path)
            _check_pixels(opened, hdus)
        return opened


def _repaired(hdus: HDUList, filetype: str) -> bool:
    """Return whether an opened file had to be repaired, so that it is read in place of the one on disk."""
    correction = correction_of(filetype)
    return correction is not None and correction.repair is not None and correction.repair(hdus)


def _read(source: HDUList | str, filetype: str, chosen: Mapping[str, Any]) -> Any:
    """Return what `lightkurve.read` makes of a file, set right where it is known to be wrong."""
    read, correction = readers.lightkurve().read, correction_of(filetype)
    if correction is None:
        return read(source, **chosen)
    return correction.apply(read(source, **{**chosen, **correction.arguments}), chosen)


def _check_pixels(opened: Any, hdus: HDUList) -> None:
    """Read what lightkurve and astropy would read only when you use it, so that a damaged file fails here and not later."""
    for hdu in hdus:
        _ = [*hdu.header.values()]
    table = hdus[1].data
    _ = [table[name] for name in table.names], opened.time, opened.quality, opened.column, opened.row
    if opened.pipeline_mask.shape != (pixels := table["FLUX"].shape[1:]):
        raise LoadError(f"{opened.path}: its aperture has {opened.pipeline_mask.shape} pixels, its images {pixels}")


def _reason(error: BaseException) -> BaseException:
    """Return the exception that lightkurve wraps as "may be corrupt"; raise Ctrl-C, exit and lack of memory unchanged."""
    for inner in _chain(error):
        if isinstance(inner, MemoryError) or not isinstance(inner, Exception):
            raise inner
    return error.__cause__ or error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _load_error(name: str, reason: BaseException, chosen: Mapping[str, Any], hdus: HDUList) -> LoadError:
    column = chosen.get("flux_column")
    if isinstance(reason, KeyError) and column is not None:
        columns = [name.lower() for name in getattr(getattr(hdus[1], "columns", None), "names", ())]
        if column not in columns:
            return NoColumnError(column, columns, "the flux")
    return LoadError(f"{name}: lightkurve cannot read it: {type_and_text(reason)}")


def _name_object(opened: Any, url: str) -> None:
    """Let an opened file tell the object in a store, in place of the copy that it was opened from: that is removed."""
    if "FILENAME" in getattr(opened, "meta", {}):
        opened.meta["FILENAME"] = url
    if hasattr(opened, "path"):
        opened.path = url


def _set_author(opened: Any, item: Item) -> None:
    """Set the author to the pipeline where lightkurve cannot tell it.

    lightkurve looks for the word TESS-SPOC in the whole path, folders included. Its reader for files that it does not know sets no author.
    A file of TGLC may not say the star; the observation does.
    """
    ours, meta = {"SPOC", "TESS-SPOC"}, getattr(opened, "meta", {})
    if meta.get("AUTHOR") in ours:
        maker = "TESS-SPOC" if is_of_images(meta) else meta["AUTHOR"]
        meta["AUTHOR"] = item.pipeline if item.pipeline in ours else maker
    elif meta.get("AUTHOR") == "TGLC" and meta.get("TICID") is None and item.tic is not None:
        meta.update(TARGETID=item.tic, TICID=item.tic, LABEL=f"TIC {item.tic}")
    elif item.pipeline and "FLUX_ORIGIN" in meta and "TARGETID" not in meta:
        meta["AUTHOR"] = item.pipeline
        meta["TARGETID"] = item.tic if item.tic is not None else meta.get("TICID")

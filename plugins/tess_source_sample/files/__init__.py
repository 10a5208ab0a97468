"""The files that the sample archive serves: simulated, made on the fly, the same at every run.

They have the form of the real ones (HDUs, columns, units, keywords, checksums) and say that they are simulated:
``SIMDATA = T`` and ORIGIN in FITS headers, ``simData="true"`` in XML, the word SIMULATED on a PDF's only page.

>>> content = make("tess2019198215352-s0014-0000000016740101-0150-s_lc.fits")
>>> len(content)
1964160
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source import names
from tess_source_sample.known import KNOWN, KnownStars

if TYPE_CHECKING:
    from tess_source.names import Name
    from tess_source_sample.files.fits import HDU

_SPOC = ("SPOC", "TESS-SPOC", "TESS-DATA-ALERTS")


def make(filename: str, size: int | None = None, *, first_release: bool = False, known: KnownStars = KNOWN) -> bytes:
    """Make one file.

    Parameters
    ----------
    filename : str
        Name of a light curve, target pixel file, DV product or full frame image of SPOC, or of a light curve by
        another pipeline that `names` knows, or of target pixels by TESS-SPOC.
    size : int, optional
        Exact length wanted in bytes: the size of the real file. Tables get as many rows, pixels or blank header
        cards as this takes; PDF and XML are filled up.
    first_release : bool, default False
        For light curves and pixels of sectors 1 to 13: make the file as it was first released, with the header of 2018
        or 2019. The archive has had them processed again since, under the same names. In sector 6 the time stamp of the
        names moved by one second, so there the former name alone gives the former file.
    known : KnownStars
        The stars and searches of an archive to which some were added.

    Returns
    -------
    bytes
        Content of the file: of length `size` or, without, `natural_size(filename)`.

    Raises
    ------
    KeyError
        If the sample archive does not know the star, sector or run, or does not make such files.
    ValueError
        If the size cannot be reached; the message tells the least, or that FITS needs whole blocks of 2,880 bytes.
    """
    name = names.parse(filename)
    if name.kind == "dvr-xml":
        from tess_source_sample.files import xml

        return xml.report(_known_run(name, known), size, known)
    if name.kind in {"dvr-pdf", "dvm", "dvs"}:
        from tess_source_sample.files import pdf

        return pdf.page(filename, _known_run(name, known), natural_size(filename, known) if size is None else size)
    if name.kind == "lc-txt":
        from tess_source_sample.files import hlsp

        return hlsp.text(name, size, known)
    from tess_source_sample.files import fits

    return fits.write(_hdus(filename, name, size, known, first_release))


def natural_size(filename: str, known: KnownStars = KNOWN) -> int:
    """Return the length in bytes that `make` gives a file when no size is asked for, without making it.

    Raises
    ------
    KeyError
        As `make`.
    """
    name = names.parse(filename)
    if name.kind == "dvr-xml":
        from tess_source_sample.files import xml

        return xml.natural_size(_known_run(name, known), known)
    if name.kind in {"dvr-pdf", "dvm", "dvs"}:
        from tess_source_sample.files import pdf

        return pdf.TITLES[_known_run(name, known).kind][1]
    if name.kind == "lc-txt":
        from tess_source_sample.files import hlsp

        return hlsp.text_size(name, known)
    from tess_source_sample.files import fits, spoc

    if name.pipeline != "SPOC" or name.kind not in spoc.KINDS:
        return fits.file_size(_hdus(filename, name, None, known))
    of = spoc.target(name, known)
    alike = name.kind, name.timestamp, of.sector.sector, of.rows, of.stamp
    if alike not in _SIZES:
        _SIZES[alike] = fits.file_size(_hdus(filename, name, None, known))
    return _SIZES[alike]


_SIZES: dict[tuple[object, ...], int] = {}
"""What decides on the size of a light curve or target pixel file, to that size: to lay out a file takes milliseconds."""


def _known_run(name: Name, known: KnownStars) -> Name:
    """Return the name, if it is of a run and a TCE that the sample archive has."""
    from tess_source_sample.files import dvt

    if name.pipeline not in {"SPOC", "TESS-SPOC"}:
        raise KeyError(f"the sample archive has no data validation by {name.pipeline}")
    if name.tce and name.tce > dvt.run(name, known).tces:
        raise KeyError(f"run {name.run or 0:05d} found no TCE {name.tce} of TIC {name.tic}")
    dvt.run(name, known)
    return name


def _hdus(filename: str, name: Name, size: int | None, known: KnownStars, first_release: bool = False) -> list[HDU]:
    """Return the HDUs of a FITS file; blank header cards fill up what rows and pixels cannot."""
    from dataclasses import replace

    from tess_source_sample.files import fits

    found = _layout(filename, name, size, known, first_release)
    if size is None:
        return found
    least, left = fits.file_size(found), size - fits.file_size(found)
    if left < 0:
        raise ValueError(f"{filename} cannot have {size} bytes: it needs at least {least}")
    if left % fits.BLOCK:
        raise ValueError(f"{filename} cannot have {size} bytes: FITS has whole blocks of {fits.BLOCK}")
    return [*found[:-1], replace(found[-1], blank_blocks=left // fits.BLOCK)]


def _layout(filename: str, name: Name, size: int | None, known: KnownStars, first_release: bool) -> list[HDU]:
    from tess_source_sample.files import documented, eras

    kind, pipeline, name = name.kind, name.pipeline, documented.completed(name)
    if kind == "dvt":
        from tess_source_sample.files import dvt

        return dvt.time_series(_known_run(name, known), size, known)
    processed = eras.of_name(name, first=first_release)
    if kind in {"lc", "fast-lc"} and pipeline in _SPOC:
        from tess_source_sample.files import spoc

        return spoc.light_curve(name, size, processed, known)
    if kind in {"tp", "fast-tp"}:
        from tess_source_sample.files import spoc

        return spoc.target_pixels(name, size, processed, known)
    if kind == "lc":
        return documented.light_curve(name, size, known)
    if kind in {"ffi", "ffir"} and pipeline == "SPOC":
        from tess_source_sample.files import ffi

        return ffi.image(name, size, processed)
    if kind in {"ffi", "cbv", "fast-cbv", "cube"}:
        from tess_source_sample.files import chip_files

        return chip_files.made(filename, name, processed)
    raise KeyError(f"the sample archive makes no such file: {filename}")

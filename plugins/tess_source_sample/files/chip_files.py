"""Other files of one CCD: images by TICA, cotrending basis vectors, and cubes of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source_sample import facts
from tess_source_sample.files import eras, ffi, ffi_header, fits, headers, model, spoc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.names import Name

SIDE = 16
"""Rows and columns of a cube; real ones have 2078 and 2136."""
FRAMES = 4
"""Images in a cube."""
ROWS = 500
"""Cadences of basis vectors."""
VECTORS = (("single-scale", 16), ("spike", 6), *((f"multiscale-band-{band}", 8) for band in (1, 2, 3)))
"""Extensions of basis vectors, and the numbers of vectors in them."""

_TICA = """
SIMPLE  = T / conforms to FITS standards
BITPIX  = -32 / array data type
NAXIS   = 2 / number of array dimensions
NAXIS1  = {side} / length of first array dimension
NAXIS2  = {side} / length of second array dimension
EXTEND  = T
SIMDATA = T / file is based on simulated data
ORIGIN  = '{origin}' / institution responsible for creating this file
TELESCOP= 'TESS' / telescope
CADENCE = {cadence} / number of the image
CAMNUM  = {camera} / Camera number
CCDNUM  = {ccd} / CCD chip number
SECTOR  = {sector} / Observing sector
STARTTJD= {start:.10f} / start of the exposure [TJD]
MIDTJD  = {middle:.10f} / middle of the exposure [TJD]
ENDTJD  = {end:.10f} / end of the exposure [TJD]
EXPTIME = {seconds:.4f} / exposure time [s]
QUAL_BIT= 0 / quality flags
""" + ffi_header.IMAGE[ffi_header.IMAGE.index("RADESYS") : ffi_header.IMAGE.index("A_ORDER")]
"""In the primary HDU. Keywords are those that are documented."""

_VECTORS = """INHERIT = T / inherit the primary header
EXTNAME = 'CBV.{extension}.{camera}.{ccd}' / name of extension
EXTVER  = 1 / extension version number (not format version)
SIMDATA = T / file is based on simulated data
CBVVALID= 1 / nonzero if collateral basis vectors are valid
CAMERA  = {camera} / Camera number
CCD     = {ccd} / CCD chip number
TIMEREF = 'SOLARSYSTEM' / barycentric correction applied to times
TASSIGN = 'SPACECRAFT' / where time is assigned
TIMESYS = 'TDB' / time system is Barycentric Dynamical Time (TDB)
JDREFI  = 2457000 / integer part of TJD reference date
JDREFF  = 0. / fraction of the day in TJD reference date
TIMEUNIT= 'd' / time unit for TIME, TSTART and TSTOP
TELAPSE = {telapse:.12f} / [d] TSTOP - TSTART
TSTART  = {tstart:.12f} / observation start time in TJD
TSTOP   = {tstop:.12f} / observation stop time in TJD
DATE-OBS= '{date_obs}' / TSTART as UTC calendar date
DATE-END= '{date_end}' / TSTOP as UTC calendar date
TIMEPIXR= 0.5 / bin time beginning=0 middle=0.5 end=1
TIERRELA= 1.16E-05 / [d] relative time error
MAPORDER= 6 / order used for MAP fit
BVVER   = '0.0.1' / basis vector software version
COLUMNS
"""

_CUBE_PRIMARY = (
    headers.FILE
    + """CAMERA  = {camera} / Camera number
CCD     = {ccd} / CCD chip number
SECTOR  = {sector} / Observing sector
"""
)
_CUBE_START = """
XTENSION= 'IMAGE' / Image extension
BITPIX  = -32 / array data type
NAXIS   = 4 / number of array dimensions
NAXIS1  = {sets} / flux, and its error
NAXIS2  = {frames} / images
NAXIS3  = {side} / columns
NAXIS4  = {side} / rows
PCOUNT  = 0 / number of parameters
GCOUNT  = 1 / number of groups
"""
_FRAMES = "EXTNAME = 'FFI_INFO'\nCOLUMNS\n"


def made(filename: str, name: Name, processed: eras.Processing) -> list[fits.HDU]:
    """Return the HDUs of a file by its name.

    Raises
    ------
    KeyError
        If the sample archive has no data of the sector.
    """
    makers = {"ffi": _tica_image, "cbv": _basis_vectors, "fast-cbv": _basis_vectors, "cube": _cube}
    return makers[name.kind](name, processed)


def _tica_image(name: Name, processed: eras.Processing) -> list[fits.HDU]:
    side, place = ffi.SMALL, facts.sector(int(name.first_sector or 0))
    seconds = float(name.exptime or 0)
    start = place.start + ((name.cadence or 0) * seconds / 120 - place.first_cadenceno) * 120 / model.DAY
    days = seconds / model.DAY
    said = {**_chip(name), "side": side, "origin": headers.ORIGIN, "cadence": name.cadence, "seconds": seconds * 0.8}
    said |= {"start": start, "middle": start + days / 2, "end": start + days}
    pixels = ffi.pixels_of(name, (side, side))

    def fill(buffer: NDArray[np.uint8]) -> None:
        buffer.view(">f4")[:] = pixels().ravel()

    return [fits.HDU(fits.ASTROPY.cards(_TICA, said), 4 * side * side, fill)]


def _basis_vectors(name: Name, processed: eras.Processing) -> list[fits.HDU]:
    place, writer = facts.sector(int(name.first_sector or 0)), processed.era.writer
    seconds = int(name.exptime or 120)
    time = place.start + np.arange(ROWS) * seconds / model.DAY
    said = spoc.time_values(float(time[0]), float(time[-1]), seconds, 0.792, processed)
    said |= spoc.program_values(processed, "CbvExporter") | _chip(name) | {"nextend": len(VECTORS), "scale": "TJD"}
    random = np.random.default_rng(model.seed("cbv", place.sector, name.camera, name.ccd))

    def extension(kind: str, count: int) -> fits.HDU:
        columns = (
            fits.TableColumn("TIME", "D", "JD - 2457000, days", "D14.7"),
            fits.TableColumn("CADENCENO", "J", "", "I10"),
            fits.TableColumn("GAP", "L", "", "L1"),
            *(fits.TableColumn(f"VECTOR_{n}", "E", "", "F8.5") for n in range(1, count + 1)),
        )
        phases = random.uniform(0, 2 * np.pi, count)

        def fill(table: NDArray[Any]) -> None:
            table["TIME"], table["CADENCENO"] = time, place.first_cadenceno + np.arange(ROWS)
            table["GAP"] = b"F"
            for n, phase in enumerate(phases, 1):
                table[f"VECTOR_{n}"] = np.sin(phase + n * np.arange(ROWS) / 80) / np.sqrt(ROWS / 2)

        return fits.table(columns, ROWS, _VECTORS, said | {"extension": kind}, fill, writer)

    template = headers.FILE + "SECTOR  = {sector} / Observing sector\n" + headers.CHECKSUM
    return [fits.HDU(writer.cards(template, said)), *(extension(*entry) for entry in VECTORS)]


def _cube(name: Name, processed: eras.Processing) -> list[fits.HDU]:
    place, sets = facts.sector(int(name.first_sector or 0)), 1 if name.pipeline == "TICA" else 2
    seconds = int(name.exptime or 0)
    starts = place.start + np.arange(FRAMES) * seconds / model.DAY
    said = spoc.time_values(float(starts[0]), float(starts[-1]), seconds, 0.792, processed)
    said |= spoc.program_values(processed, "CubeFactory") | _chip(name) | {"nextend": 2, "scale": "TJD"}
    primary = fits.HDU(fits.ASTROPY.cards(_CUBE_PRIMARY, said), blank_blocks=0)
    random = np.random.default_rng(model.seed("cube", place.sector, name.camera, name.ccd))
    shape = (SIDE, SIDE, FRAMES, sets)

    def fill(buffer: NDArray[np.uint8]) -> None:
        buffer.view(">f4")[:] = (100 + random.standard_normal(shape)).ravel()

    start = fits.ASTROPY.cards(_CUBE_START, {"sets": sets, "frames": FRAMES, "side": SIDE})
    columns = (fits.TableColumn("TSTART", "D", "d"), fits.TableColumn("TSTOP", "D", "d"))

    def fill_table(table: NDArray[Any]) -> None:
        table["TSTART"], table["TSTOP"] = starts, starts + seconds / model.DAY

    frames = fits.table(columns, FRAMES, _FRAMES, {}, fill_table)
    return [primary, fits.HDU(start, 4 * SIDE * SIDE * FRAMES * sets, fill), frames]


def _chip(name: Name) -> dict[str, object]:
    return {"camera": name.camera, "ccd": name.ccd, "sector": name.first_sector}

"""Headers and columns of cut-outs, in the order and with the comments of a real one of 2021 (software 0.10.0)."""

from __future__ import annotations

from tess_source_sample.files.fits import TableColumn
from tess_source_sample.files.headers import PHYSICAL_WCS

_FIRST = """DATE    = '{date}' / FFI cube creation date
TSTART  = {tstart:double} / observation start time in TJD of first FFI
TSTOP   = {tstop:double} / observation stop time in TJD of last FFI
DATE-OBS= '{date_obs}' / TSTART as UTC calendar date of first FFI
DATE-END= '{date_end}' / TSTOP as UTC calendar date of last FFI
CREATOR = 'astrocut' / software used to produce this file
PROCVER = '0.10.0' / software version
FILEVER = '1.0' / file format version
TIMVERSN= 'OGIP/93-003' / OGIP memo number for file format
TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
DATA_REL= {data_rel} / data release version number
ASTATE  = T / archive state F indicates single orbit processing
SCCONFIG= {scid} / spacecraft configuration ID
RADESYS = 'ICRS' / reference frame of celestial coordinates
EQUINOX = 2000.0 / equinox of celestial coordinate system
CRMITEN = T / spacecraft cosmic ray mitigation enabled
CRBLKSZ = 10 / [exposures] s/c cosmic ray mitigation block siz
CRSPOC  = F / SPOC cosmic ray cleaning enabled
CAMERA  = {camera} / Camera number
CCD     = {ccd} / CCD chip number
SECTOR  = {sector} / Observing sector
FFI_TYPE= 'SPOC' / the FFI type used to make the cutouts
RA_OBJ  = {ra:double} / [deg] right ascension
DEC_OBJ = {dec:double} / [deg] declination
TIMEREF = 'SOLARSYSTEM' / barycentric correction applied to times
TASSIGN = 'SPACECRAFT' / where time is assigned
TIMESYS = 'TDB' / time system is Barycentric Dynamical Time (TDB)
BJDREFI = 2457000 / integer part of BTJD reference date
BJDREFF = 0.0 / fraction of the day in BTJD reference date
TIMEUNIT= 'd' / time unit for TIME, TSTART and TSTOP
TELAPSE = {telapse:double} / [d] TSTOP - TSTART
OBJECT  = '' / string version of target id
TCID    = 0 / unique tess target identifier
PXTABLE = 0 / pixel table id
PMRA    = 0.0 / [mas/yr] RA proper motion
PMDEC   = 0.0 / [mas/yr] Dec proper motion
PMTOTAL = 0.0 / [mas/yr] total proper motion
TESSMAG = 0.0 / [mag] TESS magnitude
TEFF    = 0.0 / [K] Effective temperature
LOGG    = 0.0 / [cm/s2] log10 surface gravity
MH      = 0.0 / [log10([M/H])] metallicity
RADIUS  = 0.0 / [solar radii] stellar radius
TICVER  = 0 / TICVER
TICID   = / unique tess target identifier
CHECKSUM= '0000000000000000' / HDU checksum updated {stamp}
DATASUM = '0' / data unit checksum updated {stamp}
"""
"""What all three HDUs say."""

PRIMARY = (
    """
SIMPLE  = T / conforms to FITS standards
BITPIX  = 8 / array data type
NAXIS   = 0 / number of array dimensions
EXTEND  = T
NEXTEND = 2 / number of standard extensions
EXTNAME = 'PRIMARY' / name of extension
EXTVER  = 1 / extension version number (not format version)
SIMDATA = T / file is based on simulated data
ORIGIN  = 'STScI/MAST' / institution responsible for creating this file
"""
    + _FIRST
)

_WCS = (
    """\
WCAX{n}   = 2 / number of WCS axes
1CTYP{n}  = 'RA---TAN' / right ascension coordinate type
2CTYP{n}  = 'DEC--TAN' / declination coordinate type
1CRPX{n}  = {crpix1:double} / [pixel] reference pixel along image axis 1
2CRPX{n}  = {crpix2:double} / [pixel] reference pixel along image axis 2
1CRVL{n}  = {ra:double} / [deg] right ascension at reference pixel
2CRVL{n}  = {dec:double} / [deg] declination at reference pixel
1CUNI{n}  = 'deg' / physical unit in column dimension
2CUNI{n}  = 'deg' / physical unit in row dimension
1CDLT{n}  = 1.0 / [deg] pixel scale in RA dimension
2CDLT{n}  = 1.0 / [deg] pixel scale in DEC dimension
11PC{n}   = {pc11:double} / Coordinate transformation matrix element
12PC{n}   = {pc12:double} / Coordinate transformation matrix element
21PC{n}   = {pc21:double} / Coordinate transformation matrix element
22PC{n}   = {pc22:double} / Coordinate transformation matrix element
"""
    + PHYSICAL_WCS
)
"""Coordinates of one image column; n is its number, 4 to 8."""

_EXTENSION = """INHERIT = T
EXTNAME = '{extname}'
EXTVER  = 1 / extension version number (not format version)
SIMDATA = T / file is based on simulated data
ORIGIN  = 'STScI/MAST' / institution responsible for creating this file
"""

PIXELS = (
    "".join(_WCS.replace("{n}", str(n)) for n in range(4, 9))
    + _EXTENSION.replace("{extname}", "PIXELS")
    + _FIRST
    + "COLUMNS\n"
)

APERTURE = (
    """EXTNAME = 'APERTURE'
WCSAXES = 2 / Number of coordinate axes
CRPIX1  = {crpix1:double} / Pixel coordinate of reference point
CRPIX2  = {crpix2:double} / Pixel coordinate of reference point
PC1_1   = {pc11:double} / Coordinate transformation matrix element
PC1_2   = {pc12:double} / Coordinate transformation matrix element
PC2_1   = {pc21:double} / Coordinate transformation matrix element
PC2_2   = {pc22:double} / Coordinate transformation matrix element
CDELT1  = 1.0 / [deg] Coordinate increment at reference point
CDELT2  = 1.0 / [deg] Coordinate increment at reference point
CUNIT1  = 'deg' / Units of coordinate increment and value
CUNIT2  = 'deg' / Units of coordinate increment and value
CTYPE1  = 'RA---TAN' / Right ascension, gnomonic projection
CTYPE2  = 'DEC--TAN' / Declination, gnomonic projection
CRVAL1  = {ra:double} / [deg] Coordinate value at reference point
CRVAL2  = {dec:double} / [deg] Coordinate value at reference point
LONPOLE = 180.0 / [deg] Native longitude of celestial pole
LATPOLE = {dec:double} / [deg] Native latitude of celestial pole
MJDREF  = 0.0 / [d] MJD of fiducial time
NPIXMISS= / Number of op. aperture pixels not collected
NPIXSAP = / Number of pixels in optimal aperture
INHERIT = T
EXTVER  = 1 / extension version number (not format version)
SIMDATA = T / file is based on simulated data
ORIGIN  = 'STScI/MAST' / institution responsible for creating this file
"""
    + _FIRST
)


def columns(shape: tuple[int, int]) -> tuple[TableColumn, ...]:
    """Return the columns of a cut-out of `shape` (rows, columns)."""
    many, dim = shape[0] * shape[1], f"({shape[1]}, {shape[0]})"
    flux = ("FLUX", "FLUX_ERR", "FLUX_BKG", "FLUX_BKG_ERR")
    return (
        TableColumn("TIME", "D", "BJD - 2457000, days", "D14.7"),
        TableColumn("TIMECORR", "E", "d", "E14.7"),
        TableColumn("CADENCENO", "J", "", "I10"),
        TableColumn("RAW_CNTS", f"{many}J", "count", "I8", null="-1", dim=dim),
        *(TableColumn(name, f"{many}E", "e-/s", "E14.7", dim=dim) for name in flux),
        TableColumn("QUALITY", "J", "", "B16.16"),
        TableColumn("POS_CORR1", "E", "pixel", "E14.7"),
        TableColumn("POS_CORR2", "E", "pixel", "E14.7"),
        TableColumn("FFI_FILE", "38A", "pixel"),
    )

"""Headers of TGLC's light curves, as templates: keywords, order and comments of real files."""

from __future__ import annotations

from tess_source_sample.files.hlsp_headers import NOTE, START

_STAR = """TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
FILTER  = 'TESS' / the filter used for the observations
OBJECT  = 'Gaia DR3 {gaia}' / string version of Gaia DR3 ID
GAIADR3 = {gaia} / integer version of Gaia DR3 ID
"""

_PLACE = """RADESYS = 'ICRS' / reference frame of celestial coordinates
RA_OBJ  = {ra!r} / [deg] right ascension, J2000
DEC_OBJ = {dec!r} / [deg] declination, J2000
"""

PRIMARY = (
    START
    + """EXTDATA = 'aperture' / decontaminated FFI cut for aperture photometry
EXTVER  = 1 / extension version
TIMESYS = 'TDB' / TESS Barycentric Dynamical Time
BUNIT   = 'e-/s' / flux unit
ORIGIN  = 'UCSB/TGLC' / institution responsible for creating this file
"""
    + _STAR
    + """TICID   = '{tic}' / TESS Input Catalog ID
SECTOR  = {sector} / observation sector
CAMERA  = {camera} / camera No.
CCD     = {ccd} / CCD No.
CUTSIZE = 150 / FFI cut size
"""
    + _PLACE
    + """TESSMAG = {tmag!r} / TESS magnitude, fitted by Gaia DR3 bands
CALIB   = 'TGLC' / pipeline used for image calibration
"""
    + NOTE
)

TABLE = (
    """COLUMNS
INHERIT = 'T' / inherit the primary header
EXTNAME = 'LIGHTCURVE' / name of extension
EXTVER  = 1 / extension version
"""
    + _STAR
    + _PLACE
    + """TIMEREF = 'SOLARSYSTEM' / barycentric correction applied to times
TASSIGN = 'SPACECRAFT' / where time is assigned
BJDREFI = 2457000 / integer part of BJD reference date
BJDREFR = 0.0 / fraction of the day in BJD reference date
TIMESYS = 'TDB' / TESS Barycentric Dynamical Time
TIMEUNIT= 'd' / time unit for TIME
TELAPS  = {telapse:double} / [d] TSTOP-TSTART
TSTART  = {tstart:double} / [d] observation start time in TBJD
TSTOP   = {tstop:double} / [d] observation end time in TBJD
MJD_BEG = {mjd_begin:double} / [d] start time in barycentric MJD
MJD_END = {mjd_end:double} / [d] end time in barycentric MJD
TIMEDEL = {timedel:double} / [d] time resolution of data
XPTIME  = {seconds} / [s] exposure time
PSF_ERR = {flux_error:double} / [e-/s] PSF flux error
APER_ERR= {flux_error:double} / [e-/s] aperture flux error
CPSF_ERR= {noise:double} / [e-/s] calibrated PSF flux error
CAPE_ERR= {noise:double} / [e-/s] calibrated aperture flux error
NEAREDGE= F / distance to edges of FFI <= 2
WOTAN_WL= 1 / wotan detrending window length
WOTAN_MT= 'biweight' / wotan detrending method
"""
)

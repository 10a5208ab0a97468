"""Headers of QLP's and TASOC's light curves, as templates: keywords, order and comments of real files."""

from __future__ import annotations

NOTE = """COMMENT SIMULATED by tess-source's sample archive; not a product of this pipeline
"""

START = """
SIMPLE  = T / conforms to FITS standard
BITPIX  = 8 / array data type
NAXIS   = 0 / number of array dimensions
EXTEND  = T
NEXTEND = {nextend} / number of standard extensions
EXTNAME = 'PRIMARY' / name of extension
SIMDATA = T / file is based on simulated data
"""

_QLP_TARGET = """TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
FILTER  = 'TESS' / the filter used for the observations
OBJECT  = 'TIC {tic}' / string version of TICID
TICID   = {tic} / unique TESS target identifier
SECTOR  = {sector} / last observed sector
CAMERA  = {camera} / camera
CCD     = {ccd} / ccd
RADESYS = 'ICRS' / reference frame of celestial coordinates
RA_OBJ  = {ra!r} / [deg] right ascension, J2000
DEC_OBJ = {dec!r} / [deg] declination, J2000
"""

QLP = (
    START
    + "ORIGIN  = 'MIT/QLP' / institution responsible for creating this file\n"
    + _QLP_TARGET
    + """TESSMAG = {tmag!r} / [mag] TESS magnitude, TIC v8
RADIUS  = {radius} / [solar radii] stellar radius
LOGG    = {logg} / [cm/s2] log10 surface gravity
MASS    = -1.0 / [solar mass] log10 stellar mass
TEFF    = {teff} / [K] effective temperature
MH      = {mh} / metallicity
EQUINOX = 2000.0 / equinox of celestial coordinate system
PMRA    = {pmra} / [mas/yr] RA proper motion
PMDEC   = {pmdec} / [mas/yr] DEC proper motion
TICVER  = 8 / TIC Version
CALIB   = 'TICA' / pipeline used for image calibration
"""
    + NOTE
)

QLP_TABLE = """COLUMNS
INHERIT = 'T' / inherit the primary header
EXTNAME = 'LIGHTCURVE' / name of extension
EXTVER  = 1 / extension version number (not format version)
TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
OBJECT  = 'TIC {tic}' / string version of TICID
TICID   = {tic} / unique TESS target identifier
RADESYS = 'ICRS' / reference frame of celestial coordinates
RA_OBJ  = {ra!r} / [deg] right ascension, J2000
DEC_OBJ = {dec!r} / [deg] declination, J2000
TIMEREF = 'SOLARSYSTEM' / barycentric correction applied to times
TASSIGN = 'SPACECRAFT' / where time is assigned
TIMESYS = 'TDB' / time is Barycentric Dynamic TIME (TDB)
BJDREFI = 2457000 / integer part of BJD reference date
BJDREFR = 0.0 / fraction of the day in BJD reference date
TIMEUNIT= 'd' / time unit for TIME, TSTART-TSTOP
TELAPS  = {telapse:double} / [d] TSTOP-TSTART
TSTART  = {tstart:double} / observation start time in TBJD
TSTOP   = {tstop:double} / observation stop time in TBJD
TIMEDEL = {timedel:double} / [d] time resolution of data
MJD-BEG = {mjd_begin:double} / observation start time in MJD
MJD-END = {mjd_end:double} / observation end time in MJD
BESTAP  = '3.0:4.0:3.0' / [pix] the parameters of the best aperture
SMALLAP = '2.5:4.0:3.0' / [pix] the parameters of the smaller aperture
LARGEAP = '3.5:5.0:4.0' / [pix] the parameters of the larger aperture
KSPPENCO= 0.75 / the penalty coefficient used in the detrending spline
KSPBSMIN= 0.3 / [d] the minimum break space used in the detrending spline
KSPBSMAX= 1.5 / [d] the maximum break space used in the detrending spline
"""
"""Misspelt keywords are QLP's."""

SUMS = """CHECKSUM= '0000000000000000' / HDU checksum updated {stamp}
DATASUM = '0' / data unit checksum updated {stamp}
"""

TASOC = (
    START
    + """ORIGIN  = 'TASOC/Aarhus' / institution responsible for creating this file
DATE    = '{date}' / date the file was created
TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
FILTER  = 'TESS' / Photometric bandpass filter
OBJECT  = 'TIC {tic}' / string version of TICID
TICID   = {tic} / unique TESS target identifier
CAMERA  = {camera} / Camera number
CCD     = {ccd} / CCD number
SECTOR  = {sector} / Observing sector
PROCVER = 'master-v5.1.1' / Version of photometry pipeline
FILEVER = '1.4' / File format version
DATA_REL= {data_rel} / Data release number
VERSION = 5 / Version of the processing
PHOTMET = 'aperture' / Photometric method used
RADESYS = 'ICRS' / reference frame of celestial coordinates
EQUINOX = 2000.0 / equinox of celestial coordinate system
RA_OBJ  = {ra!r} / [deg] Right ascension
DEC_OBJ = {dec!r} / [deg] Declination
PMRA    = {pmra} / [mas/yr] RA proper motion
PMDEC   = {pmdec} / [mas/yr] Dec proper motion
PMTOTAL = {pmtotal:double} / [mas/yr] total proper motion
TESSMAG = {tmag!r} / [mag] TESS magnitude
TEFF    = {teff} / [K] Effective temperature
TICVER  = 8 / TESS Input Catalog version
CRMITEN = T / spacecraft cosmic ray mitigation enabled
CRBLKSZ = 10 / [exposures] s/c cosmic ray mitigation block size
CRSPOC  = F / SPOC cosmic ray cleaning enabled
KP_THRES= 0.8 / K2P2 sum-image threshold
KP_MIPIX= 4 / K2P2 min pixels in mask
KP_MICLS= 4 / K2P2 min pix. for cluster
KP_CLSRA= 1.414213562373095 / K2P2 cluster radius
KP_WS   = T / K2P2 watershed segmentation
KP_WSBLR= 0.5 / K2P2 watershed blur
KP_WSTHR= 0 / K2P2 watershed threshold
KP_WSFOT= 3 / K2P2 watershed footprint
KP_EX   = T / K2P2 extend overflow
AP_CONT = {contamination:double} / AP contamination
DATAVAL = 0 / Data validation flags
"""
    + SUMS
    + NOTE
)

TASOC_TABLE = (
    """
INHERIT = T / inherit the primary header
EXTNAME = 'LIGHTCURVE' / extension name
TIMEREF = 'SOLARSYSTEM' / barycentric correction applied to times
TIMESYS = 'TDB' / time system is Barycentric Dynamical Time (TDB)
BJDREFI = 2457000 / integer part of BTJD reference date
BJDREFF = 0.0 / fraction of the day in BTJD reference date
TIMEUNIT= 'd' / time unit for TIME, TSTART and TSTOP
TSTART  = {tstart:double} / observation start time in BTJD
TSTOP   = {tstop:double} / observation stop time in BTJD
DATE-OBS= '{date_obs}' / TSTART as UTC calendar date
DATE-END= '{date_end}' / TSTOP as UTC calendar date
MJD-BEG = {mjd_begin:double} / observation start time in MJD
MJD-END = {mjd_end:double} / observation start time in MJD
TELAPSE = {telapse:double} / [d] TSTOP - TSTART
LIVETIME= {exposure:double} / [d] TELAPSE multiplied by DEADC
DEADC   = {deadc!r} / deadtime correction
EXPOSURE= {exposure:double} / [d] time on source
XPOSURE = {xposure:double} / [s] Duration of exposure
TIMEPIXR= 0.5 / bin time beginning=0 middle=0.5 end=1
TIMEDEL = {timedel:double} / [d] time resolution of data
INT_TIME= 1.98 / [s] photon accumulation time per frame
READTIME= 0.02 / [s] readout time per frame
FRAMETIM= 2.0 / [s] frame time (INT_TIME + READTIME)
NUM_FRM = {num_frm} / number of frames per time stamp
NREADOUT= {nreadout} / number of read per cadence
"""
    + SUMS
    + """COLUMNS
CORRMET = 'CBV' / Lightcurve correction method
CORRVER = 'devel-v1.0.15' / Version of correction pipeline
"""
)

TASOC_IMAGE = (
    """
INHERIT = T / inherit the primary header
WCSAXES = 2 / Number of coordinate axes
CRPIX1  = 13.0 / Pixel coordinate of reference point
CRPIX2  = 13.0 / Pixel coordinate of reference point
PC1_1   = 0.0039650661290419 / Coordinate transformation matrix element
PC1_2   = 0.0042068953748597 / Coordinate transformation matrix element
PC2_1   = -0.004115477613419 / Coordinate transformation matrix element
PC2_2   = 0.003861394249089 / Coordinate transformation matrix element
CDELT1  = 1.0 / [deg] Coordinate increment at reference point
CDELT2  = 1.0 / [deg] Coordinate increment at reference point
CUNIT1  = 'deg' / Units of coordinate increment and value
CUNIT2  = 'deg' / Units of coordinate increment and value
CTYPE1  = 'RA---TAN-SIP' / TAN (gnomonic) projection + SIP distortions
CTYPE2  = 'DEC--TAN-SIP' / TAN (gnomonic) projection + SIP distortions
CRVAL1  = {ra!r} / [deg] Coordinate value at reference point
CRVAL2  = {dec!r} / [deg] Coordinate value at reference point
LONPOLE = 180.0 / [deg] Native longitude of celestial pole
LATPOLE = {dec!r} / [deg] Native latitude of celestial pole
TIMESYS = 'TDB' / Time scale
TIMEUNIT= 'd' / Time units
DATEREF = '1858-11-17' / ISO-8601 fiducial time
MJDREFI = 0.0 / [d] MJD of fiducial time, integer part
MJDREFF = 0.0 / [d] MJD of fiducial time, fractional part
DATE-OBS= '{date_obs}Z' / ISO-8601 time of observation
MJD-OBS = {mjd_begin:double} / [d] MJD of observation
MJD-OBS = {mjd_begin:double} / [d] MJD at start of observation
TSTART  = {tstart:double} / [d] Time elapsed since fiducial time at start
DATE-END= '{date_end}Z' / ISO-8601 time at end of observation
MJD-END = {mjd_end:double} / [d] MJD at end of observation
TSTOP   = {tstop:double} / [d] Time elapsed since fiducial time at end
TELAPSE = {telapse:double} / [d] Elapsed time (start to stop)
TIMEDEL = {timedel:double} / [d] Time resolution
TIMEPIXR= 0.5 / Reference position of timestamp in binned data
RADESYS = 'ICRS' / Equatorial coordinate system
A_ORDER = 4
A_0_2   = -2.846747738136E-06
A_0_3   = 1.615260085115E-10
A_0_4   = -1.582159188064E-13
A_1_1   = 1.685329296507E-05
A_1_2   = -2.623764895675E-09
A_1_3   = 3.652448243195E-13
A_2_0   = -1.904128594388E-05
A_2_1   = -2.800236286562E-11
A_2_2   = -5.523183785E-13
A_3_0   = -2.67374977825E-09
A_3_1   = 3.941856781998E-13
A_4_0   = -3.466904208484E-13
B_ORDER = 4
B_0_2   = 1.96997986095004E-05
B_0_3   = -2.593482205303E-09
B_0_4   = 1.870838075124E-13
B_1_1   = -1.641605945389E-05
B_1_2   = -4.223752502854E-11
B_1_3   = -4.337954041357E-13
B_2_0   = 3.036273490788E-06
B_2_1   = -2.684351668411E-09
B_2_2   = 4.908548965793E-13
B_3_0   = 1.208993026675E-10
B_3_1   = -2.616619331603E-13
B_4_0   = 9.70965352782E-14
AP_ORDER= 4
AP_0_1  = 6.069187015425E-05
AP_0_2  = 2.84298193562016E-06
AP_0_3  = -4.121947842359E-10
AP_0_4  = 2.128629734201E-13
AP_1_0  = -9.023252903695E-05
AP_1_1  = -1.684429383233E-05
AP_1_2  = 3.690865129763E-09
AP_1_3  = -6.991727571823E-13
AP_2_0  = 1.90323746292E-05
AP_2_1  = -1.462415150459E-09
AP_2_2  = 9.73698882201800E-13
AP_3_0  = 3.64067555733719E-09
AP_3_1  = -7.68115847733E-13
AP_4_0  = 6.702792502033E-13
BP_ORDER= 4
BP_0_1  = -8.2606028699619E-05
BP_0_2  = -1.969287181433E-05
BP_0_3  = 3.58396481469682E-09
BP_0_4  = -5.095787095557E-13
BP_1_0  = 5.362091186233E-05
BP_1_1  = 1.64071917010429E-05
BP_1_2  = -1.436065580994E-09
BP_1_3  = 7.952576170182E-13
BP_2_0  = -3.0329930167435E-06
BP_2_1  = 3.7211159760516E-09
BP_2_2  = -9.202586551494E-13
BP_3_0  = -3.627067284046E-10
BP_3_1  = 5.878979361855E-13
BP_4_0  = -1.488128211744E-13
EXTNAME = '{extname}' / extension name
"""
    + SUMS
)
"""The image is centred on the star; its distortion is that of one real CCD. MJD-OBS stands there twice, as in the real ones."""

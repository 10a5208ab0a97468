"""Header keywords of SPOC's products, in their order and with their comments, as templates for `fits.Writer`.

Taken from the headers of real files: light curves of data releases 1, 7, 8, 42 and 121, DV time series of 4 and 42, and one of
pixels. What differs between them is in `eras`. What is said here of the data is computed; what belongs to the detector (gains,
read noise) is that of one real CCD.
"""

from __future__ import annotations

ORIGIN = "sample archive"
"""Institution responsible for the file: not NASA."""

FILE = """
SIMPLE  = T / conforms to FITS standards
BITPIX  = 8 / array data type
NAXIS   = 0 / number of array dimensions
EXTEND  = T / file contains extensions
NEXTEND = {nextend} / number of standard extensions
EXTNAME = 'PRIMARY' / name of extension
EXTVER  = 1 / extension version number (not format version)
SIMDATA = T / file is based on simulated data
ORIGIN  = '{origin}' / institution responsible for creating this file
DATE    = '{date}' / file creation date.
TSTART  = {tstart:.12f} / observation start time in {scale}
TSTOP   = {tstop:.12f} / observation stop time in {scale}
DATE-OBS= '{date_obs}' / TSTART as UTC calendar date
DATE-END= '{date_end}' / TSTOP as UTC calendar date
CREATOR = '{creator}' / pipeline job and program used to produce this file
PROCVER = '{procver}' / SW version
FILEVER = '1.0' / file format version
TIMVERSN= 'OGIP/93-003' / OGIP memo number for file format
TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
DATA_REL= {data_rel} / data release version number
"""
"""How every primary header begins."""

TARGET = """OBJECT  = 'TIC {tic}' / string version of target id
TICID   = {tic} / unique tess target identifier
"""

START = FILE + TARGET

STAR = """
RADESYS = 'ICRS' / reference frame of celestial coordinates
RA_OBJ  = {ra:.16f} / [deg] right ascension
DEC_OBJ = {dec:.16f} / [deg] declination
EQUINOX = 2000.0 / equinox of celestial coordinate system
PMRA    = {pmra:.8f} / [mas/yr] RA proper motion
PMDEC   = {pmdec:.8f} / [mas/yr] Dec proper motion
PMTOTAL = {pmtotal:.8f} / [mas/yr] total proper motion
TESSMAG = {tmag:.8f} / [mag] TESS magnitude
TEFF    = {teff:.8f} / [K] Effective temperature
LOGG    = {logg:.8f} / [cm/s2] log10 surface gravity
MH      = {mh:.8f} / [log10([M/H])] metallicity
RADIUS  = {radius:.8f} / [solar radii] stellar radius
TICVER  = {ticver}
"""

CHECKSUM = "CHECKSUM= '0000000000000000' / HDU checksum updated {stamp}\n"

PRIMARY = (
    START
    + """SECTOR  = {sector} / Observing sector
CAMERA  = {camera} / Camera number
CCD     = {ccd} / CCD chip number
PXTABLE = {pxtable} / pixel table id"""
    + STAR
    + """CRMITEN = {crmiten} / spacecraft cosmic ray mitigation enabled
CRBLKSZ = 10 / [exposures] s/c cosmic ray mitigation block size
CRSPOC  = {crspoc} / SPOC cosmic ray cleaning enabled
"""
    + CHECKSUM
)
"""Primary header of light curves and target pixel files."""

EXTENSION = """
INHERIT = T / inherit the primary header
EXTNAME = '{extname}' / name of extension
EXTVER  = 1 / extension version number (not format version)
SIMDATA = T / file is based on simulated data
"""

TELESCOPE = """TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
"""

OBJECT = TELESCOPE + TARGET

POSITION = """RADESYS = 'ICRS' / reference frame of celestial coordinates
RA_OBJ  = {ra_now:.16f} / [deg] right ascension
DEC_OBJ = {dec_now:.16f} / [deg] declination
EQUINOX = 2000.0 / equinox of celestial coordinate system
"""

TIMING = """EXPOSURE= {exposure:.12f} / [d] time on source
TIMEREF = 'SOLARSYSTEM' / barycentric correction applied to times
TASSIGN = 'SPACECRAFT' / where time is assigned
TIMESYS = 'TDB' / time system is Barycentric Dynamical Time (TDB)
BJDREFI = 2457000 / integer part of BTJD reference date
BJDREFF = 0.00000000 / fraction of the day in BTJD reference date
TIMEUNIT= 'd' / time unit for TIME, TSTART and TSTOP
TELAPSE = {telapse:.12f} / [d] TSTOP - TSTART
LIVETIME= {exposure:.16f} / [d] TELAPSE multiplied by DEADC
TSTART  = {tstart:.12f} / observation start time in BTJD
TSTOP   = {tstop:.12f} / observation stop time in BTJD
DATE-OBS= '{date_obs}' / TSTART as UTC calendar date
DATE-END= '{date_end}' / TSTOP as UTC calendar date
DEADC   = {deadc:.16f} / deadtime correction
TIMEPIXR= 0.5 / bin time beginning=0 middle=0.5 end=1
TIERRELA= 1.16E-05 / [d] relative time error
INT_TIME= 1.980000000000 / [s] photon accumulation time per frame
READTIME= 0.020000000000 / [s] readout time per frame
FRAMETIM= 2.000000000000 / [s] frame time (INT_TIME + READTIME)
NUM_FRM = {num_frm} / number of frames per time stamp
TIMEDEL = {timedel:double} / [d] time resolution of data
"""

DETECTOR = """BACKAPP = T / background is subtracted
DEADAPP = T / deadtime applied
VIGNAPP = T / vignetting or collimator correction applied
GAINA   = 5.25 / [electrons/count] CCD output A gain
GAINB   = 5.170000076293945 / [electrons/count] CCD output B gain
GAINC   = 5.119999885559082 / [electrons/count] CCD output C gain
GAIND   = 5.199999809265137 / [electrons/count] CCD output D gain
READNOIA= 10.237500190734863 / [electrons] read noise CCD output A
READNOIB= 7.23799991607666 / [electrons] read noise CCD output B
READNOIC= 7.270399570465088 / [electrons] read noise CCD output C
READNOID= 9.515999794006348 / [electrons] read noise CCD output D
NREADOUT= {nreadout} / number of read per cadence
"""

NOISE = """FXDOFF  = {fxdoff} / compression fixed offset
CDPP0_5 = {cdpp0_5:.8f} / RMS CDPP on 0.5-hr time scales
CDPP1_0 = {cdpp1_0:.8f} / RMS CDPP on 1.0-hr time scales
CDPP2_0 = {cdpp2_0:.8f} / RMS CDPP on 2.0-hr time scales
CROWDSAP= {crowdsap:.8f} / Ratio of target flux to total flux in op. ap.
FLFRCSAP= {flfrcsap:.8f} / Frac. of target flux w/in the op. aperture
"""

PDC = """NSPSDDET= 0 / Number of SPSDs detected
NSPSDCOR= 0 / Number of SPSDs corrected
PDCVAR  = {pdcvar:double} / Target variability
PDCMETHD= 'msMAP' / PDC algorithm used for target
NUMBAND = 3 / Number of scale bands
FITTYPE1= 'reducedRobust' / Fit type used for band 1
PR_GOOD1= {goodness:single} / Prior goodness for band 1
PR_WGHT1= {nothing:single} / Prior weight for band 1
FITTYPE2= 'prior' / Fit type used for band 2
PR_GOOD2= {goodness:single} / Prior goodness for band 2
PR_WGHT2= {percent:single} / Prior weight for band 2
FITTYPE3= 'prior' / Fit type used for band 3
PR_GOOD3= {goodness:single} / Prior goodness for band 3
PR_WGHT3= {percent:single} / Prior weight for band 3
PDC_TOT = {goodness:single} / PDC total goodness metric for target
PDC_TOTP= {percent:single} / PDC_TOT percentile compared to mod/out
PDC_COR = {goodness:single} / PDC correlation goodness metric for target
PDC_CORP= {percent:single} / PDC_COR percentile compared to mod/out
PDC_VAR = / PDC variability goodness metric for target
PDC_VARP= / PDC_VAR percentile compared to mod/out
PDC_NOI = {goodness:single} / PDC noise goodness metric for target
PDC_NOIP= {percent:single} / PDC_NOI percentile compared to mod/out
PDC_EPT = / PDC earth point goodness metric for target
PDC_EPTP= / PDC_EPT percentile compared to mod/out
"""

DELAYS = """TMOFST{camera}{ccd}= {delay:single} / (s) readout delay for camera {camera} and ccd {ccd}
MEANBLCA= 6574 / [count] FSW mean black level CCD output A
MEANBLCB= 6574 / [count] FSW mean black level CCD output B
MEANBLCC= 6573 / [count] FSW mean black level CCD output C
MEANBLCD= 6278 / [count] FSW mean black level CCD output D
"""


def light_curve(*, delays_last: bool) -> str:
    """Return the header of the LIGHTCURVE table; the readout delays moved in 2023."""
    return "COLUMNS\n" + EXTENSION + OBJECT + POSITION + TIMING + _detector(PDC, delays_last=delays_last)


def pixels(*, delays_last: bool) -> str:
    """Return the header of the PIXELS table."""
    wcs = "".join(_PIXEL_WCS.replace("{n}", str(n)) for n in range(4, 9))
    own = EXTENSION.lstrip() + OBJECT + POSITION + TIMING + _detector("", delays_last=delays_last)
    return wcs + own + "COLUMNS\n"


def _detector(more: str, *, delays_last: bool) -> str:
    if delays_last:
        return DETECTOR + NOISE + more + CHECKSUM + DELAYS
    return DETECTOR + DELAYS + NOISE + more + CHECKSUM


PHYSICAL_WCS = """\
WCSN{n}P  = 'PHYSICAL' / table column WCS name
WCAX{n}P  = 2 / table column physical WCS dimensions
1CTY{n}P  = 'RAWX' / table column physical WCS axis 1 type, CCD col
2CTY{n}P  = 'RAWY' / table column physical WCS axis 2 type, CCD row
1CUN{n}P  = 'PIXEL' / table column physical WCS axis 1 unit
2CUN{n}P  = 'PIXEL' / table column physical WCS axis 2 unit
1CRV{n}P  = {column} / table column physical WCS ax 1 ref value
2CRV{n}P  = {row} / table column physical WCS ax 2 ref value
1CDL{n}P  = 1.0 / table column physical WCS a1 step
2CDL{n}P  = 1.0 / table column physical WCS a2 step
1CRP{n}P  = 1 / table column physical WCS a1 reference
2CRP{n}P  = 1 / table column physical WCS a2 reference
"""
"""Place of one image column on the CCD; n is its number."""
_PIXEL_WCS = (
    PHYSICAL_WCS
    + """\
WCAX{n}   = 2 / number of WCS axes
1CTYP{n}  = 'RA---TAN' / right ascension coordinate type
2CTYP{n}  = 'DEC--TAN' / declination coordinate type
1CRPX{n}  = {crpix1:double} / [pixel] reference pixel along image axis 1
2CRPX{n}  = {crpix2:double} / [pixel] reference pixel along image axis 2
1CRVL{n}  = {ra_now:.16f} / [deg] right ascension at reference pixel
2CRVL{n}  = {dec_now:.16f} / [deg] declination at reference pixel
1CUNI{n}  = 'deg' / physical unit in column dimension
2CUNI{n}  = 'deg' / physical unit in row dimension
1CDLT{n}  = {cdelt1:double} / [deg] pixel scale in RA dimension
2CDLT{n}  = {cdelt2:double} / [deg] pixel scale in DEC dimension
11PC{n}   = {pc11:double} / linear transformation matrix element cos(th)
12PC{n}   = {pc12:double} / linear transformation matrix element -sin(th)
21PC{n}   = {pc21:double} / linear transformation matrix element sin(th)
22PC{n}   = {pc22:double} / linear transformation matrix element cos(th)
"""
)
"""Coordinates of one image column of the PIXELS table; n is its number, 4 to 8."""

APERTURE = (
    EXTENSION
    + OBJECT
    + POSITION
    + """WCSAXES = 2 / number of WCS axes
CTYPE1  = 'RA---TAN' / right ascension coordinate type
CTYPE2  = 'DEC--TAN' / declination coordinate type
CRPIX1  = {crpix1:double} / [pixel] reference pixel along image axis 1
CRPIX2  = {crpix2:double} / [pixel] reference pixel along image axis 2
CRVAL1  = {ra_now:.16f} / [deg] right ascension at reference pixel
CRVAL2  = {dec_now:.16f} / [deg] declination at reference pixel
CUNIT1  = 'deg' / physical unit in column dimension
CUNIT2  = 'deg' / physical unit in row dimension
CDELT1  = {cdelt1:double} / [deg] pixel scale in RA dimension
CDELT2  = {cdelt2:double} / [deg] pixel scale in Dec dimension
PC1_1   = {pc11:double} / linear transformation element cos(th)
PC1_2   = {pc12:double} / linear transformation element -sin(th)
PC2_1   = {pc21:double} / linear transformation element sin(th)
PC2_2   = {pc22:double} / linear transformation element cos(th)
WCSNAMEP= 'PHYSICAL' / name of world coordinate system alternate P
WCSAXESP= 2 / number of WCS physical axes
CTYPE1P = 'RAWX' / physical WCS axis 1 type CCD col
CUNIT1P = 'PIXEL' / physical WCS axis 1 unit
CRPIX1P = 1 / reference CCD column
CRVAL1P = {column} / value at reference CCD column
CDELT1P = 1.0 / physical WCS axis 1 step
CTYPE2P = 'RAWY' / physical WCS axis 2 type CCD row
CUNIT2P = 'PIXEL' / physical WCS axis 2 units
CRPIX2P = 1 / reference CCD row
CRVAL2P = {row} / value at reference CCD row
CDELT2P = 1.0 / physical WCS axis 2 step
NPIXSAP = {npixsap} / Number of pixels in optimal aperture
NPIXMISS= 0 / Number of op. aperture pixels not collected
"""
    + CHECKSUM
)

DV_PRIMARY = (
    START
    + """{sector_card}PXTABLE = {pxtable} / pixel table id
RESFILE = '{resfile}' / corresponding results file
DVVERSN = '{dvversn}' / {dvversn_comment}
NUMTCES = {tces} / number of TCEs found
SECTORS = '{sectors}' / {sectors_comment}"""
    + STAR
    + CHECKSUM
)

DV_EXTENSION = EXTENSION + POSITION + TIMING

TCE = (
    DV_EXTENSION
    + """TPERIOD = {period:double} / transit period [days]
TEPOCH  = {epoch:double} / transit epoch in BTJD
TDEPTH  = {depth:double} / fitted transit depth [ppm]
TSNR    = {snr:single} / transit signal-to-noise ratio
TDUR    = {duration:double} / transit duration [hr]
INDUR   = {ingress:double} / ingress duration [hr]
IMPACT  = {impact:double} / impact parameter
INCLIN  = {inclination:double} / inclination [deg]
DRRATIO = {distance:double} / ratio of planet distance to star radius
RADRATIO= {radius_ratio:double} / ratio of planet radius to star radius
PRADIUS = {planet_radius:double} / planet radius in earth radii
MAXMES  = {mes:single} / maximum multi-event statistic
MAXSES  = {ses:single} / maximum single-event statistic
NTRANS  = {ntrans} / number of transits for this TCE
CONVRGE = T / convergence yes/no flag
MEDDETR = {detrend:double} / [hour] length of the median detrender in hours
"""
)

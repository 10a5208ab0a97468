"""Header of eleanor-lite's light curves, as a template: that of a full frame image, and what eleanor adds.

Keywords, order and comments are those of a real file.
"""

from __future__ import annotations

from tess_source_sample.files.ffi_header import IMAGE
from tess_source_sample.files.hlsp_headers import NOTE, SUMS

PRIMARY = (
    """
SIMPLE  = T / conforms to FITS standard
BITPIX  = 8 / array data type
NAXIS   = 0 / number of array dimensions
EXTEND  = T
INHERIT = T / inherit the primary header
EXTVER  = 1 / extension version number (not format version)
SIMDATA = T / file is based on simulated data
"""
    + IMAGE
    + """IMAGTYPE= 'cal' /  FFI image type: raw, cal, uncert
COMMENT   ***********************
COMMENT   *    eleanor INFO     *
COMMENT   ***********************
AUTHOR  = 'Adina D. Feinstein'
TVERSION= '0.0.1.dev0'
GITHUB  = 'https://github.com/afeinstein20/eleanor'
CREATED = '{date}'
MJD-BEG = {mjd_begin:double} / observation start time in MJD
MJD-END = {mjd_end:double} / observation end time in MJD
POSTPIX1= 1514 / origin of postcard axis 1
POSTPIX2= 216 / origin of postcard axis 2
CEN_X   = 1588. / central pixel of postcard in FFI
CEN_Y   = 268. / central pixel of postcard in FFI
CEN_RA  = {ra!r} / RA of central pixel
CEN_DEC = {dec!r} / Dec of central pixel
POST_H  = 148. / Height of postcard in pixels
POST_W  = 104. / Width of postcard in pixels
FILTER  = 'TESS' / Filter keyword
VERSION = '2.0.3' / eleanor version used for light curve production
LITE    = T / eleanor-lite keyword for saving light curves
TIC_ID  = {tic} / TESS Input Catalog ID
TMAG    = {tmag!r} / TESS mag
BUNIT   = 'e-/s' / Brightness unit
GAIA_ID = 0 / Associated Gaia ID
SECTOR  = {sector} / Sector
CHIPPOS1= 1632.2935624397 / central x pixel of TPF in FFI chip
CHIPPOS2= 259.7885159553674 / central y pixel of TPF in FFI
LONGSTRN= 'OGIP 1.0'
POSTCARD= 'hlsp_eleanor_tess_ffi_postcard-s{sector:04d}-{camera}-{ccd}-cal-1588-0268_tess_v2_pc.fits'
POSTPOS1= 116 / predicted x pixel of source on postcard
POSTPOS2= 43 / predicted y pixel of source on postcard
RA_OBJ  = {ra!r} / RA of source
DEC_OBJ = {dec!r} / DEC of source
TPF_H   = 15 / Height of the TPF in pixels
TPF_W   = 15 / Width of the TPF in pixels
TESSCUT = F / If TessCut was used to make this TPF
BKG_SIZE= 15 / Size of region used for background subtraction
BKG_LVL = 'PC_LEVEL' / Stage at which background is subtracted
PCORIGIN= 'Local_Postcard' / Provenance of eleanor Postcard
APERTURE= 'rectangle_0' / Best aperture used for lightcurves in extension
"""
    + SUMS
    + NOTE
)

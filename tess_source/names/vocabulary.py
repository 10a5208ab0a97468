"""The fields of TESS names, and the table of all forms of file names and obs_ids.

Each form is one template such as ``tess{timestamp}-s{sector:4}-{tic:16}-{scid:4}-{cosmic_ray}_lc.fits``.
The regular expression that reads a name and the text that writes one are both made from it, for one name as for a
column of names, so they cannot disagree. ``{tic:16}`` is a number padded with zeros to 16 digits, ``{sector:4}`` is
first and last sector in one, ``{product:lc|tp}`` is one of the two words.

Sources: TESS Science Data Products Description Document (EXP-TESS-ARC-ICD-0014 Rev D) section 2; MAST's table of
data products (archive.stsci.edu/missions-and-data/tess/data-products.html); MAST's pages of each HLSP; and real
product lists. The folders of MAST's ``mast:HLSP/`` URIs are those of real product lists and of lightkurve's tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

FFI = "ffi"
"""Marks the exposure time of full-frame images in the sector of the name."""


@dataclass(frozen=True, slots=True, repr=False)
class Name:
    """The fields of a file name or obs_id; None where it does not have the field.

    Exposure times are in seconds. Time stamps are UTC, ``yyyydddhhmmss``, kept as text.
    """

    kind: str
    """The kind of file, a key of `KINDS` (for an obs_id, of `OBS_ID_KINDS`); "other": not recognised."""
    pipeline: str | None = None
    """The pipeline that made it, spelled as MAST's ``provenance_name``: SPOC, TESS-SPOC, QLP, TASOC, ..."""
    timestamp: str | None = None
    """13 digits. The same for all targets of a sector, but not for all files of one data-validation run. A reprocessing may move it by a
    second: see `tess_source.names.same_product`."""
    first_sector: int | None = None
    last_sector: int | None = None
    """Equal to `first_sector` for one sector; otherwise the range searched, not the sectors that held data."""
    tic: int | None = None
    exptime: float | None = None
    """Exposure time [s]: of a cadence for targets, of the full-frame images for products made from them."""
    run: int | None = None
    """SPOC's pipeline run of a data-validation search. In all runs that we know, the larger number is the later run."""
    tce: int | None = None
    """Number of the threshold crossing event within its target and run, from 1."""
    camera: int | None = None
    ccd: int | None = None
    scid: int | None = None
    """Spacecraft configuration map."""
    version: str | None = None
    """Version of a high-level science product, as in its name: "v01", "v1", "v1.0"."""
    cosmic_ray: str | None = None
    """Cosmic-ray mitigation: "x" none, "s" on the spacecraft, "a" by SPOC, "b" both."""
    product: str | None = None
    """Product that a bulk script fetches ("lc", "dv"), or the end of an HLSP's obs_id ("llc")."""
    source: str | None = None
    """TASOC's pixels: "ffi" or "tpf"."""
    method: str | None = None
    """TASOC's correction: "cbv" or "ens"."""
    collateral: str | None = None
    """Collateral pixels: "lvcol", "tvcol", "smrow", "vrow"."""
    output: str | None = None
    """Output of the CCD, "a" to "d"."""
    orbit: int | None = None
    """Orbit within the sector, 1 or 2 (TICA)."""
    segment: str | None = None
    """Letter behind the orbit: a part of it (TICA)."""
    cadence: int | None = None
    """Number of the full-frame image (TICA)."""
    gaia: int | None = None
    """Gaia source_id: of DR3 (TGLC), of DR2 (CDIPS), or of a release that the name does not say (T16)."""
    ra: str | None = None
    """Right ascension of a cut-out's centre in degrees, as text, since the digits are part of the name."""
    dec: str | None = None
    cutout_size: str | None = None
    """Columns and rows of a cut-out, in pixels unless it says another unit: "6x6", "64-x-64", "5.0arcmin-x-4.0arcmin"."""
    release: int | None = None
    """Number of the data release notes (target lists of multi-sector searches)."""
    pixel: str | None = None
    """Row and column of the CCD for which a model of the pixel response is: "row0001-col0045"."""
    proposal: str | None = None
    """Guest Investigator programme that a bulk script fetches: "G011183"."""
    spelling: str | None = None
    """"s" if the sector has the rarer of two spellings: "-s0014-" for "-0014-" (CDIPS), "s036" for "s0036" (PATHOS). The whole name of a
    high-level science product that is spelled in another way than its pipeline's: other numbers of digits, or ".gz" at its end."""
    compression: str | None = None
    """"gz" if the name ends in ".gz"."""

    def __repr__(self) -> str:
        """Return the fields that are not None."""
        stated = ((field.name, getattr(self, field.name)) for field in fields(self))
        return f"Name({', '.join(f'{name}={value!r}' for name, value in stated if value is not None)})"


TEXTS: Mapping[str, str] = {
    "timestamp": "[0-9]{13}",
    "camera": "[1-4]",
    "ccd": "[1-4]",
    "version": r"v[0-9]+(?:\.[0-9]+)*",
    "cosmic_ray": "[xsab]",
    "source": "ffi|tpf",
    "method": "cbv|ens",
    "collateral": "lvcol|tvcol|smrow|vrow",
    "output": "[a-d]",
    "orbit": "[12]",
    "segment": "[a-z]",
    "gaia": "[1-9][0-9]{0,17}|[1-6][0-9]{18}",  # a source_id begins with a HEALPix number: it stays below 7e18
    "gaia:20": "0[0-6][0-9]{18}",
    "gaia:22": "000[0-6][0-9]{18}",
    "ra": r"[0-9]{1,3}\.[0-9]+",
    "dec": r"-?[0-9]{1,2}\.[0-9]+",
    "cutout_size": r"[0-9]+x[0-9]+|[0-9]+(?:\.[0-9]+)?[a-z]*-x-[0-9]+(?:\.[0-9]+)?[a-z]*",
    "pixel": "row[0-9]{4}-col[0-9]{4}",
    "proposal": "G[0-9]+",
    "compression": "gz",
}
"""Field, or field with its width → regular expression, unless the form specifies it (the width of a number, the choices of a product)."""

SECTORS = ("sector", "first_sector", "last_sector")
COUNTS = ("run", "tce", "camera", "ccd", "scid", "orbit", "cadence", "release")
NUMBERS = frozenset((*SECTORS, *COUNTS, "tic", "gaia", "exptime"))
"""Fields whose digits are read as a number."""


@dataclass(frozen=True)
class Row:
    """One form of name.

    Attributes
    ----------
    kind, pipeline : str
        Kind and pipeline of every name of this form.
    template : str
        The form itself.
    exptime : float, "ffi" or None
        Exposure time in seconds of every such name, or `FFI`; None if the name has it, or it is not known.
    folder : str or None
        Folder of its MAST URI; None if MAST has no URI for it, or it is not known.
    several : bool
        Whether such a name must be of several sectors: a single sector has another form.
    """

    kind: str
    pipeline: str
    template: str
    exptime: float | str | None = None
    folder: str | None = None
    several: bool = False


_TARGET = "tess{timestamp}-s{sector:4}-{tic:16}-{scid:4}-{cosmic_ray}"
_SEARCH = "tess{timestamp}-s{first_sector:4}-s{last_sector:4}-{tic:16}"
_CCD = "tess{timestamp}-s{sector:4}-{camera}-{ccd}-{scid:4}-{cosmic_ray}"
_COLLATERAL = "tess{timestamp}-s{sector:4}-{collateral}-{camera}-{ccd}-{output}-{scid:4}-{cosmic_ray}"
_TESS_SPOC = "hlsp_tess-spoc_tess_phot_{tic:16}-s{sector:4}_tess_{version}"
_TESS_SPOC_DV = "hlsp_tess-spoc_tess_phot_{tic:16}-s{first_sector:4}-s{last_sector:4}_tess_{version}"
_QLP = "hlsp_qlp_tess_ffi_s{sector:4}-{tic:16}_tess_{version}"
_ELEANOR = "hlsp_gsfc-eleanor-lite_tess_ffi_s{sector:4}-{tic:16}_tess_{version}"
_TASOC = "hlsp_tasoc_tess_{source}_tic{tic:11}-s{sector:4}-cam{camera}-ccd{ccd}-c{exptime:4}_tess_{version}"
_TASOC_OLD = "hlsp_tasoc_tess_{source}_tic{tic:11}-s{sector:2}-c{exptime:4}_tess_{version}"
_TGLC = "hlsp_tglc_tess_ffi_gaiaid-{gaia}-s{sector:4}-cam{camera}-ccd{ccd}_tess_{version}"
_TICA = "hlsp_tica_tess_ffi_s{sector:4}-o{orbit}-{cadence:8}-cam{camera}-ccd{ccd}_tess_{version}"
_TICA_PART = "hlsp_tica_tess_ffi_s{sector:4}-o{orbit}{segment}-{cadence:8}-cam{camera}-ccd{ccd}_tess_{version}"
_TICA_OLD = "hlsp_tica_tess_ffi_s{sector:4}-{cadence:8}-cam{camera}-ccd{ccd}_tess_{version}"
_CDIPS = "hlsp_cdips_tess_ffi_gaiatwo{gaia:22}-{sector:4}-cam{camera}-ccd{ccd}_tess_{version}"
_CDIPS_S = "hlsp_cdips_tess_ffi_gaiatwo{gaia:22}-{spelling:s}{sector:4}-cam{camera}-ccd{ccd}_tess_{version}"
_CDIPS_OLD = "hlsp_cdips_tess_ffi_gaiatwo{gaia:22}-{sector:4}_tess_{version}"
_PATHOS = "hlsp_pathos_tess_lightcurve_tic-{tic:10}-s{sector:4}_tess_{version}"
_PATHOS_SHORT = "hlsp_pathos_tess_lightcurve_tic-{tic:10}-{spelling:s}{sector:3}_tess_{version}"
_DIAMANTE = "hlsp_diamante_tess_lightcurve_tic-{tic:16}_tess_{version}"
_T16 = "hlsp_t16_tess_ffi_s{sector:4}-cam{camera}-ccd{ccd}-{gaia:20}_tess_{version}"
_TARS = "hlsp_tars_tess_ffi_s{sector:4}-{tic:16}_tess_{version}"
_ALERTS = "hlsp_tess-data-alerts_tess_phot_{tic:11}-s{sector:2}_tess_{version}"

_TICA_BUNDLE = "hlsp_tica_tess_ffi_s{sector:4}-o{orbit}-cam{camera}-ccd{ccd}_tess_{version}"
_TICA_BUNDLE_PART = "hlsp_tica_tess_ffi_s{sector:4}-o{orbit}{segment}-cam{camera}-ccd{ccd}_tess_{version}"
_MISSION_SCRIPTS = "lc|tp|fast-lc|fast-tp|ffic|ffir|cbv|dv"

_MISSION = "TESS/product"
_CCD_FOLDER = "s{sector:4}/cam{camera}-ccd{ccd}"

FILES: tuple[Row, ...] = (
    # The mission's own, most frequent first: a column of light curves is then read by one expression.
    Row("lc", "SPOC", _TARGET + "_lc.fits{compression}", 120.0, _MISSION),
    Row("tp", "SPOC", _TARGET + "_tp.fits{compression}", 120.0, _MISSION),
    Row("fast-lc", "SPOC", _TARGET + "_fast-lc.fits{compression}", 20.0, _MISSION),
    Row("fast-tp", "SPOC", _TARGET + "_fast-tp.fits{compression}", 20.0, _MISSION),
    Row("dvt", "SPOC", _SEARCH + "-{run:5}_dvt.fits{compression}", 120.0, _MISSION),
    Row("dvr-xml", "SPOC", _SEARCH + "-{run:5}_dvr.xml{compression}", 120.0, _MISSION),
    Row("dvr-pdf", "SPOC", _SEARCH + "-{run:5}_dvr.pdf", 120.0, _MISSION),
    Row("dvm", "SPOC", _SEARCH + "-{run:5}_dvm.pdf", 120.0, _MISSION),
    Row("dvs", "SPOC", _SEARCH + "-{tce:2}-{run:5}_dvs.pdf", 120.0, _MISSION),
    Row("ffi", "SPOC", _CCD + "_ffic.fits{compression}", FFI, _MISSION),
    Row("ffir", "SPOC", _CCD + "_ffir.fits{compression}", FFI, _MISSION),
    Row("cbv", "SPOC", _CCD + "_cbv.fits{compression}", 120.0, _MISSION),
    Row("fast-cbv", "SPOC", _CCD + "_fast-cbv.fits{compression}", 20.0, _MISSION),
    Row("col", "SPOC", _COLLATERAL + "_col.fits{compression}", None, _MISSION),
    # High-level science products.
    Row("lc", "QLP", _QLP + "_llc.fits", FFI, "HLSP/qlp/s{sector:4}/{tic/}"),
    Row("lc-txt", "QLP", _QLP + "_llc.txt", FFI, "HLSP/qlp/s{sector:4}/{tic/}"),
    Row("lc", "TESS-SPOC", _TESS_SPOC + "_lc.fits", FFI, "HLSP/tess-spoc/s{sector:4}/target/{tic/}"),
    Row("tp", "TESS-SPOC", _TESS_SPOC + "_tp.fits", FFI, "HLSP/tess-spoc/s{sector:4}/target/{tic/}"),
    Row("dvt", "TESS-SPOC", _TESS_SPOC_DV + "_dvt.fits", FFI, "HLSP/tess-spoc/{sectors}/target/{tic/}"),
    Row("dvr-xml", "TESS-SPOC", _TESS_SPOC_DV + "_dvr.xml", FFI, "HLSP/tess-spoc/{sectors}/target/{tic/}"),
    Row("dvr-pdf", "TESS-SPOC", _TESS_SPOC_DV + "_dvr.pdf", FFI, "HLSP/tess-spoc/{sectors}/target/{tic/}"),
    Row("dvm", "TESS-SPOC", _TESS_SPOC_DV + "_dvm.pdf", FFI, "HLSP/tess-spoc/{sectors}/target/{tic/}"),
    Row("dvs", "TESS-SPOC", _TESS_SPOC_DV + "_dvs-{tce:2}.pdf", FFI, "HLSP/tess-spoc/{sectors}/target/{tic/}"),
    Row("lc", "TASOC", _TASOC + "_{method}-lc.fits", None, "HLSP/tasoc/s{sector:4}/c{exptime:4}/{tic/}"),
    Row("lc", "TASOC", _TASOC_OLD + "_lc.fits", None, "HLSP/tasoc/s{sector:4}/{source}/{tic/}"),
    Row("lc", "GSFC-ELEANOR-LITE", _ELEANOR + "_lc.fits", FFI, "HLSP/gsfc-eleanor-lite/s{sector:4}/{tic/}"),
    Row("lc", "TGLC", _TGLC + "_llc.fits", FFI, f"HLSP/tglc/{_CCD_FOLDER}/{{gaia/}}"),
    Row("ffi", "TICA", _TICA + "_img.fits", FFI, f"HLSP/tica/{_CCD_FOLDER}"),
    Row("ffi", "TICA", _TICA_PART + "_img.fits", FFI, f"HLSP/tica/{_CCD_FOLDER}"),
    Row("ffi", "TICA", _TICA_OLD + "_img.fits", FFI, f"HLSP/tica/{_CCD_FOLDER}"),
    Row("lc", "CDIPS", _CDIPS + "_llc.fits", FFI, "HLSP/cdips/s{sector:4}/cam{camera}_ccd{ccd}"),
    Row("lc", "CDIPS", _CDIPS_S + "_llc.fits", FFI, "HLSP/cdips/s{sector:4}/cam{camera}_ccd{ccd}"),
    Row("lc", "CDIPS", _CDIPS_OLD + "_llc.fits", FFI),
    Row("lc", "PATHOS", _PATHOS + "_llc.fits", FFI, "HLSP/pathos/s{sector:4}"),
    Row("lc", "PATHOS", _PATHOS_SHORT + "_llc.fits", FFI),
    Row("lc-txt", "PATHOS", _PATHOS + "_llc.txt", FFI, "HLSP/pathos/s{sector:4}"),
    Row("lc-txt", "PATHOS", _PATHOS_SHORT + "_llc.txt", FFI),
    Row("lc", "DIAMANTE", _DIAMANTE + "_llc.fits", None, "HLSP/diamante/{tic/}"),  # of all its sectors together
    Row("lc-txt", "DIAMANTE", _DIAMANTE + "_llc.txt", None, "HLSP/diamante/{tic/}"),
    Row("dvr-pdf", "DIAMANTE", _DIAMANTE + "_dv.pdf", None, "HLSP/diamante/{tic/}"),
    Row("lc", "T16", _T16 + "_llc.fits", FFI),
    Row("lc", "TARS", _TARS + "_lc.fits", FFI),
    Row("lc", "TESS-DATA-ALERTS", _ALERTS + "_lc.fits", None, "HLSP/tess-data-alerts"),
    Row("tp", "TESS-DATA-ALERTS", _ALERTS + "_tp.fits", None, "HLSP/tess-data-alerts"),
    # Made on request or kept beside the products: no MAST URI.
    Row("cutout", "TESScut", "tess-s{sector:4}-{camera}-{ccd}_{ra}_{dec}_{cutout_size}_astrocut.fits", FFI),
    Row("cube", "TESScut", "tess-s{sector:4}-{camera}-{ccd}-cube.fits", FFI),
    Row("cube", "TICA", "tica-s{sector:4}-{camera}-{ccd}-cube.fits", FFI),
    Row("prf", "SPOC", "tess{timestamp}-prf-{camera}-{ccd}-{pixel}.fits"),
    Row("tcestats", "SPOC", "tess{timestamp}-s{first_sector:4}-s{last_sector:4}_dvr-tcestats.csv"),
    Row(
        "targetinfo",
        "SPOC",
        "tess_multisector_{first_sector}_{last_sector}_drn{release}_targetinfo_{version}.txt{compression}",
        several=True,
    ),
    Row("script", "SPOC", f"tesscurl_sector_{{sector}}_{{product:{_MISSION_SCRIPTS}}}.sh{{compression}}"),
    Row(
        "script",
        "SPOC",
        "tesscurl_multisector_s{first_sector:4}-s{last_sector:4}_{product:dv}.sh{compression}",
        several=True,
    ),
    Row("script", "SPOC", "tesscurl_prop_{proposal}.sh{compression}"),
    Row(
        "script",
        "TESS-SPOC",
        "hlsp_tess-spoc_tess_phot_s{sector:4}_tess_{version}_{product:dl-lc|dl-tp|dl-dv}.sh{compression}",
    ),
    Row(
        "script",
        "TESS-SPOC",
        "hlsp_tess-spoc_tess_phot_s{first_sector:4}-s{last_sector:4}_tess_{version}_{product:dl-lc|dl-tp|dl-dv}.sh{compression}",
        several=True,
    ),
    Row("script", "QLP", "hlsp_qlp_tess_ffi_s{sector:4}_tess_{version}_{product:llc-fits}.sh{compression}"),
    Row("script", "TGLC", "hlsp_tglc_tess_ffi_s{sector:4}_tess_{version}_{product:llc}.sh{compression}"),
    Row("script", "TICA", _TICA_BUNDLE + "_{product:ffis}.sh{compression}"),
    Row("script", "TICA", _TICA_BUNDLE_PART + "_{product:ffis}.sh{compression}"),
    Row("dvr-xsd", "SPOC", "tess{timestamp}_dvr.xsd"),
)
"""Every form of file name."""

_UNSEEN: tuple[tuple[str, str, str, float | str | None], ...] = (
    ("TASOC", _TASOC_OLD, "lc", None),
    ("CDIPS", _CDIPS, "llc", FFI),
    ("CDIPS", _CDIPS_S, "llc", FFI),
    ("CDIPS", _CDIPS_OLD, "llc", FFI),
    ("PATHOS", _PATHOS, "llc", FFI),
    ("PATHOS", _PATHOS_SHORT, "llc", FFI),
    ("DIAMANTE", _DIAMANTE, "llc", None),
    ("TARS", _TARS, "lc", FFI),
    ("TESS-DATA-ALERTS", _ALERTS, "lc|tp", None),
)
"""Pipeline, beginning, products and exposure time of names of which no obs_id was seen: MAST's end in the product, or before it."""

OBS_IDS: tuple[Row, ...] = (
    Row("target", "SPOC", _TARGET, 120.0),
    Row("fast", "SPOC", _TARGET + "_fast", 20.0),
    Row("dv", "SPOC", _SEARCH, 120.0),
    Row("dv", "SPOC", _SEARCH + "-{run:5}", 120.0),  # until about 2020
    Row("ffi", "SPOC", "tess-s{sector:4}-{camera}-{ccd}", FFI),
    Row("ffi", "SPOC", _CCD, FFI),  # a single image, as MAST's TAP service lists them
    Row("hlsp", "QLP", _QLP + "_{product:llc}", FFI),
    Row("hlsp", "TESS-SPOC", _TESS_SPOC + "_{product:lc|tp}", FFI),
    Row("hlsp", "TESS-SPOC", _TESS_SPOC_DV + "_{product:dvr|dvm|dvt}", FFI),
    Row("hlsp", "TASOC", _TASOC, None),  # no method: one observation holds the light curves of both
    Row("hlsp", "GSFC-ELEANOR-LITE", _ELEANOR + "_{product:lc}", FFI),
    Row("hlsp", "TGLC", _TGLC + "_{product:llc}", FFI),
    Row("hlsp", "TICA", _TICA + "_{product:img}", FFI),
    Row("hlsp", "TICA", _TICA_PART + "_{product:img}", FFI),
    Row("hlsp", "TICA", "hlsp_tica_s{sector:4}-cam{camera}-ccd{ccd}", FFI),
    Row("hlsp", "T16", _T16, FFI),
    *(
        Row("hlsp", pipeline, beginning + end, exptime)
        for pipeline, beginning, product, exptime in _UNSEEN
        for end in (f"_{{product:{product}}}", "")
    ),
)
"""Every form of obs_id."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "lc": "light curve: of a target at 120 s, or of a star in the full-frame images (HLSP)",
        "fast-lc": "light curve of a target at 20 s",
        "tp": "target pixels: 120 s, or cut from the full-frame images (TESS-SPOC)",
        "fast-tp": "target pixels at 20 s",
        "dvt": "data validation: time series and folded fits, one table per TCE",
        "dvr-pdf": "data validation: full report",
        "dvr-xml": "data validation: all results, for programs",
        "dvs": "data validation: one-page summary of one TCE",
        "dvm": "data validation: mini report",
        "dvr-xsd": "data validation: schema of the XML results",
        "ffi": "full-frame image of one CCD, calibrated (SPOC's ffic, TICA's img)",
        "ffir": "full-frame image of one CCD, raw",
        "cbv": "cotrending basis vectors of one CCD at 120 s",
        "fast-cbv": "cotrending basis vectors of one CCD at 20 s",
        "col": "collateral pixels of one output of a CCD",
        "lc-txt": "light curve as text (QLP, PATHOS, DIAMANTE)",
        "cutout": "pixels cut from the full-frame images on request (TESScut)",
        "cube": "all full-frame images of one CCD and sector, stacked (what TESScut cuts from)",
        "prf": "model of the pixel response: the image of a point source at one place of a CCD",
        "tcestats": "table of all TCEs of one search",
        "targetinfo": "target list of a multi-sector search: which sectors held data",
        "script": "shell script that fetches every file of one sort",
        "other": "not recognised as a TESS name",
    }
)
"""Kind of a file → description."""

OBS_ID_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "target": "one target in one sector at 120 s, with the single-sector data validation",
        "fast": "one target in one sector at 20 s",
        "dv": "data validation of one target over a range of sectors",
        "ffi": "the full-frame images of one CCD in one sector, or a single one of them",
        "hlsp": "high-level science product of one star, or of one CCD",
        "other": "not recognised as a TESS obs_id",
    }
)
"""Kind of an observation → description."""


def ffi_exptime(sector: int) -> float:
    """Return the nominal exposure time of the full-frame images of a sector.

    MAST's ``t_exptime`` of an FFI observation is smaller (1425.6, 475.2, 158.4 s), by the losses of cosmic-ray
    mitigation and read-out.

    Parameters
    ----------
    sector : int
        Sector number, from 1.

    Returns
    -------
    float
        Seconds: 1800 in sectors 1-26, 600 in 27-55, 200 since (TESS Observatory Guide; MAST's HLSP observations).

    Raises
    ------
    ValueError
        If the sector is less than 1.
    """
    if sector < 1:
        raise ValueError(f"there is no sector {sector}: TESS counts from 1")
    return next(seconds for last, seconds in FFI_ERAS if last is None or sector <= last)


FFI_TARGETS = ("TESS FFI", "TICA FFI")
"""What MAST gives as the target of full-frame images. A CCD of a sector has thousands of them."""
FFI_ERAS: tuple[tuple[int | None, float], ...] = ((26, 1800.0), (55, 600.0), (None, 200.0))
"""Last sector of each era of the full-frame images, with the exposure time in seconds."""

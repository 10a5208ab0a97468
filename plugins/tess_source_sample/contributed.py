"""What others made of the same observations: the high-level science products of the sample archive, one line per observation.

Numbers are those of real answers of MAST where any is at hand, as in `holdings`.
"""

from __future__ import annotations

from math import nan
from typing import NamedTuple

ALL_SECTORS = -999
"""What MAST gives as ``sequence_number`` of an observation of several sectors that has no last one (DIAMANTE)."""


class Contributed(NamedTuple):
    """One high-level science product: light curves that others made of the same observations."""

    pipeline: str
    pi: str
    tic: int
    sector: int
    """Sector, or `ALL_SECTORS`."""
    exptime: int
    obs_id: str
    folder: str
    """What stands before the target's own folders in the URI."""
    obsid: int = 0
    t_min: float = nan
    t_max: float = nan
    files: tuple[tuple[str, int], ...] = ()
    """Ending after the version, and size in bytes; 0: as the simulation comes out."""
    flat: bool = False
    """Whether `folder` is the whole folder: targets have none of their own."""

    def names_and_sizes(self) -> tuple[tuple[str, int], ...]:
        """Return its files: the obs_id up to the version, and their endings."""
        beginning, _, end = self.obs_id.rpartition("_")
        stem = self.obs_id if end.startswith("v") else beginning
        return tuple((f"{stem}_{ending}", size) for ending, size in self.files)


_TOI3505, _WASP126, _EXAMPLE, _EVERY, _FIELD = 390988385, 25155310, 25132999, 408084461, 118004432

_LC, _LLC = "lc.fits", "llc.fits"
_DV = ("dvr.pdf", "dvr.xml", "dvm.pdf", "dvs-01.pdf", "dvt.fits")


def _of_one_star(
    pipeline: str,
    pi: str,
    name: str,
    folder: str,
    *files: str,
    exptime: int = 1800,
    sector: int = 3,
    flat: bool = False,
) -> Contributed:
    """Return a product of the star that every pipeline has; one light curve, unless `files` say otherwise."""
    sizes = tuple((ending, 0) for ending in files or (_LLC,))
    return Contributed(pipeline, pi, _EVERY, sector, exptime, f"hlsp_{name}", folder, files=sizes, flat=flat)


CONTRIBUTED: tuple[Contributed, ...] = (
    Contributed(
        *("TESS-SPOC", "Caldwell, Douglas", _TOI3505, 54, 600),
        *("hlsp_tess-spoc_tess_phot_0000000390988385-s0054_tess_v1_tp", "tess-spoc/s0054/target"),
        obsid=128904103,
        t_min=59769.40628403935,
        t_max=59795.62863141204,
        files=((_LC, 408960),),
    ),
    Contributed(
        *("TESS-SPOC", "Caldwell, Douglas", _TOI3505, 81, 200),
        *("hlsp_tess-spoc_tess_phot_0000000390988385-s0081_tess_v1_tp", "tess-spoc/s0081/target"),
        obsid=377994083,
        t_min=60506.05747584491,
        t_max=60532.680075439814,
        files=((_LC, 1180800),),
    ),
    *(
        Contributed(
            *("QLP", "Huang, Chelsea", _TOI3505, sector, exptime),
            *(f"hlsp_qlp_tess_ffi_s{sector:04d}-0000000390988385_tess_v01_llc", f"qlp/s{sector:04d}"),
            obsid=obsid,
            t_min=t_min,
            t_max=t_max,
            files=((_LLC, size),),
        )
        for sector, exptime, size, t_min, t_max, obsid in (
            (14, 1800, 80640, 58682.86278731, 58709.67597886, 44212688),
            (41, 600, 216000, 59419.49423089297, 59446.07716581644, 94894450),
            (54, 600, 213120, 59769.40363455191, 59795.62598230084, 128524615),
            (81, 200, 673920, 60506.052511753514, 60532.67974136537, 235098664),
        )
    ),
    Contributed(
        *("TASOC", "Handberg, Rasmus", _TOI3505, 14, 1800),
        *("hlsp_tasoc_tess_ffi_tic00390988385-s0014-cam1-ccd3-c1800_tess_v06", "tasoc/s0014/c1800"),
        obsid=96930134,
        t_min=58682.85907983439,
        t_max=58709.69221507308,
        files=(("cbv-lc.fits", 167040), ("ens-lc.fits", 169920)),
    ),
    Contributed(
        *("GSFC-ELEANOR-LITE", "Powell, Brian", 141914082, 1, 1800),
        *("hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000141914082_tess_v1.0_lc", "gsfc-eleanor-lite/s0001"),
        files=((_LC, 106560),),
    ),
    Contributed(
        *("QLP", "Huang, Chelsea", 141914082, 1, 1800),
        *("hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc", "qlp/s0001"),
        files=((_LLC, 80640), ("llc.txt", 57710)),
    ),
    Contributed(
        *("TASOC", "Handberg, Rasmus", 141914082, 1, 1800),
        *("hlsp_tasoc_tess_ffi_tic00141914082-s0001-cam4-ccd2-c1800_tess_v05", "tasoc/s0001/c1800"),
        files=(("cbv-lc.fits", 164160), ("ens-lc.fits", 167040)),
    ),
    Contributed(
        *("TASOC", "Handberg, Rasmus", 141914082, 1, 120),
        *("hlsp_tasoc_tess_tpf_tic00141914082-s0001-cam4-ccd2-c0120_tess_v05", "tasoc/s0001/c0120"),
        files=(("cbv-lc.fits", 1880640),),
    ),
    Contributed(
        *("TESS-SPOC", "Caldwell, Douglas", 141914082, 1, 1800),
        *("hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_tp", "tess-spoc/s0001/target"),
        files=((_LC, 164160), ("tp.fits", 3925440)),
    ),
    # Made up from here on, in the form of the real ones.
    *(
        Contributed(
            *("QLP", "Huang, Chelsea", _EXAMPLE, sector, 1800),
            *(f"hlsp_qlp_tess_ffi_s{sector:04d}-0000000025132999_tess_v01_llc", f"qlp/s{sector:04d}"),
            files=((_LLC, 80640),),
        )
        for sector in (1, 2, 3)
    ),
    *(
        Contributed(
            *("TESS-SPOC", "Caldwell, Douglas", _EXAMPLE, sector, 1800),
            *(f"hlsp_tess-spoc_tess_phot_0000000025132999-s{sector:04d}_tess_v1_tp", f"tess-spoc/s{sector:04d}/target"),
            files=((_LC, 164160), ("tp.fits", 3925440)),
        )
        for sector in (1, 2)
    ),
    Contributed(
        *("TESS-SPOC", "Caldwell, Douglas", _EXAMPLE, 2, 1800),
        *("hlsp_tess-spoc_tess_phot_0000000025132999-s0001-s0002_tess_v1_dvt", "tess-spoc/s0001-s0002/target"),
        files=tuple((ending, 0) for ending in _DV),
    ),
    # Two stars of Gaia that the TIC has as one.
    *(
        Contributed(
            *("TGLC", "Han, Te", _EXAMPLE, 1, 1800),
            *(f"hlsp_tglc_tess_ffi_gaiaid-{gaia}-s0001-cam4-ccd1_tess_v1_llc", "tglc/s0001/cam4-ccd1"),
            files=((_LLC, 57600),),
        )
        for gaia in (4667368899326729856, 4667368903622383104)
    ),
    # WASP-126 was among the first data alerts; the name of the observation is made up in their form.
    Contributed(
        *("TESS-DATA-ALERTS", "Ricker, George", _WASP126, 1, 120),
        *("hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc", "tess-data-alerts"),
        files=((_LC, 0),),
        flat=True,
    ),
    # One star by every pipeline. MAST has those of TGLC, T16, TASOC and eleanor-lite under the same names; the others are made up in the
    # form of the real ones. The exposure time of TESS-SPOC's is wrong, as in some real rows: that of the sector is 1800 s.
    _of_one_star("QLP", "Huang, Chelsea", "qlp_tess_ffi_s0003-0000000408084461_tess_v01_llc", "qlp/s0003"),
    _of_one_star(
        *("TESS-SPOC", "Caldwell, Douglas", "tess-spoc_tess_phot_0000000408084461-s0003_tess_v1_tp"),
        *("tess-spoc/s0003/target", _LC, "tp.fits"),
        exptime=600,
    ),
    _of_one_star(
        *("TGLC", "Han, Te", "tglc_tess_ffi_gaiaid-2475555794352572672-s0003-cam1-ccd3_tess_v1_llc"),
        "tglc/s0003/cam1-ccd3",
    ),
    _of_one_star(
        *("TASOC", "Handberg, Rasmus", "tasoc_tess_ffi_tic00408084461-s0003-cam1-ccd3-c1800_tess_v05"),
        *("tasoc/s0003/c1800", "cbv-lc.fits", "ens-lc.fits"),
    ),
    _of_one_star(
        *("GSFC-ELEANOR-LITE", "Powell, Brian", "gsfc-eleanor-lite_tess_ffi_s0003-0000000408084461_tess_v1.0_lc"),
        *("gsfc-eleanor-lite/s0003", _LC),
    ),
    _of_one_star(
        *("CDIPS", "Bouma, Luke", "cdips_tess_ffi_gaiatwo0002475555794352572672-0003-cam1-ccd3_tess_v01_llc"),
        "cdips/s0003/cam1_ccd3",
        flat=True,
    ),
    _of_one_star(
        *("PATHOS", "Nardiello, Domenico", "pathos_tess_lightcurve_tic-0408084461-s0003_tess_v1_llc", "pathos/s0003"),
        flat=True,
    ),
    _of_one_star(
        *("T16", "Hartman, Joel", "t16_tess_ffi_s0003-cam1-ccd3-02475555794352572672_tess_v01", "t16/s0003/cam1-ccd3"),
        flat=True,
    ),
    _of_one_star(
        *("TARS", "Boyle, Andrew", "tars_tess_ffi_s0003-0000000408084461_tess_v01_lc", "tars/sec_3_cam_1_ccd_3", _LC),
        flat=True,
    ),
    _of_one_star(
        *("DIAMANTE", "Montalto, Marco", "diamante_tess_lightcurve_tic-0000000408084461_tess_v1_llc", "diamante"),
        sector=ALL_SECTORS,
    ),
    # The one search of TESS-SPOC over several sectors of which there is a script.
    Contributed(
        *("TESS-SPOC", "Caldwell, Douglas", _FIELD, 69, 200),
        *("hlsp_tess-spoc_tess_phot_0000000118004432-s0056-s0069_tess_v1_dvt", "tess-spoc/s0056-s0069/target"),
        files=tuple((ending, 0) for ending in _DV),
    ),
)
"""Every one, in the order of the answers."""

"""What the sample archive holds: one line per observation, with only what cannot be derived from `facts`.

Numbers are those of real answers of MAST where any is at hand; 0, an empty string or `NAN` stand for "not seen", and
`contents` then fills in something plausible. The order is that of the answers.
"""

from __future__ import annotations

from math import nan
from typing import NamedTuple

from tess_source_sample.facts import SYNTHETIC_TIC

MADE_UP_SECTORS = (57, 75)
MADE_UP_OBSID = 900_000_001
"""That of the first target that is made up in bulk."""


class Seen(NamedTuple):
    """One sector of one target: a light curve and a target pixel file."""

    tic: int
    sector: int
    obsid: int = 0
    objid: int = 0
    t_min: float = nan
    t_max: float = nan
    released: float = nan
    proposal: str = "N/A"
    lc_version: str = ""
    tp_version: str = ""
    lc_size: int = 0
    tp_size: int = 0
    fast: bool = False
    """20-s observation, ``-a_fast``."""
    icrs: bool = False
    """Footprint in the older writing, ``CIRCLE ICRS …``."""


class Searched(NamedTuple):
    """One multi-sector search of one target, an observation of its own."""

    tic: int
    first: int
    last: int
    obsid: int = 0
    objid: int = 0
    t_min: float = nan
    t_max: float = nan
    released: float = nan
    proposal: str = "N/A"
    version: str = ""


class Planned(NamedTuple):
    """A target of a 2-min list whose file is not, or not yet, in the archive."""

    tic: int
    sector: int
    camera: int
    ccd: int
    tmag: float
    ra: float
    dec: float


class Image(NamedTuple):
    """The full-frame images of one CCD in one sector."""

    sector: int
    camera: int
    ccd: int
    obsid: int
    ra: float
    dec: float
    t_min: float
    t_max: float
    exptime: float
    released: float
    region: str


_GO2, _GO4 = "G022197_G022053", "G04096_G04226_G04171_G04101_G04098_G04039"
_GO6 = "G06062_G06165_G06200_G06058_G06057_G06032_G06142"
_KELT9, _L98, _TOI3505, _PIMEN, _WASP44, _QUIET, _EXAMPLE = (
    16740101,
    307210830,
    390988385,
    261136679,
    12862099,
    257486953,
    25132999,
)
_SPOC75, _SPOC82 = "spoc-5.0.104-20240131", "spoc-5.0.109-20240913"

_S14, _S15 = 58682.84961829861, 58736.912376631946

TARGETS: tuple[Seen | Searched, ...] = (
    Seen(
        *(_KELT9, 15, 27503032, 70590298, 58710.86674086, 58736.91235361, 58756.3333334, _GO2),
        *("f997d78fe0", "spoc-4.0.28-20200407", 1906560, 54210240),
        icrs=True,
    ),
    Searched(_KELT9, 14, 16, 62289546, 116683258, 58682.849641099536, 58736.912376631946, 58794.0),
    Searched(
        *(_KELT9, 14, 19, 27738172, 116683654, 58682.84961831019, 58736.912353611115, 58904.0),
        version="6f2733bdd9",
    ),
    Seen(_KELT9, 41, 62789905, 120240728, 59419.49110965278, 59446.08169116898, 59477.0, _GO4),
    Searched(_KELT9, 14, 41, 64265088, 120240862, _S14, 59446.08169116898, 59484.0, _GO4),
    Seen(_KELT9, 55, 93767886, 182240737, 59796.60227950232, 59823.76617971065, 59841.0, _GO4),
    Searched(_KELT9, 14, 55, 96861327, 182240757, _S14, 59823.76617971065, 59855.0, _GO4),
    Seen(
        *(_KELT9, 75, 212745598, 397833846, 60339.28058648148, 60366.97906266204, 60389.0, _GO6),
        *("c6a9252713", _SPOC75, 2024640, 57646080),
    ),
    Seen(
        *(_KELT9, 75, 212745602, 397833856, 60339.28058648148, 60366.979294143515, 60389.0, _GO6),
        *(_SPOC75, _SPOC75, 11998080, 346152960),
        fast=True,
    ),
    Seen(
        *(_KELT9, 14, 27438495, 621972752, 58682.85517400463, 58709.70700994213, 60583.0, _GO2),
        *("8e4ed473d6", "spoc-5.0.96-20230729", 1964160, 55883520),
    ),
    Seen(
        *(_KELT9, 82, 232637928, 644479588, 60532.89461820602, 60558.7493675, 60613.0, _GO6),
        *(_SPOC82, _SPOC82, 11203200, 322977600),
        fast=True,
    ),
    Seen(
        *(_KELT9, 82, 232637932, 644479601, 60532.89461820602, 60558.748673055554, 60613.0, _GO6),
        *("fe95bd30f3", _SPOC82, 1892160, 53809920),
    ),
    Seen(_L98, 2, t_min=58353.60591628472, t_max=58381.01246960648),
    Seen(_L98, 5, t_min=58437.47695754836, t_max=58463.788062220275, lc_size=1923840),
    *(Seen(_L98, sector) for sector in (8, 9, 10, 11, 12)),
    Searched(_L98, 1, 6, t_min=58353.60038364583, t_max=58463.78654717593),
    Searched(_L98, 1, 9, t_min=58353.60038364583, t_max=58567.975957766204),
    Searched(_L98, 1, 13, t_min=58353.60038364583, t_max=58652.39194650463),
    Seen(
        *(_TOI3505, 54, 91562686, 0, 59769.40211728009, 59795.63279805556),
        lc_size=1918080,
        tp_size=46281600,
    ),
    Seen(
        *(_TOI3505, 81, 229896015, 0, 60506.05562395833, 60532.680538402776),
        lc_size=1946880,
        tp_size=46975680,
    ),
    Searched(
        *(_TOI3505, 14, 86, 262995968, 0, 59769.40211728009, 60532.680538402776),
        version="d546da7579",
    ),
    Seen(_PIMEN, 1, t_min=58324.7940765625, t_max=58352.67695946759, lc_size=2039040),
    Seen(_WASP44, 3, t_min=58381.54152755787, t_max=58408.888146770834, lc_size=1998720),
    Seen(
        *(141914082, 1, 60829534, 110344410, 58324.79323696759, 58352.67632608796, 58458.5833333),
        *("G011175_G011180_G011176",),
    ),
    Seen(
        *(_QUIET, 42, 63404332),
        lc_version="spoc-5.0.43-20210918",
        tp_version="spoc-5.0.43-20210918",
        lc_size=1863360,
        tp_size=44939520,
    ),
    *(
        Seen(
            *(tic, 57, obsid),
            proposal=proposal,
            lc_version="spoc-5.0.77-20221025",
            tp_version="spoc-5.0.77-20221025",
            lc_size=2102400,
            tp_size=50742720,
        )
        for tic, obsid, proposal in (
            (118004375, 101298253, "N/A"),
            (118004415, 101298254, "N/A"),
            (118004458, 101298255, "N/A"),
            (118004432, 101298256, "G05057"),
        )
    ),
    # Its light curves are in the bulk scripts of these sectors.
    *(Seen(_EXAMPLE, sector) for sector in (1, 2, 4)),
    Seen(96703881, 55, 93770500, 0, 59796.60416888889, 59823.76815293982, 59841.0, "G04046"),
    Seen(96704587, 55, 93770499, 0, 59796.60416328704, 59823.76815065972, 59841.0, "G04103"),
)

PLANNED: tuple[Planned, ...] = (
    # The list of sector 1 has these, its bulk script does not.
    Planned(38877693, 1, 4, 1, 0.87, 69.1886, -62.0776),
    Planned(44577667, 1, 2, 3, -0.16, 340.6679, -46.8846),
    Planned(149251611, 1, 4, 1, 11.54, 82.5174, -62.8843),
    # Sector 89 is still to come here. Which stars are on its list is made up, their cameras are not.
    Planned(25132999, 89, 4, 4, 10.77, 62.0296, -71.4497),
    Planned(261136679, 89, 4, 4, 5.11, 84.2912, -80.4691),
    Planned(307210830, 89, 4, 1, 9.39, 124.5318, -68.313),
)
"""Targets of the 2-min lists beside those of `TARGETS`."""

IMAGES: tuple[Image, ...] = (
    Image(
        *(55, 1, 1, 95133321, 325.9351193555199, 11.77496602082765),
        *(59796.6013437963, 59823.76825269676, 475.199786, 59841.0),
        "POLYGON 329.837843 19.006512 333.753586 8.161861 322.106193 4.225655 318.039501 15.437198 "
        "329.837843 19.006512",
    ),
)

SIZES: dict[str, int] = {
    # KELT-9, as printed
    "s0014-s0014-0000000016740101-00240_dvr.pdf": 28483483,
    "s0014-s0014-0000000016740101-00240_dvr.xml": 265611,
    "s0014-s0014-0000000016740101-00240_dvm.pdf": 8115478,
    "s0014-s0014-0000000016740101-01-00240_dvs.pdf": 1107114,
    "s0014-s0014-0000000016740101-00240_dvt.fits": 4760640,
    "s0014-s0014-0000000016740101-00290_dvr.pdf": 27269889,
    "s0014-s0014-0000000016740101-00290_dvr.xml": 271276,
    "s0014-s0014-0000000016740101-00290_dvm.pdf": 7028990,
    "s0014-s0014-0000000016740101-00290_dvt.fits": 4760640,
    "s0014-s0014-0000000016740101-00745_dvr.pdf": 32551144,
    "s0014-s0014-0000000016740101-00745_dvr.xml": 272628,
    "s0014-s0014-0000000016740101-00745_dvm.pdf": 7144863,
    "s0014-s0014-0000000016740101-00745_dvt.fits": 4760640,
    "s0015-s0015-0000000016740101-00245_dvt.fits": 4619520,
    "s0015-s0015-0000000016740101-00297_dvt.fits": 4619520,
    "s0014-s0019-0000000016740101-00323_dvt.fits": 27763200,
    "s0075-s0075-0000000016740101-00848_dvt.fits": 4907520,
    "s0082-s0082-0000000016740101-00919_dvr.pdf": 33575122,
    "s0082-s0082-0000000016740101-00919_dvr.xml": 251104,
    "s0082-s0082-0000000016740101-00919_dvm.pdf": 7715425,
    "s0082-s0082-0000000016740101-01-00919_dvs.pdf": 1412949,
    "s0082-s0082-0000000016740101-02-00919_dvs.pdf": 1150043,
    "s0082-s0082-0000000016740101-00919_dvt.fits": 4584960,
    # L 98-59, as the files are
    "s0001-s0006-0000000307210830-00196_dvr.xml": 541278,
    "s0001-s0009-0000000307210830-00205_dvr.xml": 1024449,
    "s0001-s0013-0000000307210830-00226_dvr.xml": 1595489,
    "s0002-s0002-0000000307210830-00109_dvr.xml": 341833,
    "s0005-s0005-0000000307210830-00140_dvr.xml": 234811,
    "s0008-s0008-0000000307210830-00182_dvr.xml": 326881,
    "s0009-s0009-0000000307210830-00198_dvr.xml": 332800,
    "s0010-s0010-0000000307210830-00212_dvr.xml": 346237,
    "s0011-s0011-0000000307210830-00214_dvr.xml": 348346,
    "s0012-s0012-0000000307210830-00219_dvr.xml": 361869,
    "s0001-s0006-0000000307210830-01-00196_dvs.pdf": 1262829,
    # TOI-3505, as printed
    "s0054-s0054-0000000390988385-00645_dvr.pdf": 19095895,
    "s0054-s0054-0000000390988385-00645_dvr.xml": 119424,
    "s0054-s0054-0000000390988385-00645_dvm.pdf": 6753415,
    "s0054-s0054-0000000390988385-01-00645_dvs.pdf": 1009398,
    "s0054-s0054-0000000390988385-00645_dvt.fits": 3810240,
    "s0081-s0081-0000000390988385-00910_dvr.pdf": 19032051,
    "s0081-s0081-0000000390988385-00910_dvr.xml": 121162,
    "s0081-s0081-0000000390988385-00910_dvm.pdf": 6977219,
    "s0081-s0081-0000000390988385-01-00910_dvs.pdf": 965870,
    "s0081-s0081-0000000390988385-00910_dvt.fits": 3864960,
    "s0014-s0086-0000000390988385-00971_dvr.pdf": 15336672,
    "s0014-s0086-0000000390988385-00971_dvr.xml": 191316,
    "s0014-s0086-0000000390988385-00971_dvm.pdf": 6338754,
    "s0014-s0086-0000000390988385-01-00971_dvs.pdf": 416046,
    "s0014-s0086-0000000390988385-00971_dvt.fits": 22014720,
    # WASP-44, as the files are
    "s0003-s0003-0000000012862099-00126_dvt.fits": 2949120,
    "s0003-s0003-0000000012862099-00405_dvt.fits": 3968640,
}
"""Bytes of DV files whose size is known, by name without its time stamp."""


def made_up(number: int) -> Seen:
    """Return an observation of a target that does not exist; each target has two sectors, one after the other."""
    target, half = divmod(number, 2)
    numbers = {"obsid": MADE_UP_OBSID + number, "objid": MADE_UP_OBSID + 50_000_000 + number}
    return Seen(SYNTHETIC_TIC + target, MADE_UP_SECTORS[half], **numbers)

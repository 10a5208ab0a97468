"""Full-frame images and other files of a CCD: their names, by the grid on which images are taken, and where they are.

Of each unbroken series of images, the sample archive has the first two, of each CCD; of a sector that is asked for, as many as that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import islice, product
from typing import NamedTuple

from tess_source import names
from tess_source_sample.facts import SECTORS, sector
from tess_source_sample.files import natural_size

FEW = 2
"""Images of each series and CCD, unless more are asked for."""
LATE = 88
"""A sector whose images the bucket does not have yet."""
TICA: dict[int, tuple[str, ...]] = {27: ("1", "2"), 56: ("1a", "1b", "2a")}
"""Sectors with images by TICA, and the parts of orbits that they come in."""
CHIPS = tuple(product(range(1, 5), range(1, 5)))
MJD_OF_BTJD_0 = 56999.5

_SERIES = """
1 0120 2018206192942 634
1 0120 2018221035942 307
1 0120 2018227132941 341
2 0121 2018235142941 626
2 0121 2018250022941 321
2 0121 2018256185940 298
2 0121 2018256185941 298
3 0123 2018263125940 23
3 0123 2018264022940 49
3 0123 2018265035940 29
3 0123 2018265192940 75
3 0123 2018267102940 456
3 0123 2018277015940 42
3 0123 2018277235940 3
3 0123 2018278032940 354
3 0123 2018285122939 257
4 0124 2018292095939 112
4 0124 2018294182939 250
4 0124 2018302172939 109
4 0124 2018306012939 383
4 0124 2018314005938 206
5 0125 2018319112938 586
5 0125 2018333012938 454
5 0125 2018342122937 156
6 0126 2018349182937 420
6 0126 2018359142937 546
6 0126 2019005232936 27
8 0136 2019033202935 562
8 0136 2019046182935 70
8 0136 2019051115935 336
9 0139 2019059172935 84
9 0139 2019061112934 507
9 0139 2019073052934 563
10 0140 2019085222934 178
10 0140 2019089152933 414
10 0140 2019099062933 619
11 0143 2019113062933 171
11 0143 2019116195932 449
11 0143 2019127065932 628
12 0144 2019141105932 127
12 0144 2019144022931 546
12 0144 2019156125931 616
14 0150 2019199202929 625
14 0150 2019213202929 555
14 0150 2019225095928 61
15 0151 2019227205928 599
15 0151 2019241102928 484
15 0151 2019251122927 114
27 0189 2020187183916 1706
27 0189 2020200153916 346
27 0189 2020203011915 1308
41 0212 2021205113901 1816
41 0212 2021219050901 975
41 0212 2021225233900 877
42 0213 2021233042900 1817
42 0213 2021246173900 640
42 0213 2021251041859 1077
54 0227 2022190092848 665
54 0227 2022195001847 1126
54 0227 2022204003847 1814
55 0240 2022217141847 339
55 0240 2022219224846 1513
55 0242 2022231084846 1929
56 0243 2022245180205 2796
56 0243 2022252102525 2842
56 0243 2022259052205 3090
56 0243 2022266140205 1570
56 0243 2022270051524 1477
57 0245 2022273202204 3122
57 0245 2022281065204 1078
57 0245 2022286214844 361
57 0245 2022287225524 3089
57 0245 2022295073524 330
57 0245 2022296015523 2822
68 0262 2023210023152 11639
"""
"""Sector, configuration id, time stamp of the first image, and number of images, of each series: real ones. In sector 2, 298 images are
there twice, one second apart."""
_BEHIND = timedelta(seconds=80)
"""From the first 120-s cadence of a later sector to its first image."""
_FORM = "%Y%j%H%M%S"


class ImageFile(NamedTuple):
    """A file of one CCD."""

    uri: str
    filename: str
    size: int
    modified: float
    """When it was stored, as a Modified Julian Date."""
    key: str
    """In the bucket; empty if that does not have it."""
    at_archive: bool = True


@cache
def _series() -> dict[int, list[tuple[str, datetime, int]]]:
    found: dict[int, list[tuple[str, datetime, int]]] = {}
    for number, scid, first, count in (line.split() for line in _SERIES.strip().splitlines()):
        found.setdefault(int(number), []).append((scid, datetime.strptime(first, _FORM), int(count)))
    for entry in SECTORS:
        begin = datetime.strptime(entry.dv_timestamp, _FORM) + _BEHIND
        found.setdefault(entry.sector, [(entry.scid, begin, entry.cadences * 120 // 200)])
    return found


def stamps(number: int, count: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield configuration id and time stamp of the images of each CCD in a sector.

    Parameters
    ----------
    number : int
        The sector.
    count : int, optional
        How many: the first ones. If None, `FEW` of each series.
    """
    step = names.ffi_exptime(number)
    every = (
        (scid, (first + timedelta(seconds=n * step)).strftime(_FORM))
        for scid, first, length in _series()[number]
        for n in range(length if count is not None else FEW)
    )
    return islice(every, count)


@lru_cache(maxsize=4)
def image_files(asked: tuple[tuple[int, int], ...] = ()) -> dict[str, ImageFile]:
    """Return all files of CCDs by their URIs.

    Parameters
    ----------
    asked : tuple of (int, int)
        Sectors, and how many images of each CCD there are.
    """
    counts = dict(asked)
    files = (file for entry in SECTORS for file in _of_sector(entry.sector, counts.get(entry.sector)))
    return {file.uri: file for file in files}


def _of_sector(number: int, count: int | None) -> Iterator[ImageFile]:
    entry = sector(number)
    modified = entry.start + MJD_OF_BTJD_0 + 60
    grid = list(stamps(number, count))
    for camera, ccd in CHIPS:
        chip = f"s{number:04d}-{camera}-{ccd}"
        series = [f"tess{stamp}-{chip}-{scid}-s_{kind}.fits" for scid, stamp in grid for kind in ("ffic", "ffir")]
        fast = [f"tess{entry.prefix}-{chip}-{entry.scid}-a_fast-cbv.fits"] if number >= min(TICA) else []
        for filename in (*series, f"tess{entry.prefix}-{chip}-{entry.scid}-s_cbv.fits", *fast):
            folder = f"tess/public/ffi/s{number:04d}/{filename[4:8]}/{filename[8:11]}/{camera}-{ccd}"
            key = "" if number == LATE else f"{folder}/{filename}"
            yield ImageFile(f"mast:TESS/product/{filename}", filename, _size(filename, number), modified, key)
        yield _cube(f"tess-{chip}-cube.fits", "tess/public/mast", number, modified)
        if number in TICA:
            yield _cube(f"tica-{chip}-cube.fits", "tess/public/mast/tica", number, modified)
            for filename in tica_names(number, camera, ccd):
                uri = f"mast:HLSP/tica/s{number:04d}/cam{camera}-ccd{ccd}/{filename}"
                yield ImageFile(uri, filename, _size(filename, number), modified, "")


def _cube(filename: str, folder: str, number: int, modified: float) -> ImageFile:
    uri = f"mast:TESS/product/{filename}"
    return ImageFile(uri, filename, _size(filename, number), modified, f"{folder}/{filename}", at_archive=False)


def tica_names(number: int, camera: int, ccd: int, part: str | None = None) -> Iterator[str]:
    """Yield names of TICA's images of a CCD: of one part of an orbit, such as ``"1a"``, or of all."""
    if number not in TICA:
        return
    first = sector(number).first_cadenceno * 120 // int(names.ffi_exptime(number))
    for place, orbit in enumerate(TICA[number]):
        if part in {None, orbit}:
            for cadence in range(first + 1000 * place, first + 1000 * place + FEW):
                yield f"hlsp_tica_tess_ffi_s{number:04d}-o{orbit}-{cadence:08d}-cam{camera}-ccd{ccd}_tess_v01_img.fits"


def _size(filename: str, sector: int) -> int:
    """Return the size of a file. All of a kind, pipeline and sector have the same, and to lay out a file takes time."""
    alike = sector, filename[:4], filename.rpartition("-")[2]  # as in 14, "tess", "s_ffic.fits"
    if alike not in _SIZES:
        _SIZES[alike] = natural_size(filename)
    return _SIZES[alike]


_SIZES: dict[tuple[int, str, str], int] = {}

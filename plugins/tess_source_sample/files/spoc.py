"""Light curves and target pixel files of SPOC, for 120-s and 20-s targets and, as TESS-SPOC, for full frame images."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source_sample import facts
from tess_source_sample.files import columns, eras, fits, headers, model
from tess_source_sample.known import KNOWN, KnownStars

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.names import Name

KINDS = ("lc", "tp", "fast-lc", "fast-tp")
"""Kinds of files of one target in one sector."""

_Pixels = Callable[..., list[fits.HDU]]

_STAMPS = tuple((high, wide) for high in range(11, 41) for wide in (11, 10))
"""Shapes of pixel stamps that are tried where a file has another size than the star's own stamp gives."""

_PXTABLES = (
    *((1, 128), (2, 129), (3, 131), (5, 136), (6, 141), (8, 148), (9, 152), (10, 154), (11, 155), (12, 161)),
    *((54, 366), (81, 452), (88, 473)),
)
"""Target table numbers of sectors, from real headers and DV reports."""

MOST_COUNTS = 2**31 - 128
"""Raw counts [ADU] that fit into their column, as a float of 32 bits."""
FIXED_OFFSETS = {20: 209700, 120: 209700, 200: 419400, 600: 838900, 1800: 3355400}
"""Exposure time in seconds and FXDOFF; that of 20 s is a guess."""


def target(name: Name, known: KnownStars = KNOWN) -> model.SimulatedTarget:
    """Return the star, sector and exposure time that a single-sector name tells of.

    Raises
    ------
    KeyError
        If the sample archive does not know the star or the sector.
    """
    number = int(name.first_sector or 0)
    return model.SimulatedTarget(
        known.star(name.tic or facts.GAIA.get(name.gaia or 0, 0)), facts.sector(number), int(name.exptime or 0)
    )


def utc(time: float) -> str:
    """Return a time in TJD or BTJD (TDB) as a UTC calendar date."""
    moment = datetime(2014, 12, 8, 12) + timedelta(days=time, seconds=-model.TDB_MINUS_UTC)
    return moment.isoformat(timespec="milliseconds")


def pxtable(sector: int) -> int:
    """Return the number of a sector's target table; between known ones, a plausible number."""
    return eras.between(_PXTABLES, sector)


def star_values(star: facts.Star) -> dict[str, object]:
    """Return what a header says of the star."""
    known = star.pmra is not None and star.pmdec is not None
    total = math.hypot(star.pmra or 0.0, star.pmdec or 0.0) if known else None
    named = {key: getattr(star, key) for key in ("tic", "ra", "dec", "pmra", "pmdec", "tmag", "teff", "logg", "mh")}
    return {**named, "radius": star.radius, "pmtotal": total}


def time_values(first: float, last: float, seconds: int, live: float, processed: eras.Processing) -> dict[str, object]:
    """Return what a header says of time, for middles of the first and last cadence in BTJD."""
    start, stop = first - seconds / 2 / model.DAY, last + seconds / 2 / model.DAY
    frames = seconds // 2
    made = max(datetime.fromisoformat(utc(stop)) + timedelta(days=20), processed.date + timedelta(days=6))
    return {
        "tstart": start,
        "tstop": stop,
        "date_obs": utc(start) + processed.era.zone,
        "date_end": utc(stop) + processed.era.zone,
        "telapse": stop - start,
        "deadc": live,
        "exposure": (stop - start) * live,
        "image_exposure": seconds * live / model.DAY,
        "timedel": seconds / model.DAY,
        "num_frm": frames,
        "nreadout": frames if live > 0.9 else int(frames * 0.8),
        "date": f"{made:%Y-%m-%d}",
        "stamp": f"{made:%Y-%m-%dT%H:%M:%S}Z",
    }


def program_values(processed: eras.Processing, program: str) -> dict[str, object]:
    """Return what a primary header says of the software, and of what changed with it."""
    era = processed.era
    return {
        "origin": headers.ORIGIN,
        "creator": f"0 {program}",
        "procver": processed.procver,
        "data_rel": processed.data_rel,
        "scale": era.scale,
        "ticver": era.ticver,
    }


def primary(of: model.SimulatedTarget, rows: int, said: dict[str, object], processed: eras.Processing) -> fits.HDU:
    """Return the primary HDU of a light curve or target pixel file; before 2020 its times are those at the spacecraft."""
    if not processed.era.barycentric:
        first, last = (of.spacecraft_time(row) for row in (0, rows - 1))
        said = said | time_values(first, last, of.seconds, of.live, processed)
    return fits.HDU(processed.era.writer.cards(headers.PRIMARY, said))


def values(
    of: model.SimulatedTarget, rows: int, processed: eras.Processing, pipeline: str = "SPOC"
) -> dict[str, object]:
    """Return all that the headers of a light curve or target pixel file say."""
    star, number = of.star, of.sector.sector
    first, last = (of.barycentric(of.spacecraft_time(row)) for row in (0, rows - 1))
    years = (first + 2457000.0 - 2451545.0) / 365.25
    shift = math.cos(math.radians(star.dec)) * 3.6e6
    height, width = of.stamp
    roll = 2 * math.pi * of.luck["roll"]
    percent = 100 * of.luck["pdc"]
    column, row = of.corner
    return {
        **star_values(star),
        **time_values(first, last, of.seconds, of.live, processed),
        "sector": number,
        "camera": of.camera,
        "ccd": of.ccd,
        "pxtable": pxtable(number) if pipeline == "SPOC" else -10000,
        "fxdoff": FIXED_OFFSETS[of.seconds],
        "delay": 1.02,
        "nothing": 0.0,
        "crmiten": "F" if of.seconds == 20 else "T",
        "crspoc": "T" if of.seconds == 20 else "F",
        "ra_now": star.ra + (star.pmra or 0.0) * years / shift,
        "dec_now": star.dec,
        **{f"cdpp{hours:.1f}".replace(".", "_"): of.cdpp(hours) for hours in (0.5, 1.0, 2.0)},
        "crowdsap": of.crowdsap,
        "flfrcsap": of.flfrcsap,
        "pdcvar": 1.0 + of.luck["pdc"],
        "goodness": 0.9 + 0.09 * of.luck["pdc"],
        "percent": percent,
        "npixsap": of.pixels,
        "column": column,
        "row": row,
        "crpix1": width / 2 + 0.5,
        "crpix2": height / 2 + 0.5,
        "cdelt1": -0.0055,
        "cdelt2": 0.0055,
        "pc11": math.cos(roll),
        "pc12": -math.sin(roll),
        "pc21": math.sin(roll),
        "pc22": math.cos(roll),
    }


def fitting_rows(natural: int, row_bytes: int, room: int | None) -> int:
    """Return the number of table rows that fill `room` bytes: `natural` if that gives so many blocks, else what fits."""
    if room is None or fits.padded(natural * row_bytes) == room:
        return natural
    return max(1, room // row_bytes)


def light_curve(name: Name, size: int | None, processed: eras.Processing, known: KnownStars = KNOWN) -> list[fits.HDU]:
    """Return the HDUs of a light curve; rows are added or left out at its end to reach a size."""
    of, pipeline, era = target(name, known), name.pipeline or "SPOC", processed.era
    width = fits.row_bytes(columns.LIGHTCURVE)
    template = headers.light_curve(delays_last=era.delays_last)

    def hdus(rows: int) -> list[fits.HDU]:
        said = values(of, rows, processed, pipeline) | {"nextend": 2, "extname": "LIGHTCURVE"}
        said |= program_values(processed, "LightCurveExporterPipelineModule")
        return [
            primary(of, rows, said, processed),
            fits.table(
                *(columns.LIGHTCURVE, rows, template, said),
                lambda table: _fill_light_curve(of, table),
                era.writer,
            ),
            _aperture(of, of.stamp, said, era.writer),
        ]

    fixed = fits.file_size(hdus(of.rows)) - fits.padded(width * of.rows)
    return hdus(fitting_rows(of.rows, width, None if size is None else size - fixed))


def series(of: model.SimulatedTarget, rows: int) -> model.SimulatedCurve:
    """Return the first `rows` cadences of a sector; beyond its end a longer sector is simulated."""
    if rows <= of.rows:
        return model.simulate(of).take(slice(0, rows))
    longer = -(-rows * of.seconds // int(model.CADENCE)) + 1
    sector = replace(of.sector, cadences=longer)
    return model.simulate(model.SimulatedTarget(of.star, sector, of.seconds)).take(slice(0, rows))


def _fill_light_curve(of: model.SimulatedTarget, table: NDArray[Any]) -> None:
    seen = series(of, len(table))
    random = np.random.default_rng(model.seed("centroid", of.star.tic, of.sector.sector, of.seconds))
    dark = np.isnan(seen.sap)
    table["TIME"] = np.where(seen.missing, np.nan, seen.time)
    table["TIMECORR"] = np.where(seen.missing, 0.0, seen.timecorr)
    table["CADENCENO"], table["QUALITY"] = seen.cadenceno, seen.quality
    table["SAP_FLUX"], table["SAP_FLUX_ERR"] = seen.sap, seen.sap_error
    table["PDCSAP_FLUX"], table["PDCSAP_FLUX_ERR"] = seen.pdc, seen.pdc_error
    table["SAP_BKG"] = np.where(dark, np.nan, seen.background * of.pixels)
    table["SAP_BKG_ERR"] = np.sqrt(table["SAP_BKG"] / (of.seconds * of.live))
    centre = [start + extent / 2 for start, extent in zip(of.corner, of.stamp[::-1], strict=True)]
    error = 0.6 * of.sap_error / of.sap
    for axis in (1, 2):
        table[f"PSF_CENTR{axis}"] = table[f"PSF_CENTR{axis}_ERR"] = np.nan  # SPOC fits no PSF to most targets
        moment = centre[axis - 1] + 0.8 * seen.move[axis - 1] + error * random.standard_normal(len(table))
        table[f"MOM_CENTR{axis}"] = np.where(dark, np.nan, moment)
        table[f"MOM_CENTR{axis}_ERR"] = np.where(dark, np.nan, error)
        table[f"POS_CORR{axis}"] = np.where(dark | (seen.quality & model.SAFE > 0), np.nan, seen.move[axis - 1])


def spread(of: model.SimulatedTarget, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return which part of the star's light falls on each pixel of a stamp; sums to 1."""
    y, x = np.indices(shape)
    tall = 0.75 + 0.2 * (shape[0] - 11) / 2  # charge of bright stars bleeds along columns
    light = np.exp(-0.5 * (((x - shape[1] / 2 + 0.5) / 0.75) ** 2 + ((y - shape[0] / 2 + 0.5) / tall) ** 2))
    return np.asarray(light / light.sum())


def _aperture(
    of: model.SimulatedTarget, shape: tuple[int, int], said: dict[str, object], writer: fits.Writer
) -> fits.HDU:
    def mask() -> NDArray[Any]:
        light = spread(of, shape)
        output = min(3, max(0, (of.corner[0] - 45) // 512))  # A to D, each reads 512 columns
        number = np.full(shape, (32 << output) + 1)  # and the pixel was collected
        order = np.argsort(light, axis=None, kind="stable")[::-1]
        number.flat[order[: of.pixels]] += 2 + 8  # in the optimal aperture and in that of the centroid
        number.flat[order[2 * of.pixels : 4 * of.pixels]] += 4  # background
        return number

    return fits.image(shape, 32, headers.APERTURE, said | {"extname": "APERTURE"}, mask, writer)


def target_pixels(
    name: Name, size: int | None, processed: eras.Processing, known: KnownStars = KNOWN
) -> list[fits.HDU]:
    """Return the HDUs of a target pixel file.

    The shape of the stamp is the star's own or, if another shape comes closer to the wanted size, that. What is left is
    filled with rows of the cosmic ray table, which only 20-s data and those of full frame images have, or blank cards.
    """
    of, pipeline, era = target(name, known), name.pipeline or "SPOC", processed.era
    template = headers.pixels(delays_last=era.delays_last)

    def hdus(shape: tuple[int, int], rows: int, rays: int = 0) -> list[fits.HDU]:
        said = values(of, rows, processed, pipeline) | {"nextend": 3, "extname": "PIXELS"}
        said |= program_values(processed, "TargetPixelExporterPipelineModule")
        said |= {"crpix1": shape[1] / 2 + 0.5, "crpix2": shape[0] / 2 + 0.5}
        return [
            primary(of, rows, said, processed),
            fits.table(
                *(columns.pixels(shape), rows, template, said),
                lambda table: _fill_pixels(of, shape, table),
                era.writer,
            ),
            _aperture(of, shape, said, era.writer),
            fits.table(
                *(columns.COSMIC_RAYS, rays, headers.EXTENSION, {"extname": "TARGET COSMIC RAY"}),
                lambda table: _fill_cosmic_rays(of, shape, rows, table),
                era.writer,
            ),
        ]

    if size is None:
        return hdus(of.stamp, of.rows)
    return _fitted_pixels(of, size, hdus)


def _fitted_pixels(of: model.SimulatedTarget, size: int, hdus: _Pixels) -> list[fits.HDU]:
    def width(shape: tuple[int, int]) -> int:
        return fits.row_bytes(columns.pixels(shape))

    room = size - (fits.file_size(hdus(of.stamp, 1)) - fits.padded(width(of.stamp)))
    left = {shape: room - fits.padded(width(shape) * of.rows) for shape in (of.stamp, *_STAMPS)}
    close = [shape for shape, rest in left.items() if 0 <= rest < size // 50]
    if not close:
        return hdus(of.stamp, max(1, room // width(of.stamp)))
    shape = of.stamp if of.stamp in close else min(close, key=left.__getitem__)
    return hdus(shape, of.rows, left[shape] // 12 if of.seconds != int(model.CADENCE) else 0)


def _fill_pixels(of: model.SimulatedTarget, shape: tuple[int, int], table: NDArray[Any]) -> None:
    """Write a target pixel table in stretches of a few thousand cadences, to keep memory small."""
    seen = series(of, len(table))
    table["TIME"] = np.where(seen.missing, np.nan, seen.time)
    table["TIMECORR"] = np.where(seen.missing, 0.0, seen.timecorr)
    table["CADENCENO"], table["QUALITY"] = seen.cadenceno, seen.quality
    for axis in (1, 2):
        table[f"POS_CORR{axis}"] = np.where(seen.quality & model.SAFE > 0, np.nan, seen.move[axis - 1])
    light = spread(of, shape).ravel().astype(np.float32)
    order = np.argsort(light, kind="stable")[::-1]
    total = np.float32(of.flfrcsap / light[order[: of.pixels]].sum())  # so that the aperture holds FLFRCSAP of it
    random = np.random.default_rng(model.seed("pixels", of.star.tic, of.sector.sector, of.seconds))
    time = np.float32(of.seconds * of.live)
    for at in range(0, len(table), 4096):
        part, rows = table[at : at + 4096], slice(at, at + 4096)
        whole = np.where(np.isnan(seen.sap[rows]), of.sap, seen.sap[rows]) / of.flfrcsap
        below = seen.background[rows, None].astype(np.float32)
        flux = whole[:, None].astype(np.float32) * (light * total)
        error = np.sqrt(np.maximum(flux + below, 0) / time + np.float32(100.0 / 1.98) / time)
        flux += error * random.standard_normal(flux.shape, dtype=np.float32)
        gone = seen.missing[rows]
        counts = np.clip(209700 + (flux + below) * time / np.float32(5.2), -MOST_COUNTS, MOST_COUNTS)
        part["RAW_CNTS"] = np.where(gone[:, None], -1, counts).astype(np.int32)
        flux[gone], error[gone], below[gone] = np.nan, np.nan, np.nan
        part["FLUX"], part["FLUX_ERR"], part["FLUX_BKG"] = flux, error, below
        part["FLUX_BKG_ERR"] = np.sqrt(below / time / np.float32(of.pixels * 3))


def _fill_cosmic_rays(of: model.SimulatedTarget, shape: tuple[int, int], rows: int, table: NDArray[Any]) -> None:
    random = np.random.default_rng(model.seed("rays", of.star.tic, of.sector.sector, of.seconds))
    table["CADENCENO"] = np.sort(random.integers(0, rows, len(table))) + of.first_cadenceno
    table["RAWX"] = random.integers(0, shape[1], len(table)) + of.corner[0]
    table["RAWY"] = random.integers(0, shape[0], len(table)) + of.corner[1]
    table["COSMIC_RAY"] = 20 * random.standard_exponential(len(table))

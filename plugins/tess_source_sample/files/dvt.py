"""Time series of a data validation run (DVT): one table per TCE, and the search's statistics."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source_sample import facts
from tess_source_sample.files import columns, eras, fits, headers, model, spoc
from tess_source_sample.known import KNOWN, KnownStars

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.names import Name


def run(name: Name, known: KnownStars = KNOWN) -> facts.ValidationRun:
    """Return the data validation run that a file name tells of.

    Raises
    ------
    KeyError
        If the sample archive does not have it.
    """
    return known.run(int(name.tic or 0), int(name.first_sector or 0), int(name.last_sector or 0), int(name.run or 0))


def sector_bits(sectors: tuple[int, ...]) -> str:
    """Return sectors as DV writes them: a string of 0 and 1 whose index is the sector, cut after the last."""
    return "".join("1" if number in sectors else "0" for number in range(sectors[-1] + 1))


@dataclass(frozen=True, slots=True)
class SimulatedTCE:
    """One threshold crossing event: a planet of the star or, where those are used up, a weak signal that is made up."""

    planet: facts.Planet
    real: bool
    mes: float
    """Maximum multiple event statistic."""
    transits: int

    @property
    def ses(self) -> float:
        """Maximum single event statistic: a little above that of an average transit."""
        return 1.05 * self.mes / math.sqrt(self.transits)


def targets(of: facts.ValidationRun) -> list[model.SimulatedTarget]:
    """Return the star in each sector that the run used."""
    return [model.SimulatedTarget(of.star, facts.sector(number), int(model.CADENCE)) for number in of.sectors]


def events(of: facts.ValidationRun) -> list[SimulatedTCE]:
    """Return the TCEs of a run, in its numbering: as `model.signals` has them."""
    star, seen = of.star, targets(of)
    days = sum(target.sector.cadences for target in seen) * model.CADENCE / model.DAY
    found = []
    for planet in model.signals(star)[: of.tces]:
        count = max(1, round(days * 0.93 / planet.period))
        noise = seen[0].noise * 1e6 / math.sqrt(max(1.0, planet.duration * 30))
        found.append(
            SimulatedTCE(planet, planet in star.planets, max(7.2, 0.6 * planet.depth / noise * math.sqrt(count)), count)
        )
    return found


def first_epoch(planet: facts.Planet, start: float) -> float:
    """Return the first transit after a time, both in BTJD."""
    return planet.epoch + math.ceil((start - planet.epoch) / planet.period) * planet.period


def event_values(of: facts.ValidationRun, event: SimulatedTCE, start: float) -> dict[str, object]:
    """Return what the header of a TCE table says of its planet. Geometry after Winn 2010, arXiv:1001.2010."""
    planet, star = event.planet, of.star
    ratio = math.sqrt(planet.depth * 1e-6)
    impact = 0.3
    chord = math.sqrt((1 + ratio) ** 2 - impact**2)
    distance = chord / math.sin(math.pi * planet.duration / 24 / planet.period)
    return {
        "period": planet.period,
        "epoch": first_epoch(planet, start),
        "depth": planet.depth,
        "snr": event.mes * 1.1,
        "duration": planet.duration,
        "impact": impact,
        "distance": distance,
        "ingress": planet.duration * min(0.4, ratio * 1.5 + 0.02),
        "mes": event.mes,
        "inclination": math.degrees(math.acos(impact / distance)),
        "radius_ratio": ratio,
        "planet_radius": ratio * (star.radius or 1.0) * 109.2,
        "ntrans": event.transits,
        "ses": event.ses,
        "detrend": max(5.0, 5 * planet.duration),
    }


def _times(
    of: facts.ValidationRun, rows: int, processed: eras.Processing, *, barycentric: bool = True
) -> dict[str, object]:
    """Return what the headers say of time: from the middle of the first to that of the last row."""
    first, last = targets(of)[0], targets(of)[-1]
    ends = [first.sector.start + offset(of, first, row) * model.CADENCE / model.DAY for row in (0, rows - 1)]
    ends[1] = min(ends[1], last.spacecraft_time(last.rows - 1))  # rows may go on after the data
    begin, end = (first.barycentric(time) for time in ends) if barycentric else ends
    return spoc.time_values(begin, end, int(model.CADENCE) * of.step, 0.792, processed)


def offset(of: facts.ValidationRun, target: model.SimulatedTarget, row: int) -> float:
    """Return the middle of a row in cadences from the start of a target's sector."""
    return of.first_cadenceno - target.sector.first_cadenceno + (row + 0.5) * of.step


def time_series(name: Name, size: int | None, known: KnownStars = KNOWN) -> list[fits.HDU]:
    """Return the HDUs of a DVT; rows are added (without data) or left out at its end to reach a size."""
    of = run(name, known)
    widths = fits.row_bytes(columns.TCE), fits.row_bytes(columns.STATISTICS)
    natural = -(-of.cadences // of.step)

    def room(rows: int) -> int:
        return of.tces * fits.padded(widths[0] * rows) + fits.padded(widths[1] * rows)

    if size is None:
        return _hdus(of, natural)
    wanted = size - (fits.file_size(_hdus(of, 1)) - room(1))
    if room(natural) == wanted:
        return _hdus(of, natural)
    rows = max(1, wanted // (of.tces * widths[0] + widths[1]))
    while rows > 1 and room(rows) > wanted:
        rows -= 1
    return _hdus(of, rows)


def _hdus(of: facts.ValidationRun, rows: int) -> list[fits.HDU]:
    processed = eras.of_run(of.run, of.last)
    era = processed.era
    star = of.star
    said = spoc.star_values(star) | _times(of, rows, processed) | {"ra_now": star.ra, "dec_now": star.dec}
    said |= {"tces": of.tces, "nextend": of.tces + 2}  # NEXTEND is one too many, as in the real ones
    begin = float(str(said["tstart"]))
    data = _Data(of, rows)
    tables = [
        fits.table(
            *(columns.TCE, rows, headers.TCE),
            said | event_values(of, event, begin) | {"extname": f"TCE_{n}"},
            lambda table, event=event, n=n: data.fill_event(event, n, table),  # type: ignore[misc]
            era.writer,
        )
        for n, event in enumerate(events(of), start=1)
    ]
    statistics = headers.DV_EXTENSION, said | {"extname": "Statistics"}
    last = fits.table(columns.STATISTICS, rows, *statistics, data.fill_statistics, era.writer)
    first = said | _times(of, rows, processed, barycentric=era.barycentric) | _run_values(of, processed)
    return [fits.HDU(era.writer.cards(headers.DV_PRIMARY, first)), *tables, last]


def _run_values(of: facts.ValidationRun, processed: eras.Processing) -> dict[str, object]:
    """Return what the primary header says of the run and its software."""
    era = processed.era
    stem = f"tess{facts.sector(of.sectors[0]).prefix}-s{of.first:04d}-s{of.last:04d}-{of.tic:016d}-{of.run:05d}"
    return {
        **spoc.program_values(processed, "DvTimeSeriesExporter"),
        "procver": hashlib.sha1(processed.procver.encode(), usedforsecurity=False).hexdigest()[:10],
        "dvversn": processed.procver,
        "dvversn_comment": era.dvversn,
        "sector_card": f"SECTOR  = {of.last} / Observing sector\n" if of.first == of.last else "",
        "pxtable": spoc.pxtable(of.last),
        "resfile": f"{stem}_{era.result}",
        "sectors": sector_bits(of.sectors),
        "sectors_comment": era.sectors,
    }


class _Data:
    """The light curve of a run on its own grid of rows; made when the first table is filled."""

    def __init__(self, of: facts.ValidationRun, rows: int) -> None:
        self.run, self.rows = of, rows
        self._seen: model.SimulatedCurve | None = None

    @property
    def seen(self) -> model.SimulatedCurve:
        """All sectors in one series; rows between them have a time but no data."""
        if self._seen is None:
            self._seen = _stitch(self.run, self.rows)
        return self._seen

    def relative(self) -> NDArray[np.float64]:
        """Return the light curve around zero, NaN where there is none."""
        return self.seen.pdc - 1.0

    def model(self, event: SimulatedTCE) -> NDArray[np.float64]:
        """Return the fitted transits of one TCE: zero or below."""
        seconds = model.CADENCE * self.run.step
        return -model.transits(self.seen.time, (event.planet,), seconds)

    def _common(self, table: NDArray[Any]) -> None:
        table["TIME"], table["TIMECORR"] = self.seen.time, self.seen.timecorr
        table["CADENCENO"] = self.seen.cadenceno

    def fill_event(self, event: SimulatedTCE, n: int, table: NDArray[Any]) -> None:
        """Write the table of one TCE."""
        self._common(table)
        planet, light, error = event.planet, self.relative(), self.seen.pdc_error
        fold = np.mod(self.seen.time - planet.epoch + 0.25 * planet.period, planet.period)
        table["PHASE"] = fold - 0.25 * planet.period
        for earlier in events(self.run)[: n - 1]:  # each TCE is found in what the earlier ones leave
            light = light - self.model(earlier)
        fit = self.model(event)
        table["LC_INIT"], table["LC_INIT_ERR"], table["MODEL_INIT"] = light, error, fit
        table["LC_WHITE"], table["MODEL_WHITE"] = light / error, fit / _median(error)
        table["LC_DETREND"] = light - _median(light)

    def fill_statistics(self, table: NDArray[Any]) -> None:
        """Write the table of the search: light curve, weights, and single event statistics of all durations."""
        self._common(table)
        of, seen, light = self.run, self.seen, self.relative()
        level, error = targets(of)[0].flux, _median(seen.pdc_error)
        table["PDCSAP_FLUX"], table["PDCSAP_FLUX_ERR"] = seen.pdc * level, seen.pdc_error * level
        table["QUALITY"], table["DEWEIGHTS"] = seen.quality, np.isfinite(seen.pdc)
        residual = light - sum(map(self.model, events(of)), np.zeros(self.rows))
        table["RESIDUAL_LC"] = residual
        known = np.isfinite(residual)
        weighted = np.concatenate(([0.0], np.cumsum(np.where(known, -residual, 0.0) / error**2)))
        counted = np.concatenate(([0], np.cumsum(known)))
        for hours in columns.PULSES:
            half = max(1, round(hours * 3600 / model.CADENCE / of.step / 2))
            low, high = np.arange(self.rows) - half, np.arange(self.rows) + half
            low, high = np.clip(low, 0, self.rows), np.clip(high, 0, self.rows)
            corr, count = weighted[high] - weighted[low], np.maximum(counted[high] - counted[low], 1)
            table[f"SES_CORR_{columns.pulse(hours)}"] = np.where(known, corr, np.nan)
            table[f"SES_NORM_{columns.pulse(hours)}"] = np.where(known, np.sqrt(count) / error, np.nan)


def _median(values: NDArray[np.float64]) -> float:
    """Return the median of what there is, NaN if there is nothing."""
    return float(np.median(known)) if (known := values[~np.isnan(values)]).size else math.nan


def _stitch(of: facts.ValidationRun, rows: int) -> model.SimulatedCurve:
    """Return a run's light curve, `pdc` and its error relative to the star's flux, one value per row."""
    seen = targets(of)
    cadences = of.first_cadenceno + np.arange(rows * of.step)
    marks, craft = [], []
    for target in seen:
        entry = target.sector
        marks += [entry.first_cadenceno, entry.first_cadenceno + entry.cadences - 1]
        craft += [target.spacecraft_time(0), target.spacecraft_time(entry.cadences - 1)]
    time = np.interp(cadences, marks, craft)
    time += (cadences - np.clip(cadences, marks[0], marks[-1])) * model.CADENCE / model.DAY
    star = seen[0].star
    correction = model.timecorr(time, star.ra, star.dec)
    pdc, error = np.full((2, len(cadences)), np.nan)
    quality = np.zeros(len(cadences), dtype=np.int32)
    for target in seen:
        curve = model.simulate(target)
        inside = (curve.cadenceno >= cadences[0]) & (curve.cadenceno <= cadences[-1])
        at = curve.cadenceno[inside] - cadences[0]
        pdc[at], error[at] = curve.pdc[inside] / target.flux, curve.pdc_error[inside] / target.flux
        quality[at] = curve.quality[inside]
    blank = np.full(rows, np.nan)
    return model.SimulatedCurve(
        time=_binned(time + correction, of.step),
        timecorr=_binned(correction, of.step),
        cadenceno=cadences.reshape(rows, of.step)[:, of.step // 2],
        quality=np.bitwise_or.reduce(quality.reshape(rows, of.step), 1),
        missing=np.zeros(rows, dtype=np.bool_),
        sap=blank,
        sap_error=blank,
        background=blank,
        pdc=_binned(pdc, of.step),
        pdc_error=_binned(error, of.step) / math.sqrt(of.step),
        move=np.zeros((2, rows)),
    )


def _binned(values: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    """Return means of `step` cadences; NaN where one of them has no value."""
    return np.asarray(values.reshape(-1, step).mean(axis=1))

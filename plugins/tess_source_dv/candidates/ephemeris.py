"""Whether two ephemerides are of the same signal: the same period, or one a small multiple of the other, and transits at the same times.

Every tolerance comes from the two ephemerides themselves:

- *Margins.* A period or epoch is known to `SIGMAS` times its uncertainty. Without one: the epoch to half the transit's duration D, the
  period to what would shift the last transit of its own data by that much, (D/2) / cycles.
- *Period.* The difference must be below the margins of both, in quadrature, plus (D/2) / cycles, where cycles are those that the shorter of
  the two covers: less would not move a transit out of itself there. Never more than `MOST` of the period, whatever a fit claims.
- *Phase.* Carried from one epoch to the other over n whole cycles of the better known period, a transit must fall within D/2 of the other's
  plus the margins of both epochs and n times the margin of that period, in quadrature. Epochs at different transits are therefore the same.
  If that tolerance reaches a quarter of the period, the cycles cannot be counted across the gap and the phase tells nothing: then the
  period alone decides for the same period, and a multiple is not claimed.
- *Multiples* p:q. Transits of both lie on the grid of period P/q of the one, P'/p of the other; the phase is compared on it.

D is the shorter of the two durations, for a transit lies in another's if its middle does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["RATIOS", "SIGMAS", "Agreement", "Ephemeris", "compare"]

SIGMAS = 5.0
"""DV's uncertainties are formal. In 13 real runs of two targets, periods of one planet differ by up to 2.7 of them, epochs by 2.2."""
MOST = 0.01
"""Largest difference of periods that is ever called none, in periods."""
INFORMATIVE = 0.25
"""Largest tolerance, in cycles, with which a phase tells anything."""
LARGEST = 5
RATIOS: tuple[Fraction, ...] = tuple(
    sorted(
        {Fraction(p, q) for p in range(1, LARGEST + 1) for q in range(1, LARGEST + 1)},
        key=lambda ratio: (ratio.numerator * ratio.denominator, ratio),
    )
)
"""Multiples that are looked for: 1, and p:q with p and q up to `LARGEST`; simple ones first."""
_NUMBERS = tuple((ratio, float(ratio)) for ratio in RATIOS)
_WHOLE = tuple(pair for pair in _NUMBERS if 1 in (pair[0].numerator, pair[0].denominator))


@dataclass(frozen=True, slots=True)
class Ephemeris:
    """Times of transits: epoch + n x period. All in days."""

    period: float
    epoch: float
    """Mid-time of a transit, BTJD."""
    duration: float = 0.0
    """First to fourth contact; 0 if unknown."""
    span: float = 0.0
    """From the first to the last transit in the data; 0 if unknown."""
    period_err: float | None = None
    epoch_err: float | None = None

    @property
    def period_margin(self) -> float:
        """Largest error of the period [d]."""
        if self.period_err is not None:
            return SIGMAS * self.period_err
        return self.duration / 2 / max(self.span / self.period, 1.0)

    @property
    def epoch_margin(self) -> float:
        """Largest error of the epoch [d]."""
        return SIGMAS * self.epoch_err if self.epoch_err is not None else self.duration / 2


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well two ephemerides agree; differences are those of the other from the known one, in days."""

    ratio: Fraction
    """Period of the other in periods of the known."""
    period_offset: float
    period_tolerance: float
    phase_offset: float | None
    """None if the phases cannot be compared."""
    phase_tolerance: float

    @property
    def rank(self) -> tuple[bool, int, bool, float]:
        """Sort key, best agreement first: the same period, simple multiples, known phases, small differences."""
        ratio = self.ratio
        return ratio != 1, ratio.numerator * ratio.denominator, self.phase_offset is None, self.misfit

    @property
    def misfit(self) -> float:
        """Larger of the two differences, in tolerances: 0 to 1."""
        phase = 0.0 if self.phase_offset is None else _offset_in_tolerances(self.phase_offset, self.phase_tolerance)
        return max(_offset_in_tolerances(self.period_offset, self.period_tolerance), phase)


def _offset_in_tolerances(offset: float, tolerance: float) -> float:
    return abs(offset) / tolerance if tolerance > 0 else 0.0


def compare(known: Ephemeris, other: Ephemeris, *, whole: bool = False) -> Agreement | None:
    """Compare two ephemerides.

    Parameters
    ----------
    known, other : Ephemeris
        Of finite, positive periods.
    whole : bool
        Whether only whole multiples of a period, and whole parts, are the same signal. Planets in resonance have periods such as 3:2.

    Returns
    -------
    Agreement or None
        None if they are not of the same signal. Of several multiples, the simplest.
    """
    most = MOST * other.period
    for ratio, number in _WHOLE if whole else _NUMBERS:
        period_offset = other.period - number * known.period
        if abs(period_offset) > most:
            continue
        tolerance = min(_period_tolerance(known, other, number), most)
        if abs(period_offset) > tolerance:
            continue
        offset, phase_tolerance, grid = _phase_difference(known, other, ratio)
        if phase_tolerance >= INFORMATIVE * grid:
            if ratio == 1:
                return Agreement(ratio, period_offset, tolerance, None, phase_tolerance)
        elif abs(offset) <= phase_tolerance:
            return Agreement(ratio, period_offset, tolerance, offset, phase_tolerance)
    return None


def _half_duration(known: Ephemeris, other: Ephemeris) -> float:
    return min(filter(None, (known.duration, other.duration)), default=0.0) / 2


def _period_tolerance(known: Ephemeris, other: Ephemeris, ratio: float) -> float:
    cycles = max(min(known.span, other.span) / other.period, 1.0)
    margins = math.hypot(ratio * known.period_margin, other.period_margin)
    return margins + _half_duration(known, other) / cycles


def _phase_difference(known: Ephemeris, other: Ephemeris, ratio: Fraction) -> tuple[float, float, float]:
    """Return the difference of phases, its tolerance, and the period of the grid that both lie on."""
    grids = [
        (known.period / ratio.denominator, known.period_margin / ratio.denominator),
        (other.period / ratio.numerator, other.period_margin / ratio.numerator),
    ]
    grid, margin = min(grids, key=lambda one: one[1] / one[0])
    apart = other.epoch - known.epoch
    cycles = round(apart / grid)
    epochs = math.hypot(known.epoch_margin, other.epoch_margin)
    return apart - cycles * grid, _half_duration(known, other) + math.hypot(epochs, cycles * margin), grid

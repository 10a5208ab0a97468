"""The filter by exposure time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.errors import QueryError, UnknownNameError
from tess_source.files.exposure import EFFECTIVE, OF_IMAGES, TOLERANCE
from tess_source.hooks.records import Filter
from tess_source.wording import Wording

from .values import Span, any_of, items, number, span, text_of

if TYPE_CHECKING:
    from tess_source.tables.listing import Products

__all__ = ["FILTERS", "Exptimes", "is_near", "nominal"]

WORDS = {"fast": 20.0, "short": 120.0}
"""Cadences of targets [s]; the third word, ``ffi``, is no single number."""
TARGET_KINDS = ("lc", "fast-lc", "tp", "fast-tp", "dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs")
"""What SPOC makes of targets, never of full-frame images (its products of these are called TESS-SPOC)."""


@dataclass(frozen=True, slots=True)
class Exptimes:
    """Exposure times that are wanted: any of these."""

    times: tuple[float, ...]
    """Single nominal times [s]."""
    ranges: tuple[Span, ...]
    """Ranges [s], ends included."""
    ffi: bool
    """Whatever was made from full-frame images."""

    @classmethod
    def of(cls, value: Any) -> Exptimes:
        """Read numbers [s], words, ranges, or a list of these.

        Raises
        ------
        ValueError, TypeError
            If it is none of these.
        """
        times, ranges, ffi = set(), set(), False
        for item in items(value):
            word = item.strip().lower() if isinstance(item, str) else None
            if word in {"ffi", "long"}:  # the latter is lightkurve's word
                ffi = True
            elif word in WORDS:
                times.add(WORDS[word])
            elif word is not None and word.isalpha():
                raise UnknownNameError("exposure time", item, _word_choices())
            else:
                part = span(item, seconds)
                if part.single:
                    times.add(_nominal_time(float(part.least or 0)))
                else:
                    ranges.add(part)
        return cls(tuple(sorted(times)), tuple(sorted(ranges, key=str)), ffi)

    def __str__(self) -> str:
        return ",".join([*map(text_of, self.times), *map(str, self.ranges), *(["ffi"] if self.ffi else [])])


def seconds(value: Any) -> float:
    """Return one exposure time [s], given as a number or an astropy Quantity.

    Raises
    ------
    QueryError
        If it is no time; the message names the words.
    ValueError
        If it is negative.
    """
    try:
        read = float(number(value.to_value("s") if hasattr(value, "to_value") else value))
    except (ValueError, TypeError) as error:
        range_ = Wording("'20..200' or (20, 200)", "20..200")
        raise QueryError(f"{error}; give seconds, a range such as ", range_, ", or a word: fast, short, ffi") from error
    if read < 0:
        raise ValueError(f"an exposure time cannot be negative: {value!r}")
    return read


def is_near(column: pl.Expr, time: float | pl.Expr) -> pl.Expr:
    """Return a mask of the exposure times that are the same as one [s], within `TOLERANCE`."""
    return column.is_between(time * (1 - TOLERANCE), time * (1 + TOLERANCE))


def nominal(column: pl.Expr) -> pl.Expr:
    """Return nominal exposure times [s]: effective ones of full-frame images are replaced, others stay, NaN becomes null."""
    column = column.fill_nan(None)
    for time in OF_IMAGES:
        column = pl.when(is_near(column, time * EFFECTIVE)).then(time).otherwise(column)
    return column


def _nominal_time(time: float) -> float:
    """Return the nominal time of one exposure time, as `nominal` does for a column."""
    return next((t for t in OF_IMAGES if abs(time - t * EFFECTIVE) <= TOLERANCE * t * EFFECTIVE), time)


def _mask(products: Products, value: Exptimes) -> pl.Expr:
    time = nominal(pl.col("exptime"))
    masks = [is_near(time, wanted) for wanted in value.times] + [part.holds(time) for part in value.ranges]
    if value.ffi:
        masks.append(_is_ffi(time))
    return any_of(masks)


def _is_ffi(time: pl.Expr) -> pl.Expr:
    """Return a mask of what was made from full-frame images: by its exposure time, unless SPOC made it of a target."""
    of_target = (pl.col("pipeline") == "SPOC") & pl.col("kind").is_in(TARGET_KINDS)
    return any_of(is_near(time, ffi) for ffi in OF_IMAGES) & ~of_target.fill_null(False)


def _criteria(value: Exptimes) -> Mapping[str, Any]:
    """Return the archive's criterion for 20 s, which saves listing 20 times as many targets; none for other times."""
    fast = Exptimes((WORDS["fast"],), (), ffi=False)
    return {"t_exptime": [20 * (1 - TOLERANCE), 20 * (1 + TOLERANCE)]} if value == fast else {}


def _word_choices() -> Sequence[str]:
    return (*WORDS, "ffi")


FILTERS = (
    Filter(
        "exptime",
        _mask,
        "exposure time [s]: 120; 20..200; fast (20), short (120), ffi (200, 600, 1800)",
        check=Exptimes.of,
        multiple=True,
        metavar="SECONDS",
        choices=_word_choices,
        criteria=_criteria,
        also=("cadence",),
    ),
)

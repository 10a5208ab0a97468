"""Times as users give them and as names tell them: the filter ``time``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import inf
from typing import Any

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.wording import Wording
from tess_source_filters.values import Span, any_of, items, span

__all__ = ["STAMP", "Times", "instant"]

STAMP = "%Y-%m-%dT%H:%M:%S"
"""Form of the column `start`."""
EXAMPLES = Wording(
    "'2022-09-02T18:00', ('2022-09-02', '2022-09-03'), a datetime or an astropy Time",
    "2022-09-02T18:00, 2022-09-02..2022-09-03 or '>=2022-09-02'",
)
NUMBER = "a number could be MJD, JD or BTJD"
DAY = 86400.0
FARTHEST = 2e11
"""Times farther from 1970 than this are none [s]: Python writes years up to 9999."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Times:
    """Times that are wanted: any of these. They are seconds of UTC since 1970."""

    instants: tuple[float, ...] = ()
    """An image is wanted if it was being exposed then."""
    ranges: tuple[Span, ...] = ()
    """An image is wanted if it starts then."""

    @classmethod
    def of(cls, value: Any) -> Times:
        """Read a time, a range of times, or a list of these.

        Parameters
        ----------
        value : object
            Text in UTC; a datetime (UTC, unless it has a time zone), a numpy datetime64, or an astropy Time. A date alone is its
            whole day. ``(first, last)``, a slice, ``"first..last"``, ``">=first"`` and ``"<last"`` are ranges, in which a date means its
            midnight.

        Raises
        ------
        QueryError
            If it is none of these.
        """
        try:
            parts = [_part(item) for item in items(_plain(value))]
        except (ValueError, TypeError) as error:
            raise QueryError(f"{error}; give e.g. ", EXAMPLES) from error
        instants = sorted({part for part in parts if isinstance(part, float)})
        ranges = sorted({part for part in parts if isinstance(part, Span)}, key=str)
        return cls(tuple(instants), tuple(ranges))

    def holds(self, start: pl.Expr, exptime: pl.Expr) -> pl.Expr:
        """Return a mask of the images that are wanted, given their start [s since 1970] and exposure time [s]."""
        shown = [(start <= time) & (start + exptime > time) for time in self.instants]
        return any_of([*shown, *(part.holds(start) for part in self.ranges)])

    def meets(self, first: float, last: float) -> bool:
        """Return whether a time that is wanted lies between two others [s since 1970]."""
        return any(first <= time <= last for time in self.instants) or any(
            (part.least is None or part.least <= last) and (part.greatest is None or part.greatest >= first)
            for part in self.ranges
        )

    def length(self, exptime: float) -> float:
        """Return how long the times are together [s]; each instant counts as one exposure."""
        ends = ((part.least, part.greatest) for part in self.ranges)
        ranges = (inf if first is None or last is None else last - first for first, last in ends)
        return exptime * len(self.instants) + sum(ranges)

    def __str__(self) -> str:
        return ",".join([*map(_text, self.instants), *map(_range_text, self.ranges)])


def _plain(value: Any) -> Any:
    """Return numpy's times as Python's; all else as it is."""
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":
        return value.astype("datetime64[us]").tolist()
    return value


def _part(item: Any) -> float | Span:
    """Return one time, or a range."""
    if isinstance(item, str) and _DATE.fullmatch(item.strip()):
        return _day(instant(item))
    if isinstance(item, date) and not isinstance(item, datetime):
        return _day(instant(item))
    if isinstance(item, range):
        raise TypeError(f"{item!r} is no range of times")
    part = span(item, instant, _text)
    return float(part.least or 0) if part.single else part


def _day(start: float) -> Span:
    return Span(start, start + DAY, below=True)


def instant(value: Any) -> float:
    """Return one time as seconds of UTC since 1970.

    Raises
    ------
    ValueError, TypeError
        If it is none.
    """
    value = _plain(value)
    if hasattr(value, "unix"):  # an astropy Time
        found = float(value.unix)
    elif isinstance(value, str):
        found = _seconds(_datetime(value.strip()))
    elif isinstance(value, datetime):
        found = _seconds(value)
    elif isinstance(value, date):
        found = _seconds(datetime(value.year, value.month, value.day))
    else:
        raise TypeError(f"{value!r} is no time: {NUMBER}")
    if not abs(found) < FARTHEST:
        raise ValueError(f"{value!r} is no time")
    return found


def _datetime(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if re.fullmatch(r"[-+.\d]+", text):
            raise ValueError(f"{text!r} is no time in UTC: {NUMBER}") from None
        raise ValueError(f"{text!r} is no time in UTC") from None


def _seconds(time: datetime) -> float:
    """Return a time as seconds since 1970; without a time zone it is UTC."""
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH).total_seconds()


def _text(time: float) -> str:
    """Return a time as text that reads back the same, to the microsecond."""
    return (_EPOCH + timedelta(seconds=time)).isoformat().removesuffix("+00:00")


def _range_text(part: Span) -> str:
    ends: Iterable[float] = [end for end in (part.least, part.greatest) if end is not None]
    first, *rest = map(_text, ends)
    if rest:
        return first[: -len("T00:00:00")] if part.below else f"{first}..{rest[0]}"
    if part.least is not None:
        return f">{'' if part.above else '='}{first}"
    return f"<{'' if part.below else '='}{first}"

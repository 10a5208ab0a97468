"""What users may write for one number or word, or many: read strictly, in one place for all filters."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from numbers import Integral, Real
from operator import or_
from typing import Any

from tess_source._lazy import pl
from tess_source.units import plain_list, plain_number

__all__ = ["Span", "any_of", "flag", "items", "number", "span", "text_of", "whole"]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HYPHENATED = re.compile(r"\s*([0-9.]+)\s*[-–]\s*([0-9.]+)\s*")
_COMPARISON = re.compile(r"(>=|<=|>|<)\s*(.+)", re.DOTALL)
_LARGEST = 2**63


def items(value: Any, *, split: bool = True) -> list[Any]:
    """Return one value or many as a flat list.

    Parameters
    ----------
    value : object
        A word or number; text with commas; a list, set, array or column of these, nested as they come. Tuples, slices and ranges are
        left whole: what they mean depends on the filter.
    split : bool
        Whether commas in text separate items.

    Returns
    -------
    list
        Not empty. Numbers of numpy have become Python's.

    Raises
    ------
    ValueError
        If there is nothing in it: an empty list would keep nothing, which is hardly meant.
    TypeError
        If it holds what no filter takes: True, None, a mapping, bytes, or an iterator (it could be read only once).
    """
    found = list(_flat_items(value, split))
    if not found:
        raise ValueError("an empty list would keep nothing; leave the filter out, or give None, to keep everything")
    return found


def _flat_items(value: Any, split: bool) -> Iterator[Any]:
    if isinstance(value, str):
        yield from _split_words(value, split)
    elif isinstance(value, tuple | slice | range):
        yield value
    elif hasattr(value, "to_value"):  # an astropy Quantity: keeps its unit
        yield from value if getattr(value, "shape", ()) else (value,)
    elif hasattr(value, "tolist") or hasattr(value, "to_list"):  # numpy, pandas, astropy; polars
        yield from _flat_items(plain_list(value), split)
    elif value is None or isinstance(value, bool | bytes | Mapping | Iterator):
        reason = "can be read only once; make it a list" if isinstance(value, Iterator) else "is no value to choose by"
        raise TypeError(f"{value!r} {reason}")
    elif isinstance(value, Iterable):
        for item in value:
            yield from _flat_items(item, split)
    else:
        yield value


def _split_words(text: str, split: bool) -> Iterator[str]:
    for word in text.split(",") if split else [text]:
        if not word.strip():
            raise ValueError("there is an empty word in it")
        yield word.strip()


def number(value: Any) -> float:
    """Return one finite number.

    Parameters
    ----------
    value : object
        A real number, or text that is one.

    Returns
    -------
    int or float
        An int where it was written as one, so that long ids keep all their digits.

    Raises
    ------
    ValueError
        If it is not finite, or text that is no number.
    TypeError
        If it is no number at all; True and False are none.
    """
    value = plain_number(value)
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            hyphenated = _HYPHENATED.fullmatch(value)
            hint = f"; a range is written {hyphenated[1]}..{hyphenated[2]}" if hyphenated else ""
            raise ValueError(f"{value!r} is not a number{hint}")
        value = int(value) if re.fullmatch(r"\s*[+-]?[0-9]+\s*", value) else float(value)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{value!r} is not a number")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return int(value) if isinstance(value, Integral) and abs(int(value)) < _LARGEST else float(value)


def whole(value: Any) -> int:
    """Return one whole number that is not negative; 14.0 is one, as columns with nulls hold floats.

    Raises
    ------
    ValueError, TypeError
        If it is not.
    """
    read = number(value)
    if read != int(read) or not 0 <= read < _LARGEST:
        raise ValueError(f"{value!r} is not a whole number from 0")
    return int(read)


def flag(value: Any) -> bool:
    """Return True or False, of Python or numpy.

    Raises
    ------
    TypeError
        If it is neither True nor False.
    """
    value = plain_number(value)
    if not isinstance(value, bool):
        raise TypeError("give True or False")
    return value


@dataclass(frozen=True, slots=True)
class Span:
    """All numbers between two ends; None is an open end."""

    least: float | None = None
    greatest: float | None = None
    above: bool = False
    """Whether `least` itself is left out."""
    below: bool = False
    """Whether `greatest` itself is left out."""

    def __post_init__(self) -> None:
        if self.least is None and self.greatest is None:
            raise ValueError("a range needs at least one end")
        if self.least is not None and self.greatest is not None and self.least > self.greatest:
            raise ValueError(_backwards(self.least, self.greatest, text_of))

    @property
    def single(self) -> bool:
        """Whether it is one number."""
        return self.least is not None and self.least == self.greatest

    def holds(self, column: pl.Expr) -> pl.Expr:
        """Return a mask of the values of a column that lie in it."""
        return column == self.least if self.single else self.meets(column, column)

    def meets(self, first: pl.Expr, last: pl.Expr) -> pl.Expr:
        """Return a mask of the ranges from `first` to `last`, both included, that have a number in it."""
        mask = pl.lit(True)
        if self.least is not None:
            mask &= last > self.least if self.above else last >= self.least
        if self.greatest is not None:
            mask &= first < self.greatest if self.below else first <= self.greatest
        return mask

    def __str__(self) -> str:
        """Return the text that `span` reads."""
        if self.single and self.least is not None:
            return text_of(self.least)
        if self.least is not None and self.greatest is not None:
            return f"{text_of(self.least)}..{text_of(self.greatest)}"
        if self.least is not None:
            return f">{'' if self.above else '='}{text_of(self.least)}"
        return f"<{'' if self.below else '='}{text_of(self.greatest)}"


def _backwards(least: float, greatest: float, show: Callable[[float], str]) -> str:
    return f"the range {show(least)}..{show(greatest)} runs backwards"


def span(value: Any, read: Callable[[Any], float] = number, show: Callable[[float], str] | None = None) -> Span:
    """Return one number or a range as a span.

    Parameters
    ----------
    value : object
        A number; ``(least, greatest)`` or a slice, both ends included, None or infinity for an open end; text: ``"5"``, ``"5..9"``,
        ``">=5"``, ``"<9"``.
    read : callable
        Reads one number, e.g. with a unit.
    show : callable, optional
        Returns a number as it may stand in an error.

    Raises
    ------
    ValueError, TypeError
        If it is none of these.
    """

    def between(least: float | None, greatest: float | None) -> Span:
        if show and least is not None and greatest is not None and least > greatest:
            raise ValueError(_backwards(least, greatest, show))
        return Span(least, greatest)

    if isinstance(value, slice):
        if value.step is not None:
            raise ValueError("a range of such numbers has no step")
        value = (value.start, value.stop)
    if isinstance(value, tuple):
        if len(value) != 2:
            raise ValueError("a tuple is a range: (least, greatest); give a list for several values")
        least, greatest = value
        return between(_end_of_span(least, read), _end_of_span(greatest, read))
    if not isinstance(value, str):
        return _single_span(read(value))
    if match := _COMPARISON.fullmatch(value.strip()):
        return _span_of_comparison(match[1], read(match[2]))
    ends = [end.strip() for end in value.split("..", 1)]
    if len(ends) == 2 and "" in ends and any(ends):
        open_range = f">={ends[0]}" if ends[0] else f"<={ends[1]}"
        raise ValueError(f"{value!r} lacks an end; an open range is written {open_range!r}")
    return between(read(ends[0]), read(ends[1])) if len(ends) == 2 else _single_span(read(value))


def _single_span(value: float) -> Span:
    return Span(value, value)


def _end_of_span(value: Any, read: Callable[[Any], float]) -> float | None:
    infinite = isinstance(value, Real) and math.isinf(value)
    return None if value is None or infinite else read(value)


def _span_of_comparison(sign: str, value: float) -> Span:
    if sign[0] == ">":
        return Span(least=value, above=sign == ">")
    return Span(greatest=value, below=sign == "<")


def text_of(value: float | None) -> str:
    """Return a number as text that reads back the same, whole ones without a fraction."""
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else repr(value)


def any_of(masks: Iterable[pl.Expr]) -> pl.Expr:
    """Return one mask: true where any of the masks is, never null; false if there are no masks."""
    return reduce(or_, [mask.fill_null(False) for mask in masks], pl.lit(False))

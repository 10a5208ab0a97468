"""What a user may ask of the archive's columns, checked before the archive is asked: nothing is skipped in silence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from tess_source.errors import QueryError, UnknownNameError
from tess_source.wording import Wording, keyword
from tess_source_mast.defaults import DEFAULTS, defaults
from tess_source_mast.mashup import is_interval

__all__ = ["DEFAULTS", "checked", "columns_of"]

_RANGE = re.compile(r"\s*([^.\s]\S*?|\.\d\S*?)\s*\.\.\s*(\S+)\s*")


def columns_of(config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the columns of a configuration that users may ask for, as astroquery does."""
    return {name: column for name, column in config.items() if name != "_selected_" and not column.get("remove")}


def checked(
    criteria: Mapping[str, Any], config: Mapping[str, Any], wildcards: bool, added: Mapping[str, Any] | None = None
) -> dict[str, list[Any]]:
    """Check criteria and return them in the form that the portal's filters take, with the defaults.

    Parameters
    ----------
    criteria : dict
        Column → value, list of values, ``[least, greatest]`` for numbers with a fraction, or None: any value.
    config : dict
        The archive's column configuration.
    wildcards : bool
        Whether ``*`` and ``%`` stand for any text.
    added : dict, optional
        Criteria that are added if the same column is not given; if None, `tess_source_mast.defaults.defaults`.

    Returns
    -------
    dict
        Column, as the archive spells it → list of values.

    Raises
    ------
    UnknownNameError
        For a column that the archive does not have.
    QueryError
        For a value that the column cannot take.
    """
    columns = columns_of(config)
    spelling = {name.lower(): name for name in columns}
    given: dict[str, Any] = {}
    for name, value in criteria.items():
        if name.lower() not in spelling:
            raise UnknownNameError("criterion", name, columns)
        given[spelling[name.lower()]] = value
    wanted = {**(defaults(criteria) if added is None else added), **given}
    first = [name for name in DEFAULTS if name in wanted]  # one order, whether they were given or added
    return {
        name: _checked_values(name, value, columns.get(name, {}), wildcards)
        for name, value in {**{name: wanted[name] for name in first}, **wanted}.items()
        if value is not None
    }


def _checked_values(name: str, value: Any, column: Mapping[str, Any], wildcards: bool) -> list[Any]:
    kind = column.get("vot.datatype", column.get("type"))
    if is_interval(column):
        return _checked_interval(name, value)
    values = list(dict.fromkeys(_checked_value(name, item, kind) for item in _list_of(value)))
    if not values:
        raise QueryError(f"criterion {name!r} is an empty list; leave it out, or give a value")
    wild = [item for item in values if isinstance(item, str) and ("*" in item or "%" in item)]
    if wild and not wildcards:
        raise QueryError(
            f"criterion {name!r} holds {wild[0]!r}, and the archive takes * and % for any text: if that is meant, pass ",
            keyword("wildcards", True),
            "; they cannot be asked for as they are",
        )
    if len(wild) > 1:
        raise QueryError(f"criterion {name!r} has {len(wild)} values with wildcards; the archive takes one a column")
    return values


def _list_of(value: Any) -> list[Any]:
    """Return one value or many as a list: from a list, tuple, set, range, array or column."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable) or getattr(value, "ndim", 1) == 0:
        return [value]
    if isinstance(value, Mapping):
        raise QueryError(f"{value!r} is no list of values")
    return sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)


def _checked_value(name: str, value: Any, kind: Any) -> Any:
    """Check and return one value of a column of text, whole numbers or truth values."""
    value = _python_value(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, float) or not isinstance(value, str | int):
        raise QueryError(f"criterion {name!r} cannot take {value!r}; give text or a whole number, or a list of them")
    if isinstance(value, str) and not value:
        raise QueryError(f"criterion {name!r} cannot be an empty text; give None for any value")
    whole = kind in {"int", "long", "short", "number"}
    if whole and (isinstance(value, bool) or not re.fullmatch(r"[+-]?\d+|.*[*%].*", str(value))):
        raise QueryError(f"criterion {name!r} is a whole number; {value!r} is not")
    return value


def _checked_interval(name: str, value: Any) -> list[Any]:
    """Check and return the two ends of an interval."""
    if isinstance(value, str) and (match := _RANGE.fullmatch(value)):
        value = [match[1], match[2]]
    ends = [value.start, value.stop] if isinstance(value, slice) else _list_of(value)
    if len(ends) != 2:
        shown = ends[0] if len(ends) == 1 and isinstance(_python_value(ends[0]), int | float) else "x"
        raise QueryError(
            f"criterion {name!r} is a number with a fraction: give ",
            Wording("[least, greatest]", f"{name}=least..greatest"),
            f", not {value!r}; ",
            Wording(f"[{shown}, {shown}]", f"{name}={shown}..{shown}"),
            " for exactly one value",
        )
    least, greatest = (_finite_number(name, end) for end in ends)
    if least > greatest:
        raise QueryError(f"criterion {name!r}: the least value comes first, {least!r} is greater than {greatest!r}")
    return [least, greatest]


def _finite_number(name: str, value: Any) -> Any:
    value = _python_value(value)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise QueryError(
            f"criterion {name!r} needs two finite numbers, ", Wording("[least, greatest]", "least..greatest")
        )
    return value


def _python_value(value: Any) -> Any:
    """Return a scalar of numpy as Python's own."""
    if isinstance(value, str | bool | int | float):
        return getattr(value, "item", lambda: value)()
    if type(value).__name__ in {"bool", "bool_"}:
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value

"""Records of questions to archives in plain values, so that a question can be repeated exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from math import isfinite
from typing import Any

from tess_source._lazy import whole
from tess_source.errors import LockError
from tess_source.targets.target import Query, Target
from tess_source.units import plain_list, plain_number

__all__ = ["plain", "query_from", "question", "restored", "target_from"]


def question(query: Query) -> dict[str, Any]:
    """Return a question in plain values.

    Parameters
    ----------
    query : Query

    Returns
    -------
    dict
        ``targets``: texts such as ``"TIC 16740101"``, or for names and places a dict with tic, ra, dec [deg], radius [arcsec] and
        resolver as far as known; ``criteria``: column → value; ``defaults``: criteria that archives added; ``wildcards``, if they are used;
        ``large``, if the answer may be large; ``gaps``: rows of the list of targets that had none and were passed over. The last four are
        there only if there are any.
    """
    asked: dict[str, Any] = {
        "targets": [_target_record(target) for target in query.targets],
        "criteria": _plain_criteria(query.criteria),
    }
    asked |= {"defaults": _plain_criteria(query.defaults)} if query.defaults else {}
    asked |= {"wildcards": True} if query.wildcards else {}
    asked |= {"large": True} if query.large else {}
    return asked | ({"gaps": list(query.gaps)} if query.gaps else {})


def query_from(asked: Mapping[str, Any]) -> Query:
    """Return the question that `question` recorded.

    Raises
    ------
    LockError
        If the record cannot be understood.
    """
    try:
        targets = tuple(target_from(target) for target in asked.get("targets", ()))
        criteria = _criteria_from(asked.get("criteria", {}))
        defaults = _criteria_from(asked["defaults"]) if "defaults" in asked else None
    except (TypeError, ValueError, AttributeError) as error:
        raise LockError(f"the recorded question cannot be understood: {error}") from error
    gaps = tuple(asked.get("gaps", ()))
    wildcards, large = bool(asked.get("wildcards", False)), bool(asked.get("large", False))
    return Query(targets, criteria, wildcards, gaps=gaps, defaults=defaults, large=large)


def _plain_criteria(criteria: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in sorted(criteria.items())}


def _criteria_from(recorded: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): restored(value) for name, value in recorded.items()}


def _target_record(target: Target) -> Any:
    if target == Target(target.text, tic=target.tic) and target.tic is not None:
        return f"TIC {target.tic}"
    return {name: plain(value) for name, value in asdict(target).items() if value is not None}


def target_from(recorded: Any) -> Target:
    """Return a target that was recorded: a text such as ``"TIC 16740101"``, or a mapping with the fields of `Target`.

    Raises
    ------
    ValueError, TypeError
        If it is neither, or a field is not of its type.
    """
    if isinstance(recorded, str):
        return Target(recorded, tic=int(recorded.removeprefix("TIC ")))
    target = Target(**recorded)
    for name, value in asdict(target).items():
        fits = isinstance(value, _TYPES[name]) and not isinstance(value, bool)
        if not fits or (isinstance(value, float) and not isfinite(value)):
            raise ValueError(f"a target has {name}={value!r}")
    return target


_NUMBER = int | float | None
_TYPES = {
    "text": str, "tic": int | None, "ra": _NUMBER, "dec": _NUMBER, "radius": _NUMBER, "resolver": str | None,
}  # fmt: skip


def plain(value: Any) -> Any:
    """Return a value of a filter or criterion in a form that a text file can hold.

    Tuples, ranges, slices and quantities, which differ in meaning from lists, become a dict with one entry. A value that cannot be written
    becomes ``{"unwritable": …}``, so that a record can always be made.
    """
    value = plain_number(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if (time := _text_of_time(value)) is not None:
        return time
    if isinstance(value, Mapping):
        return {"mapping": [[plain(key), plain(item)] for key, item in value.items()]}
    if hasattr(value, "to_value") and hasattr(value, "unit"):
        return {"quantity": [plain(value.value), str(value.unit)]}
    if (parts := _parts(value)) is not None:
        return parts
    return {"unwritable": f"{type(value).__name__} {value}"}


def _text_of_time(value: Any) -> Any:
    """Return a time of Python, numpy or astropy as text (ISO, UTC), and several as a list of such; None if it is no time."""
    if isinstance(value, date):
        return value.isoformat()
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":
        return plain(value.astype("datetime64[us]").tolist())
    if not hasattr(value, "isot"):
        return None
    exact = value.utc.copy()
    exact.precision = 6
    return plain(exact.isot)


def _parts(value: Any) -> Any:
    if isinstance(value, tuple):
        return {"tuple": list(map(plain, value))}
    if isinstance(value, range | slice):
        return {type(value).__name__: [plain(value.start), plain(value.stop), plain(value.step)]}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=lambda item: (str(type(item)), str(item)))
    if isinstance(value, list):
        return list(map(plain, value))
    is_array = any(hasattr(value, name) for name in ("tolist", "to_list"))  # numpy, pandas, astropy; polars
    return plain(plain_list(value)) if is_array else None


def restored(value: Any) -> Any:
    """Return the value that `plain` recorded.

    Raises
    ------
    LockError
        If the value could not be written, or is no recorded value.
    """
    try:
        return _restored(value)
    except LockError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        raise LockError(f"{str(value)[:60]} is no recorded value: {error}") from error


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(_restored, value))
    if not isinstance(value, Mapping):
        return value
    ((form, parts),) = _items_of_one(value)
    if form not in _FORMS:
        raise LockError(f"a value could not be written when this was recorded: {parts}")
    return _FORMS[form](map(_restored, parts))


def _quantity(parts: Iterator[Any]) -> Any:
    whole("astropy")
    from astropy.units import Quantity

    return Quantity(*parts)


_FORMS: dict[str, Callable[[Iterator[Any]], Any]] = {
    "tuple": tuple,
    "range": lambda parts: range(*parts),
    "slice": lambda parts: slice(*parts),
    "mapping": dict,
    "quantity": _quantity,
}


def _items_of_one(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if len(value) != 1:
        raise LockError(f"{dict(value)!r} is no recorded value")
    yield from value.items()

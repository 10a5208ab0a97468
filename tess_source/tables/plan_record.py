"""The record in the header of a saved plan, checked: the plan may come from anybody, and its record is used in many places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tess_source.errors import TableError
from tess_source.targets.recorded import target_from

__all__ = ["check_record"]

DEEPEST = 60
"""Most levels of lists and mappings in each other."""
_REPEATED = 20
"""How often a part of a record may be repeated by reference, on average."""

Shape = type | tuple[type, ...] | dict[str, Any] | list[Any]
"""What a value must be: of a type, or a mapping with these keys, if they are there, or a list of values of one shape."""

_NUMBER = (int, float)
_CRITERIA: Shape = {"": object}
SHAPES: dict[str, Shape] = {
    "question": {
        "targets": [(str, dict)], "criteria": _CRITERIA, "defaults": _CRITERIA, "wildcards": bool, "gaps": [str],
    },
    "nearest": [{"target": str, "tic": (int, type(None)), "arcsec": _NUMBER}],
    "filters": [
        {"filter": str, "value": str, "plugin": str, "kept": int, "dropped": int, "asked": object, "step": int},
    ],
    "server": str, "archives": [str], "time": str, "layout": str, "listed": bool, "unlisted": int, "files": int, "format": str,
    "versions": {"": (str, type(None))}, "plugins": {"": (str, type(None))},
}  # fmt: skip
"""Key of a record → shape of its value. The key "" of a mapping stands for any text. Further keys may have any plain value."""


def check_record(record: Mapping[Any, Any], size: int) -> None:
    """Check the record of a plan.

    Parameters
    ----------
    record : mapping
    size : int
        Number of characters of the text that it was read from, or more: a record that is far larger refers to itself.

    Raises
    ------
    TableError
        If a value is not of its type. The message names the key, and what would be right.
    """
    left = _REPEATED * (size + 1000)
    for key, value in record.items():
        left = _check_plain(value, repr(key), left, 0)
        if key in SHAPES:
            _check_shape(value, SHAPES[key], key)
        elif not isinstance(key, str):
            raise TableError(f"its header has the key {key!r}; a text would be right")
    for number, target in enumerate(record.get("question", {}).get("targets", ())):
        try:
            target_from(target)
        except (TypeError, ValueError) as error:
            raise TableError(f"'question.targets[{number}]' in its header is no target: {error}") from error


def _check_plain(value: Any, where: str, left: int, depth: int) -> int:
    """Check that a value can be written to a file as it is, and return how many values there may still be."""
    if left <= 0 or depth > DEEPEST:
        raise TableError(f"{where} in its header refers to itself, or is nested too deeply")
    if isinstance(value, Mapping):
        for key, part in value.items():
            left = _check_plain(part, where, _check_plain(key, where, left, depth + 1), depth + 1)
    elif isinstance(value, list | tuple):
        for part in value:
            left = _check_plain(part, where, left, depth + 1)
    elif isinstance(value, str):
        if not value.isascii():
            _check_text(value, where)
    elif not (value is None or isinstance(value, bool | int | float)):
        raise TableError(
            f"{where} in its header holds {type(value).__name__} {str(value)[:60]!r}; plain text would be right"
        )
    return left - 1


def _check_text(value: str, where: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise TableError(f"{where} in its header holds text that is no Unicode: {value[:60]!r}") from error


def _check_shape(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, dict):
        _check_type(value, dict, where)
        for key, part in value.items():
            _check_type(key, str, f"{where}.{key}")
            if (inner := shape.get(key, shape.get(""))) is not None:
                _check_shape(part, inner, f"{where}.{key}")
    elif isinstance(shape, list):
        _check_type(value, list, where)
        for number, part in enumerate(value):
            _check_shape(part, shape[0], f"{where}[{number}]")
    else:
        _check_type(value, shape, where)


_WORDS = {
    str: "a text", int: "a whole number", float: "a number", bool: "true or false", dict: "a mapping", list: "a list", type(None): "null",
}  # fmt: skip


def _check_type(value: Any, types: Any, where: str) -> None:
    wanted = types if isinstance(types, tuple) else (types,)
    if isinstance(value, wanted) and not (isinstance(value, bool) and bool not in wanted and object not in wanted):
        return
    right = " or ".join(_WORDS[one] for one in wanted)
    found = "null" if value is None else f"{_WORDS.get(type(value), type(value).__name__)}, {str(value)[:60]!r}"
    raise TableError(f"{where!r} in its header is {found}; {right} would be right")

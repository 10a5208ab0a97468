"""Parts of messages that Python and the program word differently: ``sector=14`` is ``--sector 14`` on the command line."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

__all__ = ["Wording", "criterion", "in_program", "keyword", "only_option", "option_name"]

_NO_VALUE = object()


@dataclass(frozen=True, slots=True)
class Wording:
    """A part of a message in two forms. An error takes such parts among its text: see `tess_source.errors.TessSourceError`."""

    python: str
    """The form for Python, e.g. ``sector=14``."""
    in_program: str
    """The form for the program, e.g. ``--sector 14``."""

    def __str__(self) -> str:
        return self.python


def keyword(name: str, value: Any = _NO_VALUE, *, option: str | None = None) -> Wording:
    """Return a keyword argument, which is an option in the program.

    Parameters
    ----------
    name : str
        E.g. ``"one_per_sector"``.
    value : object, optional
        Its value. True is left out in the program, where the option alone says it.
    option : str, optional
        The option, if its name is not that of the keyword, e.g. ``"--to"`` for ``root``.
    """
    option = option or option_name(name)
    if value is _NO_VALUE:
        return Wording(name, option)
    return Wording(f"{name}={value!r}", option if value is True else f"{option} {shlex.quote(str(value))}")


def only_option(name: str) -> Wording:
    """Return the option of a keyword argument as the beginning of a message of the program; nothing in Python."""
    return Wording("", f"{option_name(name)}: ")


def criterion(column: str, value: Any) -> Wording:
    """Return a criterion: a keyword argument, for which the program has one option, ``--criterion``."""
    return Wording(f"{column}={value!r}", f"--criterion {shlex.quote(f'{column}={value}')}")


def option_name(name: str) -> str:
    """Return the option of the program for a keyword argument: ``--one-per-sector`` for ``one_per_sector``."""
    return "--" + name.replace("_", "-")


def in_program(part: object) -> str:
    """Return a part of a message, or an error, in the form for the program."""
    return str(getattr(part, "in_program", part))

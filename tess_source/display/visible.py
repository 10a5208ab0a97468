"""Texts from elsewhere as a terminal or a page may show them: nothing in them acts, and no password is in them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from tess_source.display.front import erase_line

__all__ = ["beginning", "escaped", "logger", "visible", "visible_line"]

LONGEST_MESSAGE = 500
"""Letters of a message from a server that are shown."""

_USER = re.compile(r"(?<=://)(?!user:password@)[^\s/?#'\"<>]*@")
"""The user and password in an address. The words ``user:password`` themselves stay, for messages that say where to give them."""


def visible(text: object) -> str:
    r"""Return a text with its control characters as escapes, and without the passwords of addresses.

    What is shown as an escape is what Python's `repr` escapes too: C0 and C1 control characters, among them ESC and BEL; characters that
    have no width or turn the direction of writing; lone surrogates; blanks other than the plain one. Everything that is printed, logged
    or raised goes through this function; data in files and pipes do not.

    Parameters
    ----------
    text : object
        Texts, and anything else that has a form as text.

    Returns
    -------
    str
        E.g. ``\x1b[31m`` in nine plain characters. Line feeds stay; `visible_line` escapes them too.
    """
    return "\n".join(map(visible_line, str(text).split("\n")))


def visible_line(text: object) -> str:
    r"""Return a text as `visible` does, on one line: line feeds become ``\n``."""
    said = str(text)
    if "@" in said:
        said = _USER.sub("", said)
    return escaped(said, lambda one: repr(one)[1:-1])


def escaped(line: str, escape: Callable[[str], str]) -> str:
    """Return a line in which every character that is not to be seen, or acts, is replaced by what `escape` makes of it."""
    return line if line.isprintable() else "".join(one if one.isprintable() else escape(one) for one in line)


def beginning(message: str) -> str:
    """Return a message from elsewhere, of which only the beginning is shown if it is longer than any that is meant to be read."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"


class _Visible(logging.Filter):
    """Filter that lets every record through, with its message on one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        erase_line()
        said = record.getMessage()
        if (shown := visible_line(said)) != said:
            record.msg, record.args = shown, ()
        return True


_VISIBLE = _Visible()


def logger(name: str) -> logging.Logger:
    """Return the logger of a module, whose messages are shown as `visible_line` does, also by Python where no handler is set.

    Parameters
    ----------
    name : str
        The module's ``__name__``.
    """
    found = logging.getLogger(name)
    found.addFilter(_VISIBLE)  # the same filter is added only once
    return found

"""The general options of the program, which are read first because they decide which plugins, and so which other options, there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from tess_source.cli.user_path import UserPath
from tess_source.config import cache_path
from tess_source.download.addresses import words_of

__all__ = ["GENERAL_OPTIONS", "read_general_options"]


def _archives(context: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """Return the archives of the session whose names begin so."""
    session = context.find_root().obj
    return [name for name in session.registry.archives() if name.startswith(start)] if session else []


def _preferences(context: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """Return the values of ``--prefer`` that begin so."""
    session = context.find_root().obj
    return [word for word in words_of(session.registry.copies) if word.startswith(start)] if session else []


GENERAL_OPTIONS: tuple[click.Option, ...] = (
    click.Option(["--server"], metavar="URL", help="Use another server than MAST, e.g. a sample archive."),
    click.Option(
        ["--archive"],
        metavar="NAME",
        multiple=True,
        shell_complete=_archives,
        help="Names of the archives to ask, e.g. mast or catalogue; several with commas.",
    ),
    click.Option(["--without"], metavar="PLUGIN", multiple=True, help="Leave an installed plugin out."),
    click.Option(["--plugin"], metavar="FILE", multiple=True, type=UserPath(), help="Use a Python file as a plugin."),
    click.Option(
        ["--cache"],
        metavar="DIR",
        type=UserPath(cache_path),
        help="Use another cache folder, see `tess-source cache info`.",
    ),
    click.Option(["--offline"], is_flag=True, help="Open no connection: answer from the cache folder."),
    click.Option(
        ["--prefer"],
        metavar="WORD",
        help="Where files come from first: archive or cloud; with -only, from nowhere else.",
        shell_complete=_preferences,
    ),
    click.Option(
        ["--dask"],
        metavar="ADDRESS",
        help="Let the workers of a dask cluster do the work: its scheduler's address, e.g. tcp://host:8786, or local.",
    ),
    click.Option(
        ["--processes"],
        metavar="N",
        type=click.IntRange(1, 256),
        help="Let so many processes of this machine do what is much work; by default as set, or 1.",
    ),
    click.Option(["--insecure-redirects"], is_flag=True, help="Follow redirects from https to http."),
    click.Option(["-v", "--verbose"], count=True, help="Print more; give it twice for all details."),
    click.Option(["-q", "--quiet"], count=True, help="Print only what went wrong."),
)

_BY_FLAG = {flag: option for option in GENERAL_OPTIONS for flag in option.opts}
_LETTERS = {flag[1:] for flag in _BY_FLAG if not flag.startswith("--")}


def read_general_options(words: Sequence[str]) -> tuple[Mapping[str, Any], list[str]]:
    """Return the values of the general options, wherever they stand before ``--``, and the other words.

    Parameters
    ----------
    words : sequence of str
        A command line.

    Raises
    ------
    click.UsageError
        If a general option has a wrong value, or none.
    """
    command = click.Command(
        "tess-source",
        params=list(GENERAL_OPTIONS),
        options_metavar="[OPTIONS] COMMAND [ARGS]...",
        add_help_option=False,
    )
    context = click.Context(command, info_name="tess-source")
    general, others = _general_and_other_words(words, context)
    command.parse_args(context, general)
    return context.params, others


def _general_and_other_words(words: Sequence[str], context: click.Context) -> tuple[list[str], list[str]]:
    """Return the words of general options, and the other words, which are not interpreted."""
    general: list[str] = []
    others: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            return general, [*others, word, *left]
        flag, equals, _ = word.partition("=")
        option = _BY_FLAG.get(flag if flag.startswith("--") else word)
        if option is None and not _is_letters_only(word):
            others.append(word)
            continue
        general.append(word)
        if option is not None and not (option.is_flag or option.count or equals):
            value = next(left, "--")
            if value.startswith("-") and value != "-":
                raise click.BadOptionUsage(flag, f"Option {flag!r} requires an argument.", context)
            general.append(value)
    return general, others


def _is_letters_only(word: str) -> bool:
    """Return whether a word consists of general options of one letter each, as ``-vv``."""
    return word.startswith("-") and len(word) > 1 and set(word[1:]) <= _LETTERS

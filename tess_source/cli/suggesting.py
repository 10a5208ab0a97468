"""The right words for options and commands that do not exist."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tess_source.cli.general_options import GENERAL_OPTIONS
from tess_source.errors import nearest
from tess_source.synonyms import absent

__all__ = ["suggesting"]


def suggesting(error: click.ClickException) -> click.ClickException:
    """Return an error; one about an unknown option or command then names the right word, where click itself looks at the spelling only."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return error
    if isinstance(error, click.NoSuchOption):
        name, known = error.option_name, _option_names(context)
    elif (word := getattr(error, "command_name", None)) and isinstance(context.command, click.Group):  # click 8.4
        name, known = word, context.command.list_commands(context)
    else:
        return error
    return click.UsageError(f"{error.message}{_hint(name, known)}", context)


def _hint(name: str, known: Sequence[str]) -> str:
    """Return the end of a message in click's own words."""
    close = nearest(name, known)
    if len(close) > 1:
        return f" (Did you mean one of: {', '.join(map(repr, close))}?)"
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" {why[0].upper()}{why[1:]}." if (why := absent(name)) else ""


def _option_names(context: click.Context) -> list[str]:
    parameters = [*context.command.get_params(context), *GENERAL_OPTIONS]
    return [word for one in parameters for word in one.opts if isinstance(one, click.Option)]

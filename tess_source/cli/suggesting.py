"""The right words for options and commands that do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from tess_source.cli.general_options import GENERAL_OPTIONS
from tess_source.errors import nearest
from tess_source.session import Session
from tess_source.synonyms import absent, same_as

__all__ = ["suggesting"]

CRITERIA = frozenset(
    {
        "intenttype", "obs_collection", "project", "target_classification", "obs_id", "obsid", "objid", "s_ra", "s_dec", "proposal_pi",
        "proposal_id", "proposal_type", "calib_level", "t_min", "t_max", "t_obs_release", "em_min", "em_max", "obs_title", "s_region",
        "instrument_name", "wavelength_region", "datarights", "dataurl", "jpegurl",
    }
)  # fmt: skip
"""Columns of the archive's observation table for which there is no filter, in lower case; the archive may be out of reach."""


def suggesting(error: click.ClickException) -> click.ClickException:
    """Return an error, which names the right word if it is about an unknown option or command; click itself only looks at spelling."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return error
    if isinstance(error, click.NoSuchOption):
        hint = _hint_for_option(error.option_name, context)
    elif (word := getattr(error, "command_name", None)) and isinstance(context.command, click.Group):  # click 8.4
        hint = _hint(word, context.command.list_commands(context))
    else:
        return error
    return click.UsageError(f"{error.message}{hint}", context)


def _hint_for_option(name: str, context: click.Context) -> str:
    own = context.command.get_params(context)
    options = _option_names(own)
    arguments = {f"--{one.name}": one for one in own if isinstance(one, click.Argument)}
    close = nearest(name, [*arguments, *options])
    if close and close[0] in arguments:
        return f" Give {arguments[close[0]].make_metavar(context).strip('[].')} without an option."
    word = name.lstrip("-").replace("-", "_")
    if "--criterion" in options and word.lower() in CRITERIA and not same_as(name, options):
        return f" It is a column of the archive: --criterion {word}=VALUE."
    if "--criterion" in options and isinstance(context.obj, Session) and word in context.obj.registry.filters:
        return " It is for products, which are not listed here."
    general = _option_names(GENERAL_OPTIONS)
    best = nearest(name, [*options, *general])[:1]
    return _hint(name, options if {*best} & {*options} else general)


def _option_names(parameters: Iterable[click.Parameter]) -> list[str]:
    return [word for one in parameters for word in one.opts if isinstance(one, click.Option)]


def _hint(name: str, known: Sequence[str]) -> str:
    """Return the end of a message in click's own words."""
    close = nearest(name, known)
    if len(close) > 1:
        return f" (Did you mean one of: {', '.join(map(repr, close))}?)"
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" {why[0].upper()}{why[1:]}." if (why := absent(name)) else ""

"""``tess-source config``: the settings in effect, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from tess_source import config
from tess_source._lazy import pl
from tess_source.cli.printing import USAGE, format_option, note, print_rows, say
from tess_source.display.visible import visible_line
from tess_source.origins import in_effect
from tess_source.session import Session
from tess_source.wording import option_name

__all__ = ["commands"]


def commands(session: Session, given: Mapping[str, Any], wrong: Mapping[str, str]) -> click.Group:
    """Make ``tess-source config`` with its commands.

    Parameters
    ----------
    session : Session
    given : mapping
        The values of the general options.
    wrong : mapping
        Setting, or the config file → what is wrong with it, so that the default is used.
    """

    @click.group("config")
    def group() -> None:
        """Show the settings in effect, and where each comes from."""

    @group.command("show")
    @format_option
    def show(form: str) -> None:
        """Show the settings in effect, and where each comes from. That is an option, the environment, the config file, or the default.

        What makes no sense is left out and named, and the exit code is 2.
        """
        with config.leaving_out(problems := {**wrong, **config.faults()}):
            print_rows(pl.DataFrame(_rows(session, given)), form)
        file = config.config_file()
        note(f"config file: {file}{'' if file.is_file() else ' (there is none)'}")
        for problem in problems.values():
            say(visible_line(f"error: {problem}"))
        if problems:
            raise click.exceptions.Exit(USAGE)

    @group.command("path")
    def path() -> None:
        """Print the path of the config file, which need not exist."""
        click.echo(config.config_file())

    return group


def _rows(session: Session, given: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a row per setting. Where an option was given, it is named."""
    options = {"plugins": "plugin"}
    asked = {name: given.get(options.get(name, name)) for name in config.SETTINGS}
    return [
        {
            "setting": one.name,
            "value": one.value,
            "from": option_name(options.get(one.name, one.name)) if one.source == config.ARGUMENT else one.source,
            "meaning": one.said,
        }
        for one in in_effect(session.settings, asked)
    ]

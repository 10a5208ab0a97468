"""``tess-source config``: the settings in effect, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from tess_source import config
from tess_source._lazy import pl
from tess_source.cli.printing import format_option, note, print_rows
from tess_source.session import Session
from tess_source.settings import cache_folder
from tess_source.wording import option_name

__all__ = ["commands", "settings_in_effect"]


def commands(session: Session, given: Mapping[str, Any]) -> click.Group:
    """Make ``tess-source config`` with its commands.

    Parameters
    ----------
    session : Session
    given : mapping
        The values of the general options.
    """

    @click.group("config")
    def group() -> None:
        """Show the settings in effect, and where each comes from."""

    @group.command("show")
    @format_option
    def show(form: str) -> None:
        """Show the settings in effect, and where each comes from: an option, the environment, the config file, or the default."""
        print_rows(pl.DataFrame(settings_in_effect(session, given)), form)
        file = config.config_file()
        note(f"config file: {file}{'' if file.is_file() else ' (there is none)'}")

    @group.command("path")
    def path() -> None:
        """Print the path of the config file, which need not exist."""
        click.echo(config.config_file())

    return group


def settings_in_effect(session: Session, given: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a row per setting: its name, its value as text, where that comes from, and what it is. Secrets are left out.

    Parameters
    ----------
    session : Session
    given : mapping
        The values of the general options.
    """
    rows = []
    for name, setting in config.SETTINGS.items():
        option = given.get({"plugins": "plugin"}.get(name, name)) or None
        found = config.choice(name, option)
        origin = option_name({"plugins": "plugin"}.get(name, name)) if option is not None else found.origin
        value = _shown(session, name, found.value)
        rows.append({"setting": name, "value": value, "from": origin, "meaning": setting.said})
    return rows


def _shown(session: Session, name: str, value: Any) -> str:
    """Return a value as text. Servers are shown without user name and password."""
    if config.SETTINGS[name].secret:
        return "not set" if value is None else "set"
    if name == "server":
        return session.settings.server_name
    if name == "cache":
        return str(cache_folder(session.settings.cache))
    if name == "max_age" and value is None:
        return "1 day"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)

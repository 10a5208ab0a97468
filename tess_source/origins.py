"""The settings in effect, as texts, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from math import isinf
from typing import Any, NamedTuple

from tess_source import config
from tess_source.settings import Settings, archives_of, cache_folder, max_age

__all__ = ["InEffect", "in_effect"]


class InEffect(NamedTuple):
    """One setting."""

    name: str
    value: str
    source: str
    """``argument``, the name of an environment variable, the path of the config file, or ``default``."""
    said: str
    """What it is, in one line."""


def in_effect(settings: Settings, given: Mapping[str, Any] | None = None) -> list[InEffect]:
    """Return the settings of a session as texts. Secrets are left out.

    Parameters
    ----------
    settings : Settings
    given : mapping, optional
        Name → argument, of those that were given. By default, those that the settings tell.

    Raises
    ------
    QueryError
        If the config file or an environment variable cannot be understood.
    """
    known = _given(settings) if given is None else given
    found = []
    for name, setting in config.SETTINGS.items():
        choice = config.choice(name, known.get(name) or None)
        value = settings.archive or "all" if name == "archive" else choice.value
        found.append(InEffect(name, _shown(settings, name, value), choice.origin, setting.said))
    return found


def _given(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a session, as far as its settings tell."""
    resolved = {name: getattr(settings, name) for name in ("server", "jobs", "layout")}
    plain = ("cache", "max_age", "prefer", "offline", "token")
    return {
        "archive": settings.archive if settings.archive != archives_of(None) else None,
        **{name: getattr(settings, name) for name in plain},
        **{name: value for name, value in resolved.items() if value != config.chosen(name)},
    }  # fmt: skip


def _shown(settings: Settings, name: str, value: Any) -> str:
    if name == "server":
        return settings.server_name  # without user name and password
    if name == "cache":
        return str(cache_folder(settings.cache))
    if name == "max_age":
        age = max_age(settings.max_age)
        return "ever" if isinf(age) else f"{age / 3600:g} hours"
    if value is None or config.SETTINGS[name].secret:
        return "not set" if value is None else "set"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)

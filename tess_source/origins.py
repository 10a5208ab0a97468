"""The settings in effect, and where each comes from."""

from __future__ import annotations

import os
from typing import NamedTuple

from tess_source.settings import (  # fmt: skip
    NAMES,
    Settings,
    _configured,
    cache_folder,
    config_file,
    is_offline,
    max_age,
    preference,
)

__all__ = ["InEffect", "in_effect"]

ARGUMENT, DEFAULT = "argument", "default"


class InEffect(NamedTuple):
    """One setting."""

    name: str
    value: str
    source: str
    """``argument``, the name of an environment variable, the path of the config file, or ``default``."""


def in_effect(settings: Settings) -> list[InEffect]:
    """Return the settings of a session that decide what is asked, from where, and where files go.

    Raises
    ------
    QueryError
        If the config file or an environment variable cannot be understood.
    """
    age = max_age(settings.max_age)
    return [
        InEffect("server", settings.server_name, _source("server", _given_server(settings), "TESS_SOURCE_SERVER")),
        InEffect("cache", str(cache_folder(settings.cache)), _source("cache", settings.cache, "TESS_SOURCE_CACHE")),
        InEffect(
            "max_age",
            "ever" if age == float("inf") else f"{age / 3600:g} hours",
            _source("max_age", settings.max_age, "TESS_SOURCE_MAX_AGE"),
        ),
        InEffect("prefer", str(preference(settings.prefer)), _source("prefer", settings.prefer, "TESS_SOURCE_PREFER")),
        InEffect(
            "offline", str(is_offline(settings.offline)), _source("offline", settings.offline, "TESS_SOURCE_OFFLINE")
        ),
        InEffect("archive", ", ".join(settings.archive or ("all",)), ARGUMENT if settings.archive else DEFAULT),
        InEffect("jobs", str(settings.jobs), DEFAULT if settings.jobs == Settings(None).jobs else ARGUMENT),
    ]


def _given_server(settings: Settings) -> str | None:
    """Return the server if it is not that of the environment."""
    named = Settings(os.environ.get("TESS_SOURCE_SERVER") or None).server
    same = (named or "").rstrip("/") == (settings.server or "").rstrip("/")
    return None if same else settings.server


def _source(name: str, given: object, variable: str) -> str:
    if given is not None:
        return ARGUMENT
    if os.environ.get(variable):
        return variable
    return str(config_file()) if name in NAMES and _configured(name) is not None else DEFAULT

"""The types of options and arguments that are paths, or places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tess_source.errors import QueryError, UnsafePathError
from tess_source.object_store.path import ObjectPath, is_object_url
from tess_source.paths import user_path

__all__ = ["UserPath", "UserPlace"]


class UserPath(click.Path):
    """A path on the command line. ``~`` is expanded, since shells leave it as it is in ``--to=~/folder``.

    Parameters are those of `click.Path`, and a function that makes the path of a text.
    """

    def __init__(self, made: Callable[[str], Path] = user_path, **words: Any) -> None:
        super().__init__(**words)
        self._made = made

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:
        """Return ``DIR`` for a folder, as for all folders of the program."""
        return None if self.file_okay else "DIR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path as text, after the checks of `click.Path`."""
        try:
            path = self._made(value)
        except QueryError as error:
            self.fail(str(error), param, ctx)
        return super().convert(str(path), param, ctx)


class UserPlace(UserPath):
    """A path on the command line, or the URL of a place in an object store. What is there is not asked beforehand.

    Parameters are those of `click.Path`; they are for paths.
    """

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:
        """Return ``DIR|URL`` for a folder."""
        return None if self.file_okay else "DIR|URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path or the URL as text."""
        if not is_object_url(value):
            return super().convert(value, param, ctx)
        try:
            return str(ObjectPath.of(value))
        except (QueryError, UnsafePathError) as error:
            self.fail(str(error), param, ctx)

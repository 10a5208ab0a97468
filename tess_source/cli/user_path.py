"""The type of options and arguments that are paths."""

from __future__ import annotations

from typing import Any

import click

from tess_source.errors import QueryError
from tess_source.paths import user_path

__all__ = ["UserPath"]


class UserPath(click.Path):
    """A path on the command line. ``~`` is expanded, since shells leave it as it is in ``--to=~/folder``.

    Parameters are those of `click.Path`.
    """

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:
        """Return ``DIR`` for a folder, as for all folders of the program."""
        return None if self.file_okay else "DIR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path as text, after the checks of `click.Path`."""
        try:
            path = user_path(value)
        except QueryError as error:
            self.fail(str(error), param, ctx)
        return super().convert(str(path), param, ctx)

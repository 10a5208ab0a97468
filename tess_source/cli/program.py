"""The program ``tess-source``: its entry point, its general options and its exit codes.

Options of commands are made from declared filters. Data go to stdout, everything else to stderr. Exit codes: 0 success, 1 some failed,
2 usage, 3 nothing found, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from tess_source.cli import cache as cli_cache
from tess_source.cli import lock as cli_lock
from tess_source.cli.asking import in_program
from tess_source.cli.commands import own_commands
from tess_source.cli.printing import (  # fmt: skip
    INTERRUPTED,
    NOTHING,
    SOME_FAILED,
    USAGE,
    say,
)
from tess_source.errors import PluginError, QueryError, ResolverError, TessSourceError
from tess_source.hooks.discovery import GROUP, from_file
from tess_source.session import Session

if TYPE_CHECKING:
    pass

__all__ = ["build", "main"]

log: logging.Logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit.

    Parameters
    ----------
    arguments : sequence of str, optional
        In place of ``sys.argv[1:]``.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    early, rest = _general_options(words)
    with _log_on_stderr(early.verbose - early.quiet):
        try:
            session = Session(
                early.server,
                without=early.without,
                plugins=[from_file(path) for path in early.plugin],
                cache=early.cache,
                offline=early.offline or None,
            )
            code = build(session).main(args=rest, prog_name="tess-source", standalone_mode=False)
        except BaseException as error:  # noqa: BLE001  the one place where everything becomes an exit code
            code = _exit_code(error)
    sys.exit(code if isinstance(code, int) else 0)  # click gives the code of an early exit as the result


def _general_options(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return the general options, wherever they stand, and the other words: general options decide which plugins there are."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, prog="tess-source")
    parser.add_argument("--server")
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--plugin", action="append", default=[])
    parser.add_argument("--cache")
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("-v", "--verbose", action="count", default=0)
    parser.add_argument("-q", "--quiet", action="count", default=0)
    if "--" in words:
        cut = words.index("--")
        early, rest = parser.parse_known_args(words[:cut])
        return early, [*rest, *words[cut:]]
    return parser.parse_known_args(words)


def _exit_code(error: BaseException) -> int:
    """Print an error on stderr, and return the exit code."""
    match error:
        case SystemExit():
            return error.code if isinstance(error.code, int) else SOME_FAILED
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            error.show()
            return error.exit_code
        case KeyboardInterrupt() | click.Abort():
            say("interrupted")
            return INTERRUPTED
        case BrokenPipeError():
            sys.stderr.close()  # the reader of our output has left; nobody reads a message
            return SOME_FAILED
        case ResolverError():
            code = NOTHING
        case QueryError() | PluginError():
            code = USAGE
        case TessSourceError() | OSError():
            code = SOME_FAILED
        case Exception() if getattr(error, "__notes__", ()):  # a plugin failed: its name says more than our frames
            log.info("", exc_info=error)
            code = SOME_FAILED
        case _:
            raise error
    known = isinstance(error, TessSourceError | OSError)
    say(f"error: {error if known else f'{type(error).__name__}: {error}'}")
    for note in getattr(error, "__notes__", ()):
        say(f"  {note}")
    return code


@contextmanager
def _log_on_stderr(loudness: int) -> Iterator[None]:
    """Show log records on stderr while the program runs. Importing the package never does that."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(loudness, logging.DEBUG if loudness > 0 else logging.ERROR)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    ours = [logging.getLogger(name) for name in ("tess_source", *_plugin_loggers())]
    before = [(logger, logger.level) for logger in ours]
    for logger in ours:
        logger.addHandler(handler)
        logger.setLevel(level)
    try:
        yield
    finally:
        for logger, old in before:
            logger.removeHandler(handler)
            logger.setLevel(old)


def _plugin_loggers() -> list[str]:
    """Return the names of the top-level modules of installed plugins: their log records are shown like ours."""
    from importlib.metadata import entry_points

    names = {entry.value.partition(":")[0].partition(".")[0] for entry in entry_points(group=GROUP)}
    return sorted(names - {"tess_source"})


def build(session: Session) -> click.Group:
    """Return the program for a session, with the options and commands of its plugins.

    Parameters
    ----------
    session : Session

    Returns
    -------
    click.Group
        Call its ``main``.
    """

    @click.group(context_settings={"help_option_names": ["-h", "--help"], "obj": session, "max_content_width": 110})
    @click.version_option(package_name="tess-source")
    @click.option(
        "--server", metavar="URL", expose_value=False, help="Use another server than MAST, e.g. a sample archive."
    )
    @click.option(
        "--without", metavar="PLUGIN", multiple=True, expose_value=False, help="Leave an installed plugin out."
    )
    @click.option("--plugin", metavar="FILE", multiple=True, expose_value=False, help="Use a Python file as a plugin.")
    @click.option(
        "--cache", metavar="DIR", expose_value=False, help="Use another cache folder, see `tess-source cache info`."
    )
    @click.option(
        "--offline", is_flag=True, expose_value=False, help="Open no connection: answer from the cache folder."
    )
    @click.option("-v", "--verbose", count=True, expose_value=False, help="Print more; give it twice for all details.")
    @click.option("-q", "--quiet", count=True, expose_value=False, help="Print only what went wrong.")
    def program() -> None:
        """Data of NASA's TESS mission: search, list, link, filter, download.

        Data go to stdout, all else to stderr. Exit codes: 0 success, 1 some failed, 2 usage, 3 nothing found, 130 interrupted.
        """

    for command in (*own_commands(session), *cli_lock.commands(session), cli_cache.commands(session)):
        program.add_command(in_program(command, session))
    for name, command in session.registry.commands.items():
        program.add_command(in_program(command, session), name)
    return program

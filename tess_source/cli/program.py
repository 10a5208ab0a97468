"""The program ``tess-source``: its entry point, its general options and its exit codes.

Options of commands are made from declared filters. Data go to stdout, everything else to stderr. Exit codes: 0 success, 1 some failed,
2 usage, 3 nothing found, 130 interrupted.
"""

from __future__ import annotations

import atexit
import gc
import io
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from tess_source import config
from tess_source.cli import cache as cli_cache
from tess_source.cli import config as cli_config
from tess_source.cli import doctor as cli_doctor
from tess_source.cli import lock as cli_lock
from tess_source.cli.asking import with_filters_of
from tess_source.cli.commands import own_commands
from tess_source.cli.completion import completion
from tess_source.cli.general_options import GENERAL_OPTIONS, read_general_options
from tess_source.cli.printing import (  # fmt: skip
    INTERRUPTED,
    NOTHING,
    SOME_FAILED,
    USAGE,
    say,
)
from tess_source.cli.suggesting import suggesting
from tess_source.display.visible import logger, visible, visible_line
from tess_source.errors import (
    MissingExtraError,
    PluginConflictError,
    PluginError,
    QueryError,
    ResolverError,
    TessSourceError,
    UnknownNameError,
    type_and_text,
)
from tess_source.hooks.discovery import files_of_config, from_file, installed
from tess_source.paths import user_path
from tess_source.session import Session
from tess_source.wording import in_program, keyword
from tess_source.workers import check_address

__all__ = ["build", "main"]

log: logging.Logger = logger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit.

    Parameters
    ----------
    arguments : sequence of str, optional
        In place of ``sys.argv[1:]``.
    """
    # Python would look through all objects once more before it ends, which takes longer than a short command
    atexit.register(gc.freeze)
    if arguments is None:  # this process is ours: what is made until a command runs is no garbage
        gc.disable()
    _open_standard_streams()
    try:
        given, words = read_general_options(sys.argv[1:] if arguments is None else arguments)
    except click.UsageError as error:
        sys.exit(_exit_code(error))
    with _log_on_stderr(given["verbose"] - given["quiet"]):
        try:
            code = _run(given, words)
        except BaseException as error:  # noqa: BLE001  the one place where everything becomes an exit code
            code = _exit_code(error)
    sys.exit(code if isinstance(code, int) else 0)  # click gives the code of an early exit as the result


def _run(given: Mapping[str, Any], words: Sequence[str]) -> object:
    """Make the session and the program, and run a command. What must work with wrong settings too is run without these."""
    wrong: dict[str, str] = {}
    with ExitStack() as stack:
        with _prints_of_plugins_on_stderr():
            try:
                session = _session(given)
            except (QueryError, PluginConflictError):
                if not _works_in_any_case(words):
                    raise
                wrong |= config.faults()
                stack.enter_context(config.leaving_out(wrong))
                session = _session_in_any_case(given, wrong)
            program = build(session, given, wrong)
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        return program.main(args=list(words), prog_name="tess-source", standalone_mode=False)


def _session(given: Mapping[str, Any], **others: Any) -> Session:
    """Return the session that the general options ask for."""
    return Session(
        given["server"],
        archive=given["archive"] or None,
        cache=given["cache"],
        offline=given["offline"] or None,
        insecure_redirects=given["insecure_redirects"] or None,
        prefer=given["prefer"],
        progress=False if given["quiet"] else None,
        executor=_dask_address(given),
        processes=given["processes"],
        **{"without": given["without"], "plugins": _plugin_files(given), **others},
    )


def _dask_address(given: Mapping[str, Any]) -> str | None:
    """Return what ``--dask`` says, after a check: a whole number would be one of processes.

    Raises
    ------
    QueryError
        If it is no address.
    click.UsageError
        If ``--processes`` is given too.
    """
    address: str | None = given["dask"]
    if address is None:
        return None
    check_address(address, "--dask")
    if given["processes"] is not None:
        raise click.UsageError("give --dask or --processes, not both: each says who does the work")
    return address


def _session_in_any_case(given: Mapping[str, Any], wrong: dict[str, str]) -> Session:
    """Return a session without what is wrong; if its plugins are in each other's way, without the installed ones."""
    try:
        return _session(given)
    except (QueryError, PluginConflictError) as error:
        wrong["without" if isinstance(error, UnknownNameError) else "plugins"] = str(error)
    with config.leaving_out({"plugins", "without"}):
        try:
            return _session(given)
        except PluginConflictError:
            return _session(given, plugins=(), discover=False)


def _works_in_any_case(words: Sequence[str]) -> bool:
    """Return whether a command line is for help, or to find out what is wrong."""
    return not words or words[0] in {"doctor", "config", "completion"} or bool({*words} & {"-h", "--help", "--version"})


def _plugin_files(given: Mapping[str, Any]) -> list[object]:
    return [from_file(path) for path in given["plugin"] if not _is_configured(path)]


def _is_configured(path: str) -> bool:
    """Return whether a plugin file is one of those that the config file names, which every session has."""
    return str(user_path(path).absolute()) in files_of_config().values()


def _open_standard_streams() -> None:
    """Open the null device for standard streams that are closed: else a file that is opened gets their number, and what is printed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # by their numbers: the lowest is given first
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  as long as the program


def _exit_code(error: BaseException) -> int:
    """Print an error on stderr, and return the exit code."""
    match error:
        case SystemExit():
            return error.code if isinstance(error.code, int) else SOME_FAILED
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            shown = io.StringIO()
            suggesting(error).show(shown)
            say(shown.getvalue().rstrip("\n"))
            return error.exit_code
        case KeyboardInterrupt() | click.Abort():
            say("interrupted")
            return INTERRUPTED
        case BrokenPipeError():
            sys.stderr.close()  # the reader of our output has left; nobody reads a message
            return SOME_FAILED
        case ResolverError():
            code = NOTHING
        case QueryError() | PluginError() | MissingExtraError():
            code = USAGE
        case TessSourceError() | OSError():
            code = SOME_FAILED
        case Exception() if getattr(error, "__notes__", ()):  # a plugin failed: its name says more than our frames
            log.info("", exc_info=error)
            code = SOME_FAILED
        case _:
            log.error("this is a mistake in tess-source:", exc_info=error)  # Python would print the message as it is
            code = SOME_FAILED
    known = isinstance(error, TessSourceError | OSError)
    say(visible_line(f"error: {in_program(error) if known else type_and_text(error)}"))
    for note in getattr(error, "__notes__", ()):
        say(visible_line(f"  {note}"))
    return code


@contextmanager
def _log_on_stderr(loudness: int) -> Iterator[None]:
    """Show log records on stderr while the program runs. Importing the package never does that."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(loudness, logging.DEBUG if loudness > 0 else logging.ERROR)
    handler = logging.StreamHandler()
    handler.setFormatter(_VisibleFormatter("%(message)s"))
    ours = [logging.getLogger(name) for name in ("tess_source", *_plugin_loggers())]
    before = [(one, one.level) for one in ours]
    for one in ours:
        one.addHandler(handler)
        one.setLevel(level)
    try:
        yield
    finally:
        for one, old in before:
            one.removeHandler(handler)
            one.setLevel(old)


@contextmanager
def _prints_of_plugins_on_stderr() -> Iterator[None]:
    """Show on stderr what plugins print while they are imported: stdout is for data, and stays open whatever they do."""
    printed = _Open()
    try:
        with redirect_stdout(printed):
            yield
    finally:
        if text := printed.getvalue().rstrip("\n"):
            say(text)


class _Open(io.StringIO):
    """A text that stays open."""

    def close(self) -> None:
        """Do nothing."""


class _VisibleFormatter(logging.Formatter):
    """Formatter of records whose tracebacks are `visible` too."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def _plugin_loggers() -> list[str]:
    """Return the names of the top-level modules of installed plugins: their log records are shown like ours."""
    names = {entry.value.partition(":")[0].partition(".")[0] for entry in installed()}
    return sorted(names - {"tess_source"})


def build(
    session: Session, given: Mapping[str, Any] = MappingProxyType({}), wrong: Mapping[str, str] = MappingProxyType({})
) -> click.Group:
    """Return the program for a session, with the options and commands of its plugins.

    Parameters
    ----------
    session : Session
    given : mapping
        The values of the general options, with which the session was made.
    wrong : mapping
        Setting → what is wrong with it, so that the session was made without it.

    Returns
    -------
    click.Group
        Call its ``main``.
    """
    settings = {"help_option_names": ["-h", "--help"], "obj": session, "max_content_width": 110}

    @click.group(context_settings=settings, params=list(GENERAL_OPTIONS))
    @click.version_option(package_name="tess-source")
    def program(**_read_before: object) -> None:
        """Data of NASA's TESS mission: search, list, link, filter, download.

        Data go to stdout, all else to stderr. Exit codes: 0 success, 1 some failed, 2 usage, 3 nothing found, 130 interrupted.
        """

    own = (*own_commands(session), *cli_lock.commands(session), cli_cache.commands(session))
    for command in (*own, cli_config.commands(session, given, wrong), completion, cli_doctor.command(wrong)):
        program.add_command(with_filters_of(command, session))
    for name, command in session.registry.commands.items():
        if name in program.commands:
            owner = session.registry.owner("command", name)
            said = f"plugin {owner!r} declares the command {name!r}, which the program has itself; leave it out with "
            raise PluginConflictError(said, keyword("without", owner))
        program.add_command(with_filters_of(command, session), name)
    return program

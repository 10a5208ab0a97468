"""The program: ``tess-source search | get | count | fields | plugins`` and what plugins add; options are made from declared filters.

Data goes to stdout, everything else to stderr. Exit codes: 0 all well, 1 some failed, 2 usage, 3 nothing found, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from tess_source._lazy import pl
from tess_source.cli import cache as cli_cache
from tess_source.cli import lock as cli_lock
from tess_source.cli.asking import (
    INTERRUPTED,
    NOTHING,
    SOME_FAILED,
    USAGE,
    Asking,
    download,
    format_option,
    in_program,
    print_rows,
    say,
)  # fmt: skip
from tess_source.errors import PluginError, QueryError, ResolverError, TessSourceError
from tess_source.hooks.registry import from_file
from tess_source.session import FIELD_TABLES, Session

if TYPE_CHECKING:
    from tess_source.tables.plan import Plan

__all__ = ["build", "main"]

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit.

    Parameters
    ----------
    arguments : sequence of str, optional
        In place of ``sys.argv[1:]``.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    early, rest = _early(words)
    with _logging(early.verbose - early.quiet):
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


def _early(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Take out the options that decide which plugins there are, wherever they stand: the other options depend on them."""
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
    """Say what went wrong on stderr, and choose the exit code."""
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
            sys.stderr.close()  # the reader of our output has left; nothing is to be said
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
def _logging(loudness: int) -> Iterator[None]:
    """Show log records on stderr while the program runs; importing the package never does that."""
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
    """Names of the top-level modules of installed plugins: their log records are shown like ours."""
    from importlib.metadata import entry_points

    from tess_source.hooks.registry import GROUP

    names = {entry.value.partition(":")[0].partition(".")[0] for entry in entry_points(group=GROUP)}
    return sorted(names - {"tess_source"})


def build(session: Session) -> click.Group:
    """Make the program for a session: its plugins decide the options and add commands.

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
        "--server", metavar="URL", expose_value=False, help="Another archive than MAST, e.g. a sample archive."
    )
    @click.option(
        "--without", metavar="PLUGIN", multiple=True, expose_value=False, help="Leave an installed plugin out."
    )
    @click.option("--plugin", metavar="FILE", multiple=True, expose_value=False, help="Use a Python file as a plugin.")
    @click.option(
        "--cache", metavar="DIR", expose_value=False, help="Another cache folder, see `tess-source cache info`."
    )
    @click.option(
        "--offline", is_flag=True, expose_value=False, help="Open no connection: answer from the cache folder."
    )
    @click.option("-v", "--verbose", count=True, expose_value=False, help="Say more; twice for every detail.")
    @click.option("-q", "--quiet", count=True, expose_value=False, help="Say only what went wrong.")
    def program() -> None:
        """Data of NASA's TESS mission: search, list, link, filter, download.

        Data goes to stdout, all else to stderr. Exit codes: 0 all well, 1 some failed, 2 usage, 3 nothing found, 130 interrupted.
        """

    get = cli_lock.with_from_lock(_get(session), session)
    own = (_search(), get, _count(), _fields(), _plugins())
    for command in (*own, *cli_lock.commands(session), cli_cache.commands(session)):
        program.add_command(in_program(command, session))
    for name, command in session.registry.commands.items():
        program.add_command(in_program(command, session), name)
    return program


# -- commands --


def _search() -> click.Command:
    @click.command("search", cls=Asking)
    @format_option
    @click.option(
        "--show", type=click.Choice(["products", "observations", "links"]), default="products", show_default=True
    )
    @click.option("--explain", is_flag=True, help="Say how the answer came to be, on stderr.")
    @click.pass_obj
    def search(
        session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], form: str, show: str, explain: bool
    ) -> None:
        """Find observations and list their products.

        TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin. Without one: whatever meets the
        filters and criteria.
        """
        found = session.search(**asked, **filters)
        shown = found.narrowed() if found.drops else found
        rows = {"products": shown.products, "observations": shown.observations, "links": shown.links}[show]
        _print(rows, form)
        log.warning("%s", found.explain() if explain or not len(rows) else found.summary())
        _nothing_if_empty(rows)

    return search


def _get(session: Session) -> click.Command:
    @click.command("get", cls=Asking)
    @format_option
    @click.option(
        "--to",
        "root",
        default=lambda: str(session.store.root),
        show_default="the cache folder",
        type=click.Path(file_okay=False),
        help="Folder for the files.",
    )
    @click.option(
        "--lock",
        type=click.Path(dir_okay=False),
        help="Write the record of what was fetched, and how it was found (ECSV).",
    )
    @click.option("--replace", is_flag=True, help="Let --lock take the place of any file.")
    @click.option(
        "--layout", default="mast", show_default=True, help="mast, flat, or a template such as {tic}/{filename}."
    )
    @click.option("--jobs", type=click.IntRange(1, 64), help="Files fetched at the same time (8).")
    @click.option("--dry-run", is_flag=True, help="Only show what would be fetched.")
    @click.pass_obj
    def get(
        session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], form: str, root: str, lock: str | None,
        replace: bool, layout: str, jobs: int | None, dry_run: bool,
    ) -> None:  # fmt: skip
        """Download products; what is there already is not fetched again.

        TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin.
        """
        if lock:
            cli_lock.check_place(lock)
        found = session.search(**asked, **filters)
        if not len(found.products):
            log.warning("%s", found.explain())
        _nothing_if_empty(found.products)
        plan = found.plan(root, layout=layout)
        if lock:
            if not replace:
                cli_lock.check_replaced(plan, lock)
            plan.save(lock)
        if dry_run:
            _dry_run(plan, form)
            return
        manifest = download(plan, jobs)
        if lock:
            manifest.lock().save(lock)
        frame = manifest.to_polars()
        print_rows(frame, form, ["status", "bytes", "filename", "error"])
        log.warning("%s", manifest.summary())
        if len(manifest.failed):
            raise click.exceptions.Exit(SOME_FAILED)

    return get


def _dry_run(plan: Plan, form: str) -> None:
    """Show what would be fetched; what cannot be is shown with its reason, and fails like it would in earnest."""
    refused = plan.items["problem"].is_not_null().any()
    columns = [name for name in plan.items.shown if name in plan.items.columns]
    print_rows(plan.items.to_polars(), form, [*columns, "problem"] if refused else columns)
    log.warning("%s", plan.summary())
    if refused:
        raise click.exceptions.Exit(SOME_FAILED)


def _count() -> click.Command:
    @click.command("count", cls=Asking, only_archive=True)
    @click.pass_obj
    def count(session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any]) -> None:
        """Count observations before fetching their list."""
        number = session.count(**asked, **filters)
        click.echo(number)
        if not number:
            raise click.exceptions.Exit(NOTHING)

    return count


def _fields() -> click.Command:
    @click.command("fields")
    @click.argument("what", type=click.Choice(FIELD_TABLES), default="observations")
    @format_option
    @click.pass_obj
    def fields(session: Session, /, what: str, form: str) -> None:
        """Show the archive's own description of its columns."""
        from dataclasses import asdict

        frame = pl.DataFrame([asdict(field) for field in session.fields(what)])
        print_rows(frame, form, ["name", "type", "unit", "label", "description", "examples"])

    return fields


def _plugins() -> click.Command:
    @click.command("plugins")
    @click.option("--filters", is_flag=True, help="List the filters, and who declares each.")
    @format_option
    @click.pass_obj
    def plugins(session: Session, /, filters: bool, form: str) -> None:
        """List plugins with version, state and hooks; or their filters."""
        from dataclasses import asdict

        registry = session.registry
        if filters:
            rows = [
                {"filter": n, "plugin": registry.owner("filter", n), "help": f.help}
                for n, f in sorted(registry.filters.items())
            ]
        else:
            rows = [
                {**asdict(p), "hooks": " ".join(p.hooks)}
                for p in sorted(registry.plugins.values(), key=lambda p: p.name)
            ]
        print_rows(pl.DataFrame(rows), form, None)
        if any(plugin.state == "broken" for plugin in registry.plugins.values()):
            raise click.exceptions.Exit(SOME_FAILED)

    return plugins


def _print(rows: Any, form: str) -> None:
    print_rows(rows.to_polars(), form, [name for name in rows.shown if name in rows.columns])


def _nothing_if_empty(rows: Any) -> None:
    if not len(rows):
        raise click.exceptions.Exit(NOTHING)

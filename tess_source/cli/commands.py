"""The program's own commands: search, get, count, fields, plugins."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from tess_source._lazy import pl
from tess_source.cli import lock as cli_lock
from tess_source.cli.asking import QUESTION, Asking
from tess_source.cli.printing import NOTHING, SOME_FAILED, download, failures, format_option, note, print_rows
from tess_source.cli.urls import urls
from tess_source.cli.user_path import UserPlace
from tess_source.display.text import number
from tess_source.display.visible import logger
from tess_source.search.asking import FIELD_TABLES
from tess_source.search.lookups import lookups_among
from tess_source.search.select import checked, meant
from tess_source.session import Session
from tess_source.tables.items import FAILED
from tess_source.tables.plan import Plan

__all__ = ["own_commands"]

log: logging.Logger = logger(__name__)


def own_commands(session: Session) -> list[click.Command]:
    """Make the program's own commands.

    Parameters
    ----------
    session : Session
        Searches and downloads.
    """
    return [_search(), cli_lock.with_from_lock(_get(session), session), urls, _count(), _fields(), _plugins()]


def _search() -> click.Command:
    @click.command("search", cls=Asking)
    @format_option
    @click.option(
        "--show",
        type=click.Choice(["products", "observations", "links"]),
        default="products",
        show_default=True,
        help="Which rows to print.",
    )
    @click.option("--explain", is_flag=True, help="Show on stderr how the result was obtained.")
    @click.pass_obj
    def search(
        session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], form: str, show: str, explain: bool
    ) -> None:
        """Find observations and list their products.

        TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin. Without a target, everything that
        meets the filters and criteria is found.
        """
        from tess_source.cli.parts import ROW_BY_ROW, print_parts

        lookups, only_filters = lookups_among(session.registry, meant(session.registry, filters))
        values = checked(session.registry, only_filters)
        limits = [most(values[name]) for name in values if (most := session.registry.filters[name].most)]
        if (
            asked.get("large")
            and form in ROW_BY_ROW
            and not any(session.registry.filters[name].last for name in values)
        ):
            print_parts(session, asked, filters, form, show, explain)
            return
        if show == "observations" and len(limits) == len(values) and not lookups:  # the other filters are for products
            words = {name: value for name, value in asked.items() if name not in QUESTION}
            found = session._found_observations(
                words=words, **{name: asked[name] for name in asked if name in QUESTION}
            )
        else:
            found = session.search(**asked, **filters)
        shown = found.narrowed() if found.drops else found
        rows = getattr(shown, show)[: min(limits, default=None)]
        _print_shown(rows, form)
        note(found.explain() if explain or not len(rows) else found.summary())
        if 0 < len(rows) < len(getattr(found, show)):
            log.warning("shown: %s of %s", f"{len(rows):,}", number(len(getattr(found, show)), show.removesuffix("s")))
        _exit_if_empty(rows)

    return search


def _get(session: Session) -> click.Command:
    @click.command("get", cls=Asking)
    @format_option
    @click.option(
        "--to",
        "root",
        default=lambda: str(session.store.root),
        show_default="the cache folder",
        type=UserPlace(file_okay=False),
        help="Folder for the files, or a place in an object store, e.g. s3://bucket/prefix.",
    )
    @click.option(
        "--lock",
        type=UserPlace(dir_okay=False),
        help="Write a lock: what was fetched and how it was found (ECSV).",
    )
    @click.option("--replace", is_flag=True, help="Allow --lock to replace any file.")
    @click.option(
        "--layout",
        metavar="LAYOUT",
        help="Paths of files: mast, flat, or a template such as {tic}/{filename}; by default as set, or mast.",
    )
    @click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(1, 64),
        help="Files fetched at the same time; by default as set, or 8.",
    )
    @click.option("--dry-run", is_flag=True, help="Only show what would be fetched.")
    @click.pass_obj
    def get(
        session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], form: str, root: str, lock: str | None,
        replace: bool, layout: str | None, jobs: int | None, dry_run: bool,
    ) -> None:  # fmt: skip
        """Download products. Files that you have are not fetched again.

        TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin.
        """
        if lock:
            cli_lock.check_place(lock)
        found = session.search(**asked, **filters)
        if not len(found.products):
            note(found.explain())
        _exit_if_empty(found.products)
        plan = found.plan(root, layout=layout, large=dry_run)
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
        for line in failures(manifest):
            log.warning("%s", line)
        if len(manifest.failed):
            raise click.exceptions.Exit(SOME_FAILED)

    return get


def _dry_run(plan: Plan, form: str) -> None:
    """Print what would happen to each file. A file that cannot be fetched is shown with its reason, and counts as a failure."""
    from tess_source.tables.entries import expected_in_words

    frame = plan.expected()
    refused = (frame["status"] == FAILED).any()
    columns = ["status", *(name for name in plan.items.shown if name in frame.columns)]
    print_rows(frame, form, [*columns, "problem"] if refused else columns)
    log.warning("%s", plan.summary())
    log.warning("%s", expected_in_words(frame))
    if refused:
        raise click.exceptions.Exit(SOME_FAILED)


def _count() -> click.Command:
    @click.command("count", cls=Asking)
    @click.pass_obj
    def count(session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any]) -> None:
        """Count observations.

        The archive counts, if it can choose by all that you ask for, e.g. --sector. With filters of products, e.g. --kind, products are
        listed, and observations are counted of which a product is left.

        TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin. Without a target, everything that
        meets the filters and criteria is counted.
        """
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
        frame = pl.DataFrame([asdict(field) for field in session.fields(what)])
        print_rows(frame, form, ["name", "type", "unit", "label", "description", "examples"])

    return fields


def _plugins() -> click.Command:
    @click.command("plugins")
    @click.option("--filters", is_flag=True, help="List the filters and the plugin of each.")
    @format_option
    @click.pass_obj
    def plugins(session: Session, /, filters: bool, form: str) -> None:
        """List plugins with version, state and hooks; or their filters."""
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


def _print_shown(rows: Any, form: str) -> None:
    print_rows(rows.to_polars(), form, rows.visible, looks=rows.looks)


def _exit_if_empty(rows: Any) -> None:
    if not len(rows):
        raise click.exceptions.Exit(NOTHING)

"""The command ``tess-source urls``: where files can be fetched, for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from tess_source import config
from tess_source._lazy import pl
from tess_source.cli.asking import Asking
from tess_source.cli.printing import FORMATS, NOTHING, SOME_FAILED, note, render, say, show
from tess_source.display import text
from tess_source.hooks.records import Request
from tess_source.session import Session
from tess_source.tables.plan import Plan

__all__ = ["urls"]

LINES = "lines"
"""The format of one address per line."""
CURL_OPTIONS = ("fail", "location", "globoff", "create-dirs", "retry = 5")
"""No page of an error becomes a file, and redirects are followed. Every file is fetched anew: where curl is to go on, it takes a file that
is complete for a failure."""
ESCAPED = {"\\": r"\\", '"': r"\"", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\v": r"\v"}
"""Characters that curl reads in a quoted value → how they are written there."""


@click.command("urls", cls=Asking)
@click.option(
    "--format",
    "form",
    type=click.Choice([LINES, *FORMATS]),
    default=LINES,
    show_default=True,
    help="How to print them.",
)
@click.option("--curl", is_flag=True, help="Print a configuration for curl, which also names the files.")
@click.option(
    "--layout",
    metavar="LAYOUT",
    help="Paths of files with --curl: mast, flat, or a template such as {tic}/{filename}; by default as set, or flat.",
)
@click.pass_obj
def urls(
    session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], form: str, curl: bool, layout: str | None
) -> None:
    """Print the web address of each product, e.g. for curl or xargs. Nothing is fetched.

    With --prefer cloud these are the addresses of the public cloud copy. For curl: tess-source urls … --curl | curl --config -

    TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin.
    """
    from tess_source.download.urls import first_requests

    found = session.search(**asked, **filters)
    if not len(found.products):
        note(found.explain())
        raise click.exceptions.Exit(NOTHING)
    set_one = None if config.choice("layout").origin == config.DEFAULT else session.settings.layout
    plan = found.plan(layout=layout or set_one or "flat", large=True)
    requests = first_requests(plan, session.registry, session.settings)
    show(curl_config(plan, requests) if curl else _rendered(plan, requests, form))
    note(found.summary())
    problems = [one for one in requests if isinstance(one, str)]
    problems += [item.problem for item in plan if item.problem and curl]
    if problems:
        say(f"{text.number(len(problems), 'file')} left out: {problems[0]}")
        raise click.exceptions.Exit(SOME_FAILED)


def _rendered(plan: Plan, requests: Sequence[Request | str], form: str) -> str:
    known = [one.url if isinstance(one, Request) else None for one in requests]
    if form == LINES:
        return "".join(f"{url}\n" for url in known if url)
    frame = plan.items.to_polars().select("filename", "size", "uri")
    frame = frame.select(pl.Series("url", known, dtype=pl.String), pl.all())
    return render(frame.filter(pl.col("url").is_not_null()), form, whole=["url"])


def curl_config(plan: Plan, requests: Sequence[Request | str]) -> str:
    """Return a configuration with which curl fetches files: ``curl --config FILE``.

    Parameters
    ----------
    plan : Plan
        The files, with their paths.
    requests : sequence of (Request or str)
        The address of each. What is none, and files that cannot be written, are left out.
    """
    return "\n".join([*CURL_OPTIONS, *_transfers(plan, requests), ""])


def _transfers(plan: Plan, requests: Sequence[Request | str]) -> Iterator[str]:
    for item, request in zip(plan, requests, strict=True):
        if isinstance(request, Request) and item.problem is None:
            ending = f".{request.unpack}" if request.unpack else ""
            yield f"url = {_quoted(request.url)}"
            yield f"output = {_quoted(item.path + ending)}"


def _quoted(value: str) -> str:
    return '"' + "".join(ESCAPED.get(sign, sign) for sign in value) + '"'

"""A command: ``tess-source disk-needed TARGET...``, the space that files would take, by kind, and whether there is room for them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import click
import polars as pl

from tess_source import Session, hookimpl
from tess_source.cli import Asking


@click.command("disk-needed", cls=Asking, needs_target=True)
@click.pass_obj
def disk_needed(session: Session, asked: Mapping[str, Any], filters: Mapping[str, Any]) -> None:
    """Print the megabytes of what a search finds, by kind, without fetching it."""
    files = session.search(**asked, **filters).products.to_polars()
    for kind, size, count in (
        files.group_by("kind").agg(pl.col("size").sum(), count=pl.len()).sort("size", descending=True).rows()
    ):
        click.echo(f"{kind:10} {count:6} files {size / 1e6:12,.1f} MB")
    needed, free = int(files["size"].sum()), shutil.disk_usage(".").free
    click.echo(
        f"{'all':10} {len(files):6} files {needed / 1e6:12,.1f} MB, {'which fit' if needed < free else 'which do not fit'} here"
    )


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Declare the command."""
    return (disk_needed,)

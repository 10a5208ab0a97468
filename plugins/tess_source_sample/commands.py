"""``tess-source sample serve`` and ``tess-source demo``."""

from __future__ import annotations

import click

from tess_source._lazy import pl
from tess_source.cli.user_path import UserPath

__all__ = ["demo", "sample"]


_FILE = UserPath(exists=True, dir_okay=False)


@click.group()
def sample() -> None:
    """Run a sample archive like MAST on this machine."""


@sample.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen to; 0 for a free one.")
@click.option("--latency", type=float, default=0.0, show_default=True, help="Seconds that every request waits.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="RULE",
    help="Misbehave, e.g. status:503:times=2:match=Products; once, unless times= says a number or always.",
)
@click.option("--executing", type=click.IntRange(0), default=0, help="Answer EXECUTING so often before each result.")
@click.option("--redirect", is_flag=True, help="Redirect downloads to another port, as MAST does to its cloud store.")
@click.option("--extra", type=click.IntRange(0), default=0, help="Made-up targets beside the true catalogue.")
@click.option("--add", "files", multiple=True, type=_FILE, help="A file to serve as it is, under the name that it has.")
@click.option("--rows", "tables", multiple=True, type=_FILE, help="A CSV or ECSV table of observations to list.")
def serve(
    port: int,
    latency: float,
    faults: tuple[str, ...],
    executing: int,
    redirect: bool,
    extra: int,
    files: tuple[str, ...],
    tables: tuple[str, ...],
) -> None:
    """Serve the sample archive until interrupted. Its address, on 127.0.0.1, is printed on stdout."""
    import time

    from tess_source_sample.faults import Fault
    from tess_source_sample.server import SampleArchive

    try:
        rules = [Fault.parse(rule) for rule in faults]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error
    archive = SampleArchive(port, latency, rules, executing, redirect, extra)
    for table in tables:
        archive.add_rows(table)
    for file in files:
        archive.add_file(file)
    try:
        archive.start()
    except OSError as error:
        raise click.ClickException(f"port {port} cannot be used: {error.strerror}") from error
    click.echo(archive.url)
    click.echo(f"try: tess-source --server {archive.url} search 'TIC 16740101'   (Ctrl-C ends it)", err=True)
    try:
        while True:
            time.sleep(3600)
    finally:
        archive.stop()


@sample.command()
def contents() -> None:
    """List what the sample archive holds: a row per target."""
    from tess_source.display.text import table
    from tess_source_sample.contents import Contents

    catalogue = Contents()
    counted = [{**row, "products": len(catalogue.products[row["obsid"]])} for row in catalogue.observations]
    rows = (
        pl.DataFrame(counted, infer_schema_length=None)
        .group_by("target_name", maintain_order=True)
        .agg(
            pl.len().alias("observations"),
            pl.col("products").sum(),
            pl.col("provenance_name").unique(maintain_order=True),
        )
    )
    click.echo(table(rows, rows.columns, rows=None))


@click.command()
@click.option(
    "--to",
    "folder",
    default="demo-data",
    show_default=True,
    type=UserPath(file_okay=False),
    help="Folder for all it makes.",
)
def demo(folder: str) -> None:
    """Show all steps on the sample archive, from search to picture."""
    from tess_source_sample.demo import run

    run(folder)

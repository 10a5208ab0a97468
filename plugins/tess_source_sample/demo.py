"""All steps from a search to a picture on the sample archive, each with its line of Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tess_source import Session
from tess_source.display import text
from tess_source.extras import check
from tess_source.paths import user_path
from tess_source_sample.server import SampleArchive

if TYPE_CHECKING:
    from tess_source import Found

__all__ = ["run"]

TARGET = "TIC 16740101"
SECTORS = (14, 15)


def run(folder: str | Path) -> None:
    """Run the demo.

    Parameters
    ----------
    folder : str or Path
        Where files, lock and picture go.

    Raises
    ------
    MissingExtraError
        If lightkurve or matplotlib is not installed.
    """
    check("lightkurve", "lightkurve", "opening light curves")
    check("matplotlib", "pictures", "drawing")
    root = user_path(folder)
    with SampleArchive() as archive:
        session = Session(archive.url)
        _step(1, "Search", f'found = tess_source.search("{TARGET}")    # KELT-9')
        found = session.search(TARGET)
        click.echo(found.summary())
        click.echo(repr(found.observations))

        _step(2, "Its products, by kind", "found.products")
        click.echo(text.counts(found.products["kind"]))

        _step(
            3,
            "Data validation: which run used which sectors, what was found, what is superseded",
            f'found.dv(exact=True, root="{root}"); found.plot_coverage("{root}/kelt9-runs.png", root="{root}")',
        )
        click.echo(_runs(found, root))

        _step(
            4,
            "Choose and download two sectors",
            f'plan = found.select(kind="lc", sector={list(SECTORS)}).plan("{root}")',
        )
        plan = found.select(kind="lc", sector=list(SECTORS)).plan(root, layout="mast")
        click.echo(plan.summary())
        manifest = plan.download()
        manifest.lock().save(lock := root / "kelt9.ecsv")
        click.echo(manifest.summary())

        _step(5, "Open them with lightkurve", "curves = manifest.load()")
        curves = manifest.load()
        click.echo(repr(curves))
        picture = _draw(curves, root / "kelt9.png")
    click.echo(_closing(root, lock, picture))


def _step(number: int, title: str, code: str) -> None:
    click.secho(f"\n{number}. {title}", bold=True)
    click.secho(f"   >>> {code}", dim=True)


def _runs(found: Found, root: Path) -> str:
    """Show the data-validation sets, their sectors read from their reports, and draw them."""
    sets = found.dv(exact=True, root=root)
    found.plot_coverage(root / "kelt9-runs.png", root=root)
    columns = ["set", "sectors", "state", "tces", "superseded_by", "reason"]
    return f"{text.table(sets.to_polars(), columns, width=0)}\n{len(sets.current)} of {len(sets)} are current"


def _draw(curves: Any, path: Path) -> Path:
    """Draw light curves below each other; nothing of matplotlib's own state is touched."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.2 + 2.4 * len(curves)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(curves), squeeze=False)[:, 0]
    for axis, curve in zip(axes, curves, strict=True):
        flux = curve.normalize().flux
        axis.plot(curve.time.value, (flux.value - 1) * 1e6, ".", markersize=1.5, color="#1f4e79", rasterized=True)
        axis.set_ylabel("relative flux [ppm]")
        axis.set_title(f"Sector {curve.sector}", loc="left", fontsize=10)
        axis.grid(alpha=0.25)
        axis.margins(x=0.01)
    axes[-1].set_xlabel("time [BTJD = BJD − 2457000 d]")
    figure.suptitle(f"KELT-9 (TIC {curves[0].targetid}) — simulated by the sample archive, not real data", fontsize=11)
    figure.savefig(path, dpi=110)
    return path


def _closing(root: Path, lock: Path, picture: Path) -> str:
    files = "\n".join(f"  {path}" for path in sorted((root / "mastDownload").rglob("*.fits")))
    return f"""
All is in {root}:
{files}
  {lock}   the record: what was asked, and what was fetched, with sha256 sums
  {picture}    the light curves
  {root / "kelt9-runs.png"}    sectors observed, and used by each run
These files are simulated. For real ones, on a machine with a network:

  tess-source search KELT-9 --kind lc
  tess-source get "TIC 16740101" --kind lc --sector 14-16 --to data --lock kelt9.ecsv
  tess-source --help
"""

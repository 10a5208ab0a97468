"""One picture of a target's light curves: one panel per sector, legible for one sector and for thirty."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source.display import text as words
from tess_source_dv.draw.figure import drawn_text, new_figure, save
from tess_source_dv.sets.exact_sectors import root_of
from tess_source_pictures.gather import Curve, chosen, curves_file, gather, name_of, simulated, target_of
from tess_source_pictures.panels import INK, colour, draw_sector, scale_of
from tess_source_pictures.transits import TransitTimes, ephemerides, validated

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tess_source.tables.found import Found

__all__ = ["draw", "drawn", "plot"]

WIDTH = 11.0
"""Of the figure [inch]."""
HEIGHTS = {1: 2.5, 2: 1.9, 3: 1.5}
"""Columns → height of a row [inch], text above and below the panel included."""
LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 0.75, 0.3, 0.85, 0.75, 0.42
"""Margins of the figure, and what lies between panels [inch]."""


def plot(
    found: Found, path: str | Path | None = None, root: str | Path | None = None, *, tic: int | None = None,
    transits: bool = True, **options: Any,
) -> Figure:  # fmt: skip
    """Draw the light curves of a target: see `tess_source_pictures.accessors.plot`."""
    return drawn(found, path, root, tic=tic, transits=transits, **options)[0]


def drawn(
    found: Found, path: str | Path | None = None, root: str | Path | None = None, *, light: Found | None = None,
    tic: int | None = None, transits: bool = True, **options: Any,
) -> tuple[Figure, Mapping[str, str]]:  # fmt: skip
    """Draw as `plot` does; return the figure and which files failed.

    Parameters
    ----------
    found, path, root, tic, transits, **options
        See `plot`.
    light : Found, optional
        A selection of `found`, whose light curves are taken; `found` itself if None.

    Returns
    -------
    figure : matplotlib.figure.Figure
    failed : mapping
        File → why it could not be had or read.
    """
    file, tic = curves_file(path), target_of(found, tic)
    gathered = gather(chosen(light or found, tic), root, **options)
    known = validated(found, tic, root_of(found, root)) if transits else None
    events = ephemerides(known) if known else []
    figure = draw(gathered.curves, events, " · ".join(filter(None, [name_of(found, tic), f"TIC {tic}"])))
    if gathered.failed:
        missing = f"not shown: {words.number(len(gathered.failed), 'file')} that could not be had or opened"
        figure.text(0.985, 0.01, missing, fontsize=8, ha="right", color="#a33b00")
    return save(figure, file), {**gathered.failed, **(known.failed if known else {})}


def draw(curves: Sequence[Curve], events: Sequence[TransitTimes] = (), title: str = "") -> Figure:
    """Draw light curves that are here; see `plot`.

    Parameters
    ----------
    curves : sequence of Curve
        At least one.
    events : sequence of TransitTimes
        Whose transits are marked.
    title : str
    """
    columns = 1 if len(curves) <= 4 else 2 if len(curves) <= 14 else 3
    rows = math.ceil(len(curves) / columns)
    row, scale = HEIGHTS[columns], scale_of(curves)
    height = TOP + BOTTOM + rows * row - BETWEEN
    figure = new_figure(WIDTH, height)
    inner = height - TOP - BOTTOM
    panel = (inner - (rows - 1) * BETWEEN) / rows
    grid = figure.add_gridspec(
        rows, columns, left=LEFT / WIDTH, right=1 - RIGHT / WIDTH, top=1 - TOP / height, bottom=BOTTOM / height,
        hspace=BETWEEN / panel, wspace=0.09,
    )  # fmt: skip
    for place, curve in enumerate(curves):
        axes = figure.add_subplot(grid[divmod(place, columns)])
        draw_sector(axes, curve, scale, events)
        if place % columns:
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel(f"flux [{scale.unit}]", fontsize=8.5)
        if place + columns >= len(curves):
            axes.set_xlabel("time [BTJD = BJD − 2457000 d, TDB]", fontsize=8.5)
    figure.text(0.2 / WIDTH, 1 - 0.26 / height, drawn_text(title), fontsize=14, fontweight="bold", va="center")
    beyond = (
        f", {scale.beyond:,} of {sum(len(c.time) for c in curves):,} cadences beyond the frame" if scale.beyond else ""
    )
    note = f"relative flux; pale: cadences, dark: half-hour means{beyond}"
    figure.text(0.2 / WIDTH, 0.16 / height, note, fontsize=8, color=INK, va="center")
    if said := simulated(curves):
        figure.text(1 - 0.2 / WIDTH, 1 - 0.26 / height, said, fontsize=11, color="#a33b00", va="center", ha="right")
    _add_legend(figure, events, curves, height)
    return figure


def _add_legend(figure: Figure, events: Sequence[TransitTimes], curves: Sequence[Curve], height: float) -> None:
    from matplotlib.lines import Line2D

    marks: dict[str, Any] = {"marker": "^", "linestyle": "", "markersize": 5}
    shown = [
        Line2D([], [], color=colour(event.tce), label=f"TCE {event.tce}: {event.period:.4f} d", **marks)
        for event in events[:8]
    ]
    if any(event.sectors and curve.sector not in event.sectors for event in events for curve in curves):
        shown.append(
            Line2D([], [], color=INK, markerfacecolor="white", label="in a sector its run did not use", **marks)
        )
    if shown:
        figure.legend(
            handles=shown, loc="center left", bbox_to_anchor=(0.12 / WIDTH, 1 - 0.53 / height), ncols=6, frameon=False,
            fontsize=8.5, handletextpad=0.2, columnspacing=1.4,
        )  # fmt: skip

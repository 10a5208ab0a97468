"""One picture of a target: which sectors were observed, what each run searched and used, and what is superseded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.display.text import number
from tess_source.errors import QueryError
from tess_source.names.sectors import runs_of_sectors, sectors_of_text
from tess_source_dv.draw.figure import drawn_text, new_figure, picture_file, save
from tess_source_dv.draw.target import only_target, tics_asked_for
from tess_source_dv.sets.members import all_products
from tess_source_dv.sets.table import Sets, sets_of
from tess_source_sectors.silicon import sectors_on_silicon

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tess_source.tables.found import Found

__all__ = ["plot_coverage", "tics_drawn"]

DATA, FAST, OTHER, SILICON = "#3c4650", "#c4620a", "#7d8894", "#d5dbe2"
"""Colours: 120-s data, 20-s data, data of other pipelines, sectors that only saw the star."""
RUN, OLD, OLD_TEXT = "#1f5fa8", "#9db0c4", "#66788c"
"""Colours: current sets, superseded ones, what is written of these."""
SEEN = "on silicon"
"""Label of the row of the sectors in which the star lies on a CCD."""
ROW = 0.23
"""Height of a row [inch]."""
LEAST = 12
"""Sectors that the axis shows at least."""
GAP = 0.9
"""Between the data and the runs, in rows."""
BARE, ALONE = 0.5, 0.3
"""What lies below and to the right of the axes if there are no runs [inch]."""
LETTER, PAD = 0.0669, 0.15
"""Width of a letter of a label, and what lies beside a label [inch]."""


@dataclass(frozen=True)
class _Frame:
    """What lies around the axes [inch]."""

    width: float
    left: float
    right: float
    bottom: float
    legend: int
    """Columns of the legend."""
    ticks: Mapping[int, int]
    """Sectors that are spanned at most → sectors between the numbers of the axis."""
    says_by: bool = True
    """Whether there is room to name the set that supersedes another."""
    top: float = 0.8

    @property
    def inch(self) -> float:
        """Length of an inch, in widths of the axes."""
        return 1 / (self.width - self.left - self.right)


BROAD = _Frame(11.0, 1.55, 2.2, 0.95, 4, {30: 1, 70: 5})
NARROW = _Frame(4.7, 1.2, 0.55, 1.15, 2, {10: 1, 40: 5}, says_by=False)


@dataclass(frozen=True)
class _Row:
    """One row of the picture."""

    label: str
    sectors: tuple[int, ...]
    colour: str
    filled: bool = True
    span: tuple[int, int] | None = None
    """First and last sector that were searched; None for data."""
    tces: str = ""
    by: str = ""
    """Label of the set that supersedes it."""


def plot_coverage(
    source: Found | Sets, path: str | Path | None = None, tic: int | None = None, root: str | Path | None = None,
    *, found: Found | None = None, narrow: bool = False,
) -> Figure:  # fmt: skip
    """Draw which sectors of a target were observed, and what each data-validation run used: see `tess_source_dv.accessors.plot_coverage`.

    Parameters
    ----------
    source : Found or Sets
        A search, or sets; then reports in `root` are not looked at.
    path, tic, root
        As there.
    found : Found, optional
        With sets as `source`: the search that they are of, for the sectors observed.
    narrow : bool
        Draw for a phone or a column of a paper: 4.7 inch wide, and superseded sets do not say by which.
    """
    file = picture_file(path)
    sets = source if isinstance(source, Sets) else sets_of(source, root=root)
    found = found if isinstance(source, Sets) else source
    tic = only_target(tics_drawn(sets, found)) if tic is None else tic
    data, runs = _data_rows(found, sets, tic), _run_rows(sets, tic)
    said = _subtitle(data, runs)
    if found is not None and (seen := sectors_on_silicon(found, tic)):
        data = [_Row(SEEN, tuple(seen), SILICON), *data]
    if not data and not runs:
        raise QueryError(f"TIC {tic} has neither light curves nor data validation here: there is nothing to draw")
    frame = NARROW if narrow else BROAD
    longest = max(len(row.label) for row in (*data, *runs))
    frame = replace(frame, left=min(max(frame.left, longest * LETTER + PAD), frame.width / 2))
    if not runs:
        frame = replace(frame, bottom=BARE, right=ALONE)
    width, height = frame.width, frame.top + frame.bottom + ROW * (len(data) + (GAP + len(runs) if runs else 0))
    figure = new_figure(width, height)
    axes = figure.add_axes(
        (frame.left / width, frame.bottom / height, 1 / frame.inch / width, 1 - (frame.top + frame.bottom) / height)
    )
    _draw(axes, data, runs, frame)
    edge, size = (0.1, 8.5) if narrow else (0.2, 9.5)
    figure.text(edge / width, 1 - 0.24 / height, f"TIC {tic}", fontsize=13, fontweight="bold", va="center")
    figure.text(edge / width, 1 - 0.48 / height, said, fontsize=size, color=DATA, va="center")
    _add_legend(figure, runs, frame)
    return save(figure, file)


def tics_drawn(sets: Sets, found: Found | None) -> list[int]:
    """Return the targets of sets and of a search, ascending."""
    tics: set[int] = set(sets["tic"].to_list())
    if found is None:
        return sorted(tics)
    for table in (found.observations, found.products):
        tics |= set(table["tic"].drop_nulls().to_list())
    tics = tics or {target.tic for target in found.query.targets if target.tic is not None}
    return tics_asked_for(found, sorted(tics))


def _data_rows(found: Found | None, sets: Sets, tic: int) -> list[_Row]:
    """Return the rows of the data; without a search, as the sets name their sectors."""
    kinds = _observed_sectors(found, tic) if found is not None else {}
    for row in sets:
        if row["tic"] == tic and row["pipeline"] != "SPOC":
            kinds.setdefault(row["pipeline"], set()).update(sectors_of_text(row["sectors"] or ""))
    if found is None:
        ours = [row["sectors"] for row in sets if row["tic"] == tic and row["pipeline"] == "SPOC" and row["sectors"]]
        kinds["120 s"] = {sector for words in ours for sector in sectors_of_text(words)}
    colours = {"20 s": FAST, "120 s": DATA}
    order = ["20 s", "120 s", *sorted(kinds.keys() - colours)]
    return [_Row(kind, tuple(sorted(kinds[kind])), colours.get(kind, OTHER)) for kind in order if kinds.get(kind)]


def _observed_sectors(found: Found, tic: int) -> dict[str, set[int]]:
    """Return the observed sectors by exposure time, or by pipeline where it is not SPOC, whatever was selected among the products."""
    words = {"lc": "120 s", "tp": "120 s", "target": "120 s", "fast-lc": "20 s", "fast-tp": "20 s", "fast": "20 s"}
    kinds: dict[str, set[int]] = {}
    for table in (all_products(found), found.observations):
        rows = table.to_polars().filter(tic=tic).filter(pl.col("first_sector") == pl.col("last_sector"))
        for pipeline, kind, sector in rows.select("pipeline", "kind", "first_sector").unique().iter_rows():
            label = words.get(kind) if pipeline == "SPOC" else pipeline
            if label:
                kinds.setdefault(label, set()).add(sector)
    return kinds


def _run_rows(sets: Sets, tic: int) -> list[_Row]:
    rows = [row for row in sets if row["tic"] == tic]
    short = {row["set"]: _run_label(row) for row in rows}
    several = len({row["pipeline"] for row in rows}) > 1
    return [
        _Row(
            label=f"{row['pipeline']} {short[row['set']]}"
            if several and row["pipeline"] != "SPOC"
            else short[row["set"]],
            sectors=sectors_of_text(row["sectors"] or ""),
            colour=OLD if row["superseded_by"] else RUN,
            filled=row["state"] == "exact",
            span=(row["first_sector"], row["last_sector"]),
            tces="" if row["tces"] is None else str(row["tces"]),
            by=_superseding_label(row, short),
        )
        for row in rows
    ]


def _run_label(row: Mapping[str, Any]) -> str:
    first, last = row["first_sector"], row["last_sector"]
    return f"{first if first == last else f'{first}–{last}':>6}  {row['set'].rpartition('/')[2]}"


def _superseding_label(row: Mapping[str, Any], short: Mapping[str, str]) -> str:
    key = row["superseded_by"]
    if key is None:
        return ""
    said = " ".join(short.get(key, key).split())
    return f"{said}{', probably' if (row['reason'] or '').startswith('probably') else ''}"


def _subtitle(data: Sequence[_Row], runs: Sequence[_Row]) -> str:
    if not runs:
        return "sectors observed; no data validation" if data else "neither light curves nor data validation"
    current = sum(row.colour == RUN for row in runs)
    return f"sectors observed, and {number(len(runs), 'data-validation set')}, {current} of them current"


def _draw(axes: Axes, data: Sequence[_Row], runs: Sequence[_Row], frame: _Frame) -> None:
    places = [*range(len(data)), *(len(data) + GAP + n for n in range(len(runs)))]
    for y, row in zip(places, [*data, *runs], strict=True):
        _draw_row(axes, y, row)
    first, last = _axis_limits([*data, *runs])
    axes.set_xlim(first - 0.7, last + 0.7)
    axes.set_ylim(places[-1] + 0.6, -0.6)
    _set_ticks(axes, next((step for span, step in frame.ticks.items() if last - first <= span), 10))
    axes.set_yticks(places, [drawn_text(row.label) for row in (*data, *runs)], fontfamily="monospace", fontsize=8)
    for label, row in zip(axes.get_yticklabels(), (*data, *runs), strict=True):
        label.set_color(_text_colour(row))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("sector", fontsize=9)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    if runs:
        _write_margins(axes, places[len(data) :], runs, frame)


def _write_margins(axes: Axes, places: Iterable[float], runs: Sequence[_Row], frame: _Frame) -> None:
    """Write the number of TCEs and the superseding set to the right of each run, and headings above."""
    from matplotlib.transforms import blended_transform_factory

    beside = blended_transform_factory(axes.transAxes, axes.transData)
    columns = [(0.3, "right", "TCEs"), (0.45, "left", "superseded by")][: 1 + frame.says_by]
    head = min(places, default=0.0) - 0.85
    above: dict[str, Any] = {"fontsize": 7.5, "color": DATA, "va": "center", "style": "italic", "transform": beside}
    axes.text(-0.06 * frame.inch, head, "searched   run", ha="right", **above)
    for x, align, title in columns:
        axes.text(1 + x * frame.inch, head, title, ha=align, **above)
    for y, row in zip(places, runs, strict=True):
        for (x, align, _), said in zip(columns, (row.tces, row.by), strict=False):
            axes.text(
                1 + x * frame.inch,
                y,
                drawn_text(said),
                transform=beside,
                fontsize=8,
                color=_text_colour(row),
                va="center",
                ha=align,
            )


def _text_colour(row: _Row) -> str:
    return OLD_TEXT if row.colour == OLD else "black"


def _draw_row(axes: Axes, y: float, row: _Row) -> None:
    from matplotlib.patches import Rectangle

    if row.span is not None:
        first, last = row.span
        axes.plot(
            [first - 0.42, last + 0.42],
            [y, y],
            color=row.colour,
            linewidth=1.2,
            alpha=0.55,
            solid_capstyle="butt",
            zorder=2,
        )
    for start, stop in runs_of_sectors(row.sectors):
        for sector in range(start, stop + 1):
            face = row.colour if row.filled else "white"
            box = Rectangle(
                (sector - 0.42, y - 0.34), 0.84, 0.68, facecolor=face, edgecolor=row.colour, zorder=3,
                linewidth=0 if row.filled else 0.9,
            )  # fmt: skip
            axes.add_patch(box)


def _axis_limits(rows: Sequence[_Row]) -> tuple[int, int]:
    shown = [sector for row in rows for sector in (*row.sectors, *(row.span or ()))]
    first, last = min(shown), max(shown)
    if last - first + 1 < LEAST:
        first = max(1, first - (LEAST - (last - first + 1)) // 2)
        last = max(last, first + LEAST - 1)
    return first, last


def _set_ticks(axes: Axes, major: int) -> None:
    from matplotlib.ticker import MultipleLocator

    axes.xaxis.set_major_locator(MultipleLocator(major))
    axes.xaxis.set_minor_locator(MultipleLocator(1))
    axes.grid(axis="x", which="major", color="#d9dee4", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", which="minor", length=2, color="#9aa5b1")
    axes.tick_params(axis="x", which="major", labelsize=8)


def _add_legend(figure: Figure, runs: Sequence[_Row], frame: _Frame) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    here = {(row.filled, row.colour) for row in runs}
    said = [
        (bool(runs), Line2D([], [], color=RUN, alpha=0.55, linewidth=1.2), "range searched"),
        (any(filled for filled, _ in here), Patch(facecolor=RUN, edgecolor=RUN), "sector used"),
        (
            any(not filled for filled, _ in here),
            Patch(facecolor="white", edgecolor=RUN),
            "observed in range, perhaps used",
        ),
        (any(colour == OLD for _, colour in here), Patch(facecolor=OLD, edgecolor=OLD), "superseded"),
    ]
    handles = [(handle, label) for there, handle, label in said if there]
    if handles:
        left = frame.left / frame.width - 0.01 if frame.says_by else 0.0
        figure.legend(
            *map(list, zip(*handles, strict=True)), loc="lower left", bbox_to_anchor=(left, 0.1 / figure.get_figheight()),
            ncols=frame.legend, frameon=False, fontsize=8, handlelength=1.6, columnspacing=1.6,
        )  # fmt: skip

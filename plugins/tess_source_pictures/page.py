"""One page about one target, in one file: no network, no program, readable on a phone and in ten years."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.disk import write
from tess_source.display import html
from tess_source.display import text as words
from tess_source.display.html import Markup, element
from tess_source.display.visible import logger
from tess_source.download.addresses import Addresses
from tess_source.errors import QueryError, TessSourceError
from tess_source.paths import user_path
from tess_source.session import session_of
from tess_source_dv.candidates.published import published, with_tois
from tess_source_dv.draw.coverage import plot_coverage
from tess_source_dv.draw.figure import new_figure
from tess_source_dv.sets.exact_sectors import fetch_reports, root_of
from tess_source_dv.sets.members import all_products, members
from tess_source_pictures.folded import Folded, fold_curves, fold_series
from tess_source_pictures.gather import Gathered, chosen, gather, has_curves, name_of, simulated, target_of
from tess_source_pictures.html import link, page, page_file, table, text
from tess_source_pictures.panels import INK, colour, draw_fold, draw_sector, scale_of
from tess_source_pictures.svg import Inliner
from tess_source_pictures.tois import tois_html
from tess_source_pictures.transits import TransitTimes, Validated, ephemerides, validated

if TYPE_CHECKING:
    from tess_source.tables.found import Found
    from tess_source.tables.rows import Rows

__all__ = ["show_html"]

log: logging.Logger = logger(__name__)


@dataclass(frozen=True)
class _Contents:
    """Everything that the page shows."""

    found: Found
    asked: Found
    """What filters left of it."""
    tic: int
    root: Path
    light: Gathered | None
    """None if the target has no light curves."""
    dv: Validated
    tois: Rows | None
    """TOIs of the star; None if no table of TOIs could be had."""
    events: Sequence[TransitTimes]
    folds: Mapping[int, Folded]
    problems: Mapping[str, str]
    """File → why it is not shown."""

    @property
    def title(self) -> str:
        return " · ".join(filter(None, [name_of(self.found, self.tic), f"TIC {self.tic}"]))


def show_html(
    found: Found, path: str | Path, root: str | Path | None = None, *, tic: int | None = None, series: bool = False,
    **options: Any,
) -> Path:  # fmt: skip
    """Write one page about a target: see `tess_source_pictures.accessors.show_html`."""
    written(found, path, root, tic=tic, series=series, **options)
    return user_path(path)


def written(
    found: Found, path: str | Path, root: str | Path | None = None, *, light: Found | None = None, tic: int | None = None,
    series: bool = False, **options: Any,
) -> Mapping[str, str]:  # fmt: skip
    """Write a page as `show_html` does; return which files failed.

    Parameters
    ----------
    found, path, root, tic, series, **options
        See `show_html`.
    light : Found, optional
        A selection of `found`, whose light curves are taken; `found` itself if None.

    Returns
    -------
    mapping
        File → why it could not be had or read.
    """
    file = page_file(path)
    known = _page_contents(found, light or found, target_of(found, tic), root_of(found, root), series, options)
    inliner = Inliner()
    parts = [
        *_head_html(known),
        *_coverage_html(known, inliner),
        *_curves_html(known, inliner),
        *_tces_html(known, inliner),
        *tois_html(known.tois, known.dv.tces),
    ]
    parts += [*_sets_html(known), *_lock_html(known)]
    write(file, page(known.title, parts).encode())
    return known.problems


def _page_contents(
    found: Found, asked: Found, tic: int, root: Path, series: bool, options: Mapping[str, Any]
) -> _Contents:
    light = gather(chosen(asked, tic), root, **options) if has_curves(asked, tic) else None
    dv = validated(found, tic, root, exact=True)
    tois = published(found, [tic])
    dv = replace(dv, tces=with_tois(dv.tces, tois))
    if light is None and not len(dv.sets):
        raise QueryError(f"TIC {tic} has neither light curves nor data validation here: there is nothing to show")
    problems = {**(light.failed if light else {}), **dv.failed}
    events = ephemerides(dv)
    folds = {event.tce: fold_curves(light.curves, event, events) for event in events} if light else {}
    if (file := _series_file(found, dv, root, series)) is not None:
        try:
            folds |= fold_series(file, events)
        except (TessSourceError, OSError) as error:
            problems[file.name] = str(error)
    elif series and dv.best is not None:
        problems[f"time series of {dv.best['set']}"] = "it could not be had; the light curves are folded instead"
    return _Contents(found, asked, tic, root, light, dv, tois, events, folds, problems)


def _series_file(found: Found, dv: Validated, root: Path, fetch: bool) -> Path | None:
    """Return the file of the time series of the best set, if it is here or is to be fetched."""
    if dv.best is None:
        return None
    uris = members(all_products(found)).filter(set=dv.best["set"], kind="dvt")["uri"].to_list()
    if fetch:
        paths, _ = fetch_reports(found, uris, root)
        return paths[0] if paths else None
    plan = found.replace(products=_with_products(found, uris).products, drops=()).plan(root, layout="mast")
    here = [root / item.path for item, there in zip(plan, plan.here(), strict=True) if there]
    return here[0] if here else None


def _with_products(found: Found, uris: Sequence[str]) -> Found:
    return found.replace(products=found.products.where(pl.col("uri").is_in(list(uris))))


# -- the parts of the page --


def _head_html(known: _Contents) -> list[Markup]:
    parts = [element("h1", text(known.title))]
    made = simulated(known.light.curves) if known.light else ""
    if made:
        badge = element("span", made, class_="badge")
        parts.append(element("p", badge, " The files say so in their own headers."))
    facts = _star_facts(known)
    if facts:
        parts.append(element("dl", *(element("div", element("dt", k), element("dd", text(v))) for k, v in facts)))
    if known.problems:
        said = "; ".join(f"{name}: {problem}" for name, problem in known.problems.items())
        parts.append(element("p", f"Not all is here. {said}", class_="warning"))
    return parts


FILLS = frozenset({0, -1, -999, -9999})
"""What headers have for values of stars that are not known: QLP's have -1, eleanor's 0."""


def _star_facts(known: _Contents) -> list[tuple[str, str]]:
    """Return what the headers say about the star, as (name, value)."""
    if known.light is None:
        return []
    curves = known.light.curves
    wanted = (
        ("right ascension", "RA_OBJ", "{:.5f}°"), ("declination", "DEC_OBJ", "{:+.5f}°"), ("TESS magnitude", "TESSMAG", "{:.2f}"),
        ("temperature", "TEFF", "{:,.0f} K"), ("radius", "RADIUS", "{:.2f} R☉"), ("log g", "LOGG", "{:.2f}"),
    )  # fmt: skip
    facts = [("sectors shown", str(len(curves)))]
    for name, card, form in wanted:
        values = [curve.meta.get(card) for curve in curves]
        number = next((value for value in values if _is_known(value, card)), None)
        if number is not None:
            facts.append((name, form.format(number).replace("-", "−")))
    return facts


def _is_known(value: Any, card: str) -> bool:
    """Return whether the value of a card is a number, and not one that stands for "not known"."""
    if not isinstance(value, int | float) or not isfinite(value):
        return False
    return card in {"RA_OBJ", "DEC_OBJ"} or value not in FILLS


def _coverage_html(known: _Contents, inliner: Inliner) -> list[Markup]:
    whole = known.found.replace(products=all_products(known.found))
    said = f"Sectors of TIC {known.tic} that were observed, and that each data-validation run used"
    parts = [element("h2", "Coverage")]
    for shown, narrow in (("broad", False), ("narrow", True)):  # the style shows one of them
        try:
            figure = plot_coverage(known.dv.sets, tic=known.tic, found=whole, narrow=narrow)
        except QueryError:  # neither SPOC's data nor any data validation: other pipelines alone
            return []
        parts.append(element("figure", inliner.inline(figure, said), class_=shown))
    return parts


def _curves_html(known: _Contents, inliner: Inliner) -> list[Markup]:
    if known.light is None:
        return [element("h2", "Light curves"), element("p", "There are none.")]
    curves = known.light.curves
    scale = scale_of(curves)
    figures = []
    for curve in curves:
        figure = new_figure(4.7, 2.3)
        axes = figure.add_axes((0.14, 0.19, 0.83, 0.69))
        draw_sector(axes, curve, scale, known.events, size=8.5)
        axes.set_ylabel(f"flux [{scale.unit}]", fontsize=8.5, labelpad=1)
        axes.set_xlabel("BTJD [d]", fontsize=8.5, labelpad=1)
        said = f"Light curve of sector {curve.sector}"
        figures.append(element("figure", inliner.inline(figure, said)))
    beyond = f" {scale.beyond:,} cadences lie beyond the frames." if scale.beyond else ""
    note = (
        "Relative to the median of each sector; all on the same scales. Pale: cadences; dark: half-hour means. BTJD = BJD − 2457000 (TDB)."
        f"{beyond}"
    )
    legend = [part for event in known.events for part in (" ", _key(event))]
    marks = "Marks: transits; open in sectors that their run did not use." if known.events else ""
    return [
        element("h2", "Light curves"),
        element("p", f"{note} {marks}", *legend, class_="soft"),
        element("div", *figures, class_="grid"),
    ]


def _key(event: TransitTimes) -> Markup:
    """Return the mark of a TCE and what it is."""
    dot = element("span", class_="dot", style=f"background:{colour(event.tce)}")
    return element("span", dot, f"TCE {event.tce} ({event.period:.4f} d)", class_="key")


TCE_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("TCE", "tce", "{}"), ("period [d]", "period", "{:.5f}"), ("epoch [BTJD]", "epoch", "{:.4f}"), ("duration [h]", "duration", "{:.2f}"),
    ("depth [ppm]", "depth", "{:,.0f}"), ("MES", "mes", "{:.1f}"), ("SNR", "snr", "{:.1f}"), ("transits", "transits", "{}"),
    ("radius [R⊕]", "planet_radius", "{:.2f}"), ("fit converged", "converged", "yes/no"),
    ("eclipsing binary?", "suspected_eclipsing_binary", "yes/no"),
    ("run's TOI", "toi", "{}"),
)  # fmt: skip
"""Heading, column, format."""


def _tces_html(known: _Contents, inliner: Inliner) -> list[Markup]:
    parts = [element("h2", "Threshold crossing events")]
    if known.dv.best is None:
        return [*parts, element("p", "No data-validation set is known: where a search finds no TCE, there is none.")]
    name = known.dv.best["set"]
    if not len(known.dv.tces):
        return [*parts, element("p", f"The report of {name} could not be read.")]
    parts.append(element("p", f"From the report of {name}, the current set with most sectors.", class_="soft"))
    rows = [[_formatted(row[column], form) for _, column, form in TCE_COLUMNS] for row in known.dv.tces]
    parts.append(table([heading for heading, _, _ in TCE_COLUMNS], rows))
    figures = []
    for tce, folded in sorted(known.folds.items()):
        figure = new_figure(4.4, 2.9)
        axes = figure.add_axes((0.155, 0.155, 0.825, 0.755))
        draw_fold(axes, folded)
        if folded.simulated:
            figure.text(0.985, 0.02, "simulated", fontsize=7.5, ha="right", color=INK)
        picture = inliner.inline(figure, f"Light curve folded on TCE {tce}")
        figures.append(element("figure", picture, element("figcaption", f"Folded: {folded.source}.")))
    return [*parts, element("div", *figures, class_="grid")] if figures else parts


def _formatted(value: Any, form: str) -> str | None:
    if value is None:
        return None
    return ("yes" if value else "no") if form == "yes/no" else form.format(value)


DOCUMENTS = {"dvr-pdf": "report", "dvm": "mini-report", "dvs": "summary"}


def _sets_html(known: _Contents) -> list[Markup]:
    if not len(known.dv.sets):
        return []
    files, prefix = _document_links(known), _common_prefix(known.dv.sets["set"].to_list())
    rows = [
        (
            row["set"].removeprefix(prefix), _superseded_html(row, prefix), row["sectors"], row["state"], row["tces"],
            html.text(*_with_dots(files.get(row["set"], []))),
        )
        for row in known.dv.sets
    ]  # fmt: skip
    current = len(known.dv.sets.current)
    of = f" of {prefix.rstrip('/')}" if prefix else ""
    note = f"{words.number(len(rows), 'set')}{of}, {current:,} current. The PDFs lie at the archive."
    head = ("set", "superseded by", "sectors", "known", "TCEs", "PDFs")
    return [element("h2", "Data-validation sets"), element("p", note, class_="soft"), table(head, rows)]


def _with_dots(links: Sequence[Markup]) -> Iterator[object]:
    """Yield links with dots between them; a dash if there are none."""
    for number, one in enumerate(links or ["–"]):
        yield from (" · ", one) if number else (one,)


def _common_prefix(keys: Sequence[str]) -> str:
    """Return the pipeline and target that the keys of all sets begin with; empty if there are several pipelines."""
    begins = {"/".join(key.split("/")[:2]) + "/" for key in keys}
    return begins.pop() if len(begins) == 1 else ""


def _superseded_html(row: Mapping[str, Any], prefix: str) -> Markup:
    by = row["superseded_by"]
    return element("b", "current") if by is None else text(by.removeprefix(prefix))


def _document_links(known: _Contents) -> dict[str, list[Markup]]:
    """Return the links to the PDFs of each set, the report first."""
    found: dict[str, list[Markup]] = {}
    rows: pl.DataFrame = members(all_products(known.found))
    for kind, said in DOCUMENTS.items():
        ours = rows.filter(kind=kind).sort("tce", "uri", nulls_last=True)
        for key, uri, tce in ours.select("set", "uri", "tce").iter_rows():
            name = f"{said} {tce}" if tce is not None else said
            found.setdefault(key, []).append(link(_web_address(known.found, uri), name))
    return found


def _web_address(found: Found, uri: str) -> str | None:
    """Return the address of a file on the web; None if no plugin knows it. Headers, which may hold a secret, are left out."""
    session = session_of(found)
    known = Addresses(session.registry.transports, session.registry.copies, session.settings).of(uri)
    return known[0].url if known else None


def _lock_html(known: _Contents) -> list[Markup]:
    # How old it is now, a page that is kept cannot say. When it was answered stands below.
    answer = known.asked.replace(from_store=None, record={**(known.asked.record or {}), "time": None})
    parts = [
        element("h2", "How this came to be"),
        _details("What was asked, and what was left out", element("pre", answer.explain())),
    ]
    if known.light is not None:
        lock = known.light.manifest.ok.lock()
        use = "Saved as a file, it fetches the same bytes again: tess-source get --from-lock."
        title = f"The lock: {words.number(len(lock), 'light curve')} with sha256 sums"
        parts.append(_details(title, element("p", use, class_="soft"), element("pre", lock.to_text())))
    record = known.found.record or {}
    versions = ", ".join(f"{name} {version}" for name, version in record.get("versions", {}).items())
    said = f"Answered by {record.get('server', 'an archive')} at {record.get('time', 'an unknown time')}. {versions}"
    return [*parts, element("p", said, class_="soft")]


def _details(title: str, *content: Markup) -> Markup:
    return element("details", element("summary", title), *content)

"""The picture of a target: a row for each exposure time and for each run, legible for three and for forty."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from dv_case import TIC, found, light_curve, member, products, whole
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from sizes import size

from tess_source.errors import QueryError
from tess_source_dv.draw.coverage import DATA, FAST, OLD, RUN, plot_coverage
from tess_source_dv.sets.table import table_of
from tess_source_dv.sets.used import known

RUNS = [(14, 14, 240), (14, 14, 745), (14, 41, 512), (14, 55, 652)]
CURVES = [light_curve(sector) for sector in (14, 15, 41, 55, 75)]


def labels(figure: Any) -> list[str]:
    return [" ".join(label.get_text().split()) for label in figure.axes[0].get_yticklabels()]


def boxes(figure: Any, row: int) -> list[tuple[int, str, bool]]:
    """Give the boxes of a row as (sector, colour, filled)."""
    y = figure.axes[0].get_yticks()[row]
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    here = [patch for patch in patches if abs(patch.get_y() + patch.get_height() / 2 - y) < 0.01]
    return sorted(
        (
            round(patch.get_x() + patch.get_width() / 2),
            to_hex(patch.get_edgecolor()),
            to_hex(patch.get_facecolor()) != "#ffffff",
        )
        for patch in here
    )


def test_rows_are_data_by_exposure_time_then_runs_newest_first() -> None:
    figure = found(*CURVES, light_curve(75, end="a_fast-lc"), *(member(*run) for run in RUNS)).plot_coverage()
    assert labels(figure) == ["20 s", "120 s", "14 00745", "14–55 00652", "14–41 00512", "14 00240"]
    assert boxes(figure, 0) == [(75, FAST, True)]
    assert boxes(figure, 1) == [(sector, DATA, True) for sector in (14, 15, 41, 55, 75)]


def test_used_sectors_are_filled_possible_ones_open_and_superseded_ones_faded() -> None:
    names = [*CURVES, *(member(*run) for run in RUNS)]
    exactly = known([(f"SPOC/{TIC}/s0014-s0041/00512", (14, 41), "dvr-xml")])
    figure = plot_coverage(table_of(products(*names), exactly), found=found(*names))
    assert boxes(figure, 1) == [(14, RUN, True)]
    assert boxes(figure, 2) == [(sector, RUN, False) for sector in (14, 15, 41, 55)]
    assert boxes(figure, 3) == [(14, OLD, True), (41, OLD, True)]


def test_a_run_without_anything_observed_is_a_line_alone() -> None:
    figure = found(light_curve(3), member(14, 55, 652)).plot_coverage()
    assert boxes(figure, 1) == []
    (line,) = figure.axes[0].lines
    assert [round(x, 2) for x in line.get_xdata()] == [13.58, 55.42]


def test_what_supersedes_a_run_and_its_number_of_tces_stand_beside_it() -> None:
    names = [*CURVES, *(name for run in RUNS for name in whole(*run, (1, 2)))]
    said = [text.get_text() for text in found(*names).plot_coverage().axes[0].texts]
    assert said.count("2") == 4
    assert {"14–55 00652, probably", "14 00745"} <= set(said)


def test_without_data_validation_the_data_are_drawn() -> None:
    assert labels(found(light_curve(14)).plot_coverage()) == ["120 s"]


def test_sets_alone_can_be_drawn() -> None:
    figure = plot_coverage(table_of(products(*CURVES, member(14, 55, 652))))
    assert labels(figure) == ["120 s", "14–55 00652"]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("count", [1, 3, size(10, 40)])
def test_the_picture_grows_with_the_runs_and_nothing_overlaps(count: int, narrow: bool) -> None:
    names = [light_curve(sector) for sector in range(1, 111, 2)]
    names += [member(1, 110, 500 + run) for run in range(count)]
    figure = plot_coverage(found(*names), narrow=narrow)
    assert ("superseded by" in {text.get_text() for text in figure.axes[0].texts}) is not narrow
    assert figure.get_figwidth() < 5 or not narrow
    figure.canvas.draw()
    heights = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert all(upper.y0 >= lower.y1 - 0.5 for upper, lower in pairwise(heights))
    frame = figure.bbox
    for text in (*figure.axes[0].get_yticklabels(), *figure.axes[0].texts, *figure.texts):
        extent = text.get_window_extent()
        assert extent.x0 >= frame.x0, text.get_text()
        assert extent.x1 <= frame.x1, text.get_text()


@pytest.mark.parametrize("narrow", [False, True])
def test_long_labels_have_room(narrow: bool) -> None:
    other = "hlsp_tess-spoc_tess_phot_{}_tess_v1_{}"
    star = f"{TIC:016d}"
    names = [
        *CURVES, member(14, 55, 652), other.format(f"{star}-s0014", "lc.fits"), other.format(f"{star}-s0014-s0055", "dvt.fits"),
        f"hlsp_gsfc-eleanor-lite_tess_ffi_s0014-{star}_tess_v1.0_lc.fits",
    ]  # fmt: skip
    figure = found(*names).plot_coverage() if not narrow else plot_coverage(found(*names), narrow=True)
    assert any(label.startswith("TESS-SPOC 14–55") for label in labels(figure)), labels(figure)
    assert "GSFC-ELEANOR-LITE" in labels(figure)
    figure.canvas.draw()
    assert all(label.get_window_extent().x0 > figure.bbox.x0 + 1 for label in figure.axes[0].get_yticklabels())


def test_without_runs_the_axes_reach_to_the_right() -> None:
    bare, full = (found(light_curve(14), *runs).plot_coverage() for runs in ((), (member(14, 14, 240),)))
    assert bare.axes[0].get_position().x1 > 0.95 > full.axes[0].get_position().x1


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_it_is_written_as_png_pdf_or_svg(tmp_path: Path, suffix: str, start: bytes) -> None:
    file = tmp_path / f"runs.{suffix}"
    found(light_curve(14), member(14, 14, 240)).plot_coverage(file)
    assert file.read_bytes().startswith(start)


def test_pyplot_knows_nothing_of_it() -> None:
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    found(light_curve(14), member(14, 14, 240)).plot_coverage()
    assert pyplot.get_fignums() == before


def test_what_cannot_be_drawn_is_an_error_that_says_why(tmp_path: Path) -> None:
    here = found(light_curve(14), member(14, 14, 240))
    with pytest.raises(QueryError, match=r"runs.gif: pictures are .svg, .png, .pdf"):
        here.plot_coverage(tmp_path / "runs.gif")
    with pytest.raises(QueryError, match="TIC 5 has neither light curves nor data validation"):
        here.plot_coverage(tic=5)
    with pytest.raises(QueryError, match="there are 0"):
        found("notes.txt").plot_coverage()

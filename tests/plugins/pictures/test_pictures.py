"""Pictures of light curves: one panel a sector, legible for one and for thirty, transits where the report has them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from pictures_case import KELT9, L9859, TOI3505, archive, curve
from sizes import size

from tess_source import Session
from tess_source.errors import LoadError, QueryError
from tess_source_pictures.folded import fold_curves
from tess_source_pictures.gather import _relative_curve, chosen, gather, simulated
from tess_source_pictures.panels import colour, scale_of
from tess_source_pictures.plot import draw
from tess_source_pictures.transits import TransitTimes, ephemerides, in_transit, validated

SECTORS = ["Sector 14", "Sector 41", "Sector 54", "Sector 81"]
"""Of TOI-3505: two from full-frame images, by QLP, and two of SPOC."""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with archive(cache=tmp_path_factory.mktemp("cache")) as served:
        yield served


def titles(figure: Any) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def said(figure: Any) -> str:
    words = [text.get_text() for text in figure.texts]
    words += [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return "\n".join([*words, *(axes.get_title(loc="right") for axes in figure.axes)])


def marks(axes: Any, tce: int) -> Any:
    (line,) = [line for line in axes.lines if line.get_marker() == "^" and to_hex(line.get_color()) == colour(tce)]
    return line


# -- found.plot --


def test_there_is_a_panel_a_sector_and_the_files_go_to_the_cache_folder_once(session: Session) -> None:
    from matplotlib._pylab_helpers import Gcf

    found = session.search(TOI3505)
    figure = found.plot()
    assert titles(figure) == SECTORS
    made = [axes.get_title(loc="right") for axes in figure.axes]
    assert made == ["QLP · 1800 s · simulated", "QLP · 600 s · simulated", *["SPOC · 120 s · simulated"] * 2]
    assert not Gcf.figs  # pyplot knows nothing of it
    before = {path: path.stat().st_mtime_ns for path in session.store.root.rglob("*.fits")}
    assert len(before) == 4
    found.plot()
    assert before == {path: path.stat().st_mtime_ns for path in session.store.root.rglob("*.fits")}


def test_transits_are_marked_where_the_report_says_filled_in_the_sectors_that_its_run_used(
    session: Session, tmp_path: Path
) -> None:
    found = session.search(KELT9)
    events = ephemerides(validated(found, KELT9, tmp_path))
    assert [event.tce for event in events] == [1, 2, 3]
    assert events[0].period == pytest.approx(1.4811, abs=1e-4)
    assert events[0].sectors == {14, 15, 41, 55}
    light = found.select(kind="lc")  # the report, which is here now, is not among its products
    assert {*validated(light, KELT9, tmp_path, exact=True).sets.current["state"]} == {"exact"}
    figure = found.plot(root=tmp_path)
    for axes in figure.axes:
        line = marks(axes, 1)
        assert line.get_xdata() == pytest.approx(events[0].times(*axes.lines[0].get_xdata()[[0, -1]]))
        used = axes.get_title(loc="left").removeprefix("Sector ") in {"14", "15", "41", "55"}
        assert (to_hex(line.get_markerfacecolor()) == colour(1)) == used
    assert "in a sector its run did not use" in said(figure)
    assert not [
        line
        for axes in found.plot(root=tmp_path, transits=False).axes
        for line in axes.lines
        if line.get_marker() == "^"
    ]


def test_a_selection_made_before_decides_which_light_curves(session: Session, tmp_path: Path) -> None:
    fast = session.search(KELT9).select(exptime=20).plot(root=tmp_path)
    assert titles(fast) == ["Sector 75", "Sector 82"]
    assert "20 s" in fast.axes[0].get_title(loc="right")


@pytest.mark.parametrize(("ending", "begin"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_pictures_are_written_as_their_ending_says(session: Session, tmp_path: Path, ending: str, begin: bytes) -> None:
    session.search(TOI3505).plot(tmp_path / f"a.{ending}", tmp_path)
    assert (tmp_path / f"a.{ending}").read_bytes().startswith(begin)


def test_what_cannot_be_drawn_is_refused_before_anything_is_fetched(session: Session, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"a\.gif: pictures are \.svg"):
        session.search(TOI3505).plot(tmp_path / "a.gif", tmp_path)
    two = session.search([TOI3505, L9859])
    with pytest.raises(QueryError, match="say tic=…: there are 2"):
        two.plot(root=tmp_path)
    with pytest.raises(QueryError, match="TIC 1 is not in this search"):
        two.plot(root=tmp_path, tic=1)
    with pytest.raises(QueryError, match="has no light curves"):
        session.search(TOI3505).select(kind="dvt").plot(root=tmp_path)
    assert not list(tmp_path.iterdir())
    assert titles(two.plot(root=tmp_path, tic=TOI3505)) == SECTORS


def test_what_cannot_be_had_is_named_and_the_rest_is_drawn(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with archive("status:404:times=99:match=s0054-0000000390988385-0227-s_lc", cache=tmp_path / "c") as broken:
        found = broken.search(TOI3505)
        figure = found.plot(root=tmp_path / "d")
    assert titles(figure) == ["Sector 14", "Sector 41", "Sector 81"]
    assert "not shown: 1 file " in said(figure)
    assert "s0054" in caplog.text


def test_without_any_light_curve_it_fails_and_says_why(tmp_path: Path) -> None:
    with (
        archive("status:404:times=99:match=lc.fits", cache=tmp_path / "c") as broken,
        pytest.raises(LoadError, match="404"),
    ):
        broken.search(TOI3505).plot(root=tmp_path / "d")


def test_a_report_that_cannot_be_had_leaves_transits_unmarked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with archive("status:404:times=99:match=_dvr.xml", cache=tmp_path / "c") as broken:
        figure = broken.search(TOI3505).plot(root=tmp_path / "d")
    assert not figure.legends
    assert "tells nothing of transits" in caplog.text


# -- the drawing --


@pytest.mark.parametrize("count", sorted({1, 4, 5, size(5, 15), 30}))
def test_panels_are_of_a_legible_size_and_never_touch_however_many(count: int) -> None:
    events = [TransitTimes(tce, 3.1 * tce, 1400.0, 3.0) for tce in range(1, 8)]
    figure = draw([curve(sector, events) for sector in range(1, count + 1)], events, "a star")
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    assert len(boxes) == count
    for one, other in combinations(boxes, 2):
        assert not (one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1)
    assert min(box.x0 for box in boxes) > 0
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
    panels = [axes.get_position() for axes in figure.axes]
    assert min(panel.height for panel in panels) * figure.get_figheight() > 0.9
    assert min(panel.width for panel in panels) * figure.get_figwidth() > 3


def test_simulated_is_said_only_of_files_whose_headers_say_it() -> None:
    real, made = curve(1), curve(2, simulated=True)
    assert "simulated" not in said(draw([real]))
    assert simulated([real, made]) == "simulated: sectors 2"
    assert "simulated: sectors 2" in said(draw([real, made]))
    assert "simulated data" in said(draw([made]))


def test_no_transit_is_cut_off_and_what_lies_beyond_the_frame_is_counted() -> None:
    event = TransitTimes(1, 30.0, 1330.0, 3.0)
    one = curve(1, [event], depth=50_000)
    one.flux[7] = 1e7
    scale = scale_of([one])
    assert scale.low < -50_000
    assert scale.unit == "%"
    one.flux[7] = 0
    one.flux[100] = 500_000
    calm = scale_of([one, *(curve(sector) for sector in range(2, 12))])
    assert calm.beyond == int(((one.flux > calm.high) | (one.flux < calm.low)).sum())


# -- transits --


@given(
    st.floats(0.2, 500), st.floats(1300, 4000), st.floats(1300, 4000), st.floats(0.01, 1500), st.floats(0.1, 30)
)  # fmt: skip
def test_transits_between_two_times_are_all_there_and_no_other(
    period: float, epoch: float, first: float, span: float, duration: float
) -> None:
    event = TransitTimes(1, period, epoch, duration)
    times = event.times(first, first + span)
    assert abs(len(times) - span / period) <= 1 + 1e-9
    assert ((times >= first - 1e-6) & (times <= first + span + 1e-6)).all()
    assert event.offset(times) == pytest.approx(np.zeros(len(times)), abs=1e-4)
    assert in_transit(times, [event]).all()


def test_folding_finds_the_depth_again_under_a_slow_trend_and_beside_another_planet() -> None:
    one, other = TransitTimes(1, 3.7, 1400.0, 3.0), TransitTimes(2, 2.9, 1401.0, 3.0)
    light = curve(1, [one])
    light.flux[in_transit(light.time, [other])] -= 5000
    light.flux[:] += 800 * np.sin(light.time / 2)
    folded = fold_curves([light], one, [one, other])
    deep = folded.flux[np.abs(folded.phase) < 1.2]
    beside = folded.flux[np.abs(folded.phase) > 2]
    assert np.median(deep) == pytest.approx(-1000, abs=100)
    assert np.median(beside) == pytest.approx(0, abs=60)
    assert beside.min() > -1000  # nothing of the other planet
    assert np.abs(folded.phase).max() <= folded.reach


def test_two_tces_that_always_coincide_are_both_folded() -> None:
    one, other = TransitTimes(1, 3.7, 1400.0, 3.0), TransitTimes(2, 3.7, 1400.0, 3.0)
    folded = fold_curves([curve(1, [one])], other, [one, other])
    assert np.median(folded.flux[np.abs(folded.phase) < 1.2]) == pytest.approx(-1000, abs=100)


def test_one_light_curve_a_sector_of_120_seconds_if_there_is_one(session: Session, tmp_path: Path) -> None:
    light = gather(chosen(session.search(KELT9), KELT9), tmp_path)
    assert [one.sector for one in light.curves] == [14, 15, 41, 55, 75, 82]
    assert {one.exptime for one in light.curves} == {120.0}
    assert all(abs(np.median(one.flux)) < 1e-6 and (np.diff(one.time) > 0).all() for one in light.curves)


@pytest.mark.real
def test_a_real_light_curve_is_drawn_and_not_called_simulated(real: Path) -> None:
    import lightkurve

    from tess_source.tables.items import Item

    (path,) = (real / "lc").glob("*-s0005-0000000307210830-*_lc.fits")
    item = Item(uri=f"mast:TESS/product/{path.name}", path=path.name)
    one = _relative_curve(lightkurve.read(path), item)
    assert one.sector == 5
    assert not one.simulated
    assert 1437 < one.time[0] < one.time[-1] < 1465
    assert 300 < one.flux.std() < 2000
    assert "simulated" not in said(draw([one], [TransitTimes(1, 3.69064, 1356.2031, 1.25)], "L 98-59"))

"""What the tests of pictures share: a sample archive, a session on it, and light curves that are made up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import tess_source_dv
import tess_source_filters
import tess_source_lightkurve
import tess_source_mast
import tess_source_pictures
from tess_source import Session
from tess_source.display.html import element
from tess_source_pictures.gather import Curve
from tess_source_pictures.svg import Inliner
from tess_source_pictures.transits import TransitTimes
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

PLUGINS = (
    tess_source_dv,
    tess_source_filters,
    tess_source_lightkurve,
    tess_source_mast,
    tess_source_pictures,
)
L9859, TOI3505, KELT9 = 307210830, 390988385, 16740101


def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawings on pages away, of which only the words stay: most of the time that a page takes goes into them."""
    monkeypatch.setattr(Inliner, "inline", lambda self, figure, said: element("svg", said))


@contextmanager
def archive(*faults: str, cache: Path) -> Iterator[Session]:
    """Serve the sample archive, and give a session on it."""
    with SampleArchive(faults=[Fault.parse(fault) for fault in faults]) as served:
        yield Session(served.url, discover=False, plugins=PLUGINS, cache=cache)


def curve(
    sector: int,
    events: Sequence[TransitTimes] = (),
    depth: float = 1000,
    noise: float = 100,
    simulated: bool = False,
) -> Curve:
    """Make a light curve of 27 days, a cadence in ten minutes, with boxes for transits."""
    time = 1325 + 27.4 * (sector - 1) + np.arange(0, 26.5, 1 / 144)
    flux = np.random.default_rng(sector).normal(0, noise, len(time))
    for event in events:
        flux[np.abs(event.offset(time)) < event.duration / 2] -= depth
    return Curve(sector, time, flux, 120.0, "SPOC", f"{sector}.fits", simulated)

"""Threads may be the first to use lightkurve, all at the same moment, and nothing is lost or silenced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from places import HELPERS
from sizes import STRESS

from tess_source_sample.files import make

FILES = (
    "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits",
    "tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits",
    "hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc.fits",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for filename in FILES:
        (folder / filename).write_bytes(make(filename))
    return folder


def printed(what: str, folder: Path, *options: str) -> str:
    """Run one of `first_use`'s functions in a fresh process."""
    command = [sys.executable, *options, str(HELPERS / "first_use.py"), what, str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    assert done.stderr == ""
    return done.stdout.strip()


def test_eight_threads_begin_with_all_libraries_at_the_same_moment_and_open_every_file_without_a_warning(
    folder: Path,
) -> None:
    groups = ["dv time series", "light curves"]
    # requests sets a filter for this warning at its import; before Python 3.14, an astropy table in another thread may take it away again
    filters = ("-W", "error", "-W", "ignore:SOCKS support in urllib3")
    expected = {"iter_load: 3": 2, f"load: {groups}": 2, "portal: Portal": 2, "radius: 60.0": 1, "table: 1": 1}
    assert printed("mixed", folder, *filters) == str(expected)


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Any]:
    """What a process tells of the import of lightkurve in one of its threads; warnings are errors there."""
    if not STRESS:
        pytest.skip("one more process that imports all libraries; make stress does")
    return dict(json.loads(printed("other_filters", folder, "-W", "error")))


def test_lightkurve_is_imported_in_silence_even_where_warnings_are_errors(told: dict[str, Any]) -> None:
    assert told["opened"] == ["TessLightCurve", "TessLightCurve", "DVTimeSeries"]
    assert not told["all warnings are silenced"]
    assert told["streams and logging are as before"]


def test_while_lightkurve_is_imported_other_threads_hear_their_warnings_and_keep_their_filters(
    told: dict[str, Any],
) -> None:
    assert told["heard"] == ["listen"]
    assert told["our filter is there"]
    assert told["the filters before are there"]

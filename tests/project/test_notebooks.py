"""The notebooks of the docs run from top to bottom, and find what they say; and what a notebook shows of our objects."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from kernel import Kernel, Output, kernel
from places import ROOT
from sizes import STRESS

from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

FOLDER = ROOT / "docs" / "notebooks"
GONE = {"text/plain": "", "text/html": ""}
"""What is left of the line that says what a search is doing."""
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def running(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "config.toml").write_text("cache = 'cache'\n")
    own = {"TESS_SOURCE_SERVER": shared_archive.url, "TESS_SOURCE_CONFIG": str(folder / "config.toml")}
    others = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}  # a notebook has its own
    with kernel(folder, {**others, **own}) as started:
        yield started


@pytest.fixture
def fresh(running: Kernel) -> Kernel:
    """The kernel of the module, with no names of other tests."""
    running.forget()
    return running


def cells(notebook: Path) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return found


def outputs_of(notebook: str, running: Kernel) -> list[Output]:
    """Return all outputs of a notebook; a cell that fails is an error."""
    sources = ["".join(cell["source"]) for cell in cells(FOLDER / f"{notebook}.ipynb") if cell["cell_type"] == "code"]
    return [output for source in sources for output in running.run(source)]


def said(outputs: Sequence[Output]) -> str:
    """Return all text of outputs, without those of progress and messages."""
    printed = (one["text"] for one in outputs if one["output_type"] == "stream" and one["name"] == "stdout")
    values = (one["data"]["text/plain"] for one in outputs if one["output_type"] == "execute_result")
    return "\n".join([*printed, *values])


def shown(running: Kernel, source: str) -> list[Output]:
    """Return the outputs of a cell that show something; what a long search was doing is gone at the end."""
    return [output for output in running.run(source) if output.get("data") != GONE]


def printed(running: Kernel, source: str) -> str:
    """Return what a cell prints, which may come in pieces."""
    return "".join(output["text"] for output in shown(running, source))


def pictures(outputs: Sequence[Output]) -> int:
    return sum("image/png" in one.get("data", ()) for one in outputs)


def messages(outputs: Sequence[Output]) -> str:
    return "".join(one["text"] for one in outputs if one["output_type"] == "stream" and one["name"] == "stderr")


def test_first_light_curves_finds_the_period_of_kelt_9_and_its_depth(fresh: Kernel) -> None:
    outputs = outputs_of("first-light-curves", fresh)
    assert "period: 1.481 days" in said(outputs)
    depth = re.search(r"depth: ([\d,]+) ppm", said(outputs))
    assert depth
    assert 2800 < int(depth[1].replace(",", "")) < 3800
    assert "sector=14-15: dropped 4, kept 2" in said(outputs)
    assert pictures(outputs) == 4
    assert messages(outputs) == ""


@pytest.mark.skipif(not STRESS, reason="seconds of CPU; the other notebooks are run for every change")
def test_the_planets_of_l_98_59_are_found_through_all_runs(fresh: Kernel) -> None:
    outputs = outputs_of("l98-59-planets", fresh)
    assert "17 sets, 8 current" in said(outputs)
    assert printed(fresh, "print(last['period'].round(3).to_list(), last['exofop_toi'].to_list())") == (
        "[2.253, 3.691, 7.451] ['175.03', '175.01', '175.02']\n"
    )
    assert printed(fresh, "print([*map(len, (found.dv(), tces, series))])") == "[17, 47, 3]\n"
    grown = "print([rows['mes'].is_sorted() for _, rows in several.sort('last_sector').group_by('exofop_toi')])"
    assert printed(fresh, grown) == "[True, True, True]\n"
    depths = """
for tce in series:
    folded = tce.fold()
    inside = abs(folded.phase.to_value("hour")) < tce.duration.value / 4
    print(round(-1e6 * folded.flux.value[inside].mean() / tce.depth.value, 1))
"""
    assert [0.8 <= float(ratio) <= 1.1 for ratio in printed(fresh, depths).split()] == [True] * 3
    assert pictures(outputs) == 3
    assert messages(outputs) == ""


def test_the_data_set_has_each_star_in_one_part_and_windows_of_one_day(fresh: Kernel) -> None:
    outputs = outputs_of("machine-learning-data", fresh)
    assert "Written(9 light curves (6 train, 2 validation, 1 test)" in said(outputs)
    assert printed(fresh, "print({split: array.shape for split, array in sorted(inputs.items())})") == (
        "{'test': (25, 720), 'train': (140, 720), 'validation': (48, 720)}\n"
    )
    assert pictures(outputs) == 1
    assert messages(outputs) == ""


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_outputs_and_with_short_cells(notebook: Path) -> None:
    code = [cell for cell in cells(notebook) if cell["cell_type"] == "code"]
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
    assert max(len(cell["source"]) for cell in code) <= 16
    assert len({cell["id"] for cell in cells(notebook)}) == len(cells(notebook))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_in_notebooks_lead_to_files_that_are_there(notebook: Path) -> None:
    text = "".join("".join(cell["source"]) for cell in cells(notebook) if cell["cell_type"] == "markdown")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []


# -- what a notebook shows of our objects --


@pytest.mark.parametrize("inline", [False, True])
def test_a_figure_is_shown_once_as_a_picture_and_pyplot_knows_nothing_of_it(fresh: Kernel, inline: bool) -> None:
    if inline:
        fresh.run("%matplotlib inline")
    fresh.run("import matplotlib.pyplot as plt, tess_source\nfound = tess_source.search(307210830)\nplt.close('all')")
    (picture,) = shown(fresh, "figure = found.plot_coverage()\nfigure")
    assert "image/png" in picture["data"]
    assert shown(fresh, "figure = found.plot_coverage()") == []
    assert (
        printed(fresh, "before = plt.get_fignums()\nplt.close(figure)\nprint(before, plt.get_fignums())") == "[] []\n"
    )


def test_a_download_leaves_one_output_that_tells_the_outcome(fresh: Kernel, archive: SampleArchive) -> None:
    archive.faults.add(Fault("status", match="s0015", status=404, times=None))
    fresh.run(
        "import tess_source\nsession = tess_source.Session(cache='empty')\n"
        "chosen = session.search(16740101).select(kind='lc', exptime=120)"
    )
    (bar,) = shown(fresh, "manifest = chosen.download('one-lost')")
    assert re.fullmatch(r"6/6 files, 1 failed, \d+\.\d MB in .* s, .* MB/s", bar["data"]["text/plain"])
    assert bar["data"]["text/html"].startswith("<div")
    assert "<progress" in bar["data"]["text/html"]
    assert shown(fresh, "chosen.download('silent', progress=False);") == []


def test_a_download_that_is_interrupted_says_so(fresh: Kernel) -> None:
    source = """
import tess_source
def stop(entry):
    raise KeyboardInterrupt
try:
    session = tess_source.Session(cache='another')
    session.search(16740101).select(kind='lc', exptime=120).download('broken-off', jobs=1, on_entry=stop)
except KeyboardInterrupt as error:
    print(len(error.manifest.failed) > 0)
"""
    bar, left = shown(fresh, source)
    assert bar["data"]["text/plain"].startswith("stopped: ")
    assert left["text"] == "True\n"


def test_a_search_says_what_it_is_doing_in_one_output_that_is_empty_at_the_end(
    fresh: Kernel, archive: SampleArchive
) -> None:
    archive.faults.add(Fault("latency", seconds=0.1, times=None))
    source = """
import tess_source
from tess_source.display import activity, front
activity.AFTER = activity.EVERY = 0.01
seen, show = [], front.NotebookView.show
front.NotebookView.show = lambda self, said, markup="": (seen.append(said), show(self, said, markup))
try:
    found = tess_source.search([16740101, 307210830], refresh=True)
    tess_source.Session(progress=False).search(16740101, refresh=True)
finally:
    front.NotebookView.show, activity.AFTER = show, 2.0
"""
    (output,) = fresh.run(source)
    assert output["data"] == GONE
    told = printed(fresh, "print(*seen, sep='\\n')")
    assert "asking mast for observations of 2 targets" in told
    assert "listing the products of 22 observations" in told


def test_progress_needs_no_widgets(fresh: Kernel) -> None:
    fresh.run("import sys, tess_source\ntess_source.search(16740101).select(kind='lc', sector=14).download('again')")
    assert printed(fresh, "print('ipywidgets' in sys.modules)") == "False\n"

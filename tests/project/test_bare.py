"""What can be done with tess-source and what it requires alone, and how each library that is not there is named."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from installs import Installed, for_users, install
from places import HELPERS
from scratch import closure, run, scratch
from sizes import STRESS

Answers = dict[str, dict[str, Any]]

LIGHTKURVE = "opening light curves needs lightkurve: pip install 'tess-source[lightkurve]'"
MATPLOTLIB = "drawing needs matplotlib: pip install 'tess-source[pictures]'"
PYARROW = "writing Arrow tables needs pyarrow: pip install 'tess-source[arrow]'"
PANDAS = "making pandas tables needs pandas: pip install 'tess-source[pandas]'"
TESS_POINT = "pixels needs tess-point: pip install 'tess-source[tess-point]'"


@pytest.fixture(scope="module")
def answers(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What an environment without optional libraries answers: see `bare`."""
    folder = tmp_path_factory.mktemp("bare")
    python = scratch(folder / "env", wheel=wheel)
    done = run(python, HELPERS / "bare.py", folder, cwd=folder, TESS_SOURCE_CACHE=str(folder / "cache"))
    given: Answers = json.loads(done.stdout)
    return given


def rows(answer: dict[str, Any]) -> list[dict[str, str]]:
    """Return the rows that a command printed as CSV."""
    assert answer["code"] == 0, answer
    return list(csv.DictReader(io.StringIO(answer["out"])))


def test_all_built_in_plugins_are_ready(answers: Answers) -> None:
    listed = json.loads(answers["plugins"]["out"])
    assert len(listed) > 10
    assert {plugin["name"]: plugin["state"] for plugin in listed if plugin["state"] != "ready"} == {}


def test_the_program_searches_and_counts(answers: Answers) -> None:
    assert [row["first_sector"] for row in rows(answers["search"])] == ["14", "15"]
    assert int(answers["count"]["out"]) > 2
    assert len(answers["urls"]["out"].split()) == 2


def test_the_program_downloads_locks_and_verifies(answers: Answers) -> None:
    assert answers["get"]["code"] == answers["verify"]["code"] == 0
    assert "2 fetched" in answers["get"]["err"] and "2 complete" in answers["verify"]["err"]


def test_data_validation_sectors_and_stars_are_told(answers: Answers) -> None:
    assert {row["set"].split("/")[0] for row in rows(answers["dv"])} >= {"SPOC"}
    assert {row["tic"] for row in rows(answers["stars"])} == {"16740101"}
    assert len(rows(answers["sectors"])) > 2


def test_the_catalogue_is_fetched_and_searched(answers: Answers) -> None:
    assert answers["catalogue"]["code"] == 0
    assert [row["first_sector"] for row in rows(answers["from the catalogue"])] == ["14"]


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ("download", "2 here before"),
        ("lock", "again.ecsv"),
        ("load_plan", "2 here before"),
        ("arrays", "2"),
        ("images", "['FullFrameImage']"),
    ],
)
def test_in_python_downloads_locks_arrays_and_images_work(answers: Answers, asked: str, value: str) -> None:
    assert value in answers[asked].get("value", ""), answers[asked]


def test_a_wrong_argument_is_an_error_of_its_own(answers: Answers) -> None:
    assert "did you mean 'hardest'" in answers["a wrong argument"]["error"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        *dict.fromkeys(
            [
                "load", "load by workers", "iter_load", "found.load", "open", "read", "map", "stitch", "pixels", "cut-out",
                "DV time series", "read_dvt", "DV into lightkurve", "basis vectors", "to_lightkurve", "search_lightcurve",
                "plot in Python", "show_html",
            ],
            LIGHTKURVE,
        ).items(),
        ("plot_coverage", MATPLOTLIB),
        ("to_arrow", PYARROW),
        ("to_parquet", PYARROW),
        ("to_pandas", PANDAS),
        ("sectors(pixels=True)", TESS_POINT),
    ],
)  # fmt: skip
def test_in_python_a_missing_library_is_named_with_the_command_that_installs_it(
    answers: Answers, asked: str, said: str
) -> None:
    assert answers[asked].get("error") == said, answers[asked]
    assert {"MissingExtraError", "ImportError", "TessSourceError"} <= set(answers[asked]["kinds"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("plot", LIGHTKURVE),
        ("show", LIGHTKURVE),
        ("demo", LIGHTKURVE),
        ("dv --plot", MATPLOTLIB),
        ("sectors --pixels", f"--{TESS_POINT}"),
    ],
)
def test_the_program_names_a_missing_library_on_one_line(answers: Answers, asked: str, said: str) -> None:
    assert answers[asked] == {"code": 2, "out": "", "err": f"error: {said}\n"}


def test_no_optional_library_was_at_hand(answers: Answers) -> None:
    assert answers["imported"]["value"] == []


def test_at_most_fifty_packages_are_required() -> None:
    assert len(closure()) < 50


@pytest.mark.skipif(not STRESS, reason="installs by pip, from a package index: make stress")
@pytest.mark.parametrize("extra", for_users(), ids=lambda extra: extra or "bare")
def test_pip_installs_each_extra_which_is_then_at_hand(extra: str, wheel: Path, tmp_path: Path) -> None:
    done: Installed = install(tmp_path / "env", wheel, extra)
    assert "tess-source" in done.packages
    if not extra:
        assert len(done.packages) <= 50
        assert done.bytes <= 450e6
    listed = json.loads(run(done.python, "-m", "tess_source", "plugins", "--format", "json", cwd=tmp_path).stdout)
    assert {plugin["state"] for plugin in listed} == {"ready"}

"""The environments with other releases of libraries: what is chosen is not constrained, and no network is told from a failure."""

from __future__ import annotations

from pathlib import Path

import matrix
import pytest
from places import ROOT


@pytest.mark.parametrize("name", matrix.ENVIRONMENTS)
def test_what_is_chosen_is_not_constrained_and_all_else_is(name: str) -> None:
    environment = matrix.ENVIRONMENTS[name]
    lines = matrix.constrained(environment)
    chosen = {word.split("=")[0].split("<")[0].split(">")[0] for word in environment.wanted if word[0] != "-"}
    assert chosen
    assert not [line for line in lines if line.split("==")[0] in chosen]
    assert "pluggy==1.7.0" in lines
    assert all((ROOT / path).exists() for path in environment.tests if path[0] != "-")


def test_stress_tries_the_pre_release_of_astroquery_and_the_oldest_polars_that_is_allowed() -> None:
    tried = {word for one in matrix.ENVIRONMENTS.values() if one.stress for word in one.wanted}
    assert {"--pre", "polars==1.20.0"} <= tried
    assert '"polars>=1.20"' in (ROOT / "pyproject.toml").read_text()
    assert "tests/helpers/matrix.py" in (ROOT / "Makefile").read_text().partition("stress:")[2]


@pytest.mark.parametrize(
    ("said", "unreached"),
    [
        ("Failed to establish a new connection: [Errno 111] Connection refused", True),
        ("Could not find a version that satisfies the requirement hatchling>=1.25 (from versions: none)", True),
        ("Could not find a version that satisfies the requirement polars==9 (from versions: 1.20.0, 2.1.0)", False),
        ("ResolutionImpossible: for help visit …", False),
    ],
)
def test_a_machine_without_a_package_index_is_told_from_releases_that_do_not_fit(said: str, unreached: bool) -> None:
    assert bool(matrix.UNREACHED.search(said)) is unreached


def test_words_behind_two_dashes_are_those_of_pytest() -> None:
    in_makefile = (ROOT / "Makefile").read_text()
    cores = in_makefile.partition("CORES := ")[2].partition("\n")[0].split()
    assert "matrix.py -- $(CORES)" in in_makefile
    assert matrix.asked_for(["--", *cores]) == (["astroquery-pre", "polars-oldest"], ROOT / ".matrix", cores)
    assert matrix.asked_for(["--to", "x", "lightkurve-2.5.0"]) == (["lightkurve-2.5.0"], Path("x"), [])
    with pytest.raises(SystemExit):
        matrix.asked_for(["lightkurve-1"])

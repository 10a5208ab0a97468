"""Commands of plugins take the question of ``search``, with every filter that any plugin declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tess_source import Filter, Lookup, Session, hookimpl
from tess_source.cli.asking import Asking
from tess_source.cli.printing import format_option
from tess_source.cli.program import build

Run = Callable[..., Result]


@click.command("tell", cls=Asking)
@format_option
@click.pass_obj
def tell(session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], form: str) -> None:
    """Print what arrived."""
    click.echo(f"{dict(sorted(asked.items()))} {dict(filters)} {form}")


@click.command("about", cls=Asking, needs_target=True)
@click.option("--colour", type=int)
@click.pass_obj
def about(session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], colour: int | None) -> None:
    """Have an option of its own that a filter is called too."""
    click.echo(f"{asked['targets']} {dict(filters)} {colour!r}")


@click.group("paint")
def paint() -> None:
    """Hold a command."""


paint.add_command(tell)


class Painter:
    """Declares filters and commands."""

    @hookimpl
    def tess_filters(self) -> list[Filter]:
        keep = lambda products, value: [True] * len(products)  # noqa: E731
        return [
            Filter("colour", keep, "a colour", metavar="COLOUR"),
            Filter("very_bright", keep, "whether it is", metavar=""),
        ]

    @hookimpl
    def tess_commands(self) -> list[click.Command]:
        return [tell, about, paint]


@pytest.fixture
def run() -> Run:
    session = Session(discover=False, plugins=[Painter()])
    return lambda *words: CliRunner().invoke(build(session), words, obj=session)


def test_a_command_gets_targets_criteria_and_filters(run: Run) -> None:
    said = run("tell", "5", "KELT-9", "--radius", "3", "-c", "project=TESS", "--colour", "red", "--very-bright")
    asked = {"project": "TESS", "radius": 3.0, "refresh": False, "targets": ["5", "KELT-9"], "wildcards": False}
    assert said.output == f"{asked} {{'colour': 'red', 'very_bright': True}} table\n"


def test_what_is_not_given_is_not_filtered_by(run: Run) -> None:
    assert run("tell", "--format", "csv").output.endswith("'targets': None, 'wildcards': False} {} csv\n")


def test_a_command_in_a_group_has_the_filters_too(run: Run) -> None:
    assert "{'colour': 'red'}" in run("paint", "tell", "--colour", "red").output
    assert "--very-bright" in run("paint", "tell", "--help").output


def test_an_option_of_the_commands_own_goes_before_a_filter_of_that_name(run: Run) -> None:
    assert run("about", "5", "--colour", "7").output == "['5'] {} 7\n"
    assert run("about", "--help").output.count("--colour") == 1


def test_what_a_criterion_and_a_filter_say_both_is_the_filters(run: Run) -> None:
    said = run("tell", "-c", "colour=green", "--colour", "red").output
    assert "green" not in said
    assert "{'colour': 'red'}" in said


def test_a_command_may_need_a_target(run: Run) -> None:
    said = run("about")
    assert said.exit_code == 2
    assert "TARGET..." in said.output


def test_sessions_do_not_share_their_filters(run: Run) -> None:
    run("tell")
    assert "colour" not in {parameter.name for parameter in tell.params}
    assert "--colour" not in {flag for parameter in about.params[1:] for flag in parameter.opts}


# -- targets of a shell --


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        (["84.29", "-80.47"], ["84.29 -80.47"]),
        (["-52.14", "39.9"], ["-52.14 39.9"]),
        (["-52.14 39.9"], ["-52.14 39.9"]),
        (["20:31:26.35", "-39:56:19.8"], ["20:31:26.35 -39:56:19.8"]),
        (["05", "37", "09.9", "-80", "28", "08.8"], ["05 37 09.9 -80 28 08.8"]),
        (["TIC", "16740101"], ["TIC 16740101"]),
        (["RA", "307.86", "DEC", "-39.94"], ["RA 307.86 DEC -39.94"]),
        (["ra=307.86", "dec=39.94"], ["ra=307.86 dec=39.94"]),
        (["307.86", "deg", "39.94", "deg"], ["307.86 deg 39.94 deg"]),
        (["307.86", ",", "39.94"], ["307.86 , 39.94"]),
        (["(307.86,", "39.94)", "KELT-9"], ["(307.86, 39.94)", "KELT-9"]),
        (["16740101,", "257486953"], ["16740101,", "257486953"]),
        (["16740101", "84.29", "-.47", "pi Men"], ["16740101", "84.29 -.47", "pi Men"]),
    ],
)
def test_words_of_a_shell_are_the_targets_that_a_person_reads(run: Run, words: list[str], targets: list[str]) -> None:
    assert f"'targets': {targets!r}" in run("paint", "tell", *words).output


def test_rows_without_a_target_are_an_error_or_passed_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "stars.csv").write_text("tic,name\n16740101,\n,\n")
    result = run("paint", "tell", f"@{tmp_path}/stars.csv")
    assert "1 of 2 rows has no target (line 3)" in str(result.exception)
    assert (
        "'16740101', Gap(where=\"line 3 of"
        in run("paint", "tell", f"@{tmp_path}/stars.csv", "--missing", "skip").output
    )


class Dome:
    """Declares a look-up, whose name another command uses for itself."""

    @hookimpl
    def tess_lookups(self) -> list[Lookup]:
        return [Lookup("in_the_dome", {"seeing": "arcsec"}, lambda *_: None, "the seeing of the night")]


def test_a_look_up_is_an_option_of_commands_that_fetch() -> None:
    session = Session(discover=False, plugins=[Painter(), Dome()])

    def runs(*words: str) -> str:
        return CliRunner().invoke(build(session), words, obj=session).output

    assert "{'in_the_dome': True} table" in runs("tell", "5", "--in-the-dome")
    assert "in_the_dome" not in runs("tell", "5")
    assert re.search(r"--in-the-dome +The seeing of the night\. +\[Dome\]", runs("search", "--help"))


def test_yes_is_an_option_of_commands_that_fetch(run: Run) -> None:
    assert "'large': True" in run("tell", "5", "--yes").output
    assert "large" not in run("tell", "5").output
    assert "--yes" in run("get", "--help").output

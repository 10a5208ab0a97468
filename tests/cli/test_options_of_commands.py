"""The options of all commands: one word and one sort of value for one thing, in one style."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from program_run import Program

from tess_source import Session
from tess_source.cli.program import build
from tess_source.cli.user_path import UserPlace
from tess_source_sample.server import SampleArchive

KELT9 = "TIC 16740101"
ANOTHER_CHOICE = {"--format", "--show", "--dv"}
"""Options whose words to choose from are shown, and differ between commands."""


def options() -> Iterator[tuple[str, click.Option, str]]:
    """Yield each option of each command with the command's name, and how its value is called."""
    program = build(Session())
    groups = [("", click.Context(program))]
    while groups:
        name, context = groups.pop()
        yield from (
            (name, one, one.make_metavar(context)) for one in context.command.params if isinstance(one, click.Option)
        )
        for word, command in getattr(context.command, "commands", {}).items():
            groups.append((f"{name} {word}".strip(), click.Context(command, context, word)))


def test_an_option_has_the_same_other_words_and_the_same_sort_of_value_in_each_command() -> None:
    found = defaultdict(set)
    for _, option, metavar in options():
        if not (option.is_flag or option.opts[0] in ANOTHER_CHOICE):
            found[option.opts[0]].add((tuple(option.opts), metavar.removesuffix("|URL")))
    assert {word: forms for word, forms in found.items() if len(forms) > 1 and word != "--picture"} == {}


def test_what_is_a_folder_and_what_is_a_file_is_said_by_one_word() -> None:
    for name, option, metavar in options():
        if isinstance(option.type, click.Path):
            url = "|URL" if isinstance(option.type, UserPlace) else ""
            assert metavar == (f"DIR{url}" if not option.type.file_okay else metavar), (name, option.opts)
            assert metavar.removesuffix("|URL") in {"DIR", "FILE", "LOCK"}, (name, option.opts)
        if "--to" in option.opts:
            assert metavar.removesuffix("|URL") == "DIR", name


def test_each_help_text_is_a_sentence() -> None:
    strange = [
        (name, option.opts[0], option.help)
        for name, option, _ in options()
        if not re.fullmatch(r"[A-Z].*[.…](  \[[a-z]+\])?", option.help or "", re.DOTALL)
    ]
    assert strange == []


@pytest.mark.parametrize(
    "words", [("--sector", "14-15,74"), ("--sector", "14,15", "--sector", "74"), ("--tic", "16740101,5")]
)
def test_lists_and_ranges_choose_files_of_the_cache_folder_too(
    program: Program, archive: SampleArchive, words: tuple[str, ...]
) -> None:
    program("get", KELT9, "--kind", "lc", "--sector", "14,15", "--pipeline", "SPOC")
    said = program("cache", "ls", *words, "--format", "csv")
    assert said.code == 0
    assert len(said.out.splitlines()) == 1 + 2
    for wrong in ("14-", "x", "16-14"):
        assert program("cache", "ls", "--sector", wrong).code == 2
    assert program("cache", "ls", "--tic", "x").code == 2


def test_the_layout_that_is_set_is_used_by_get_and_urls(
    program: Program, archive: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESS_SOURCE_LAYOUT", "{tic}/{filename}")
    one = (KELT9, "--kind", "lc", "--sector", "14", "--limit", "1")
    program("get", *one, "--to", tmp_path)
    assert [path.parent for path in tmp_path.rglob("*.fits")] == [tmp_path / "16740101"]
    assert 'output = "16740101/' in program("urls", *one, "--curl").out
    assert 'output = "16740101/' not in program("urls", *one, "--curl", "--layout", "flat").out


def test_a_refreshed_lock_replaces_no_other_file(program: Program, archive: SampleArchive, tmp_path: Path) -> None:
    lock, other = tmp_path / "a.ecsv", tmp_path / "curve.fits"
    program("get", KELT9, "--kind", "lc", "--sector", "14", "--dry-run", "--lock", lock)
    other.write_text("mine")
    said = program("lock", "refresh", lock, "--lock", other)
    assert "is not a lock; give another name, or --replace" in said.err
    assert other.read_text() == "mine"
    assert program("lock", "refresh", lock, "--lock", lock).code == 0
    assert program("lock", "refresh", lock, "--lock", other, "--replace").code == 0

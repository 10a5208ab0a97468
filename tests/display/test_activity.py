"""What a long call is doing is said on one line that is cleared at the end, and only where someone watches."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import toys

from tess_source import Session
from tess_source.display import activity, front
from tess_source.display.bars import Amounts, bar_of
from tess_source.display.visible import logger
from tess_source.threads import in_order


class Terminal(io.StringIO):
    """A terminal that remembers all that was written to it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    made = Terminal()
    monkeypatch.setattr(front, "sys", SimpleNamespace(stderr=made, modules=sys.modules))  # pytest has stderr itself
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(activity, "AFTER", 0.0)
    monkeypatch.setattr(activity, "EVERY", 0.001)
    yield made
    front.erase_line()


def shown(terminal: Terminal, text: str) -> None:
    """Wait until a text was shown."""
    for _ in range(5000):
        if text in terminal.getvalue():
            return
        threading.Event().wait(0.001)
    raise AssertionError(terminal.getvalue()[-200:])


def last_line(written: str) -> str:
    """Return what is left on the line of the cursor: what is written after a carriage return replaces what was there."""
    line = ""
    for part in written.rpartition("\n")[2].split("\r"):
        line = part + line[len(part) :]
    return line.rstrip()


def test_a_step_its_part_and_what_it_waits_for_are_on_one_line_which_is_cleared(terminal: Terminal) -> None:
    with activity.shown(None):
        activity.step("listing the products of 6,000 observations")
        activity.part(3, 12, "batches")
        with activity.waiting("waiting for MAST (EXECUTING)"):
            shown(terminal, "listing the products of 6,000 observations: 3 of 12 batches; waiting for MAST (EX")
        activity.step("relating 2 products")
        shown(terminal, "relating 2 products, ")
    assert "\n" not in terminal.getvalue()
    assert last_line(terminal.getvalue()) == ""


def test_a_line_that_is_too_long_for_the_terminal_keeps_its_end(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    front.TerminalLine().show("listing the products of 6,000 observations: 3 of 12 batches, 12 s")
    assert last_line(terminal.getvalue()) == "listing the …ons: 3 of 12 batches, 12 s"


def test_threads_say_what_they_do_on_the_line_of_the_call_that_began_them(terminal: Terminal) -> None:
    with activity.shown(None):
        activity.step("asking")
        assert [*in_order(lambda number: activity.part(number, 9, "questions"), [7], 1)] == [None]
        shown(terminal, "asking: 7 of 9 questions")


@pytest.mark.parametrize("progress", [False, lambda files, size: None])
def test_nothing_is_shown_where_nobody_wants_it(terminal: Terminal, progress: object) -> None:
    with activity.shown(progress):
        activity.step("asking")
        assert not [one for one in threading.enumerate() if one.name == "tess-source-live"]
    assert terminal.getvalue() == ""


def test_a_library_without_a_terminal_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with activity.shown(None):
        activity.step("asking")
        assert not [one for one in threading.enumerate() if one.name == "tess-source-live"]
    assert capsys.readouterr() == ("", "")


def test_a_quick_call_says_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "AFTER", 60.0)
    with activity.shown(None):
        activity.step("asking")
    assert terminal.getvalue() == ""


def test_the_line_is_cleared_when_the_call_fails_or_is_interrupted(terminal: Terminal) -> None:
    def interrupted() -> None:
        with activity.shown(None):
            activity.step("asking")
            shown(terminal, "asking")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert last_line(terminal.getvalue()) == ""


def test_a_message_stands_on_a_line_of_its_own(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "EVERY", 60.0)  # or else the line may be back before the message is written
    told = logger("tess_source.tests")
    told.addHandler(handler := logging.StreamHandler(terminal))
    try:
        with activity.shown(None):
            activity.step("a long step whose line is longer than the message")
            shown(terminal, "a long step")
            told.warning("a message")
    finally:
        told.removeHandler(handler)
    before, _, _ = terminal.getvalue().partition("a message")
    assert last_line(before) == ""


def test_only_the_outermost_call_shows_a_line_and_a_bar_takes_its_place(terminal: Terminal) -> None:
    with activity.shown(None):
        activity.step("outer")
        with activity.shown(None):
            activity.step("inner")
            shown(terminal, "inner")
        shown(terminal, "inner")
        with activity.hushed():
            written = len(terminal.getvalue())
            activity.step("hidden")
        assert "hidden" not in terminal.getvalue()[:written]


def test_what_is_yielded_is_made_with_a_line_and_used_without(terminal: Terminal) -> None:
    def parts() -> Iterator[int]:
        for number in range(2):
            activity.step(f"part {number}")
            shown(terminal, f"part {number}")
            yield number

    for _ in activity.shown_each(None, parts()):
        assert last_line(terminal.getvalue()) == ""


def test_a_search_says_whom_it_asks_for_what(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(activity._Activity, "step", lambda self, text: said.append(text))
    Session(discover=False, plugins=[toys.Archive(), toys.Filters()]).search(16740101)
    assert [text.split(" for ")[0] for text in said[:1]] == ["asking Archive"]
    assert "observations of TIC 16740101" in said[0]
    assert said[1].startswith("listing the products of ")


@pytest.mark.parametrize(("progress", "files"), [(False, 3), (None, 3), (print, 3), (True, 0)])
def test_there_is_no_bar_where_nobody_sees_it_or_nothing_is_fetched(progress: object, files: int) -> None:
    assert bar_of(progress, files) is None


def test_files_that_failed_are_counted_in_words() -> None:
    assert Amounts(3, 0, 12).counts == "3/12 files"
    assert Amounts(3, 1, 1200).counts == "3/1,200 files, 1 failed"

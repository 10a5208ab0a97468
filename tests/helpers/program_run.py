"""Run the program in this process, and keep what it printed."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tess_source.cli.program import main


class Ran(NamedTuple):
    """What a run of a program printed, and its exit code."""

    code: int
    out: str
    err: str


class Program:
    """Call it with the words of a command line.

    Parameters
    ----------
    capsys : pytest.CaptureFixture
        Of the test: what was printed before a run is dropped.
    *before : str
        Words that stand before those of each call.
    """

    def __init__(self, capsys: pytest.CaptureFixture[str], *before: str) -> None:
        self.capsys, self.before = capsys, before

    def __call__(self, *words: object) -> Ran:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([*self.before, *map(str, words)])
        said = self.capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return Ran(stop.value.code, said.out, said.err)

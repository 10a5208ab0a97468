"""``tess-source tois``: objects of interest, in a shell."""

from __future__ import annotations

import io
import json

import pytest
from program_run import Program


def test_without_a_target_all_tois_are_listed_or_those_that_are_named(program: Program) -> None:
    every = [row["toi"] for row in json.loads(program("tois", "--format", "json").out)]
    assert {"144.01", "175.01", "1150.01", "3505.01"} <= {*every}
    assert [row["toi"] for row in json.loads(program("tois", "--toi", "3505", "--format", "json").out)] == ["3505.01"]


def test_of_a_star_its_own_are_listed(program: Program) -> None:
    ran = program("tois", "TIC 307210830", "--format", "json")
    assert [row["toi"] for row in json.loads(ran.out)] == ["175.01", "175.02", "175.03"]


@pytest.mark.parametrize("words", [["KELT-9"], ["307.8595", "39.9388", "--radius", "10"], ["TOI 1150"], ["-"]])
def test_a_star_is_given_as_in_a_search(program: Program, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("name\nKELT-9\n"))
    ran = program("tois", *words, "--format", "json")
    assert [row["toi"] for row in json.loads(ran.out)] == ["1150.01"]


def test_an_empty_list_is_not_a_question_about_all_tois(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    ran = program("tois", "-")
    assert (ran.code, ran.out, ran.err) == (2, "", "error: standard input holds no targets\n")


def test_an_unknown_toi_of_two_words_is_not_said_to_need_quotes(program: Program) -> None:
    said = program("search", "TOI", "9999").err
    assert "the nearest are TOI 9001 and TOI 9002" in said
    assert "quotes" not in said


def test_no_toi_has_its_own_exit_code(program: Program) -> None:
    assert program("tois", "TIC 5").code == 3

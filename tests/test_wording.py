"""Errors say the same in two forms: with keyword arguments in Python, and with options in the program."""

from __future__ import annotations

import errno
import pickle

import pytest

from tess_source.errors import DownloadError, QueryError, ServiceError, UnknownNameError
from tess_source.wording import Wording, criterion, in_program, keyword


@pytest.mark.parametrize(
    ("wording", "python", "program"),
    [
        (keyword("sector"), "sector", "--sector"),
        (keyword("one_per_sector", "SPOC"), "one_per_sector='SPOC'", "--one-per-sector SPOC"),
        (keyword("wildcards", True), "wildcards=True", "--wildcards"),
        (keyword("kind", "!lc"), "kind='!lc'", "--kind '!lc'"),
        (keyword("root", "x", option="--to"), "root='x'", "--to x"),
        (criterion("proposal_id", "G06062"), "proposal_id='G06062'", "--criterion proposal_id=G06062"),
    ],
)
def test_an_argument_is_a_keyword_in_python_and_an_option_in_the_program(
    wording: Wording, python: str, program: str
) -> None:
    assert (str(wording), wording.in_program) == (python, program)


def test_an_error_keeps_both_forms_also_of_the_error_within_it_and_when_pickled() -> None:
    inner = QueryError("give ", keyword("sector", 14))
    for error in (outer := QueryError("wrong: ", inner), pickle.loads(pickle.dumps(outer))):  # noqa: S301  our own
        assert str(error) == "wrong: give sector=14"
        assert error.in_program == in_program(error) == "wrong: give --sector 14"


def test_errors_with_a_message_of_their_own_are_shown_as_they_are() -> None:
    assert in_program(ServiceError("MAST", "broken", 500)) == "MAST: broken (HTTP 500)"
    assert in_program(QueryError("sector 14 or 15")) == "sector 14 or 15"
    assert str(DownloadError(errno.ENOSPC, "the disk is full")) == "[Errno 28] the disk is full"
    assert in_program(OSError("gone")) == "gone"


def test_known_names_may_be_options_in_the_program() -> None:
    error = UnknownNameError("criterion", "sectr", [keyword("sector"), "project"])
    assert error.choices == ("sector", "project")
    assert str(error) == "unknown criterion 'sectr'; did you mean 'sector'?"
    assert error.in_program == "unknown criterion 'sectr'; did you mean '--sector'?"

"""The program's errors speak of its own options, and name the right one for the words of other programs."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from program_run import Program

from tess_source import Session
from tess_source.errors import QueryError
from tess_source.hooks.records import Filter
from tess_source.wording import option_name
from tess_source_sample.server import SampleArchive

KELT9 = "TIC 16740101"


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (("search", KELT9, "--exposure", "120"), "Did you mean '--exptime'?"),
        (("search", KELT9, "--autor", "SPOC"), "Did you mean one of: '--author'"),
        (("search", KELT9, "--mission", "TESS"), "Only TESS is searched"),
        (("search", KELT9, "--quarter", "3"), "TESS has sectors"),
        (("search", KELT9, "--sectors", "14"), "Did you mean '--sector'?"),
        (("search", "--target", KELT9), "Give TARGET without an option."),
        (("search", KELT9, "--cache-dir", "x"), "Did you mean '--cache'?"),
        (("search", KELT9, "--archve", "mast"), "Did you mean one of: '--archive'"),
        (("search", KELT9, "--kind", "lightcurve"), "did you mean 'lc'?"),
        (("search", KELT9, "-c", "mission=TESS"), "only TESS is searched"),
        (("search", KELT9, "--author", "any"), "unknown pipeline 'any'; for all of them, leave it out"),
        (("search", KELT9, "--cadence", "all"), "unknown exposure time 'all'; for all of them, leave it out"),
        (("plot", KELT9, "--to", "x.png"), "Missing option '--picture'"),
        (("count", KELT9, "--texp", "120"), "Did you mean '--exptime'?"),
        (("get", KELT9, "--download-dir", "x"), "Did you mean '--to'?"),
        (("get", KELT9, "-o", "x"), "Did you mean '--to'?"),
        (("get", KELT9, "--workers", "3"), "Did you mean '--jobs'?"),
        (("get", KELT9, "--overwrite"), "Did you mean '--replace'?"),
        (("dv", KELT9, "--output", "x"), "Did you mean '--to'?"),
        (("verify", "x", "--download-dir", "x"), "Did you mean '--to'?"),
        (("search", KELT9, "--obs-id", "x"), "It is a column of the archive: --criterion obs_id=VALUE."),
        (("search", KELT9, "--proposal-id", "x"), "--criterion proposal_id=VALUE"),
        (("search", KELT9, "--obsid", "3"), "--criterion obsid=VALUE"),
        (("search", KELT9, "--sequence-number", "3"), "Did you mean '--sector'?"),
        (("get", KELT9, "--from-lock", __file__), "so a target cannot be given with it"),
        (("get", "--one-per-sector", "SPOC", "--from-lock", __file__), "so --one-per-sector cannot be given with it"),
        (("open", "x.fits"), "Files are opened in Python: tess_source.open."),
        (("download", KELT9), "Did you mean 'get'?"),
        (("query", KELT9), "Did you mean 'search'?"),
        (("cache", "clear"), "Did you mean 'rm'?"),
        (("lock", "compare"), "Did you mean 'diff'?"),
    ],
)
def test_the_right_word_is_named(program: Program, words: tuple[str, ...], right: str) -> None:
    said = program(*words)
    assert said.code == 2
    assert right in said.err


BAD: Mapping[str, str] = {
    "dv": "x", "exptime": "x1", "kind": "x", "limit": "-1", "name": "a,b", "one_per_sector": "SPOC,,", "run": "x", "sector": "16-14",
    "size": "x", "tce": "x", "tic": "x", "where": "x", "tmag": "x",
    "teff": "x", "star_radius": "x", "mass": "x", "logg": "x", "distance": "x", "contamination": "x", "pm": "x",
    "toi": "x!", "camera": "5", "ccd": "0", "ra": "10", "dec": "95..99", "cone": "1 2",
    "time": "noon", "cutout_size": "3x4",
}  # fmt: skip
"""Filter → a value that it cannot take."""
ANYTHING = {"pipeline"}
"""Filters that take any word: an archive may have pipelines of its own."""
PYTHON = re.compile(r"\b[a-z_]+=(?!>|<|[A-Z])|\brange\(|\bTrue\b|\[\d")
"""How keyword arguments and values of Python look."""


def filters() -> Mapping[str, Filter]:
    """Return the filters of the plugins that are built in."""
    return Session().registry.filters


def test_every_option_with_a_value_is_tried() -> None:
    assert {name for name, record in filters().items() if record.metavar} == {*BAD, *ANYTHING}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_refused_with_the_option_in_the_program_and_with_the_keyword_in_python(
    program: Program, archive: SampleArchive, name: str
) -> None:
    said = program("search", KELT9, option_name(name), BAD[name])
    assert said.code == 2
    assert not PYTHON.search(said.err.replace("'size=>=1000'", "")), said.err
    with pytest.raises(QueryError) as caught:
        Session(archive.url).search(KELT9, **{name: [BAD[name]] if filters()[name].multiple else BAD[name]})
    assert "--" not in str(caught.value)
    assert f"error: {caught.value.in_program}" in said.err


@pytest.mark.parametrize(
    ("words", "program_says", "python_says"),
    [
        ((), "--sector 14, or a criterion such as --criterion proposal_id=G06062", "sector=14, or a criterion"),
        (("-c", "obs_id=tess*"), "pass --wildcards;", "pass wildcards=True;"),
        (("-c", "t_exptime=120"), "give t_exptime=least..greatest", "give [least, greatest]"),
        (("-c", "t_min=x"), "give t_min=least..greatest", "give [least, greatest]"),
    ],
)  # fmt: skip
def test_other_errors_have_two_forms_too(
    program: Program, archive: SampleArchive, words: tuple[str, ...], program_says: str, python_says: str
) -> None:
    assert program_says in program("search", *words).err
    criteria = dict([word.split("=") for word in words[1:]])
    with pytest.raises(QueryError) as caught:
        Session(archive.url).search(**criteria)
    assert python_says in str(caught.value)


def test_what_is_shown_is_counted_where_it_is_less_than_what_was_found(program: Program) -> None:
    said = program("search", KELT9, "--show", "links", "--limit", "3", "--format", "csv")
    assert len(said.out.splitlines()) == 1 + 3
    assert "shown: 3 of 151 links" in said.err
    said = program("search", KELT9, "--show", "observations", "--kind", "lc", "--format", "csv")
    assert len(said.out.splitlines()) == 1 + 6
    assert "shown: 6 of 12 observations" in said.err
    assert "shown" not in program("search", KELT9, "--kind", "lc").err


@pytest.mark.parametrize("command", ["search", "count", "stars", "sectors", "tois", "targets", "dv"])
def test_a_name_without_quotes_is_understood_or_said_to_need_them(program: Program, command: str) -> None:
    said = program(command, "WASP", "18")
    assert said.code == 3
    assert 'a name of several words is put in quotes, e.g. "WASP 18"' in said.err


def test_a_list_of_tic_ids_is_not_said_to_need_quotes(program: Program) -> None:
    said = program("search", "16740101", "307210830", "WASP")
    assert said.code == 3
    assert "quotes" not in said.err


def test_a_tic_id_without_quotes_names_the_files_to_remove_too(program: Program) -> None:
    program("get", *KELT9.split(), "--kind", "lc", "--sector", "14", "--pipeline", "SPOC")
    assert "16740101" in program("cache", "rm", *KELT9.split(), "--dry-run").out

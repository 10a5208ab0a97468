"""Words of lightkurve, lksearch and astroquery: errors name the word that is right here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astroquery.mast import Observations

import tess_source
from tess_source import Found, Session
from tess_source.errors import QueryError, UnknownNameError, nearest
from tess_source.synonyms import ABSENT, SAME
from tess_source_lightkurve.readers import lightkurve
from tess_source_sample.server import SampleArchive

KELT9 = 16740101

OURS: dict[str, str] = {
    "target": "targets", "objectname": "targets", "object_name": "targets", "coordinates": "targets",
    "exptime": "exptime", "cadence": "exptime", "author": "pipeline", "sector": "sector", "limit": "limit", "radius": "radius",
    "pagesize": "limit", "mrp_only": "kind", "extension": "name", "quality_bitmask": "quality_bitmask", "flat": "layout",
    "download_dir": "root", "local_path": "root", "base_url": "server", "verbose": "progress", "batch_size": "jobs",
    "curl_flag": "dry_run",
}  # fmt: skip
"""Argument of lightkurve's and astroquery's functions → what it is called here."""
OTHERS = {"self", "criteria", "observations", "products", "resolver", "page", "uri", "filters", "cache", "kwargs"}
"""Arguments that are the same here, or that nobody needs here."""


PEERS = (
    lightkurve().search_lightcurve,
    lightkurve().search_targetpixelfile,
    lightkurve().SearchResult.download_all,
    Observations.query_criteria_async,
    Observations.query_object_async,
    Observations.query_region_async,
    Observations.get_product_list_async,
    Observations.filter_products,
    Observations.download_products,
    Observations.download_file,
)


@pytest.mark.parametrize("function", PEERS)
def test_every_argument_of_lightkurve_and_astroquery_has_its_word_here(function: Callable[..., Any]) -> None:
    absent = {word for words in ABSENT for word in words}
    here = list(dict.fromkeys(OURS.values()))
    for name in inspect.signature(inspect.unwrap(function)).parameters:
        if name not in OTHERS | absent | set(here):
            assert nearest(name, here)[0] == OURS[name], name


def test_a_word_is_found_in_any_spelling_and_also_misspelt() -> None:
    assert list(nearest("--Exposure-Time", ["--sector", "--exptime"])) == ["--exptime"]
    assert list(nearest("autor", ["sector", "pipeline"])) == ["pipeline"]
    assert list(nearest("Light Curve", ["lc", "tp"])) == ["lc"]
    assert list(nearest("producttype", ["kind", "productType"])) == ["productType"], "the word itself comes first"


def test_each_line_is_of_words_in_lower_case_without_repetition() -> None:
    for ours, others in SAME.items():
        words = (*ours, *others)
        assert len(set(words)) == len(words) > 1
        assert all(word == word.lower() for word in words)


@pytest.mark.parametrize("option", ["--path", "--stats", "--status", "--start"])
def test_a_word_of_others_is_no_answer_where_it_means_something_else_here(option: str) -> None:
    assert not {"--where", "--run"} & set(nearest(option, ["--where", "--run", "--kind", "--sector"]))
    assert "cache" not in nearest("refresh", ["server", "cache"])


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    return Session(archive.url)


@pytest.fixture
def found(session: Session) -> Found:
    return session.search(KELT9, kind="lc", limit=1)


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ({"autor": "SPOC"}, "did you mean 'pipeline'"),
        ({"exposure": 120}, "did you mean 'exptime'"),
        ({"exposure": 120}, "did you mean 'exptime'"),
        ({"mission": "TESS"}, "only TESS is searched"),
        ({"quarter": 3}, "TESS has sectors"),
        ({"pipelin": "SPOC"}, "did you mean 'pipeline'"),
        ({"sectors": 14}, "did you mean 'sector'"),
        ({"target": "KELT-9"}, "did you mean 'targets'"),
        ({"radus": 5}, "did you mean 'radius'"),
        ({"prefer": "cloud"}, r"Session\(prefer='cloud-only'\)"),
        ({"offline": True}, r"a setting of the session, e.g. Session\(offline=True\)"),
        ({"download_dir": "x"}, "the folder is given where files are planned or downloaded"),
        ({"kind": "lightcurve"}, "did you mean 'lc'"),
        ({"kind": "lightcurves"}, "did you mean 'lc'"),
        ({"kind": "tpf"}, "did you mean 'tp'"),
        ({"kind": "target pixel file"}, "did you mean 'tp'"),
        ({"kind": "FFIs"}, "did you mean 'ffi'"),
        ({"kind": "all"}, "for all of them, leave it out"),
        ({"where": "author=SPOC"}, "did you mean 'pipeline'"),
    ],
)
def test_a_search_names_the_right_word(session: Session, words: dict[str, Any], right: str) -> None:
    with pytest.raises(UnknownNameError, match=right):
        session.search(KELT9, **words)


@pytest.mark.parametrize("ask", [Session.count, Session._found_observations])
def test_so_do_the_other_questions(session: Session, ask: Callable[..., Any]) -> None:
    words: dict[str, Any] = {"provenance": "SPOC"} if ask is Session.count else {"words": {"provenance": "SPOC"}}
    with pytest.raises(UnknownNameError, match="did you mean 'pipeline'"):
        ask(session, KELT9, **words)


def test_lightkurves_words_mean_the_same_filters(session: Session) -> None:
    ours = session.search(KELT9, pipeline="SPOC", exptime="short")
    assert len(ours) == len(session.search(KELT9, author="SPOC", cadence="short")) > 0
    assert len(session.search(KELT9).select(author="SPOC", cadence="short")) == len(ours)
    assert (
        session.count(KELT9, author="SPOC") == len(tess_source.observations(KELT9, author="SPOC", session=session)) > 0
    )
    with pytest.raises(QueryError, match="mean the same here"):
        session.search(KELT9, author="SPOC", pipeline="QLP")


@pytest.mark.parametrize(
    ("call", "right"),
    [
        (lambda found: found.plan(download_dir="x"), r"Found.plan\(\) .*'download_dir'; did you mean 'root'"),
        (lambda found: found.plan(flat=True), "did you mean 'layout'"),
        (lambda found: found.plan("x").download(workers=3), "did you mean 'jobs'"),
        (lambda found: tess_source.download(found, download_dir="x"), "did you mean 'root'"),
        (
            lambda found: tess_source.download(found, cloud_only=True),
            r"Session\(prefer='cloud-only'\), or --prefer cloud-only",
        ),
        (lambda found: found.download("x", prefer="cloud"), r"Session\(prefer='cloud-only'\)"),
        (lambda found: found.download("x", cutout_size=5), "search_tesscut"),
        (lambda found: Session(cloud_only=True), "did you mean 'prefer'"),
        (lambda found: tess_source.load_plan("x", download_dir="x"), "did you mean 'root'"),
        (lambda found: found.dv(download_dir="x"), "did you mean 'root'"),
        (lambda found: found.tces(folder="x"), "did you mean 'root'"),
        (lambda found: found.download(download_dir="x"), r"Found.download\(\) .*; did you mean 'root'"),
        (lambda found: found.plan("x").to(folder="x"), r"Plan.to\(\) .*; did you mean 'root'"),
        (lambda found: Session(cache_dir="x"), r"Session\(\) .*; did you mean 'cache'"),
        (lambda found: tess_source.search_lightcurve(1, pipeline="SPOC"), "author"),
        (lambda found: tess_source.search_lightcurve(1, sectors=3), "did you mean 'sector'"),
    ],
)
def test_a_keyword_that_a_function_does_not_have_is_refused_with_the_right_word(
    found: Found, call: Callable[[Found], object], right: str
) -> None:
    with pytest.raises(TypeError, match=right):
        call(found)


def test_a_keyword_of_a_reader_is_refused_with_the_right_word(found: Found, tmp_path: Path) -> None:
    manifest = found.plan(tmp_path).download()
    for words, right in (({"flux": "sap_flux"}, "flux_column"), ({"bitmask": 0}, "quality_bitmask")):
        with pytest.raises(QueryError, match=f"did you mean '{right}'"):
            manifest.load(**words)


def test_a_pipeline_that_means_any_is_explained(session: Session) -> None:
    with pytest.raises(UnknownNameError, match="unknown pipeline 'any'; for all of them, leave it out"):
        session.search(KELT9, pipeline="any")

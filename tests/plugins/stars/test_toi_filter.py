"""``toi=``: stars by TOI and disposition, as columns of products, as a target of its own, and in the table ``session.tois``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import serving
import toi_case
from click.testing import CliRunner
from serving import Server

import tess_source_filters
import tess_source_mast
import tess_source_stars
from tess_source import Found, Session
from tess_source.cli.program import build
from tess_source.errors import QueryError, ResolverError
from tess_source_stars.toi import kept
from tess_source_stars.toi.filtering import WantedTois, reasons

STARS = (150428135, 47384844, 390988385, 307210830, 1)


@pytest.fixture(scope="module")
def exofop() -> Iterator[Server]:
    kept._known.clear()
    for server in serving.serving():
        yield toi_case.serve(server)


@pytest.fixture(scope="module")
def session(exofop: Server, tmp_path_factory: pytest.TempPathFactory) -> Session:
    plugins = [tess_source_stars, tess_source_filters]
    return Session(exofop.url, discover=False, plugins=plugins, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def found(session: Session) -> Found:
    names = [f"tess2019198215352-s0014-{tic:016d}-0150-s_lc.fits" for tic in STARS]
    return session.found([f"mast:TESS/product/{name}" for name in names])


def test_the_record_says_which_table_was_used(session: Session, found: Found) -> None:
    record = found.select(toi="PC").record
    assert record is not None
    source = record["lookups"]["tois"]["source"]
    sent = hashlib.sha256(toi_case.table()).hexdigest()
    assert source == f"{session.tois()['source'][0]}, sha256 {sent}"


@pytest.mark.parametrize(
    ("value", "stars"),
    [
        (True, STARS[:4]), ("any", STARS[:4]), (False, STARS[4:]), ("none", STARS[4:]), (np.True_, STARS[:4]),
        (700, STARS[:1]), ("700", STARS[:1]), ("TOI-700", STARS[:1]), ("TOI 700 d", STARS[:1]), (700.01, STARS[:1]), ("700.09", ()),
        (700.0, STARS[:1]),
        ("TOI\u2013700", STARS[:1]), ("'700'", STARS[:1]),
        ("70", ()), (["700.01", "701"], STARS[:2]), ("700,3505.01", (STARS[0], STARS[2])), (np.array([700, 701]), STARS[:2]),
        ("PC", (STARS[0], STARS[2])), ("cp", (STARS[0], STARS[3])), ("FP,701", STARS[1:2]), (["FP", "PC"], STARS[:3]), ({"APC"}, ()),
    ],
)  # fmt: skip
def test_stars_are_chosen_by_toi_or_disposition(found: Found, value: Any, stars: tuple[int, ...]) -> None:
    assert sorted(found.select(toi=value).products["tic"]) == sorted(stars)


@pytest.mark.parametrize(
    "value", ["", [], "planet", "700.001", 0, -700, 700.5j, None.__class__, {"toi": 1}, b"700", "PC;CP", ["any", 700]]
)
def test_what_is_no_toi_is_an_error_that_says_what_is(value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=r"give a TOI \('700' or '700.01'\), a disposition"):
        WantedTois.of(value)


def test_a_misspelt_disposition_is_suggested() -> None:
    with pytest.raises(ValueError, match="did you mean 'APC'"):
        WantedTois.of("APCC")


def test_the_value_is_written_as_one_would_give_it_in_a_shell() -> None:
    for value in ("700,701.02,PC", "any", "none"):
        assert str(WantedTois.of(value)) == value
        assert WantedTois.of(str(WantedTois.of(value))) == WantedTois.of(value)


def test_products_get_the_tois_of_their_stars(found: Found) -> None:
    rows = {row["tic"]: (row["toi"], row["toi_disposition"]) for row in found.select(tois=True).products}
    assert rows == {
        150428135: ("700.01,700.02,700.03", "CP,CP,PC"), 47384844: ("701.01", "FP"), 390988385: ("3505.01", "PC"),
        307210830: ("175.01", "CP"), 1: (None, None),
    }  # fmt: skip


def test_a_star_without_a_toi_is_an_answer_and_no_gap(found: Found, caplog: pytest.LogCaptureFixture) -> None:
    assert found.select(toi="none").products["tic"].to_list() == [1]
    assert "not known" not in caplog.text


@pytest.mark.parametrize("value", [True, False, "PC", "700.01"])
def test_of_no_products_none_are_left(session: Session, value: Any) -> None:
    assert len(session.found([]).select(toi=value).products) == 0


def test_a_product_without_a_star_is_neither_with_nor_without_a_toi(session: Session) -> None:
    images = session.found(["mast:TESS/product/tess2019198215352-s0014-1-1-0150-s_ffic.fits"])
    assert images.products["tic"].to_list() == [None]
    assert [len(images.select(toi=value).products) for value in (True, False, "PC")] == [0, 0, 0]


def test_a_toi_alone_is_a_target(session: Session) -> None:
    query = session._question(None, filters={"toi": WantedTois.of("700.01,701")})
    assert [target.tic for target in query.targets] == [150428135, 47384844]


def test_a_toi_that_its_star_has_not_is_an_error_that_names_the_others(session: Session) -> None:
    with pytest.raises(
        ResolverError, match=r"TOI 700.09 is not in .*, which has TOI 700.01, TOI 700.02, TOI 700.03 of this star"
    ):
        session._question(None, filters={"toi": WantedTois.of("700.09")})


@pytest.mark.parametrize(
    ("value", "said"),
    [("FP", {"TIC 150428135": "TOI 700.01 (CP), 700.02 (CP), 700.03 (PC)", "TIC 1": "no TOI"}), ("9999,PC", {"TIC 1": "no TOI"}),
     (False, {"TIC 150428135": "TOI 700.01 (CP), 700.02 (CP), 700.03 (PC)"}), (True, {"TIC 1": "no TOI"})],
)  # fmt: skip
def test_an_empty_answer_says_which_tois_the_stars_have(session: Session, value: Any, said: dict[str, str]) -> None:
    session.tois()  # type: ignore[attr-defined]
    query = session._question([150428135, 1], filters={"toi": WantedTois.of(value)})
    assert reasons(query, session.settings) == {
        star: f"ExoFOP of 2024-09-30 has {has} of this star" for star, has in said.items()
    }
    assert reasons(session._question(1), session.settings) == {}


def test_the_table_warns_of_tois_that_are_not_in_it(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    assert session.tois(toi="700.01,700.09,720")["toi"].to_list() == ["700.01"]  # type: ignore[attr-defined]
    assert "TOI 700.09 is not in the table of ExoFOP of 2024-09-30, which has TOI 700.01" in caplog.text
    assert "the nearest are TOI 700 and TOI 701" in caplog.text


@pytest.mark.parametrize("value", [True, "PC", "700,PC"])
def test_tois_that_are_not_named_are_no_target(session: Session, value: Any) -> None:
    asking = Session(session.settings.server, discover=False, plugins=[tess_source_mast, tess_source_stars])
    with pytest.raises(QueryError, match="nothing was asked for: give a target"):
        asking._question(None, filters={"toi": WantedTois.of(value)})


def test_a_given_target_is_not_replaced(session: Session) -> None:
    query = session._question(5, filters={"toi": WantedTois.of("700")})
    assert [target.tic for target in query.targets] == [5]


def test_the_table_is_had_by_star_and_by_toi(session: Session, found: Found) -> None:
    tois = session.tois  # type: ignore[attr-defined]
    assert tois("TOI 700")["toi"].to_list() == ["700.01", "700.02", "700.03"]
    assert tois([150428135, 1, "TOI 701"], toi="PC,FP")["toi"].to_list() == ["700.03", "701.01"]
    assert tois(toi=700.02)["toi"].to_list() == ["700.02"]
    assert len(tois(toi=False)) == 0
    assert tois(1)["toi"].to_list() == []
    assert found.tois()["toi"].to_list() == tois()["toi"].to_list()
    with pytest.raises(QueryError, match="give a TOI"):
        tois(toi="planets")


def test_the_table_is_a_list_of_targets(session: Session) -> None:
    query = session._question(session.tois(toi="CP"))  # type: ignore[attr-defined]
    assert {target.tic for target in query.targets} == {150428135, 307210830}


def test_the_program_lists_tois(session: Session) -> None:
    program = build(session)
    done = CliRunner().invoke(program, ["tois", "TOI", "700", "--toi", "CP", "--format", "csv"])
    assert done.exit_code == 0, done.output
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == ["toi", "700.01", "700.02"]
    assert "2 TOIs, ExoFOP of 2024-09-30" in done.stderr
    assert CliRunner().invoke(program, ["tois", "5"]).exit_code == 3
    wrong = CliRunner().invoke(program, ["tois", "--toi", "planets"])
    assert wrong.exit_code != 0

"""A request goes from target to files in one direction, and every step can be told afterwards."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import polars as pl
import pytest
import toys
from astropy.table import Table

from tess_source import Column, Filter, Observations, Products, Session, hookimpl
from tess_source.errors import LoadError, QueryError, ResolverError, TableError, UnknownNameError
from tess_source.functions import products
from tess_source.tables.items import Entry
from tess_source.tables.loaded import Loaded
from tess_source.tables.plan import Manifest


@pytest.fixture
def toy(session: Session) -> Session:
    for plugin in (toys.Archive(), toys.Filters(), toys.Reader()):
        session.register(plugin)
    return session


def test_a_search_lists_links_and_keeps_what_was_asked(toy: Session) -> None:
    found = toy.search("TIC 16740101")
    assert (len(found.observations), len(found.products), len(found.links)) == (3, 5, 2)
    assert found.record is not None
    assert found.record["question"] == {"targets": ["TIC 16740101"], "criteria": {}}
    assert found.record["plugins"].keys() == {"Archive", "Filters", "Reader"}


def test_products_are_sorted_slow_cadence_first_and_one_row_a_uri(toy: Session) -> None:
    toy.register(toys.Lister())
    assert toy.search(16740101).products["filename"].to_list()[0] == toys.LC
    assert len(toy.search(16740101).products) == 5


def test_a_selection_is_a_new_object_with_a_longer_ledger(toy: Session) -> None:
    found = toy.search(16740101)
    chosen = found.select(kind="lc")
    assert (len(found.products), len(chosen.products)) == (5, 1)
    assert [str(drop) for drop in chosen.drops] == ["kind=lc: dropped 4, kept 1 (Filters)"]
    assert not found.drops


def test_filters_may_be_given_to_the_search_itself(toy: Session) -> None:
    assert toy.search(16740101, kind="dvt").products == toy.search(16740101).select(kind="dvt").products


def test_masks_commute(toy: Session) -> None:
    found = toy.search(16740101)
    words: dict[str, Any] = {"kind": "dvt", "size": 10000}
    results = [found.select(**dict(order)).products for order in itertools.permutations(words.items())]
    assert results[0] == results[1] == found.select(size=10000).select(kind="dvt").products


def test_choices_come_after_masks_and_limits_after_choices(toy: Session) -> None:
    chosen = toy.search(16740101, limit=3, first=True, kind="dvt")
    assert [drop.filter for drop in chosen.drops] == ["kind", "first", "limit"]
    assert len(chosen.products) == 1


def test_a_default_applies_once_unless_another_value_or_none_is_given(toy: Session) -> None:
    class WithDefault:
        @hookimpl
        def tess_filters(self) -> tuple[Filter, ...]:
            return (Filter("small", lambda products, value: pl.col("size") < value, "small", default=9000),)

    toy.register(WithDefault())
    found = toy.search(16740101)
    assert [drop.filter for drop in found.drops] == ["small"]
    assert [drop.filter for drop in found.select(kind="lc").drops] == ["small", "kind"]
    assert len(toy.search(16740101, small=None).products) == 5
    assert len(toy.search(16740101, small=3000).products) == 1


@pytest.mark.parametrize(("word", "nearest"), [("knd", "kind"), ("siz", "size")])
def test_an_unknown_filter_is_refused_with_the_nearest(toy: Session, word: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown filter '{word}'; did you mean '{nearest}'"):
        toy.search(16740101).select(**{word: 1})


def test_a_value_that_a_filter_cannot_take_is_refused_before_the_archive_is_asked(session: Session) -> None:
    session.register(toys.Filters())
    with pytest.raises(QueryError, match="filter 'kind' cannot take 3: give a word"):
        session.search(16740101, kind=3)


def test_a_name_is_resolved_once_and_said(toy: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = toy.search(["KELT-9"], radius=5)
    assert "KELT-9: resolved to 307.860000 +39.940000 by TOY" in caplog.text
    assert found.query.targets[0].radius == 5
    with pytest.raises(ResolverError, match="no resolver knows 'Nibiru'"):
        toy.search("Nibiru")


def test_nothing_asked_and_an_empty_list_are_not_taken_for_everything(toy: Session) -> None:
    with pytest.raises(QueryError, match="nothing was asked for"):
        toy.search()
    with pytest.raises(QueryError, match="list of targets is empty"):
        toy.search([])


def test_a_filter_can_speak_to_the_archive_when_no_target_was_given(toy: Session) -> None:
    class Sector:
        @hookimpl
        def tess_filters(self) -> tuple[Filter, ...]:
            keep = lambda products, value: pl.col("last_sector") == value  # noqa: E731
            return (Filter("sector", keep, "sector", criteria=lambda value: {"sequence_number": [value]}),)

    toy.register(Sector())
    assert toy.search(sector=14).query.criteria == {"sequence_number": [14]}
    assert toy.search(16740101, sector=14).query.criteria == {}
    assert toy.count(sector=14) == 3
    assert toy.count(16740101, kind="lc") == len(toy.search(16740101, kind="lc").narrowed().observations) > 0


def test_targets_of_a_list_for_which_there_is_nothing_are_named(toy: Session, caplog: pytest.LogCaptureFixture) -> None:
    toy.search([16740101, 999, *range(2000, 2012)])
    assert "13 of 14 TIC ids have no observations: 999, 2000, " in caplog.text
    assert "2008 and 3 more" in caplog.text


def test_a_cone_around_a_star_that_is_given_by_its_id_is_refused(toy: Session) -> None:
    with pytest.raises(QueryError, match="TIC 16740101 is one star; give its coordinates"):
        toy.search(16740101, radius=60)


def test_an_empty_answer_shows_why(toy: Session) -> None:
    assert "may never have been a target" in repr(toy.search(999))
    empty = toy.search(16740101, kind="lc", size=1)
    assert "dropped" in repr(empty)
    assert "dropped" in empty._repr_html_()


def test_a_confirmed_zero_is_empty_and_explains_itself(toy: Session) -> None:
    found = toy.search(999)
    assert len(found) == 0
    assert "0 observations" in found.explain()
    assert "may never have been a target" in found.explain()
    assert "1 of 2 TIC ids have no observations: 999" in toy.search([16740101, 999]).explain()


def test_an_explanation_tells_which_filter_left_out_how_much(toy: Session) -> None:
    text = toy.search(16740101, kind="lc", size=1).explain()
    assert "5 products" in text
    assert "kind=lc: dropped 4, kept 1" in text
    assert "size=1: dropped 1, kept 0" in text
    assert "left: 0 products" in text


def test_columns_are_computed_after_linking(toy: Session) -> None:
    class Linked:
        @hookimpl
        def tess_columns(self) -> tuple[Column, ...]:
            return (
                Column(
                    "linked", lambda products, links: products["uri"].is_in(links["subject"].to_list()), "has a link"
                ),
            )

    toy.register(Linked())
    found = toy.search(16740101)
    assert found.products["linked"].sum() == 2


def test_tables_from_elsewhere_are_taken_wherever_ours_are(toy: Session) -> None:
    rows = toys.product_rows()
    expected = toy.found(rows).select(kind="lc").products["uri"].to_list()
    for table in (Table(rows), pl.DataFrame(rows), pl.DataFrame(rows).to_dicts(), toy.found(rows).to_pandas()):
        assert toy.select(table, kind="lc").products["uri"].to_list() == expected
        assert len(toy.plan(table, "somewhere")) == 5
    assert (
        products(Table([{"obs_id": next(iter(toys.FILES)), "obsid": "1"}])[0], session=toy)["filename"].to_list()
        == toys.FILES[next(iter(toys.FILES))]
    )


def test_without_an_archive_the_answer_is_an_error_not_nothing(session: Session) -> None:
    with pytest.raises(QueryError, match="no plugin can query"):
        session.search(1)


def test_fields_are_described_by_the_archive(toy: Session) -> None:
    assert toy.fields("products")[0].description == "of products"
    with pytest.raises(UnknownNameError, match="unknown table 'product'; did you mean 'products'"):
        toy.fields("product")


def here(toy: Session, *kinds: str) -> Manifest:
    plan = toy.search(16740101).plan("nowhere")
    items = [item for item in plan if item.kind in kinds]
    return Manifest(plan, tuple(Entry(item, "here") for item in items))


def test_one_kind_loads_as_its_collection(toy: Session) -> None:
    assert here(toy, "lc").load() == ("curve of 16740101",)


def test_what_cannot_be_opened_is_reported_and_the_rest_returned(
    toy: Session, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = here(toy, "lc", "tp")
    loaded = manifest.read()
    assert loaded["curves"] == ("curve of 16740101",)
    assert [str(error) for error in loaded.failed.values()] == ["no reader for 'tp' files of SPOC"]
    with caplog.at_level(logging.WARNING):
        assert manifest.load() == ("curve of 16740101",)
    assert "no reader for 'tp'" in caplog.text


def test_mixed_kinds_are_grouped_not_mixed(toy: Session) -> None:
    class Pixels:
        @hookimpl(tryfirst=True)
        def tess_load(self, entry: Entry) -> object | None:
            return {"pixels": 1} if entry.item.kind == "tp" else None

    toy.register(Pixels())
    loaded = here(toy, "lc", "tp").load()
    assert isinstance(loaded, Loaded)
    assert set(loaded) == {"curves", "dict"}


def test_when_nothing_could_be_opened_it_is_an_error_with_every_reason(toy: Session) -> None:
    with pytest.raises(LoadError, match=r"nothing could be opened.*no reader for 'dvt'"):
        here(toy, "dvt").load()


def test_a_table_without_the_needed_column_says_which() -> None:
    with pytest.raises(TableError, match="needs a column 'obs_id'; there are x"):
        Observations.of([{"x": 1}])
    with pytest.raises(TableError, match="needs a column 'uri'"):
        Products.of(Table({"x": [1]}))


def test_offline_is_yes_or_no() -> None:
    with pytest.raises(QueryError, match="offline='perhaps': give True, False, or None"):
        Session(offline="perhaps", discover=False)  # type: ignore[arg-type]


def test_insecure_redirects_are_allowed_by_argument_or_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Session(discover=False).settings.insecure_redirects
    assert Session(insecure_redirects=True, discover=False).settings.insecure_redirects
    monkeypatch.setenv("TESS_SOURCE_INSECURE_REDIRECTS", "1")
    assert Session(discover=False).settings.insecure_redirects
    assert not Session(insecure_redirects=False, discover=False).settings.insecure_redirects
    with pytest.raises(QueryError, match="insecure_redirects='yes': give True, False, or None"):
        Session(insecure_redirects="yes", discover=False)  # type: ignore[arg-type]
    monkeypatch.setenv("TESS_SOURCE_INSECURE_REDIRECTS", "maybe")
    with pytest.raises(QueryError, match="TESS_SOURCE_INSECURE_REDIRECTS='maybe': give 1 or 0"):
        Session(discover=False)


# -- what a session offers --


def test_a_session_has_the_stages_and_no_more() -> None:
    public = {name for name in vars(Session) if not name.startswith("_")} - {"accessors_of"}
    assert public == {
        "search", "iter_search", "count", "fields", "select", "found", "plan", "load_plan", "download", "iter_download", "read", "open",
        "register", "unregister", "urls", "load", "store",
    }  # fmt: skip

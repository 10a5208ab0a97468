"""Columns that are looked up elsewhere, where they are asked for or a filter needs them, and no more of them than that."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toys

import tess_source
from tess_source import Filter, Links, Lookup, Observations, Products, Session, Settings, hookimpl
from tess_source._lazy import pl
from tess_source.errors import LockError, OfflineError, PluginConflictError, PluginError, QueryError, UnknownNameError
from tess_source.lock import refresh
from tess_source.tables.found import Found
from tess_source.targets.target import Query


class Weather:
    """Looks up how cloudy it was: the number of the sector, or nothing for some."""

    def __init__(self, unknown: tuple[int, ...] = ()) -> None:
        self.asked: list[list[int]] = []
        self.unknown = unknown

    def find(self, products: Products, observations: Observations, settings: Settings) -> pl.DataFrame:
        sectors = products["last_sector"].to_list()
        self.asked.append(sectors)
        return pl.DataFrame(
            {"clouds": [None if one in self.unknown else one for one in sectors]}, schema={"clouds": pl.Int64}
        )

    @hookimpl
    def tess_lookups(self) -> tuple[Lookup, ...]:
        return (Lookup("weather", {"clouds": "how cloudy it was"}, self.find, "how cloudy it was"),)


def clouds(products: Products, most: int) -> pl.Expr:
    return pl.col("clouds") <= most


class Cloudless:
    @hookimpl
    def tess_filters(self) -> tuple[Filter, ...]:
        return (Filter("clouds", clouds, "clouds at most", check=int, needs=("clouds",), advice="ask the dome"),)


def session_of(*plugins: Any, cache: Path | None = None) -> Session:
    session = Session(discover=False, cache=cache)
    for name, plugin in (("toy", toys.Archive()), ("filters", toys.Filters()), ("cloudless", Cloudless())):
        session.registry.register(plugin, name, version="1")
    for plugin in plugins:
        session.registry.register(plugin, type(plugin).__name__.lower(), version="1")
    return session


def ledger(found: Found) -> list[tuple[str, int, int]]:
    return [(drop.filter, drop.kept, drop.dropped) for drop in found.drops]


def test_a_keyword_looks_columns_up_in_searches_and_selections() -> None:
    weather = Weather()
    session = session_of(weather)
    found = session.search(16740101, weather=True)
    assert found.products["clouds"].to_list() == found.products["last_sector"].to_list()
    assert found.record is not None
    assert list(found.record["lookups"]) == ["weather"]
    assert "clouds" not in session.search(16740101, weather=False).products.columns
    assert "clouds" in session.search(16740101, weather=None).select(weather=True).products.columns


def test_what_is_looked_up_is_not_asked_for_again() -> None:
    weather = Weather(unknown=(14,))
    found = session_of(weather).search(16740101, weather=True)
    assert len(found.select(kind="lc").select(weather=True).select(clouds=99)) == 0
    assert len(weather.asked) == 1


@pytest.mark.parametrize("value", [1, "yes", [True]])
def test_a_look_up_is_wanted_or_not(value: Any) -> None:
    with pytest.raises(QueryError, match=r"weather=.*: give True, or leave it out"):
        session_of(Weather()).search(16740101, weather=value)


def test_a_filter_looks_up_what_it_needs_of_the_products_that_other_masks_leave() -> None:
    weather = Weather()
    found = session_of(weather).search(16740101, kind="lc", clouds=50)
    assert weather.asked == [[14]]
    assert ledger(found) == [("kind", 1, 4), ("clouds", 1, 0)]


def test_columns_that_are_asked_for_are_looked_up_for_what_is_left_in_the_end() -> None:
    weather = Weather()
    found = session_of(weather).search(16740101, limit=2, weather=True)
    assert [len(sectors) for sectors in weather.asked] == [2]
    assert found.products["clouds"].null_count() == 0


def test_the_ledger_is_the_same_whether_columns_are_there_or_looked_up() -> None:
    session = session_of(Weather())
    plain = session.search(16740101)
    assert ledger(plain.select(kind="dvt", clouds=20)) == ledger(
        plain.select(weather=True).select(kind="dvt", clouds=20)
    )


def test_values_that_products_have_themselves_stay() -> None:
    session = session_of(weather := Weather())
    table = pl.DataFrame(toys.product_rows()).with_columns(clouds=pl.Series([7, None, 7, None, 7]))
    found = session.found(table).select(weather=True)
    sectors = found.products["last_sector"].to_list()
    assert found.products["clouds"].to_list() == [7, sectors[1], 7, sectors[3], 7]
    assert [len(asked) for asked in weather.asked] == [2]


def test_gaps_are_left_out_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = session_of(Weather(unknown=(14,))).search(16740101, clouds=99)
    assert set(found.products["last_sector"]) == {55, 75}
    assert caplog.messages == ["filter 'clouds' drops 3 of 5 products (1 of 1 star): clouds is not known"]


def test_without_a_look_up_the_filter_is_an_error_that_ends_with_its_advice() -> None:
    with pytest.raises(QueryError, match=r"needs a column: 'clouds' is not known for 5 products of SPOC.*ask the dome"):
        session_of().search(16740101, clouds=1)


def test_a_limit_waits_for_what_a_mask_needs() -> None:
    found = session_of(Weather()).search(16740101, clouds=55, limit=4)
    assert found.products["last_sector"].to_list() == [14, 14, 14, 55]


def test_an_unknown_keyword_names_the_look_up() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'weather'"):
        session_of(Weather()).search(16740101).select(wether=True)


def returning(frame: Any) -> Callable[..., Any]:
    return lambda products, observations, settings: frame


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.DataFrame({"clouds": [1]}), r"gave \(1, 1\) for 5 products"),
        ([1, 2, 3, 4, 5], "gave list for 5 products"),
        (None, "gave NoneType for 5 products"),
        (pl.DataFrame({"rain": [1, 2, 3, 4, 5]}), "gave no column 'clouds'"),
    ],
    ids=["too few rows", "a list", "None", "another column"],
)
def test_a_look_up_that_gives_something_else_is_named_with_its_plugin(frame: Any, said: str) -> None:
    weather = Weather()
    weather.find = returning(frame)  # type: ignore[method-assign]
    with pytest.raises(PluginError, match=f"plugin 'weather': its look-up 'weather' {said}"):
        session_of(weather).search(16740101, weather=True)


@pytest.mark.parametrize("problem", [OfflineError("the weather"), QueryError("5 questions in one call")], ids=str)
def test_if_a_look_up_for_a_filter_fails_the_error_names_pipelines_that_need_none(problem: Exception) -> None:
    def find(*_: Any) -> Any:
        raise problem

    weather = Weather()
    weather.find = find  # type: ignore[method-assign]
    rows = pl.DataFrame(toys.product_rows()).with_columns(clouds=pl.Series([7, 7, None, None, 7]))
    rows = rows.with_columns(pipeline=pl.when(pl.col("clouds").is_null()).then(pl.lit("QLP")).otherwise(pl.lit("SPOC")))
    session = session_of(weather)
    told = f"{problem.args[0]}.*'clouds' is to be looked up of 2 products of QLP in .*, and not with pipeline='SPOC'"
    with pytest.raises(type(problem), match=told):
        session.found(rows).select(clouds=9)
    with pytest.raises(type(problem)) as error:
        session.found(rows.drop("clouds")).select(clouds=9)
    assert str(error.value) == str(problem), "no pipeline is better than the others"


def test_a_look_up_that_fails_fails_the_search_and_names_its_plugin() -> None:
    def find(*_: Any) -> Any:
        raise ConnectionError("no dome")

    weather = Weather()
    weather.find = find  # type: ignore[method-assign]
    with pytest.raises(ConnectionError, match="no dome") as error:
        session_of(weather).search(16740101, clouds=1)
    assert error.value.__notes__ == ["raised by plugin 'weather' in its lookup 'weather'"]


class Named:
    """Declares a look-up and filters of given names."""

    def __init__(self, lookup: str = "", name: str = "") -> None:
        self.lookup, self.name = lookup, name

    @hookimpl
    def tess_lookups(self) -> tuple[Lookup, ...]:
        return (Lookup(self.lookup, {"x": ""}, returning(None), ""),) if self.lookup else ()

    @hookimpl
    def tess_filters(self) -> tuple[Filter, ...]:
        return (Filter(self.name, clouds, ""),) if self.name else ()


@pytest.mark.parametrize("names", [("clouds", ""), ("", "weather"), ("weather", ""), ("other", "other")])
def test_a_look_up_and_a_filter_cannot_have_one_name(names: tuple[str, str]) -> None:
    session = session_of(Weather())
    with pytest.raises(PluginConflictError, match=r"declares? (twice )?.*(clouds|weather|other)"):
        session.register(Named(*names))
    assert "named" not in session.registry.plugins


@pytest.mark.parametrize("name", ["two words", "class", "one-word"])
def test_a_look_up_needs_the_name_of_a_keyword(name: str) -> None:
    with pytest.raises(PluginError, match="cannot be the name of a look-up"):
        session_of(Named(name))


def test_a_look_up_needs_columns_and_a_filters_needs_are_a_list() -> None:
    class Nothing:
        @hookimpl
        def tess_lookups(self) -> tuple[Lookup, ...]:
            return (Lookup("empty", {}, returning(None), ""),)

    class Text:
        @hookimpl
        def tess_filters(self) -> tuple[Filter, ...]:
            return (Filter("cloudy", clouds, "", needs="clouds"),)

    with pytest.raises(PluginError, match="declares no columns"):
        session_of(Nothing())
    with pytest.raises(PluginError, match="needs a list of columns"):
        session_of(Text())


def test_a_lock_repeats_look_ups(tmp_path: Path) -> None:
    weather = Weather()
    session = session_of(weather, cache=tmp_path)
    lock = session.search(16740101, weather=True, kind="lc").plan(tmp_path)
    lock.save(tmp_path / "lock.ecsv")
    before = len(weather.asked)
    today, changes = refresh(session.load_plan(tmp_path / "lock.ecsv"), session)
    assert (len(today), len(changes)) == (1, 0)
    assert len(weather.asked) == before + 1
    assert list(today.record["lookups"]) == ["weather"]
    session.unregister("weather")
    with pytest.raises(LockError, match=r"look-up that is not here.*weather"):
        refresh(session.load_plan(tmp_path / "lock.ecsv"), session)


class Reasons:
    """Knows why, of some."""

    def __init__(self, said: dict[str, str] | None) -> None:
        self.said, self.asked = said, 0

    @hookimpl
    def tess_reasons(self, query: Query, observations: Observations) -> dict[str, str] | None:
        self.asked += 1
        return self.said


class Other(Reasons):
    """Knows others."""


def test_reasons_are_merged_and_shown_in_the_answer_and_in_the_empty_one() -> None:
    first, second = Reasons({"TIC 5": "cloudy", "TIC 6": "day"}), Other({"TIC 5": "asleep"})
    session = session_of(second, first, Silent())
    empty = session.search(5)
    assert "TIC 5: asleep; cloudy" in empty.explain()
    assert "TIC 5: asleep; cloudy" in repr(empty)
    assert "TIC 5: asleep; cloudy" in session.search([5, 16740101]).explain()


def test_nobody_is_asked_for_reasons_if_all_targets_have_observations() -> None:
    reasons = Reasons({"TIC 16740101": "?"})
    found = session_of(reasons).search(16740101)
    assert reasons.asked == 0
    assert "?" not in found.explain()


class Silent(Reasons):
    """Knows nothing."""

    def __init__(self) -> None:
        super().__init__(None)


class Dated(toys.Archive):
    @hookimpl
    def tess_provenance(self, query: Query, settings: Settings) -> dict[str, Any]:
        return {"said": "lists of 2026-11-20", "date": "2026-11-20"}

    @hookimpl
    def tess_link(self, products: Products) -> Links | None:
        return None


def test_an_answer_says_which_archive_spoke_and_of_when(tmp_path: Path) -> None:
    found = session_of().search(16740101)
    assert found.record is not None
    assert f"answered by toy at {found.record['time']}, just now" in found.explain()
    assert found.summary().endswith("(answered by toy just now)")
    session = Session(discover=False, plugins=[Dated()])
    dated = session.search(16740101)
    assert "answered by Dated: lists of 2026-11-20" in dated.explain()
    assert dated.summary().endswith("(answered by Dated: lists of 2026-11-20)")
    assert "lists of 2026-11-20" in repr(dated)
    assert dated.plan(tmp_path).record["provenance"]["Dated"]["date"] == "2026-11-20"


def test_products_from_elsewhere_were_answered_by_nobody() -> None:
    assert (
        "answered"
        not in tess_source.Session(discover=False, plugins=[toys.Archive()]).found(toys.product_rows()).summary()
    )

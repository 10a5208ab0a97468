"""What holds for all filters, whatever the table and the values (hypothesis)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import size

import tess_source_filters
from tess_source import Products, Session
from tess_source_filters.exptime import Exptimes
from tess_source_filters.values import Span, number, span
from tess_source_filters.where import Conditions, bytes_of
from tess_source_filters.whole import Wholes
from tess_source_filters.words import glob_to_regex

SESSION = Session(discover=False, plugins=[tess_source_filters])
PATIENT = settings(deadline=None, max_examples=size(10, 600))
KINDS = ("lc", "fast-lc", "tp", "dvt", "dvr-xml", "ffi", "other")
PIPELINES = ("SPOC", "QLP", "TESS-SPOC", None)
EXPTIMES = (20.0, 120.0, 158.4, 200.0, 1800.0, None)


@st.composite
def tables(draw: st.DrawFn) -> Products:
    rows = []
    for n in range(draw(st.integers(0, 15))):
        first = draw(st.none() | st.integers(1, 8))
        rows.append(
            {
                "uri": f"mast:x/{n}",
                "kind": draw(st.sampled_from(KINDS)),
                "pipeline": draw(st.sampled_from(PIPELINES)),
                "exptime": draw(st.sampled_from(EXPTIMES)),
                "tic": draw(st.none() | st.integers(1, 3)),
                "first_sector": first,
                "last_sector": None if first is None else first + draw(st.integers(0, 3)),
                "run": draw(st.none() | st.integers(0, 3)),
                "tce": draw(st.none() | st.integers(1, 3)),
                "size": draw(st.none() | st.integers(0, 5)),
            }
        )
    return Products.of(rows) if rows else Products.empty()


WHOLE = st.integers(0, 9)
MASKS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.lists(st.sampled_from(["lc", "dvt", "!tp", "!lc"]), min_size=1),
        "sector": WHOLE | st.lists(WHOLE, min_size=1) | st.builds(range, st.integers(0, 4), st.integers(5, 9)),
        "exptime": st.lists(st.sampled_from([20, "short", "ffi", "100..300", (0, 150)]), min_size=1),
        "pipeline": st.lists(st.sampled_from(["spoc", "!QLP", "nobody"]), min_size=1),
        "tic": st.lists(st.integers(1, 4), min_size=1),
        "name": st.sampled_from(["*", "[0-5]", "?", "1*"]),
        "size": st.sampled_from(["<3", (1, 4), "!2", 0]),
        "run": WHOLE,
        "tce": WHOLE,
        "where": st.sampled_from([{"size": ">=2"}, "kind=!lc", {"tic": [1, "!2"]}]),
    },
)


def groups(table: Products, *columns: str) -> set[tuple[Any, ...]]:
    return set(table.to_polars().select(columns or ("tic", "first_sector", "last_sector")).rows())


def uris(table: Any, **filters: Any) -> list[str]:
    return [str(uri) for uri in SESSION.select(table, **filters).products["uri"].to_list()]


@PATIENT
@given(table=tables(), filters=MASKS)
def test_masks_keep_the_rows_and_their_order_and_add_none(table: Products, filters: dict[str, Any]) -> None:
    kept = uris(table, **filters)
    assert kept == [uri for uri in table["uri"].to_list() if uri in set(kept)]
    assert SESSION.select(table, **filters).products.columns == table.columns


@PATIENT
@given(table=tables(), filters=MASKS)
def test_the_order_of_masks_does_not_matter(table: Products, filters: dict[str, Any]) -> None:
    together = uris(table, **filters)
    for order in (list(filters), list(filters)[::-1]):
        found = SESSION.found(table)
        for name in order:
            found = found.select(**{name: filters[name]})
        assert [str(uri) for uri in found.products["uri"].to_list()] == together


@PATIENT
@given(table=tables(), filters=MASKS)
def test_masks_are_the_intersection_of_what_each_keeps(table: Products, filters: dict[str, Any]) -> None:
    each = [set(uris(table, **{name: value})) for name, value in filters.items()]
    assert set(uris(table, **filters)) == set(table["uri"].to_list()).intersection(*each)


@PATIENT
@given(table=tables(), name=st.sampled_from(["latest", "shortest"]))
def test_a_choice_made_twice_is_made_once_and_never_empties_a_group(table: Products, name: str) -> None:
    once = SESSION.select(table, **{name: True}).products
    assert SESSION.select(once, **{name: True}).products == once
    assert groups(once) == groups(table)


@PATIENT
@given(table=tables())
def test_one_per_sector_made_twice_is_made_once_and_never_empties_a_star_nor_a_sector(table: Products) -> None:
    once = SESSION.select(table, one_per_sector=True).products
    assert SESSION.select(once, one_per_sector=True).products == once
    assert groups(once, "tic") == groups(table, "tic")  # a file of all sectors may stand for those of single ones
    of_sectors = table.where(table["first_sector"].is_not_null())
    assert groups(SESSION.select(of_sectors, one_per_sector=True).products) == groups(of_sectors)


@PATIENT
@given(table=tables())
def test_one_per_sector_leaves_one_light_curve(table: Products) -> None:
    left = (
        SESSION.select(table, kind="lc,fast-lc", one_per_sector=True)
        .products.to_polars()
        .filter(pl.col("tic").is_not_null())
    )
    assert not left.select("tic", "first_sector", "last_sector").is_duplicated().any()


# -- values --


@PATIENT
@given(st.sets(st.integers(0, 60), min_size=1))
def test_whole_numbers_mean_the_same_however_they_are_written(numbers: set[int]) -> None:
    wanted = Wholes.of(numbers)
    assert wanted.numbers(most=61) == sorted(numbers)
    assert wanted.numbers(most=len(numbers) - 1) is None
    assert (
        Wholes.of(str(wanted)) == Wholes.of(sorted(numbers, reverse=True)) == Wholes.of(map_to_text(numbers)) == wanted
    )
    every = pl.DataFrame({"n": range(62)})
    assert every.filter(wanted.meets(pl.col("n"), pl.col("n")))["n"].to_list() == sorted(numbers)


def map_to_text(numbers: set[int]) -> str:
    return " , ".join(f"{n:04}" for n in numbers)


@PATIENT
@given(st.sets(st.integers(1, 30), min_size=1), st.integers(1, 30), st.integers(0, 10))
def test_a_range_of_sectors_is_kept_if_one_of_them_lies_in_it(wanted: set[int], first: int, length: int) -> None:
    row = [{"uri": "a", "first_sector": first, "last_sector": first + length}]
    assert bool(uris(row, sector=wanted)) == bool(wanted & set(range(first, first + length + 1)))


@PATIENT
@given(st.integers(0, 40), st.integers(0, 40))
def test_slices_are_pythons_and_texts_include_both_ends(least: int, more: int) -> None:
    inclusive = Wholes.of(f"{least}-{least + more}")
    assert inclusive == Wholes.of(slice(least, least + more + 1)) == Wholes.of(range(least, least + more + 1))


TIMES = st.sampled_from(
    ["fast", "short", "ffi", 20, 120.0, "200", "20..120", (100, 500), slice(20, 60), ">=300", (None, 60)]
)


@PATIENT
@given(st.lists(TIMES, min_size=1))
def test_exposure_times_are_read_back_from_what_the_ledger_says(values: list[Any]) -> None:
    wanted = Exptimes.of(values)
    assert Exptimes.of(str(wanted)) == Exptimes.of([*reversed(values)]) == wanted


@PATIENT
@given(
    st.lists(st.integers(0, 10**12), min_size=1),
    st.sampled_from(["", "!"]),
    st.sampled_from(["", ">", "<", ">=", "<="]),
)
def test_sizes_are_read_back_from_what_the_ledger_says(sizes: list[int], negation: str, sign: str) -> None:
    wanted = Conditions.of([f"{negation}{sign}{size}" for size in sizes], bytes_of)
    assert Conditions.of(str(wanted).split(","), bytes_of) == wanted


@PATIENT
@given(st.integers(0, 10**6), st.sampled_from([("kB", 1000), ("MB", 10**6), ("KiB", 1024), ("GiB", 2**30), (" B", 1)]))
def test_units_multiply(count: int, unit: tuple[str, int]) -> None:
    assert bytes_of(f"{count}{unit[0]}") == bytes_of(f"{count}{unit[0].upper()}") == count * unit[1]


@PATIENT
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_finite_number_is_read_back(value: float) -> None:
    assert number(repr(value)) == value
    assert span(str(Span(value, value))) == Span(value, value)


@PATIENT
@given(st.text("ab*?[]!-^\\.(é\n", max_size=8), st.text("ab-]^\\.(é\n", max_size=6))
def test_patterns_mean_what_they_mean_in_python(pattern: str, name: str) -> None:
    matched = pl.Series([name]).str.contains(f"^(?:{glob_to_regex(pattern)})$")[0]
    assert matched == fnmatchcase(name, pattern)

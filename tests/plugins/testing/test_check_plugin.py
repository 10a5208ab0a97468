"""`check_plugin` passes what keeps to the contract, and says of what does not what would be right, all at once."""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import random
import re
import socket
import tomllib
import types
from collections.abc import Callable
from typing import Any

import click
import polars as pl
import pytest
from places import ROOT

import tess_source
from tess_source import (
    Accessor,
    Citation,
    Column,
    Copy,
    Filter,
    Kind,
    Links,
    Lookup,
    Products,
    Request,
    StandIn,
    Transport,
    hookimpl,
)
from tess_source.errors import PluginError
from tess_source.hooks.fitness import SEARCH_WORDS
from tess_source.hooks.signatures import ARGUMENTS
from tess_source.session import Session
from tess_source_testing import check_plugin, sample_observations, sample_products

BUILT_IN = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["tess_source"].values()


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_plugin_keeps_to_the_contract(name: str) -> None:
    assert check_plugin(importlib.import_module(name)) == []


def problems(plugin: object, **words: Any) -> list[str]:
    """Return the lines of the one error."""
    with pytest.raises(AssertionError) as caught:
        check_plugin(plugin, **words)
    first, *lines = str(caught.value).splitlines()
    assert first.startswith("plugin '")
    return lines


def module(**functions: Any) -> types.ModuleType:
    """Make a plugin module of functions, which are marked."""
    made = types.ModuleType("made_up")
    for name, function in functions.items():
        setattr(made, name, hookimpl(function))
    return made


def declaring(noun: str, *records: Any) -> types.ModuleType:
    return module(**{noun: lambda: records})


def a_filter(keep: Callable[..., Any], **words: Any) -> types.ModuleType:
    return declaring("tess_filters", Filter("mine", keep, "a filter of mine", **words))


def is_lc(products: Products, value: Any) -> pl.Expr:
    return pl.col("kind") == "lc"


def a_column(compute: Callable[..., Any]) -> types.ModuleType:
    return declaring("tess_columns", Column("mine", compute, "a column of mine"))


def linking(function: Callable[..., Any]) -> types.ModuleType:
    def tess_link(products: Products) -> Any:
        return function(products)

    return module(tess_link=tess_link)


def changing(products: Products, value: Any) -> pl.Expr:
    products.to_polars().drop_in_place("size")
    return pl.col("kind") == "lc"


def unmarked() -> types.ModuleType:
    made = types.ModuleType("made_up")
    made.tess_filter = lambda: ()  # type: ignore[attr-defined]
    return made


def by_specname() -> types.ModuleType:
    made = types.ModuleType("made_up")

    def my_filters() -> tuple[Filter, ...]:
        return ()

    made.my_filters = hookimpl(my_filters)  # type: ignore[attr-defined]
    return made


def asking() -> tuple[Filter, ...]:
    socket.getaddrinfo("archive.example.org", 80)
    return ()


SEEN: set[str] = set()


def only_once(products: Products, value: Any) -> list[bool]:
    """Keep what was not seen before."""
    news = [uri not in SEEN for uri in products["uri"]]
    SEEN.update(products["uri"])
    return news


def refusing(value: Any) -> Any:
    return {"a": 1}[value]


NUMBERS = itertools.count()
CHANCE = random.Random(1)
URI = "mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"


def with_default(observations: Any, query: Any = None) -> None:
    """List nothing."""


def by_keyword(observations: Any, *, query: Any) -> None:
    """List nothing."""


def by_words(**words: Any) -> None:
    """List nothing."""


def by_stars(*words: Any) -> None:
    """List nothing."""


def misspelt(observatons: Any) -> None:
    """List nothing."""


async def later(observations: Any) -> None:
    """List nothing."""


def yielding() -> Any:
    yield Filter("mine", is_lc, "a filter of mine")


def no_place(entry: Any) -> Any:
    return entry.path.read_bytes()


WRONG: dict[str, tuple[object, str]] = {
    # hooks
    "a misspelt hook": (module(tess_filter=lambda: ()), "there is no such hook; did you mean 'tess_filters'"),
    "a misspelt hook without a mark": (unmarked(), "tess_filter lacks @tess_source.hookimpl"),
    "a name without the prefix": (
        by_specname(),
        "my_filters is marked with @hookimpl, but the name of a hook begins with",
    ),
    "an unknown argument": (
        module(tess_list=misspelt),
        "takes 'observatons', which the hook does not have; did you mean 'observations'?",
    ),
    "a default": (module(tess_list=with_default), "gives 'query' a default, so that it always has this value"),
    "a keyword": (module(tess_list=by_keyword), "takes 'query' as a keyword only, which is never given"),
    "all keywords": (
        module(tess_list=by_words),
        "takes **words, which would always be empty: name the arguments that you need",
    ),
    "all arguments": (module(tess_list=by_stars), "takes *words, which would always be empty"),
    "async": (module(tess_list=later), "is async, and nothing would wait for it"),
    "a generator": (module(tess_filters=yielding), "yields: return a whole answer"),
    "a class": (type("Mine", (), {}), "is a class: register an instance of it, Mine()"),
    "nothing": (types.ModuleType("empty"), "there are none; mark a function such as tess_filters"),
    # records
    "a record of another class": (declaring("tess_filters", Column("a", is_lc, "a")), "which is not a Filter"),
    "no sequence": (
        module(tess_filters=lambda: Filter("mine", is_lc, "mine")),
        "must return a sequence of records, not Filter",
    ),
    "a taken name": (declaring("tess_filters", Filter("sector", is_lc, "mine")), "both declare the filter 'sector'"),
    "a taken column": (declaring("tess_columns", Column("dv_set", is_lc, "mine")), "both declare the column 'dv_set'"),
    "an argument of searches": (
        declaring("tess_filters", Filter("archive", is_lc, "mine")),
        "searches have an argument of this name",
    ),
    "an option of the program": (
        declaring("tess_filters", Filter("format", is_lc, "mine")),
        "the program has an option --format itself",
    ),
    "a command of the program": (declaring("tess_commands", click.Command("search")), "which the program has itself"),
    "a known kind": (declaring("tess_kinds", Kind("lc", "mine")), "the kind 'lc' is known already"),
    "an archive that is not there": (
        declaring("tess_stand_ins", StandIn("masst", "a copy")),
        "no archive 'masst' to stand in for",
    ),
    "a connection": (module(tess_filters=asking), "a declaration returns a tuple of records, and asks nobody"),
    "others each time": (
        module(tess_citations=lambda: (Citation(f"LAB{next(NUMBERS)}", None, "t", "d"),)),
        "something else the second time",
    ),
    "a method of the class": (declaring("tess_accessors", Accessor("select", print, "mine")), "which Found has itself"),
    "a method of the session": (
        declaring("tess_accessors", Accessor("search", print, "mine", of="session")),
        "which Session has itself",
    ),
    "a method without self": (
        declaring("tess_accessors", Accessor("mine", lambda: 1, "mine")),
        "must take the Found as its first argument",
    ),
    "no columns to look up": (declaring("tess_lookups", Lookup("mine", {}, print, "mine")), "declares no columns"),
    # filters
    "no help": (declaring("tess_filters", Filter("mine", is_lc, "")), "give one line, which --help shows"),
    "a raw error of check": (
        a_filter(is_lc, check=refusing),
        "raised KeyError: .*check must raise ValueError or TypeError",
    ),
    "a default that is none": (
        a_filter(is_lc, check=int, default="x"),
        "its default 'x' must be a value that it takes",
    ),
    "a value that is changed": (
        a_filter(
            lambda products, value: value.append("lc") or pl.col("kind").is_in(value), check=lambda value: [str(value)]
        ),
        "keep changes the value that it gets",
    ),
    "a value that is emptied": (
        a_filter(lambda products, value: value.clear() or pl.col("kind") == "lc", check=lambda value: [value]),
        "keep changes the value that it gets",
    ),
    "a filter that remembers": (a_filter(only_once), "another answer the second time"),
    "a filter that asks": (
        a_filter(lambda products, value: socket.create_connection(("example.org", 80)) and pl.lit(value=True)),
        "a connection to 'example.org:80' was tried",
    ),
    "a mask that is too short": (a_filter(lambda products, value: [True]), "needs as many booleans"),
    "a mask of numbers": (a_filter(lambda products, value: products["size"]), "of Int64"),
    "no mask": (a_filter(lambda products, value: None), "keep must return a polars expression, or one boolean per row"),
    "a mask by place": (
        a_filter(lambda products, value: pl.int_range(pl.len()) < 5),
        "other products if the rows come in another order",
    ),
    "a choice by place": (
        a_filter(lambda products, value: pl.int_range(pl.len()) < 5, last=1),
        "sort by a column that tells rows apart",
    ),
    "a mask by chance": (
        a_filter(lambda products, value: [CHANCE.random() < 0.5 for _ in range(len(products))]),
        "another answer the second time",
    ),
    "not empty": (
        a_filter(lambda products, value: pl.lit(products[0]["kind"] == "lc") & (pl.col("kind") == "lc")),
        "a table without rows: raised",
    ),
    "no nulls": (
        a_filter(lambda products, value: [kind.startswith("l") for kind in products["kind"]]),
        "a table with nulls: raised AttributeError",
    ),
    "a changed table": (a_filter(changing), "keep changes the table that it gets"),
    "holds too little": (
        a_filter(is_lc, holds=lambda seen, value: pl.lit(False)),
        "has nothing to keep, and keep keeps products of it",
    ),
    "holds without looking at each row alone": (
        a_filter(
            lambda products, value: pl.col("size") >= pl.col("size").max().over("kind"),
            holds=lambda seen, value: pl.lit(True),
        ),
        "keep looks at other rows, though the filter has 'holds'",
    ),
    "criteria that are no mapping": (
        a_filter(is_lc, criteria=lambda value: [value]),
        "return a mapping of columns to values",
    ),
    "most too few": (a_filter(is_lc, last=1, most=lambda value: 1), "more than the 1 that it says"),
    # columns
    "too few values": (a_column(lambda products, links: pl.Series([1, 2])), "one value per row"),
    "values by place": (
        a_column(lambda products, links: pl.int_range(pl.len())),
        "other values if the rows come in another order",
    ),
    "another type": (
        a_column(
            lambda products, links: pl.Series(
                [str(tic) for tic in products["tic"]] if len(products) else [], dtype=None if len(products) else pl.Int8
            )
        ),
        "its type is Int8, and String for the sample",
    ),
    # links
    "a URI that is not there": (
        linking(lambda products: Links.of([{"subject": "a:b", "kind": "k", "object": "a:c"}])),
        "neither 'a:b' nor 'a:c' is a product",
    ),
    "another star": (
        linking(
            lambda products: Links.of(
                [{"subject": URI, "kind": "k", "object": products.where(pl.col("tic") == 307210830)["uri"].sort()[0]}]
            )
        ),
        "links stay within one star",
    ),
    "links by place": (
        linking(lambda products: Links.of([{"subject": products["uri"][0], "kind": "k", "object": "mine"}])),
        "other links if the products come in another order",
    ),
    # files
    "a reader of everything": (module(tess_load=no_place), "return None for files that are not yours"),
    "a collector of everything": (
        module(tess_collect=lambda objects: {"mine": list(objects)}),
        "claims objects that are not its own",
    ),
    "an address that is none": (
        declaring("tess_transports", Transport("lab", lambda uri, settings: uri)),
        "locate must return a Request",
    ),
    "an address of another scheme": (
        declaring("tess_copies", Copy("lab", "mast", lambda uri, settings: Request(uri), "mine")),
        "is neither http, https nor file",
    ),
}


@pytest.mark.parametrize(("plugin", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_what_would_be_right(plugin: object, said: str) -> None:
    lines = problems(plugin)
    pattern = re.escape(said).replace(r"\.\*", ".*")
    assert [line for line in lines if re.search(pattern, line)], lines


def test_all_problems_are_in_one_error_and_are_counted() -> None:
    plugin = module(
        tess_filter=lambda: (),
        tess_list=misspelt,
        tess_filters=lambda: (
            Filter("sector", is_lc, "mine"),
            Filter("mine", lambda products, value: pl.int_range(pl.len()) < 5, "mine"),
        ),
    )
    with pytest.raises(AssertionError) as caught:
        check_plugin(plugin)
    said = str(caught.value)
    assert said.startswith("plugin 'made_up' has ")
    for part in ("did you mean 'tess_filters'", "'observations'?", "both declare the filter 'sector'", "another order"):
        assert part in said


def test_hooks_without_type_hints_and_plugins_of_this_process_alone_are_noted() -> None:
    class Local:
        @hookimpl
        def tess_filters(self):  # type: ignore[no-untyped-def]
            return (Filter("mine", is_lc, "a filter of mine"),)

    notes = check_plugin(Local())
    assert any(note.startswith("tess_filters: without type hints") for note in notes)
    assert any(note.startswith("pickle: other processes") for note in notes)


def test_values_are_guessed_or_given() -> None:
    def check(value: Any) -> str:
        if value != "Hubble":
            raise ValueError("give 'Hubble'")
        return str(value)

    plugin = a_filter(lambda products, value: pl.int_range(pl.len()) < 5, check=check)
    assert any("no value was guessed that it takes" in note for note in check_plugin(plugin))
    assert "another order" in problems(plugin, values={"mine": ["Hubble"]})[0]
    assert "it was given as a value" in problems(plugin, values={"mine": ["Webb"]})[0]
    assert "declares no filter of this name" in problems(plugin, values={"yours": [1]})[0]


def test_a_table_of_ones_own_is_taken() -> None:
    def by_grade(products: Products, value: str) -> pl.Series:
        return products["grade"] == "A"

    rows = [{"uri": f"lab:{number}.fits", "grade": grade} for number, grade in enumerate("ABA")]
    assert "it refuses the sample (UnknownNameError: unknown column 'grade'" in check_plugin(a_filter(by_grade))[0]
    check_plugin(a_filter(by_grade), products=rows)


def test_the_sample_is_like_an_answer_and_is_a_new_table_each_time() -> None:
    products, observations = sample_products(), sample_observations()
    kinds = set(products["kind"])
    assert {"lc", "fast-lc", "tp", "dvt", "dvr-xml", "ffi", "cutout"} <= kinds
    assert {"SPOC", "QLP", "TGLC"} <= set(products["pipeline"])
    assert products["tce"].null_count() and products["start"].null_count()
    assert set(products.where(pl.col("obs_collection").is_not_null())["observation"]) <= set(
        observations["observation"]
    )
    products.to_polars().drop_in_place("size")
    assert "size" in sample_products().columns


def test_no_filter_is_called_as_an_argument_of_searches() -> None:
    arguments = [*inspect.signature(Session.search).parameters, *inspect.signature(tess_source.search).parameters]
    assert {*arguments} - {"self", "words"} == {*SEARCH_WORDS}
    for name in SEARCH_WORDS:
        with pytest.raises(PluginError, match="searches have an argument of this name"):
            Session(discover=False, plugins=[declaring("tess_filters", Filter(name, is_lc, "mine"))])


def test_the_arguments_of_hooks_are_those_of_the_contract() -> None:
    assert ARGUMENTS["tess_list"] == ("observations", "query", "settings")
    assert ARGUMENTS["tess_filters"] == ()


def test_a_decorated_hook_is_seen_through() -> None:
    def quiet(function: Any) -> Any:
        @functools.wraps(function)
        def called(*args: Any, **words: Any) -> Any:
            return function(*args, **words)

        return called

    @quiet
    def tess_list(observations: Any) -> None:
        """List nothing."""

    check_plugin(module(tess_list=tess_list))

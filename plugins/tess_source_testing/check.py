"""A check of plugins, for the tests of those who write them."""

from __future__ import annotations

import inspect
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tess_source.errors import PluginError
from tess_source.hooks.discovery import name_of
from tess_source.hooks.fitness import check_plugin_object
from tess_source.hooks.registry import Registry
from tess_source.hooks.signatures import hook_problems, marked_functions
from tess_source.session import Session  # noqa: F401  its class has methods that no accessor may hide
from tess_source.settings import Settings
from tess_source.tables.listing import Links, Observations, Products
from tess_source.targets.target import Query, Target
from tess_source_testing.checks import declared, files, filters, tables
from tess_source_testing.checks.findings import Findings
from tess_source_testing.offline import no_connections
from tess_source_testing.table import sample_observations, sample_products

__all__ = ["check_plugin"]


def check_plugin(
    plugin: object, *, products: Any = None, values: Mapping[str, Sequence[Any]] | None = None
) -> Sequence[str]:
    """Check that a plugin keeps to the contract, without asking any archive.

    Its hooks must have the right names, marks and arguments. Its records must be of the right types, with names that are free, and be
    the same each time. Its filters and columns must be pure functions of the table: the same answer for the same rows in any order, for
    a part of them, for none, and with nulls, and the table stays as it is. Links must name URIs that exist. Readers must leave the files
    of others alone. Connections are refused meanwhile, so that hooks which ask an archive (`tess_query`, `tess_list`, …) are not called.

    Parameters
    ----------
    plugin : object
        What you would register: a module, or an instance of a class.
    products : Products or table, optional
        The table to try filters, columns and links on: see `tess_source_testing.sample_products`, which is taken if you give none.
    values : mapping, optional
        Filter → values to try it with, besides those that are guessed from its record.

    Returns
    -------
    list of str
        Notes: what is not wrong, but could be better.

    Raises
    ------
    AssertionError
        If something is wrong: a list of all problems, each with what would be right.

    Examples
    --------
    >>> import tess_source_filters
    >>> from tess_source_testing import check_plugin
    >>> check_plugin(tess_source_filters)
    []
    """
    findings, name = Findings(), name_of(plugin)
    try:
        check_plugin_object(plugin, name)
    except PluginError as error:
        problems = [] if isinstance(plugin, type) else hook_problems(plugin)
        for problem in problems or [str(error).removeprefix(f"plugin {name!r} ")]:
            findings.problem("hooks", problem)
    if not isinstance(plugin, type):
        with tempfile.TemporaryDirectory() as folder, no_connections(), _silent():
            _check(findings, plugin, name, Path(folder), _sample(products), values or {})
    if findings.problems:
        raise AssertionError(_report(name, findings))
    return findings.notes


@contextmanager
def _silent() -> Iterator[None]:
    """Log nothing: what filters warn of is for those who search."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)


def _sample(products: Any) -> tuple[Products, Observations]:
    """Return the products to try things on, and their observations."""
    if products is None:
        return sample_products(), sample_observations()
    made = Products.of(products)
    return made, sample_observations()[:0]


def _check(
    findings: Findings, plugin: object, name: str, folder: Path, sample: tuple[Products, Observations],
    values: Mapping[str, Sequence[Any]],
) -> None:  # fmt: skip
    products, observations = sample
    functions, registry = marked_functions(plugin), declared.built_ins(plugin)
    if not functions and not findings.problems:
        findings.problem("hooks", "there are none; mark a function such as tess_filters with @tess_source.hookimpl")
    settings = Settings(cache=folder / "cache")
    records = declared.declared(findings, plugin, name, registry)
    verbs = {hook: _called(function, settings) for hook, function in functions.items()}
    links = tables.check_links(findings, verbs["tess_link"], products) if "tess_link" in verbs else Links.empty()
    for record in records.get("tess_filters", ()):
        filters.check_filter(
            findings, record, products, observations, tuple(registry.kinds), values.get(record.name, ())
        )
    for record in records.get("tess_columns", ()):
        tables.check_column(findings, record, products, links)
    for record in (*records.get("tess_transports", ()), *records.get("tess_copies", ())):
        files.check_addresses(findings, record, products, settings)
    for record in records.get("tess_sources", ()):
        files.check_source(findings, record, folder)
    _check_verbs(findings, verbs, folder, observations)
    _check_stand_ins(findings, records, functions, registry)
    declared.check_accessors(findings, records.get("tess_accessors", []))
    declared.check_program(findings, records, name, registry)
    declared.check_pickle(findings, plugin, name)
    declared.check_hints(findings, plugin)
    for unknown in sorted({*values} - {record.name for record in records.get("tess_filters", ())}):
        findings.problem(f"values[{unknown!r}]", "the plugin declares no filter of this name")


def _called(function: Callable[..., Any], settings: Settings) -> Callable[..., Any]:
    """Return a hook that is given by name what it takes, as pluggy does."""
    taken = inspect.signature(function).parameters

    def called(**arguments: Any) -> Any:
        return function(**{name: value for name, value in {**arguments, "settings": settings}.items() if name in taken})

    return called


def _check_verbs(
    findings: Findings, verbs: Mapping[str, Callable[..., Any]], folder: Path, observations: Observations
) -> None:
    """Check the hooks that ask no archive."""
    query = Query((Target("TIC 1", tic=1),), archives=())
    if "tess_relates" in verbs:
        tables.check_relates(findings, verbs["tess_relates"], observations)
    if "tess_load" in verbs:
        files.check_reader(findings, verbs["tess_load"], folder)
    if "tess_collect" in verbs:
        files.check_collector(findings, verbs["tess_collect"])
    if "tess_recall" in verbs:
        name = "no such star 1234567"
        outcome = findings.call(lambda: verbs["tess_recall"](target=name))
        right = "return None for a name that is not known here; it opens no connection"
        if findings.works("tess_recall", outcome, right) and outcome.value is not None:
            findings.problem("tess_recall", f"returned {outcome.value!r} for {name!r}; {right}")
    for hook, arguments in (
        ("tess_defaults", {"query": query}),
        ("tess_provenance", {"query": query, "observations": observations}),
    ):
        if hook in verbs:
            outcome = findings.call(lambda hook=hook, arguments=arguments: verbs[hook](**arguments))
            right = "return a mapping, or None; it opens no connection"
            if findings.works(hook, outcome, right) and not isinstance(outcome.value, Mapping | None):
                findings.problem(hook, f"returned {type(outcome.value).__name__}; {right}")


def _check_stand_ins(
    findings: Findings, records: Mapping[str, Sequence[Any]], functions: Mapping[str, Any], registry: Registry
) -> None:
    for record in records.get("tess_stand_ins", ()):
        if record.archive not in registry.archives():
            known = ", ".join(registry.archives())
            findings.problem(
                "tess_stand_ins", f"there is no archive {record.archive!r} to stand in for; built in are {known}"
            )
        if "tess_query" not in functions:
            findings.problem("tess_stand_ins", "an archive that stands in for another has tess_query")


def _report(name: str, findings: Findings) -> str:
    """Return all problems, and the notes below them."""
    count = len(findings.problems)
    lines = [f"plugin {name!r} has {count} problem{'s' if count > 1 else ''}:"]
    lines += [f"  {number}. {problem}" for number, problem in enumerate(findings.problems, 1)]
    return "\n".join([*lines, *(f"  note: {note}" for note in findings.notes)])

"""The plan of a data set: the files that a search finds, and how they become shards. It is written once, before anything is fetched."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.display import activity
from tess_source.display.visible import logger
from tess_source.errors import LockError, QueryError, TessSourceError
from tess_source.search.lookups import lookups_among
from tess_source.search.select import checked, filters_among, in_words, meant
from tess_source.tables.found import Found
from tess_source.tables.items import Items
from tess_source.tables.plan import Plan
from tess_source.tables.typical_sizes import check_amount
from tess_source.targets.recorded import plain
from tess_source_dataset.knowing import check_kinds, pipelines_of_items, with_columns
from tess_source_dataset.recipe import DataSetRecipe
from tess_source_dataset.storage import Storage

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = [
    "LOCK",
    "PLAN",
    "DataSetQuestion",
    "EmptyDataSetError",
    "NoDataSetError",
    "OtherDataSetError",
    "begun",
    "checked_plan",
    "planned_data_set",
    "saved",
]

log: logging.Logger = logger(__name__)

PLAN, LOCK = "plan.ecsv", "lock.ecsv"
LINE_END = "\n"
LONGEST = 2000
"""Most characters of one part of a question in the record; of a longer one, such as a list of many targets, a sum is kept."""


class EmptyDataSetError(TessSourceError, LookupError):
    """A search for a data set found nothing."""


class NoDataSetError(TessSourceError, FileNotFoundError):
    """A place without a data set."""


class OtherDataSetError(QueryError):
    """The place holds a data set that was begun with another question or other options."""


class DataSetQuestion:
    """The question whose answer becomes a data set.

    Parameters
    ----------
    session : Session
    targets : object
        As for `tess_source.search`.
    asked : mapping
        Other arguments of the search: ``radius``, ``wildcards``, ``archive``, ``missing``, ``large``.
    words : mapping
        Filters and criteria.
    """

    def __init__(self, session: Session, targets: Any, asked: Mapping[str, Any], words: Mapping[str, Any]) -> None:
        self.session: Session = session
        self.targets: Any = targets
        self.asked: Mapping[str, Any] = {name: value for name, value in asked.items() if value not in {None, False}}
        self.words: Mapping[str, Any] = {name: value for name, value in words.items() if value is not None}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for: then a build that was begun goes on."""
        return self.targets is None and not self.words

    def record(self) -> dict[str, Any]:
        """Return the question in texts, the same for all ways to ask it, to be compared."""
        registry = self.session.registry
        lookups, others = lookups_among(registry, meant(registry, self.words))
        filters, criteria = filters_among(registry, others)
        values = {name: in_words(value) for name, value in checked(registry, filters).items()}
        parts = {name: value for name, value in self.asked.items() if name not in {"large", "missing"}}
        named = {"targets": _texts(self.targets)} if self.targets is not None else {}
        said = {**criteria, **dict.fromkeys(lookups, True), **values, **parts, **named}
        return {name: _short(plain(said[name])) for name in sorted(said)}

    def parts(self) -> Iterator[Found]:
        """Yield the answer: in parts of whole stars, unless it is about targets, or a filter chooses among all products."""
        registry = self.session.registry
        filters, _ = filters_among(registry, meant(registry, self.words))
        if self.targets is None and not any(registry.filters[name].last for name in filters):
            yield from self.session.iter_search(None, **self.asked, **self.words)
        else:
            yield self.session.search(self.targets, **self.asked, **self.words)


def _texts(targets: Any) -> Any:
    """Return targets as texts, one or several alike."""
    if isinstance(targets, str | int):
        return [str(targets)]
    return [str(target) for target in targets] if isinstance(targets, list | tuple | range) else targets


def _short(value: Any) -> Any:
    written = json.dumps(value, sort_keys=True, default=str)
    return value if len(written) <= LONGEST else {"sha256": hashlib.sha256(written.encode()).hexdigest()}


def planned_data_set(question: DataSetQuestion, recipe: DataSetRecipe) -> Plan:
    """Search, and return the plan of a data set.

    Raises
    ------
    EmptyDataSetError
        If nothing was found.
    QueryError
        If files are no light curves, or none have the columns.
    """
    frames, records, last = [], [], None
    for last in question.parts():
        part = last.plan("-", layout="mast", large=True)
        frames.append(part.items.to_polars())
        records.append(part.record)
    if last is None or not sum(frame.height for frame in frames):
        why = last.explain() if last is not None and len(records) == 1 else _drops_in_words(records)
        raise EmptyDataSetError(f"nothing was found: {why.replace(LINE_END, '; ')}")
    frame = pl.concat(frames).unique("uri", keep="first").sort("path", "uri")
    items = Items(frame)
    check_kinds(items)
    activity.step("reading one light curve of each pipeline")
    fit = with_columns(items, recipe.columns, question.session)
    for pipeline, files in sorted(fit.left_out.items()):
        log.warning("%s left out: %s", pipeline or "unknown pipelines", files)
    check_amount(fit.items.to_polars(), large=bool(question.asked.get("large")))
    recipe = replace(recipe, pipelines=pipelines_of_items(fit.items), types=fit.types)
    left_out = {pipeline: files.record() for pipeline, files in sorted(fit.left_out.items())}
    told = {**recipe.record(), "asked": question.record(), "left_out": left_out}
    record = {**records[0], "filters": _drops_together(records), "dataset": told}
    return Plan(fit.items, Path("-"), record, question.session)


def _drops_together(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the ledger of an answer in parts."""
    whole: dict[tuple[str, int], dict[str, Any]] = {}
    for drop in (drop for record in records for drop in record.get("filters", ())):
        one = whole.setdefault((drop["filter"], drop["step"]), {**drop, "kept": 0, "dropped": 0})
        one["kept"] += drop["kept"]
        one["dropped"] += drop["dropped"]
    return [*whole.values()]


def _drops_in_words(records: Sequence[Mapping[str, Any]]) -> str:
    drops = _drops_together(records)
    return (
        "; ".join(f"{drop['filter']}={drop['value']} dropped {drop['dropped']:,}" for drop in drops) or "no observation"
    )


# -- the plan beside the data --


def saved(storage: Storage, name: str, session: Session) -> Plan | None:
    """Return a plan that lies beside a data set; None if there is none.

    Raises
    ------
    LockError
        If it is not one.
    """
    with tempfile.TemporaryDirectory(prefix="tess-source-") as folder:
        path = storage.fetch(name, Path(folder))
        try:
            return None if path is None else session.load_plan(path, "-")
        except LockError as error:
            raise LockError(str(error).replace(str(path), f"{storage}/{name}")) from error


def begun(storage: Storage, question: DataSetQuestion, recipe: DataSetRecipe | None) -> Plan:
    """Return the plan of a data set: the one that lies there, or a new one, which is written there first.

    Parameters
    ----------
    storage : Storage
    question : DataSetQuestion
    recipe : DataSetRecipe, optional
        None: that of a build that was begun.

    Raises
    ------
    OtherDataSetError
        If the one that lies there is of another question or has other options.
    """
    plan = saved(storage, PLAN, question.session)
    if plan is None:
        plan = planned_data_set(question, recipe or DataSetRecipe.of())
        if storage.create(PLAN, plan.to_text().encode()):
            return checked_plan(storage, plan, question, recipe)
    return checked_plan(storage, saved(storage, PLAN, question.session) or plan, question, recipe)


def checked_plan(storage: Storage, plan: Plan, question: DataSetQuestion, recipe: DataSetRecipe | None) -> Plan:
    """Return the plan of a data set, after a check that it is the one that is asked for. The arguments are those of `begun`.

    Raises
    ------
    OtherDataSetError
    """
    ours = DataSetRecipe.from_plan(plan)
    problems = [] if recipe is None else ours.differences(recipe)
    if not question.is_empty:
        problems += _differences(plan.record["dataset"].get("asked", {}), question.record())
    if problems:
        raise OtherDataSetError(
            f"{storage} holds a data set that was begun with {'; '.join(problems)}: give the same, or another place; "
            "without targets, filters and options, the build that was begun goes on"
        )
    return plan.using(question.session)


def _differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    names = [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
    return [f"{name} {_word(ours.get(name))}, not {_word(theirs.get(name))}" for name in names]


def _word(value: Any) -> str:
    return "not given" if value is None else in_words(value)

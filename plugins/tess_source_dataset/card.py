"""The ``README.md`` of a data set: a card that people and Hugging Face understand."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING

from tess_source.display import text
from tess_source.lock import citation
from tess_source.tables.plan import Plan
from tess_source_arrays.arrow import known_types
from tess_source_arrays.readme import code, prose, some_columns
from tess_source_arrays.schema import ABOUT, SPLIT, described
from tess_source_arrays.split import METHOD
from tess_source_dataset.division import DATA
from tess_source_dataset.information import MISSING, counts_of, left_out_of
from tess_source_dataset.recipe import DataSetRecipe

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["card"]

MOST_MISSING = 50
"""Most missing files that the card names; `MISSING` names all."""
SIZES = (
    (1000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
"""Hugging Face's words for numbers of rows."""


def card(title: str, lock: Plan, recipe: DataSetRecipe, missing: Mapping[str, str], session: Session) -> str:
    """Return the card of a data set.

    Parameters
    ----------
    title : str
    lock : Plan
        The files that have a row.
    recipe : DataSetRecipe
    missing : mapping
        URI → reason, of files without a row.
    session : Session
        Its plugins know how to cite.
    """
    template = string.Template(resources.files("tess_source_dataset").joinpath("card.md.txt").read_text("utf-8"))
    counts = {side: count for side, count in counts_of(lock, recipe).items() if count}
    bitmask = recipe.quality_bitmask
    return template.substitute(
        size=next((word for most, word in SIZES if len(lock) < most), "10M<n<100M"),
        files="\n".join(f'  - split: {side}\n    path: "{DATA}/{side}-*.parquet"' for side in counts),
        features="\n".join(_features(recipe)),
        title=prose(title),
        count=text.number(len(lock), "light curve"),
        stars=text.number(lock.items["tic"].drop_nulls().n_unique(), "star"),
        splits="\n".join(f"| {side} | {count:,} |" for side, count in counts.items()),
        method=METHOD,
        seed=recipe.seed,
        fractions=[*recipe.fractions],
        cadences="Every cadence of the files is there."
        if bitmask is None
        else f"Cadences that `lightkurve.read` leaves out with `quality_bitmask={bitmask!r}` were left out.",
        first=next(iter(counts)),
        some=", ".join(json.dumps(name) for name in ("tic", *some_columns(recipe.columns))),
        missing=_missing_in_words(missing),
        left_out=_left_out_in_words(lock),
        columns="\n".join(_columns(recipe)),
        dtypes=code(json.dumps(dict(recipe.dtypes))) if recipe.dtypes else "none",
        cite=prose(citation.cite(lock, session.registry.citations.values())),
    )


def _missing_in_words(missing: Mapping[str, str]) -> str:
    lines = [f"- {code(uri)}: {prose(reason)}" for uri, reason in sorted(missing.items())]
    more = [f"- and {len(lines) - MOST_MISSING:,} more: see `{MISSING}`"] if len(lines) > MOST_MISSING else []
    return "\n".join(lines[:MOST_MISSING] + more) or "Nothing."


def _left_out_in_words(lock: Plan) -> str:
    lines = [
        f"- {prose(pipeline or 'unknown pipelines')}: {prose(str(files))}"
        for pipeline, files in left_out_of(lock).items()
    ]
    return "\n".join(["", "Left out, because their files lack columns:", "", *lines, ""]) if lines else ""


def _columns(recipe: DataSetRecipe) -> Iterator[str]:
    """Yield a line of a table per column."""
    known = described(name or None for name in recipe.pipelines)
    for one in (*ABOUT, SPLIT):
        yield f"| `{one.name}` | {one.type} | {one.unit} | {one.text} |"
    for name in recipe.columns:
        yield known[name].line() if name in known else f"| {code(name)} | list | | as in the files |"


def _features(recipe: DataSetRecipe) -> Iterator[str]:
    """Yield the lines that tell Hugging Face the type of each column."""
    options = recipe.options()
    for one in (*ABOUT, SPLIT):
        yield f"  - name: {one.name}\n    dtype: {one.type}"
    types = {**known_types(options.asked, options.pipelines), **options.types}
    for name, dtype in types.items():
        yield f"  - name: {json.dumps(name)}\n    sequence: {dtype.name}"

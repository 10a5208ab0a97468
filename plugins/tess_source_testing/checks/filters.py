"""Filters on a sample table: pure functions of the whole table, whose values are checked."""

from __future__ import annotations

import copy
import itertools
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tess_source._lazy import pl
from tess_source.hooks.records import Filter
from tess_source.tables.listing import Observations, Products
from tess_source_testing.checks.findings import Called, Findings
from tess_source_testing.checks.orders import emptied, fresh, half_null, orders, part

__all__ = ["check_filter"]

ODD: tuple[Any, ...] = (
    object(),
    None,
    b"\xff",
    "",
    "no such value \x00",
    float("nan"),
    float("inf"),
    -1,
    10**30,
    [],
    [None],
    {},
    1j,
)
"""Values that nobody means: a filter refuses them with an error that says what would be right, or takes them."""
PLAUSIBLE: tuple[Any, ...] = (
    True, 1, 2, 14, 120, 240, 0.5, 1000, "1", "14", "14-16", "120", "A", "G022197", "lc", "SPOC", "10 MB", "5..12", "*_lc.fits",
    "first_sector=14",    "307.86 39.94 1 deg", "2022-09-02", "10x10", [1, 2], ["1"], ["lc"], ["SPOC"], ["5..12"], ["first_sector=14"],
)  # fmt: skip
MOST = 3
"""Values with which a filter is tried: those that keep some products and drop others, if there are any."""
GUESSES = 24
"""Values among which these are."""


def check_filter(
    findings: Findings,
    record: Filter,
    products: Products,
    observations: Observations,
    kinds: Sequence[str],
    given: Sequence[Any],
) -> None:
    """Check one filter.

    Parameters
    ----------
    findings : Findings
    record : Filter
    products, observations : Products, Observations
        The sample.
    kinds : sequence of str
        Kinds that plugins declare.
    given : sequence
        Values to try it with, before those that are guessed.
    """
    where = f"filter {record.name!r}"
    if not record.help.strip() or "\n" in record.help.strip():
        findings.problem(where, f"its help is {record.help!r}; give one line, which --help shows")
    _check_odd_values(findings, where, record, kinds)
    if record.default is not None:
        default = findings.call(_checked(record, kinds), record.default)
        findings.works(where, default, f"its default {record.default!r} must be a value that it takes")
    if lacking := [name for name in record.needs if name not in products.columns]:
        findings.note(where, f"not tried: the sample has no column {lacking[0]!r}; give products=, a table that has it")
        return
    values = _values(findings, record, products, kinds, given)
    for shown, value, mask in values:
        said = f"{where}, value {reprlib.repr(shown)}"
        if _check_mask(findings, said, record, value, products, mask):
            _check_promises(findings, said, record, value, products, observations)


def _checked(record: Filter, kinds: Sequence[str]) -> Any:
    return (lambda value: record.check(value, tuple(kinds))) if record.kinds else record.check


def _check_odd_values(findings: Findings, where: str, record: Filter, kinds: Sequence[str]) -> None:
    """Check that what a filter does not take, it refuses with an error that users are shown."""
    for value in ODD:
        outcome = findings.call(_checked(record, kinds), value)
        if not outcome.ok and not isinstance(outcome.error, ValueError | TypeError | OverflowError):
            right = "check must raise ValueError or TypeError, with a message that says what would be right"
            findings.problem(where, f"check({value!r}) raised {outcome.said}; {right}")
            return


def _values(
    findings: Findings, record: Filter, products: Products, kinds: Sequence[str], given: Sequence[Any]
) -> list[tuple[Any, Any, pl.Series | None]]:
    """Return values that a filter takes, as a user gives them and as it wants them: those that are given, and some that are guessed.

    With those that are guessed comes the mask of the sample.
    """
    taken: list[tuple[Any, Any, pl.Series | None]] = []
    for candidate in given:
        outcome = findings.call(_checked(record, kinds), candidate)
        if findings.works(
            f"filter {record.name!r}, value {candidate!r}", outcome, "it was given as a value that the filter takes"
        ):
            taken.append((candidate, outcome.value, None))
    guessed = list(itertools.islice(_guessed(findings, record, products, kinds), GUESSES))
    telling: list[tuple[Any, Any, pl.Series | None]] = []
    others: list[tuple[Any, Any, pl.Series | None]] = []
    refused: Called | None = None
    for candidate, value in guessed:
        outcome = findings.call(record.keep, fresh(products), _copied(value))
        if outcome.worded:  # an error of ours says what these products lack
            refused = outcome
            continue
        mask = findings.call(products.mask, outcome.value)
        tells = mask.ok and mask.value.any() and not mask.value.all()
        (telling if tells else others).append((candidate, value, mask.value))
    values = [*taken, *telling, *others][: max(MOST, len(taken))]
    if not values:
        why = f"it refuses the sample ({refused.said})" if refused else "no value was guessed that it takes"
        findings.note(
            f"filter {record.name!r}", f"not tried: {why}; give values={{{record.name!r}: [...]}}, or products="
        )
    return values


def _guessed(findings: Findings, record: Filter, products: Products, kinds: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """Yield values that a filter takes, of which its record, the table and the habits of other filters tell."""
    words = [*(record.choices() if record.choices else ()), record.metavar]
    parsed = [one.value for word in words if (one := findings.call(record.parse, word)).ok]
    own = [] if record.default is None else [record.default]
    cells = [
        cell
        for name in ("kind", "tic", "first_sector", "pipeline")
        for cell in products[name].drop_nulls().unique(maintain_order=True)[:2]
    ]
    listed = [[one] for one in (*parsed, *cells)] if record.multiple else []
    seen: list[Any] = []
    for candidate in itertools.chain(own, listed, parsed, cells, PLAUSIBLE):
        outcome = findings.call(_checked(record, kinds), candidate)
        if outcome.ok and outcome.value is not None and not any(_same(outcome.value, one) for one in seen):
            seen.append(outcome.value)
            yield candidate, outcome.value


def _copied(value: Any) -> Any:
    """Return a copy of a value, or the value itself where it has none."""
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001  whatever a stranger's object raises while it is copied
        return value


def _same(one: Any, other: Any) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except (TypeError, ValueError):  # arrays, polars expressions
        return False


def _check_mask(
    findings: Findings, where: str, record: Filter, value: Any, products: Products, before: pl.Series | None
) -> bool:
    """Check the masks of one value, and whether they are as before; return whether there is one for the sample."""

    def mask_of(table: Products) -> Called:
        held, own = fresh(table), _copied(value)
        kept = findings.call(lambda: table.mask(record.keep(held, own)))
        if not _same(own, value) and _same(_copied(value), value):
            findings.problem(where, "keep changes the value that it gets; make a new one, e.g. with sorted")
        if not held.to_polars().equals(table.to_polars()) or held.columns != table.columns:
            findings.problem(where, "keep changes the table that it gets; make a new one, e.g. with with_columns")
        return kept

    first = mask_of(products)
    if not findings.works(where, first, "keep must return a polars expression, or one boolean per row"):
        return False
    again = mask_of(products)
    if not again.ok or not again.value.equals(first.value) or (before is not None and not before.equals(first.value)):
        findings.problem(
            where, "keep gives another answer the second time; it must depend on nothing but the table and the value"
        )
        return False
    none, some, nulls = mask_of(emptied(products)), mask_of(part(products)[1]), mask_of(half_null(products))
    findings.works(f"{where}, a table without rows", none, "keep must work for any number of rows")
    if not some.worded:  # an error of ours says what these rows lack
        findings.works(f"{where}, a part of the table", some, "keep must work for any number of rows")
    if not nulls.worded:
        findings.works(f"{where}, a table with nulls", nulls, "columns may have nulls, which are no values to keep")
    _check_order(findings, where, record, first.value.to_list(), products, mask_of)
    return True


def _check_order(
    findings: Findings, where: str, record: Filter, mask: list[bool], products: Products, mask_of: Any
) -> None:
    """Check that the same products are kept in any order of the rows: of a mask and of a choice, but not of what counts rows."""
    if record.last > 1:
        return
    for order, table in orders(products):
        other = mask_of(table)
        if not other.ok or other.value.to_list() != [mask[row] for row in order]:
            how = (
                "sort by a column that tells rows apart, e.g. uri, before you choose"
                if record.last
                else "compute it from each row"
            )
            findings.problem(where, f"keep keeps other products if the rows come in another order; {how}")
            return
    if record.holds is not None or record.needs:
        rows, table = part(products)
        other = mask_of(table)
        if other.ok and other.value.to_list() != [mask[row] for row in rows]:
            promised = "holds" if record.holds is not None else "needs"
            findings.problem(
                where,
                f"keep looks at other rows, though the filter has {promised!r}; look at each row alone, or leave it out",
            )


def _check_promises(
    findings: Findings, where: str, record: Filter, value: Any, products: Products, observations: Observations
) -> None:
    """Check what the other functions of a filter say of a value."""
    kept = products.where(record.keep(fresh(products), value))
    if record.holds is not None:
        _check_holds(findings, where, findings.call(_may_hold, record, value, observations), kept, observations)
    if record.most is not None:
        most = findings.call(record.most, value)
        if findings.works(f"{where}, most", most, "return the most products that are kept"):
            if not isinstance(most.value, int):
                findings.problem(f"{where}, most", f"returned {most.value!r}; return a whole number")
            elif len(kept) > most.value:
                findings.problem(
                    f"{where}, most", f"{len(kept)} products are kept, more than the {most.value} that it says"
                )
    for name, function, wanted in (("criteria", record.criteria, Mapping), ("targets", record.targets, Sequence)):
        if function is not None:
            made = findings.call(function, value)
            right = f"return a {'mapping of columns to values' if wanted is Mapping else 'sequence of targets'}"
            if findings.works(f"{where}, {name}", made, right) and (
                not isinstance(made.value, wanted) or isinstance(made.value, str)
            ):
                findings.problem(f"{where}, {name}", f"returned {made.value!r}; {right}")


def _may_hold(record: Filter, value: Any, observations: Observations) -> pl.Series:
    """Return the mask of observations that may have products to keep: null means "may", as in searches."""
    assert record.holds is not None
    mask = record.holds(fresh(observations), value)
    return observations.mask(mask.fill_null(value=True) if isinstance(mask, pl.Expr | pl.Series) else mask)


def _check_holds(findings: Findings, where: str, held: Called, kept: Products, observations: Observations) -> None:
    if not findings.works(f"{where}, holds", held, "return a mask of the observations"):
        return
    passed_over = observations.where(~held.value).having(kept) if len(kept) else observations.where(~held.value)[:0]
    if len(passed_over):
        name = passed_over["obs_id"][0]
        findings.problem(
            f"{where}, holds",
            f"says that {name} has nothing to keep, and keep keeps products of it; return true or null where it may",
        )

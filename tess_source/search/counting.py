"""Questions about observations without products: filters become criteria for the archive, since there are no products to filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tess_source.errors import QueryError
from tess_source.hooks.registry import Registry
from tess_source.search.resolving import question
from tess_source.search.select import checked_value, filters_among
from tess_source.settings import Settings
from tess_source.targets.target import Query

__all__ = ["question_of_observations"]


def question_of_observations(
    registry: Registry, settings: Settings, targets: Any, *, words: Mapping[str, Any], **asked: Any
) -> Query:
    """Return a question in which filters are criteria for the archive.

    Parameters
    ----------
    registry : Registry
    settings : Settings
    targets : object
        See `tess_source.search.resolving.question`.
    words : mapping
        Filters and criteria.
    **asked
        Further arguments of `question`.

    Raises
    ------
    QueryError
        If a filter applies only to products.
    """
    filters, criteria = filters_among(registry, words)
    values = {name: checked_value(registry, name, value) for name, value in filters.items() if value is not None}
    pushed: dict[str, Any] = {}
    for name, value in values.items():
        make = registry.filters[name].criteria
        if not (made := make(value) if make else {}):
            raise QueryError(f"the archive cannot choose by {name!r}: it applies to products, after they are listed")
        pushed |= made
    return question(registry, settings, targets, criteria={**pushed, **criteria}, **asked)

"""A package that searches with lightkurve as real ones do: it has bound the functions in several ways before any is replaced."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import lightkurve
import lightkurve as lk
from lightkurve import read, search_lightcurve
from lightkurve.search import SearchResult, search_tesscut

__all__ = ["WAYS", "cutouts", "read_again"]


def by_module(star: str) -> Any:
    return lk.search_lightcurve(star, mission="TESS", author="SPOC")


def by_name(star: str) -> Any:
    return search_lightcurve(star, author="SPOC")


def by_default_argument(star: str, search: Callable[..., Any] = lightkurve.search_lightcurve) -> Any:
    if search != lightkurve.search_lightcurve:
        raise ValueError("this is not lightkurve's function")
    return search(star, author="SPOC")


class ByAttribute:
    search = staticmethod(partial(search_lightcurve, author="SPOC"))


def by_table(star: str) -> Any:
    found = search_lightcurve(star)
    return SearchResult(found.table[found.table["author"] == "SPOC"])


WAYS: dict[str, Callable[[str], Any]] = {
    "module": by_module,
    "name": by_name,
    "default argument": by_default_argument,
    "attribute": ByAttribute.search,
    "table": by_table,
}


def cutouts(star: str, size: int) -> Any:
    return search_tesscut(star).download_all(cutout_size=size)


def read_again(path: str) -> Any:
    return read(path)

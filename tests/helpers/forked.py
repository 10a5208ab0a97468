"""What tests of other processes do there: work on tables in a process that was forked or spawned."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import toys

from tess_source import Session, names
from tess_source.errors import ForkedError
from tess_source.tables.found import Found
from tess_source.tables.items import Entry
from tess_source.tables.listing import Products
from tess_source.tables.plan import Manifest, Plan

warnings.filterwarnings(
    "ignore", "This process .* is multi-threaded", DeprecationWarning
)  # Python 3.12 and later, at a fork

held: dict[str, Any] = {}
"""What a child has from its parent."""


def toy_session() -> Session:
    return Session(discover=False, plugins=[toys.Archive(), toys.Filters(), toys.Reader()])


def lcs(found: Found) -> int:
    return len(found.select(kind="lc"))


def kind_of(name: str) -> str:
    return names.parse(name).kind


def search() -> Found:
    return toy_session().search(16740101)


USES: dict[str, Callable[[], object]] = {
    "a new search": search,
    "a new table": lambda: Products.of(toys.product_rows()),
    "names as columns": lambda: names.columns(held["uris"]),
    "select": lambda: held["found"].select(kind="lc"),
    "plan": lambda: held["found"].plan("nowhere"),
    "repr": lambda: repr(held["found"]),
    "html": lambda: str(held["found"]._repr_html_()),
    "explain": lambda: len(held["found"].explain()),
    "len": lambda: len(held["found"]),
    "to_polars": lambda: len(held["found"].to_polars()),
    "to_table": lambda: len(held["found"].to_table()),
    "a column": lambda: held["found"].products["uri"],
    "rows": lambda: list(held["found"].products),
    "some rows": lambda: held["found"].products[[0, 1]],
    "where": lambda: held["found"].products.where(held["mask"]),
    "equality": lambda: held["found"].products == held["found"].products,
    "items of a plan": lambda: list(held["plan"]),
    "text of a plan": lambda: len(held["plan"].to_text()),
    "download": lambda: len(held["plan"].download()),
    "failed of a manifest": lambda: held["manifest"].failed,
    "table of a manifest": lambda: len(held["manifest"].to_polars()),
}
"""All that must not hang in a child."""


def outcome(use: Callable[[], object]) -> str:
    try:
        use()
    except ForkedError as error:
        return "spawn" if "spawn" in str(error) else str(error)
    return "done"


def hold() -> None:
    found = search()
    plan: Plan = found.plan("nowhere")
    held.update(found=found, uris=found.products["uri"], mask=found.products["kind"] == "lc", plan=plan)
    held["manifest"] = Manifest(plan, tuple(Entry(item, "failed", error="no") for item in plan))


def in_child(work: Callable[[], object]) -> None:
    """Do something in a forked child, which prints its outcome."""
    sys.stdout.flush()
    if child := os.fork():
        os.waitpid(child, 0)
        return
    try:
        print(outcome(work), flush=True)
    except BaseException as error:  # noqa: BLE001  the child must not go on as its parent
        print(type(error).__name__, error, flush=True)
    os._exit(0)


def inherited() -> None:
    hold()
    for name, use in USES.items():
        print(name, end=": ")
        in_child(use)


def single_names() -> None:
    hold()
    in_child(
        lambda: (
            kind_of(toys.LC),
            names.format(names.parse(toys.LC)),
            names.parse_obs_id("x"),
            names.uri(names.parse(toys.LC)),
        )
    )


def before_polars() -> None:
    assert "polars" not in sys.modules

    def child() -> None:
        print(lcs(search()))
        in_child(search)

    in_child(child)


def pool(method: str) -> None:
    found = search()
    with get_context(method).Pool(1) as workers:
        result = workers.map_async(lcs, [found])
        try:
            print(result.get(timeout=120))
        except ForkedError as error:
            print("spawn" if "spawn" in str(error) else error)


def pool_of_names() -> None:
    search()
    with get_context("fork").Pool(1) as workers:
        print(workers.map(kind_of, [toys.LC]))


RUNS: dict[str, Callable[..., None]] = {
    "inherited": inherited,
    "single_names": single_names,
    "before_polars": before_polars,
    "pool": pool,
    "pool_of_names": pool_of_names,
}

if __name__ == "__main__":
    RUNS[sys.argv[1]](*sys.argv[2:])

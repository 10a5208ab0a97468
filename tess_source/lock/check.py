"""Comparison of a folder with a lock."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from tess_source import names
from tess_source._lazy import pl
from tess_source.cache.verified import READERS
from tess_source.display.visible import logger
from tess_source.errors import bare_reason
from tess_source.files.verify import Release, Verifier, read_through
from tess_source.lock.places import Compared, compared
from tess_source.object_store.path import ObjectPath, Root, user_root
from tess_source.session import Session
from tess_source.tables.items import Item
from tess_source.tables.plan import Plan
from tess_source.tables.rows import Rows, polars_schema
from tess_source.threads import in_order

__all__ = ["STATES", "Verified", "remove_from_index", "renamed_paths", "verify_lock"]

log: logging.Logger = logger(__name__)

COMPLETE, MISSING, DAMAGED, DIFFERENT, STALE, EXTRA = "complete", "missing", "damaged", "different", "stale", "extra"
STATES = {
    COMPLETE: "its bytes are those of the lock; if the lock has no sum, its size and structure are right, and the reason says so",
    MISSING: "it is not there",
    DAMAGED: "it is not whole, by its own structure or sums",
    DIFFERENT: "it is whole, but its bytes are not those of the lock",
    STALE: "it is whole, but of another processing (DATA_REL, PROCVER, DATE) than the lock's",
    EXTRA: "it lies in the folder, but the lock does not name it",
}
"""The states of files in `verify_lock`."""
OTHER_NAME = "the same product, with the name of another processing: {}"
UNSUMMED = "its size and structure are right; the lock has no sum for it"


class Verified(Rows):
    """The state of every file of a lock, and of further files in its folder."""

    schema: ClassVar[Mapping[str, str]] = {
        "state": "String",
        "path": "String",
        "reason": "String",
        "size": "Int64",
        "uri": "String",
    }
    shown: ClassVar[Sequence[str]] = ("state", "path", "reason")
    noun = "file"
    __slots__ = ()

    @property
    def ok(self) -> bool:
        """Whether every file of the lock is there with the lock's bytes; further files do not matter."""
        return set(self["state"].unique()) <= {COMPLETE, EXTRA}

    def counts(self) -> dict[str, int]:
        """Return the number of files in each state."""
        return {state: int((self["state"] == state).sum()) for state in STATES}

    def summary(self) -> str:
        """Return one line about the states."""
        said = [f"{count:,} {state}" for state, count in self.counts().items() if count or state == COMPLETE]
        unsummed = int((self["reason"] == UNSUMMED).sum())
        return ", ".join([*said, *([f"{unsummed:,} of them not compared: the lock has no sum"] if unsummed else [])])


def verify_lock(plan: Plan, root: str | Path | ObjectPath | None = None, *, sizes_only: bool = False) -> Verified:
    """Compare a folder, or a place in an object store, with a lock.

    Parameters
    ----------
    plan : Plan
        The lock. Files without a recorded sha256 are checked by size and structure.
    root : str, Path or ObjectPath, optional
        The folder, or a place in an object store such as ``"s3://bucket/prefix"``; the plan's own if None.
    sizes_only : bool
        Whether a file of the right size counts as complete without reading it: seconds for 100,000 files. A file of the same size from
        another processing is then not detected. By default every byte of every file is read, whatever the index of verified files says.

    Returns
    -------
    Verified
        One row per file of the lock in its order, then one per further file in the folder. A file with the name that another processing
        gave the product is not the lock's file: that is missing, the other is extra, and the reasons name each other. Hidden files,
        ``.part`` files and files behind symbolic links are left out.

    Notes
    -----
    A file that is not the lock's is removed from the index of verified files of the plan's session, so that `Plan.download` replaces it,
    even if its size and time did not change.
    """
    place = plan.root if root is None else user_root(root)
    folder = compared(place)
    items = list(plan)

    def look(item: Item) -> tuple[str, str]:
        return _state_and_reason(folder, item, sizes_only)

    found = list(map(look, items) if sizes_only else in_order(look, items, READERS))
    wrong = [item.path for item, (state, _) in zip(items, found, strict=True) if state != COMPLETE]
    remove_from_index(plan.session, place, wrong)
    known = {item.path for item in items}
    extra = {path: size for path, size in folder.all() if path not in known}
    lost = [item.path for item, (state, reason) in zip(items, found, strict=True) if state == MISSING and not reason]
    renamed = renamed_paths(lost, extra)
    rows = [
        (state, item.path, reason or renamed.get(item.path, ""), item.size, item.uri)
        for item, (state, reason) in zip(items, found, strict=True)
    ]
    rows += [(EXTRA, path, renamed.get(path, ""), size, "") for path, size in extra.items()]
    return Verified(pl.DataFrame(rows, schema=polars_schema(Verified), orient="row"))


def remove_from_index(session: object, root: Root, wrong: Iterable[str]) -> None:
    """Let files be read again before they count as here. Of a value without a session, the index is not known."""
    if not isinstance(session, Session):
        return
    index = session.store.index_of(root)
    index.add(index.forgotten(known) for path in wrong if (known := index.entries.get(path)))


def renamed_paths(missing: Iterable[str], extra: Iterable[str]) -> dict[str, str]:
    """Return where the same product lies or should lie under the name of another processing: path → reason, of both."""
    paths = pl.concat([pl.DataFrame({"path": [*of]}, schema={"path": pl.String}) for of in (missing, extra)])
    paths = paths.with_columns(
        product=names.product_numbers(paths["path"]), name=pl.col("path").str.extract("([^/]*)$")
    )
    lost, found = paths.filter(is_lost := pl.col("path").is_in([*missing])), paths.filter(~is_lost)
    pairs = lost.join(found, on="product", suffix="_found").filter(pl.col("name") != pl.col("name_found"))
    both = pairs.select("path", "path_found").rows()
    return {path: OTHER_NAME.format(other) for one, two in both for path, other in ((one, two), (two, one))}


def _state_and_reason(folder: Compared, item: Item, sizes_only: bool) -> tuple[str, str]:
    if item.problem is not None:
        return MISSING, item.problem
    if (found := folder.exists(item.path)) is None:
        return MISSING, folder.why_not(item.path)
    if sizes_only and found.size == item.size:
        return COMPLETE, ""
    try:
        with folder.local(item.path) as path:
            return _state_by_reading(path, item, found.size)
    except FileNotFoundError:
        return MISSING, ""
    except OSError as error:
        return MISSING, f"it cannot be read: {bare_reason(error)}"


def _state_by_reading(path: Path, item: Item, size: int) -> tuple[str, str]:
    """Read a file, and return its state and reason."""
    same_size = item.size is None or size == item.size
    verifier = Verifier(path.name, kind=item.kind, digest=same_size)
    problem = read_through(path, verifier)
    sha256 = verifier.sha256
    if same_size and sha256 == item.sha256:
        return COMPLETE, ""
    if problem is not None:
        return DAMAGED, problem
    if same_size and item.sha256 is None:
        return COMPLETE, UNSUMMED
    if difference := _differences_of_releases(_locked_release(item), verifier.release):
        return STALE, difference
    if not same_size:
        return DIFFERENT, f"it has {size:,} bytes, the lock says {item.size:,}"
    return DIFFERENT, f"sha256 {sha256[:12]}…, the lock says {(item.sha256 or '')[:12]}…"


def _locked_release(item: Item) -> Release:
    return Release(item.data_rel, item.procver, item.date)


def _differences_of_releases(locked: Release, found: Release) -> str:
    pairs = {
        "DATA_REL": (found.data_rel, locked.data_rel),
        "PROCVER": (found.procver, locked.procver),
        "DATE": (found.date, locked.date),
    }
    differing = [f"{name} {a}, not {b}" for name, (a, b) in pairs.items() if a is not None and b is not None and a != b]
    return "; ".join(differing)

"""What a saved plan is good for: to check a folder against it, to compare two of them, and to ask the same question again."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tess_source import paths
from tess_source._lazy import pl
from tess_source.display import text
from tess_source.errors import LockError, UnknownNameError, UnsafePathError
from tess_source.files.verify import Release, Verifier, read_through
from tess_source.tables.listing import Rows
from tess_source.tables.plan import Item, Items, Plan
from tess_source.targets.recorded import query_from, restored

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source.tables.found import Found

__all__ = ["STATES", "Changes", "Verified", "ask_again", "diff", "made_elsewhere", "refresh", "unsummed", "verify_lock"]

log = logging.getLogger(__name__)

COMPLETE, MISSING, DAMAGED, DIFFERENT, STALE, EXTRA = "complete", "missing", "damaged", "different", "stale", "extra"
STATES = {
    COMPLETE: "the bytes are those of the lock; where the lock has no sum, size and structure are right, and the reason says so",
    MISSING: "it is not there",
    DAMAGED: "its own structure or sums say that it is not whole",
    DIFFERENT: "it is whole, but its bytes are others than those of the lock",
    STALE: "it is whole, but of another processing (DATA_REL, PROCVER, DATE) than the lock's",
    EXTRA: "it lies in the folder, but the lock does not name it",
}
"""What `verify_lock` may say of a file."""
UNSUMMED = "its size and structure are right; the lock has no sum for it"
READERS = 4
"""Files read at the same time; their sums are made without Python's lock."""


class Verified(Rows):
    """What was found of every file of a lock, and what else lies in its folder."""

    schema: ClassVar[Mapping[str, str]] = {
        "state": "String",
        "path": "String",
        "reason": "String",
        "size": "Int64",
        "uri": "String",
    }
    shown = ("state", "path", "reason")
    noun = "file"
    __slots__ = ()

    @property
    def ok(self) -> bool:
        """Whether every file of the lock is there with the lock's bytes; what lies beside them does not matter."""
        return set(self["state"].unique()) <= {COMPLETE, EXTRA}

    def counts(self) -> dict[str, int]:
        """Give the number of files in each state."""
        return {state: int((self["state"] == state).sum()) for state in STATES}

    def summary(self) -> str:
        """Say in one line what was found."""
        said = [f"{count:,} {state}" for state, count in self.counts().items() if count or state == COMPLETE]
        unsummed = int((self["reason"] == UNSUMMED).sum())
        return ", ".join([*said, *([f"{unsummed:,} of them not compared: the lock has no sum"] if unsummed else [])])


class Changes(Rows):
    """What differs between two locks: one row a file."""

    schema: ClassVar[Mapping[str, str]] = {
        "change": "String", "path": "String", "reason": "String", "size_before": "Int64", "size_after": "Int64", "uri": "String",
    }  # fmt: skip
    shown = ("change", "path", "reason")
    noun = "change"
    __slots__ = ()

    def summary(self) -> str:
        """Say in one line what differs."""
        return text.counts(self["change"]) if len(self) else "nothing differs"


# -- a folder against a lock --


def verify_lock(plan: Plan, root: str | Path | None = None, *, sizes_only: bool = False) -> Verified:
    """Compare a folder with a lock.

    Parameters
    ----------
    plan : Plan
        The lock. Files without a recorded sha256 are checked by size and structure.
    root : str or Path, optional
        The folder; the plan's own if None.
    sizes_only : bool
        Take a file of the right size for complete without reading it: seconds for 100,000 files. A file of the same size from
        another processing is not seen then.

    Returns
    -------
    Verified
        A row per file of the lock in its order, then one per file that lies there beside them. Hidden files, ``.part`` files and
        what symbolic links lead to are left out.
    """
    folder = plan.root if root is None else Path(root)
    items = list(plan)
    refused = _refused_folders(folder, items)

    def look(item: Item) -> tuple[str, str]:
        return _state(folder, item, refused, sizes_only)

    if sizes_only:
        found = list(map(look, items))
    else:
        with ThreadPoolExecutor(READERS) as pool:
            found = list(pool.map(look, items))
    rows = [(state, item.path, reason, item.size, item.uri) for item, (state, reason) in zip(items, found, strict=True)]
    rows += [(EXTRA, path, "", size, "") for path, size in _extra(folder, {item.path for item in items})]
    return Verified(pl.DataFrame(rows, schema=_schema(Verified), orient="row"))


def _refused_folders(root: Path, items: list[Item]) -> dict[str, str]:
    """Look once at every folder of the lock: folder → why nothing is read there."""
    refused: dict[str, str] = {}
    for folder in {item.path.rpartition("/")[0] for item in items if item.problem is None}:
        try:
            paths.inside(root, f"{folder}/x" if folder else "x")
        except (UnsafePathError, OSError) as error:
            refused[folder] = str(error)
    return refused


def _state(root: Path, item: Item, refused: Mapping[str, str], sizes_only: bool) -> tuple[str, str]:
    if item.problem is not None or (problem := refused.get(item.path.rpartition("/")[0])):
        return MISSING, item.problem or problem or ""
    name = os.path.join(root, item.path)  # noqa: PTH118  a Path for each of 100,000 files takes a second
    try:
        found = os.lstat(name)
        if not stat.S_ISREG(found.st_mode):
            return MISSING, "something that is no plain file stands in its place"
        size = found.st_size
        if sizes_only and size == item.size:
            return COMPLETE, ""
        return _read_state(Path(name), item, size)
    except FileNotFoundError:
        return MISSING, ""
    except OSError as error:
        return MISSING, f"it cannot be read: {error.strerror}"


def _read_state(path: Path, item: Item, size: int) -> tuple[str, str]:
    """Read a file, and say what it is in place of what the lock says."""
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
    if difference := _releases_differ(_release(item), verifier.release):
        return STALE, difference
    if not same_size:
        return DIFFERENT, f"it has {size:,} bytes, the lock says {item.size:,}"
    return DIFFERENT, f"sha256 {sha256[:12]}…, the lock says {(item.sha256 or '')[:12]}…"


def _release(item: Item) -> Release:
    return Release(item.data_rel, item.procver, item.date)


def _releases_differ(locked: Release, found: Release) -> str:
    pairs = {
        "DATA_REL": (found.data_rel, locked.data_rel),
        "PROCVER": (found.procver, locked.procver),
        "DATE": (found.date, locked.date),
    }
    differing = [f"{name} {a}, not {b}" for name, (a, b) in pairs.items() if a is not None and b is not None and a != b]
    return "; ".join(differing)


def _extra(root: Path, known: set[str]) -> Iterator[tuple[str, int]]:
    """Find the files of a folder that are not among those known; in order of their paths."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inner = os.path.relpath(folder, root).replace(os.sep, "/")
        for name in files:
            path = name if inner == "." else f"{inner}/{name}"
            if not name.startswith(".") and not name.endswith(".part") and path not in known:
                full = os.path.join(folder, name)  # noqa: PTH118
                found.append((path, os.lstat(full).st_size))
    yield from sorted(found)


# -- two locks --

VERSIONS = ("data_rel", "procver", "date", "prvversion", "t_obs_release")
"""Columns that tell one processing, or one release, of a file from another."""


def diff(before: Plan, after: Plan) -> Changes:
    """Compare two locks, file by file.

    Parameters
    ----------
    before, after : Plan

    Returns
    -------
    Changes
        ``new``, ``gone``, ``reprocessed`` (what either says of its version or release differs), ``changed`` (size, sha256 or place
        differ); sorted by path. What only one of the two knows is no difference.
    """
    left, right = (plan.items.to_polars().filter(pl.col("uri").is_first_distinct()) for plan in (before, after))
    both = left.join(right, on="uri", how="full", suffix="_after", coalesce=True)
    rows = both.filter(_differs([*VERSIONS, "size", "sha256", "path"]))
    changes = [_change(row) for row in rows.sort(pl.coalesce("path", "path_after"), "uri").iter_rows(named=True)]
    return Changes(pl.DataFrame(changes, schema=_schema(Changes), orient="row"))


def unsummed(before: Plan, after: Plan) -> int:
    """Give the number of files of which one of two locks has the sha256 and the other has not: their bytes are not compared."""
    left, right = (plan.items.to_polars().select("uri", "sha256").unique("uri") for plan in (before, after))
    both = left.join(right, on="uri", suffix="_after")
    return both.filter(pl.col("sha256").is_null() != pl.col("sha256_after").is_null()).height


def _differs(columns: list[str]) -> pl.Expr:

    one_sided = pl.col("kind").is_null() | pl.col("kind_after").is_null()
    unlike = [(pl.col(name) != pl.col(f"{name}_after")).fill_null(value=False) for name in columns]
    return pl.any_horizontal(one_sided, *unlike)


def _change(row: Mapping[str, Any]) -> tuple[Any, ...]:
    path = row["path"] or row["path_after"]
    sizes = (row["size"], row["size_after"], row["uri"])
    if row["kind"] is None or row["kind_after"] is None:
        return ("new" if row["kind"] is None else "gone", path, "", *sizes)
    versions, others = (list(_said(row, names)) for names in (VERSIONS, ("size", "sha256", "path")))
    return ("reprocessed" if versions else "changed", path, "; ".join(versions + others), *sizes)


def _said(row: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        before, after = row[name], row[f"{name}_after"]
        if before is not None and after is not None and before != after:
            shown = [value[:12] if name == "sha256" else text.cell(value) for value in (before, after)]
            yield f"{name} {shown[0]} -> {shown[1]}"


# -- the same question again --


def refresh(plan: Plan, session: Session | None = None) -> tuple[Plan, Changes]:
    """Ask the archive what the lock's question would find today; nothing is fetched.

    Parameters
    ----------
    plan : Plan
    session : Session, optional
        Asks; the plan's own, or the default session, if None.

    Returns
    -------
    plan : Plan
        Today's answer. What is known of the bytes of files that did not change (sha256, DATA_REL, …) is kept.
    changes : Changes
        How it differs. A file that was processed again under its old name and size is only seen by what the archive says of its
        version and release.

    Raises
    ------
    LockError
        If the lock does not say what was asked, or not in a way that can be asked again.
    """
    asker = session or plan.session
    if other := made_elsewhere(plan, asker):
        log.warning("%s; what differs may be the archives", other)
    found = ask_again(plan.record, asker)
    today = found.plan(plan.root, layout=str(plan.record.get("layout", "mast")))
    changes = diff(plan, today)
    return Plan(_with_known(today.items, plan.items, changes), today.root, today.record, today.session), changes


def made_elsewhere(plan: Plan, session: Session | None = None) -> str:
    """Say that a lock was made at another archive than a session asks; empty if it was not, or does not say.

    Parameters
    ----------
    plan : Plan
    session : Session, optional
        The default session if None.
    """
    from tess_source.session import default_session

    there, here = plan.record.get("archive"), (session or default_session()).archive
    return f"the lock was made at {there}, this session asks {here}" if there and there != here else ""


def _with_known(today: Items, locked: Items, changes: Changes) -> Items:

    known = ["sha256", "data_rel", "procver", "date"]
    kept = locked.to_polars().filter(~pl.col("uri").is_in(changes["uri"].implode()) & pl.col("uri").is_first_distinct())
    frame = today.to_polars().join(
        kept.select("uri", *known), on="uri", how="left", suffix="_known", maintain_order="left"
    )
    return Items(frame.with_columns([pl.coalesce(name, f"{name}_known") for name in known]).select(today.columns))


def ask_again(record: Mapping[str, Any], session: Session | None = None) -> Found:
    """Put a recorded question to the archive again, and choose among the products as was chosen then.

    Parameters
    ----------
    record : mapping
        `Plan.record`.
    session : Session, optional
        The default session if None.

    Raises
    ------
    LockError
        If it is not recorded, or a filter is not here that was used then.
    """
    from tess_source.session import default_session

    asker = session or default_session()
    query = query_from(record.get("question", {}))
    if not query.targets and not query.criteria:
        raise LockError("it does not say what was asked: its products came from a table, or it was written by hand")
    found = asker.ask(query, refresh=True)
    defaults = dict.fromkeys((name for name, f in asker.registry.filters.items() if f.default is not None), None)
    for step in _steps(record):
        try:
            found = found.select(**{**defaults, **step})
        except UnknownNameError as error:
            raise LockError(f"it was made with a filter that is not here: {error}") from error
    return found


def _steps(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the filters of each selection with their values, in order."""
    drops = list(record.get("filters", ()))
    if unknown := [drop.get("filter") for drop in drops if drop.get("asked") is None]:
        raise LockError(f"it does not say how to choose by {unknown[0]!r} again")
    for _, group in groupby(drops, key=lambda drop: drop.get("step", 0)):
        yield {drop["filter"]: restored(drop["asked"]) for drop in group}


def _schema(table: type[Rows]) -> Any:

    return {name: getattr(pl, kind) for name, kind in table.schema.items()}

"""A folder compared with a lock."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tess_source._lazy import pl
from tess_source.cache.verified import READERS
from tess_source.files.folder import Folder
from tess_source.files.verify import Release, Verifier, read_through
from tess_source.tables.items import Item
from tess_source.tables.plan import Plan
from tess_source.tables.rows import Rows, polars_schema

if TYPE_CHECKING:
    pass

__all__ = ["STATES", "Verified", "verify_lock"]

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
    folder = Folder(plan.root if root is None else Path(root))
    items = list(plan)

    def look(item: Item) -> tuple[str, str]:
        return _state(folder, item, sizes_only)

    if sizes_only:
        found = list(map(look, items))
    else:
        with ThreadPoolExecutor(READERS) as pool:
            found = list(pool.map(look, items))
    rows = [(state, item.path, reason, item.size, item.uri) for item, (state, reason) in zip(items, found, strict=True)]
    rows += [(EXTRA, path, "", size, "") for path, size in _extra(folder.root, {item.path for item in items})]
    return Verified(pl.DataFrame(rows, schema=polars_schema(Verified), orient="row"))


def _state(folder: Folder, item: Item, sizes_only: bool) -> tuple[str, str]:
    if item.problem is not None:
        return MISSING, item.problem
    if (found := folder.exists(item.path)) is None:
        return MISSING, folder.why_not(item.path)
    if sizes_only and found.size == item.size:
        return COMPLETE, ""
    try:
        return _read_state(folder.root / item.path, item, found.size)
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

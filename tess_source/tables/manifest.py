"""What was fetched, what was not, and why."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.errors import LoadError
from tess_source.files.verify import Release, release_of
from tess_source.load.reasons import Reasons
from tess_source.tables.accessors import Extended
from tess_source.tables.convert import to_astropy
from tess_source.tables.plan import Item, Items, Plan

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from astropy.table import Table as AstropyTable

    from tess_source.load.loading import Opened
    from tess_source.session import Session

__all__ = ["Entry", "Loaded", "Manifest"]

log = logging.getLogger(__name__)

FETCHED, HERE, FAILED = "fetched", "here", "failed"
INTERRUPTED = "interrupted"
"""The error of a file that an interrupted run did not come to, or did not finish: nothing is wrong with it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened to one file."""

    item: Item
    status: str
    """``fetched``, ``here`` (it was complete before) or ``failed``."""
    path: Path | None = None
    """Where the file is."""
    via: str = ""
    """The address it came from."""
    bytes: int = 0
    """Bytes on disk."""
    sha256: str | None = None
    """Of the bytes that were written; None if the file was here before."""
    error: str = ""
    """Why it failed."""
    mtime_ns: int | None = None
    """When its bytes were last written, if that is known [ns since 1970]: by this, a change since then is seen."""

    @property
    def ok(self) -> bool:
        """Whether the file is there."""
        return self.status != FAILED


@dataclass(frozen=True)
class Loaded:
    """Opened files, grouped by what they are, and those that could not be opened."""

    groups: Mapping[str, Any]
    """Kind of object → collection, e.g. ``"light curves"`` → a lightkurve LightCurveCollection."""
    failed: Mapping[str, Exception]
    """Path or URI → why it could not be opened."""

    def __getitem__(self, group: str) -> Any:
        return self.groups[group]

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[str]:
        return iter(self.groups)

    def __repr__(self) -> str:
        parts = [f"{len(group):,} {name}" for name, group in self.groups.items()]
        parts += [f"{len(self.failed):,} not opened"] if self.failed else []
        return f"Loaded({', '.join(parts) or 'nothing'})"

    def _repr_html_(self) -> str:

        counts = [len(group) for group in self.groups.values()]
        opened = pl.DataFrame({"opened": [*self.groups], "files": counts}, {"opened": pl.String, "files": pl.Int64})
        told = {"file": [*self.failed], "why": [f"{type(e).__name__}: {e}" for e in self.failed.values()]}
        shown = text.html(opened, opened.columns, repr(self))
        if not self.failed:
            return shown
        return shown + text.html(pl.DataFrame(told), [*told], f"{text.number(len(self.failed), 'file')} not opened")


@dataclass(frozen=True, repr=False)
class Manifest(Extended):
    """A table of what happened to every file of a plan."""

    accessors_of: ClassVar[str] = "manifest"
    plan: Plan
    entries: tuple[Entry, ...]
    """In the plan's order."""
    seconds: float = field(default=0.0, compare=False)
    """How long it took."""

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __getitem__(self, index: int) -> Entry:
        return self.entries[index]

    @cached_property
    def ok(self) -> Manifest:
        """The part whose files are there."""
        return self._part(entry for entry in self.entries if entry.ok)

    @cached_property
    def failed(self) -> Plan:
        """The plan of what is still missing: download it again when the reason is gone."""
        return self._part(entry for entry in self.entries if not entry.ok).plan

    def _part(self, entries: Iterable[Entry]) -> Manifest:

        kept = tuple(entries)
        uris = pl.Series([entry.item.uri for entry in kept], dtype=pl.String)
        items = Items(self.plan.items.to_polars().filter(pl.col("uri").is_in(uris.implode())))
        return Manifest(Plan(items, self.plan.root, self.plan.record, self.plan.session), kept, self.seconds)

    @property
    def errors(self) -> dict[str, str]:
        """URI → why it failed, for those that did."""
        return {entry.item.uri: entry.error for entry in self.entries if not entry.ok}

    def lock(self) -> Plan:
        """Give the plan with what is known since the files are there: sizes, sha256 sums, and which processing each is of.

        Files that were here before are read for their sums. Which processing a FITS file comes from (``DATA_REL``, ``PROCVER``,
        ``DATE``) is read from its first header: SPOC keeps name and size of a file that it processes again.
        """
        sums = [entry.sha256 or _sha256(entry) for entry in self.entries]
        releases = [_release(entry) for entry in self.entries]
        said = {
            "data_rel": pl.Series([release.data_rel for release in releases], dtype=pl.Int64),
            "procver": pl.Series([release.procver for release in releases], dtype=pl.String),
            "date": pl.Series([release.date for release in releases], dtype=pl.String),
        }
        frame = self._known(sums).with_columns(**{name: pl.coalesce(series, name) for name, series in said.items()})
        return Plan(Items(frame), self.plan.root, self.plan.record, self.plan.session)

    def _known(self, sums: Sequence[str | None]) -> pl.DataFrame:
        """Fill in sizes and sums; entries and items stand in the same order."""
        sizes = pl.Series([entry.bytes if entry.ok else None for entry in self.entries], dtype=pl.Int64)
        digests = pl.Series(sums, dtype=pl.String)
        return self.plan.items.to_polars().with_columns(
            size=pl.coalesce(sizes, "size"), sha256=pl.coalesce(digests, "sha256")
        )

    def read(self, **options: Any) -> Loaded:
        """Open every file that is there; one that cannot be opened is reported, the others are returned.

        Parameters
        ----------
        **options
            Passed to the readers, e.g. ``flux_column="sap_flux"``, ``quality_bitmask="hard"``.

        Returns
        -------
        Loaded
            Groups of like objects, and the failures with their reasons.

        Raises
        ------
        QueryError
            If an argument makes no sense, whatever the file.
        """
        return self._session().read(self, **options)

    def _session(self) -> Session:
        from tess_source.session import default_session

        return self.plan.session or default_session()

    def load(self, **options: Any) -> Any:
        """Open every file that is there.

        Parameters
        ----------
        **options
            Passed to the readers, e.g. ``flux_column="sap_flux"``, ``quality_bitmask="hard"``.

        Returns
        -------
        lightkurve.LightCurveCollection or lightkurve.TargetPixelFileCollection or Loaded
            The collection, if all that could be opened is of one kind; else a `Loaded`, with one collection per kind.
            What could not be opened is logged, a warning for each reason; `read` gives it as data.

        Raises
        ------
        LoadError
            If none could be opened; the message gives each reason once, with the files.
        QueryError
            If an argument makes no sense, whatever the file.
        """
        loaded = self.read(**options)
        reasons = Reasons(loaded.failed)
        if not loaded.groups:
            raise LoadError(f"nothing could be opened: {reasons if reasons else 'no file is there'}")
        for line in reasons.lines("opened", len(self)):
            log.warning("%s", line)
        return next(iter(loaded.groups.values())) if len(loaded.groups) == 1 else loaded

    def iter_load(self, *, workers: int | Executor | None = None, **options: Any) -> Iterator[Any]:
        """Open one file at a time, so that memory does not grow: see `tess_source.load.loading.iter_load`."""
        from tess_source.load.loading import iter_load

        return iter_load(self, workers=workers, **options)

    def map(
        self, function: Callable[[Any], Any], *, workers: int | Executor | None = None, **options: Any
    ) -> Iterator[Opened]:
        """Call a function with each opened file, here or in other processes: see `tess_source.load.loading.map_files`."""
        from tess_source.load.loading import map_files

        return map_files(self, function, workers=workers, **options)

    def to_polars(self) -> pl.DataFrame:
        """Give a polars frame: one row per file."""
        text_columns = {
            "status": pl.String,
            "local_path": pl.String,
            "via": pl.String,
            "bytes": pl.Int64,
            "error": pl.String,
        }
        values = {
            "status": [entry.status for entry in self.entries],
            "local_path": [str(entry.path) if entry.path else None for entry in self.entries],
            "via": [entry.via for entry in self.entries],
            "bytes": [entry.bytes for entry in self.entries],
            "error": [entry.error for entry in self.entries],
        }
        return pl.concat(
            [self._known([entry.sha256 for entry in self.entries]), pl.DataFrame(values, schema=text_columns)],
            how="horizontal",
        )

    def to_table(self) -> AstropyTable:
        """Give an astropy table with astroquery's columns (Local Path, Status, Message, URL) first and ours behind them."""
        table = to_astropy(self.to_polars())
        theirs = {
            "Local Path": [str(entry.path) if entry.path else "" for entry in self.entries],
            "Status": ["COMPLETE" if entry.ok else "ERROR" for entry in self.entries],
            "Message": [entry.error for entry in self.entries],
            "URL": [entry.via for entry in self.entries],
        }
        table.add_columns([list(values) for values in theirs.values()], indexes=[0] * len(theirs), names=list(theirs))
        return table

    def summary(self) -> str:
        """Say in one line what happened."""
        counts = {status: sum(entry.status == status for entry in self.entries) for status in (FETCHED, HERE, FAILED)}
        left = sum(entry.status == FAILED and entry.error == INTERRUPTED for entry in self.entries)
        fetched = sum(entry.bytes for entry in self.entries if entry.status == FETCHED)
        parts = [
            f"{counts[FETCHED]:,} fetched ({text.size(fetched)})",
            f"{counts[HERE]:,} here before",
            f"{counts[FAILED] - left:,} failed",
            *([f"{left:,} not begun or broken off"] if left else []),
        ]
        return f"Manifest: {', '.join(parts)} in {self.seconds:.1f} s -> {self.plan.root}"

    def __repr__(self) -> str:
        return f"{self.summary()}\n{text.table(self.to_polars(), ['status', 'bytes', 'path', 'error'])}"

    def _repr_html_(self) -> str:
        return text.html(self.to_polars(), ["status", "bytes", "path", "error"], self.summary())


def _release(entry: Entry) -> Release:
    return release_of(entry.path) if entry.path is not None and entry.ok else Release()


def _sha256(entry: Entry) -> str | None:
    if entry.path is None or not entry.ok:
        return None
    with entry.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

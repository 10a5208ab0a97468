"""What a manifest tells of its files. `Manifest` itself stands beside `Plan`: each of the two makes the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from tess_source._lazy import pl
from tess_source.display import html, text
from tess_source.display.records import RecordsByName
from tess_source.display.visible import visible_line
from tess_source.object_store.path import Root
from tess_source.tables.accessors import HasAccessors
from tess_source.tables.entries import as_astroquery, as_frame, counted
from tess_source.tables.entry_rows import outcomes_of, taken
from tess_source.tables.items import FAILED, Entry, Items
from tess_source.tables.opening import Openable, Opens
from tess_source.tables.typed import ManifestMethods

if TYPE_CHECKING:
    from astropy.table import Table as AstropyTable

__all__ = ["Results"]

SHOWN = ["status", "bytes", "path", "error"]


class _Asks(HasAccessors, Opens, Protocol):
    """The part of a session that the results of a download use."""


class Results(Openable, ManifestMethods):
    """The results of a download, one entry per file."""

    entries: Sequence[Entry]
    seconds: float

    def _checked_session(self) -> _Asks:
        raise NotImplementedError

    @property
    def _outcomes(self) -> pl.DataFrame:
        return outcomes_of(self.entries)

    def _files(self) -> Items:
        """Return the files that the entries are about, in the same order."""
        raise NotImplementedError

    def _root(self) -> Root:
        """Return the folder."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __getitem__(self, index: int) -> Entry:
        return self.entries[index]

    @property
    def errors(self) -> dict[str, str]:
        """URI → error, of the files that failed."""
        failed = taken(self.entries, self._outcomes["status"] == FAILED)
        errors = {entry.item.uri: entry.error for entry in failed}
        return RecordsByName(errors, "error", key="uri", value="error")

    def to_polars(self) -> pl.DataFrame:
        """Return a polars frame: one row per file."""
        return as_frame(self._files(), self.entries)

    def to_table(self) -> AstropyTable:
        """Return an astropy table with astroquery's columns (Local Path, Status, Message, URL) first and ours behind them."""
        return as_astroquery(self._files(), self.entries)

    def summary(self) -> str:
        """Return one line about the results."""
        return visible_line(f"Manifest: {counted(self._outcomes)} in {self.seconds:.1f} s -> {self._root()}")

    def __repr__(self) -> str:
        return f"{self.summary()}\n{text.table(self._shown(), SHOWN)}"

    def _repr_html_(self) -> html.Markup:
        return html.view(html.table(self._shown(), SHOWN, self.summary()))

    def _shown(self) -> pl.DataFrame:
        """Return what is shown: it touches no file."""
        paths = self._files()["path"]
        return self._outcomes.with_columns(path=paths).select(SHOWN)

"""What a manifest tells of its files. `Manifest` itself stands beside `Plan`: each of the two makes the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.display import html, text
from tess_source.display.records import RecordsByName
from tess_source.display.visible import visible_line
from tess_source.object_store.path import Root
from tess_source.tables.entries import as_astroquery, as_frame, counted
from tess_source.tables.items import Entry, Items
from tess_source.tables.opening import Openable
from tess_source.tables.typed import ManifestMethods

if TYPE_CHECKING:
    from astropy.table import Table as AstropyTable

__all__ = ["Results"]


class Results(Openable, ManifestMethods):
    """The results of a download, one entry per file."""

    entries: Sequence[Entry]
    seconds: float

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
        errors = {entry.item.uri: entry.error for entry in self.entries if not entry.ok}
        return RecordsByName(errors, "error", key="uri", value="error")

    def to_polars(self) -> pl.DataFrame:
        """Return a polars frame: one row per file."""
        return as_frame(self._files(), self.entries)

    def to_table(self) -> AstropyTable:
        """Return an astropy table with astroquery's columns (Local Path, Status, Message, URL) first and ours behind them."""
        return as_astroquery(self._files(), self.entries)

    def summary(self) -> str:
        """Return one line about the results."""
        return visible_line(f"Manifest: {counted(self.entries)} in {self.seconds:.1f} s -> {self._root()}")

    def __repr__(self) -> str:
        return f"{self.summary()}\n{text.table(self.to_polars(), ['status', 'bytes', 'path', 'error'])}"

    def _repr_html_(self) -> html.Markup:
        return html.view(html.table(self.to_polars(), ["status", "bytes", "path", "error"], self.summary()))

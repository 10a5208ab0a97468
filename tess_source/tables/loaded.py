"""Results of opening files, in groups or one by one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, overload

from tess_source._lazy import pl
from tess_source.display import html, text
from tess_source.display.records import RecordTuple
from tess_source.display.visible import logger, visible_line
from tess_source.errors import LoadError, MissingExtraError, type_and_text
from tess_source.tables.file_errors import errors_of_file
from tess_source.tables.items import Entry
from tess_source.tables.reasons import Reasons

__all__ = ["Deferred", "Group", "LazyGroup", "Loaded", "Opened", "opened_values"]

log: logging.Logger = logger(__name__)


class Group(Protocol):
    """Opened files of one kind, in order, e.g. a lightkurve LightCurveCollection or a list: the methods that all of them have.

    Which class it is depends on the plugin that reads the files. ``isinstance(…, lightkurve.LightCurveCollection)`` tells a type
    checker.
    """

    def __len__(self) -> int:
        """Return the number of objects."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Yield each object."""
        ...

    def __getitem__(self, index: int, /) -> Any:
        """Return one object."""
        ...


@dataclass(frozen=True, slots=True)
class Deferred:
    """A file that is opened only when it is used. Readers of large files return it, e.g. of images of 35 MB each.

    Where files are opened one by one, it is opened at once, so that you never see it.
    """

    group: str
    """Kind of object, e.g. ``"images"``: all files of a kind are in one `LazyGroup`."""
    path: Path
    function: Callable[[], Any]
    """Opens the file. It can be pickled."""

    def open(self) -> Any:
        """Return the opened file.

        Raises
        ------
        LoadError
            If it cannot be opened. Whatever else the function raises becomes one, whose cause it is.
        OSError
            If it cannot be read.
        """
        with errors_of_file(self.path):
            return self.function()


class LazyGroup(Sequence[Any]):
    """Files of one kind, each of which is opened when it is used and closed at once: memory does not grow with their number.

    ``group[3]`` opens a file, each time anew, and a loop opens one file after the other. A slice is a group again.

    Parameters
    ----------
    files : sequence of Deferred
    whole : LazyGroup, optional
        The group that this is a part of, which lives as long as its parts.
    """

    def __init__(self, files: Sequence[Deferred], whole: LazyGroup | None = None) -> None:
        self._files, self._whole = tuple(files), whole

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files."""
        return RecordTuple((file.path for file in self._files), "file")

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> LazyGroup: ...

    def __getitem__(self, index: int | slice) -> Any:
        """Return an opened file, or the group of some of them.

        Raises
        ------
        LoadError
            If the file cannot be opened.
        OSError
            If it cannot be read.
        """
        if isinstance(index, slice):
            return LazyGroup(self._files[index], self)
        return self._files[index].open()

    def __repr__(self) -> str:
        what = self._files[0].group if self._files else "files"
        return visible_line(f"<{len(self):,} {what}, each opened when it is used>")


@dataclass(frozen=True)
class Loaded:
    """Opened files, grouped by kind, and the files that could not be opened."""

    groups: Mapping[str, Any]
    """Kind of object → collection, e.g. ``"light curves"`` → a lightkurve LightCurveCollection."""
    failed: Mapping[str, Exception]
    """Path or URI → the exception."""

    def __getitem__(self, group: str) -> Any:
        return self.groups[group]

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[str]:
        return iter(self.groups)

    def collection(self, of: int) -> Group | Loaded:
        """Return the only group, or all groups. Log a warning per reason why files could not be opened.

        Parameters
        ----------
        of : int
            Number of files in all.

        Raises
        ------
        LoadError
            If there is no file, or none could be opened; the message has each reason once, with its files. It is a DamagedFileError if all
            are damaged.
        MissingExtraError
            If a library is missing for all files.
        """
        if not of:
            raise LoadError(
                "there is nothing to open: the plan has no file; found.explain() tells why a search found none"
            )
        reasons = Reasons(self.failed)
        if not self.groups:
            raise reasons.error("nothing could be opened")
        for line in reasons.lines("opened", of):
            log.warning("%s", line)
        only: Group | None = next(iter(self.groups.values())) if len(self.groups) == 1 else None
        return self if only is None else only

    def __repr__(self) -> str:
        parts = [f"{len(group):,} {name}" for name, group in self.groups.items()]
        parts += [f"{len(self.failed):,} not opened"] if self.failed else []
        return visible_line(f"Loaded({', '.join(parts) or 'nothing'})")

    def _repr_html_(self) -> html.Markup:
        counts = [len(group) for group in self.groups.values()]
        opened = pl.DataFrame({"opened": [*self.groups], "files": counts}, {"opened": pl.String, "files": pl.Int64})
        told = {"file": [*self.failed], "why": [*map(type_and_text, self.failed.values())]}
        shown = html.table(opened, opened.columns, repr(self))
        if not self.failed:
            return html.view(shown)
        title = f"{text.number(len(self.failed), 'file')} not opened"
        return html.view(shown, html.table(pl.DataFrame(told), [*told], title))


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """One file of a manifest, with its object or its error."""

    entry: Entry
    value: Any = None
    """The opened file, or the result of the function."""
    error: Exception | None = None
    """Why it could not be opened."""

    @property
    def ok(self) -> bool:
        """Whether it was opened."""
        return self.error is None

    def __repr__(self) -> str:
        what = type(self.value).__name__ if self.error is None else type_and_text(self.error)
        return visible_line(f"<Opened {self.entry.place or self.entry.item}: {what}>")


def opened_values(results: Iterable[Opened]) -> Iterator[Any]:
    """Yield the objects of files that were opened, and skip the others.

    The first file per reason is logged at once, and at the end the number of files with the same reason.

    Raises
    ------
    MissingExtraError
        If a library is missing for one of them: at once, since it will be missing for all files of its kind.
    """
    reasons = Reasons()
    try:
        for result in results:
            file = str(result.entry.place or result.entry.item.uri)
            if result.ok:
                yield result.value
            elif isinstance(result.error, MissingExtraError):
                raise result.error
            elif reasons.add(file, result.error):
                log.warning("%s was not opened: %s", file, result.error)
    finally:
        for line in reasons.repeated("opened"):
            log.warning("%s", line)

"""Reader of light curves as numpy arrays, one file after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source.display.visible import logger
from tess_source.errors import (
    DamagedFileError,
    LoadError,
    QueryError,
    TessSourceError,
    UnknownNameError,
    did_you_mean,
)
from tess_source.files.cards import whole_number
from tess_source.files.exposure import exptime_of_headers
from tess_source.files.fits_headers import Headers
from tess_source.files.fits_table import TableReader
from tess_source.files.quality import BITMASKS
from tess_source.files.whole import headers_of, opened_plain
from tess_source.load.copies import at_hand
from tess_source.tables.file_errors import errors_of_file
from tess_source.tables.reasons import Reasons
from tess_source.units import is_whole
from tess_source_arrays.arena import Arena
from tess_source_arrays.cadences import kept
from tess_source_arrays.derived import columns_of
from tess_source_arrays.origin import origin_of

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from tess_source.tables.items import Entry
    from tess_source.tables.plan import Manifest

__all__ = ["ArrayOptions", "Arrays", "NotAskedForError", "about", "each", "iter_arrays"]

log: logging.Logger = logger(__name__)

TYPES = ("float16", "float32", "float64", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))
"""Names of types to suggest for misspelt ones."""
MOST_BITS = 63
"""Bits of the longest whole numbers in a FITS table, without the sign."""
EXAMPLE = "e.g. ('time', 'pdcsap_flux', 'quality')"


class NotAskedForError(UnknownNameError, KeyError):
    """A column that was not requested, so that it was not read."""

    def _message(self, worded: Callable[[object], str]) -> str:
        hint = did_you_mean(self.name, self.choices)
        return f"column {self.name!r} was not asked for; there are {', '.join(self.choices) or 'none'}{hint}"


@dataclass(frozen=True, slots=True)
class Arrays:
    """Columns of one file, or the error of a file that could not be read."""

    entry: Entry
    """The file."""
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Name in lower case → values in native byte order, one per cadence."""
    header: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Keyword → value, of the table's header and then of the primary header; read when used."""
    sha256: str | None = field(default=None, repr=False)
    """Sum of the file, if it is known."""
    error: Exception | None = None
    """Why the file could not be read."""

    @property
    def ok(self) -> bool:
        """Whether the file was read."""
        return self.error is None

    @property
    def tic(self) -> int | None:
        """TIC id of the star, from the file's name or its header (TICID; TIC_ID in files of eleanor)."""
        tic = self.entry.item.tic
        return tic if tic is not None else _number_in(self.header, "TICID", "TIC_ID")

    @property
    def sector(self) -> int | None:
        """The sector, from the file's name or its header (SECTOR)."""
        sector = self.entry.item.first_sector
        return sector if sector is not None else _number_in(self.header, "SECTOR")

    @property
    def pipeline(self) -> str | None:
        """The pipeline that made the file, from its name or its header."""
        return self.entry.item.pipeline or origin_of(self.header)

    @property
    def exptime(self) -> float | None:
        """Exposure time of one cadence [s], from the file's name, its observation, or its header."""
        time = self.entry.item.exptime
        return time if time is not None else exptime_of_headers([self.header])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a column by its name, in upper or lower case.

        Raises
        ------
        LoadError
            If the file could not be read; its cause is the reason. It is a DamagedFileError if the file is damaged.
        NotAskedForError
            If the column was not requested. It is a KeyError, and names the requested columns.
        """
        if self.error is not None:
            error = DamagedFileError if isinstance(self.error, DamagedFileError) else LoadError
            raise error(f"{self.entry.place or self.entry.item.uri} was not read: {self.error}") from self.error
        if name not in self.columns and (not isinstance(name, str) or name.lower() not in self.columns):
            raise NotAskedForError("column", str(name), self.columns)
        return self.columns[name.lower()]

    def __len__(self) -> int:
        """Return the number of cadences."""
        return len(next(iter(self.columns.values()))) if self.columns else 0


@dataclass(frozen=True)
class ArrayOptions:
    """What to read from every file."""

    columns: tuple[str, ...]
    """In lower case."""
    quality_bitmask: int | str | None = None
    dtypes: Mapping[str, Any] = field(default_factory=dict)
    verify: bool = False
    digest: bool = False

    @classmethod
    def of(
        cls,
        columns: Sequence[str],
        quality_bitmask: int | str | None,
        dtypes: Mapping[str, DTypeLike] | None,
        verify: bool = False,
        digest: bool = False,
    ) -> ArrayOptions:
        """Return options after a check; raise QueryError with a message that says what would be right."""
        if isinstance(columns, str) or not isinstance(columns, Iterable):
            raise QueryError(f"columns={columns!r}: give a sequence of names, {EXAMPLE}")
        columns = [*columns]
        if not columns or not all(isinstance(name, str) for name in columns):
            raise QueryError(f"columns={columns!r}: give a sequence of names, {EXAMPLE}")
        if len({name.lower() for name in columns}) < len(columns):
            raise QueryError(f"columns={columns!r}: a name is there twice")
        if not isinstance(verify, bool):
            raise QueryError(f"verify={verify!r}: give True or False")
        names = tuple(name.lower() for name in columns)
        return cls(names, _bitmask_of(quality_bitmask), _dtypes_of(dtypes, names), verify, digest)


def iter_arrays(
    manifest: Manifest,
    columns: Sequence[str] = ("time", "pdcsap_flux", "quality"),
    *,
    quality_bitmask: int | str | None = None,
    dtypes: Mapping[str, DTypeLike] | None = None,
    verify: bool = False,
    errors: str = "give",
) -> Iterator[Arrays]:
    """Read columns of the files of a manifest: see `tess_source_arrays.accessors.iter_arrays`."""
    if errors not in ("give", "skip"):
        raise QueryError(f"errors={errors!r}: give 'give' or 'skip'")
    found = each(manifest, ArrayOptions.of(columns, quality_bitmask, dtypes, verify))
    return found if errors == "give" else _without_failed(found)


def each(entries: Manifest | Sequence[Entry], asked: ArrayOptions, arena: Arena | None = None) -> Iterator[Arrays]:
    """Yield the requested columns of every file, in memory from an arena if they will be kept."""
    reader = TableReader()
    for entry in entries:
        try:
            with errors_of_file(entry.place or entry.item.uri), at_hand(entry) as local:
                arrays = _read(reader, entry, local.path, asked, arena)
        except (TessSourceError, OSError) as error:
            arrays = Arrays(entry, error=error.with_traceback(None))  # its frames would keep the memory of the file
        yield arrays


def _read(reader: TableReader, entry: Entry, path: Path | None, asked: ArrayOptions, arena: Arena | None) -> Arrays:
    """Return the columns of a file that is at a path of this disk."""
    if not entry.ok or path is None:
        raise FileNotFoundError(f"not fetched: {entry.error}")
    digest = asked.digest and (asked.verify or entry.sha256 is None)  # else that of its download is believed
    table = reader.read(path, verify=asked.verify, digest=digest)
    known = entry.sha256 or entry.item.sha256
    if asked.verify and digest and known not in {None, table.sha256}:
        raise DamagedFileError(f"its bytes are others than the manifest says: sha256 {table.sha256}, not {known}")
    good = None if asked.quality_bitmask is None else kept(table, asked.quality_bitmask)
    as_they_are = [name for name in asked.columns if name not in asked.dtypes]
    found = columns_of(table, as_they_are, good, arena.empty if arena else None)
    for name, dtype in asked.dtypes.items():
        found[name] = _converted(name, columns_of(table, [name], good)[name], dtype)
    columns = {name: found[name] for name in asked.columns}
    return Arrays(entry, columns, Headers(table.header, table.primary), table.sha256 or entry.sha256)  # type: ignore[arg-type]


def _without_failed(found: Iterator[Arrays]) -> Iterator[Arrays]:
    reasons = Reasons()
    try:
        for arrays in found:
            if arrays.ok:
                yield arrays
            elif reasons.add(file := str(arrays.entry.place or arrays.entry.item.uri), arrays.error):
                log.warning("%s was not read: %s", file, arrays.error)
    finally:
        for line in reasons.repeated("read"):
            log.warning("%s", line)


def _converted(name: str, values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    if not np.can_cast(values.dtype, dtype, "same_kind"):
        raise LoadError(f"its column {name!r} is {values.dtype}, which cannot become {dtype}")
    return values.astype(dtype, copy=False)


def _bitmask_of(quality_bitmask: Any) -> int | str | None:
    """Return a bitmask after a check."""
    if quality_bitmask is None:
        return None
    if is_whole(quality_bitmask, 0) and quality_bitmask < 2**MOST_BITS:
        return int(quality_bitmask)
    if isinstance(quality_bitmask, str) and quality_bitmask in BITMASKS:
        return str(quality_bitmask)
    close = did_you_mean(quality_bitmask, BITMASKS) if isinstance(quality_bitmask, str) else ""
    raise QueryError(
        f"quality_bitmask={quality_bitmask!r}: give a whole number of at most {MOST_BITS} bits, None, or "
        f"{', '.join(map(repr, BITMASKS))}{close}"
    )


def _dtypes_of(dtypes: Mapping[str, DTypeLike] | None, columns: Sequence[str]) -> dict[str, np.dtype[Any]]:
    """Return the types of columns to convert."""
    if not isinstance(dtypes, Mapping | None):
        raise QueryError(f"dtypes={dtypes!r}: give a mapping, e.g. {{'time': 'float32'}}")
    kinds = {}
    for name, dtype in (dtypes or {}).items():
        if str(name).lower() not in columns:
            close = did_you_mean(str(name), columns)
            raise QueryError(
                f"dtypes for columns that are not asked for: {name}; there are {', '.join(columns)}{close}"
            )
        try:
            kind = np.dtype(dtype).newbyteorder("=")
        except TypeError as error:
            close = did_you_mean(str(dtype), TYPES)
            raise QueryError(f"dtypes: {dtype!r} for {name!r} is no type of numpy's, as 'float32' is{close}") from error
        if kind.kind not in "fiu":
            raise QueryError(f"dtypes are of floats or integers, not {kind} for {name!r}")
        kinds[name.lower()] = kind
    return kinds


def _number_in(header: Mapping[str, Any], *keywords: str) -> int | None:
    """Return the first whole number under some keywords, also if it is written as text, as TGLC does; None if no file could mean it."""
    values = (header.get(keyword) for keyword in keywords)
    numbers = (whole_number(value) for value in values if not isinstance(value, str) or len(value) < MOST_BITS)
    return next((number for number in numbers if number is not None and 0 <= number < 2**MOST_BITS), None)


def about(entry: Entry) -> Arrays:
    """Return the header of a file without any columns, only if its name says neither star nor sector."""
    if entry.place is None or None not in {entry.item.tic, entry.item.first_sector}:
        return Arrays(entry)
    try:
        with errors_of_file(entry.place), at_hand(entry) as local, opened_plain(local.path or Path()) as file:
            primary, *others = headers_of(file)
    except (TessSourceError, OSError) as error:
        return Arrays(entry, error=error)
    return Arrays(entry, header=Headers(*others[:1], primary))  # type: ignore[arg-type]

"""Light curves as Arrow tables: one row per light curve, with list columns."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source.display.visible import logger
from tess_source.errors import LoadError, NoColumnError, QueryError, TessSourceError
from tess_source.extras import needed
from tess_source.files.fits_table import TableReader
from tess_source.load.copies import at_hand
from tess_source.tables.file_errors import errors_of_file
from tess_source.tables.reasons import Reasons
from tess_source_arrays.arena import Arena
from tess_source_arrays.arrays import ArrayOptions, Arrays, each
from tess_source_arrays.derived import names_of
from tess_source_arrays.schema import ABOUT, COLUMNS, SPLIT, SPOC, About, described, fitting
from tess_source_arrays.series import Series

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import DTypeLike

    from tess_source.tables.plan import Manifest

__all__ = ["TableBuilder", "asked_of", "known_types", "pipelines_of", "pyarrow", "to_arrow", "told"]

log: logging.Logger = logger(__name__)

HINT = (
    " (without columns= all twenty columns of SPOC's light curves are read: name those that all files have, e.g. "
    "columns=('time', 'sap_flux'))"
)
ALL = tuple(series.name for series in COLUMNS)
TAKEN = frozenset(one.name for one in (*ABOUT, SPLIT))


def pyarrow() -> Any:
    """Import and return pyarrow.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    needed("pyarrow.parquet", "arrow", "writing Arrow tables")
    return needed("pyarrow", "arrow", "writing Arrow tables")


class TableBuilder:
    """Builder of tables with one row per light curve.

    Parameters
    ----------
    asked : ArrayOptions
        The columns.
    about : sequence of About
        The other columns of a row.
    pipelines : iterable of str
        Pipelines of the files, which determine the units.
    types : mapping, optional
        Column → type. The first light curve determines the types of columns that are not in it, and that no schema tells.

    Attributes
    ----------
    types : dict
        Column → type, complete after the first row.
    failed : dict
        URI → error, of files that could not be made a row.
    unfit : dict
        Column → what the first header says that has a value that is none for this column.
    """

    def __init__(
        self,
        asked: ArrayOptions,
        about: Sequence[About],
        pipelines: Iterable[str | None],
        types: Mapping[str, np.dtype[Any]] | None = None,
    ) -> None:
        self.asked: ArrayOptions = asked
        self.about: Sequence[About] = about
        self.failed: dict[str, Exception] = {}
        self.unfit: dict[str, str] = {}
        pipelines = {*pipelines}
        self._described: Mapping[str, Series] = described(pipelines)
        known = {**known_types(asked, pipelines), **(types or {})}
        self.types: dict[str, np.dtype[Any]] = {name: known[name] for name in asked.columns if name in known}

    def table(self, found: Iterable[Arrays]) -> pa.Table | None:
        """Return the table of some light curves; None if none could be read."""
        rows: list[tuple[Arrays, Mapping[str, Any]]] = []
        for arrays in found:
            try:
                with errors_of_file(arrays.entry.place or arrays.entry.item.uri):
                    checked = self._checked(arrays)
                    values = self._values(checked) if checked.ok else {}
            except (TessSourceError, OSError) as error:
                checked, values = Arrays(arrays.entry, error=error.with_traceback(None)), {}
            if checked.error is None:
                rows.append((checked, values))
            else:
                self.failed[checked.entry.item.uri] = checked.error
        return self._table(rows) if rows else None

    def schema(self, metadata: Mapping[str, str] | None = None) -> pa.Schema:
        """Return the schema, with units and descriptions in its fields. It is complete after the first row."""
        pa = pyarrow()
        fields = [_field(one, pa.type_for_alias(one.type)) for one in self.about]
        for name in filter(self.types.__contains__, self.asked.columns):
            fields.append(_field(self._described.get(name, name), pa.list_(pa.from_numpy_dtype(self.types[name]))))
        return pa.schema(fields, metadata=metadata)

    def _checked(self, arrays: Arrays) -> Arrays:
        """Return arrays, or their error if they do not fit the columns."""
        if not arrays.ok:
            return arrays

        for name, values in arrays.columns.items():
            problem = None
            wanted = self.types.setdefault(name, values.dtype) if values.dtype.kind in "fiub" else None
            if values.ndim != 1 or wanted is None:
                problem = f"its column {name!r} does not hold one number per cadence"
            elif wanted not in {values.dtype, self.asked.dtypes.get(name)} and not np.can_cast(values.dtype, wanted):
                problem = f"its column {name!r} is {values.dtype}, not {wanted}: choose its type by dtypes="
            if problem:
                return Arrays(arrays.entry, error=LoadError(problem))
        return arrays

    def _values(self, arrays: Arrays) -> dict[str, Any]:
        """Return the values of a row, null where the type of a column cannot hold what a header says."""
        found = {}
        for one in self.about:
            value = one.of(arrays)
            found[one.name] = fitted = fitting(value, one.type)
            if fitted is None and value is not None and one.name not in self.unfit:
                file = arrays.entry.place or arrays.entry.item.uri
                self.unfit[one.name] = (
                    f"{file}: {one.name} is {value!r:.40} in the file, which is no {one.type}: it is null here, and so in further such "
                    "files"
                )
        return found

    def _table(self, held: Sequence[tuple[Arrays, Mapping[str, Any]]]) -> pa.Table:
        """Return a table whose list columns have one chunk per light curve, so that the arrays are not copied."""
        pa = pyarrow()
        schema = self.schema()
        columns = [
            pa.array([values[one.name] for _, values in held], schema.field(one.name).type) for one in self.about
        ]
        rows = [arrays for arrays, _ in held]
        offsets = [pa.array([0, len(row)], pa.int32()).buffers()[1] for row in rows]
        for name in self.asked.columns:
            kind, dtype = schema.field(name).type, self.types[name]
            chunks = []
            for row, offset in zip(rows, offsets, strict=True):
                values = row.columns[name].astype(dtype, copy=False)
                if dtype.kind == "b":  # which Arrow packs into bits
                    flat = pa.array(values)
                else:
                    flat = pa.Array.from_buffers(kind.value_type, len(values), [None, pa.py_buffer(values)])
                chunks.append(pa.Array.from_buffers(kind, 1, [None, offset], children=[flat]))
            columns.append(pa.chunked_array(chunks))
        return pa.Table.from_arrays(columns, schema=schema)


def _field(one: Any, kind: Any) -> Any:
    if isinstance(one, str):
        return pyarrow().field(one, kind)
    metadata = {"description": one.text.replace("`", ""), "unit": one.unit}
    return pyarrow().field(one.name, kind, metadata={key: value for key, value in metadata.items() if value})


def to_arrow(
    manifest: Manifest,
    columns: Sequence[str] | None = None,
    *,
    quality_bitmask: int | str | None = None,
    dtypes: Mapping[str, DTypeLike] | None = None,
    verify: bool = False,
) -> pa.Table:
    """Read the files of a manifest into a table: see `tess_source_arrays.accessors.to_arrow`."""
    pyarrow()
    asked = asked_of(manifest, columns, quality_bitmask, dtypes, verify)
    rows = TableBuilder(asked, ABOUT, pipelines_of(manifest))
    table: Any = rows.table(each(manifest, asked, Arena()))
    told(rows.failed, rows.unfit, len(manifest), asked, any_read=table is not None)
    reasons = {uri: str(error) for uri, error in rows.failed.items()}
    return table.replace_schema_metadata(rows.schema({"tess_source.missing": json.dumps(reasons)}).metadata)


def pipelines_of(manifest: Manifest) -> set[str | None]:
    """Return the pipelines of the files that are there."""
    return {entry.item.pipeline for entry in manifest if entry.ok}


def known_types(asked: ArrayOptions, pipelines: Collection[str | None]) -> dict[str, np.dtype[Any]]:
    """Return the types of columns that are known before any file is read, from the schema of SPOC's light curves or as asked for."""
    typed = COLUMNS if {*pipelines} & {*SPOC, None} else ()  # those of others may have the same names and other types
    known = {series.name: np.dtype(series.type) for series in typed}
    known.update((name, np.dtype(dtype)) for name, dtype in asked.dtypes.items())
    return {name: known[name] for name in asked.columns if name in known}


def _common_columns(manifest: Manifest) -> Sequence[str]:
    """Return the columns that are read by default: those of SPOC if there is a file by SPOC, else those that all files have.

    One file of each pipeline and cadence tells: QLP's columns are others in sectors with another cadence.
    """
    if pipelines_of(manifest) & {*SPOC, None}:  # or else its own columns would be lost for the sake of others
        return ALL
    reader = TableReader()
    found: dict[tuple[str | None, float | None], list[str]] = {}
    for entry in manifest:
        key = entry.item.pipeline, entry.item.exptime
        if entry.place is None or not entry.ok or key in found:
            continue
        # what cannot be read is told where it is read
        with contextlib.suppress(TessSourceError, OSError), errors_of_file(entry.place), at_hand(entry) as local:
            found[key] = names_of(reader.read(local.path or Path()))
    first, *others = [found[key] for key in sorted(found, key=str)] or [[*ALL]]
    common = [name for name in first if name not in TAKEN and all(name in other for other in others)]
    return common or ALL


def asked_of(
    manifest: Manifest,
    columns: Sequence[str] | None,
    quality_bitmask: int | str | None,
    dtypes: Mapping[str, DTypeLike] | None,
    verify: bool,
    digest: bool = False,
) -> ArrayOptions:
    """Return the options of a table after a check."""
    asked = ArrayOptions.of(
        _common_columns(manifest) if columns is None else columns, quality_bitmask, dtypes, verify, digest
    )
    if clash := TAKEN & set(asked.columns):
        raise QueryError(f"columns={columns!r}: {', '.join(sorted(clash))} is the name of another column of the table")
    return asked


def told(
    failed: Mapping[str, Exception], unfit: Mapping[str, str], of: int, asked: ArrayOptions, *, any_read: bool
) -> None:
    """Log why files could not be read, each reason once, and which values are null; or raise an error if no file was read.

    Parameters
    ----------
    failed : mapping
        URI → error.
    unfit : mapping
        Column → a line about its first value that is null because the column cannot hold it.
    of : int
        Number of files in all.
    asked : ArrayOptions
        What to read from them.
    any_read : bool
        Whether other files were read.

    Raises
    ------
    LoadError
        If no file was read.
    """
    reasons = Reasons(failed)
    lacking = any(isinstance(error, NoColumnError) for error in failed.values())
    hint = HINT if lacking and asked.columns == ALL else ""
    if not any_read:
        raise reasons.error("nothing could be read", hint)
    for line in reasons.lines("read", of):
        log.warning("%s%s", line, hint if "no column" in line else "")
    for line in unfit.values():
        log.warning("%s", line)

"""Rows of real observations in a sample archive: a table as the portal's clients write it becomes rows, and its files are simulated."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source import names
from tess_source._lazy import whole
from tess_source.errors import TableError, UnknownNameError
from tess_source_sample.added import TMAG
from tess_source_sample.columns import OBSERVATIONS, PRODUCTS, AnswerColumn
from tess_source_sample.facts import Star, ValidationRun, sector
from tess_source_sample.rows import Observed, Row, contributed_product, dv_names
from tess_source_sample.sectors import mission

if TYPE_CHECKING:
    from tess_source.names import Name
    from tess_source_sample.contents import Contents

IGNORED = frozenset(("", "idx", "index", "row", "unnamed: 0", "distance", "objid1", "_selected_"))
"""Columns that number rows, or that a client adds; they say nothing of an observation."""
NOTHING = frozenset(("", "--", "nan", "none", "null", "<na>"))
"""What stands for no value in a text file."""
_TYPE = re.compile(r"(str|bytes|int|uint|float)\d+|bool|object|string|long|double")


def add_rows(contents: Contents, rows: Any, products: Any = None) -> int:
    """Add observations and products; see `SampleArchive.add_rows`."""
    observations = _typed(_records(rows), OBSERVATIONS, "observations")
    files = _typed(_records(products), PRODUCTS, "products") if products is not None else []
    with contents.lock:
        before = {row["obs_id"]: row["obsid"] for row in contents.observations.held}
        identified = _identified(contents, observations, before)
        given = _by_observation(identified, files)
        listings = [
            Observed(row, given.get(row["obs_id"]) or contents.products.get(before.get(row["obs_id"], 0)) or [])
            for row in identified
        ]
        _know(contents, listings)
        finished = [Observed(row, _finished(contents, row, found)) for row, found in listings]
        replaced = {before[row["obs_id"]] for row in identified if row["obs_id"] in before}
        sectors = {row["sequence_number"] for row in identified} & mission().keys()
        contents.put(finished, sectors=sectors, gone=replaced - {row["obsid"] for row in identified})
    return len(finished)


# -- reading -----------------------------------------------------------------------------------------------------


def _records(table: Any) -> list[Mapping[str, Any]]:
    """Return the rows of a table: of a CSV or ECSV file, of polars, pandas or astropy, or mappings."""
    if isinstance(table, (str, Path)):
        return _read(Path(table))
    if hasattr(table, "colnames"):  # astropy
        return [{name: _unmasked(row[name]) for name in table.colnames} for row in table]
    if hasattr(table, "to_dicts"):  # polars
        return list(table.to_dicts())
    if hasattr(table, "to_dict"):  # pandas
        return list(table.to_dict("records"))
    if isinstance(table, Iterable):
        found = list(table)
        if all(isinstance(row, Mapping) for row in found):
            return found
    raise TableError(
        f"{type(table).__name__} is no table: give a CSV or ECSV file, a table of astropy, polars or pandas, or mappings"
    )


def _unmasked(value: Any) -> Any:
    return None if getattr(value, "mask", False) is True or str(value) == "--" else value


def _read(path: Path) -> list[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{path.name} is no text: {error.reason}") from None
    if text.startswith("# %ECSV"):
        whole("astropy")
        from astropy.table import Table

        try:
            return _records(Table.read(text, format="ascii.ecsv"))
        except Exception as error:  # astropy's readers raise many kinds
            raise TableError(f"{path.name} cannot be read as ECSV: {error}") from error
    reader = csv.reader(StringIO(text))
    try:
        lines = [line for line in reader if line and not line[0].startswith("#")]
    except csv.Error as error:
        raise TableError(f"{path.name} cannot be read as CSV: {error}") from None
    if not lines:
        raise TableError(f"{path.name} is empty")
    header, *body = lines
    if body and all(_TYPE.fullmatch(cell) for cell in body[0]):
        body = body[1:]  # types, as astropy's tables print them
    body = [line for line in body if set(line) != {"..."}]  # rows that a printed table leaves out
    for number, line in enumerate(body, 1):
        if len(line) != len(header):
            raise TableError(f"row {number} of {path.name} has {len(line)} cells, the header has {len(header)}")
    return [dict(zip(header, line, strict=True)) for line in body]


def _typed(records: Sequence[Mapping[str, Any]], columns: Sequence[AnswerColumn], what: str) -> list[Row]:
    """Return rows with all columns of the archive's table in its types, null where nothing is said."""
    known = {column.name.lower(): column for column in columns}
    typed = []
    for number, record in enumerate(records, 1):
        row: Row = dict.fromkeys(column.name for column in columns)
        for name, value in record.items():
            column = known.get(str(name).lower())
            if column is None and str(name).lower() not in IGNORED:
                raise UnknownNameError(f"column of {what}", str(name), row)
            if column:
                row[column.name] = _cell(value, column, f"row {number} of the {what}")
        typed.append(row)
    return typed


def _cell(value: Any, column: AnswerColumn, where: str) -> Any:
    """Return a value in the type of its column, as the archive's JSON has it: whole floats are integers."""
    text = str(value).strip()
    if value is None or text.lower() in NOTHING:
        return None
    kind = "int" if column.name.lower() in {"obsid", "objid", "parent_obsid"} else column.field_type
    if kind == "boolean":
        if text.lower() in {"true", "false", "1", "0"}:
            return text.lower() in {"true", "1"}
    elif kind == "string":
        return text
    else:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if isfinite(number) and (kind == "float" or number.is_integer()):
            if re.fullmatch(r"[-+]?\d+", text):  # whatever its number of digits
                return int(text)
            return int(number) if number.is_integer() else number
    raise TableError(f"{column.name} is {value!r} in {where}: it must be a {kind}")


# -- rows and files ----------------------------------------------------------------------------------------------


def _identified(contents: Contents, rows: list[Row], before: Mapping[str, int]) -> list[Row]:
    """Return observations with identifiers: those given, else those of what they take the place of, or new ones."""
    identified: dict[int, Row] = {}
    for number, given in enumerate(rows, 1):
        if not given["obs_id"]:
            raise TableError(f"row {number} of the observations has no obs_id")
        obsid = given["obsid"] or before.get(given["obs_id"])
        row = contents.maker.observation(**(given | {"obsid": obsid}))
        other = identified.get(row["obsid"]) or contents.by_obsid.get(row["obsid"])
        if other and (other["obs_id"] != row["obs_id"] or row["obsid"] in identified):
            raise TableError(
                f"obsid {row['obsid']} in row {number} of the observations is that of {other['obs_id']} already"
            )
        identified[row["obsid"]] = row
    if len({row["obs_id"] for row in identified.values()}) < len(identified):
        raise TableError("an obs_id is twice among the observations")
    return list(identified.values())


def _by_observation(rows: list[Row], files: list[Row]) -> dict[str, list[Row]]:
    """Return products by the obs_id of the observation that lists them."""
    by_obsid, by_obs_id = {row["obsid"]: row["obs_id"] for row in rows}, {row["obs_id"] for row in rows}
    found: dict[str, list[Row]] = {}
    for number, file in enumerate(files, 1):
        if not (file["productFilename"] or file["dataURI"]):
            raise TableError(f"row {number} of the products has neither productFilename nor dataURI")
        obs_id = by_obsid.get(file["obsID"]) if file["obsID"] else file["obs_id"]
        if obs_id not in by_obs_id:
            raise TableError(
                f"row {number} of the products is of obsID {file['obsID']}, obs_id {file['obs_id']}, which is none of the observations"
            )
        found.setdefault(str(obs_id), []).append(file)
    return found


def _name(row: Row) -> Name:
    return names.parse(str(row["dataURL"] or "").rpartition("/")[2])


def _know(contents: Contents, listings: list[Observed]) -> None:
    """Let the archive know the stars and searches, so that files can be made."""
    seen: dict[int, set[int]] = {}
    for row, _ in listings:
        tic = _tic_of(row)
        if tic is None:
            continue
        if contents.star(tic) is None and row["s_ra"] is not None and row["s_dec"] is not None:
            contents.known.add(Star(tic, (), row["s_ra"], row["s_dec"], None, None, TMAG, 5700.0, 4.4, None, 1.0))
        if _name(row).kind == "lc" and row["sequence_number"]:
            seen.setdefault(tic, set()).add(row["sequence_number"])
    for row, found in listings:
        files = [names.parse(str(file["productFilename"])) for file in found] or [_name(row)]
        for name in files:
            if name.kind == "dvt" and name.pipeline == "SPOC" and name.tic:
                _know_run(contents, name, files, seen.get(name.tic, set()))


def _tic_of(row: Row) -> int | None:
    target = str(row["target_name"] or "").removeprefix("TIC ").strip()
    return int(target) if target.isdecimal() else None


def _know_run(contents: Contents, name: Name, files: Sequence[Name], seen: set[int]) -> None:
    tic, first, last, run = (int(value or 0) for value in (name.tic, name.first_sector, name.last_sector, name.run))
    star = contents.star(tic)
    try:
        contents.known.run(tic, first, last, run)
        return
    except KeyError:
        if star is None:
            return
    tces = max((int(file.tce or 0) for file in files if file.run == run), default=0) or max(1, len(star.planets))
    sectors = tuple(number for number in sorted(seen) if first <= number <= last) or tuple(sorted({first, last}))
    dvm = next((file.timestamp for file in files if file.kind == "dvm" and file.run == run), name.timestamp)
    begin, end = sector(sectors[0]), sector(sectors[-1])
    cadences = end.first_cadenceno + end.cadences - begin.first_cadenceno
    star = replace(star, tces=max(star.tces, tces))
    stamps = str(name.timestamp), str(dvm)
    found = ValidationRun(
        *(tic, first, last, run, *stamps, tces, sectors, begin.first_cadenceno, cadences),
        1 if last - first <= 13 else 5,
        star,
    )
    contents.known.add(star, found)


def _finished(contents: Contents, row: Row, found: list[Row]) -> list[Row]:
    """Return the products of an observation with all that can be said of them."""
    if found:
        return [_filled(contents, row, file) for file in found]
    name = _name(row)
    filename, maker = str(row["dataURL"] or "").rpartition("/")[2], contents.maker
    try:
        if name.pipeline == "SPOC" and name.kind in {"lc", "fast-lc"}:
            prefix = "FAST-" if name.kind == "fast-lc" else ""
            pixels = filename.replace("lc.fits", "tp.fits")
            return [maker.product(row, f"{prefix}LC", filename, "1"), maker.product(row, f"{prefix}TP", pixels, "1")]
        if name.pipeline == "SPOC" and name.kind == "dvt":
            run = contents.known.run(
                *(int(value or 0) for value in (name.tic, name.first_sector, name.last_sector, name.run))
            )
            return [maker.product(row, group, each, "1") for group, each in dv_names(run)]
        if name.kind != "other":
            return [contributed_product(row, str(row["dataURL"]), maker.file_size(filename))]
    except KeyError:
        return []  # of such a star, sector or pipeline no file can be made
    return []


def _filled(contents: Contents, row: Row, file: Row) -> Row:
    uri = file["dataURI"] or f"mast:TESS/product/{file['productFilename']}"
    said: Row = {"obsID": row["obsid"], "parent_obsid": row["obsid"], "obs_id": row["obs_id"], "dataURI": uri}
    said["productFilename"] = file["productFilename"] or uri.rpartition("/")[2]
    shared: Row = {
        name: row[name] for name in ("obs_collection", "dataproduct_type", "proposal_id", "dataRights", "filters")
    }
    shared["size"] = _size(contents, said["productFilename"])
    return {**file, **said} | {name: value for name, value in shared.items() if file[name] is None}


def _size(contents: Contents, filename: str) -> int:
    """Return the size of a file as it is simulated; 0 of one that is not."""
    try:
        return contents.maker.file_size(filename)
    except KeyError:
        return 0

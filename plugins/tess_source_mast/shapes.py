"""What answers must look like. What a server sends is foreign: it is checked here, once, so that the rest can rely on its types.

An answer that fails a check is a ServiceError, or a FleetingError while another try may help. It is never taken for an empty answer.
"""

from __future__ import annotations

import json
import re
import reprlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.errors import ServiceError

__all__ = [
    "AGAIN",
    "FAILURE",
    "LARGEST_ANSWER",
    "ODD",
    "Json",
    "check_envelope",
    "check_page",
    "check_whole",
    "described_columns",
    "number_between",
    "page_count",
    "parsed",
    "shown",
    "typed",
    "unlike",
]

Json = dict[str, Any]

LARGEST_ANSWER = 2**27
"""Bytes of one page, unpacked, at most. A page has 50,000 rows, and MAST's rows have about 1,060 bytes: 53 MB."""
MOST_OBJECTS, MOST_VALUES = 500_000, 5_000_000
"""Objects and lists, and commas, in one page, at most. A page of 50,000 rows and 33 columns has a tenth and a third of that.

They are counted before values are made of them, which take up to 60 times the memory of their text.
"""
MANY = 2**25
"""Bytes from which on commas are counted too."""
MOST_PAGES = 500
"""Pages of one answer, at most: five million rows in pages of 10,000."""
AGAIN = "The data may just have changed: repeat the call; if it lasts, ask for less at a time"
ODD = "Something on the way, or the server, altered the answer: repeat the call; if it lasts, tell the archive"
FAILURE = re.compile(r"error|fail|exception|time-?out|timed out|invalid|denied|abort", re.IGNORECASE)
"""Words of a message that is no mere remark."""
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


def unlike(service: str, problem: str) -> ServiceError:
    """Return the error of an answer that is not of the form that this service's answers have."""
    return ServiceError(service, f"the answer is not as it should be: {problem}", advice=ODD)


def shown(value: object) -> str:
    """Return a foreign value for a message, cut if it is long or deep."""
    return reprlib.repr(value)


# -- JSON --


def parsed(body: bytes) -> Any:
    """Return the value of a JSON text (RFC 8259).

    Python's parser allows more: a name twice in one object, halves of characters, other encodings. ``NaN`` is allowed here, too: the
    column decides.

    Raises
    ------
    ValueError
        Its message continues "the answer is".
    """
    if body.count(b"{") + body.count(b"[") > MOST_OBJECTS or (len(body) > MANY and body.count(b",") > MOST_VALUES):
        raise ValueError("of more objects or values than a page can have")
    try:
        value = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None
    except KeyError as error:
        raise ValueError(f"JSON with the name {error.args[0]} twice in one object") from None
    except UnicodeDecodeError:
        raise ValueError("no text in UTF-8") from None
    except json.JSONDecodeError:
        start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        kinds = {b"<": "a web page", b"{": "not whole", b"[": "not whole"}
        raise ValueError(kinds.get(start, "no JSON")) from None
    except ValueError:  # Python makes no number of so many digits
        raise ValueError("JSON with a number of thousands of digits") from None
    if (escape := body.find(b"\\")) >= 0 and _HALF_CHARACTER.search(body, escape):
        _check_characters(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> Json:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise KeyError(shown(max(names, key=names.count)))
    return made


def _check_characters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("JSON with half a character (a lone surrogate)") from None
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


# -- the portal's envelope --


def check_envelope(service: str, answer: Json) -> None:
    """Check ``paging``, ``fields`` and ``data`` of a finished answer of the portal.

    Each row has as many columns as are declared, as in all recorded answers. `frame` sees whether they are the same.

    Raises
    ------
    ServiceError
    """
    paging = answer.get("paging")
    if paging is not None and not isinstance(paging, dict):
        raise unlike(service, f"paging is {shown(paging)}")
    for name in ("page", "pagesFiltered", "rows", "rowsFiltered", "rowsTotal"):
        value = (paging or {}).get(name)
        if value is not None and not _is_count(value):
            raise unlike(service, f"{name} of paging is {shown(value)}, not a whole number")
    names = set()
    for field in answer["fields"]:
        name, declared = field.get("name"), field.get("type")
        if not (isinstance(name, str) and name.strip() and isinstance(declared, str)):
            raise unlike(service, f"a column is declared as {shown(field)}, without name or type")
        names.add(name)
    if set(map(len, answer["data"])) - {len(names)}:
        other = next(row.keys() ^ names for row in answer["data"] if len(row) != len(names))
        raise unlike(service, f"a row and the declared columns differ in {text.first(map(shown, sorted(other)))}")
    if answer["data"] and not names - {"_selected_"}:
        raise unlike(service, f"{text.number(len(answer['data']), 'row')} without a column")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def page_count(answer: Json) -> int:
    """Return the number of pages that a checked answer says it has; at least 1."""
    return int((answer.get("paging") or {}).get("pagesFiltered") or 1)


def check_page(service: str, answer: Json, number: int) -> None:
    """Check that a checked answer is the page that was asked for, and holds rows if there are others.

    Servers have answered every page with the first (astroquery issue 2788).

    Raises
    ------
    ServiceError
    """
    given, count = (answer.get("paging") or {}).get("page"), page_count(answer)
    if given is not None and given != number:
        raise ServiceError(service, f"asked for page {number}, it gave page {given}", advice=AGAIN)
    if count > MOST_PAGES:
        raise ServiceError(service, f"it says that there are {count:,} pages", advice="Ask for less at a time")
    if count > 1 and not answer["data"]:
        raise ServiceError(service, f"page {number} of {count} is empty", advice=AGAIN)


def check_whole(service: str, pages: Sequence[Json]) -> None:
    """Count the rows and compare with what the portal says there are: a part must not pass for the whole. All pages have the same columns.

    Raises
    ------
    ServiceError
    """
    rows = sum(len(page["data"]) for page in pages)
    first, *others = ({field["name"] for field in page["fields"]} for page in pages)
    if strange := [name for columns in others for name in columns ^ first]:
        raise ServiceError(
            service, f"its pages differ in their columns: {text.first(map(shown, strange))}", advice=AGAIN
        )
    for page in pages:
        paging = page.get("paging") or {}
        said = [paging[name] for name in ("rowsFiltered", "rowsTotal") if paging.get(name) is not None]
        if wrong := [count for count in said if count != rows]:
            raise ServiceError(service, f"it says that there are {wrong[0]:,} rows, and gave {rows:,}", advice=AGAIN)
        if paging.get("rows") not in {None, rows, len(page["data"])}:
            raise ServiceError(
                service, f"it says that a page has {paging['rows']:,} rows of {len(page['data']):,}", advice=AGAIN
            )
        if not said:
            what = f"{rows:,} rows, but does not say that these are all" if rows else _NONE
            raise ServiceError(service, f"it gave {what}", advice=AGAIN)


_NONE = "no rows, but does not say that there are none"


# -- the columns that we compute with --


def typed(
    service: str, table: pl.DataFrame, known: Mapping[str, str], needed: Collection[str], keys: Collection[str]
) -> pl.DataFrame:
    """Return a table whose columns have the types that we compute with, whatever the answer declared.

    Parameters
    ----------
    service : str
        For error messages.
    table : polars.DataFrame
    known : mapping
        Column → its polars type. Such columns may be missing.
    needed : collection of str
        Columns that must be there.
    keys : collection of str
        Columns that hold the archive's number of an observation in each row, if they are there.

    Raises
    ------
    ServiceError
        If a needed column is missing, a value is of another type, or a key is none.
    """
    if not table.height:
        return table
    if missing := [name for name in needed if name not in table.columns]:
        raise unlike(service, f"rows without a column {missing[0]!r}")
    types = dict(zip(table.columns, table.dtypes, strict=True))
    wrong = [name for name, kind in known.items() if name in types and str(types[name]) != kind]
    for name in wrong:
        if known[name] != "String" and not types[name].is_numeric() and table[name].null_count() < table.height:
            raise unlike(service, f"column {name!r} holds {shown(table[name].drop_nulls()[0])}, not numbers")
    try:
        table = table.with_columns(pl.col(name).cast(getattr(pl, known[name])) for name in wrong) if wrong else table
    except pl.exceptions.PolarsError as error:
        raise unlike(service, f"columns {', '.join(wrong)} hold values of other types") from error
    for name in set(keys) & set(table.columns):
        strange = table[name].filter(~table[name].str.contains(r"^[0-9]{1,18}$").fill_null(value=False))
        if len(strange):
            raise unlike(service, f"{name} is the archive's number of an observation, not {shown(strange[0])}")
    return table


# -- descriptions of columns --

TEXTS = ("text", "type", "vot.datatype", "unit", "vot.unit", "vot.description", "example", "separator")
"""Properties of a column that are text."""


def described_columns(service: str, answer: Mapping[str, Json], columns: Collection[str] = ()) -> dict[str, Json]:
    """Return the description of a table's columns: column → its properties, without those that are null.

    Parameters
    ----------
    service : str
    answer : mapping
    columns : collection of str
        Columns of text that must be there, since questions need them.

    Raises
    ------
    ServiceError
    """
    made = {name: {key: value for key, value in column.items() if value is not None} for name, column in answer.items()}
    for name, column in made.items():
        if strange := [key for key in TEXTS if not isinstance(column.get(key, ""), str)]:
            raise unlike(service, f"{strange[0]!r} of column {shown(name)} is {shown(column[strange[0]])}, not text")
    for name in columns:
        column = made.get(name, {})
        is_text = not {column.get("type"), column.get("vot.datatype")}.isdisjoint({"char", "string"})
        if not is_text or column.get("treatNumeric"):
            raise unlike(service, f"the description of its columns has no text column {name!r}")
    return made


def number_between(value: Any, least: float, greatest: float) -> float | None:
    """Return a JSON value if it is a number within bounds, else None; ``NaN`` is not."""
    return float(value) if type(value) in {int, float} and least <= value <= greatest else None

"""The paths of the products of a plan, and the problems of those that cannot be written.

A plan may have millions of files: they are looked at together, column by column, and one by one only where that does not tell enough.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from tess_source import paths
from tess_source._lazy import pl
from tess_source.errors import UnsafePathError
from tess_source.settings import OWN_FOLDER
from tess_source.tables.convert import SCHEME
from tess_source.tables.items import BLANK, NO_ADDRESS, Items

__all__ = ["SHA256", "paths_and_problems", "problems_of_paths", "with_plain_paths"]

SHA256 = "[0-9A-Fa-f]{64}"
"""A sha256, as a regular expression."""


def paths_and_problems(frame: pl.DataFrame, layout: str) -> tuple[pl.Series, pl.Series]:
    """Return the path of each product, empty if it must not be written, and its problem, null if there is none.

    Parameters
    ----------
    frame : polars.DataFrame
        Rows of products.
    layout : str
        See `tess_source.paths.relative_path`.

    Raises
    ------
    QueryError
        If the layout is not valid.
    """
    placed = _plain_paths(frame, layout)
    is_slow = placed.is_null()
    slow = [_path_and_problem(layout, row) for row in frame.filter(is_slow).iter_rows(named=True)]
    numbers = is_slow.arg_true()
    placed = placed.scatter(numbers, pl.Series([path for path, _ in slow], dtype=pl.String))
    problems = _no_problems(frame).scatter(numbers, pl.Series([problem for _, problem in slow], dtype=pl.String))
    problems = _with_clashes(placed, problems, frame["uri"])
    return placed.set(problems.is_not_null(), ""), problems


def _no_problems(frame: pl.DataFrame) -> pl.Series:
    return pl.repeat(None, frame.height, dtype=pl.String, eager=True)


def _plain_paths(frame: pl.DataFrame, layout: str) -> pl.Series:
    """Return the paths of products that certainly can be written; null for those that have to be looked at one by one."""
    parts = [part for part in paths.checked_layout(layout).split("/") if part not in {"", "."}]
    frame = frame.with_columns(obs_collection=_collection(frame))
    filled = [_filled_in(part, frame) for part in parts]
    known = [texts.set(_is_unsafe(texts), None) for texts in filled if texts is not None]
    if frame.is_empty() or len(known) < len(parts):
        return _no_problems(frame)
    uri, is_sum = pl.col("uri"), pl.lit(value=True)
    if "sha256" in frame.columns:
        sums = pl.col("sha256").cast(pl.String).fill_null("")
        is_sum = (sums == "") | sums.str.contains(f"^{SHA256}$")
    is_good = uri.str.contains(f"^{SCHEME}[^ ]+$") & ~uri.str.contains(BLANK) & is_sum
    return frame.select(pl.when(is_good).then(pl.concat_str(known, separator="/"))).to_series()


def _collection(frame: pl.DataFrame) -> pl.Expr:
    """Return the collection of each product, by its URI or its archive where the archive does not tell it: see `paths.filled_in`."""
    told = pl.col("uri").str.extract("^mast:(TESS|HLSP)/")
    archive = pl.col("archive").replace("", None).fill_null("other").str.to_uppercase()
    own = [pl.col("obs_collection")] if "obs_collection" in frame.columns else []
    return pl.coalesce(*own, told, archive)


def _filled_in(part: str, frame: pl.DataFrame) -> pl.Series | None:
    """Return one part of a layout for each product, null where a value is missing; None if the part cannot be understood."""
    try:
        pieces = list(string.Formatter().parse(part))
    except ValueError:
        return None
    names = [name for _, name, _, _ in pieces if name is not None]
    if any(name not in frame.columns for name in names):
        return None
    if not names:
        return pl.repeat(paths.filled_in(part, {}), frame.height, dtype=pl.String, eager=True)
    if all(_is_plain(frame.schema[name]) and not (form or conversion) for _, name, form, conversion in pieces if name):
        texts = (one for text, name, _, _ in pieces for one in (pl.lit(text), *([pl.col(name)] if name else [])))
        return frame.select(filled=pl.concat_str(*texts))["filled"]
    values = frame.select(list(dict.fromkeys(names))).unique()
    filled = [_text_or_none(part, row) for row in values.iter_rows(named=True)]
    known = values.with_columns(filled=pl.Series(filled, dtype=pl.String))
    here = frame.select(values.columns)
    return here.join(known, on=values.columns, how="left", nulls_equal=True, maintain_order="left")["filled"]


def _is_plain(kind: pl.DataType) -> bool:
    """Return whether polars writes values of a type as Python does."""
    return kind == pl.String or kind.is_integer()


def _text_or_none(part: str, values: Mapping[str, Any]) -> str | None:
    try:
        return paths.filled_in(part, values)
    except UnsafePathError:
        return None


_PLAIN_NAME = r"^[A-Za-z0-9_-]{8}[A-Za-z0-9_.+-]{0,200}[A-Za-z0-9_+-]$"
"""Names that are certainly safe: most are. No device has so many letters in front of its dot."""


def _is_unsafe(parts: pl.Series) -> pl.Series:
    """Return for each part of a path whether it must not be written. Each is checked once, since most folders hold many files."""
    doubtful = parts.filter(~parts.str.contains(_PLAIN_NAME).fill_null(value=True)).unique()
    return parts.is_in([part for part in doubtful if not _is_safe(part)])


def _is_safe(part: str) -> bool:
    try:
        paths.safe_component(part)
    except UnsafePathError:
        return False
    return True


def _path_and_problem(layout: str, row: Mapping[str, Any]) -> tuple[str, str | None]:
    if not row["uri"]:
        return "", NO_ADDRESS
    if re.search(BLANK, row["uri"]) or not re.fullmatch(f"{SCHEME}[^ ]+", row["uri"]):
        return "", f"its address {row['uri']!r} is not a URI"
    if (digest := row.get("sha256")) and not re.fullmatch(SHA256, str(digest)):
        return "", f"its sha256 {str(digest)[:70]!r} is none: it would have 64 hexadecimal digits"
    try:
        return paths.relative_path(layout, row), None
    except UnsafePathError as error:
        return "", str(error)


def _with_clashes(placed: pl.Series, problems: pl.Series, uris: pl.Series) -> pl.Series:
    """Return the problems, with one for a second file in one place, and for a file where another has a folder."""
    if _all_apart(placed.filter(problems.is_null())):
        return problems
    taken = _Taken()
    rows = zip(placed, problems, uris, strict=True)
    return pl.Series([problem or taken.clash(path, uri) for path, problem, uri in rows], dtype=pl.String)


def _all_apart(placed: pl.Series) -> bool:
    """Return whether no file certainly has the place of another, or of its folder: this saves looking at each path."""
    places = placed.str.to_lowercase()
    odd = (places.str.len_bytes() != places.str.len_chars()) | places.str.contains(OWN_FOLDER, literal=True)
    if odd.any() or places.hash().n_unique() < len(places):  # of equal hashes, places are compared one by one
        return False
    depths = places.str.count_matches("/", literal=True)
    if depths.min() == depths.max():  # a folder has fewer parts than the files in it
        return True
    folders = places
    while len(folders := folders.str.extract("^(.+)/[^/]*$").drop_nulls().unique()):
        if places.is_in(folders.implode()).any():
            return False
    return True


class _Taken:
    """The places of the files of a plan."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        """Place → URI of the file there."""
        self.folders: dict[str, str] = {}
        """Place of a folder → URI of a file in it."""

    def clash(self, path: str, uri: str) -> str | None:
        """Take the place of a file; return why it cannot be taken, or None."""
        place = _place_of(path)
        above = [place[:end] for end, sign in enumerate(place) if sign == "/"]
        if place in self.files:
            return f"its place {path!r} is taken by {self.files[place]}; choose another layout"
        if place in self.folders:
            return f"its place {path!r} is a folder with {self.folders[place]}; choose another layout"
        if file := next((folder for folder in above if folder in self.files), None):
            return f"a folder of its place {path!r} is a file, {self.files[file]}; choose another layout"
        if OWN_FOLDER in place.split("/"):
            return f"its place {path!r} lies in {OWN_FOLDER!r}, where tess-source keeps its own files"
        self.files[place] = uri
        self.folders.update(dict.fromkeys(above, uri))
        return None


def _place_of(path: str) -> str:
    """Return a path in a form that is equal for all spellings of one place, on any system: by case, accents, and signs without width."""
    if path.isascii():
        return path.lower()
    visible = "".join(sign for sign in path if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", visible).casefold())


def with_plain_paths(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with each path in its shortest spelling: ``a/./x``, ``a//x`` and ``a/x/`` are ``a/x``."""
    if not frame["path"].str.contains(r"(?:^|/)\.?(?:/|$)").any():
        return frame
    plain = [path if path.startswith("/") else "/".join(PurePosixPath(path).parts) for path in frame["path"]]
    return frame.with_columns(path=pl.Series(plain, dtype=pl.String))


def problems_of_paths(items: Items) -> pl.Series:
    """Return the problem of each path of a plan from a file, which may come from anybody."""
    parts = items["path"].str.split("/").explode().unique()
    safe = not _is_unsafe(parts).any()
    rows = items.to_polars().select("uri", "path", "problem")
    if safe and rows["problem"].null_count() == len(items) and (rows["uri"] != "").all():
        problems = rows["problem"]
    else:
        problems = pl.Series([_problem(*row, safe=safe) for row in rows.iter_rows()], dtype=pl.String)
    return _with_clashes(rows["path"], problems, rows["uri"])


def _problem(uri: str, path: str, known: str | None, *, safe: bool) -> str | None:
    if known or not uri:
        return known or NO_ADDRESS
    if safe:
        return None
    try:
        paths.parts_of(path)
    except UnsafePathError as error:
        return str(error)
    return None

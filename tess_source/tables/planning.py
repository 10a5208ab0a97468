"""The paths of the products of a plan, and the problems of those that cannot be written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from tess_source import paths
from tess_source._lazy import pl
from tess_source.display import text
from tess_source.errors import TableError, UnsafePathError
from tess_source.files.etags import ETAG
from tess_source.settings import OWN_FOLDER
from tess_source.tables.accessors import KnowsSchemes
from tess_source.tables.convert import SCHEME
from tess_source.tables.items import BLANK, NO_ADDRESS, Items, completed
from tess_source.tables.listing import Links, Observations, Products
from tess_source.tables.typical_sizes import about

__all__ = [
    "SHA256",
    "check_parts",
    "mirrors_of",
    "plan_in_words",
    "planned",
    "problems_of_paths",
    "unfetchable",
    "with_plain_paths",
]

SHA256 = "[0-9A-Fa-f]{64}"
"""A sha256, as a regular expression."""


def check_parts(items: object, record: object, session: object) -> None:
    """Check the parts of a plan, which may be made by hand.

    Raises
    ------
    TableError
        If one is of another type; the message says what would be right.
    """
    if not isinstance(items, Items):
        raise TableError(f"items={type(items).__name__}: give Items; Plan.of(products, root) makes a plan of products")
    if not isinstance(record, Mapping):
        raise TableError(f"record={type(record).__name__}: give a mapping, which may be empty")
    if not (session is None or hasattr(session, "iter_download")):
        raise TableError(f"session={type(session).__name__}: give a Session, or None")


def planned(
    products: Products, layout: str, *, links: Links | None = None, observations: Observations | None = None
) -> Items:
    """Return the items of products with their paths. A product that must not be written stays in the table, with the reason.

    Parameters
    ----------
    products : Products
    layout : str
        See `tess_source.paths.relative_path`.
    links : Links, optional
        Links of kind ``mirror`` name other URIs of a file.
    observations : Observations, optional
        Observations of the products. Their ``t_obs_release``, if they have it, is kept with each file.

    Raises
    ------
    QueryError
        If the layout is not valid.
    TableError
        If the products are no `Products`.
    """
    if not isinstance(products, Products):
        raise TableError(
            f"{type(products).__name__} is not Products; session.plan takes tables of any kind, or give Products.of(table)"
        )
    frame = products.unique().to_polars()
    paths.checked_layout(layout)
    places = [_path_and_problem(layout, row) for row in frame.iter_rows(named=True)]
    placed, problems = _without_collisions(places, frame["uri"].to_list())
    frame = frame.with_columns(
        path=pl.Series(placed, dtype=pl.String),
        problem=pl.Series(problems, dtype=pl.String),
        sha256=_sums(frame, "sha256", SHA256),
        etag=_sums(frame, "etag", ETAG),
        size=pl.when(pl.col("size") >= 0).then("size"),  # some archives give -1 for a size that they do not know
        mirrors=pl.Series(mirrors_of(frame["uri"], links), dtype=pl.String),
    )
    return Items(completed(_with_release(frame, observations)).sort("path", "uri"))


def _sums(frame: pl.DataFrame, name: str, form: str) -> pl.Expr:
    """Return a column of sums that an archive may give, without what is none."""
    if name not in frame.columns:
        return pl.lit(None, pl.String)
    digest = pl.col(name).cast(pl.String)
    return pl.when(digest.str.contains(f"^{form}$")).then(digest)


def _with_release(frame: pl.DataFrame, observations: Observations | None) -> pl.DataFrame:
    """Return the frame with the time at which the archive released the observation of each file."""
    if observations is None or "t_obs_release" not in observations.columns or "t_obs_release" in frame.columns:
        return frame

    dates = observations.to_polars().select("archive", "obs_id", pl.col("t_obs_release").cast(pl.Float64, strict=False))
    return frame.join(
        dates.unique(["archive", "obs_id"], keep="first", maintain_order=True), on=["archive", "obs_id"], how="left"
    )


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


def _without_collisions(places: list[tuple[str, str | None]], uris: list[str]) -> tuple[list[str], list[str | None]]:
    """Return paths and problems, with a problem for a second file in one place, and for a file where another has a folder."""
    taken = _Taken()
    clashes = [
        None if problem is not None else taken.clash(path, uri)
        for (path, problem), uri in zip(places, uris, strict=True)
    ]
    problems = [problem or clash for (_, problem), clash in zip(places, clashes, strict=True)]
    return ["" if problem else path for (path, _), problem in zip(places, problems, strict=True)], problems


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


def mirrors_of(uris: pl.Series, links: Links | None) -> list[str]:
    """Return the URIs of the same bytes elsewhere, by links of kind ``mirror``: per file a text with blanks between them."""
    mirrors: dict[str, list[str]] = {}
    for link in links or ():
        if link["kind"] == "mirror":
            mirrors.setdefault(link["subject"], []).append(link["object"])
    return [" ".join(mirrors.get(uri, ())) for uri in uris]


_PLAIN_NAME = r"^[A-Za-z0-9_-]{8}[A-Za-z0-9_.+-]{0,200}[A-Za-z0-9_+-]$"
"""Names that are certainly safe: most are. No device has so many letters in front of its dot."""


def _all_safe(paths_: pl.Series) -> bool:
    """Return whether all parts of all paths are plain names. Each part is checked once, since most folders hold many files."""
    parts = paths_.str.split("/").explode().unique()
    try:
        for part in parts.filter(~parts.str.contains(_PLAIN_NAME).fill_null(value=False)):
            paths.safe_component(part)
    except UnsafePathError:
        return False
    return True


def with_plain_paths(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with each path in its shortest spelling: ``a/./x``, ``a//x`` and ``a/x/`` are ``a/x``."""
    if not frame["path"].str.contains(r"(?:^|/)\.?(?:/|$)").any():
        return frame
    plain = [path if path.startswith("/") else "/".join(PurePosixPath(path).parts) for path in frame["path"]]
    return frame.with_columns(path=pl.Series(plain, dtype=pl.String))


def problems_of_paths(items: Items) -> pl.Series:
    """Return the problem of each path of a plan from a file, which may come from anybody."""
    safe = _all_safe(items["path"])
    without_problem = items["problem"].null_count() == len(items) and (items["uri"] != "").all()
    if safe and without_problem and _all_apart(items["path"]):
        return items["problem"]

    def problem(uri: str, path: str, known: str | None) -> str | None:
        if known or not uri:
            return known or NO_ADDRESS
        if safe:
            return None
        try:
            paths.parts_of(path)
        except UnsafePathError as error:
            return str(error)
        return None

    rows = items.to_polars().select("uri", "path", "problem").iter_rows()
    places = [(path, problem(uri, path, known)) for uri, path, known in rows]
    return pl.Series(_without_collisions(places, items["uri"].to_list())[1], dtype=pl.String)


def _all_apart(paths_: pl.Series) -> bool:
    """Return whether no file certainly has the place of another, or of its folder: this saves looking at each path."""
    places = {path.lower() for path in paths_.to_list()}
    if len(places) < len(paths_) or not all(map(str.isascii, places)):
        return False
    folders = places
    while folders := {folder.rpartition("/")[0] for folder in folders} - {""}:
        if not folders.isdisjoint(places) or any(folder.endswith(OWN_FOLDER) for folder in folders):
            return False
    return True


def unfetchable(items: Items, registry: KnowsSchemes | None) -> list[str]:
    """Return the URI scheme of each file that no plugin fetches, to report it before the download.

    Parameters
    ----------
    items : Items
        The files.
    registry : Registry, optional
        The plugins; None, or one that fetches on its own, may know what to do.
    """
    if registry is None or registry.implements("tess_download"):
        return []
    known = registry.schemes
    addresses = items.to_polars().select("uri", "mirrors", scheme=pl.col("uri").str.extract("^([^:]*)"))
    doubtful = addresses.filter((pl.col("uri") != "") & ~pl.col("scheme").is_in(list(known)))
    schemes = set(known)
    return [
        scheme
        for _, mirrors, scheme in doubtful.iter_rows()
        if schemes.isdisjoint(mirror.partition(":")[0] for mirror in mirrors.split())
    ]


def plan_in_words(items: Items, lacking: Sequence[str]) -> list[str]:
    """Return the number and size of the files of a plan, and how many cannot be fetched, in words.

    Parameters
    ----------
    items : Items
        The files.
    lacking : sequence of str
        Scheme of each file that no plugin fetches.
    """
    unknown, known = items["size"].null_count(), float(items["size"].sum() or 0)
    parts = [text.number(len(items), "file")]
    parts += [text.size(known)] if unknown < len(items) or not len(items) else []
    if unknown:
        parts.append(", ".join(filter(None, [f"{unknown:,} of unknown size", about(items.to_polars())])))
    parts += [f"{refused:,} cannot be written"] if (refused := items["problem"].count()) else []
    if lacking:
        parts.append(f"{len(lacking):,} that no plugin fetches ({', '.join(sorted(set(lacking)))})")
    return parts

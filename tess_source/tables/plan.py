"""What will be fetched, where to, and how that came to be: a plan; saved, it is the lock."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tess_source import paths
from tess_source._lazy import pl
from tess_source.disk import write_whole
from tess_source.display import text
from tess_source.errors import LockError, TableError, UnknownNameError, UnsafePathError
from tess_source.settings import Settings, store_root
from tess_source.tables import ecsv
from tess_source.tables.convert import to_astropy
from tess_source.tables.listing import Products, Rows

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from astropy.table import Table as AstropyTable

    from tess_source.session import Session
    from tess_source.tables.listing import Links, Observations
    from tess_source.tables.manifest import Entry, Manifest

__all__ = ["FORMAT", "Item", "Plan"]

BLANK = r"[\x00-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
"""Control characters, line ends and blanks but the plain one: they would tear the lines of a saved plan."""
NO_ADDRESS = "the archive names no address that it can be fetched from"
FORMAT = "tess-source plan 1"
"""Says what a saved plan is; the number grows when an older reader could misunderstand it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a plan."""

    uri: str
    path: str
    """Where it goes, relative to the root; empty if it may not be written."""
    size: int | None = None
    """Bytes, as the archive says."""
    sha256: str | None = None
    """Known once it was fetched."""
    mirrors: tuple[str, ...] = ()
    """URIs of the same bytes elsewhere, best first."""
    kind: str = "other"
    pipeline: str | None = None
    archive: str = ""
    obs_id: str | None = None
    tic: int | None = None
    first_sector: int | None = None
    last_sector: int | None = None
    exptime: float | None = None
    run: int | None = None
    tce: int | None = None
    filename: str = ""
    prvversion: str | None = None
    """Version of the processing, as the archive's product list says."""
    t_obs_release: float | None = None
    """When the archive released the observation [MJD]."""
    data_rel: int | None = None
    """Number of the data release, from the header of what was fetched (``DATA_REL``)."""
    procver: str | None = None
    """Version of the pipeline, from the header of what was fetched (``PROCVER``)."""
    date: str | None = None
    """Day on which what was fetched had been written (``DATE``, UTC)."""
    problem: str | None = None
    """Why it cannot be fetched, if that is known beforehand."""


_FIELDS = {
    "uri": "String", "path": "String", "size": "Int64", "sha256": "String", "mirrors": "String", "kind": "String",
    "pipeline": "String", "archive": "String", "obs_id": "String", "tic": "Int64", "first_sector": "Int32", "last_sector": "Int32",
    "exptime": "Float64", "run": "Int32", "tce": "Int32", "filename": "String", "prvversion": "String", "t_obs_release": "Float64",
    "data_rel": "Int64", "procver": "String", "date": "String", "problem": "String",
}  # fmt: skip


class Items(Rows):
    """The files of a plan as a table."""

    schema = _FIELDS
    shown = ("tic", "kind", "first_sector", "last_sector", "exptime", "pipeline", "size", "path")
    noun = "file"
    __slots__ = ()


def item_from(row: Mapping[str, Any]) -> Item:
    """Make an item of a row of `Items`."""
    known = {name: row[name] for name in _FIELDS if name in row}
    return Item(**{**known, "mirrors": tuple((row.get("mirrors") or "").split())})


@dataclass(frozen=True, repr=False)
class Plan:
    """A table of files to fetch, the folder they go to, and the record of how the plan came to be."""

    items: Items
    root: Path
    record: Mapping[str, Any]
    """Question, filters with their drops, archive, time of the answer, versions: plain dicts, lists, texts and numbers."""
    session: Session | None = None
    """Fetches the plan; the default session if None. Not saved."""

    @classmethod
    def of(
        cls,
        products: Products,
        root: str | Path,
        layout: str = "mast",
        *,
        links: Links | None = None,
        observations: Observations | None = None,
        record: Mapping[str, Any] | None = None,
        session: Session | None = None,
    ) -> Self:
        """Plan where each product goes. A product that may not be written stays in the plan, with the reason.

        Parameters
        ----------
        products : Products
        root : str or Path
            The folder; it need not exist.
        layout : str
            See `tess_source.paths.relative_path`.
        links : Links, optional
            Links of kind ``mirror`` name other URIs of a file.
        observations : Observations, optional
            What the products are of: their ``t_obs_release``, if they have it, is kept with each file.
        record : mapping, optional
            How the products were found.
        session : Session, optional
            Fetches the plan.
        """
        frame = products.unique().to_polars()
        paths.checked_layout(layout)
        places = [_place(layout, row) for row in frame.iter_rows(named=True)]
        paths_, problems = _without_collisions(places, frame["uri"].to_list())
        frame = frame.with_columns(
            path=pl.Series(paths_, dtype=pl.String),
            problem=pl.Series(problems, dtype=pl.String),
            sha256=frame["sha256"].cast(pl.String) if "sha256" in frame.columns else pl.lit(None, dtype=pl.String),
            mirrors=pl.Series(_mirrors(frame["uri"], links), dtype=pl.String),
        )
        items = Items(_completed(_released(frame, observations)).sort("path", "uri"))
        return cls(items, Path(root), {**(record or {}), "layout": layout}, session)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return map(item_from, self.items)

    def here(self) -> pl.Series:
        """Look which files lie complete (as far as their size tells) in the folder already: one boolean an item."""
        return pl.Series("here", [is_here(self.root, item) is not None for item in self], dtype=pl.Boolean)

    @property
    def bytes(self) -> int:
        """Size of all files together, as far as the archive says [byte]."""
        return int(self.items["size"].sum() or 0)

    def download(
        self,
        *,
        jobs: int | None = None,
        progress: Any = None,
        executor: Executor | None = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> Manifest:
        """Fetch what is not here yet.

        Parameters
        ----------
        jobs : int, optional
            Files fetched at the same time; the session's setting (8) if None.
        progress : bool or callable, optional
            See `tess_source.settings.Settings`.
        executor : concurrent.futures.Executor, optional
            Whose workers fetch the files, e.g. a ``ProcessPoolExecutor`` or dask's ``client.get_executor(pure=False)``; they must see
            the same folder. All together open `jobs` connections at most.
        on_entry : callable, optional
            Is given each `Entry` as soon as it is known, in the calling thread.

        Returns
        -------
        Manifest
            What happened to every file; one failure never stops the rest.

        Raises
        ------
        Interrupted
            On Ctrl-C, with the manifest of what was done.
        """
        from tess_source.session import default_session

        session = self.session or default_session()
        return session.download(self, jobs=jobs, progress=progress, executor=executor, on_entry=on_entry)

    def iter_download(
        self, *, jobs: int | None = None, progress: Any = None, executor: Executor | None = None
    ) -> Iterator[Entry]:
        """Fetch what is not here yet, and give each entry as soon as it is known; the arguments are those of `download`.

        Who stops early stops the download: what is done is kept.
        """
        from tess_source.session import default_session

        session = self.session or default_session()
        return session.iter_download(self, jobs=jobs, progress=progress, executor=executor)

    def to(self, root: str | Path) -> Plan:
        """Give the same plan for another folder."""
        return replace(self, root=Path(root))

    def save(self, path: str | Path) -> Path:
        """Write the plan as ECSV, astropy's text table: one line a file, sorted; ``Table.read`` alone reads it.

        Parameters
        ----------
        path : str or Path
            The file; it is replaced as a whole or not at all.
        """
        file = Path(path)
        write_whole(file, self.to_text().encode())
        return file

    def to_text(self) -> str:
        """Give what `save` writes."""
        return ecsv.write(self.items.to_polars(), {"format": FORMAT, **self.record, "files": len(self)})

    @classmethod
    def load(cls, path: str | Path, root: str | Path | None = None, session: Session | None = None) -> Self:
        """Read a plan that was saved.

        Parameters
        ----------
        path : str or Path
        root : str or Path, optional
            The folder the files go to; the cache folder if None.
        session : Session, optional

        Raises
        ------
        LockError
            If it is not a plan; the message names the file.
        """
        try:
            frame, record = ecsv.read(Path(path))
            if (found := record.pop("format", None)) == FORMAT:
                _check_columns(frame.columns)
            items = Items(_completed(frame))
        except FileNotFoundError:
            raise
        except (ValueError, TypeError, TableError, KeyError, UnknownNameError) as error:
            raise LockError(f"{str(path)!r} is not a plan of tess-source: {error}") from error
        if found != FORMAT:
            raise LockError(
                f"{str(path)!r} is not a plan that this version reads: its format is {found!r}, not {FORMAT!r}"
            )
        if (files := record.pop("files", len(items))) != len(items):
            raise LockError(
                f"{str(path)!r} is not whole: it has {len(items):,} of the {files:,} lines that its header tells of"
            )
        items = Items(items.to_polars().with_columns(problem=_problems(items)))
        folder = Path(root) if root is not None else store_root(session.settings if session else Settings())
        return cls(items, folder, record, session)

    def to_table(self) -> AstropyTable:
        """Give an astropy table."""
        return to_astropy(self.items.to_polars())

    def __repr__(self) -> str:
        return f"{self.summary()}\n{self.items!r}"

    def _repr_html_(self) -> str:
        return f"<p>{self.summary()}</p>{self.items._repr_html_()}"

    def summary(self) -> str:
        """Say in one line what would be fetched."""
        here = self.here()
        missing = int(self.items.to_polars().filter(~here)["size"].sum() or 0)
        unknown = int(self.items["size"].is_null().sum())
        refused = int((self.items["problem"].is_not_null() & pl.Series(~here)).sum())
        parts = [
            f"{text.number(len(self), 'file')}, {text.size(self.bytes)}",
            f"{int(here.sum()):,} here",
            f"{text.size(missing)} to fetch",
        ]
        parts += [f"{unknown:,} of unknown size"] if unknown else []
        parts += [f"{refused:,} cannot be written"] if refused else []
        strange = self._strange()
        parts += [f"{len(strange):,} that no plugin fetches ({', '.join(sorted(set(strange)))})"] if strange else []
        return f"Plan: {', '.join(parts)} -> {self.root}"

    def _strange(self) -> list[str]:
        """Give the scheme of each file that no plugin of the session knows how to fetch: better now than when all else was fetched."""
        if self.session is None or self.session.registry.manager.hook.tess_download.get_hookimpls():
            return []  # who fetches on their own may know what to do
        known = self.session.registry.transports
        addresses = self.items.to_polars().select("uri", "mirrors").iter_rows()
        schemes = (
            [address.partition(":")[0] for address in (uri, *mirrors.split())] for uri, mirrors in addresses if uri
        )
        return [each[0] for each in schemes if known.keys().isdisjoint(each)]


def is_here(root: Path, item: Item) -> Path | None:
    """Give the path of an item that lies complete in a folder, as far as its size tells; else None."""
    if item.problem is not None or item.size is None:
        return None
    try:
        path = paths.inside(root, item.path)
        return path if path.is_file() and path.stat().st_size == item.size else None
    except (OSError, ValueError):
        return None


def _check_columns(names: Sequence[str]) -> None:
    """Refuse a table whose columns are not those of a plan: a sum under a misspelt name would not be compared."""
    for name in names:
        if name not in _FIELDS:
            raise UnknownNameError("column", name, _FIELDS)
    if "sha256" not in names:
        raise TableError("it has no column 'sha256'")


def _completed(frame: pl.DataFrame) -> pl.DataFrame:
    """Give the columns of a plan: in ECSV an empty text and a missing one are the same, and every line is one file."""
    empty = [pl.col(name).fill_null("") for name in ("uri", "path", "mirrors", "archive", "filename")]
    frame = Items.complete(frame).select(list(_FIELDS)).with_columns(*empty, pl.col("kind").fill_null("other"))
    clean = frame.with_columns(pl.col(pl.String).str.replace_all(BLANK, "\ufffd").str.strip_chars(" "))
    return clean.with_columns(pl.col("uri").str.replace("^#", "\ufffd"))  # or else the line would be a comment


def _released(frame: pl.DataFrame, observations: Observations | None) -> pl.DataFrame:
    """Add when the archive released the observation of each file."""
    if observations is None or "t_obs_release" not in observations.columns or "t_obs_release" in frame.columns:
        return frame

    dates = observations.to_polars().select("archive", "obs_id", pl.col("t_obs_release").cast(pl.Float64, strict=False))
    return frame.join(
        dates.unique(["archive", "obs_id"], keep="first", maintain_order=True), on=["archive", "obs_id"], how="left"
    )


def _place(layout: str, row: Mapping[str, Any]) -> tuple[str, str | None]:
    if not row["uri"]:
        return "", NO_ADDRESS
    if re.search(BLANK, row["uri"]) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^ ]+", row["uri"]):
        return "", f"its address {row['uri']!r} is not a URI"
    try:
        return paths.relative_path(layout, row), None
    except UnsafePathError as error:
        return "", str(error)


def _without_collisions(places: list[tuple[str, str | None]], uris: list[str]) -> tuple[list[str], list[str | None]]:
    """Refuse the second file that would go to the same place; neither case nor the way accents are written counts on every system."""
    taken: dict[str, str] = {}
    paths_: list[str] = []
    problems: list[str | None] = []
    for (path, problem), uri in zip(places, uris, strict=True):
        place = unicodedata.normalize("NFC", path).casefold()
        owner = taken.setdefault(place, uri) if problem is None else uri
        clash = None if owner == uri else f"its place {path!r} is taken by {owner}; choose another layout"
        paths_.append("" if problem or clash else path)
        problems.append(problem or clash)
    return paths_, problems


def _mirrors(uris: pl.Series, links: Links | None) -> list[str]:
    mirrors: dict[str, list[str]] = {}
    for link in links or ():
        if link["kind"] == "mirror":
            mirrors.setdefault(link["subject"], []).append(link["object"])
    return [" ".join(mirrors.get(uri, ())) for uri in uris]


def _all_safe(paths_: pl.Series) -> bool:
    """Tell whether all parts of all paths are plain names: each is looked at once, as most folders hold many files."""
    try:
        for part in paths_.str.split("/").explode().unique():
            paths.safe_component(part)
    except UnsafePathError:
        return False
    return True


def _problems(items: Items) -> pl.Series:
    """Check the paths of a plan that comes from a file: it may come from anybody."""
    safe = _all_safe(items["path"])

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

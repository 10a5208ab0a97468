"""Which sectors were really used: read from files that are here, from files that the user names, and from reports that are fetched."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source import names, paths
from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import DamagedFileError, LoadError
from tess_source.functions import products as products_of
from tess_source.session import session_of
from tess_source.tables.items import ItemRows
from tess_source.tables.listing import Products
from tess_source.tables.reasons import Reasons
from tess_source_dv.keys import set_key
from tess_source_dv.read.dvt_file import headers
from tess_source_dv.read.report import read_report
from tess_source_dv.read.target_list import read_target_list
from tess_source_dv.read.tces import TCEs, tces_of_report
from tess_source_dv.sector_bits import sectors_of_bits
from tess_source_dv.sets.members import all_products, members
from tess_source_dv.sets.used import known

if TYPE_CHECKING:
    from tess_source.tables.found import Found
    from tess_source.tables.items import Entry, Item

__all__ = ["Learned", "fetch_reports", "learn", "root_of", "sectors_of_file"]

log: logging.Logger = logger(__name__)

NOT_HERE = ", and it is not here"
"""End of the message on a file that is missing offline; for a damaged file it would be wrong."""


@dataclass(frozen=True)
class Learned:
    """What files say about sets."""

    sectors: pl.DataFrame
    """As `tess_source_dv.sets.used.known` gives it."""
    tces: TCEs
    """From the reports among them."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """URI or file name → why nothing could be read from it."""


def learn(
    found: Found,
    *,
    exact: bool = False,
    root: str | Path | None = None,
    files: Iterable[str | Path] = (),
    reports: bool = False,
) -> Learned:
    """Read the files that are here, and fetch reports if asked to.

    Parameters
    ----------
    found : Found
    exact : bool
        Fetch the reports of searches over several sectors whose sectors no file here gives.
    root : str or Path, optional
        Where files may lie (layout ``mast``), and where they are fetched to; the cache folder if None.
    files : iterable of str or Path
        More files: reports, time series, target lists.
    reports : bool
        Fetch the reports of all sets that have none here.

    Returns
    -------
    Learned

    Raises
    ------
    LoadError, OSError
        If one of `files` cannot be read.
    """
    root, gathered = root_of(found, root), _Gathered()
    given = [paths.user_path(path) for path in files]
    dv = members(
        all_products(found) if given or exact or reports else Products.empty()
    )  # of all of a mission it takes seconds
    for path in given:
        gathered.read_given(path, dv)
    for path, problem in _files_here(found, root):
        if problem:
            gathered.failed[path.name] = problem
        else:
            gathered.read_if_whole(path)
    if exact or reports:
        wanted = _uris_to_fetch(dv, gathered, all_sets=reports)
        fetched, failed = fetch_reports(found, wanted, root)
        for name in (*(path.name for path in fetched), *(uri.rpartition("/")[2] for uri in failed)):
            gathered.failed.pop(name, None)  # what was wrong before
        gathered.failed |= failed
        for path in fetched:
            gathered.read_if_whole(path)
    for line in Reasons(gathered.failed).said("tells nothing", "files tell nothing"):
        log.warning("%s", line)
    return Learned(known(gathered.sectors), gathered.table(), gathered.failed)


@dataclass
class _Gathered:
    """What was read so far."""

    sectors: list[tuple[str, Sequence[int], str]] = field(default_factory=list)
    tces: dict[str, TCEs] = field(default_factory=dict)
    """Set → its TCEs, of those whose reports were read."""
    failed: dict[str, str] = field(default_factory=dict)

    def read_if_whole(self, path: Path) -> None:
        """Read a file that lies here; if it is damaged, note why."""
        try:
            self.read(path)
        except (LoadError, OSError) as error:
            self.failed[path.name] = str(error)

    def read_given(self, path: Path, dv: pl.DataFrame) -> None:
        """Read a file that the user named."""
        if path.suffix.lower() in {".xml", ".fits", ".fit"}:
            self.read(path)
        elif listed := list(_sectors_from_target_list(path, dv)):
            self.sectors += listed
        else:
            log.warning("%s tells nothing: %s", path.name, _why_no_set_is_listed(path, dv))

    def read(self, path: Path) -> None:
        """Read a report or the headers of a time series."""
        key = set_key(names.parse(path.name))
        if path.suffix.lower() != ".xml":
            if key is not None and (sectors := sectors_of_file(path)):
                self.sectors.append((key, sectors, "dvt"))
            return  # the headers of later time series do not say, which is no failure
        report = read_report(path)
        if report.set is not None:
            if not report.sectors:
                self.failed[path.name] = "it does not say which sectors were used"
            self.sectors.append((report.set, report.sectors, "dvr-xml"))
            self.tces[report.set] = tces_of_report(report)

    def table(self) -> TCEs:
        return TCEs.stack(self.tces.values()).sort()


def _sectors_from_target_list(path: Path, dv: pl.DataFrame) -> Iterator[tuple[str, Sequence[int], str]]:
    """Return the sectors of our sets from a target list, as (set, sectors, source)."""
    rows = read_target_list(path).select("tic", "first_sector", "last_sector", "sectors")
    sets = dv.select("set", "pipeline", "tic", "first_sector", "last_sector").unique("set").filter(pipeline="SPOC")
    ours = sets.join(rows, on=["tic", "first_sector", "last_sector"])
    return ((key, sectors, "target list") for key, sectors in ours.select("set", "sectors").iter_rows())


def _why_no_set_is_listed(path: Path, dv: pl.DataFrame) -> str:
    """Return why a target list holds none of our sets."""
    rows, keys = read_target_list(path), ["first_sector", "last_sector"]
    if len(dv.join(rows, on=keys, how="semi")):
        tics = dv.join(rows, on=keys, how="semi")["tic"].unique().sort().to_list()
        return f"it does not list TIC {text.first(tics, 5)}"
    ranges = rows.select(keys).unique().sort(keys).rows()
    searched = ", ".join(f"{first}-{last}" for first, last in ranges) or "none"
    return f"it is of the search over sectors {searched}, of which no run is listed here"


def sectors_of_file(path: Path | str) -> tuple[int, ...] | None:
    """Read the sectors that a run used from one of its files.

    Parameters
    ----------
    path : Path or str
        A DV report (``.xml``) or time series (``.fits``).

    Returns
    -------
    tuple of int or None
        None if the file does not say; the headers of later time series of several sectors do not.

    Raises
    ------
    DamagedFileError, LoadError, OSError
        As `tess_source_dv.read.report.read_report` and `tess_source_dv.read.dvt_file.headers`; LoadError for a file of another kind.
    """
    path = paths.user_path(path)
    if path.suffix.lower() == ".xml":
        return read_report(path).sectors or None
    if path.suffix.lower() in {".fits", ".fit"}:
        bits = headers(path)[0].get("SECTORS")
        try:
            return (sectors_of_bits(str(bits).strip(), 0) or None) if bits is not None else None
        except ValueError as error:
            raise DamagedFileError(f"{path.name} is damaged: SECTORS: {error}") from error
    raise LoadError(f"{path.name} is neither a DV report (.xml) nor a DV time series (.fits)")


def root_of(found: Found, root: str | Path | None) -> Path:
    """Return the folder for files: the cache folder if none is named."""
    return session_of(found).store.root if root is None else paths.user_path(root)


def _files_here(found: Found, root: Path) -> Iterator[tuple[Path, str]]:
    """Yield the reports, and the time series over several sectors, that lie in the folder, each with the problem of its size."""
    wide = pl.col("first_sector") < pl.col("last_sector")
    telling = (pl.col("kind") == "dvr-xml") | ((pl.col("kind") == "dvt") & wide)
    if not root.is_dir():
        return
    items = found.replace(products=found.products.where(telling)).plan(root, layout="mast", large=True).items
    for item in ItemRows(items.where(pl.Series([_is_there(root, path) for path in items["path"]], dtype=pl.Boolean))):
        try:
            path = None if item.problem else paths.inside(root, item.path)
            if path and path.is_file():
                yield path, _size_problem(root, item)
        except (OSError, ValueError):  # a name that this system cannot have, or a link that leads out of the folder
            continue


def _is_there(root: Path, path: str) -> bool:
    """Return whether anything lies at a path: most files are not here, and to follow links takes a hundred times as long."""
    try:
        return bool(path) and os.path.lexists(os.path.join(root, path))  # noqa: PTH118
    except ValueError:  # a name that this system cannot have
        return False


def _size_problem(root: Path, item: Item) -> str:
    """Return a message if the file that lies there has not the size that the archive gives; else an empty text."""
    path = root / item.path
    size = path.stat().st_size if item.path and path.is_file() else None
    if size is None or item.size is None or size == item.size:
        return ""
    return f"it lies in {root} and is damaged: {size:,} of {item.size:,} bytes"


def _uris_to_fetch(dv: pl.DataFrame, gathered: _Gathered, *, all_sets: bool) -> list[str]:
    """Return the URIs of the reports to fetch."""
    wide = pl.lit(True) if all_sets else pl.col("first_sector") < pl.col("last_sector")
    told = list(gathered.tces) if all_sets else [key for key, sectors, _ in gathered.sectors if sectors]
    wanted = dv.filter((pl.col("kind") == "dvr-xml") & wide & ~pl.col("set").is_in(told))
    return wanted["uri"].to_list()


def fetch_reports(found: Found, uris: Sequence[str], root: Path) -> tuple[list[Path], dict[str, str]]:
    """Fetch files of a search that may have been left out of its products since.

    Returns
    -------
    paths : list of Path
        In the order of `uris`.
    failed : dict
        URI → why it could not be fetched.
    """
    if not uris:
        return [], {}
    products = found.products
    if not set(uris) <= set(products["uri"]) and len(found.observations):
        products = products_of(
            found.observations, session=session_of(found)
        )  # a selection left them out: ask for the whole list
    wanted = products.where(pl.col("uri").is_in(list(uris)))
    manifest = found.replace(products=wanted, drops=()).plan(root, layout="mast").download()
    fetched = {entry.item.uri: entry.path for entry in manifest if entry.ok and entry.path is not None}
    failed = {entry.item.uri: _failure_reason(root, entry) for entry in manifest if not entry.ok}
    return (
        [fetched[uri] for uri in uris if uri in fetched],
        {uri: failed.get(uri, "it is not listed") for uri in uris if uri not in fetched},
    )


def _failure_reason(root: Path, entry: Entry) -> str:
    """Return why a file could not be used: the reason that it was not fetched, and whether the one that lies there is damaged."""
    if damage := _size_problem(root, entry.item):
        return f"{damage}, and it was not fetched again: {entry.error.removesuffix(NOT_HERE)}"
    return entry.error

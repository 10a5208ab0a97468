"""Learning which sectors were really used: from files at hand, from files that are given, and from reports fetched for it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source import names
from tess_source.errors import LoadError
from tess_source_dv.known import known
from tess_source_dv.members import everything, members
from tess_source_dv.report import read_report, set_key
from tess_source_dv.sectors_of import read_target_list, sectors_of_file
from tess_source_dv.tces import TCEs, of_report

if TYPE_CHECKING:
    import polars as pl

    from tess_source.found import Found

__all__ = ["Learned", "fetch_reports", "learn"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Learned:
    """What files tell of sets."""

    sectors: pl.DataFrame
    """As `tess_source_dv.known.known` gives it."""
    tces: TCEs
    """From the reports among them."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """URI or file name → why it tells nothing."""


def learn(
    found: Found,
    *,
    exact: bool = False,
    root: str | Path = ".",
    files: Iterable[str | Path] = (),
    reports: bool = False,
) -> Learned:
    """Read what is at hand, and fetch reports if asked to.

    Parameters
    ----------
    found : Found
    exact : bool
        Fetch the reports of searches over several sectors that nothing at hand tells of.
    root : str or Path
        Where files may lie (layout ``mast``), and where they are fetched to.
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
    gathered = _Gathered()
    dv = members(everything(found))
    for path in map(Path, files):
        gathered.given(path, dv)
    for path in _here(found, root):
        gathered.at_hand(path)
    if exact or reports:
        wanted = _unknown(dv, gathered, all_sets=reports)
        fetched, failed = fetch_reports(found, wanted, root)
        gathered.failed |= failed
        for path in fetched:
            gathered.at_hand(path)
    for name, problem in gathered.failed.items():
        log.warning("%s tells nothing: %s", name, problem)
    return Learned(known(gathered.sectors), gathered.table(), gathered.failed)


@dataclass
class _Gathered:
    """What was read so far."""

    sectors: list[tuple[str, Sequence[int], str]] = field(default_factory=list)
    tces: dict[str, TCEs] = field(default_factory=dict)
    """Set → its TCEs, of those whose reports were read."""
    failed: dict[str, str] = field(default_factory=dict)

    def at_hand(self, path: Path) -> None:
        """Read a file that happens to lie here: if it is damaged, that is said, and no more."""
        try:
            self.read(path)
        except (LoadError, OSError) as error:
            self.failed[path.name] = str(error)

    def given(self, path: Path, dv: pl.DataFrame) -> None:
        """Read a file that the user named."""
        if path.suffix.lower() in {".xml", ".fits", ".fit"}:
            self.read(path)
        else:
            self.sectors += _listed(path, dv)

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
            self.tces[report.set] = of_report(report)

    def table(self) -> TCEs:
        return TCEs.stack(self.tces.values()).sort()


def _listed(path: Path, dv: pl.DataFrame) -> Iterator[tuple[str, Sequence[int], str]]:
    """Take the sectors of our sets from a target list."""
    rows = read_target_list(path).select("tic", "first_sector", "last_sector", "sectors")
    sets = dv.select("set", "pipeline", "tic", "first_sector", "last_sector").unique("set").filter(pipeline="SPOC")
    ours = sets.join(rows, on=["tic", "first_sector", "last_sector"])
    return ((key, sectors, "target list") for key, sectors in ours.select("set", "sectors").iter_rows())


def _here(found: Found, root: str | Path) -> list[Path]:
    """Find reports, and time series over several sectors, that lie in the folder already, complete."""
    import polars as pl

    wide = pl.col("first_sector") < pl.col("last_sector")
    telling = (pl.col("kind") == "dvr-xml") | ((pl.col("kind") == "dvt") & wide)
    if not Path(root).is_dir():
        return []
    plan = found.replace(products=found.products.where(telling)).plan(root)
    return [Path(root, item.path) for item, here in zip(plan, plan.here(), strict=True) if here]


def _unknown(dv: pl.DataFrame, gathered: _Gathered, *, all_sets: bool) -> list[str]:
    """URIs of the reports to fetch."""
    import polars as pl

    wide = pl.lit(True) if all_sets else pl.col("first_sector") < pl.col("last_sector")
    told = list(gathered.tces) if all_sets else [key for key, sectors, _ in gathered.sectors if sectors]
    wanted = dv.filter((pl.col("kind") == "dvr-xml") & wide & ~pl.col("set").is_in(told))
    return wanted["uri"].to_list()


def fetch_reports(found: Found, uris: Sequence[str], root: str | Path) -> tuple[list[Path], dict[str, str]]:
    """Fetch files of a search that may have been left out of its products since.

    Returns
    -------
    paths : list of Path
        In the order of `uris`.
    failed : dict
        URI → why it could not be fetched.
    """
    import polars as pl

    if not uris:
        return [], {}
    products = found.products
    if not set(uris) <= set(products["uri"]) and len(found.observations):
        products = found._session().products(found.observations)  # a selection left them out: ask for the whole list
    wanted = products.where(pl.col("uri").is_in(list(uris)))
    manifest = found.replace(products=wanted, drops=()).plan(root).download()
    paths = {entry.item.uri: entry.path for entry in manifest if entry.ok and entry.path is not None}
    failed = {uri: manifest.errors.get(uri, "it is not listed") for uri in uris if uri not in paths}
    return [paths[uri] for uri in uris if uri in paths], failed

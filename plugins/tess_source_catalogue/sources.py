"""The lists that the catalogue is made from, a record per source."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from tess_source import names
from tess_source.hooks.records import Service, Source
from tess_source_catalogue.bucket import read_sizes
from tess_source_catalogue.parse.portal import read_observations
from tess_source_catalogue.parse.scripts import read_script
from tess_source_catalogue.parse.targets import read_hlsp_targets, read_targets
from tess_source_catalogue.parse.tces import read_tces

__all__ = ["SERVICES", "SOURCES"]

_MAST = "https://archive.stsci.edu"
_SCRIPTS = f"{_MAST}/missions/tess/download_scripts"
_OFFICE = "https://tess.mit.edu"
_HLSP = f"{_MAST}/hlsps"
_TESS_SPOC = f"{_HLSP}/tess-spoc/download_scripts/hlsp_tess-spoc_tess_phot"

TCE_PAGE = f"{_MAST}/tess/bulk_downloads/bulk_downloads_tce.html"
"""The page with links to all tables of TCEs. The scripts of searches over several sectors have the same ranges."""
SCRIPT = ("#", "curl", "wget")
DV = ("dvt", "dvr-pdf", "dvr-xml", "dvs", "dvm")
TESS_SPOC_RANGES = ((56, 69),)
"""First and last sector of TESS-SPOC's searches over several sectors: no page has links to their scripts."""

Locate = Callable[[int, Sequence[str]], Sequence[str]]


def _at(*templates: str) -> Locate:
    """Return a function that writes the number of a sector into addresses: several places of one list."""

    def locate(sector: int, links: Sequence[str]) -> Sequence[str]:
        return [template.format(sector=sector) for template in templates]

    return locate


@functools.lru_cache(maxsize=4096)
def _parsed(link: str) -> names.Name:
    """Return what a link says: each is looked at for each sector."""
    return names.parse(link)


def _tables(sector: int, links: Sequence[str], *, several: bool) -> list[tuple[str, names.Name]]:
    """Return the links to TCE tables of searches that end with a sector, with what their names say."""
    found = [(link, _parsed(link)) for link in links]
    return [
        (link, name)
        for link, name in found
        if name.kind == "tcestats" and name.last_sector == sector and (name.first_sector != sector) == several
    ]


def _tce_table(sector: int, links: Sequence[str]) -> Sequence[str]:
    return [link for link, _ in _tables(sector, links, several=False)]


def _tce_tables(sector: int, links: Sequence[str]) -> Sequence[str]:
    return [link for link, _ in _tables(sector, links, several=True)]


def _multi_sector_scripts(sector: int, links: Sequence[str]) -> Sequence[str]:
    """Return the addresses of scripts of searches over several sectors. Both folders have been seen."""
    ranges = dict.fromkeys((name.first_sector, name.last_sector) for _, name in _tables(sector, links, several=True))
    return [
        f"{_SCRIPTS}/{folder}/tesscurl_multisector_s{first:04d}-s{last:04d}_dv.sh"
        for first, last in ranges
        for folder in ("sector", "multisector")
    ]


def _tess_spoc_validation(sector: int, links: Sequence[str]) -> Sequence[str]:
    """Return the addresses of the script of a sector's searches, and of those over several sectors that end with it."""
    ranges = [f"s{sector:04d}", *(f"s{first:04d}-s{last:04d}" for first, last in TESS_SPOC_RANGES if last == sector)]
    return [f"{_TESS_SPOC}_{sectors}_tess_v1_dl-dv.sh" for sectors in ranges]


def _spoc_script(product: str, help_: str, kinds: Sequence[str], since: int = 1) -> Source:
    address = f"{_SCRIPTS}/sector/tesscurl_sector_{{sector}}_{product}.sh"
    return Source(product, help_, "SPOC", _at(address), read_script, SCRIPT, kinds=kinds, since=since)


def _script(name: str, help_: str, pipeline: str, address: str, kinds: Sequence[str], since: int = 1) -> Source:
    return Source(name, help_, pipeline, _at(address), read_script, SCRIPT, kinds=kinds, since=since)


def _targets(pipeline: str) -> Source:
    name, help_ = pipeline.lower(), f"stars of {pipeline} with their positions"
    address = f"{_HLSP}/{name}/target_lists/s{{sector:04d}}.csv"
    return Source(f"{name}-targets", help_, pipeline, _at(address), read_hlsp_targets, gives="targets")


SOURCES: Sequence[Source] = (
    _spoc_script("lc", "light curves at 120 s", ("lc",)),
    _spoc_script("tp", "target pixels at 120 s", ("tp",)),
    _spoc_script("fast-lc", "light curves at 20 s", ("fast-lc",), since=27),
    _spoc_script("fast-tp", "target pixels at 20 s", ("fast-tp",), since=27),
    _spoc_script("dv", "data validation of single sectors", DV),
    Source(
        "multi-dv", "data validation of several sectors", "SPOC", _multi_sector_scripts, read_script, SCRIPT, kinds=DV,
        index=TCE_PAGE, several=True,
    ),
    Source(
        "targets", "2-min targets: camera, CCD, magnitude and position", "SPOC",
        _at(
            f"{_OFFICE}/public/target_lists/2m/all_targets_S{{sector:03d}}_v1.csv",
            f"{_OFFICE}/public/target_lists/2m/all_targets_S{{sector:03d}}_v1.txt",
            f"{_OFFICE}/wp-content/uploads/all_targets_S{{sector:03d}}_v1.txt",
        ),
        read_targets, gives="targets",
    ),
    Source(
        "fast-targets", "20-s targets: camera, CCD, magnitude and position", "SPOC",
        _at(
            f"{_OFFICE}/public/target_lists/20s/all_targets_20s_S{{sector:03d}}_v1.csv",
            f"{_OFFICE}/public/target_lists/20s/all_targets_20s_S{{sector:03d}}_v1.txt",
        ),
        read_targets, gives="targets", since=27,
    ),
    Source(
        "tce", "threshold crossing events of single sectors", "SPOC", _tce_table, read_tces, gives="tces",
        index=TCE_PAGE,
    ),
    Source(
        "multi-tce", "threshold crossing events of several sectors", "SPOC", _tce_tables, read_tces,
        gives="tces", index=TCE_PAGE, several=True,
    ),
    _script(
        "qlp", "QLP's light curves", "QLP",
        f"{_HLSP}/qlp/download_scripts/hlsp_qlp_tess_ffi_s{{sector:04d}}_tess_v01_llc-fits.sh", ("lc",),
    ),
    _script("tess-spoc-lc", "TESS-SPOC's light curves", "TESS-SPOC", f"{_TESS_SPOC}_s{{sector:04d}}_tess_v1_dl-lc.sh", ("lc",)),
    _script("tess-spoc-tp", "TESS-SPOC's target pixels", "TESS-SPOC", f"{_TESS_SPOC}_s{{sector:04d}}_tess_v1_dl-tp.sh", ("tp",)),
    Source(
        "tess-spoc-dv", "TESS-SPOC's data validation, of several sectors too", "TESS-SPOC", _tess_spoc_validation, read_script,
        SCRIPT, kinds=DV, since=36,
    ),
    _script(
        "tglc", "TGLC's light curves", "TGLC",
        f"{_HLSP}/tglc/download_scripts/hlsp_tglc_tess_ffi_s{{sector:04d}}_tess_v1_llc.sh", ("lc",),
    ),
    *(_targets(pipeline) for pipeline in ("QLP", "TESS-SPOC", "TGLC")),
    Source(
        "portal", "the portal's own rows: observed when, released when, programmes, regions", "SPOC",
        _at("portal:mast?provenance_name=SPOC&sequence_number={sector}"), read_observations, gives="observations",
        optional=True,
    ),
    Source(
        "cloud", "exact sizes and sums of files, by the listing of the public cloud copy", "SPOC",
        _at("cloud:tess/public/tid/s{sector:04d}/"), read_sizes, gives="sizes", optional=True,
    ),
)  # fmt: skip
"""All sources. Those of MAST's bulk pages are documented there; see ``docs/mast-contract.md`` for what only others report."""

SERVICES: tuple[Service, ...] = (
    Service("lists", TCE_PAGE, "the catalogue's lists of files and TCEs"),
    Service(
        "target lists", f"{_OFFICE}/public/target_lists/2m/all_targets_S001_v1.csv", "the catalogue's lists of targets"
    ),
)
"""The sites with lists, each with an address that has been there for years."""

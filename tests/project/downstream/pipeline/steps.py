"""The path: from a target to loaded files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import lightkurve
import polars as pl

import tess_source
from pipeline import small_files
from tess_source.errors import LoadError, OfflineError, ServiceError
from tess_source.hooks.specs import DeclaresAccessors, DeclaresFilters
from tess_source.tables.loaded import Group

filters: DeclaresFilters = small_files
accessors: DeclaresAccessors = small_files


def session_of(server: str, cache: Path) -> tess_source.Session:
    """Return a session of our own, with our plugin."""
    session = tess_source.Session(server, cache=cache, plugins=[small_files])
    name: str = session.register(small_files, replace=True)
    logging.info("%s is registered", name)
    return session


def in_steps(tic: int, folder: Path, session: tess_source.Session) -> tess_source.Manifest:
    """Walk from observations to products to files."""
    observations = tess_source.observations(tic, sector=14, session=session)
    products = tess_source.products(observations, session=session)
    sizes: pl.Series = products["size"]
    first: dict[str, object] = products[0]
    logging.info("%s bytes, first of all %s", sizes.sum(), first)
    return tess_source.download(products, folder, jobs=2, progress=False, session=session)


def planned(target: str, folder: Path, session: tess_source.Session) -> Path:
    """Search, choose, plan, fetch, and save the lock."""
    found = tess_source.search(target, kind="lc", session=session)
    chosen = small_files.small(found.one_per_sector(["SPOC", 120]), most=3_000_000)
    for drop in chosen.drops:
        logging.info("%s left out %d", drop.filter, drop.dropped)
    plan = chosen.plan(folder, layout="flat")
    missing: pl.DataFrame = plan.expected()
    logging.info("%d files, %d looked at", len(plan), missing.height)
    try:
        manifest = plan.download(jobs=4, progress=lambda files, size: None)
    except tess_source.Interrupted as stopped:
        manifest = stopped.manifest
    if len(manifest.failed):
        manifest = manifest.failed.download()
    return manifest.lock().save(folder / "lock.ecsv")


def again(lock: Path, folder: Path, session: tess_source.Session) -> dict[str, str]:
    """Fetch what a lock names."""
    plan = tess_source.load_plan(lock, folder, session=session)
    try:
        return {entry.item.uri: str(entry.path) for entry in plan.iter_download() if entry.ok}
    except OfflineError as error:
        raise SystemExit(f"{error.missing} is not here: {error.reason}") from error
    except ServiceError as error:
        status: int | None = error.status
        raise SystemExit(f"{error.service}: {error.problem} ({status})") from error
    except tess_source.TessSourceError as error:
        raise SystemExit(str(error)) from error


def of_runs(found: tess_source.Found, folder: Path) -> tuple[int, list[int]]:
    """Use methods that built-in plugins add to what was found."""
    sets = found.dv(exact=True, root=folder)
    tces = found.tces(folder)
    page: Path = found.show_html(folder / "page.html")
    found.plot(folder / "curves.png", tic=16740101).set_size_inches(8, 4)
    found.plot_coverage(page.with_suffix(".png"), tic=16740101)
    return len(sets.current), tces["tce"].to_list()


def arrays_of(manifest: tess_source.Manifest, folder: Path) -> float:
    """Use methods that built-in plugins add to what was fetched."""
    total = 0.0
    for arrays in manifest.iter_arrays(("time", "sap_flux"), quality_bitmask="default"):
        total += float(arrays["sap_flux"].sum())
    manifest.to_parquet(folder / "curves.parquet", columns=("time", "sap_flux"))
    return total


def opened(manifest: tess_source.Manifest) -> Iterator[int]:
    """Open files in the ways that there are."""
    curves = manifest.load(flux_column="sap_flux")
    if isinstance(curves, tess_source.Loaded):
        yield from (len(curves[kind]) for kind in curves)
    else:
        yield _length(curves)
    if isinstance(curves, lightkurve.LightCurveCollection):
        yield len(curves)
    try:
        again = tess_source.open([entry.path for entry in manifest if entry.path is not None])
        yield len(again)
    except LoadError as error:
        logging.warning("%s", error)
    yield sum(1 for one in manifest.iter_read() if one.ok)


def _length(group: Group) -> int:
    return len(group)


def like_lightkurve(star: str, session: tess_source.Session) -> int:
    """Use lightkurve's words."""
    table = tess_source.search_lightcurve(star, author="SPOC", sector=[14, 15], session=session)
    first = table[0].download(quality_bitmask="hard")
    everything = table.download_all(download_dir="here")
    return 0 if first is None or everything is None else len(everything) + len(table.found)

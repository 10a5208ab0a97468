"""Mistakes, one per line that ends in "wrong": a type checker must see each, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import tess_source
import tess_source.download.http
import tess_source.search.select
from tess_source import Filter, Found, Manifest, Plan, Session
from tess_source.hooks.specs import DeclaresFilters, Reader, Resolver
from tess_source.targets.target import Target


class Forgetful:
    """Hooks whose signatures are not those of the contract."""

    def tess_filters(self) -> Sequence[str]:
        """Return words in place of records."""
        return ("small",)

    def tess_resolve(self, name: str) -> Target | None:
        """Lack an argument, and call the other differently."""
        return None


filters: DeclaresFilters = Forgetful()  # wrong
resolver: Resolver = Forgetful()  # wrong
reader: Reader = Forgetful()  # wrong
small = Filter("small", "size < 10", "a mask is a function")  # wrong


def asked(session: Session) -> None:
    """Ask wrongly."""
    tess_source.search("KELT-9", session="default")  # wrong
    tess_source.search("KELT-9").products.nothing()  # wrong
    tess_source.search("KELT-9").narrowed().nothing()  # wrong
    tess_source.searched("KELT-9")  # wrong
    session.search("KELT-9", wildcards="yes")  # wrong
    session.select()  # wrong
    count: str = session.count(sector=14)  # wrong
    tess_source.Session(timeout="long")  # wrong
    print(count)


def chose(found: Found) -> None:
    """Choose wrongly."""
    found.explan()  # wrong
    found.products = found.products  # wrong
    found.dv(exat=True)  # wrong
    found.dv().nothing()  # wrong
    found.tces(which=1)  # wrong
    found.plot(folder=Path(), path=3)  # wrong
    found.show_html()  # wrong
    found.one_per_sector().nothing()  # wrong
    found.plan(14)  # wrong


def fetched(plan: Plan, manifest: Manifest) -> None:
    """Fetch and open wrongly."""
    plan.download(jobs="x")  # wrong
    plan.download(progress="bar")  # wrong
    plan.download(on_entry=lambda: None)  # wrong
    tess_source.download(plan, jobs="x")  # wrong
    tess_source.load_plan(None)  # wrong
    manifest.nothing()  # wrong
    print(manifest.failed.ok)  # wrong
    manifest.load().stitch()  # wrong
    manifest.load()["light curves"]  # wrong
    manifest.iter_arrays(qualty_bitmask=0)  # wrong
    manifest.to_parquet()  # wrong
    manifest.to_arrow(verify="yes")  # wrong
    tess_source.open(14)  # wrong
    tess_source.open("a.fits").stitch()  # wrong
    tess_source.search_lightcurve("KELT-9").download_all().stitch()  # wrong
    tess_source.search_lightcurve("KELT-9").download().plot()  # wrong
    tess_source.search_lightcurve("KELT-9", limit="two")  # wrong
    tess_source.search_lightcurve("KELT-9").download(download_dir=3)  # wrong

"""What the tests of data-validation sets share: names of files, and a session that knows this plugin alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import tess_source_dv
from tess_source import Found, Products, Session

TIC = 16740101
WHOLE = ("dvt.fits", "dvr.xml", "dvr.pdf", "dvm.pdf")


def light_curve(sector: int, tic: int = TIC, end: str = "s_lc") -> str:
    return f"tess2019198215352-s{sector:04d}-{tic:016d}-0150-{end}.fits"


def member(first: int, last: int, run: int, end: str = "dvt.fits", tic: int = TIC) -> str:
    return f"tess2019199201929-s{first:04d}-s{last:04d}-{tic:016d}-{run:05d}_{end}"


def whole(first: int, last: int, run: int, tces: Sequence[int] = (1,), tic: int = TIC) -> Iterator[str]:
    """Name all files of a set."""
    yield from (member(first, last, run, end, tic) for end in WHOLE)
    stem = f"tess2019199201929-s{first:04d}-s{last:04d}-{tic:016d}"
    yield from (f"{stem}-{tce:02d}-{run:05d}_dvs.pdf" for tce in tces)


def key(first: int, last: int, run: int | str, tic: int = TIC, pipeline: str = "SPOC") -> str:
    return f"{pipeline}/{tic}/s{first:04d}-s{last:04d}/{run if isinstance(run, str) else f'{run:05d}'}"


def products(*filenames: str) -> Products:
    return Products.of([{"uri": f"mast:TESS/product/{name}"} for name in filenames])


def found(*filenames: str) -> Found:
    """Take products as if they had been searched for."""
    session = Session(discover=False, plugins=[tess_source_dv])
    return session.found(products(*filenames).to_polars())

"""The catalogue gives the same products as the portal from whose archive its lists are; what it lacks it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from both_archives import SECTORS, both, catalogue_of

from tess_source import Found, Session
from tess_source.errors import QueryError
from tess_source_sample.server import SampleArchive

HERE = {"sector": list(SECTORS)}
KELT9, TOI3505 = 16740101, 390988385


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with SampleArchive() as archive, catalogue_of(archive, tmp_path_factory.mktemp("cache")) as session:
        yield session


def files(found: Found) -> pl.DataFrame:
    """Give what must be the same. Of QLP, the lists have no text files; of TGLC, the portal's names have no TIC id."""
    columns = [
        "uri",
        "kind",
        "tic",
        "first_sector",
        "last_sector",
        "exptime",
        "pipeline",
        "run",
        "tce",
        "filename",
        "obs_id",
    ]
    columns += ["dv_set", "dv_sectors", "dv_state", "superseded_by", "supersedes"]
    frame = found.products.to_polars().filter(pl.col("kind") != "lc-txt").select(columns).sort("uri")
    return frame.with_columns(tic=pl.when(pl.col("pipeline") != "TGLC").then("tic"))


def links(found: Found) -> pl.DataFrame:
    return found.narrowed().links.to_polars().sort("subject", "kind", "object")


QUESTIONS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "a star": ((KELT9,), HERE),
    "two stars": (([KELT9, TOI3505],), HERE),
    "a star nobody saw": ((5,), HERE),
    "a name": (("KELT-9",), HERE),
    "a place": (("308.0 39.9",), {**HERE, "radius": "1 deg"}),
    "light curves of a star": ((TOI3505,), {**HERE, "kind": "lc"}),
    "what is no summary": ((KELT9,), {**HERE, "kind": "!dvs"}),
    "a sector": ((), {"sector": 14}),
    "sectors": ((), {"sector": [14, 15]}),
    "reports of a sector": ((), {"sector": 14, "kind": "dvr-xml"}),
    "current sets": ((KELT9,), {**HERE, "dv": "current"}),
    "widest sets": ((KELT9,), {**HERE, "dv": "widest"}),
    "20 s": ((KELT9,), {"sector": 75, "exptime": "fast"}),
    "120 s": ((KELT9,), {"sector": 75, "exptime": 120}),
    "one per sector": ((TOI3505,), {"sector": 54, "pipeline": ["SPOC", "QLP", "TESS-SPOC"], "one_per_sector": True}),
    "others": ((TOI3505,), {"sector": 54, "pipeline": ["QLP", "TESS-SPOC"], "kind": "lc"}),
    "all pipelines of a sector": ((), {"sector": 1, "pipeline": ["SPOC", "QLP", "TESS-SPOC", "TGLC"]}),
    "a criterion": ((), {"sequence_number": 14, "provenance_name": "spoc", "pipeline": None}),
    "a range": ((KELT9,), {**HERE, "t_exptime": [100, 130]}),
    "a wildcard": ((), {"obs_id": "tess2019*-s0014-*-s", "wildcards": True, "pipeline": None}),
    "a star by name": ((), {"target_name": str(KELT9), **HERE}),
    "an observation": (("tess2019198215352-s0014-0000000016740101-0150-s",), {"pipeline": None}),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_portal_and_catalogue_give_the_same(session: Session, question: str) -> None:
    targets, words = QUESTIONS[question]
    portal, ours = both(session, *targets, **words)
    assert files(ours).equals(files(portal))
    assert links(ours).equals(links(portal))
    assert set(ours.products["archive"]) <= {"catalogue"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"sector": 3}, "the catalogue lacks SPOC .*of sector 3.*`tess-source catalogue update --sector 3 --source lc"),
        ({"sector": [14, 3], "kind": "lc", "pipeline": "SPOC"}, "lacks SPOC lc of sector 3;"),
        ({"pipeline": "TASOC"}, "no files by TASOC.*archive='mast'"),
        ({"pipeline": "SPOC,TASOC"}, "no files by TASOC"),
        ({"kind": "ffi"}, "no ffi files"),
        ({"dataproduct_type": "image"}, "no files with dataproduct_type=image"),
        ({"project": "Kepler"}, "no files with project=Kepler"),
        (
            {"sector": 14, "proposal_id": "G011183"},
            "column 'proposal_id' is not known of .*SPOC in sectors 14.* --source portal`",
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("target", [(), (KELT9,)], ids=["all", "a star"])
def test_what_it_lacks_is_an_error_that_says_what_would_bring_it(
    session: Session, target: tuple[int, ...], words: dict[str, Any], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        session.search(*target, archive="catalogue", **words)

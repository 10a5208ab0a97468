"""Questions by chance, asked of the portal and of the catalogue: the answers are the same, or the catalogue says what it lacks.

They differ only where the lists do, and that is documented:

- QLP's text files are in no list;
- the portal's names of TGLC's observations have no TIC id, and the target lists do;
- without a pipeline, the catalogue means those that it has, which the answer says: the portal is asked for the same;
- no list has TESS-SPOC's data validation of several sectors, which the answer says: the portal is asked as if it had none.
"""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from both_archives import SECTORS, files, links, with_catalogue
from fuzz import attempts
from sizes import STRESS

from tess_source import Found, Session
from tess_source.errors import QueryError, TessSourceError
from tess_source_sample.server import SampleArchive

LACKS = r"the catalogue (lacks|ends|has no)|is not known of|are not known|no list (has|of)"
"""How the catalogue says that no list here tells what is asked."""
UNLISTED = re.compile(r"tess-spoc_.*-s\d{4}-s\d{4}_")
"""Names of observations of which there are no lists."""
STARS = (16740101, 25132999, 307210830, 390988385, 408084461, 141914082, 261136679, 12862099, 118004375, 96703881, 5)
PLACES = ("307.86 39.94", "308 39.9", "67.88 -63.02", "20:31:26 +39:56:19", "KELT-9", "TOI-3505", "0 0")
PIPELINES = ("SPOC", "QLP", "TESS-SPOC", "TGLC", "spoc", "!SPOC", "!QLP", "TASOC")
KINDS = ("lc", "tp", "fast-lc", "dvt", "dvr-xml", "dvm", "dvs", "dvr-pdf", "!dvs", "!lc", "ffi", "lc-txt")
"""Kinds, of which most are on some list."""


def filters(chance: random.Random) -> dict[str, Any]:
    """Return some filters with values."""
    sector = chance.choice(SECTORS)
    known: dict[str, tuple[Any, ...]] = {
        "sector": (sector, [sector, 54], f"{sector}..90", f"<={sector}", f"!{sector}"),
        "pipeline": (*PIPELINES, ["SPOC", "QLP"], "SPOC,TESS-SPOC", None),
        "kind": (*KINDS, ["lc", "dvt"], "lc,tp", "tp,dvr-xml,dvs"),
        "exptime": (120, 20, "fast", "short", "<100", [20, 120], 1800, "long"),
        "tic": (*STARS, [*STARS[:3]], "!16740101"),
        "name": ("*s0014*", "*_lc.fits", "*dvt*", "tess*"),
        "run": ("last", ">0", 1),
        "tce": (1, ">1", [1, 2]),
        "where": ("sector > 14", "tic < 200000000", "kind = 'lc'"),
        "ra": ((300, 310), "<100", "350..70"),
        "dec": ((-70, 0), ">0"),
        "cone": ("307.86 39.94 1 deg", "67.88 -63.02 0.1 deg"),
        "dv": ("widest", "latest", "each"),
        "latest": (True,), "shortest": (True,), "one_per_sector": (True,), "limit": (0, 1, 5, 1000),
    }  # fmt: skip
    return {
        name: chance.choice(known[name]) for name in chance.sample(sorted(known), chance.choice((0, 1, 1, 2, 2, 3)))
    }


def criteria(chance: random.Random) -> dict[str, Any]:
    """Return some columns of the portal with values."""
    known: dict[str, tuple[Any, ...]] = {
        "sequence_number": (*SECTORS, [14, 15], "14"),
        "provenance_name": ("SPOC", "qlp", ["SPOC", "TGLC"], "*SPOC"),
        "target_name": (*STARS, "16740101", ["16740101", "25132999"], "1674*"),
        "t_exptime": ([100, 130], [15, 25], 120),
        "dataproduct_type": ("timeseries", "TIMESERIES", "image", "time*"),
        "obs_collection": ("TESS", "HLSP", "tess"),
        "obs_id": ("*s0014*", "*-s", "tess2019198215352-s0014-0000000016740101-0150-s", "hlsp*", "*qlp*"),
        "dataURL": ("*_lc.fits", "mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"),
        "s_ra": ([300, 310], [0, 100]), "s_dec": ([-90, 0], [39, 40]), "filters": ("TESS",), "project": ("TESS", "Kepler"),
        "instrument_name": ("Photometer", "phot*"), "intentType": ("science",), "wavelength_region": ("Optical", "Infrared"),
        "em_min": ([500, 700],), "proposal_id": ("G011183", "*G022*"), "t_min": ([58000, 60000],), "calib_level": (3,),
        "objID": (70590298,), "obsid": (27503032,), "dataRights": ("PUBLIC",), "jpegURL": ("*",), "mtFlag": (False,),
    }  # fmt: skip
    return {
        name: chance.choice(known[name]) for name in chance.sample(sorted(known), chance.choice((0, 0, 0, 1, 1, 2)))
    }


def question(chance: random.Random) -> tuple[Any, dict[str, Any]]:
    """Return targets, if any, and keywords of a search."""
    place = chance.choice(PLACES)
    stars = chance.sample(STARS, 3)
    observation = "tess2019198215352-s0014-0000000016740101-0150-s"
    targets = chance.choice((None, None, stars[0], stars[0], stars, place, [place, stars[0]], observation))
    words = {**criteria(chance), **filters(chance)}
    if targets == place and chance.random() < 0.6:
        words["radius"] = chance.choice((5, "1 arcmin", "1 deg", "20 deg"))
    if any("*" in str(value) for value in words.values()):
        words["wildcards"] = True
    if not STRESS and not {"sector", "sequence_number"} & {*words}:
        words["sector"] = [*SECTORS]  # of which the lists are here
    return targets, words


def asked(session: Session, archive: str, targets: Any, words: dict[str, Any]) -> Found | TessSourceError:
    try:
        return session.search(*([] if targets is None else [targets]), archive=archive, **words)
    except TessSourceError as error:
        return error


@pytest.fixture(scope="module")
def session(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session with the lists of some sectors; in full, with all that there are."""
    cache, held = tmp_path_factory.mktemp("cache"), shared_archive.catalogue.observations
    held[:] = [row for row in held if not UNLISTED.search(row["obs_id"])]
    if not STRESS:
        return with_catalogue(shared_archive, cache)
    session = Session(shared_archive.url, cache=cache)
    assert not session.catalogue().update(pipeline=["SPOC", "QLP", "TESS-SPOC", "TGLC"]).failed
    return session


def difference(session: Session, targets: Any, words: dict[str, Any]) -> str:
    """Return how the answers of portal and catalogue differ, in words; empty if they do not."""
    ours = asked(session, "catalogue", targets, words)
    if isinstance(ours, QueryError) and re.search(LACKS, str(ours)):
        return ""
    meant = {} if isinstance(ours, TessSourceError) else dict(ours.query.defaults or {})
    portal = asked(session, "mast", targets, {**meant, **words})
    if isinstance(ours, TessSourceError) or isinstance(portal, TessSourceError):
        everything = "nothing was asked for" in str(portal)  # which only the catalogue can be asked for
        return "" if everything or str(ours) == str(portal) else f"{ours!s:.200}\n    portal: {portal!s:.200}"
    for what in (files, links):
        left, right = what(ours), what(portal)
        if not left.equals(right):
            more, less = (
                one.join(other, on=one.columns, how="anti", nulls_equal=True)
                for one, other in ((left, right), (right, left))
            )
            return f"{what.__name__}: {len(left)} and {len(right)}; {more.to_dicts()[:2]} and {less.to_dicts()[:2]}"
    return ""


def test_questions_by_chance_are_answered_alike_by_portal_and_catalogue(session: Session) -> None:
    wrong = []
    for number, chance in attempts(15):
        targets, words = question(chance)
        if said := difference(session, targets, words):
            wrong.append(f"{number}: {targets!r} {words}: {said}")
    assert not wrong, "\n".join(wrong)

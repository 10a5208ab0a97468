"""Filters by the star and its place: magnitude, camera, CCD, coordinates and cones."""

from __future__ import annotations

import logging
import math
from typing import Any

import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from fuzz import attempts

import tess_source_filters
from tess_source import Filter, Lookup, Observations, Products, Session, hookimpl
from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source_filters.sky import FILTERS

RECORDS = {record.name: record for record in FILTERS}
STARS: list[dict[str, Any]] = [
    {"tic": 1, "tmag": 6.5, "camera": 1, "ccd": 1, "ra": 359.9, "dec": -20.0},
    {"tic": 2, "tmag": 10.0, "camera": 2, "ccd": 4, "ra": 0.1, "dec": 30.0},
    {"tic": 3, "tmag": 13.2, "camera": 4, "ccd": 2, "ra": 180.0, "dec": 89.9},
    {"tic": 4, "tmag": None, "camera": None, "ccd": None, "ra": None, "dec": None},
]


def products(stars: list[dict[str, Any]] = STARS, **same: Any) -> Products:
    rows = [
        {
            "uri": f"lab:{star['tic']}.fits",
            "archive": "lab",
            "pipeline": "SPOC",
            "first_sector": 14,
            "last_sector": 14,
            **star,
            **same,
        }
        for star in stars
    ]
    return Products.of(pl.DataFrame(rows, infer_schema_length=None))


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(discover=False, plugins=[tess_source_filters])


def kept(session: Session, **filters: Any) -> list[int]:
    return session.select(session.found(products()), **filters).products["tic"].to_list()


@pytest.mark.parametrize(
    ("filters", "stars"),
    [
        ({"tmag": "<10"}, [1]),
        ({"tmag": "<=10"}, [1, 2]),
        ({"tmag": (6, 10)}, [1, 2]),
        ({"tmag": "6..10"}, [1, 2]),
        ({"tmag": [(6, 7), ">13"]}, [1, 3]),
        ({"tmag": (None, 7)}, [1]),
        ({"tmag": "!>12"}, [1, 2]),
        ({"tmag": (6 * units.mag, 10 * units.mag)}, [1, 2]),
        ({"tmag": "<10 mag"}, [1]),
        ({"camera": 1}, [1]),
        ({"camera": [1, 4]}, [1, 3]),
        ({"camera": "2-4"}, [2, 3]),
        ({"camera": ">2"}, [3]),
        ({"ccd": (range(1, 3))}, [1, 3]),
        ({"ccd": "1,4"}, [1, 2]),
        ({"ra": (350, 10)}, [1, 2]),
        ({"ra": "350..10"}, [1, 2]),
        ({"ra": "-10..10"}, [1, 2]),
        ({"ra": (0, 10)}, [2]),
        ({"ra": ">350"}, [1]),
        ({"ra": (0, 360)}, [1, 2, 3]),
        ({"ra": [(0, 1), (179, 181)]}, [2, 3]),
        ({"ra": (0 * units.hourangle, 13 * units.hourangle)}, [2, 3]),
        ({"ra": "23h..1h"}, [1, 2]),
        ({"ra": "359 deg..00d30m"}, [1, 2]),
        ({"ra": ">11:00:00"}, [1, 3]),
        ({"dec": "-30..10"}, [1]),
        ({"dec": "-20:30:00..+10d"}, [1]),
        ({"dec": ">60"}, [3]),
        ({"dec": (0 * units.deg, 1800 * units.arcmin)}, [2]),
        ({"ra": (350, 10), "dec": (-30, 0)}, [1]),
        ({"cone": "0 -20 1 deg"}, [1]),
        ({"cone": (0.0, -20.0, 3600)}, [1]),
        ({"cone": (123, 90, "10 arcmin")}, [3]),
        ({"cone": [(0, -20, "1 deg"), (0 * units.hourangle, 30 * units.deg, 1 * units.deg)]}, [1, 2]),
        ({"cone": (180, -89.9, "180 deg")}, [1, 2, 3]),
        ({"cone": "0 30 3.6e2"}, [2]),
        ({"cone": (0.1, 30.0, 0)}, [2]),
        ({"cone": (SkyCoord(0, -20, unit="deg"), 1 * units.deg)}, [1]),
        ({"cone": [(SkyCoord(0, -20, unit="deg"), "1 deg"), "0 30 600"]}, [1, 2]),
        ({"cone": "0 90 10 arcmin"}, [3]),
        ({"cone": "0h +30d 10 arcmin"}, [2]),
        ({"cone": (SkyCoord([0, 0], [-20, 30], unit="deg"), "1 deg")}, [1, 2]),
    ],
    ids=str,
)
def test_a_filter_keeps_what_it_says(session: Session, filters: dict[str, Any], stars: list[int]) -> None:
    assert kept(session, **filters) == stars
    if "cone" not in filters:
        written = {name: str(RECORDS[name].check(value)) for name, value in filters.items()}
        assert kept(session, **written) == stars, "as the ledger says it, it is the same filter"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("tmag", "bright", "not a number"),
        ("tmag", (10, 6), "backwards"),
        ("tmag", math.nan, "finite"),
        ("tmag", "6-10", r"a range is written 6\.\.10; give e\.g\. '<10'"),
        ("tmag", "8..", r"an open range is written '>=8'"),
        ("tmag", "..8.5", r"an open range is written '<=8\.5'"),
        ("tmag", "..", "not a number"),
        ("tmag", 3 * units.deg, "not convertible"),
        ("camera", 0, "cameras 1 to 4"),
        ("camera", "red", r"give e\.g\. 1, \[1, 2\]"),
        ("camera", 5, "cameras 1 to 4"),
        ("ccd", "1-5", "CCDs 1 to 4"),
        ("ra", 10, "no range"),
        ("ra", (400, 410), "0 to 360"),
        ("ra", "350-10", r"a range is written 350\.\.10"),
        ("ra", (360, 0), "no range"),
        ("ra", "1..2h", "both in the same unit"),
        ("ra", (1 * units.m, 2 * units.m), "angle"),
        ("dec", 5, "no range"),
        ("dec", (-100, 0), "between -90 and 90"),
        ("cone", "KELT-9 1 deg", "give a place and a radius"),
        ("cone", ("KELT-9", "1 deg"), "give its coordinates"),
        ("cone", "1 2", "place and a radius"),
        ("cone", (1, 2, "red"), "not an angle"),
        ("cone", (math.nan, 2, 5), "not a finite number"),
        ("cone", "1 2 -1 deg", "from 0 to 180 degrees"),
        ("cone", (1, 2, 181 * units.deg), "from 0 to 180 degrees"),
        ("cone", "400 20 5", "not a place on the sky"),
        ("cone", [], "empty list"),
    ],
)
def test_a_wrong_value_is_an_error_that_says_what_is_right(session: Session, name: str, value: Any, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        kept(session, **{name: value})


def test_a_single_gap_is_left_out_and_counted(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = session.select(session.found(products()), tmag=">0")
    assert found.products["tic"].to_list() == [1, 2, 3]
    assert "filter 'tmag' drops 1 of 4 products (1 of 4 stars): tmag is not known" in caplog.messages
    assert found.drops[0].dropped == 1


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("tmag", "<10", "catalogue update"),
        ("camera", 1, "catalogue update"),
        ("ccd", 1, "catalogue update"),
        ("ra", (0, 10), "refresh=True"),
        ("dec", (0, 10), "refresh=True"),
        ("cone", "0 0 10", "refresh=True"),
    ],
)
@pytest.mark.parametrize("lacking", ["no column", "nothing in it"])
def test_what_nobody_knows_is_an_error_and_never_an_empty_answer(
    session: Session, name: str, value: Any, advice: str, lacking: str
) -> None:
    columns = {"cone": ["ra", "dec"]}.get(name, [name])
    frame = products().to_polars().drop(columns)
    frame = frame if lacking == "no column" else frame.with_columns(pl.lit(None, pl.Float64).alias(c) for c in columns)
    with pytest.raises(QueryError, match=f"{columns[0]}.* is not known for 4 products of SPOC in sector 14") as error:
        session.select(session.found(Products(frame)), **{name: value})
    assert advice in str(error.value)


@pytest.mark.parametrize(
    "same", [{"first_sector": 15, "last_sector": 15}, {"pipeline": "QLP"}, {"archive": "other"}], ids=str
)
def test_a_sector_pipeline_or_archive_without_any_value_is_an_error_too(session: Session, same: dict[str, Any]) -> None:
    dark = products([{**STARS[3], "tic": 5}], **same)
    both = session.found(Products.stack([products(), dark]))
    with pytest.raises(QueryError, match="'tmag' is not known for 1 product of"):
        session.select(both, tmag="<10")
    sector = (
        {"sector": 14} if "last_sector" in same else {"pipeline": "SPOC"} if "pipeline" in same else {"tic": [1, 2]}
    )
    assert session.select(both, tmag="<10", **sector).products["tic"].to_list() == [1]


def test_an_empty_table_stays_empty(session: Session) -> None:
    assert len(session.select(session.found(Products.empty()), tmag="<10", cone="0 0 10")) == 0


def test_what_a_look_up_gives_is_filtered(session: Session) -> None:
    asked: list[int] = []

    def find(products: Products, observations: Observations, settings: Any) -> pl.DataFrame:
        asked.extend(products["tic"].to_list())
        return pl.DataFrame({"tmag": [float(tic) for tic in products["tic"]]})

    class Magnitudes:
        @hookimpl
        def tess_lookups(self) -> tuple[Lookup, ...]:
            return (Lookup("magnitudes", {"tmag": "magnitude"}, find, "magnitudes"),)

    looking = Session(discover=False, plugins=[tess_source_filters, Magnitudes()])
    plain = looking.found(Products(products().to_polars().drop("tmag")))
    assert plain.select(tmag="<3", tic=[1, 3, 4]).products["tic"].to_list() == [1]
    assert asked == [1, 3, 4], "what other masks drop is not looked up"


def test_observations_that_hold_another_star_are_not_listed() -> None:
    seen = Observations.of([{"obs_id": str(n), "s_ra": ra, "s_dec": 0.0} for n, ra in enumerate((1.0, 100.0, None))])
    for name, value in (("ra", (0, 10)), ("cone", "1 0 60")):
        record = RECORDS[name]
        assert record.holds is not None
        assert seen.mask(record.holds(seen, record.check(value))).to_list() == [True, False, True]


@pytest.mark.parametrize(
    ("name", "value", "criteria"),
    [
        ("ra", (10, 20), {"s_ra": [10, 20]}),
        ("ra", (350, 10), {}),
        ("ra", [(1, 2), (5, 6)], {}),
        ("dec", ">60", {"s_dec": [60, 90]}),
        ("dec", (-30, 10), {"s_dec": [-30, 10]}),
        ("dec", [(-30, 10), (20, 30)], {}),
    ],
)
def test_an_archive_is_asked_for_one_range(name: str, value: Any, criteria: dict[str, Any]) -> None:
    record = RECORDS[name]
    assert record.criteria is not None
    assert record.criteria(record.check(value)) == criteria


PIECES = [
    "307.86",
    "-39",
    "1 deg",
    "arcmin",
    "10..20",
    "..",
    "<",
    ">=",
    "1-4",
    ",",
    "!",
    "nan",
    "1e400",
    "x",
    "",
    " ",
    "20h31m",
    "+39d",
    "\x00",
    "٣",
]


def test_whatever_is_written_is_a_value_or_an_error_that_says_so() -> None:
    strange = []
    for _number, chance in attempts(200):
        text = chance.choice(["", " "]).join(chance.choices(PIECES, k=chance.randint(1, 4)))
        for name, record in RECORDS.items():
            value: Any = chance.choice([text, [text], (text, chance.choice(PIECES))])
            try:
                record.check(value)
            except (ValueError, TypeError):
                pass
            except Exception as error:  # noqa: BLE001  that is what is looked for
                strange.append((name, value, error))
    assert strange == []


def test_what_products_have_is_chosen_by_first_so_that_less_is_looked_up() -> None:
    asked: list[int] = []

    class Temperatures:
        @hookimpl
        def tess_lookups(self) -> tuple[Lookup, ...]:
            def find(products: Products, observations: Observations, settings: Any) -> pl.DataFrame:
                asked.extend(products["tic"].to_list())
                return pl.DataFrame({"heat": [3500.0] * len(products)})

            return (Lookup("temperatures", {"heat": "effective temperature [K]"}, find, "temperatures"),)

        @hookimpl
        def tess_filters(self) -> tuple[Filter, ...]:
            return (Filter("heat", lambda products, value: pl.col("heat") < value, "temperature", needs=("heat",)),)

    here = Session(discover=False, plugins=[tess_source_filters, Temperatures()])
    assert kept(here, heat=4000, tmag="<7") == [1]
    assert asked == [1]

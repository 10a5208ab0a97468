"""What the TIC says of stars: by id, by name, by place, of an answer; in batches; and what is said of values that are not there."""

from __future__ import annotations

from typing import Any

import astropy.units as u
import pytest
from astropy.coordinates import SkyCoord
from sizes import size
from tic_case import BY_ID, BY_PLACE, DWARF, FAINT, FAR, NOT_THERE, TWIN, TicService, session_at

from tess_source.errors import QueryError, ServiceError, TessSourceError
from tess_source_stars.columns import BY_NAME, SCHEMA
from tess_source_stars.stars import NEIGHBOURS, Stars


def test_values_come_with_their_errors_and_units(service: TicService) -> None:
    stars = session_at(service).stars(DWARF)
    assert type(stars) is Stars
    row = stars[0]
    assert (row["name"], row["tic"], row["tmag"], row["tmag_err"]) == (str(DWARF), DWARF, 10.0, 0.006)
    assert (row["teff"], row["radius"], row["mass"], row["logg"], row["distance"]) == (3500.0, 0.4, 0.39, 4.8, 25.0)
    assert (row["parallax"], row["pmra"], row["pmdec"], row["contamination"]) == (40.0, 300.0, -400.0, 0.0125)
    assert (row["gaia"], row["luminosity_class"], row["disposition"]) == ("4623036865373793408", "DWARF", None)
    table = stars.to_table()
    assert table["teff"].unit == u.K
    assert table["radius"].unit == table["radius_err"].unit == u.R_sun
    assert table["pmra"].unit == u.mas / u.yr
    assert table["logg"].unit == u.dex(u.cm / u.s**2)
    assert table["gaia"].unit is None
    assert all(table[name].description for name in table.colnames)
    assert all(table[name].unit == table[name.removesuffix("_err")].unit for name in table.colnames)
    assert {**stars.to_polars().schema} == {**Stars.empty().to_polars().schema}


def test_each_unit_is_one_of_astropys() -> None:
    for column in [*BY_NAME.values(), *NEIGHBOURS.values()]:
        assert str(u.Unit(column.unit)) == column.unit, column.name


def test_stars_come_in_the_order_of_the_question_each_once(service: TicService) -> None:
    stars = session_at(service).stars([FAR, f"TIC {DWARF}", str(FAR), TWIN])
    assert stars["tic"].to_list() == [FAR, DWARF, TWIN]


def test_ids_beyond_32_bits_and_long_gaia_ids_keep_all_their_digits(service: TicService) -> None:
    stars = session_at(service).stars([TWIN, FAINT])
    assert stars["tic"].to_list() == [10000732589, FAINT]
    assert stars["gaia"].to_list() == [None, "4623036865373793409"]


def test_a_star_that_the_tic_does_not_have_is_a_row_of_nulls_and_said(
    service: TicService, caplog: pytest.LogCaptureFixture
) -> None:
    stars = session_at(service).stars([NOT_THERE, DWARF])
    assert stars["tic"].to_list() == [NOT_THERE, DWARF]
    assert [stars[0][name] for name in SCHEMA if name not in {"tic", "asked"}] == [None] * (len(SCHEMA) - 2)
    assert f"not in the TIC: TIC {NOT_THERE}" in caplog.messages


def test_duplicates_splits_and_artefacts_are_marked_and_said(
    service: TicService, caplog: pytest.LogCaptureFixture
) -> None:
    stars = session_at(service).stars(TWIN)
    assert (stars[0]["disposition"], stars[0]["duplicate_of"]) == ("DUPLICATE", DWARF)
    assert f"marked in the TIC as no stars of their own: TIC {TWIN} DUPLICATE of TIC {DWARF}" in caplog.messages


def test_a_name_is_the_nearest_star_of_its_own(service: TicService, caplog: pytest.LogCaptureFixture) -> None:
    """The duplicate is nearer to the resolver's place than the star itself."""
    service.change = lambda what, answer: (
        {
            **answer,
            "resolvedCoordinate": [
                {**place, "ra": 84.2912, "decl": -80.46914} for place in answer["resolvedCoordinate"]
            ],
        }
        if what == "resolver"
        else answer
    )
    stars = session_at(service).stars("pi Men")
    assert stars.to_polars().select("name", "tic").rows() == [("pi Men", DWARF)]
    assert any(message.startswith(f"pi Men: using TIC {DWARF}, 0.0 arcsec from") for message in caplog.messages)


def test_a_place_is_all_stars_in_its_cone(service: TicService, caplog: pytest.LogCaptureFixture) -> None:
    session = session_at(service)
    assert session.stars((84.291198, -80.469144))["tic"].to_list() == [DWARF, TWIN]
    assert session.stars(SkyCoord(84.291198, -80.469144, unit="deg"), radius="1 arcmin")["tic"].to_list() == [
        DWARF,
        TWIN,
        FAINT,
    ]
    assert len(session.stars([(10.0, 10.0), DWARF])) == 1
    assert any("the TIC has no star within 3 arcsec" in message for message in caplog.messages)


def test_a_star_that_moves_is_found_from_its_place_of_today(service: TicService) -> None:
    moving = SkyCoord(
        84.291198 * u.deg, (-80.469144 - 400 * 16 / 3.6e6) * u.deg, pm_ra_cosdec=0 * u.mas / u.yr,
        pm_dec=-400 * u.mas / u.yr, obstime="J2016",
    )  # fmt: skip
    assert DWARF in session_at(service).stars(moving)["tic"].to_list()
    assert DWARF not in session_at(service).stars((float(moving.ra.deg), float(moving.dec.deg)))["tic"].to_list()


def test_an_obs_id_means_its_star(service: TicService) -> None:
    stars = session_at(service).stars(f"tess2018206045859-s0001-{DWARF:016d}-0120-s")
    assert stars["tic"].to_list() == [DWARF]


def test_a_thousand_stars_take_one_question(service: TicService) -> None:
    service.made_up = True
    tics = range(1, size(2_001, 10_001))
    stars = session_at(service, jobs=1).stars(list(tics))
    assert stars["tic"].to_list() == [*tics]
    assert stars["tmag"].null_count() == 0
    assert [len(question["params"]["filters"][0]["values"]) for question in service.asked_of_tic] == [1000] * (
        len(tics) // 1000
    )


def test_questions_that_are_too_much_for_the_server_are_halved(
    service: TicService, caplog: pytest.LogCaptureFixture
) -> None:
    service.made_up = True

    def change(what: str, answer: Any) -> Any:
        too_many = what == BY_ID and len(answer["data"]) > 2
        return (413, {}, b"too large") if too_many else answer

    service.change = change
    assert session_at(service, jobs=1).stars([5, 4, 3, 2, 1])["tic"].to_list() == [5, 4, 3, 2, 1]
    assert len(service.asked_of_tic) == 5
    assert any("asking for 2 stars at a time" in message for message in caplog.messages)


def test_too_many_stars_and_too_wide_cones_are_refused_before_anything_is_asked(
    service: TicService, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_at(service)
    monkeypatch.setattr("tess_source_stars.tic.MOST_STARS", 3)
    with pytest.raises(QueryError, match="4 stars in one call: at most 3 are asked for; the whole TIC is at https"):
        session.stars([1, 2, 3, 4])
    with pytest.raises(QueryError, match="a cone of 3600 arcsec may have 100,000 stars of the TIC: give at most 1800"):
        session.stars((10.0, 10.0), radius="1 deg")
    with pytest.raises(QueryError, match="a cone of 7200 arcsec"):
        session.stars(DWARF, neighbours="2 deg")
    assert [question for question in service.asked_of_tic if question["service"] == BY_PLACE] == []


@pytest.mark.parametrize(
    ("targets", "words", "told"),
    [
        (None, {}, "give the targets whose stars you want"),
        ([], {}, "the list of targets is empty"),
        (DWARF, {"radius": 5}, "a radius is for names and coordinates"),
        (DWARF, {"neighbours": "1 kpc"}, "neighbours '1 kpc' is not an angle"),
        (DWARF, {"neighbours": -1}, "neighbours -1 is out of range"),
        ([None, DWARF], {}, "1 of 2 rows has no target"),
        ("tess-s0014-1-1", {}, "observation 'tess-s0014-1-1' is not of one star"),
        ({"obsid": ["60829534"]}, {}, "an obsid does not tell its star"),
    ],
)
def test_what_cannot_be_answered_says_why(service: TicService, targets: Any, words: dict[str, Any], told: str) -> None:
    with pytest.raises(TessSourceError, match=told):
        session_at(service).stars(targets, **words)


def test_rows_without_a_target_can_be_skipped(service: TicService) -> None:
    assert session_at(service).stars([None, DWARF], missing="skip")["tic"].to_list() == [DWARF]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda answer: {**answer, "data": [{**answer["data"][0], "ID": 77}, *answer["data"][1:]]}, "it gave others too: TIC 77"),
        (lambda answer: {**answer, "data": [answer["data"][0]] * len(answer["data"])}, f"it gave TIC {DWARF} twice"),
        (lambda answer: {**answer, "data": answer["data"][:1]}, "it says that there are 2 rows, and gave 1"),
        (lambda answer: {**answer, "paging": {**answer["paging"], "rowsTotal": 50_001}}, "it says that there are 50,001 rows"),
        (lambda answer: {**answer, "data": [{**row, "dec": 95.0} for row in answer["data"]]}, "which is no place on the sky"),
        (lambda answer: {**answer, "data": [{**row, "GAIA": 4.6e18} for row in answer["data"]]}, "'GAIA' holds '4.6e.18', which is no id"),
        (lambda answer: {**answer, "data": [{**row, "Teff": "hot"} for row in answer["data"]]}, "'Teff' is declared float, and"),
        (lambda answer: _without(answer, "contratio"), "rows without a column 'contratio'"),
        (lambda answer: {**answer, "status": "ERROR", "msg": "no such table"}, "no such table"),
    ],
    ids=lambda value: "" if callable(value) else value,
)  # fmt: skip
def test_an_answer_that_is_not_what_was_asked_for_is_refused(service: TicService, change: Any, told: str) -> None:
    service.change = lambda what, answer: change(answer) if what == BY_ID else answer
    with pytest.raises(ServiceError, match=told):
        session_at(service).stars([DWARF, FAR])


def test_a_cone_with_stars_outside_is_refused(service: TicService) -> None:
    far = service.sky[FAR]
    service.change = lambda what, answer: (
        {**answer, "data": [{**row, "ra": far["ra"], "dec": far["dec"]} for row in answer["data"]]}
        if what == BY_PLACE
        else answer
    )
    with pytest.raises(ServiceError, match="it gave stars outside: TIC 261136679, 10000732589"):
        session_at(service).stars((84.291198, -80.469144))


def test_an_answer_of_several_pages_is_read_to_its_end_or_refused(service: TicService) -> None:
    pages = {1: [DWARF], 2: [TWIN]}

    def change(what: str, answer: Any) -> Any:
        if what != BY_PLACE:
            return answer
        number = service.asked_of_tic[-1]["page"]
        rows = [row for row in answer["data"] if row["ID"] in pages[number]]
        paging = {"page": number, "pageSize": 1, "pagesFiltered": 2, "rows": 1, "rowsFiltered": 2, "rowsTotal": 2}
        return {**answer, "data": rows, "paging": paging}

    service.change = change
    assert session_at(service).stars((84.291198, -80.469144))["tic"].to_list() == [DWARF, TWIN]
    assert [question["pagesize"] for question in service.asked_of_tic[:2]] == [10_000, 10_000]
    pages[2] = []
    with pytest.raises(ServiceError, match="page 2 of 2 is empty"):
        session_at(service).stars((84.291198, -80.469144))


def _without(answer: Any, column: str) -> Any:
    rows = [{name: value for name, value in row.items() if name != column} for row in answer["data"]]
    return {**answer, "data": rows, "fields": [field for field in answer["fields"] if field["name"] != column]}


def test_numbers_that_are_declared_as_text_are_read_and_blanks_are_null(service: TicService) -> None:
    def change(what: str, answer: Any) -> Any:
        if what != BY_ID:
            return answer
        fields = [
            {**field, "type": "string"} if field["name"] in {"Teff", "Tmag"} else field for field in answer["fields"]
        ]
        rows = [{**row, "Teff": " ", "Tmag": "10.25", "lumclass": "  "} for row in answer["data"]]
        return {**answer, "fields": fields, "data": rows}

    service.change = change
    row = session_at(service).stars(DWARF)[0]
    assert (row["teff"], row["tmag"], row["luminosity_class"]) == (None, 10.25, None)


def test_the_names_of_columns_are_read_in_any_case(service: TicService) -> None:
    def change(what: str, answer: Any) -> Any:
        if what != BY_ID:
            return answer
        fields = [{**field, "name": field["name"].lower()} for field in answer["fields"]]
        return {
            **answer,
            "fields": fields,
            "data": [{name.lower(): row[name] for name in row} for row in answer["data"]],
        }

    service.change = change
    row = session_at(service).stars(DWARF)[0]
    assert (row["tic"], row["teff"], row["teff_err"], row["metallicity"]) == (DWARF, 3500.0, 157.0, None)


def test_the_stars_of_an_answer_are_those_of_its_products(service: TicService) -> None:
    found = session_at(service).search(16740101)
    service.sky[16740101] = {**service.sky[DWARF], "ID": 16740101}
    assert found.stars()["tic"].to_list() == [16740101]
    assert found.select(kind="lc").stars()["teff"].to_list() == [3500.0]
    assert found.select(name="no such file").stars()["tic"].to_list() == [16740101]

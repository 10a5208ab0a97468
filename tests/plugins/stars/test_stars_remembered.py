"""Values of stars are remembered, per server: they are asked for once, and offline they are there."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fuzz import attempts, flipped
from tic_case import DWARF, FAINT, FAR, NOT_THERE, TWIN, TicService, session_at

from tess_source.errors import OfflineError, QueryError, TessSourceError
from tess_source_stars.remembered import Remembered


def test_what_is_remembered_is_not_asked_for_again(service: TicService, tmp_path: Path) -> None:
    first = session_at(service, cache=tmp_path).stars([DWARF, NOT_THERE])
    again = session_at(service, cache=tmp_path).stars([NOT_THERE, DWARF, FAR])
    assert [question["params"]["filters"][0]["values"] for question in service.asked_of_tic] == [
        [str(DWARF), str(NOT_THERE)],
        [str(FAR)],
    ]
    assert again.to_polars()[1].equals(first.to_polars()[0].with_columns(name=again["name"][1:2]))


def test_refresh_asks_again_and_the_new_values_are_remembered(service: TicService, tmp_path: Path) -> None:
    session = session_at(service, cache=tmp_path)
    session.stars(DWARF)
    service.sky[DWARF]["Teff"] = 3600
    assert session.stars(DWARF)["teff"].to_list() == [3500.0]
    assert session.stars(DWARF, refresh=True)["teff"].to_list() == [3600.0]
    assert session.stars(DWARF)["teff"].to_list() == [3600.0]


def test_offline_remembered_stars_are_there_and_others_are_an_error_that_names_them(
    service: TicService, tmp_path: Path
) -> None:
    session_at(service, cache=tmp_path).stars([DWARF, FAINT])
    offline = session_at(service, cache=tmp_path, offline=True)
    service.asked.clear()
    assert offline.stars([DWARF])["teff"].to_list() == [3500.0]
    with pytest.raises(OfflineError, match=f"not in the cache folder: the TIC's values of TIC {FAR}; ask for it once"):
        offline.stars([DWARF, FAR])
    with pytest.raises(OfflineError, match=r"the TIC's stars around 10.00000 .20.00000"):
        offline.stars((10.0, 20.0))
    with pytest.raises(QueryError, match="cannot be refreshed offline"):
        offline.stars(DWARF, refresh=True)
    assert service.asked == []


def test_cones_are_remembered_and_serve_narrower_ones(service: TicService, tmp_path: Path) -> None:
    near = session_at(service, cache=tmp_path).stars(DWARF, neighbours="1 arcmin")
    offline = session_at(service, cache=tmp_path, offline=True)
    assert offline.stars(DWARF, neighbours=60).to_polars().equals(near.to_polars())
    assert offline.stars(DWARF, neighbours=10)["tic"].to_list() == [DWARF, TWIN]
    assert offline.stars((84.2912, -80.46914))["tic"].to_list() == [TWIN, DWARF]
    with pytest.raises(OfflineError):
        offline.stars(DWARF, neighbours=61)


def test_the_age_of_remembered_values_is_said(
    service: TicService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = session_at(service, cache=tmp_path)
    session.stars(DWARF)
    from tess_source import clock

    then = clock.now()
    monkeypatch.setattr(clock, "now", lambda: then + 3 * 86400)
    with caplog.at_level(logging.INFO):
        stars = session.stars([DWARF, FAR])
    assert stars.summary() == "2 stars, asked 3 days ago"
    assert "from the cache folder: 1 star, 3 days ago" in caplog.messages


def test_without_a_cache_folder_that_was_chosen_nothing_of_another_server_is_remembered(service: TicService) -> None:
    session = session_at(service)
    session.stars(DWARF)
    assert not Remembered(session.settings).path.exists()
    offline = session_at(service, offline=True)
    with pytest.raises(OfflineError, match="is not the archive's own server, and no cache folder was chosen"):
        offline.stars(DWARF)


def test_two_servers_are_kept_apart(service: TicService, tmp_path: Path) -> None:
    session_at(service, cache=tmp_path).stars(DWARF)
    for server in ("http://other.test", None):
        service.settings = replace(service.settings, server=server)
        with pytest.raises(OfflineError):
            session_at(service, cache=tmp_path, offline=True).stars(DWARF)


def test_what_two_sessions_add_at_once_is_all_kept(service: TicService, tmp_path: Path) -> None:
    one, other = (session_at(service, cache=tmp_path).settings for _ in range(2))
    first, second = Remembered(one), Remembered(other)
    session = session_at(service)
    from tess_source_stars.tic import Tic

    first.keep(Tic(session.settings).stars([DWARF]))
    second.keep(Tic(session.settings).stars([FAR]))
    assert Remembered(one).stars["tic"].to_list() == [DWARF, FAR]


@pytest.mark.parametrize("failure", [TessSourceError, KeyboardInterrupt])
def test_what_came_before_a_failure_is_not_asked_for_again(
    service: TicService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    service.made_up = True
    monkeypatch.setattr("tess_source_stars.tic.MOST_IDS", 2)

    def change(what: str, answer: Any) -> Any:
        if "Tic" in what and len(service.asked_of_tic) == 5:
            if failure is KeyboardInterrupt:
                raise KeyboardInterrupt
            return 400, {}, b"no"
        return answer

    service.change = change
    session = session_at(service, cache=tmp_path, jobs=1)
    with pytest.raises(failure):
        session.stars(list(range(1, 31)))
    assert Remembered(session.settings).stars["tic"].to_list() == [*range(1, 9)]
    assert session.stars(list(range(1, 31)))["tmag"].null_count() == 0
    asked = [tic for question in service.asked_of_tic for tic in question["params"]["filters"][0]["values"]]
    assert sorted(map(int, asked)) == sorted([*range(1, 31), 9, 10])  # those two were under way


def test_a_file_that_is_lost_on_the_way_loses_no_star_of_the_answer(
    service: TicService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has written its stars over those of this one, or has removed them."""
    service.made_up = True
    monkeypatch.setattr("tess_source_stars.tic.MOST_IDS", 1)
    monkeypatch.setattr("tess_source_stars.tic.AT_ONCE", 1)
    session = session_at(service, cache=tmp_path, jobs=1)
    path = Remembered(session.settings).path

    def change(what: str, answer: Any) -> Any:
        path.unlink(missing_ok=True)
        return answer

    service.change = change
    assert session.stars([1, 2, 3])["tmag"].null_count() == 0
    assert Remembered(session.settings).stars["tic"].to_list() == [1, 2, 3]


def test_a_folder_that_cannot_be_written_is_no_failure(service: TicService, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(session_at(service, cache=tmp_path / "file" / "below").stars(DWARF)) == 1


def test_a_damaged_file_counts_as_missing_and_is_replaced(service: TicService, tmp_path: Path) -> None:
    """Each bit that changes is found: no star ever gets another value."""
    session, offline = session_at(service, cache=tmp_path), session_at(service, cache=tmp_path, offline=True)
    right = session.stars([DWARF, FAR]).to_polars()
    path = Remembered(session.settings).path
    whole = path.read_bytes()
    outcomes: set[str] = set()
    for number, chance in attempts(60):
        path.write_bytes(flipped(whole, chance) if chance.random() < 0.8 else whole[: chance.randrange(len(whole))])
        try:
            outcomes.add("right" if offline.stars([DWARF, FAR]).to_polars().equals(right) else f"wrong: {number}")
        except OfflineError as error:
            assert "cannot be used" in str(error)
            outcomes.add("missing")
    assert outcomes <= {"right", "missing"}
    path.write_bytes(b"no zip file")
    assert session.stars([DWARF, FAR])["tic"].to_list() == [DWARF, FAR]
    assert offline.stars(DWARF)["teff"].to_list() == [3500.0]


def test_a_table_of_another_version_counts_as_missing(service: TicService, tmp_path: Path, monkeypatch: Any) -> None:
    session_at(service, cache=tmp_path).stars(DWARF)
    from tess_source_stars import remembered

    grown = {**remembered.TABLES, "cones": {**remembered.TABLES["cones"], "more": "String"}}
    monkeypatch.setattr(remembered, "TABLES", grown)
    with pytest.raises(OfflineError, match="are those of another version"):
        session_at(service, cache=tmp_path, offline=True).stars(DWARF)


def test_that_there_is_nothing_is_asked_again_once_the_answer_is_old(service: TicService, tmp_path: Path) -> None:
    sky, service.sky = service.sky, {}  # an archive in trouble, whose answers are empty
    asked = session_at(service, cache=tmp_path)
    assert asked.stars(DWARF)["tmag"].to_list() == [None]
    assert len(asked.stars((84.2912, -80.46914), radius=30)) == 0
    service.sky = sky
    assert asked.stars(DWARF)["tmag"].to_list() == [None]  # as it was just asked
    assert len(asked.stars((84.2912, -80.46914), radius=30)) == 0
    later = session_at(service, cache=tmp_path, max_age=0)
    assert later.stars(DWARF)["tmag"].to_list() == [10.0]
    assert later.stars((84.2912, -80.46914), radius=30)["tic"].to_list() == [TWIN, DWARF, FAINT]
    count = len(service.asked_of_tic)
    assert session_at(service, cache=tmp_path, offline=True).stars(DWARF)["tmag"].to_list() == [10.0]
    assert later.stars(DWARF)["tmag"].to_list() == [10.0]  # what is there lasts
    assert len(service.asked_of_tic) == count

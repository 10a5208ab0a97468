"""The archive's footprints are read strictly: what is not a CCD on the sky is refused, whatever it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fuzz import altered, altered_json, attempts

from tess_source import Session
from tess_source.errors import DownloadError, OfflineError
from tess_source_sample.server import SampleArchive
from tess_source_sectors.footprints import chips_of, dates_of, kept_file, kept_footprints, parse

CORNERS = "313.776747 -47.870851 310.091131 -36.701617 324.4682 -33.3303 330.129023 -44.413032"
ROW: dict[str, Any] = {
    "obs_id": "tess-s0109-1-1", "t_min": 61300.0, "t_max": 61327.0, "s_region": f"POLYGON {CORNERS} 313.776747 -47.870851",
}  # fmt: skip


def table(*rows: dict[str, Any]) -> bytes:
    """The list as the archive writes it: a JSON object of columns."""
    return json.dumps({name: [row[name] for row in rows] for name in ROW}).encode()


def test_a_footprint_is_read_with_its_corners_and_dates() -> None:
    (row,) = parse(table(ROW))
    assert row[:5] == [109, 1, 1, 61300.0, 61327.0]
    assert row[5:] == [float(word) for word in CORNERS.split()]
    assert len(chips_of([row])) == 1
    assert dates_of([row]).row(0) == (109, "2026-09-17T00:00:00", "2026-10-14T00:00:00", 200)


def test_a_polygon_may_name_its_frame() -> None:
    assert parse(table({**ROW, "s_region": f"POLYGON ICRS {CORNERS}"})) == parse(table(ROW))


def test_a_ccd_that_comes_twice_counts_once_and_the_last_row_wins() -> None:
    assert [row[4] for row in parse(table(ROW, {**ROW, "t_max": 61328.0}))] == [61328.0]


@pytest.mark.parametrize(
    "change",
    [
        {"obs_id": "hlsp_tica_s0027-cam1-ccd1"}, {"obs_id": None}, {"obs_id": "tess-s0109-5-1"}, {"obs_id": 7},
        {"s_region": "CIRCLE 1 2 3"}, {"s_region": f"POLYGON {CORNERS} 1"}, {"s_region": None},
        {"s_region": "POLYGON 1 2 1 2 1 2 1 2 1 2"}, {"s_region": f"POLYGON {CORNERS.replace('-47.870851', '-97.87')}"},
        {"s_region": f"POLYGON {CORNERS.replace('313.776747', 'nan')}"}, {"t_min": None}, {"t_min": "x"}, {"t_max": 1.0}, {"t_max": 1e300},
    ],
)  # fmt: skip
def test_what_is_no_ccd_on_the_sky_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        parse(table({**ROW, **change}))


def test_a_row_that_is_none_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    other = {**ROW, "obs_id": "tess-s0109-1-2"}
    assert parse(table(ROW, {**other, "s_region": "CIRCLE 1 2 3"}, other)) == parse(table(ROW, other))
    assert "1 of the archive's footprints cannot be read and are left out, such as tess-s0109-1-2: " in caplog.text
    with pytest.raises(ValueError, match="2 of its 3 rows are no footprints, such as tess-s0109-1-2"):
        parse(table(ROW, {**other, "t_min": None}, {**other, "s_region": "CIRCLE 1 2 3"}))


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"{}", b'{"obs_id": [], "t_min": [], "t_max": [], "s_region": []}', b"\xff"]
)
def test_what_is_no_list_of_footprints_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        parse(content)


def test_a_list_that_is_none_is_an_error_and_what_was_kept_stays(fresh_archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(fresh_archive.url, cache=tmp_path)
    session.refresh_sectors()
    kept = kept_file(session.settings).read_bytes()
    for row in fresh_archive.catalogue.observations:
        if row["target_name"] == "TESS FFI":
            row["s_region"] = "CIRCLE ICRS 1 2 3"
    with pytest.raises(DownloadError, match="is not the list of footprints"):
        _asked_anew(session)
    assert kept_file(session.settings).read_bytes() == kept


def _asked_anew(session: Session) -> None:
    """Refresh as if nothing was known of the list's state at the archive."""
    from tess_source_sectors import footprints

    answer, _ = footprints.record_in, None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(footprints, "record_in", lambda data: {**answer(data), "etag": "", "modified": ""})
        session.refresh_sectors()


def test_offline_a_refresh_says_that_it_may_not_ask(tmp_path: Path) -> None:
    with pytest.raises(OfflineError):
        Session(cache=tmp_path, offline=True).refresh_sectors()


def test_whatever_becomes_of_the_list_it_is_read_or_refused() -> None:
    strange = []
    whole = table(*({**ROW, "obs_id": f"tess-s0109-1-{ccd}"} for ccd in (1, 2, 3, 4)))
    for number, chance in attempts(150):
        content = altered(whole, chance) if number % 2 else json.dumps(altered_json(json.loads(whole), chance)).encode()
        try:
            dates_of(rows := parse(content))
            chips_of(rows).seeing([315.0], [-40.0])
        except (ValueError, TypeError, RecursionError):
            continue
        except Exception as error:  # noqa: BLE001
            strange.append(f"{number}: {type(error).__name__}: {error}")
    assert strange == []


def test_whatever_becomes_of_the_kept_file_it_is_used_or_not(tmp_path: Path, fresh_archive: SampleArchive) -> None:
    session, strange = Session(fresh_archive.url, cache=tmp_path), []
    session.refresh_sectors()
    file = kept_file(session.settings)
    whole = file.read_bytes()
    for number, chance in attempts(60):
        file.write_bytes(altered(whole, chance))
        try:
            kept_footprints(file)
        except Exception as error:  # noqa: BLE001
            strange.append(f"{number}: {type(error).__name__}: {error}")
    assert strange == []

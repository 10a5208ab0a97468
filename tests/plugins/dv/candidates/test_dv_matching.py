"""Candidates through the runs: the same transits are the same candidate, whatever number and epoch a run gave them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sizes import size

from tess_source.errors import QueryError
from tess_source_dv.candidates.ephemeris import MOST, RATIOS, Ephemeris, compare
from tess_source_dv.candidates.matching import history, match
from tess_source_dv.read.report import read_report
from tess_source_dv.read.tces import TCEs, read_tces, tces_of_report

BTJD_0, LENGTH = 1325.0, 27.0


def tce(
    run: int, number: int = 1, period: float | None = 5.0, epoch: float | None = 1326.0, **more: Any
) -> dict[str, Any]:
    """A TCE as a run over one sector would have it."""
    counts = {} if period is None else {"transits_expected": int(LENGTH / period) + 1}
    return {
        "set": f"SPOC/42/s0001-s0001/{run:05d}", "tce": number, "source": "dvr-xml", "pipeline": "SPOC", "tic": 42, "first_sector": 1,
        "last_sector": 1, "run": run, "period": period, "period_err": 1e-4, "epoch": epoch, "epoch_err": 1e-3, "duration": 3.0,
        "converged": True, "mes": 10.0, **counts, **more,
    }  # fmt: skip


def kinds(*rows: dict[str, Any]) -> list[tuple[int | None, str, str | None, int | None]]:
    found = match(TCEs.of(list(rows)))
    return [(row["tce"], row["kind"], row["ratio"], row["earlier_tce"]) for row in found if row["earlier_set"]]


PERIODS = st.floats(0.5, 40.0)
EPOCHS = st.floats(BTJD_0, BTJD_0 + LENGTH)


# Pairs


@given(PERIODS, EPOCHS, st.integers(-400, 400), st.floats(-3, 3), st.floats(-3, 3))
def test_an_epoch_at_another_transit_is_the_same_ephemeris(
    period: float, epoch: float, cycles: int, off_period: float, off_epoch: float
) -> None:
    known = Ephemeris(period, epoch, 0.1, 20.0, 1e-5, 1e-3)
    other = Ephemeris(period + off_period * 1e-5, epoch + cycles * period + off_epoch * 1e-3, 0.1, 20.0, 1e-5, 1e-3)
    found = compare(known, other)
    assert found is not None
    assert found.ratio == 1


@given(PERIODS, EPOCHS, st.integers(-100, 100), st.sampled_from(RATIOS))
def test_a_multiple_of_the_period_at_common_transits_is_a_harmonic(
    period: float, epoch: float, cycles: int, ratio: Any
) -> None:
    known = Ephemeris(period, epoch, 0.01, 100.0, 1e-7, 1e-4)
    other = Ephemeris(period * float(ratio), epoch + cycles * period, 0.01, 100.0, 1e-7, 1e-4)
    found = compare(known, other)
    assert found is not None
    assert found.ratio == ratio


@given(PERIODS, EPOCHS, st.floats(0.2, 0.8))
def test_the_same_period_at_another_phase_is_another_signal(period: float, epoch: float, phase: float) -> None:
    known = Ephemeris(period, epoch, period / 50, 100.0, 1e-7, 1e-4)
    other = Ephemeris(period, epoch + phase * period, period / 50, 100.0, 1e-7, 1e-4)
    assert compare(known, other) is None


@given(PERIODS, EPOCHS, EPOCHS, st.floats(0.05, 20.0))
def test_other_periods_are_other_signals(period: float, epoch: float, other_epoch: float, factor: float) -> None:
    assume(all(abs(factor - ratio) > 2 * MOST * factor for ratio in RATIOS))
    known = Ephemeris(period, epoch, 0.1, 20.0, 1e-3, 1e-3)
    assert compare(known, Ephemeris(period * factor, other_epoch, 0.1, 20.0, 1e-3, 1e-3)) is None


@given(PERIODS, EPOCHS, PERIODS, EPOCHS, st.floats(1e-6, 10.0))
def test_it_does_not_matter_which_of_the_two_was_known(
    period: float, epoch: float, other_period: float, other_epoch: float, uncertainty: float
) -> None:
    first = Ephemeris(period, epoch, 0.1, 20.0, uncertainty, 1e-3)
    second = Ephemeris(other_period, other_epoch, 0.2, 50.0, 1e-4, 1e-2)
    assume(abs(abs(other_period - period) - MOST * min(period, other_period)) > 1e-2 * period)  # not at the very bound
    there, back = compare(first, second), compare(second, first)
    if there is not None and there.ratio == 1:
        assert back is not None and back.ratio == 1


def test_an_uncertainty_without_bounds_does_not_make_everything_the_same() -> None:
    assert (
        compare(Ephemeris(5.0, 1326.0, 0.1, 20.0, 100.0, 50.0), Ephemeris(6.1, 1327.0, 0.1, 20.0, 100.0, 50.0)) is None
    )


def test_when_cycles_cannot_be_counted_the_period_decides_and_that_is_said() -> None:
    known = Ephemeris(2.9, 1326.0, 0.1, 20.0, 5e-4, 1e-3)
    found = compare(known, Ephemeris(2.9001, 4000.0, 0.1, 20.0, 5e-4, 1e-3))
    assert found is not None
    assert (found.ratio, found.phase_offset) == (1, None)
    assert compare(known, Ephemeris(5.8002, 4000.0, 0.1, 20.0, 1e-3, 1e-3)) is None, "a multiple is not claimed so"


def test_without_uncertainties_the_duration_and_the_span_say_how_close_is_close() -> None:
    known = Ephemeris(2.4238, 1386.578, 0.094, 19.4)
    assert compare(known, Ephemeris(2.4250, 1384.154, 0.094, 24.2)) is not None
    assert compare(known, Ephemeris(2.4450, 1384.154, 0.094, 24.2)) is None


# Runs


@settings(max_examples=size(25, 400), deadline=None)
@given(PERIODS, EPOCHS, st.integers(1, 60), st.permutations([0, 1]))
def test_a_candidate_keeps_its_identity_under_another_number(
    period: float, epoch: float, cycles: int, order: list[int]
) -> None:
    signals = [(period, epoch), (period * 1.37, epoch + 0.11)]
    first = [tce(1, number + 1, *signal) for number, signal in enumerate(signals)]
    later = [(signals[i][0], signals[i][1] + cycles * signals[i][0], i + 1) for i in order]
    second = [tce(2, number + 1, p, t) for number, (p, t, _) in enumerate(later)]
    assert kinds(*first, *second) == [(n + 1, "same", None, was) for n, (_, _, was) in enumerate(later)]


def test_twice_the_period_is_called_two_to_one() -> None:
    assert kinds(tce(1), tce(2, period=10.0, epoch=1331.0)) == [(1, "harmonic", "2:1", 1)]
    assert kinds(tce(1, period=10.0, epoch=1331.0), tce(2)) == [(1, "harmonic", "1:2", 1)]


def test_a_harmonic_is_relative_to_the_tce_before() -> None:
    doubled = {"period": 10.0, "epoch": 1331.0}
    found = match(TCEs.of([tce(1), tce(2, **doubled), tce(3, **doubled), tce(4)]))
    assert [(row["kind"], row["ratio"]) for row in found] == [
        ("new", None), ("harmonic", "2:1"), ("same", None), ("harmonic", "1:2"),
    ]  # fmt: skip
    assert history(TCEs.of([tce(1), tce(2, **doubled), tce(3, **doubled), tce(4)]))["life"].to_list() == [
        "00001:1 00002:1(2:1) 00003:1(2:1) 00004:1"
    ]


def test_what_a_run_does_not_find_is_lost_once_and_found_again_as_the_same() -> None:
    other = {"period": 7.7, "epoch": 1327.7}
    rows = [tce(1), tce(1, 2, **other), tce(2), tce(3), tce(4), tce(4, 2, **other)]
    relations = match(TCEs.of(rows))
    of_other = [(row["set"][-5:], row["kind"], row["earlier_set"]) for row in relations if row["candidate"] == 2]
    before = "SPOC/42/s0001-s0001/00001"
    assert of_other == [("00001", "new", None), ("00002", "lost", before), ("00004", "same", before)]
    (row,) = [row for row in history(TCEs.of(rows)) if row["candidate"] == 2]
    assert row["life"] == "00001:2 00002:- 00003:- 00004:2"
    assert (row["found"], row["runs"], row["in_latest"]) == (2, 4, True)


def test_a_candidate_that_the_latest_run_lost_is_marked() -> None:
    rows = [tce(1), tce(1, 2, period=7.7), tce(2)]
    assert [(row["candidate"], row["in_latest"]) for row in history(TCEs.of(rows))] == [(1, True), (2, False)]


def test_one_signal_found_three_times_in_a_run_is_three_candidates() -> None:
    # as TIC 117544915 in sector 1: an eclipsing binary at 1.485 d
    phases = (0.0, 0.45, 0.7)
    rows = [tce(run, n + 1, 1.485, 1326.0 + p, duration=2.0) for run in (1, 2) for n, p in enumerate(phases)]
    assert kinds(*rows) == [(1, "same", None, 1), (2, "same", None, 2), (3, "same", None, 3)]


def test_the_better_of_two_takes_the_candidate_and_the_other_is_new() -> None:
    found = match(TCEs.of([tce(1), tce(2, 1, epoch=1326.05), tce(2, 2, epoch=1326.001)]))
    assert [(row["tce"], row["kind"], row["candidate"]) for row in found] == [
        (1, "new", 1), (1, "new", 2), (2, "same", 1),
    ]  # fmt: skip


def test_runs_follow_their_numbers_not_their_names_or_their_order_in_the_table() -> None:
    rows = [tce(405) | {"first_sector": 3, "last_sector": 3}, tce(126)]
    assert [row["set"][-5:] for row in match(TCEs.of(rows))] == ["00126", "00405"]


SIX = [tce(run, n, p) for run in (1, 2, 3) for n, p in ((1, 5.0), (2, 8.3))]


@settings(max_examples=size(15, 200), deadline=None)
@given(st.permutations(SIX))
def test_the_order_of_the_table_does_not_matter(rows: list[dict[str, Any]]) -> None:
    assert match(TCEs.of(rows)) == match(TCEs.of(SIX))


def test_targets_and_pipelines_are_kept_apart() -> None:
    elsewhere = [
        tce(2) | {"tic": 43, "set": "SPOC/43/s0001-s0001/00002"},
        tce(3) | {"pipeline": "TESS-SPOC", "run": None, "set": "TESS-SPOC/42/s0001-s0001/v1"},
    ]
    assert kinds(tce(1), *elsewhere) == []
    assert history(TCEs.of([tce(1), *elsewhere]))["runs"].to_list() == [1, 1, 1]


def test_a_tce_read_from_both_files_counts_once() -> None:
    of_dvt = tce(1) | {"source": "dvt", "period_err": None, "epoch_err": None}
    assert len(match(TCEs.of([of_dvt, tce(1)]))) == 1
    assert history(TCEs.of([of_dvt, tce(1)]))["period_err"].to_list() == [1e-4]


def test_where_no_fit_was_made_the_search_has_an_ephemeris() -> None:
    unfitted = tce(2, 1, None, None, period_err=None, epoch_err=None, search_period=5.0002, search_epoch=1331.003)
    assert kinds(tce(1), unfitted | {"converged": False}) == [(1, "same", None, 1)]


def test_a_tce_without_any_ephemeris_is_never_matched() -> None:
    assert kinds(tce(1, 1, None, None), tce(2, 1, None, None)) == [(None, "lost", None, 1)]


def test_the_best_known_ephemeris_is_shown() -> None:
    rows = [tce(1), tce(2, period=5.00001, period_err=1e-6, epoch_err=1e-5), tce(3, period=5.0002)]
    (row,) = history(TCEs.of(rows))
    assert (row["period"], row["best_set"]) == (5.00001, "SPOC/42/s0001-s0001/00002")


def test_tces_of_unknown_runs_are_refused() -> None:
    tces = tces_of_report(
        read_report(b'<dvTargetResults ticId="42"><planetResults planetNumber="1"/></dvTargetResults>')
    )
    for function in (match, history):
        with pytest.raises(QueryError, match="runs are known"):
            function(tces)


@pytest.mark.parametrize("function", [match, history])
def test_nothing_gives_an_empty_table(function: Callable[[TCEs], Any]) -> None:
    assert len(function(TCEs.empty())) == 0


# Real


@pytest.mark.real
def test_the_three_planets_of_l_98_59_live_through_ten_runs(real: Path) -> None:
    found = history(read_tces((real / "dvr-xml").glob("*307210830*")))
    assert [(round(row["period"], 3), row["found"], row["runs"]) for row in found] == [
        (3.691, 10, 10), (7.451, 9, 10), (2.253, 9, 10),
    ]  # fmt: skip
    assert found["life"].to_list() == [
        "00109:1 00140:1 00182:1 00196:1 00198:1 00205:1 00212:1 00214:1 00219:1 00226:1",
        "00109:2 00140:- 00182:2 00196:3 00198:3 00205:3 00212:2 00214:2 00219:2 00226:2",
        "00109:3 00140:2 00182:- 00196:2 00198:2 00205:2 00212:3 00214:3 00219:3 00226:3",
    ]
    assert found["best_set"].to_list() == ["SPOC/307210830/s0001-s0013/00226"] * 3
    assert found["in_latest"].all()


@pytest.mark.real
def test_each_run_of_l_98_59_is_related_to_the_one_before(real: Path) -> None:
    relations = match(read_tces((real / "dvr-xml").glob("*307210830*"))).to_polars()
    assert dict(relations["kind"].value_counts().iter_rows()) == {"new": 3, "same": 25, "lost": 2}
    lost = relations.filter(kind="lost").select("set", "earlier_set", "earlier_tce").rows()
    assert lost == [
        ("SPOC/307210830/s0005-s0005/00140", "SPOC/307210830/s0002-s0002/00109", 2),
        ("SPOC/307210830/s0008-s0008/00182", "SPOC/307210830/s0005-s0005/00140", 2),
    ]
    same = relations.filter(kind="same")
    assert same["phase_offset"].null_count() == 0, "cycles can be counted between all of them"
    assert (same["phase_offset"].abs() < same["phase_tolerance"] / 2).all()


@pytest.mark.real
def test_toi_3505_is_one_candidate_over_two_years(real: Path) -> None:
    (row,) = history(read_tces((real / "dvr-xml").glob("*390988385*")))
    assert row["life"] == "00645:1 00910:1 00971:1"
    assert row["best_set"] == "SPOC/390988385/s0014-s0086/00971"


@pytest.mark.real
def test_wasp_44_is_found_by_both_runs_of_sector_3_though_their_epochs_differ(real: Path) -> None:
    tces = read_tces((real / "dvt").glob("*12862099*"))
    assert abs(tces["epoch"][0] - tces["epoch"][1]) > 2
    assert history(tces)["life"].to_list() == ["00126:1 00405:1"]

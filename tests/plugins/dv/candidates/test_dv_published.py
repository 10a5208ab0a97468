"""Which TCE is which TOI: by period and epoch, over years, within their errors, one to one in each run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dv_case import found
from fuzz import attempts

from tess_source import Session, hookimpl
from tess_source.errors import OfflineError, ServiceError
from tess_source.hooks.records import Accessor
from tess_source_dv.candidates.published import published, with_tois
from tess_source_dv.read.tce_columns import PUBLISHED
from tess_source_dv.read.tces import TCEs, read_tces
from tess_source_stars.toi.reading import read_tois
from tess_source_stars.toi.table import Tois


def tce(
    number: int = 1, period: float | None = 5.0, epoch: float | None = 1326.0, run: int = 1, **more: Any
) -> dict[str, Any]:
    counts = {} if period is None else {"transits_expected": int(27 / period) + 1}
    return {
        "set": f"SPOC/42/s0001-s0001/{run:05d}", "tce": number, "filename": "a.xml", "tic": 42, "period": period, "period_err": 1e-4,
        "epoch": epoch, "epoch_err": 1e-3, "duration": 3.0, "converged": True, **counts, **more,
    }  # fmt: skip


def toi(
    number: str = "700.01", period: float | None = 5.0, epoch: float | None = 1326.0, **more: Any
) -> dict[str, Any]:
    return {
        "toi": number, "tic": 42, "tess_disposition": "PC", "period": period, "period_err": 1e-5, "epoch": epoch, "epoch_err": 1e-3,
        "duration": 3.0, **more,
    }  # fmt: skip


def matched(tces: list[dict[str, Any]], tois: list[dict[str, Any]]) -> list[tuple[str | None, str | None]]:
    return [(row["exofop_toi"], row["toi_ratio"]) for row in with_tois(TCEs.of(tces), Tois.of(tois))]


SAME, NONE = ("700.01", "1:1"), (None, None)


@pytest.mark.parametrize(
    ("seen", "known", "result"),
    [
        (tce(), toi(), SAME),
        (tce(), toi(epoch=1326.0 + 400 * 5.0), SAME),
        (tce(), toi(period=5.00005, epoch=1326.0 + 400 * 5.00005), SAME),
        (tce(), toi(period=5.2), NONE),
        (tce(), toi(epoch=1328.5), NONE),
        (tce(), toi(epoch=1326.0 + 4 * 5.0 + 1.0), NONE),
        (tce(), toi(tic=43), NONE),
        (tce(period=10.0), toi(), ("700.01", "2:1")),
        (tce(period=2.5), toi(), ("700.01", "1:2")),
        (tce(period=5 / 3), toi(), ("700.01", "1:3")),
        (tce(period=7.5), toi(), NONE),
        (tce(period=30.0), toi(), NONE),
        (tce(), toi(duration=None), SAME),
        (tce(duration=None), toi(), SAME),
        (tce(epoch=1326.1), toi(epoch=1326.0 + 0.1 + 500 * 5.0, period_err=None, epoch_err=None), SAME),
        (tce(), toi(period=None), NONE),
        (tce(), toi(epoch=None), NONE),
        (tce(period=None, epoch=None), toi(), NONE),
        (tce(), toi(period_err=None, epoch_err=None), SAME),
        (tce(), toi(duration=None, period_err=None, epoch_err=None), SAME),
    ],
    ids=["same", "400 cycles later", "within errors", "period", "phase", "epoch", "another star", "twice", "half",
         "a third", "in resonance", "six times",
         "no duration of the TOI", "no duration of the TCE", "no errors, years later", "single transit",
         "no epoch", "no fit", "no errors", "no duration"],
)  # fmt: skip
def test_a_tce_is_a_toi_if_period_and_epoch_agree(
    seen: Mapping[str, Any], known: Mapping[str, Any], result: tuple[str | None, str | None]
) -> None:
    assert matched([dict(seen)], [dict(known)]) == [result]


def test_the_errors_of_a_period_grow_with_the_years_between() -> None:
    later = (
        1326.0 + 700 * 5.0 + 0.3
    )  # 0.3 d off after 700 cycles: 0.0004 d per cycle, and the run itself knows 0.0005 d
    assert matched([tce()], [toi(epoch=later, period_err=1e-6)]) == [NONE]
    assert matched([tce()], [toi(epoch=later, period_err=1e-3)]) == [SAME]


def test_each_toi_is_one_tce_of_each_run_and_the_best_agreement_comes_first() -> None:
    tces = [tce(1, period=10.0), tce(2), tce(3, epoch=1327.5), tce(1, run=2)]
    assert matched(tces, [toi(), toi("700.02", epoch=1327.5)]) == [NONE, SAME, ("700.02", "1:1"), SAME]


def test_two_tois_of_nearly_the_same_period_are_told_apart_by_their_phases() -> None:
    tces = [tce(1, epoch=1327.5), tce(2, epoch=1326.0), tce(3, period=5.001, epoch=1329.0)]
    tois = [
        toi(),
        toi("700.02", period=5.00001, epoch=1327.5 + 50 * 5.00001),
        toi("700.03", period=5.001, epoch=1329.0),
    ]
    assert matched(tces, tois) == [("700.02", "1:1"), SAME, ("700.03", "1:1")]


def test_ephemerides_by_chance_are_seldom_taken_for_one_signal() -> None:
    tces, tois = [], []
    for number, chance in attempts(1000, 40_000):
        (p, t), (q, u) = ((0.5 * 26 ** chance.random(), chance.uniform(1300.0, 3300.0)) for _ in range(2))
        tces.append(tce(period=p, epoch=t, tic=number))
        tois.append(toi(period=q, epoch=u, tic=number))
    assert sum(name is not None for name, _ in matched(tces, tois)) <= 0.01 * len(tces)


def test_the_columns_say_what_exofop_knows_and_their_units() -> None:
    tces = with_tois(TCEs.of([tce(), tce(2, 7.7)]), Tois.of([toi(disposition="CP"), toi("700.02", 9.1)]))
    assert [tces[column.name].to_list() for column in PUBLISHED] == [
        ["700.01", None], ["CP", None], [5.0, None], [1326.0, None], ["1:1", None],
    ]  # fmt: skip
    table = tces.to_table()
    assert str(table["toi_period"].unit) == "d"
    assert "exofop_toi" in repr(tces)
    assert with_tois(TCEs.of([tce()]), Tois.of([toi()]))["disposition"].to_list() == ["PC"], (
        "that of the TESS project, if TFOPWG has none"
    )


def test_without_a_table_of_tois_tces_stay_as_they_are() -> None:
    tces = TCEs.of([tce()])
    assert with_tois(tces, None) is tces
    assert published(found("tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"), [42]) is None


@pytest.mark.parametrize("error", [OfflineError("the table of TOIs"), ServiceError("ExoFOP", "it is down")])
def test_a_table_that_cannot_be_had_is_a_warning(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def tois(session: Session, targets: Any) -> Tois:
        raise error

    class Stars:
        @hookimpl
        def tess_accessors(self) -> tuple[Accessor, ...]:
            return (Accessor("tois", tois, "the TOIs", of="session"),)

    session = Session(discover=False, plugins=[Stars()])
    with caplog.at_level(logging.WARNING):
        assert published(session.found([]), [42]) is None
    assert f"TOIs are not shown: {error}" in caplog.text


@pytest.mark.real
def test_all_tces_of_l_98_59_are_its_tois_as_the_runs_themselves_say(real: Path) -> None:
    tois = read_tois(real / "toi" / "exofop_download_toi_2024-09-30_first200.csv")
    tces = with_tois(read_tces(sorted((real / "dvr-xml").glob("*307210830*.xml"))), tois)
    assert len(tces) == 28
    said = [(row["toi"], row["exofop_toi"]) for row in tces if row["toi"]]
    assert len(said) == 18
    assert all(run == ours for run, ours in said)
    assert tces["exofop_toi"].null_count() == 0
    assert set(zip(tces["exofop_toi"], tces["disposition"], tces["toi_ratio"], strict=True)) == {
        (f"175.0{number}", "CP", "1:1") for number in (1, 2, 3)
    }

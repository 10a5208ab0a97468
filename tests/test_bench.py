"""The benchmark runs, counts requests, and compares only what is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.report import as_json, as_text
from bench.rounds import Bench, DifferentError, Sizes, compare
from bench.worker import Measured

ROOT = Path(__file__).resolve().parent.parent


def measured(side: str, step: str, seconds: float, requests: int, result: tuple[str, ...] = ("b 00",)) -> Measured:
    return Measured(side, step, seconds, seconds / 2, Counter(GET=requests), result)


def bench(*entries: Measured, sizes: Sizes | None = None) -> Bench:
    return Bench(sizes or Sizes(rounds=1), 200_000_000, (entries,), (0.5, 0.5))


def test_a_small_run_measures_all_sides_and_finds_that_they_got_the_same(tmp_path: Path) -> None:
    sizes = ["--targets", "2", "--files", "3", "--rounds", "1", "--latency", "0", "--no-warm-up"]
    words = ["--json", str(tmp_path / "out.json"), "--scratch", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-m", "bench", *sizes, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    for words_shown in ("requests", "wall time [s]", "faster by", "2 targets", "3 files of 2.1 MB", "lightkurve, loop"):
        assert words_shown in run.stdout
    out = json.loads((tmp_path / "out.json").read_text())
    requests = {(entry["side"], entry["step"]): sum(entry["requests"].values()) for entry in out["measured"]}
    assert all(entry["seconds"] > 0 for entry in out["measured"])
    assert requests["tess-source", "many"] == requests["astroquery", "many"] == 2
    assert requests["lightkurve", "many"] == 4
    assert requests["tess-source", "download"] == 3
    assert requests["astroquery", "download"] == 6
    assert requests["tess-source", "cached"] == 0
    assert requests["astroquery", "cached"] == 3
    assert list(tmp_path.iterdir()) == [tmp_path / "out.json"], "what was fetched is removed again"


def test_other_bytes_than_the_archives_are_refused() -> None:
    entries = [measured("tess-source", "download", 1.0, 1, ("b 01",))]
    with pytest.raises(DifferentError, match=r"tess-source, download: got 'b 01', not 'b 00'"):
        compare(entries, {"download": ("b 00",)})


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(DifferentError, match="got None, not 'c 00'"):
        compare([measured("astroquery", "cached", 1.0, 1)], {"cached": ("b 00", "c 00")})


def test_a_search_that_lists_more_or_less_than_there_is_is_refused() -> None:
    more = measured("lightkurve", "many", 9.0, 1, ("b", "c"))
    with pytest.raises(DifferentError, match="lightkurve, many: got 'c', not None"):
        compare([more], {"many": ("b",)})
    with pytest.raises(DifferentError, match="tess-source, many: got None, not 'b'"):
        compare([measured("tess-source", "many", 1.0, 1, ())], {"many": ("b",)})


def test_ratios_are_taken_round_by_round() -> None:
    rounds = (
        (measured("tess-source", "download", 1.0, 100), measured("astroquery", "download", 12.0, 200)),
        (measured("tess-source", "download", 2.0, 100), measured("astroquery", "download", 14.0, 200)),
        (measured("tess-source", "download", 1.0, 100), measured("astroquery", "download", 11.0, 200)),
    )
    shown = as_text(Bench(Sizes(), 200_000_000, rounds, (0.0,) * 4), ["download"])
    assert "11.0 (7.0-12.0) times" in shown
    assert "1.000 (1.000-2.000)" in shown
    assert "reached: 100 files, against astroquery's download_products: 11 (at least 8 times as fast)" in shown


def test_the_median_of_a_repeated_step_counts() -> None:
    own = [measured("tess-source", "many", seconds, 2) for seconds in (0.2, 0.1, 9.0)]
    other = [measured("astroquery", "many", seconds, 2) for seconds in (0.4, 0.1, 0.5)]
    assert "2.0 (2.0-2.0) times" in as_text(bench(*own, *other, sizes=Sizes(targets=3)), ["many"])


def test_a_goal_that_is_missed_is_said_to_be() -> None:
    shown = as_text(
        bench(measured("tess-source", "cached", 1.0, 1), measured("astroquery", "cached", 2.0, 9)), ["cached"]
    )
    assert "MISSED: cached, requests: 1 (at most 0)" in shown


def test_goals_are_judged_at_their_own_sizes_only() -> None:
    entries = (measured("tess-source", "cached", 1.0, 0), measured("astroquery", "cached", 2.0, 3))
    shown = as_text(bench(*entries, sizes=Sizes(files=3, rounds=1)), ["cached"])
    assert "not judged" in shown
    assert "reached" not in shown


def test_json_holds_every_single_measurement() -> None:
    entries = (measured("tess-source", "cached", 1.0, 0), measured("astroquery", "cached", 2.0, 3))
    out = as_json(bench(*entries), ["cached"])
    assert [(e["side"], e["round"], e["seconds"]) for e in out["measured"]] == [
        ("tess-source", 1, 1.0),
        ("astroquery", 1, 2.0),
    ]
    assert out["goals"] == [{"goal": "cached, requests", "bound": 0, "measured": 0.0}]

"""The benchmark runs, counts requests, and compares only what is the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from places import ROOT
from sizes import STRESS, size

from bench import catalogue, eras, limits, nine_faults, projection, scaling, scheduler
from bench.__main__ import ALONE, main
from bench.report import as_json, as_text
from bench.rounds import Bench, DifferentError, Sizes, compare
from bench.worker import Measured
from tess_source import names
from tess_source_sample.files import make


def measured(side: str, step: str, seconds: float, requests: int, result: tuple[str, ...] = ("b 00",)) -> Measured:
    return Measured(side, step, seconds, seconds / 2, Counter(GET=requests), result)


def bench(*entries: Measured, sizes: Sizes | None = None) -> Bench:
    return Bench(sizes or Sizes(rounds=1), 200_000_000, (entries,), (0.5, 0.5))


def test_a_small_run_measures_all_sides_and_finds_that_they_got_the_same(tmp_path: Path) -> None:
    sizes = ["--targets", "2", "--files", "3", "--rounds", "1", "--latency", "0", "--no-warm-up"]
    sizes += ["--only", "download", "--only", "cached"] if not STRESS else []
    words = ["--json", str(tmp_path / "out.json"), "--scratch", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-m", "bench", *sizes, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    for words_shown in ("requests", "wall time [s]", "faster by", "3 files of 2.1 MB"):
        assert words_shown in run.stdout
    out = json.loads((tmp_path / "out.json").read_text())
    requests = {(entry["side"], entry["step"]): sum(entry["requests"].values()) for entry in out["measured"]}
    assert all(entry["seconds"] > 0 for entry in out["measured"])
    if STRESS:
        assert "lightkurve, loop" in run.stdout
        assert requests["tess-source", "many"] == requests["astroquery", "many"] == 2
        assert requests["lightkurve", "many"] == 4
    assert requests["tess-source", "download"] == 3
    assert requests["astroquery", "download"] == 6
    assert requests["tess-source", "cached"] == 0
    assert requests["astroquery", "cached"] == 3
    assert list(tmp_path.iterdir()) == [tmp_path / "out.json"], "what was fetched is removed again"


def test_goals_are_judged_by_the_time_that_they_name_and_only_of_sides_that_were_measured() -> None:
    ours, theirs = measured("tess-source", "first", 2.0, 3), measured("astroquery", "first", 3.0, 4)
    said = as_text(bench(ours, replace(theirs, cpu=0.5)), ["first"])
    assert "reached: first search of a process, against astroquery's: 1.5 (" in said
    assert "MISSED: first search of a process, CPU time, against astroquery's: 0.5 (" in said
    alone = bench(ours)
    assert "first search of a process, against" not in as_text(alone, ["first"])
    assert as_json(alone, ["first"])["goals"] == []


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


# -- measurements that stand alone --


@pytest.mark.parametrize("word", [*ALONE][: size(2, 99)])
def test_what_stands_alone_is_run_with_its_own_options(word: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--only", word, "--", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(("usage: python -m bench." + word, "usage: " + word))


def test_the_help_names_what_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(f"  {word} " in shown and what in shown for word, what in ALONE.items())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--only", "loading", "--only", "search"], "stands alone"),
        (["--all", "--only", "search"], "one of the two"),
        (["--only", "loading", "--rounds", "7"], "options of its own, which go behind --; not rounds"),
        (["--", "--rounds", "3"], "options behind -- are for one of"),
    ],
)
def test_options_that_would_be_lost_are_refused(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert why in capsys.readouterr().err


# -- eras --


def era(ours: list[float], *, fast: bool = True, pipeline: str = "SPOC") -> eras.Row:
    return eras.Row(eras.Kind(88, pipeline), 2_030_400, fast, [70.0, 80.0, 90.0], ours)


def test_light_curves_of_every_era_and_pipeline_are_measured() -> None:
    assert {(kind.sector, kind.pipeline) for kind in eras.KINDS} == {
        (sector, pipeline) for sector in (1, 27, 56, 88) for pipeline in ("SPOC", "TESS-SPOC", "QLP")
    }
    parsed = [names.parse(name) for kind in eras.KINDS for name in kind.names(2)]
    assert {(name.kind, name.first_sector, name.pipeline) for name in parsed} == {
        ("lc", kind.sector, kind.pipeline) for kind in eras.KINDS
    }


@pytest.mark.filterwarnings("ignore:.*tpfmodel submodule is not available.*")
def test_a_kind_is_measured_on_files_of_its_era_that_both_sides_open_alike(tmp_path: Path) -> None:
    kind = eras.Kind(88, "TESS-SPOC")
    paths = kind.write(tmp_path, 1)
    assert paths[0].read_bytes().count(b"CONTINUE  ''") == 2
    row = eras.measure(kind, paths, rounds=2)
    assert (row.kind, row.size, row.fast) == (kind, paths[0].stat().st_size, True)
    assert [len(values) for values in (row.theirs, row.ours, row.ratios)] == [2, 2, 2]
    assert min(*row.theirs, *row.ours) > 0


def test_a_file_that_lightkurve_opens_does_not_take_the_fast_way(tmp_path: Path) -> None:
    path = tmp_path / "hlsp_tglc_tess_ffi_gaiaid-2475555794352572672-s0003-cam1-ccd3_tess_v1_llc.fits"
    path.write_bytes(make(path.name))
    assert not eras.takes_the_fast_way(path)


def test_objects_that_differ_give_no_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = eras.Kind(1, "TESS-SPOC")
    monkeypatch.setattr("bench.loading.by_lightkurve", lambda paths: iter(["something else"] * len(paths)))
    with pytest.raises(ValueError, match="not equal"):
        eras.measure(kind, kind.write(tmp_path, 1), rounds=1)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (era([10.0, 10.0, 10.0]), "8.0 (7.0-9.0) | tess-source | 7: reached"),
        (era([14.0, 16.0, 18.0], pipeline="QLP"), "5.0 (5.0-5.0) | tess-source | 5: reached"),
        (era([14.0, 16.0, 18.0]), "5.0 (5.0-5.0) | tess-source | 7: **missed**"),
        (era([10.0, 20.0, 20.0]), "4.5 (4.0-7.0) | tess-source | 7: **missed**"),
        (era([10.0, 10.0, 10.0], fast=False), "8.0 (7.0-9.0) | **lightkurve** | 7: **missed**"),
    ],
)
def test_the_goal_is_reached_by_the_fast_way_alone(row: eras.Row, words: str) -> None:
    table = eras.as_markdown([row]).splitlines()
    assert (
        table[-1]
        == f"| 88 | {row.kind.pipeline} | 2.03 MB | 80.0 (70.0-90.0) | {table[-1].split(' | ')[4]} | {words} |"
    )


def test_the_page_has_the_place_of_the_table() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    before, _, rest = page.partition(eras.BEGIN)
    shown, _, after = rest.partition(eras.END)
    assert before
    assert after
    assert nine_faults.written(page, "new", eras.BEGIN, eras.END) == f"{before}{eras.BEGIN}\nnew\n{eras.END}{after}"
    lines = shown.strip().splitlines()
    rows = [tuple(cell.strip() for cell in line.split("|")[1:3]) for line in lines[2:]]
    kinds = [(str(kind.sector), kind.pipeline) for kind in eras.KINDS]
    assert rows == [kind for kind in kinds if kind in rows], "each row is of a kind that is measured, in their order"


# -- nine faults --


def on_the_page() -> dict[str, dict[str, str]]:
    """Client → fault → word, as the page shows them."""
    page = (ROOT / "docs" / "downloads.md").read_text(encoding="utf-8")
    table = page.partition(nine_faults.BEGIN)[2].partition(nine_faults.END)[0].strip().splitlines()
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {client: {row[0]: row[column] for row in rows} for column, client in enumerate(head) if column}


def test_under_none_of_nine_faults_does_the_page_show_harm_by_tess_source() -> None:
    shown = on_the_page()
    assert list(shown["tess-source"]) == list(nine_faults.FAULTS)
    for fault, word in shown["tess-source"].items():
        assert re.fullmatch(r"exact(, waited|, resumed)?|error, clean( \(temporary file\))?", word), fault
    assert {"astroquery", "requests, a loop", "curl"} < set(shown)
    assert all("**" in "".join(words.values()) for client, words in shown.items() if client != "tess-source")


def test_what_the_page_shows_of_nine_faults_is_so() -> None:
    # A stalled body takes as long as the default patience. tests/download/test_faults.py has it with less, and the others in this process.
    kinds = [nine_faults.CHANGED, nine_faults.KILLED, nine_faults.AGAIN]
    faults = [fault for fault in nine_faults.FAULTS if fault != nine_faults.STALLED and (STRESS or fault in kinds)]
    clients = ["tess-source", "requests, a loop"][: size(1, 2)]
    shown = on_the_page()
    for client, words in nine_faults.measure(clients, faults).items():
        assert words == {fault: shown[client][fault] for fault in faults}, client


@pytest.mark.parametrize(
    ("code", "left", "others", "word"),
    [
        (0, b"right", 0, "exact"),
        (0, b"wrong", 0, "**wrong bytes, success**"),
        (0, None, 0, "**nothing, success**"),
        (1, None, 0, "error, clean"),
        (-9, None, 1, "error, clean (temporary file)"),
        (1, b"rig", 0, "error, **partial left**"),
        (1, b"", 0, "error, **empty file left**"),
        (1, b"right", 0, "error, though exact"),
        (None, None, 0, "**waits for ever**"),
        (None, b"rig", 0, "**waits for ever, partial left**"),
    ],
)
def test_what_harms_is_told_from_what_does_not(code: int | None, left: bytes | None, others: int, word: str) -> None:
    assert nine_faults.classify(nine_faults.Outcome(code, left, others), b"right") == word


def test_the_table_goes_between_its_marks_and_nothing_else_changes() -> None:
    page = f"before\n{nine_faults.BEGIN}\nold\n{nine_faults.END}\nafter\n"
    new = f"before\n{nine_faults.BEGIN}\nnew\n{nine_faults.END}\nafter\n"
    assert nine_faults.written(page, "new") == new
    assert nine_faults.written(new, "new") == new


def test_the_bench_of_the_catalogue_says_what_is_reached_missed_and_not_measured() -> None:
    rows = [(10, {"build": 3.0}), (108, {"build": 61.2, "one": 0.021, "astroquery one": 0.4, "disk": 104.4})]
    goals, grown = catalogue.as_markdown(rows, 108).split("\n\n")
    assert "| build from local lists | 61.2 s |  | 60 s | **missed** |" in goals
    assert "| one star, in a running process | 0.021 s | 0.4 s | 0.05 s | reached |" in goals
    assert "| update of one sector |  |  | 2 s | not measured |" in goals
    assert "| build from local lists | 3 s | 61.2 s |" in grown
    assert "| on disk |  | 104 MB |" in grown


@pytest.mark.skipif(not STRESS, reason="builds and asks a catalogue, half a minute")
def test_a_small_catalogue_is_built_and_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert catalogue.main(["--sectors", "3", "--targets", "200"]) == 0
    assert "not measured" not in capsys.readouterr().out


# -- how it scales --


def test_what_the_page_computes_follows_from_what_it_measured() -> None:
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    table = projection.as_markdown(projection.costs_on(page))
    assert nine_faults.written(page, table, *projection.HOURS) == page, "run python -m bench.projection --write"


def test_the_page_has_the_sizes_of_today() -> None:
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    shown = {row[0]: row[1] for row in projection._cells(page, projection.SIZES)}
    for words, expected in projection.sizes().items():
        assert float(shown[words]) == pytest.approx(expected, rel=0.1), "run python -m bench.projection --write"


def test_hours_are_files_over_the_smallest_rate() -> None:
    table = projection.as_markdown(projection.Costs(batch=0.005, file=0.001))
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.splitlines()[2:]]
    found = {row[:3]: row[3:] for row in rows}
    assert found["MAST, fast connections", "50", "10 to 1,000"] == ("10", "55", "0.11", "0.5%", "MAST")
    assert found["the cloud, one sector at a time", "50", "1,000"] == ("0.56", "1,000", "2", "10.0%", "calling process")
    assert found["the cloud, one sector at a time", "2,000", "1,000"] == ("0.1", "5,500", "11", "1.4%", "S3")
    assert found["the cloud, 106 sectors mixed", "2,000", "10"][-1] == "cores of the workers"
    slow = projection.limits(1000, 106, 2000, projection.Costs(batch=0.1, file=0.001))
    assert min(slow, key=lambda name: slow[name]) == "scheduler"


def test_ratios_of_scaling_are_those_of_the_medians_to_threads() -> None:
    runs = [
        *(scaling.Run("folder", "threads", 100, seconds, 0.5, (90.0, 95.0)) for seconds in (2.0, 9.0, 1.0)),
        *(scaling.Run("folder", "2", 100, seconds, 0.2, (80.0, 81.0)) for seconds in (3.0, 3.0, 1.0)),
        scaling.Run("object store", "2", 100, 5.0, 0.2, (80.0, 81.0)),
    ]
    assert scaling.as_markdown(runs).splitlines()[2:] == [
        "| folder | threads | 100 | 2.0 | 1.00 |  | 5.00 | 90, 95 |",
        "| folder | dask, 2 processes | 100 | 3.0 | 1.50 | 500 | 2.00 | 80, 81 |",
        "| object store | dask, 2 processes | 100 | 5.0 |  |  | 2.00 | 80, 81 |",
    ]


def test_batches_of_the_scheduler_are_as_large_as_those_of_a_download() -> None:
    (batch,) = scheduler.batches(1, 0.0)
    entries = scheduler.fetched(batch)
    assert len(entries) == len({entry.item.uri for entry in entries}) == projection.BATCH
    row = scheduler.Row(2, 10, 0.005, 0.004, 1.25)
    assert scheduler.as_markdown([row], 2.0).splitlines()[-1] == "| 2 | 5.0 | 4.0 | 1.25 |"


@pytest.mark.skipif(not STRESS, reason="starts processes, a quarter of a minute")
def test_a_small_scaling_is_measured(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["--files", "4", "--objects", "0", "--workers", "1", "--rounds", "1", "--scratch", str(tmp_path)]
    assert scaling.main(words) == 0
    assert "| folder | dask, 1 process | 4 |" in capsys.readouterr().out


def test_the_limit_of_a_line_is_the_sum_of_its_parts() -> None:
    def cost(name: str, *cpu: float, parts: tuple[str, ...] = ()) -> limits.Cost:
        return limits.Cost(name, lambda: None, 1, parts, [*cpu])

    costs = [
        cost("2 MB: read", 1, 2),
        cost("sum", 1, 1),
        cost("`cp`", 5, 5),
        cost("file", 4, 6, parts=("2 MB: read", "sum")),
    ]
    assert limits.as_markdown(costs).splitlines()[2:] == [
        "| `cp` | 5.00 (5.00-5.00) |  |  |  |",
        "| file | 5.00 (4.00-6.00) | 2.5 | 2.0 (2.0-2.0) | read 1.5, sum 1 |",
    ]

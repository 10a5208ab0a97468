"""The program: data on stdout, all else on stderr, exit codes that scripts can rely on."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
import toys
from astropy.table import Table
from click.shell_completion import BashComplete
from program_run import Program

from tess_source import Session
from tess_source.cli.program import build
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

KELT9 = "TIC 16740101"
LC14 = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"


def test_search_prints_products_on_stdout_and_a_summary_on_stderr(program: Program) -> None:
    said = program("search", KELT9, "--kind", "lc")
    assert said.code == 0
    assert said.out.splitlines()[0].split()[:3] == ["tic", "kind", "first_sector"]
    assert len(said.out.splitlines()) == 7
    assert "12 observations, 6 products" in said.err


def test_a_table_that_goes_to_a_file_is_not_cut(program: Program) -> None:
    assert LC14 in program("search", KELT9, "--kind", "lc").out


def test_json_rows_have_what_scripts_need(program: Program) -> None:
    rows = json.loads(program("search", KELT9, "--kind", "dvs", "--format", "json").out)
    wanted = [
        "archive",
        "obs_id",
        "tic",
        "kind",
        "first_sector",
        "last_sector",
        "exptime",
        "pipeline",
        "uri",
        "filename",
        "size",
        "run",
        "tce",
    ]
    assert all(set(wanted) <= set(row) for row in rows)
    assert len(rows) == 28


def test_every_format_holds_the_same_rows(program: Program) -> None:
    words = ("search", KELT9, "--kind", "lc,fast-lc", "--format")
    expected = [row["filename"] for row in json.loads(program(*words, "json").out)]
    assert [json.loads(line)["filename"] for line in program(*words, "jsonl").out.splitlines()] == expected
    assert pl.read_csv(io.StringIO(program(*words, "csv").out))["filename"].to_list() == expected
    assert list(Table.read(program(*words, "ecsv").out, format="ascii.ecsv")["filename"]) == expected
    assert [line.split()[-1] for line in program(*words, "table").out.splitlines()[1:]] == expected


@pytest.mark.parametrize("what", ["observations", "links"])
def test_search_can_show_the_other_tables(program: Program, what: str) -> None:
    said = program("search", KELT9, "--show", what, "--format", "jsonl")
    assert said.code == 0
    assert said.out


@pytest.mark.parametrize(
    "words",
    [
        ("16740101",),
        ("tic16740101",),
        ("KELT-9",),
        ("307.8598 39.9388",),
        ("--tic", "16740101"),
        ("-c", "target_name=16740101"),
    ],
)
def test_one_star_however_it_is_asked_for(program: Program, words: tuple[str, ...]) -> None:
    said = program("search", *words, "--kind", "lc", "--sector", "14", "--format", "jsonl")
    assert [json.loads(line)["filename"] for line in said.out.splitlines()] == [LC14]


def test_targets_come_from_files_and_from_standard_input(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stars.csv").write_text("star,TIC ID\nKELT-9,16740101\n,257486953\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("16740101\nTIC 257486953\n"))
    for words in ((f"@{tmp_path / 'stars.csv'}",), ("-",)):
        rows = program("search", *words, "--kind", "lc", "--format", "jsonl").out.splitlines()
        assert {json.loads(row)["tic"] for row in rows} == {16740101, 257486953}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("search", KELT9, "--sector", "x"), "'x' is not a"),
        (("search", KELT9, "--kind", "lightcurve"), "kind"),
        (("search", KELT9, "--secotr", "1"), "Did you mean one of: '--sector'"),
        (("search", KELT9, "-c", "proposl_id=1"), "did you mean 'proposal_id'"),
        (("search", KELT9, "-c", "nonsense"), "is not COLUMN=VALUE"),
        (("search", KELT9, "-c", "t_min=1..x"), "not a range of numbers"),
        (("search",), "nothing was asked for"),
        (("search", "307.86"), "neither a TIC id nor coordinates"),
        (("search", "@nowhere.txt"), "cannot be read"),
        (("search", KELT9, "--radius", "wide"), "not an angle"),
        (("--without", "masst", "search", KELT9), "did you mean 'mast'"),
        (("--plugin", "nowhere.py", "search", KELT9), "nowhere.py"),
        (("--archive", "masst", "search", KELT9), "did you mean 'mast'"),
        (("--server",), "'--server' requires an argument"),
        (("search", KELT9, "--archive"), "'--archive' requires an argument"),
        (("--cache", "--offline", "search", KELT9), "'--cache' requires an argument"),
        (("search", KELT9, "--offline=1"), "'--offline' does not take a value"),
        (("--sever", "x", "search", KELT9), "Did you mean one of: '--server'"),
        (("-vx", "search", KELT9), "No such option '-x'"),
        (("get", KELT9, "--layout", "{nope}/{filename}"), "which is no column"),
        (("get", KELT9, "--jobs", "0"), "--jobs"),
        (("nonsense",), "No such command"),
    ],
)
def test_bad_usage_exits_with_2_and_says_what_would_be_right(
    program: Program, words: tuple[str, ...], message: str
) -> None:
    said = program(*words)
    assert said.code == 2
    assert message in said.err
    assert not said.out
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "words",
    [("search", "999"), ("get", "999"), ("count", "999"), ("search", KELT9, "--sector", "1"), ("search", "Nibiru")],
)
def test_nothing_found_exits_with_3_and_explains(program: Program, words: tuple[str, ...]) -> None:
    said = program(*words)
    assert said.code == 3
    assert words[0] == "count" or said.err


def test_an_archive_that_fails_exits_with_1_and_names_service_and_code(
    program: Program, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tess_source_mast.deadline.PAUSE", 0.01)
    archive.faults.add(Fault("status", match="Filtered", times=None, status=503))
    said = program("search", KELT9)
    assert said.code == 1
    assert "Mast.Caom.Filtered" in said.err
    assert "503" in said.err
    assert not said.out


def test_get_downloads_writes_the_lock_and_does_not_fetch_twice(
    program: Program, archive: SampleArchive, tmp_path: Path
) -> None:
    words = (
        "get",
        KELT9,
        "--kind",
        "lc",
        "--sector",
        "14-15",
        "--to",
        str(tmp_path),
        "--lock",
        str(tmp_path / "k.ecsv"),
    )
    said = program(*words)
    assert said.code == 0
    assert "2 fetched" in said.err
    first = Table.read(tmp_path / "k.ecsv")
    assert (tmp_path / str(first["path"][0])).stat().st_size == first["size"][0]
    archive.clear()
    assert "2 here before" in program(*words).err
    assert not [request for request in archive.requests if "Download" in request.path]
    assert list(Table.read(tmp_path / "k.ecsv")["sha256"]) == list(first["sha256"])


@pytest.mark.parametrize(
    "words",
    [(), ("--limit", "5"), ("--explain",), ("-c", "sequence_number=15")],
    ids=["all", "five", "explained", "some"],
)
def test_observations_are_shown_without_listing_products(
    program: Program, archive: SampleArchive, words: tuple[str, ...]
) -> None:
    said = program("search", KELT9, "--show", "observations", "--format", "jsonl", *words)
    assert said.code == 0
    assert len(said.out.splitlines()) == {"--limit": 5, "-c": 1}.get(words[0] if words else "", 12)
    assert not [request for request in archive.requests if "Caom.Products" in str(request)]
    assert ("products were not asked for" in said.err) is ("--explain" in words)


def test_observations_of_an_unknown_star_are_explained(program: Program) -> None:
    said = program("search", "TIC 5", "--show", "observations")
    assert said.code == 3
    assert "the archive answered and has none" in said.err


def test_a_dry_run_shows_the_plan_and_fetches_nothing(program: Program, archive: SampleArchive, tmp_path: Path) -> None:
    said = program("get", KELT9, "--kind", "lc", "--to", str(tmp_path / "x"), "--dry-run", "--format", "jsonl")
    assert said.code == 0
    assert len(said.out.splitlines()) == 6
    assert "6 to fetch (11.7 MB)" in said.err
    assert not (tmp_path / "x").exists()
    assert not [request for request in archive.requests if "Download" in request.path]


def test_one_failure_exits_with_1_and_the_rest_is_there(
    program: Program, archive: SampleArchive, tmp_path: Path
) -> None:
    archive.faults.add(Fault("status", match=LC14, times=None, status=404))
    said = program("get", KELT9, "--kind", "lc", "--sector", "14-15", "--to", str(tmp_path), "--layout", "flat")
    assert said.code == 1
    assert "1 fetched" in said.err
    assert "1 failed" in said.err
    assert "404" in said.out
    assert len(list(tmp_path.iterdir())) == 1


def test_count_prints_a_number(program: Program) -> None:
    assert program("count", KELT9).out == "12\n"
    assert program("count", "--sector", "57").out == "4\n"


def test_fields_are_the_archives_own_help(program: Program) -> None:
    said = program("fields", "products", "--format", "json")
    assert {"dataURI", "productFilename", "size"} <= {row["name"] for row in json.loads(said.out)}


def test_plugins_are_listed_with_version_hooks_and_state(program: Program) -> None:
    rows = {row["name"]: row for row in json.loads(program("plugins", "--format", "json").out)}
    assert {"mast", "filters", "dv", "lightkurve", "sample"} <= set(rows)
    assert "tess_query" in rows["mast"]["hooks"]
    left_out = {
        row["name"]: row["state"] for row in json.loads(program("--without", "dv", "plugins", "--format", "json").out)
    }
    assert left_out["dv"] == "off"


def test_every_filter_is_an_option_that_tells_its_plugin(program: Program) -> None:
    filters = {
        row["filter"]: row["plugin"] for row in json.loads(program("plugins", "--filters", "--format", "json").out)
    }
    text = program("search", "--help").out
    assert {"filters", "dv"} <= set(filters.values())
    for name in filters:
        assert re.search(rf"--{name.replace('_', '-')}[ ,]", text)
    for plugin in set(filters.values()):
        shown = len(re.findall(rf"\[{plugin}\]", text))  # of look-ups, too
        assert shown >= sum(owner == plugin for owner in filters.values())


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (("--sector", "14"), 1), (("--kind", "lc"), 6), (("--exptime", "120"), 10), (("--cadence", "fast"), 2),
        (("--author", "!SPOC"), 0), (("--kind", "lc", "--sector", "14-16"), 2), (("--kind", "dvr-xml"), 10),
    ],
)  # fmt: skip
def test_count_takes_every_filter(program: Program, words: tuple[str, ...], number: int) -> None:
    assert program("count", KELT9, *words).out == f"{number}\n"


def test_the_words_of_lightkurve_are_other_names_of_the_same_filters(program: Program) -> None:
    ours = program("search", KELT9, "--pipeline", "SPOC", "--exptime", "fast", "--format", "jsonl")
    theirs = program("search", KELT9, "--author", "SPOC", "--cadence", "fast", "--format", "jsonl")
    assert ours.out == theirs.out != ""
    both = program("search", KELT9, "--exptime", "fast", "--cadence", "fast")
    assert both.code == 0  # one option under two names


def test_a_plugin_file_adds_its_option_wherever_it_stands(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import tess_source\n@tess_source.hookimpl\ndef tess_filters():\n"
        "    biggest = lambda products, value: products['size'] == products['size'].max()\n"
        "    return (tess_source.Filter('biggest', biggest, 'the biggest', metavar='', last=1),)\n"
    )
    for words in (("--plugin", str(file), "search"), ("search", "--plugin", str(file))):
        said = program(*words, KELT9, "--kind", "lc", "--biggest", "--format", "jsonl")
        assert [json.loads(row)["last_sector"] for row in said.out.splitlines()] == [75]


def test_archives_are_chosen_by_name_wherever_the_option_stands(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import tess_source\n@tess_source.hookimpl\ndef tess_query(query):\n    raise ConnectionError('mine is down')\n"
    )
    mine = ("--plugin", str(file), "search", KELT9, "--kind", "lc")
    assert "mine is down" in program(*mine).err
    for words in (("--archive", "mast", *mine), (*mine, "--archive=mast")):
        assert program(*words).code == 0
    both = program(*mine, "--archive", "mast", "--archive", "mine")
    assert (both.code, "mine is down" in both.err) == (1, True)


def test_general_options_end_where_targets_begin(program: Program) -> None:
    said = program("search", "-qq", "--kind", "lc", "--", KELT9)
    assert (said.code, said.err) == (0, "")
    assert "--offline" in program("search", "--", "--offline").err


def test_options_complete_in_a_shell(archive: SampleArchive) -> None:
    words = "tess-source search --kind dv"
    env = {**os.environ, "_TESS_SOURCE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "3"}
    done = subprocess.run([sys.executable, "-m", "tess_source"], env=env, capture_output=True, text=True, check=False)
    assert {"plain,dvt", "plain,dvs", "plain,dvr-xml"} <= set(done.stdout.split())


def test_archives_complete_in_a_shell() -> None:
    session = Session(discover=False)
    session.register(toys.Archive(), "catalogue-of-toys")
    assert completed(session, "--archive cat") == ["plain,catalogue-of-toys"]


def test_what_is_preferred_completes_in_a_shell() -> None:
    assert completed(Session(), "--prefer cl") == ["plain,cloud", "plain,cloud-only"]


@pytest.mark.parametrize(
    ("prefer", "folder"), [("archive", "/api/v0.1/Download/"), ("cloud-only", "/tess/public/tid/")]
)
def test_what_is_preferred_says_where_files_come_from(
    program: Program, archive: SampleArchive, tmp_path: Path, prefer: str, folder: str
) -> None:
    archive.clear()
    done = program("get", "16740101", "--kind", "lc", "--sector", "14", "--to", tmp_path, "--prefer", prefer)
    assert done.code == 0
    assert [folder in request.path for request in archive.requests][-1:] == [True]


def completed(session: Session, words: str) -> list[str]:
    env = {"_TESS_SOURCE_COMPLETE": "bash_complete", "COMP_WORDS": f"tess-source {words}", "COMP_CWORD": "2"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        found = BashComplete(build(session), {"obj": session}, "tess-source", "_TESS_SOURCE_COMPLETE").complete()
    return str(found).split()


def test_the_archive_may_stand_anywhere_before_two_dashes_and_a_wrong_one_names_the_known(program: Program) -> None:
    for words in (
        ("--archive", "mats", "search", KELT9),
        ("search", "--archive=mats", KELT9),
        ("search", KELT9, "--archive", "mats"),
    ):
        said = program(*words)
        assert (said.code, said.out) == (2, "")
        assert "unknown archive 'mats'; did you mean 'mast'?" in said.err
    assert "known are: " in program("search", KELT9, "--archive", "xyz").err
    assert program("search", KELT9, "--limit", 1, "--archive", "mast").code == 0


def test_an_interrupt_keeps_what_is_done_and_exits_with_130(archive: SampleArchive, tmp_path: Path) -> None:
    archive.faults.add(Fault("slow", match="_tp.fits", times=None, rate=200_000))
    words = ["get", KELT9, "--sector", "14,15", "--kind", "lc,tp", "--to", str(tmp_path)]
    env = {**os.environ, "TESS_SOURCE_SERVER": archive.url}
    run = subprocess.Popen(
        [sys.executable, "-m", "tess_source", *words],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while len(list(tmp_path.rglob("*_lc.fits"))) < 2 or not list(tmp_path.rglob("*_tp*.part")):
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    archive.faults.clear()
    assert run.returncode == 130
    assert "2 fetched" in err
    assert "0 failed, 2 not begun or broken off" in err
    assert "run the same command again" in err
    assert not list(tmp_path.rglob("*.part"))
    assert len(list(tmp_path.rglob("*_lc.fits"))) == 2


def test_a_reader_that_leaves_early_is_no_drama(archive: SampleArchive) -> None:
    env = {**os.environ, "TESS_SOURCE_SERVER": archive.url}
    command = f'"{sys.executable}" -m tess_source search "{KELT9}" --format json | head -1'
    done = subprocess.run(command, shell=True, env=env, capture_output=True, text=True, check=False)
    assert done.stdout == "[\n"
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
def test_closed_streams_are_no_drama_and_no_file_gets_their_numbers(archive: SampleArchive, tmp_path: Path) -> None:
    env = {**os.environ, "TESS_SOURCE_SERVER": archive.url}
    words = f'get "{KELT9}" --kind lc --sector 14 --to "{tmp_path}" --lock "{tmp_path / "lock.ecsv"}"'
    done = subprocess.run(f'"{sys.executable}" -m tess_source {words} <&- >&- 2>&-', shell=True, env=env, check=False)
    assert done.returncode == 0
    assert LC14 in (tmp_path / "lock.ecsv").read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full device is Linux's")
def test_output_that_cannot_be_written_is_an_error(archive: SampleArchive) -> None:
    env = {**os.environ, "TESS_SOURCE_SERVER": archive.url}
    words = f'"{sys.executable}" -m tess_source plugins > /dev/full'
    done = subprocess.run(words, shell=True, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_archive_can_be_asked_without_docstrings(archive: SampleArchive) -> None:
    env = {**os.environ, "TESS_SOURCE_SERVER": archive.url, "PYTHONOPTIMIZE": "2"}
    command = [sys.executable, "-m", "tess_source", "search", KELT9]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert LC14 in done.stdout


def test_a_plugin_file_that_ends_the_program_is_an_error(program: Program, tmp_path: Path) -> None:
    (tmp_path / "quitter.py").write_text("raise SystemExit(0)")
    said = program("--plugin", tmp_path / "quitter.py", "plugins")
    assert said.code == 2
    assert "quitter.py' failed while it was imported: SystemExit: 0" in said.err


@pytest.mark.parametrize(
    "odd",
    [
        "print('a word')",
        "import sys; print('a word'); sys.stdout.close()",
        "print('a word'); import sys; sys.stdout = None",
    ],
)
def test_what_a_plugin_does_to_stdout_while_it_is_imported_does_not_change_the_data(
    program: Program, tmp_path: Path, odd: str
) -> None:
    hook = "from tess_source import hookimpl\n@hookimpl\ndef tess_filters():\n    return ()\n"
    (tmp_path / "odd.py").write_text(f"{odd}\n{hook}")
    said = program("--plugin", tmp_path / "odd.py", "plugins", "--format", "csv")
    assert said.code == 0
    assert said.out.startswith("name,")
    assert "a word" in said.err


def test_a_command_of_a_plugin_cannot_replace_the_programs_own(program: Program, tmp_path: Path) -> None:
    lines = [
        "import click, tess_source",
        "@tess_source.hookimpl",
        "def tess_commands():",
        "    return [click.Command('search')]",
    ]
    (tmp_path / "greedy.py").write_text("\n".join(lines))
    said = program("--plugin", tmp_path / "greedy.py", "plugins")
    assert said.code == 2
    assert "plugin 'greedy' declares the command 'search', which the program has itself" in said.err


def test_log_handlers_are_gone_after_a_run(program: Program) -> None:
    import logging

    before = [list(logging.getLogger(name).handlers) for name in ("", "tess_source", "tess_source_mast")]
    program("search", KELT9, "-v")
    assert [list(logging.getLogger(name).handlers) for name in ("", "tess_source", "tess_source_mast")] == before


def test_quiet_says_only_what_went_wrong(program: Program) -> None:
    said = program("search", KELT9, "--kind", "lc", "--quiet")
    assert said.out
    assert not said.err
    assert program("search", KELT9, "--sector", "x", "-q").err


@pytest.mark.parametrize("layout", ["mastt", "{tic}", "", "/abs/{filename}", "../{filename}"])
def test_a_slip_in_the_layout_does_not_become_a_files_name(program: Program, tmp_path: Path, layout: str) -> None:
    said = program("get", KELT9, "--kind", "lc", "--to", str(tmp_path), "--layout", layout)
    assert said.code == 2
    assert "layout" in said.err
    assert not list(tmp_path.iterdir())


def test_filters_narrow_observations_and_links_too(program: Program) -> None:
    rows = program("search", KELT9, "--sector", "75", "--kind", "lc", "--show", "observations", "--format", "jsonl").out
    assert [json.loads(row)["kind"] for row in rows.splitlines()] == ["target"]
    links = program(
        "search", KELT9, "--kind", "lc", "--sector", "15", "--show", "links", "--format", "jsonl"
    ).out.splitlines()
    assert links
    assert all("s0015-" in json.loads(row)["object"] for row in links if json.loads(row)["kind"] == "dv-of")
    assert program("search", KELT9, "--sector", "99", "--show", "observations").code == 3


def test_a_criterion_may_be_repeated(program: Program) -> None:
    assert program("count", KELT9, "-c", "sequence_number=14", "-c", "sequence_number=15").out == "2\n"


@pytest.mark.parametrize("form", ["csv", "jsonl", "ecsv"])
def test_what_one_run_prints_another_takes_as_targets(
    program: Program, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    printed = program("search", KELT9, "257486953", "--kind", "lc", "--format", form).out
    monkeypatch.setattr(sys, "stdin", io.StringIO(printed))
    assert program("count", "-").out == "13\n"


def test_a_failed_row_says_which_file_it_is(program: Program, archive: SampleArchive, tmp_path: Path) -> None:
    archive.faults.add(Fault("status", match=LC14, times=None, status=404))
    said = program("get", KELT9, "--kind", "lc", "--sector", "14-15", "--to", str(tmp_path))
    assert re.search(rf"failed +0 +{re.escape(LC14)} .*404", said.out)


def test_a_filter_that_fails_is_named_without_a_traceback(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text(
        "import tess_source\n@tess_source.hookimpl\ndef tess_filters():\n"
        "    return (tess_source.Filter('boom', lambda products, value: 1 / 0, 'boom', metavar=''),)\n"
    )
    said = program("--plugin", str(file), "search", KELT9, "--boom")
    assert said.code == 1
    assert said.err.splitlines()[-2:] == [
        "error: ZeroDivisionError: division by zero", "  raised by plugin 'bad' in its filter 'boom'",
    ]  # fmt: skip
    assert "Traceback" not in said.err


@pytest.mark.parametrize("server", ["foo", "ftp://x", "https://"])
def test_a_server_must_be_an_address(program: Program, server: str) -> None:
    said = program("--server", server, "search", KELT9)
    assert said.code == 2
    assert "is not an address" in said.err


@pytest.mark.parametrize("columns", ["80", "160"])
def test_a_table_fits_the_terminal_and_keeps_the_end_of_names(
    program: Program, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("tess_source.cli.printing.sys.stdout.isatty", lambda: True)
    lines = program("search", KELT9, "--kind", "lc", "--limit", "1").out.splitlines()
    assert all(len(line) <= int(columns) for line in lines)
    assert lines[-1].endswith("_lc.fits")


def test_a_reason_of_many_failures_is_said_once(program: Program, archive: SampleArchive, tmp_path: Path) -> None:
    archive.faults.add(Fault("status", match="_lc.fits", status=404, times=None))
    said = program("get", "16740101", "--kind", "lc", "--to", str(tmp_path))
    assert said.err.count("404 Not Found") == 1
    assert "6 of 6 files were not fetched: the server answered 404 Not Found (" in said.err
    assert "_lc.fits and 3 more)" in said.err


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "ecsv", "table"])
def test_what_the_program_prints_is_a_list_of_targets(program: Program, tmp_path: Path, form: str) -> None:
    found = program("search", KELT9, "--kind", "lc", "--format", form).out
    (tmp_path / "found.txt").write_text(found)
    assert program("search", f"@{tmp_path}/found.txt", "--kind", "lc", "--format", form).out == found


def test_a_place_is_given_as_two_words(program: Program) -> None:
    assert "for 84.29 -80.47" in program("search", "84.29", "-80.47").err
    assert (
        program("search", "-52.140194", "39.938824", "--kind", "lc").out == program("search", KELT9, "--kind", "lc").out
    )


def test_a_name_of_two_words_is_told_to_need_quotes(program: Program) -> None:
    said = program("search", "pi", "Men")
    assert said.code == 3
    assert 'put in quotes, e.g. "pi Men"' in said.err


def test_rows_that_are_passed_over_are_counted_on_stderr(program: Program, tmp_path: Path) -> None:
    (tmp_path / "stars.csv").write_text("tic,name\n16740101,\n,\n")
    assert program("search", f"@{tmp_path}/stars.csv").code == 2
    said = program("search", f"@{tmp_path}/stars.csv", "--missing", "skip", "--kind", "lc")
    assert said.code == 0
    assert "passed over 1 row without a target (line 3 of" in said.err


@pytest.mark.parametrize("group", [(), ("cache",), ("catalogue",), ("config",), ("lock",), ("sample",)])
def test_help_of_a_group_cuts_no_line_short_in_a_terminal_of_80_columns(
    program: Program, group: tuple[str, ...]
) -> None:
    listed = program(*group, "--help").out.partition("\nCommands:\n")[2]
    assert listed
    assert "..." not in listed

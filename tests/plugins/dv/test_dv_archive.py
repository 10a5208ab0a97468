"""With an archive: reports are fetched for exactness, failures leave sets bounded and say so, and the program shows it all."""

from __future__ import annotations

import csv
import io
import json
import logging
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from dv_case import key
from mast_case import KELT9, L98, QUIET, TOI3505

import tess_source_dv
import tess_source_filters
import tess_source_mast
from tess_source import Found, Session
from tess_source.cli.program import build
from tess_source.errors import LoadError
from tess_source_dv.candidates.matching import history
from tess_source_dv.read.light_curves import light_curves_of
from tess_source_sample import facts
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

PLUGINS = (tess_source_mast, tess_source_filters, tess_source_dv)


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    return at(archive)


def at(archive: SampleArchive) -> Session:
    return Session(archive.url, discover=False, plugins=PLUGINS)


def downloads(archive: SampleArchive, since: int) -> list[str]:
    return [str(request.query) for request in archive.requests[since:] if "Download" in request.path]


# -- exactness --


def test_toi_3505_is_bounded_until_its_report_is_read_and_then_links_to_sectors_54_and_81_alone(
    session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    found = session.search(TOI3505)
    wide = key(14, 86, 971, TOI3505)
    bounded = found.dv(root=tmp_path).where(pl.col("set") == wide)[0]
    assert (bounded["sectors"], bounded["state"]) == ("54,81", "bounded")
    before = len(archive.requests)
    sets = found.dv(exact=True, root=tmp_path)
    assert len(downloads(archive, before)) == 1
    assert sets.where(pl.col("set") == wide)[0]["source"] == "dvr-xml"
    links = sets.relate(found).links.where((pl.col("kind") == "dv-of") & (pl.col("subject") == wide))
    assert set(links["state"]) == {"exact"}
    assert sorted(links["object"].str.extract(r"(s\d{4}-.*)$")) == [
        f"s{sector:04d}-{TOI3505:016d}-{scid}-s_{kind}.fits"
        for sector, scid in ((54, "0227"), (81, "0276"))
        for kind in ("lc", "tp")
    ]


def test_from_a_set_whose_sectors_are_exact_to_its_light_curves(
    session: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found, wide = session.search(TOI3505), key(14, 86, 971, TOI3505)
    sectors = "54 81"
    with caplog.at_level(logging.WARNING):
        exact = light_curves_of(found.dv(exact=True, root=tmp_path).relate(found), wide)
        assert not caplog.text
        bounded = light_curves_of(found, wide)
        assert "which of them it used" in caplog.text
    for curves in (exact, bounded):
        assert " ".join(map(str, curves.products["first_sector"])) == sectors


def test_what_lies_here_already_is_read_without_being_asked_for_and_not_fetched_again(
    session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    found = session.search(KELT9)
    assert set(found.dv(root=tmp_path)["state"]) == {"exact", "bounded"}
    found.dv(exact=True, root=tmp_path)
    before = len(archive.requests)
    assert set(found.dv(root=tmp_path)["state"]) == {"exact"}
    assert set(found.dv(exact=True, root=tmp_path)["state"]) == {"exact"}
    assert not downloads(archive, before)


def test_a_selection_does_not_keep_reports_from_being_fetched(session: Session, tmp_path: Path) -> None:
    found = session.search(TOI3505, kind="lc")
    sets = found.dv(exact=True, root=tmp_path)
    assert set(sets["state"]) == {"exact"}
    related = sets.relate(found)
    assert related.products["uri"].to_list() == found.products["uri"].to_list()
    assert set(related.links.where(pl.col("kind") == "dv-of")["state"]) == {"exact"}


def test_a_report_that_cannot_be_fetched_leaves_its_set_bounded_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SampleArchive(faults=[Fault("status", match="00971_dvr.xml", status=404)]) as unkind:
        found = at(unkind).search(TOI3505)
        with caplog.at_level(logging.WARNING):
            sets = found.dv(exact=True, root=tmp_path)
    assert sets.where(pl.col("run") == 971)[0]["state"] == "bounded"
    assert "00971_dvr.xml tells nothing" in caplog.text


@pytest.mark.parametrize("tic", [KELT9, L98, TOI3505])
def test_reports_of_the_sample_archive_tell_the_sectors_that_are_known_of_the_real_ones(
    session: Session, tmp_path: Path, tic: int
) -> None:
    for row in session.search(tic).dv(exact=True, root=tmp_path):
        run = facts.run(tic, row["first_sector"], row["last_sector"], row["run"])
        from_words = [int(s) for part in row["sectors"].split(",") for s in _expanded(part)]
        assert (tuple(from_words), row["tces"], row["missing"]) == (run.sectors, run.tces, None)


def _expanded(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)


# -- what is current --


def test_of_kelt_9s_multi_sector_runs_each_later_one_subsumes_all_earlier_ones(
    session: Session, tmp_path: Path
) -> None:
    sets = session.search(KELT9).dv(exact=True, root=tmp_path)
    older = {row["set"]: (row["supersedes"] or "").split() for row in sets}
    wide = [key(14, 16, 253), key(14, 19, 323), key(14, 41, 512), key(14, 55, 652)]
    for n, one in enumerate(wide):
        assert [other for other in wide if other in older[one]] == wide[:n]
    assert sets.current["set"].to_list() == [key(82, 82, 919), key(75, 75, 848), key(14, 14, 745), key(14, 55, 652)]
    assert sets.where(pl.col("first_sector") == pl.col("last_sector")).where(pl.col("first_sector") == 14)[
        "superseded_by"
    ].to_list() == [None, key(14, 14, 745), key(14, 14, 745)]


def test_tces_that_a_superseding_run_lost_are_named_once_the_reports_are_here(session: Session, tmp_path: Path) -> None:
    found = session.search(L98)
    by_count = {row["set"]: row["lost"] for row in found.dv(root=tmp_path)}
    assert by_count[key(9, 9, 198, L98)] == "at least 1 of 3 TCEs"
    assert by_count[key(8, 8, 182, L98)] is None
    found.tces(root=tmp_path)
    by_ephemeris = {row["set"]: row["lost"] for row in found.dv(root=tmp_path)}
    assert str(by_ephemeris[key(9, 9, 198, L98)]).startswith("TCE 3 (2.253")
    assert by_ephemeris[key(8, 8, 182, L98)] == "nothing"
    assert by_ephemeris[key(1, 13, 226, L98)] is None


# -- TCEs --


def test_tces_of_a_search_come_from_its_reports_which_are_fetched_once(
    session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    found = session.search(KELT9)
    before = len(archive.requests)
    tces = found.tces(root=tmp_path)
    fetched = downloads(archive, before)
    assert len(fetched) == 13
    assert all("dvr.xml" in query for query in fetched)
    assert len(tces) == found.dv(root=tmp_path)["tces"].sum()
    assert len(history(tces)) >= 2
    assert found.tces(root=tmp_path, which="widest")["run"].to_list() == [652] * 3
    assert len(downloads(archive, before)) == 13


def test_no_report_at_all_is_an_error_that_names_them(tmp_path: Path) -> None:
    with SampleArchive(faults=[Fault("status", match="dvr.xml", status=404, times=9)]) as unkind:
        found = at(unkind).search(TOI3505)
        with pytest.raises(LoadError, match=r"00645_dvr\.xml"):
            found.tces(root=tmp_path)


def test_a_target_without_data_validation_has_no_tces(session: Session, tmp_path: Path) -> None:
    assert len(session.search(QUIET).tces(root=tmp_path)) == 0


# -- the program --


def run(archive: SampleArchive, *words: str) -> Result:
    session = at(archive)
    return CliRunner().invoke(build(session), ["dv", *words])


def test_the_program_shows_the_sets_newest_first(archive: SampleArchive, tmp_path: Path) -> None:
    done = run(archive, str(KELT9), "--to", str(tmp_path))
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split()[:5] == ["set", "sectors", "state", "tces", "superseded_by"]
    assert [line.split()[0] for line in lines[1:5]] == [
        key(82, 82, 919), key(75, 75, 848), key(14, 14, 745), key(14, 55, 652),
    ]  # fmt: skip
    assert lines[4].split()[1:4] == ["14-15,41,55", "bounded", "3"]
    assert (
        done.stderr
        == "13 DV sets, 4 current; the sectors of 4 are those observed in range, --exact reads which were used\n"
    )


def test_every_format_has_the_same_rows(archive: SampleArchive, tmp_path: Path) -> None:
    words = (str(TOI3505), "--exact", "--to", str(tmp_path), "--format")
    as_csv = list(csv.DictReader(io.StringIO(run(archive, *words, "csv").stdout)))
    as_json = json.loads(run(archive, *words, "json").stdout)
    as_lines = [json.loads(line) for line in run(archive, *words, "jsonl").stdout.splitlines()]
    assert as_json == as_lines
    assert [row["set"] for row in as_csv] == [row["set"] for row in as_json]
    assert as_json[0]["sectors"] == as_csv[0]["sectors"] == "54,81"
    assert as_json[0]["state"] == "exact"
    assert key(14, 86, 971, TOI3505) in run(archive, *words, "ecsv").stdout


def test_tces_history_and_files_are_shown_instead_when_asked_for(archive: SampleArchive, tmp_path: Path) -> None:
    words = (str(TOI3505), "--to", str(tmp_path), "--format", "json")
    tces = json.loads(run(archive, *words, "--tces").stdout)
    assert [(row["run"], row["tce"]) for row in tces] == [(645, 1), (910, 1), (971, 1)]
    (candidate,) = json.loads(run(archive, *words, "--history").stdout)
    assert candidate["life"] == "00645:1 00910:1 00971:1"
    files = json.loads(run(archive, *words, "--files", "--dv", "current").stdout)
    assert {row["run"] for row in files} == {971}
    assert len(files) == 5
    table = run(archive, str(TOI3505), "--to", str(tmp_path), "--files").stdout
    assert table.split()[:6] == ["dv_set", "kind", "tce", "size", "superseded_by", "filename"]


def test_a_target_without_sets_is_nothing_found(archive: SampleArchive) -> None:
    done = run(archive, str(QUIET))
    assert (done.exit_code, done.stdout) == (3, "")
    assert "where a search finds no TCE, there is none" in done.stderr


def test_a_report_that_cannot_be_had_is_some_failed(tmp_path: Path) -> None:
    with SampleArchive(faults=[Fault("status", match="00971_dvr.xml", status=404)]) as unkind:
        done = run(unkind, str(TOI3505), "--exact", "--to", str(tmp_path))
    assert done.exit_code == 1
    assert "bounded" in done.stdout


@pytest.mark.parametrize(
    ("words", "sets"),
    [
        (["--sector", "82", "--kind", "dvt"], {"s0082-s0082/00919"}),
        (["--run", "240,290", "--kind", "dvt"], {"s0014-s0014/00240", "s0014-s0014/00290"}),
        (["--kind", "dvt", "--limit", "1"], {"s0014-s0014/00240"}),
        (["--pipeline", "QLP"], set()),
    ],
)
def test_filters_choose_the_sets_by_their_files(archive: SampleArchive, words: list[str], sets: set[str]) -> None:
    done = run(archive, str(KELT9), "--format", "csv", *words)
    shown = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["set"].removeprefix(f"SPOC/{KELT9}/") for row in shown} == sets
    assert done.exit_code == (0 if sets else 3)


@pytest.mark.parametrize("words", [[], [str(KELT9), "--dv", "newest"], [str(KELT9), "--plot", "x.gif"]])
def test_what_makes_no_sense_is_a_usage_error(archive: SampleArchive, words: list[str]) -> None:
    done = run(archive, *words)
    assert (done.exit_code, done.stdout) == (2, "")


def test_a_picture_is_drawn_for_each_target(archive: SampleArchive, tmp_path: Path) -> None:
    done = run(archive, str(KELT9), str(TOI3505), "--to", str(tmp_path), "--plot", str(tmp_path / "runs.svg"))
    assert done.exit_code == 0
    for tic in (KELT9, TOI3505):
        assert f"TIC {tic}" in (tmp_path / f"runs-{tic}.svg").read_text()


def test_a_found_of_two_targets_needs_to_be_told_which_to_draw(session: Session) -> None:
    found: Found = session.search([KELT9, TOI3505])
    with pytest.raises(ValueError, match=r"tic=…: there are 2: 16740101, 390988385"):
        found.plot_coverage()
    assert found.plot_coverage(tic=KELT9)

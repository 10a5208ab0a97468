"""The contract holds of the sample archive, is otherwise of spoilt ones, and down of a stopped one; so it cannot rot unnoticed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random

import pytest
from fuzz import altered, altered_json, attempts
from mast_contract import outcome as outcomes
from mast_contract.all_lines import LINES
from mast_contract.asking import Asking, DownError, Got, Question
from mast_contract.line import SERVICES, Line
from mast_contract.outcome import DOWN, HOLDS, OTHERWISE, Outcome, outcome_of, settled
from mast_contract.page import with_lines
from mast_contract.report import EXIT_DOWN, EXIT_OTHERWISE, exit_code, report
from places import DOCS, ROOT
from spoilt import SPOILT
from urllib3 import HTTPHeaderDict

from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

NAME = "hlsp_tess-spoc_tess_phot_0000000016740101-s0036_tess_v1_dvt.fits"
LACKING = {
    "hlsp_tess-spoc_tess_phot_s0036_tess_v1_dl-dv.sh": (
        f"#!/bin/sh\ncurl -f --create-dirs -C - --output '{NAME}' "
        f"https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:HLSP/tess-spoc/s0036/target/0000/0000/1674/0101/{NAME}\n"
    )
}
"""Lists that the sample archive lacks: it has no data validation of single sectors by TESS-SPOC."""


@dataclass
class Answers:
    """What the sample archive answers, each question asked once."""

    url: str
    known: dict[Question, Got] = field(default_factory=dict)

    def asking(self, change: Callable[[Question, Got], Got] = lambda question, got: got) -> Asking:
        """Return an asking whose answers are changed; what the archive was not asked does not exist."""
        absent = Got(404, HTTPHeaderDict(), b"<html>404 Not Found</html>", 0.0, whole=True)
        asking = Asking(self.url, carry=lambda question: change(question, self.known.get(question, absent)))
        asking.pause = 0.0
        return asking


@pytest.fixture(scope="module")
def first_run() -> Iterator[tuple[Answers, Asking, dict[str, Outcome]]]:
    """All lines, asked of a sample archive that redirects downloads, and works on each question of the portal for a while."""
    with SampleArchive(redirect=True, executing=1) as archive:
        answers, real = Answers(archive.url), Asking(archive.url)

        def carry(question: Question) -> Got:
            lacking = LACKING.get(question.url.rpartition("/")[2])
            got = real._asked(question) if lacking is None else Got(200, {}, lacking.encode(), 0.0, whole=True)
            answers.known[question] = got
            return got

        asking = Asking(archive.url, carry=carry)
        asking.pause = 0.0
        yield answers, asking, settled(LINES.values(), asking)


@pytest.fixture(scope="module")
def answers(first_run: tuple[Answers, Asking, dict[str, Outcome]]) -> Answers:
    return first_run[0]


@pytest.mark.parametrize("name", LINES)
def test_a_line_holds_of_the_sample_archive(name: str, first_run: tuple[Answers, Asking, dict[str, Outcome]]) -> None:
    found = first_run[2][name]
    assert found.state == HOLDS, f"expected {found.expected}; came {found.came} {found.remark}"


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_otherwise_of_an_archive_that_is_spoilt_for_it(name: str, answers: Answers) -> None:
    found = outcome_of(LINES[name], answers.asking(SPOILT[name]))
    assert found.state == OTHERWISE, found
    assert found.expected
    assert found.came


def every_line(answers: Answers, change: Callable[[Question, Got], Got]) -> dict[str, Outcome]:
    return {name: outcome_of(line, answers.asking(change)) for name, line in LINES.items()}


ABOUT_ABSENCE = {"download-absent", "lists-absent", "targets-absent"}
"""Lines that something is not there: for them, 404 is right."""
ABOUT_FAILURE = {"portal-error", "tesscut-nothing"}
"""Lines that hold if the answer is an error of the client."""


def test_no_line_holds_where_each_answer_is_a_page(answers: Answers) -> None:
    page = Got(200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html><body>Welcome</body></html>", 0.0, whole=True)
    found = every_line(answers, lambda question, got: page)
    assert {one.state for one in found.values()} == {OTHERWISE}


def test_no_line_holds_where_nothing_is_there(answers: Answers) -> None:
    found = every_line(answers, lambda question, got: Got(404, HTTPHeaderDict(), b"", 0.0, whole=True))
    assert {name for name, one in found.items() if one.state != OTHERWISE} == ABOUT_ABSENCE | ABOUT_FAILURE


@pytest.mark.parametrize("code", [500, 502, 503, 504, 429])
def test_a_service_that_cannot_answer_now_is_down(code: int, answers: Answers) -> None:
    found = every_line(answers, lambda question, got: Got(code, HTTPHeaderDict(), b"", 0.0, whole=True))
    assert {name for name, one in found.items() if one.state != DOWN} <= {"portal-error"}


def test_no_answer_makes_a_line_fail_otherwise(answers: Answers) -> None:
    raw = []
    lines = list(LINES.values())
    for number, chance in attempts(40):
        line = chance.choice(lines)
        try:
            outcome_of(line, answers.asking(partial(damaged, chance)))
        except Exception as error:  # noqa: BLE001  that is what is looked for
            raw.append((number, line.name, repr(error)))
    assert not raw


def damaged(chance: Random, question: Question, got: Got) -> Got:
    """Return an answer with other bytes, another status or no headers; or as it is."""
    match chance.randrange(5):
        case 0 | 1:
            change = altered_json if got.body[:1] in {b"{", b"["} else altered
            return replace(got, body=change(got.body, chance))
        case 2:
            return replace(got, status=chance.choice([0, 200, 206, 304, 307, 400, 416, 999]))
        case 3:
            return replace(got, headers=HTTPHeaderDict())
        case _:
            return got


def test_a_stopped_archive_is_down_and_is_not_asked_for_long() -> None:
    with SampleArchive() as archive:
        url = archive.url
    asking = Asking(url)
    found = settled(LINES.values(), asking)
    assert {one.state for one in found.values()} == {DOWN}
    assert asking.requests.total() <= outcomes.IN_VAIN * len({*SERVICES.values()})
    assert "refused" in found["portal-columns"].remark
    assert exit_code(found.values()) == EXIT_DOWN


def test_a_host_that_is_slow_is_not_waited_for_beyond_the_time(
    monkeypatch: pytest.MonkeyPatch, answers: Answers
) -> None:
    monkeypatch.setattr(outcomes, "LONGEST", -1.0)
    found = settled(LINES.values(), answers.asking())
    assert {one.remark.partition(":")[0] for one in found.values()} == {"not asked"}


def test_a_question_is_asked_once_and_no_answer_is_large(first_run: tuple[Answers, Asking, dict[str, Outcome]]) -> None:
    answers, asking, _ = first_run
    assert asking.requests.total() == len(answers.known) < 150
    assert max(question.most for question in answers.known) <= 3_000_000


# -- the report --


def made_up(state: str, line: str = "portal-columns") -> Outcome:
    return Outcome(LINES[line], state, remark="a|b", expected="<x>", came="y", seconds=1.0)


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((HOLDS,), 0),
        ((HOLDS, DOWN), EXIT_DOWN),
        ((HOLDS, OTHERWISE), EXIT_OTHERWISE),
        ((DOWN, OTHERWISE), EXIT_OTHERWISE),
        ((), 0),
    ],
)
def test_the_exit_code_tells_the_three_apart(states: tuple[str, ...], code: int) -> None:
    assert exit_code([made_up(state) for state in states]) == code


def test_the_report_names_what_depends_on_a_line_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAST_API_TOKEN", "hunter2hunter2")
    lines = [made_up(OTHERWISE), made_up(DOWN, "bucket-object"), made_up(HOLDS, "whoami")]
    lines.append(replace(made_up(OTHERWISE, "tic-ids"), came=f"http://me:pw@host/ hunter2hunter2 {Path.home()}/x"))
    text = report(lines, Asking("http://me:secretword@127.0.0.1:9"), 12.0)
    assert text.startswith("## tess-source and the services that it asks: 2 is otherwise, 1 service down, 1 hold")
    assert f"| portal-columns | &lt;x> | y | {LINES['portal-columns'].needed_for} |" in text
    assert "a\\|b" in text
    assert "All asked of http://127.0.0.1:9." in text
    for secret in ("hunter2", "me:pw", "secretword", f"{Path.home()}/"):
        assert secret not in text


def test_live_tests_ask_what_is_there_and_tell_by_exit_code_and_report(tmp_path: Path) -> None:
    with SampleArchive(redirect=True) as archive:
        archive.faults.add(Fault("status", "/whoami", times=None, status=503))
        words = (
            "-m",
            "live",
            "-k",
            "whoami or tic-ids",
            "--rootdir",
            ROOT,
            "-c",
            ROOT / "pyproject.toml",
            ROOT / "tests" / "live",
        )
        # by another name than 127.0.0.1, to which all tests may go
        environment = {**os.environ, "TESS_SOURCE_LIVE_SERVER": archive.url.replace("127.0.0.1", "0.0.0.0")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, words)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == EXIT_DOWN, done.stdout
    assert "0 is otherwise, 1 service down, 1 hold" in done.stdout
    assert (tmp_path / "live-report.md").read_text() in done.stdout


# -- the page --


def test_the_page_says_what_the_lines_say() -> None:
    page = (DOCS / "mast-contract.md").read_text()
    assert with_lines(page, LINES.values()) == page, "write it again: python tests/live/write_page.py"


def test_each_line_can_be_spoilt() -> None:
    assert set(SPOILT) == set(LINES)


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_line_is_well_declared(line: Line) -> None:
    assert line.service in SERVICES
    assert line.says.endswith(".")
    assert line.evidence
    assert line.needed_for


def test_a_question_without_an_answer_is_down(answers: Answers) -> None:
    def carry(question: Question) -> Got:
        raise DownError("no answer within 20 s")

    found = outcome_of(LINES["whoami"], Asking(answers.url, carry=carry))
    assert (found.state, found.remark) == (DOWN, "no answer within 20 s")

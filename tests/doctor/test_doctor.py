"""tess-source doctor: what it finds, what it advises, and what it never shows."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from email.message import Message
from email.utils import formatdate
from pathlib import Path

import pytest
from fuzz import attempts
from program_run import Program
from raw_answers import raw_server, wrong_answer

import tess_source
from tess_source import Service, Session, hookimpl
from tess_source.config import SETTINGS
from tess_source.doctor import Finding, asked, checkup, machine
from tess_source.errors import PluginConflictError, PluginError
from tess_source.settings import Settings
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

DECLARED = {
    "portal", "resolver", "downloads", "TIC", "ExoFOP", "TESScut", "bucket", "path look-up", "lists", "target lists", "lists of images",
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait long for answers, and for the counting of files: a busy machine is no finding."""
    monkeypatch.setattr(asked, "SECONDS", 60.0)
    monkeypatch.setattr(machine, "LONGEST", 60.0)


class Lab:
    """A plugin that asks one service."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address, self.token = address, token

    @hookimpl
    def tess_services(self) -> tuple[Service, ...]:
        return (Service("lab", self.address, "our light curves", token=self.token),)


def of(findings: list[Finding], topic: str) -> dict[str, Finding]:
    return {finding.item.partition(" at ")[0]: finding for finding in findings if finding.topic == topic}


def lab_of(address: str) -> Finding:
    return of(asked_of(address), "service")["lab"]


def asked_of(address: str) -> list[Finding]:
    return list(asked.services({"lab": Service("lab", address, "our light curves")}, Settings(None, offline=False)))


def test_all_services_of_all_plugins_are_asked_once_and_answer(archive: SampleArchive) -> None:
    found = of(checkup(Session(archive.url)), "service")
    assert set(found) == DECLARED
    assert {finding.state for finding in found.values()} == {"ok"}
    assert len(archive.requests) == len(DECLARED)
    assert all(finding.value.startswith(("HTTP 200 in ", "HTTP 302 in ")) for finding in found.values())


def test_a_healthy_installation_has_no_problems(program: Program) -> None:
    done = program("doctor")
    assert (done.code, done.err) == (0, "no problems\n")
    assert "PROBLEM" not in done.out


def test_a_service_that_fails_is_a_problem_with_advice_and_what_it_is_needed_for(
    program: Program, archive: SampleArchive
) -> None:
    archive.faults.add(Fault("status", "Mast.Caom.Filtered", times=None, status=503))
    done = program("doctor")
    assert (done.code, done.err) == (1, "1 problem\n")
    first = done.out.split("\n\n")[0]
    assert first.startswith("PROBLEM  service: HTTP 503\n")
    assert "(needed for searches)" in first
    assert "wait some minutes" in first


def test_json_has_problems_first_and_all_fields(program: Program, archive: SampleArchive) -> None:
    archive.faults.add(Fault("status", "path_lookup", times=None, status=404))
    found = [Finding(**row) for row in json.loads(program("doctor", "--format", "json").out)]
    assert found[0].state == "problem"
    assert found[0].item.startswith("path look-up at 127.0.0.1:")
    assert "not at this address" in found[0].advice
    assert {finding.topic for finding in found} >= {"version", "extra", "plugin", "cache", "config", "proxy", "clock"}


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_offline_no_service_is_asked(
    program: Program, archive: SampleArchive, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESS_SOURCE_OFFLINE", str(int(how == "variable")))
    done = program(*["--offline"] * (how == "argument"), "doctor")
    assert done.code == 0
    assert done.out.count("not asked: offline") == len(DECLARED)
    assert not archive.requests


def test_services_with_one_trouble_are_named_together(program: Program) -> None:
    with SampleArchive() as gone:
        url = gone.url
    done = program("--server", url, "doctor")
    assert done.code == 1
    assert done.out.count("PROBLEM") == 1
    assert done.out.count("(needed for ") == len(DECLARED)


# -- kinds of failure --


def answered(*heads: str) -> AbstractContextManager[str]:
    """Serve an answer with these headers."""
    head = "\r\n".join(("HTTP/1.1 200 OK", "Content-Length: 0", *heads, "", "")).encode()
    return raw_server(lambda path: head)


def test_a_service_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "SECONDS", 0.2)
    over = threading.Event()

    def never(path: str) -> Iterator[bytes]:
        over.wait(5)
        yield b""

    with raw_server(never) as url:
        assert lab_of(url).value == "no answer within 0.2 s"
        over.set()


def test_a_server_without_tls_is_named_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):  # the client may be gone
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(1)

        threading.Thread(target=speak, daemon=True).start()
        found = lab_of(f"https://127.0.0.1:{listening.getsockname()[1]}")
    assert found.state == "problem"
    assert "no secure connection" in found.value


def test_an_unknown_name_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = lab_of("https://mast.stsci.edu/")
    assert "the name of mast.stsci.edu is unknown" in found.value
    assert found.advice


def test_what_is_no_http_is_a_problem() -> None:
    with raw_server(lambda path: b"SSH-2.0-x\r\n\r\n") as url:
        assert lab_of(url).state == "problem"


def test_no_head_of_an_answer_makes_the_doctor_fail() -> None:
    good = [b"HTTP/1.1 200 OK\r\nDate: Sat, 28 Nov 2026 03:00:00 GMT\r\nContent-Length: 2\r\n\r\n{}"]
    heads: dict[str, bytes] = {}
    raw = []
    with raw_server(lambda path: heads[path]) as url:
        for number, chance in attempts(40):
            heads[f"/{number}"] = wrong_answer(good, chance)
            declared = {"lab": Service("lab", f"{url}/{number}", "us")}
            try:
                found = list(asked.services(declared, Settings(None, offline=False)))
            except Exception as error:  # noqa: BLE001  that is what is looked for
                raw.append((number, heads[f"/{number}"][:80], repr(error)))
            else:
                assert found[0].state in {"ok", "problem"}
    assert not raw


@pytest.mark.parametrize(("ahead", "state"), [(0, "ok"), (-3600, "problem"), (86400 * 400, "problem")])
def test_the_clock_is_compared_with_the_servers(ahead: float, state: str) -> None:
    with answered(f"Date: {formatdate(time.time() - ahead, usegmt=True)}") as url:
        found = of(asked_of(url), "clock")
    assert found["this machine"].state == state
    assert ("behind" if ahead < 0 else "ahead" if ahead else "right") in found["this machine"].value


@pytest.mark.parametrize("date", ["Date: yesterday", "X-No: date"])
def test_without_a_date_nothing_is_said_of_the_clock(date: str) -> None:
    with answered(date) as url:
        assert not of(asked_of(url), "clock")


# -- this machine --


def test_a_library_that_is_too_old_or_missing_is_a_problem_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ["polars>=999", "no-such-library>=1", "absent-too>=2; extra == 'pictures'"]
    monkeypatch.setattr(machine.metadata, "requires", lambda name: said)
    extras = Message()
    extras["Provides-Extra"] = "pictures"
    monkeypatch.setattr(machine.metadata, "metadata", lambda name: extras)
    found = checkup(Session(discover=False))
    versions, extras = of(found, "version"), of(found, "extra")
    assert versions["polars"].value.endswith("but >=999 is needed")
    assert versions["polars"].advice == "pip install 'polars>=999'"
    assert (versions["no-such-library"].state, versions["no-such-library"].value) == ("problem", "not installed")
    assert extras["pictures: absent-too"] == Finding(
        "off", "extra", "pictures: absent-too", "not installed", "pip install 'tess-source[pictures]'"
    )


def test_a_broken_plugin_is_a_problem(tmp_path: Path) -> None:
    session = Session(discover=False)
    from tess_source.hooks.plugin import Plugin

    session.registry.plugins["torn"] = Plugin("torn", "1.0", "torn-plugin", "broken", error="ImportError: no module")
    found = of(checkup(session), "plugin")["torn"]
    assert (found.state, found.value) == ("problem", "ImportError: no module")
    assert "--without torn" in found.advice


def test_a_cache_folder_that_cannot_be_used_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    found = of(checkup(Session(discover=False, cache=tmp_path / "file" / "cache")), "cache")
    assert found["writable"].state == "problem"
    assert found["writable"].value.endswith("is not a folder")
    monkeypatch.setattr(machine, "LITTLE", 10**30)
    assert of(checkup(Session(discover=False, cache=tmp_path)), "cache")["free space"].state == "problem"


def test_the_cache_folder_is_counted_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.fits").write_bytes(b"x" * 2880)
    found = of(checkup(Session(discover=False, cache=tmp_path)), "cache")
    assert found["files"].value == "1 file, 2.9 kB"
    assert [path.name for path in tmp_path.iterdir()] == ["a.fits"]


def test_each_setting_says_where_it_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.toml"
    config.write_text("cache = 'here'\nmax_age = '2h'\n")
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(config))
    monkeypatch.setenv("TESS_SOURCE_PREFER", "cloud")
    found = of(checkup(Session(discover=False, offline=True)), "config")
    assert found["cache"].value == f"{tmp_path / 'here'}  ({config})"
    assert found["max_age"].value == f"2 hours  ({config})"
    assert found["prefer"].value == "cloud  (TESS_SOURCE_PREFER)"
    assert found["offline"].value == "yes  (argument)"
    assert found["server"].value == "MAST  (default)"


@pytest.mark.parametrize("text", ["cache = ", "colour = 'red'\n", "\x00", "cache = 3\n"])
def test_a_config_file_that_cannot_be_understood_is_a_problem_and_the_rest_is_told(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(discover=False)
    (tmp_path / "config.toml").write_text(text)
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(tmp_path / "config.toml"))
    found = checkup(session)
    assert any(finding.state == "problem" and "config.toml" in finding.value for finding in found)
    assert {finding.topic for finding in found} >= {"version", "cache", "config", "proxy"}


# -- what is not shown --

SECRET = "hunter2Hunter2"
WAYS = {
    "proxy": {"HTTPS_PROXY": f"http://me:{SECRET}@127.0.0.1:9"},
    "proxy with an @": {"HTTPS_PROXY": f"http://me:p@{SECRET}@127.0.0.1:9"},
    "proxy with a slash": {"HTTPS_PROXY": f"http://me:p/{SECRET}@127.0.0.1:9"},
    "no address": {"ALL_PROXY": f"me:{SECRET}@:::"},
    "percent-encoded": {"https_proxy": "http://me:hunter2%48unter2@127.0.0.1:9"},
    "server": {"TESS_SOURCE_SERVER": f"http://me:{SECRET}@127.0.0.1:9"},
    "token": {"MAST_API_TOKEN": SECRET},
    "token with a line feed": {"MAST_API_TOKEN": f"{SECRET}\n"},
    "certificates": {"MAST_API_TOKEN": SECRET, "REQUESTS_CA_BUNDLE": f"/none/{SECRET}.pem"},
    "cache": {"GITHUB_TOKEN": SECRET, "TESS_SOURCE_CACHE": f"/none/{SECRET}"},
    "no_proxy": {"no_proxy": f"http://me:{SECRET}@host"},
}


@pytest.mark.parametrize("environment", WAYS.values(), ids=WAYS)
def test_no_secret_of_the_environment_is_shown(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    session = Session(discover=False, plugins=[Lab("https://127.0.0.1:9/", "MAST_API_TOKEN")])
    found = checkup(session)
    assert of(found, "service")["lab"].state == "problem"
    assert SECRET not in str(found)
    assert "hunter2%48unter2" not in str(found)


def test_a_server_is_named_without_its_login(monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    done = program("--server", f"http://me:{SECRET}@127.0.0.1:9", "doctor")
    assert done.code == 1
    assert "127.0.0.1:9" in done.out
    assert SECRET not in done.out + done.err


def test_a_token_is_told_to_be_there_and_sent_nowhere(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAST_API_TOKEN", SECRET)
    found = of(checkup(Session(archive.url)), "token")["MAST_API_TOKEN"]
    assert (found.state, found.value) == ("ok", "set")
    assert not any(SECRET in value for request in archive.requests for value in request.headers.values())


def test_the_home_folder_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "jane"
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    for place in (home, tmp_path / "link"):
        monkeypatch.setenv("HOME", str(place))
        monkeypatch.setenv("TESS_SOURCE_CACHE", str(home / "cache"))
        found = of(checkup(Session(discover=False)), "cache")
        assert found["folder"].value.startswith(str(Path("~", "cache")))
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path / "janet"))
    assert of(checkup(Session(discover=False)), "cache")["folder"].value.startswith(str(tmp_path / "janet"))


# -- the hook --


def test_a_plugins_own_service_is_asked() -> None:
    with answered() as url:
        found = lab_of(url)
    assert (found.state, found.needed_for) == ("ok", "our light curves")


def test_two_services_of_one_name_are_refused() -> None:
    with pytest.raises(PluginConflictError, match="the service 'lab'"):
        session = Session(discover=False, plugins=[Lab("https://a.example")])
        session.register(Lab("https://b.example"), "other")


@pytest.mark.parametrize("address", ["", "lab.example", "ftp://lab.example", "file:///lab"])
def test_a_service_without_an_address_is_refused(address: str) -> None:
    with pytest.raises(PluginError, match="no http or https address"):
        tess_source.Session(discover=False, plugins=[Lab(address)])


# -- what is wrong before there is a session --

VARIABLES = {
    "server": f"ftp://me:{SECRET}@host", "jobs": "0", "layout": "flatt", "max_age": "soon", "offline": "perhaps",
    "insecure_redirects": "2", "longest_wait": "0",
}  # fmt: skip
WRONG = {
    "no TOML": ("jobs = ", ["file"]),
    "not there": (None, ["file"]),
    "variables": ("jobz = 3\n", ["file", *VARIABLES]),
    "an unknown plugin": ('without = ["masst"]\n', ["without"]),
    "a plugin of an installed one's name": ('plugins = ["mast.py"]\n', ["plugins"]),
}


@pytest.mark.parametrize(("text", "names"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_problems_among_all_other_findings(
    text: str | None, names: list[str], program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    if text is not None:
        file.write_text(text)
    (tmp_path / "mast.py").write_text("from tess_source import hookimpl\n@hookimpl\ndef tess_filters(): return ()\n")
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(file))
    for name in names[1:]:
        monkeypatch.setenv(f"TESS_SOURCE_{name.upper()}", VARIABLES[name])
    assert program("plugins").code == 2
    done = program("doctor", "--offline", "--format", "json")
    found = [Finding(**row) for row in json.loads(done.out)]
    assert done.code == 1
    assert {one.item for one in found if one.state == "problem" and one.topic == "config"} == {*names}
    assert {one.topic for one in found} >= {"version", "plugin", "cache", "proxy", "service"}
    assert SECRET not in done.out
    done = program("config", "show")
    assert done.code == 2
    assert set(SETTINGS) <= {line.split()[0] for line in done.out.splitlines()}
    assert done.err.count("error: ") == len(names)
    assert program("config", "path").out == f"{file}\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP 200 in "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n <!DOCTYPE html><html>", "HTTP 200, but a web page"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP 200, but not what it answers usually"),
        (b"HTTP/1.1 302 F\r\nLocation: http://me:s3cret00@inn.example/\r\nContent-Length: 0\r\n\r\n", "HTTP 302 to inn.example"),
        (b"HTTP/1.1 302 F\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", "HTTP 302 in "),
    ],
    ids=["right", "page", "empty", "redirect", "same host"],
)  # fmt: skip
def test_a_page_in_the_place_of_a_service_is_a_problem(answer: bytes, said: str) -> None:
    with raw_server(lambda path: answer) as url:
        declared = {"lab": Service("lab", url, "us", begins="{")}
        found = next(iter(asked.services(declared, Settings(None, offline=False))))
    assert found.value.startswith(said)
    assert found.state == ("ok" if said.endswith(" in ") else "problem")

"""Trouble on the way to an archive is named for what it is: questions and downloads say the same, and nobody's password."""

from __future__ import annotations

import http.server
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from program_run import Program

import tess_source_mast
from tess_source import Session
from tess_source.download import route
from tess_source.errors import NetworkError, ServiceError
from tess_source.settings import Patience
from tess_source_mast import deadline, portal
from tess_source_sample.server import SampleArchive

URI = "mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
SECRET = "sEcr3t"
UNKNOWN_HOST = "nobody.invalid"


@pytest.fixture(autouse=True)
def unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one name be unknown, whatever the name server of this machine says of it."""
    lookup = socket.getaddrinfo

    def unknown(host: Any, *args: Any, **words: Any) -> Any:
        if host in {UNKNOWN_HOST, UNKNOWN_HOST.encode()}:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return lookup(host, *args, **words)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make no pauses, and know no certificates but the system's."""
    monkeypatch.setattr(deadline, "PAUSE", 0.0)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


# -- servers that are no archives -----------------------------------------------------------------------------------------------


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers everything with one status; 0 hangs up."""

    status = 0
    location = ""
    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        if self.status:
            self.send_response(self.status)
            self.send_header("Content-Length", "0")
            if self.location:
                self.send_header("Location", self.location)
            self.end_headers()
        self.close_connection = True

    do_POST = do_CONNECT = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@dataclass
class _Running:
    address: str
    seen: list[dict[str, str]]


class _Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what is tested."""


@contextmanager
def serving(status: int, certificate: Path | None = None, location: str = "") -> Iterator[_Running]:
    handler = type("Handler", (_Answers,), {"status": status, "seen": [], "location": location})
    server = _Quiet(("127.0.0.1", 0), handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield _Running(f"127.0.0.1:{server.server_port}", handler.seen)  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def proxy(request: pytest.FixtureRequest) -> Iterator[_Running]:
    """A proxy that answers each request with the status that the test gives."""
    with serving(request.param) as running:
        yield running


@pytest.fixture
def web() -> Iterator[_Running]:
    """A server without TLS that has nothing."""
    with serving(404) as running:
        yield running


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificates that sign themselves: of this address, and of another host."""
    if shutil.which("openssl") is None:
        pytest.skip("the program openssl, which makes certificates, is not here")
    made = {}
    for name, host in (("here", "IP:127.0.0.1"), ("elsewhere", "DNS:other.invalid")):
        file = tmp_path_factory.mktemp("tls") / f"{name}.pem"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
        command += ["-addext", f"subjectAltName={host}", "-keyout", str(file.with_suffix(".key")), "-out", str(file)]
        subprocess.run(command, check=True, capture_output=True)
        made[name] = file
    return made


# -- a question and a download --------------------------------------------------------------------------------------------------


def asked(server: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> tuple[ServiceError, str]:
    """Ask and download in vain; return the error of the question and that of the file, after a search of all for secrets."""
    portal._portal.cache_clear()
    session = Session(server, discover=False, plugins=[tess_source_mast], cache=tmp_path)
    session.settings = replace(session.settings, patience=Patience(first=0.0))
    caplog.set_level(logging.DEBUG, "tess_source")
    with pytest.raises(ServiceError) as caught:
        session.search(16740101)
    (entry,) = session.download(URI, tmp_path / "data")
    told = (
        "".join(traceback.format_exception(caught.value))
        + caplog.text
        + entry.error
        + repr(session)
        + str(caught.value.args)
    )
    assert SECRET not in told
    assert "MAST" not in f"{caught.value} {entry.error}"
    return caught.value, entry.error


def both(server: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, *words: str) -> None:
    """Check that both name the trouble, and that nobody blames a plugin or the archive's service."""
    error, entry_error = asked(server, tmp_path, caplog)
    assert isinstance(error, NetworkError)
    assert not getattr(error, "__notes__", ())
    for word in words:
        assert word in str(error)
        assert word in entry_error
    assert "Mast." not in str(error)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_named_with_its_variable(
    variable: str,
    scheme: str,
    nobody: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = variable.replace("HTTP_", f"{scheme}_".upper()).replace("http_", f"{scheme}_")
    if name == "HTTP_PROXY":
        pytest.skip("as curl, it is not read: a web server sets it for a header of its client")
    monkeypatch.setenv(name, f"http://me:{SECRET}@{nobody}")
    both(
        f"{scheme}://127.0.0.1:9", tmp_path, caplog, f"since the proxy http://{nobody} refused it", f"It is from {name}"
    )


@pytest.mark.parametrize("given", ["{}", "http://{}"])
def test_a_proxy_needs_no_scheme(
    given: str, nobody: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("https_proxy", given.format(nobody))
    both("https://127.0.0.1:9", tmp_path, caplog, f"the proxy http://{nobody} refused it")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("proxy", [407], indirect=True)
def test_a_proxy_that_wants_a_password_is_not_asked_twice(
    scheme: str, proxy: _Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", f"http://me:{SECRET}@{proxy.address}")
    words = (
        f"the proxy http://{proxy.address} asks for another user name and password",
        "HTTP 407",
        f"in {scheme}_proxy as http://user",
    )
    both(f"{scheme}://127.0.0.1:9", tmp_path, caplog, *words)
    assert len(proxy.seen) == 2
    assert {request.get("proxy-authorization") for request in proxy.seen} == {"Basic bWU6c0VjcjN0"}


@pytest.mark.parametrize("proxy", [403, 502], indirect=True)
def test_a_proxy_that_lets_nothing_pass_is_named(
    proxy: _Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{proxy.address}")
    both(
        "https://127.0.0.1:9",
        tmp_path,
        caplog,
        f"the proxy http://{proxy.address} answers HTTP",
        "may it be used for this host?",
    )


@pytest.mark.parametrize("proxy", [502, 0], indirect=True)
def test_a_proxy_on_the_way_of_a_failure_is_named(
    proxy: _Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whether the proxy or the server failed is not known."""
    monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
    for said in map(str, asked("http://127.0.0.1:9", tmp_path, caplog)):
        assert f"the proxy http://{proxy.address}" in said


def test_a_proxy_of_an_unknown_name_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("https_proxy", f"http://me:{SECRET}@{UNKNOWN_HOST}:3128")
    both(
        "https://127.0.0.1:9",
        tmp_path,
        caplog,
        f"the name of the proxy http://{UNKNOWN_HOST}:3128 is unknown",
        "https_proxy",
    )


@pytest.mark.parametrize(
    "wrong", [f"http://me:{SECRET}@:x", f"htp://me:{SECRET}@x:1", f"http://me:{SECRET}@x:99999", "http://"]
)
def test_a_proxy_that_is_no_address_is_told_without_it(
    wrong: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("https_proxy", wrong)
    both("https://127.0.0.1:9", tmp_path, caplog, "https_proxy is not the address of a proxy", "http://host:port")


@pytest.mark.parametrize("scheme", ["socks4", "socks5", "socks5h"])
def test_a_missing_package_for_socks_is_named(
    scheme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(route, "find_spec", lambda name: None)
    monkeypatch.setenv("all_proxy", f"{scheme}://me:{SECRET}@127.0.0.1:9")
    both(
        "https://127.0.0.1:9",
        tmp_path,
        caplog,
        f"the SOCKS proxy {scheme}://127.0.0.1:9 needs the package PySocks",
        "pip install pysocks",
    )


@pytest.mark.parametrize("around", ["127.0.0.1", "127.0.0.0/8", "*"])
def test_hosts_without_a_proxy_are_asked_directly(
    around: str,
    web: _Running,
    nobody: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{nobody}")
    monkeypatch.setenv("NO_PROXY", around)
    error, entry_error = asked(f"http://{web.address}", tmp_path, caplog)
    assert error.status == 404
    assert entry_error == "the server answered 404 Not Found"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_unknown_host_is_named(scheme: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    words = f"the name of {UNKNOWN_HOST} is unknown", "is this machine connected to a network?"
    both(f"{scheme}://{UNKNOWN_HOST}", tmp_path, caplog, *words)


def test_no_network_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def unreachable(self: socket.socket, address: Any) -> None:
        raise OSError(101, "Network is unreachable")

    with monkeypatch.context() as context:
        context.setattr(route, "NOWHERE", {101})
        context.setattr(socket.socket, "connect", unreachable)
        both("http://127.0.0.1:9", tmp_path, caplog, "no network: 127.0.0.1:9 cannot be reached from this machine")


def test_a_host_that_does_not_answer_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def silent(self: socket.socket, address: Any) -> None:
        raise TimeoutError("timed out")

    with monkeypatch.context() as context:
        context.setattr(socket.socket, "connect", silent)
        both("http://127.0.0.1:9", tmp_path, caplog, "no connection within the time-out: 127.0.0.1:9 does not answer")


def test_a_host_that_refuses_is_named(nobody: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    both(f"http://me:{SECRET}@{nobody}", tmp_path, caplog, f"no connection, since {nobody} refused it")


# -- certificates ---------------------------------------------------------------------------------------------------------------


def test_a_certificate_that_signs_itself_is_refused_unless_it_is_known(
    certificates: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HOME", str(certificates["here"].parent))
    with serving(404, certificates["here"]) as server:
        address = f"https://{server.address}"
        words = f"the certificate of {server.address} is refused: it is signed by itself", "REQUESTS_CA_BUNDLE"
        both(address, tmp_path, caplog, *words)
        assert not server.seen
        for variable in route.CA_BUNDLES:
            with monkeypatch.context() as context:
                context.setenv(variable, f"~/{certificates['here'].name}")
                error, entry_error = asked(address, tmp_path, caplog)
                assert (error.status, entry_error) == (404, "the server answered 404 Not Found")


def test_a_redirect_from_https_to_http_is_not_followed_unless_it_is_allowed(
    certificates: dict[str, Path],
    web: _Running,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates["here"]))
    with serving(302, certificates["here"], f"http://{web.address}/elsewhere") as server:
        address = f"https://{server.address}"
        both(address, tmp_path, caplog, "from https to http", "TESS_SOURCE_INSECURE_REDIRECTS=1")
        assert not web.seen
        monkeypatch.setenv("TESS_SOURCE_INSECURE_REDIRECTS", "1")
        error, entry_error = asked(address, tmp_path, caplog)
        assert (error.status, entry_error) == (404, "the server answered 404 Not Found")
        assert len(web.seen) == 2


def test_a_certificate_of_another_host_is_refused(
    certificates: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates["elsewhere"]))
    with serving(404, certificates["elsewhere"]) as server:
        known = f"Trusted are those of {certificates['elsewhere']}, which REQUESTS_CA_BUNDLE names"
        words = f"the certificate of {server.address} is refused: it is for another address", known
        both(f"https://{server.address}", tmp_path, caplog, *words)


@pytest.mark.parametrize(("code", "words"), route.CERTIFICATES.items())
def test_what_is_wrong_with_a_certificate_is_told(code: int, words: str) -> None:
    refused = ssl.SSLCertVerificationError("certificate verify failed")
    refused.verify_code, refused.verify_message = code, "?"
    trouble = route.trouble_of(refused, "https://mast.stsci.edu/x")
    assert trouble is not None
    assert trouble.lasting
    assert trouble.problem == f"no secure connection, since the certificate of mast.stsci.edu is refused: {words}"


def test_a_server_without_tls_is_named(web: _Running, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    both(f"https://{web.address}", tmp_path, caplog, f"{web.address} answers without TLS", "http, not https?")


@pytest.mark.parametrize("variable", route.CA_BUNDLES)
def test_certificates_that_are_missing_are_named_with_their_variable(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))
    both("https://127.0.0.1:9", tmp_path, caplog, "none.pem", f"which {variable} names")


# -- what is not trouble on the way, and what is told of it elsewhere ------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("read"), ConnectionResetError(104, "reset")])
def test_other_failures_are_not_trouble_on_the_way(error: Exception) -> None:
    assert route.trouble_of(error, "https://mast.stsci.edu/x") is None


def test_an_error_that_you_were_handling_is_not_taken_for_the_cause() -> None:
    try:
        raise ConnectionRefusedError(111, "yours")
    except ConnectionRefusedError:
        try:
            raise ValueError("ours")
        except ValueError as error:
            assert route.trouble_of(error, "https://mast.stsci.edu/x") is None


def test_the_program_names_the_trouble_and_exits_with_1(
    nobody: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("https_proxy", f"http://me:{SECRET}@{nobody}")
    ran = Program(capsys)("search", "TIC 16740101")
    assert ran.code == 1
    assert f"error: no connection, since the proxy http://{nobody} refused it" in ran.err
    assert "It is from https_proxy" in ran.err
    assert SECRET not in ran.err
    assert "MAST" not in ran.err
    assert "plugin" not in ran.err


def test_no_password_of_a_server_comes_into_a_lock(archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url.replace("//", f"//me:{SECRET}@"), cache=tmp_path / "cache")
    manifest = session.search(16740101, sector=14, kind="lc").plan(tmp_path).download()
    assert manifest.ok
    assert SECRET not in manifest.lock().to_text()
    assert SECRET not in repr(session) + repr(manifest) + manifest.to_polars().write_csv()
    assert archive.url in repr(session)

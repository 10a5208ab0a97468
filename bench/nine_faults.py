"""What clients make of nine faults of a server, with a file of 100 kB: ``python -m bench.nine_faults``.

Each client fetches one file under each fault, in a process of its own, with the flags that its own documentation shows for such
work and, where it can be told, a time-out. What counts is what it says (its exit code) and what then lies under the file's name.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from bench.downloads import file_of
from tess_source_sample.exchange import HttpRequest, Reply
from tess_source_sample.faults import page
from tess_source_sample.wire import Server

__all__ = ["CLIENTS", "FAULTS", "as_markdown", "installed", "measure", "written"]

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- nine faults -->", "<!-- /nine faults -->"
NAME = "tess-lc.fits"
BLOCKS = 35
LIMIT = 60.0
"""A client that has not come to an end by then waits for ever [s]; tess-source gives a silent server 30 s."""
TIMEOUT = 10
"""Given to every client that takes one, other than tess-source, which has its default [s]."""
RETRY_AFTER = 2.0
CUT, RANGELESS, CHANGED, BUSY, LIMITED, HTML, STALLED, KILLED, AGAIN = FAULTS = (
    "body cut once",
    "body cut, Range ignored",
    "file changed between tries",
    "503 with `Retry-After: 2`",
    "429 with `Retry-After: 2`",
    "HTML page with 200",
    "stalled body",
    "`kill -9`, what is left",
    "`kill -9`, run again",
)


# -- the clients: each fetches a URL to a path, and raises or exits with something else than 0 if it could not --


def tess_source(url: str, path: Path) -> None:
    from tess_source import Request, Transport
    from tess_source.download.run import Run
    from tess_source.settings import Settings
    from tess_source.tables.items import Item

    transport = Transport("bench", lambda uri, settings: Request(url))
    item = Item("bench:file", path.name, BLOCKS * 2880, filename=path.name)
    for entry in Run([item], path.parent, {"bench": transport}, Settings(progress=False)):
        if not entry.ok:
            raise OSError(entry.error)


def astroquery(url: str, path: Path) -> None:
    from astroquery.mast import Observations

    status, message, _ = Observations.download_file("mast:TESS/file", local_path=path, base_url=url, verbose=False)
    if status != "COMPLETE":
        raise OSError(message)


def requests_loop(url: str, path: Path) -> None:
    import requests

    with requests.get(url, stream=True, timeout=TIMEOUT) as answer:
        answer.raise_for_status()
        with path.open("wb") as file:
            for chunk in answer.iter_content(16384):
                file.write(chunk)


def urllib3_retry(url: str, path: Path) -> None:
    from urllib3 import PoolManager, Retry

    retry = Retry(4, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504))
    answer = PoolManager(timeout=TIMEOUT, retries=retry).request("GET", url, preload_content=False)
    with path.open("wb") as file:
        for chunk in answer.stream(16384):
            file.write(chunk)


def fsspec(url: str, path: Path) -> None:
    import aiohttp
    from fsspec.implementations.http import HTTPFileSystem  # type: ignore[import-not-found, import-untyped, unused-ignore]

    limits = aiohttp.ClientTimeout(sock_connect=TIMEOUT, sock_read=TIMEOUT)
    HTTPFileSystem(client_kwargs={"timeout": limits}).get_file(url, str(path))


def pooch(url: str, path: Path) -> None:
    from pooch import retrieve  # type: ignore[import-not-found, import-untyped, unused-ignore]

    retrieve(url, known_hash=None, fname=path.name, path=path.parent)


def parfive(url: str, path: Path) -> None:
    import aiohttp
    from parfive import Downloader, SessionConfig  # type: ignore[import-not-found, import-untyped, unused-ignore]

    limits = aiohttp.ClientTimeout(total=0, sock_read=TIMEOUT)
    downloader = Downloader(progress=False, config=SessionConfig(timeouts=limits))
    downloader.enqueue_file(url, path=str(path.parent), filename=path.name)
    if errors := downloader.download().errors:
        raise OSError(errors)


CLIENTS: dict[str, Callable[[str, Path], None] | list[str]] = {
    "tess-source": tess_source,
    "astroquery": astroquery,
    "requests, a loop": requests_loop,
    "urllib3 `Retry`, streamed": urllib3_retry,
    "fsspec": fsspec,
    "pooch": pooch,
    "parfive": parfive,
    "curl": f"curl --silent --fail --location --speed-limit 1 --speed-time {TIMEOUT}".split(),
    "curl, retries": (
        f"curl --silent --fail --location --speed-limit 1 --speed-time {TIMEOUT}"
        " --retry 5 --retry-all-errors --remove-on-error"
    ).split(),
    "wget": f"wget --quiet --timeout {TIMEOUT} --tries 4".split(),
    "aria2": f"aria2c --quiet --timeout {TIMEOUT} --connect-timeout {TIMEOUT}".split(),
    "rclone": f"rclone copyurl --quiet --timeout {TIMEOUT}s --contimeout {TIMEOUT}s".split(),
}
"""Name → a function of this module, or a program with its options."""
WORDS: dict[str, Callable[[str, Path], list[str]]] = {
    "curl": lambda url, path: ["--output", str(path), url],
    "wget": lambda url, path: ["--output-document", str(path), url],
    "aria2c": lambda url, path: ["--dir", str(path.parent), "--out", path.name, url],
    "rclone": lambda url, path: [url, str(path)],
}
"""Program → what it is told of a file."""
PACKAGES = {"tess-source": "tess_source", "requests, a loop": "requests", "urllib3 `Retry`, streamed": "urllib3"}
"""Where the package is not called as the client."""


def installed() -> list[str]:
    """Name the clients that can be run here."""
    from importlib.util import find_spec

    def there(name: str) -> bool:
        client = CLIENTS[name]
        if isinstance(client, list):
            return shutil.which(client[0]) is not None
        return find_spec(PACKAGES.get(name, name)) is not None

    return [name for name in CLIENTS if there(name)]


def command(name: str, url: str, path: Path) -> list[str]:
    """Give the command that fetches a file; the process that it starts is the client itself, so that it can be killed."""
    client = CLIENTS[name]
    if isinstance(client, list):
        return [*client, *WORDS[client[0]](url, path)]
    return [sys.executable, "-m", "bench.nine_faults", "--fetch", name, url, str(path)]


# -- the server --


@dataclass
class Told:
    """What one client asked under one fault."""

    times: list[float] = field(default_factory=list)
    """When each GET came [s]."""
    partial: bool = False
    """Whether a part was asked for, and sent."""
    half_sent: threading.Event = field(default_factory=threading.Event)


class Misbehaving:
    """Serves ``/FAULT/CLIENT``, numbers of `FAULTS` and any word; only GETs are struck, and each path has its own history."""

    def __init__(self) -> None:
        self.old, self.new = file_of(BLOCKS), file_of(BLOCKS)
        self.told: dict[str, Told] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = Server(self._answer, self._closing, 0)
        self.url = self._server.url

    def __enter__(self) -> Misbehaving:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.stop()

    def of(self, path: str) -> Told:
        with self._lock:
            return self.told.setdefault(path, Told())

    def _answer(self, request: HttpRequest) -> Reply:
        fault, told = FAULTS[int(request.path.split("/")[1])], self.of(request.path)
        with self._lock:
            first = not told.times
            if request.method == "GET":
                told.times.append(time.monotonic())
        if fault == HTML:
            return page(200, "The archive is down for maintenance")
        changed = fault == CHANGED and (len(told.times) > 1)
        reply = _file(request, self.new if changed else self.old, '"new"' if changed else '"old"', fault != RANGELESS)
        told.partial |= reply.status == 206
        if not first or request.method != "GET":
            return reply
        half = len(reply.body) // 2
        if fault in {BUSY, LIMITED}:
            busy = page(int(fault[:3]), "Too busy")
            return replace(busy, headers={**busy.headers, "Retry-After": f"{RETRY_AFTER:g}"})
        if fault in {STALLED, KILLED}:
            told.half_sent.set()
            return replace(reply, pause_at=half, pause=2 * LIMIT)
        return replace(reply, stop_at=half)


def _file(request: HttpRequest, body: bytes, tag: str, ranges: bool) -> Reply:
    headers = {"Content-Type": "application/fits", "ETag": tag, "Accept-Ranges": "bytes"}
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
    if not wanted or not ranges or request.headers.get("if-range", tag) != tag or int(wanted[1]) >= len(body):
        return Reply(200, headers, body)
    begin, last = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
    headers["Content-Range"] = f"bytes {begin}-{last}/{len(body)}"
    return Reply(206, headers, body[begin : last + 1])


# -- measuring --


@dataclass(frozen=True)
class Outcome:
    """How a client ended, and what it left."""

    code: int | None
    """Its exit code; none if it had to be stopped."""
    left: bytes | None
    """What lies under the file's name; none: nothing."""
    others: int = 0
    """Number of other files."""


def classify(outcome: Outcome, truth: bytes) -> str:
    """Give the words of the table; what harms is set in bold."""
    if outcome.left is None:
        word = {None: "**waits for ever**", 0: "**nothing, success**"}.get(outcome.code, "error, clean")
    elif outcome.left == truth:
        word = {None: "**waits for ever**", 0: "exact"}.get(outcome.code, "error, though exact")
    else:
        words = {None: "**waits for ever, partial left**", 0: "**wrong bytes, success**"}
        word = words.get(outcome.code, "error, **partial left**" if outcome.left else "error, **empty file left**")
    return word + (" (temporary file)" if outcome.others else "")


def measure(clients: Sequence[str], faults: Sequence[str] = FAULTS, workers: int = 8) -> dict[str, dict[str, str]]:
    """Run clients under faults.

    Parameters
    ----------
    clients : sequence of str
        Keys of `CLIENTS`.
    faults : sequence of str
        Of `FAULTS`; `KILLED` and `AGAIN` are one run.
    workers : int
        How many clients run at a time; most of them wait.

    Returns
    -------
    dict
        Client → fault → what it did, in words.
    """
    struck = sorted(set(faults) - {AGAIN}, key=lambda fault: fault != STALLED)  # what takes longest begins first
    with tempfile.TemporaryDirectory(prefix="tess-source-bench-") as folder, Misbehaving() as server:

        def one(job: tuple[str, str]) -> tuple[str, dict[str, str]]:
            client, fault = job
            root = Path(folder) / f"{FAULTS.index(fault)}-{list(CLIENTS).index(client)}"
            root.mkdir()
            return client, (_killed if fault == KILLED else _struck)(client, fault, root, server)

        found: dict[str, dict[str, str]] = {client: {} for client in clients}
        with ThreadPoolExecutor(workers) as pool:
            for client, words in pool.map(one, [(client, fault) for fault in struck for client in clients]):
                found[client] |= words
    return {client: {fault: words[fault] for fault in FAULTS if fault in words} for client, words in found.items()}


def _struck(client: str, fault: str, root: Path, server: Misbehaving) -> dict[str, str]:
    told = server.of(path := f"/{FAULTS.index(fault)}/{list(CLIENTS).index(client)}")
    with _started(client, server.url + path, root) as process:
        outcome = _end(process, root)
    truth = server.new if fault == CHANGED and len(told.times) > 1 else server.old
    word = classify(outcome, truth)
    if word == "exact" and fault in {BUSY, LIMITED}:
        # What a server sees of two seconds on the other side may be a little less.
        word += ", waited" if told.times[1] - told.times[0] > RETRY_AFTER - 0.1 else ", **did not wait**"
    return {fault: word + (", resumed" if word == "exact" and told.partial else "")}


def _killed(client: str, fault: str, root: Path, server: Misbehaving) -> dict[str, str]:
    """Kill a client when half of the file has come; run it again, against a server that behaves."""
    told = server.of(path := f"/{FAULTS.index(fault)}/{list(CLIENTS).index(client)}")
    with _started(client, server.url + path, root) as process:
        told.half_sent.wait(LIMIT)
        time.sleep(1.0)  # until what was sent has been written
        process.send_signal(signal.SIGKILL)
        left = _end(process, root)
    told.partial = False
    with _started(client, server.url + path, root) as process:
        again = classify(_end(process, root), server.old)
    return {KILLED: classify(left, server.old), AGAIN: again + (", resumed" if told.partial else "")}


def _started(client: str, url: str, root: Path) -> subprocess.Popen[bytes]:
    home = root.with_name("home")
    home.mkdir(exist_ok=True)
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment: Mapping[str, str] = {**os.environ, "HOME": str(home), "PYTHONPATH": path, "no_proxy": "127.0.0.1"}
    return subprocess.Popen(
        command(client, url, root / NAME),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _end(process: subprocess.Popen[bytes], root: Path) -> Outcome:
    code: int | None
    try:
        code = process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        code = None
    files = {path.name: path for path in root.rglob("*") if path.is_file()}
    final = files.pop(NAME, None)
    return Outcome(code, final.read_bytes() if final else None, len(files))


# -- the table --


def as_markdown(found: Mapping[str, Mapping[str, str]]) -> str:
    """Write a line for each fault, a column for each client."""
    rows = [["fault", *found]]
    rows += [[fault, *(words[fault] for words in found.values())] for fault in FAULTS]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def written(text: str, table: str, begin: str = BEGIN, end: str = END) -> str:
    """Put the table between its marks in a page."""
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"


def write_table(page: Path, table: str, begin: str = BEGIN, end: str = END) -> None:
    """Put the table between its marks in the file of a page."""
    page.write_text(written(page.read_text(encoding="utf-8"), table, begin, end), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is installed, print the table, and write it into the page if asked."""
    parser = argparse.ArgumentParser("python -m bench.nine_faults", description=__doc__)
    parser.add_argument("--client", action="append", choices=list(CLIENTS), help="one of them; may be repeated")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page, between its marks")
    parser.add_argument("--fetch", nargs=3, metavar=("CLIENT", "URL", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.fetch:
        name, url, path = options.fetch
        fetch = CLIENTS[name]
        assert callable(fetch)
        fetch(url, Path(path))
        return 0
    table = as_markdown(measure(options.client or installed()))
    print(table)
    if options.write:
        write_table(options.write, table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

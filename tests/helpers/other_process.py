"""What tests run in processes of their own, to be killed or to work side by side: a download without anything around it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy  # noqa: F401  all that a download needs is imported before processes are forked
import obstore  # noqa: F401
import urllib3  # noqa: F401

from tess_source import Plan, Products, Request, Session, Transport, hookimpl
from tess_source.download.run import Run
from tess_source.settings import Patience, Settings
from tess_source.tables.items import Item

HASTE = Patience(first=0.001, longest=0.01, look=0.01)


def locate(uri: str, settings: Settings) -> Request:
    return Request(f"{settings.server}/{uri.partition(':')[2]}")


TRANSPORTS: Mapping[str, Transport] = {"toy": Transport("toy", locate)}


def run_of(server: str, root: Path, sizes: Mapping[str, int], jobs: int = 4) -> Run:
    """Give a download of files of a server, by name and size."""
    items: Sequence[Item] = [Item(f"toy:{name}", name, size, filename=name) for name, size in sizes.items()]
    return Run(items, root, TRANSPORTS, Settings(server=server, jobs=jobs, progress=False, patience=HASTE))


def download(server: str, root: Path, sizes: Mapping[str, int]) -> None:
    """Download in a process that may be killed at any moment."""
    for _ in run_of(server, root, sizes):
        pass


def download_without_claims(server: str, root: Path, sizes: Mapping[str, int]) -> None:
    """Download where whatever is meant to keep two processes apart says yes to both, as on some network disks."""
    from tess_source.download.claim import Claim

    Claim.take = lambda self: True  # type: ignore[method-assign]
    download(server, root, sizes)


def download_to_store(
    server: str, url: str, cache: Path, count: int, environment: Mapping[str, str], report: Path | None
) -> None:
    """Download to an object store, in a process that may be killed at any moment, and write down what became of the files."""
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    session = Session(server, discover=False, plugins=[_Toys()], jobs=4, cache=cache, progress=False)
    rows = [{"uri": f"toy:{number:03d}.fits", "obs_id": "o", "size": 31_680} for number in range(count)]
    manifest = Plan.of(Products.of(rows), url, "flat", session=session).download()
    if report is not None:
        report.write_text(json.dumps([entry.status for entry in manifest]))


class _Toys:
    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return tuple(TRANSPORTS.values())


def report_on_many(server: str, root: Path, sizes: Mapping[str, int], report: Path) -> None:
    """Download, and write down memory and open files before and fifty times meanwhile."""
    run = run_of(server, root, sizes, jobs=8)
    run.settings = replace(run.settings, progress=True)
    memory, handles = [_resident()], [_handles()]
    done = 0
    for entry in run:
        done += entry.ok
        if done % (len(sizes) // 50) == 0:
            memory.append(_resident())
            handles.append(_handles())
    handles.append(_handles())
    report.write_text(json.dumps({"done": done, "memory": memory, "handles": handles}))


def _resident() -> int:
    """Give the memory in use [byte]."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _handles() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())

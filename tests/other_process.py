"""What tests run in processes of their own, to be killed or to work side by side: a download without anything around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy  # noqa: F401  all that a download needs is imported before processes are forked
import urllib3  # noqa: F401

from tess_source import Request, Transport
from tess_source.download import Run
from tess_source.patience import Patience
from tess_source.plan import Item
from tess_source.records import Settings

HASTE = Patience(first=0.001, longest=0.01, connect=5.0, read=5.0, stale=60.0, look=0.01)


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
    from tess_source.resume import Claim

    Claim.take = lambda self: True  # type: ignore[method-assign]
    download(server, root, sizes)

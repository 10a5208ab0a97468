"""Files of a server that are planned to go to an object store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from s3 import S3Server
from serving import WHOLE, Server, content

from tess_source import Plan, Products, Request, Session, Transport, hookimpl
from tess_source.download.object_fetch import spool_of
from tess_source.object_store.path import ObjectPath

__all__ = ["Planned", "Toys", "asked_for_files", "fits", "planner", "spooled", "wanted"]


class Toys:
    """Fetches ``toy:`` addresses from a server."""

    def __init__(self, home: str) -> None:
        self.home = home

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return (Transport("toy", lambda uri, settings: Request(f"{self.home}/{uri.rpartition('/')[2]}")),)


Planned = Callable[..., Plan]


def planner(server: Server, bucket: ObjectPath, cache: Path) -> Planned:
    """Return a function that puts some files on a server, and plans to fetch them to an object store."""
    session = Session(discover=False, plugins=[Toys(server.url)], jobs=4, cache=cache)

    def plan(count: int, root: ObjectPath = bucket / "lc") -> Plan:
        for number in range(count):
            server.files[f"/{number:03d}.fits"] = content(number)
        rows = [{"uri": f"toy:sky/{number:03d}.fits", "obs_id": "o", "size": WHOLE} for number in range(count)]
        return Plan.of(Products.of(rows), root, "{obs_id}/{filename}", session=session)

    return plan


def fits(s3: S3Server, place: ObjectPath) -> dict[str, bytes]:
    """The objects of a bucket that are no part of the index."""
    return {key: body for key, body in s3.objects(place.bucket).items() if "/.tess-source/" not in f"/{key}"}


def wanted(count: int) -> dict[str, bytes]:
    return {f"lc/o/{number:03d}.fits": content(number) for number in range(count)}


def spooled(plan: Plan) -> list[Path]:
    """The files that wait for their upload."""
    session: Any = plan.session
    return [path for path in spool_of(plan.root, session.settings).rglob("*") if path.is_file()]


def asked_for_files(server: Server) -> int:
    return len(server.requests)

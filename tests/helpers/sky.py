"""An archive in memory with MAST's columns, which counts how often it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tess_source import Observations, Products, Query, Session, Target, hookimpl

STARS = (25155310, 261136679, 358108509)
README = "mast:HLSP/readme.txt"
"""A file that the observations of all stars share."""


def obs_id(tic: int, sector: int = 1) -> str:
    return f"tess2018206045859-s{sector:04d}-{tic:016d}-0120-s"


class Sky:
    """Each star has one observation with two files of its own and one that all share; star 0 has none."""

    def __init__(self, stars: Sequence[int] = STARS) -> None:
        self.stars = stars
        self.asked: list[str] = []
        self.failing = False

    @hookimpl
    def tess_resolve(self, target: str) -> Target | None:
        self.asked.append(f"resolve {target}")
        return Target(target, ra=84.291, dec=-80.469, resolver="SKY") if target == "pi Men" else None

    @hookimpl
    def tess_query(self, query: Query) -> Observations | None:
        self.asked.append("query")
        if self.failing:
            raise ConnectionError("the archive is down")
        tics = {target.tic for target in query.targets}
        wanted = [tic for tic in self.stars if not tics or tic in tics or None in tics]
        rows = [{"observation": f"no. {tic}", "obs_id": obs_id(tic), "target_name": str(tic)} for tic in wanted]
        return Observations.of(rows) if rows else Observations.empty()

    @hookimpl
    def tess_count(self, query: Query) -> int | None:
        self.asked.append("count")
        return len(self.stars)

    @hookimpl
    def tess_list(self, observations: Observations) -> Products | None:
        self.asked.append("list")
        return Products.of([row for obs in observations for row in _files(obs)])


def _files(obs: dict[str, Any]) -> list[dict[str, Any]]:
    names = [f"{obs['obs_id']}_lc.fits", f"{obs['obs_id']}_tp.fits"]
    own = [{"dataURI": f"mast:TESS/product/{name}", "productFilename": name, "size": 2880} for name in names]
    shared = {"dataURI": README, "productFilename": "readme.txt", "size": 100}
    parent = {"observation": obs["observation"], "obs_id": obs["obs_id"], "obs_collection": "TESS"}
    return [{**parent, **file} for file in (*own, shared)]


def session_of(sky: Sky, cache: Path | None, version: str = "1", **settings: Any) -> Session:
    """Make a session that knows this archive, as a plugin of an installed package."""
    session = Session(discover=False, cache=cache, **settings)
    session.registry.register(sky, "sky", version=version)
    return session

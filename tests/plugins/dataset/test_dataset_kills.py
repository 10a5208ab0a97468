"""Builds that are killed at any moment, and two builds at once: what is there is whole, and the end is the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dataset_case import COUNT, QUESTION, build_and_be_killed, contents, data_set
from sizes import STRESS, size

from tess_source_sample.server import SampleArchive

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signals of POSIX")

KILLS = size(1, 40)


CODE = "import sys, dataset_case; dataset_case.build_and_be_killed(*sys.argv[1:])"


def start(stars: SampleArchive, cache: Path, place: Path, work: Path) -> subprocess.Popen[bytes]:
    """Begin to build in a process of its own."""
    words = [sys.executable, "-c", CODE, stars.url, *map(str, (cache, place, work))]
    return subprocess.Popen(words, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def shards_in(folder: Path) -> dict[str, bytes]:
    """Return the shards that are there under their names."""
    return {path.name: path.read_bytes() for path in (folder / "data").glob("*.parquet")} if folder.is_dir() else {}


def test_a_build_that_is_killed_at_any_moment_goes_on_to_the_same_bytes(
    stars: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under its name is whole after each kill, and is not made again; in the end nothing temporary is left."""
    cache, whole, broken, work = (tmp_path / name for name in ("cache", "whole", "broken", "work"))
    data_set(stars.url, cache, whole).build(**QUESTION, shard_size=2)
    truth, plan = shards_in(whole), (whole / "plan.ecsv").read_bytes()
    chance, kills, between = random.Random(20180725), 0, 0
    monkeypatch.setattr(stars, "latency", 0.1)
    while kills < KILLS or not between:
        if not broken.exists() or len(shards_in(broken)) == len(truth):
            broken = tmp_path / f"broken {kills}" / "whole"
            broken.mkdir(parents=True)
            (broken / "plan.ecsv").write_bytes(plan)
        goal = len(shards_in(broken)) + 1 + chance.randrange(2)
        process = start(stars, cache, broken, work)
        while len([*broken.glob("data/*.parquet")]) < goal and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.wait()
        kills += process.returncode == -signal.SIGKILL
        found = shards_in(broken)
        between += 0 < len(found) < len(truth)
        assert found.items() <= truth.items()
    asked = {name for name in truth if name not in shards_in(broken)}
    stars.clear()
    stars.latency = 0.0
    data_set(stars.url, cache, broken).build(temporary=work)
    assert contents(broken) == contents(whole)
    fetched = [one for one in stars.requests if "Download/file" in one.path]
    assert len(fetched) == 2 * len(asked), "shards that were there are not made again"
    assert between
    assert not [*work.iterdir()]


def test_two_builds_at_once_to_one_place_make_one_data_set(stars: SampleArchive, built: Path, tmp_path: Path) -> None:
    place, cache = tmp_path / "curves", tmp_path / "cache"
    if STRESS:
        processes = [start(stars, cache, place, tmp_path / f"work {number}") for number in range(2)]
        assert [process.wait() for process in processes] == [0, 0]
    else:
        with ThreadPoolExecutor(2) as pool:
            works = [str(tmp_path / f"work {number}") for number in range(2)]
            builds = [pool.submit(build_and_be_killed, stars.url, str(cache), str(place), work) for work in works]
            assert [build.result() for build in builds] == [None, None]
    curves = data_set(stars.url, cache, place)
    assert curves.verify().ok
    assert curves.info().rows == COUNT
    assert not [name for name in contents(place) if name.endswith(".part")]

"""``python -m bench.object_stores``: obstore beside s3fs, on moto's server: files, listing, import, and writers that die."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from statistics import median
from typing import Any

SIDES = ("obstore", "s3fs")
AT_ONCE = 16
SERVER = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
Calls = Mapping[str, Callable[..., Any]]


# -- the two libraries, in processes of their own --


def by_obstore() -> Calls:
    """Return how obstore puts, gets and lists, with threads."""
    import obstore
    from obstore.store import S3Store

    store = S3Store("bucket", client_options={"allow_http": True})

    def each(function: Callable[[Any], Any], of: Sequence[Any]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(function, of):
                pass

    return {
        "put": lambda names, data: each(lambda name: obstore.put(store, name, data, use_multipart=False), names),
        "get": lambda names: each(lambda name: obstore.get(store, name).bytes(), names),
        "list": lambda prefix: sum(len(part) for part in obstore.list(store, prefix, chunk_size=1000)),
        "open": lambda name: obstore.open_writer(store, name),
    }


def by_s3fs() -> Calls:
    """Return how s3fs puts, gets and lists, with its own tasks; without its cache of listings."""
    import s3fs

    fs = s3fs.S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL"], use_listings_cache=False)
    return {
        "put": lambda names, data: fs.pipe({f"bucket/{name}": data for name in names}, batch_size=AT_ONCE),
        "get": lambda names: fs.cat([f"bucket/{name}" for name in names], batch_size=AT_ONCE),
        "list": lambda prefix: len(fs.find(f"bucket/{prefix}", detail=True)),
        "open": lambda name: fs.open(f"bucket/{name}", "wb"),
    }


def job(side: str, what: str, size: int, files: int, prefix: str) -> dict[str, float]:
    """Do one job, and return seconds of wall and of CPU."""
    calls = {"obstore": by_obstore, "s3fs": by_s3fs}[side]()
    names = [f"{prefix}/{number:06d}" for number in range(files)]
    if what == "die":
        with calls["open"](prefix) as file:
            file.write(os.urandom(size))
            raise RuntimeError
    if what == "killed":
        file = calls["open"](prefix)
        file.write(os.urandom(size))
        os.kill(os.getpid(), 9)
    calls["list"]("none")  # connections and what is imported late
    data, before, start = os.urandom(size), _cpu(), time.perf_counter()
    found = calls[what](*{"put": (names, data), "get": (names,), "list": (prefix,)}[what])
    wall = time.perf_counter() - start
    if what == "list" and found != files:
        raise SystemExit(f"{found} of {files} keys listed")
    return {"wall": wall, "cpu": _cpu() - before}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# -- rounds --


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """Run moto's server in a process of its own, with a bucket; yield the environment that finds it."""
    running = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    try:
        environment = {
            **os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{running.stdout.readline().strip()}", "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1",
        }  # fmt: skip
        _boto(environment).create_bucket(Bucket="bucket")
        yield environment
    finally:
        running.kill()
        running.wait()


def _boto(environment: Mapping[str, str]) -> Any:
    import boto3

    return boto3.client(
        "s3", endpoint_url=environment["AWS_ENDPOINT_URL"], aws_access_key_id="bench", aws_secret_access_key="bench",
        region_name="us-east-1",
    )  # fmt: skip


def run(environment: Mapping[str, str], *words: object) -> dict[str, float]:
    """Do a job in a new process."""
    command = [sys.executable, "-m", "bench.object_stores", "--job", *map(str, words)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        return {"code": ran.returncode}
    return dict(json.loads(ran.stdout))


def files(environment: Mapping[str, str], rounds: int) -> None:
    """Print wall and CPU of both sides per job."""
    jobs = [
        ("put", 2_000_000, 64),
        ("get", 2_000_000, 64),
        ("put", 100_000, 400),
        ("get", 100_000, 400),
        ("list", 0, 10_000),
    ]
    client = _boto(environment)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda n: client.put_object(Bucket="bucket", Key=f"keys/{n:06d}", Body=b""), range(10_000)):
            pass
    print(f"{'job':26}{'':10}{'wall [s]':>10}{'CPU per file [ms]':>20}")
    for what, size, count in jobs:
        found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for number in range(rounds):
            for side in SIDES[:: 1 if number % 2 else -1]:
                found[side].append(run(environment, side, what, size, count, f"{side}{size}" if size else "keys"))
        for side in SIDES:
            wall, cpu = (median(one[name] for one in found[side]) for name in ("wall", "cpu"))
            print(f"{f'{what} {count:,} of {size:,} B':26}{side:10}{wall:10.2f}{cpu / count * 1e3:20.2f}", flush=True)


def deaths(environment: Mapping[str, str]) -> None:
    """Print what is left under the final name of a file whose writer raised an error, or was killed."""
    client = _boto(environment)
    for what in ("die", "killed"):
        for size in (100_000, 20_000_000):
            for side in SIDES:
                key = f"{what}-{side}-{size}"
                run(environment, side, what, size, 0, key)
                there = client.list_objects_v2(Bucket="bucket", Prefix=key).get("Contents", [])
                uploads = client.list_multipart_uploads(Bucket="bucket", Prefix=key).get("Uploads", [])
                left = f"{there[0]['Size']:,} B under the final name" if there else "nothing under the final name"
                print(
                    f"{what:8}{size:>12,} B of a longer file {side:8}  {left}; {len(uploads)} unfinished uploads",
                    flush=True,
                )


def weight(rounds: int) -> None:
    """Print import time and installed size of both sides, with what they need."""
    for side in SIDES:
        code = f"import time; t = time.perf_counter(); import {side}{'.store' if side == 'obstore' else ''}; print(time.perf_counter() - t)"
        times = [
            float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
            for _ in range(rounds)
        ]
        needed = _needed(side, set())
        size = sum(_size(name) for name in needed)
        print(
            f"{side:8} import {median(times):.2f} s, {size / 1e6:.1f} MB in {len(needed)} distributions: {', '.join(sorted(needed))}"
        )


def _needed(name: str, seen: set[str]) -> set[str]:
    from packaging.requirements import Requirement

    if name in seen:
        return seen
    seen.add(name)
    for line in distribution(name).requires or ():
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            _needed(wanted.name.lower().replace("_", "-"), seen)
    return seen


def _size(name: str) -> int:
    return sum(
        Path(str(file.locate())).stat().st_size
        for file in distribution(name).files or ()
        if Path(str(file.locate())).is_file()
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.object_stores", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--job", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.job:
        side, what, size, count, prefix = options.job
        print(json.dumps(job(side, what, int(size), int(count), prefix)))
        return 0
    weight(options.rounds)
    with server() as environment:
        deaths(environment)
        files(environment, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())

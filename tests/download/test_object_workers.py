"""Downloads to an object store by the processes of a dask cluster."""

from __future__ import annotations

import functools
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from clusters import with_environment
from object_case import Planned, fits, planner, spooled, wanted
from s3 import S3Server
from serving import Handler, Server, send

from tess_source.object_store.path import ObjectPath
from tess_source.tables.items import Entry

pytestmark = pytest.mark.filterwarnings("ignore")

FILES = 40


@pytest.fixture
def planned(server: Server, bucket: ObjectPath, tmp_path: Path) -> Planned:
    return planner(server, bucket, tmp_path / "cache")


def slowly(handler: Handler, body: bytes) -> None:
    """Send a file after a moment."""
    time.sleep(0.01)
    send(handler, body)


def test_a_worker_that_is_killed_costs_no_file_and_nothing_that_is_in_the_store_is_fetched_again(
    cluster: Any, planned: Planned, server: Server, s3: S3Server, bucket: ObjectPath
) -> None:
    cluster.register_worker_callbacks(
        functools.partial(with_environment, s3.environment)
    )  # of those that start later, too
    plan = planned(FILES)
    server.acts = {path: [slowly] for path in server.files}
    there: set[str] = set()

    def kill(entry: Entry) -> None:
        if not there:
            there.update(path.removeprefix("lc/o") for path in fits(s3, bucket))
            server.requests.clear()
            os.kill(next(iter(cluster.run(os.getpid).values())), signal.SIGKILL)

    manifest = plan.download(executor=cluster, on_entry=kill)
    assert manifest.errors == {}
    assert fits(s3, bucket) == wanted(FILES)
    assert there
    assert not there & {path for path, _ in server.requests}
    assert server.busiest <= 4
    assert s3.uploads(bucket.bucket) == []
    assert spooled(plan) == []
    again = plan.download(executor=cluster)
    assert Counter(entry.status for entry in again) == {"here": FILES}
    assert all(entry.object_etag and entry.sha256 for entry in manifest)

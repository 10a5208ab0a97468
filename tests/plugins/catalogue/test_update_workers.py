"""Updates of the catalogue whose lists are parsed by workers: the same files, and nothing is lost if a worker cannot do it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lists import ByName, catalogue_of, fill, listed, parse, rows_of, source
from serving import Server, page, serving
from sizes import STRESS

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source_catalogue import building, update
from tess_source_catalogue.session_catalogue import SessionCatalogue

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def server() -> Iterator[Server]:
    for one in serving():
        fill(one)
        yield one


def contents(catalogue: SessionCatalogue) -> dict[str, object]:
    """Return all files but what is derived from them; of facts, what does not tell the time."""
    root = catalogue.folder.root
    files: dict[str, object] = {}
    for path in sorted(root.rglob("s[0-9]*")):
        if path.suffix == ".json":
            facts = json.loads(path.read_bytes())
            files[str(path.relative_to(root))] = {key: facts[key] for key in facts if key not in {"fetched", "checked"}}
        elif path.is_file():
            files[str(path.relative_to(root))] = path.read_bytes()
    return files


def updated(server: Server, folder: Path, executor: Any, *sources: Any) -> SessionCatalogue:
    catalogue = catalogue_of(server, folder, *sources)
    assert not catalogue.update(progress=False, executor=executor).failed
    return catalogue


@pytest.fixture
def expected(server: Server, tmp_path: Path) -> dict[str, object]:
    """The files that one process makes."""
    found = contents(updated(server, tmp_path / "alone", None))
    assert len(found) >= 12
    return found


@pytest.mark.skipif(not STRESS, reason="workers of a cluster import the plugin, which takes long: make stress")
def test_workers_of_a_cluster_make_the_same_files_and_fetch_nothing(
    server: Server, tmp_path: Path, expected: dict[str, object], cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "built", None)  # this process parses nothing
    server.requests.clear()
    catalogue = updated(server, tmp_path / "cluster", cluster)
    assert contents(catalogue) == expected
    asked = [path for path, _ in server.requests]
    assert len(asked) == len({*asked})
    assert not list(catalogue.folder.root.rglob("*.part"))
    assert catalogue.update(progress=False, executor=cluster).count("unchanged") == len(catalogue.folder.lists())


def test_a_session_says_who_builds_lists(
    server: Server, tmp_path: Path, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    by: list[str] = []
    monkeypatch.setattr(
        update, "built_by_worker", lambda job: (by.append(threading.current_thread().name), building.built(job))[1]
    )
    with ThreadPoolExecutor(2, thread_name_prefix="mine") as pool:
        catalogue = catalogue_of(server, tmp_path / "threads", executor=pool)
        assert not catalogue.update(progress=False).failed
    assert contents(catalogue) == expected
    assert len(by) == len(catalogue.folder.lists())
    assert all(name.startswith("mine") for name in by)


def test_what_a_worker_does_not_see_or_cannot_be_sent_is_parsed_by_this_process(
    server: Server, tmp_path: Path, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "built_by_worker", lambda job: None if job.key[1] == 1 else 1 / 0)
    with ThreadPoolExecutor(2) as pool:
        catalogue = updated(server, tmp_path / "blind", pool)
    assert contents(catalogue) == expected


def test_a_worker_that_does_not_see_the_file_says_so(tmp_path: Path) -> None:
    answer = update.ListAnswer("a", "new", tmp_path / "nowhere", size=5)
    job = building.ListJob(tmp_path, ("lc", 1, 1), parse, (), update.ListFacts(), answer, update.ListFacts(), 0.0)
    assert building.built_by_worker(job) is None
    answer.path.write_bytes(b"another file")
    assert building.built_by_worker(job) is None


def mistaken(path: Path, address: str) -> pl.DataFrame:
    """Parse a list, but for sector 2."""
    if "_2." in address:
        raise ZeroDivisionError("a mistake of a plugin")
    return parse(path, address)


def test_a_list_that_is_wrong_costs_only_itself_and_its_next_address_is_asked(server: Server, tmp_path: Path) -> None:
    server.acts = ByName({"/lists/lc_3.sh": [page]})
    server.files["/other/lc_3.sh"] = listed(7, 8)
    first = source("lc")
    addresses = [address.replace("/lists/", "/other/") for address in first.locate(3, ())]
    lc = replace(
        first, parse=mistaken, locate=lambda sector, links: [*first.locate(sector, links), *addresses[: sector == 3]]
    )
    with ThreadPoolExecutor(2) as pool:
        catalogue = catalogue_of(server, tmp_path, lc)
        done = catalogue.update([1, 2, 3], progress=False, executor=pool)
    states = {one.last: one for one in done.outcomes}
    assert {sector: one.state for sector, one in states.items()} == {1: "new", 2: "failed", 3: "new"}
    assert "a mistake of a plugin" in states[2].problem
    assert rows_of(catalogue)["lc", 3, 3] == [7, 8]


def test_what_is_no_executor_is_refused_before_anything_is_asked(server: Server, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="executor='dask': give"):
        catalogue_of(server, tmp_path).update(executor="dask")
    assert not server.requests

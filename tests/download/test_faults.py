"""The fault matrix: whatever a server does, at whichever file, what lies under a final name is the truth, and the others come."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from faults import FAULTS, PAGE, Fault, silent, slow, trickle, written
from places import TESTS
from serving import WHOLE, Server, content, send, serving, stalled
from sizes import STRESS
from toys import FromServer

from tess_source import Plan, Products, Session
from tess_source.settings import Patience

FILES = 5
CALM = Patience(first=0.001, longest=0.01, look=0.01)
"""Short pauses, so that hundreds of faults fit into a minute; a busy machine is no fault."""
HASTE = replace(CALM, read=0.25, slowest=5000.0, over=0.15)
"""Low limits too, for servers that keep a client waiting."""
WAITS = {silent, stalled, trickle, slow}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all tests."""
    yield from serving()


def plan_of(server: Server, root: Path, fault: Fault, struck: int) -> Plan:
    """Plan a few files, one of which is struck."""
    server.files = {f"/{number:03d}.fits": content(number) for number in range(FILES)}
    server.acts = {"/none": [lambda handler, body: handler.answer(b"", 404)], f"/{struck:03d}.fits": list(fault.acts)}
    server.seen.clear()
    server.requests.clear()
    rows = [
        {
            "uri": f"toy:sky/{number:03d}.fits",
            "obs_id": "o",
            "size": WHOLE if fault.sized else None,
            "sha256": hashlib.sha256(content(number)).hexdigest() if fault.locked else None,
        }
        for number in range(FILES)
    ]
    session = Session(server.url, discover=False, plugins=[FromServer()], jobs=3)
    patience = CALM if WAITS.isdisjoint(fault.acts) else HASTE
    object.__setattr__(session.settings, "patience", patience)
    return Plan.of(Products.of(rows), root, "flat", session=session)


def on_disk(root: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*") if path.is_file()}


def truth(*numbers: int) -> dict[str, str]:
    return {f"{number:03d}.fits": hashlib.sha256(content(number)).hexdigest() for number in numbers}


STRUCK = [0, FILES // 2, FILES - 1]
MATRIX = [
    pytest.param(fault, struck, id=f"{fault.words}-{('first', 'middle', 'last')[place]}")
    for number, fault in enumerate(FAULTS)
    for place, struck in enumerate(STRUCK)
    if STRESS or place == number % 3
]
"""Each fault at the first, a middle and the last file; where every change is tested, at one of them, in turn."""


@pytest.mark.parametrize(("fault", "struck"), MATRIX)
def test_after_a_fault(fault: Fault, struck: int, server: Server, tmp_path: Path) -> None:
    plan = plan_of(server, tmp_path, fault, struck)
    manifest = plan.download()

    entry = manifest[struck]
    others = [number for number in range(FILES) if number != struck]
    assert [manifest[number].status for number in others] == ["fetched"] * len(others)
    assert re.search(fault.error, entry.error)
    assert entry.status == ("failed" if fault.error else "fetched"), entry.error
    assert on_disk(tmp_path) == truth(*(others if fault.error else range(FILES)))
    asked = [headers for path, headers in server.requests if path == f"/{struck:03d}.fits"]
    assert "Range" in asked[-1] or not fault.resumed

    server.acts.clear()
    server.requests.clear()
    again = plan.download()
    assert on_disk(tmp_path) == truth(*range(FILES))
    assert [entry.status for entry in again].count("here") == (FILES - 1 if fault.error else FILES)
    assert len(server.requests) == (1 if fault.error else 0)


def test_the_matrix_is_as_large_as_it_is_said_to_be() -> None:
    assert len({fault.words for fault in FAULTS}) == len(FAULTS) >= 30


def test_the_table_in_the_docs_is_that_of_the_faults() -> None:
    """If not: ``python tests/helpers/faults.py``."""
    text = PAGE.read_text()
    assert text == written(text)


def test_a_file_that_changed_between_two_tries_is_the_new_one(server: Server, tmp_path: Path) -> None:
    plan = plan_of(server, tmp_path, next(fault for fault in FAULTS if fault.words == "body cut once"), 0)
    cut_once = server.acts["/000.fits"][0]

    def changed(handler: object, body: bytes) -> None:
        send(handler, content(7))  # type: ignore[arg-type]

    server.acts["/000.fits"] = [cut_once, changed]
    assert plan.download()[0].ok
    assert on_disk(tmp_path)["000.fits"] == truth(7)["007.fits"]


def test_every_promise_names_tests_that_exist() -> None:
    promises = PAGE.read_text().partition("\n## Guarantees\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(test_\w+)`", promises))
    there = {
        name for file in TESTS.rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)
    }
    assert len(named) > 25
    assert named <= there

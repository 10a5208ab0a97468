"""Whether a file that lies on disk counts as present: one table for all forms, sums, links and folders, and for every way to ask."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from serving import Server, content, serving, status
from sizes import size
from toys import FromServer

from tess_source import Plan, Products, Session
from tess_source.cache.verified import Known
from tess_source.tables.items import Item

# -- what the plan says, and what lies there -------------------------------------------------------------------------------------


class Case(NamedTuple):
    """One line of the table: a word for each question of `WORDS`."""

    folder: str
    place: str
    form: str
    bytes: str
    size: str
    sum: str
    known: str

    @property
    def endless(self) -> bool:
        """Whether its form does not tell where it ends."""
        return self.form in {"html", "other"}


WORDS = {
    # who has it: the plan's own folder, or the cache folder alone
    "folder": ("own", "cache"),
    # what stands in its place: the file, a link to a file of that folder or to one elsewhere
    "place": ("file", "link-inside", "link-outside", "directory", "nothing"),
    "form": ("fits", "fits.gz", "pdf", "xml", "html", "other"),
    # cut, and filled up with zeros if the size is to be right; or an HTML page in place of the file
    "bytes": ("whole", "damaged", "page"),
    # whether the plan tells the size of what lies there
    "size": ("right-size", "wrong-size", "no-size"),
    # which sum the plan tells: that of the whole file, that of what lies there though it is not whole, or another one
    "sum": ("right-sum", "this-sum", "wrong-sum", "no-sum"),
    # whether the file was found whole before, and neither its size nor its time changed since
    "known": ("indexed", "unread"),
}


def makes_sense(case: Case) -> bool:
    """Leave out what cannot be, what is wrong twice, and of links what is looked at only behind them."""
    plain, followed = case.place == "file", (case.folder, case.place) == ("own", "link-inside")
    told = (case.size, case.sum) in {("right-size", "right-sum"), ("no-size", "no-sum")}
    if case.place in {"directory", "nothing"}:  # there are no bytes
        return told and (case.bytes, case.known) == ("whole", "unread")
    if (case.form in {"fits.gz", "pdf", "xml"} and not plain) or (case.form, case.bytes) == ("html", "page"):
        return False  # they are treated as FITS; and a page is what is expected
    if case.size == "wrong-size":
        return plain and case.sum == "no-sum"
    if case.sum == "this-sum":  # the whole file's is the right one
        return plain and (case.bytes, case.known) in {("damaged", "unread"), ("page", "unread")}
    if case.sum == "wrong-sum":
        return (plain or followed) and case.bytes == "whole"
    return plain or followed or (told and case.bytes == "whole")


CASES = [case for words in itertools.product(*WORDS.values()) if makes_sense(case := Case(*words))]

# -- the table -------------------------------------------------------------------------------------------------------------------


class Rule(NamedTuple):
    """Whether a file counts as present where the condition holds; of all rules, the first that applies decides."""

    present: bool
    because: str
    applies: Callable[[Case], bool]


RULES = (
    Rule(False, "no file of this folder is there", lambda c: c.place in {"link-outside", "directory", "nothing"}),
    Rule(False, "no link is copied from the cache folder", lambda c: c.folder == "cache" and c.place == "link-inside"),
    Rule(False, "its size is not the plan's", lambda c: c.size == "wrong-size"),
    Rule(False, "nothing would tell all from a part", lambda c: c.endless and (c.size, c.sum) == ("no-size", "no-sum")),
    Rule(False, "its sum is not the plan's", lambda c: c.sum == "wrong-sum"),
    Rule(True, "the index is believed", lambda c: (c.folder, c.place, c.known) == ("own", "file", "indexed")),
    Rule(True, "it was read, and is whole", lambda c: c.bytes == "whole"),
    Rule(False, "a copy must have the sum of the index", lambda c: c.folder == "cache" and c.known == "indexed"),
    Rule(False, "it is a page in place of the file", lambda c: c.bytes == "page"),
    Rule(False, "its structure is damaged", lambda c: not c.endless),
    Rule(False, "its bytes are not those of the sum", lambda c: c.sum == "right-sum"),
    Rule(True, "nothing tells that it is damaged", lambda c: True),
)  # fmt: skip


def wanted(case: Case) -> Rule:
    return next(rule for rule in RULES if rule.applies(case))


# -- the ways to ask -------------------------------------------------------------------------------------------------------------


def by_download(plan: Plan) -> list[str]:
    return [entry.status for entry in plan.download()]


def by_iter_download(plan: Plan) -> list[str]:
    found = {entry.item.path: entry.status for entry in plan.iter_download()}
    return [found[item.path] for item in plan]


def by_executor(plan: Plan) -> list[str]:
    with ThreadPoolExecutor(1) as executor:
        return [entry.status for entry in plan.download(executor=executor)]


def offline(plan: Plan) -> list[str]:
    assert isinstance(plan.session, Session)
    session = Session(plan.session.settings.server, discover=False, plugins=[FromServer()], offline=True)
    return [entry.status for entry in plan.using(session).download()]


def dry_run(plan: Plan) -> list[str]:
    return list(map(str, plan.expected()["status"]))


WAYS: Mapping[str, Callable[[Plan], list[str]]] = {
    "download": by_download, "iter_download": by_iter_download, "executor": by_executor, "offline": offline, "dry run": dry_run,
}  # fmt: skip


def is_known_beforehand(way: str, case: Case) -> bool:
    """Leave out what only a copy finds: bytes of the cache folder that changed, but neither their size nor their time."""
    changed = (case.folder, case.place, case.known) == ("cache", "file", "indexed") and case.bytes != "whole"
    return not (way == "dry run" and changed)


def cases_of(way: str, folder: str, place: str) -> list[Case]:
    """Return every case by one way, and by the others a tenth of them, or all under stress."""
    cases = [case for case in CASES if (case.folder, case.place) == (folder, place) and is_known_beforehand(way, case)]
    return cases if way == "download" else cases[:: size(10, 1)]


# -- folders as the cases want them ----------------------------------------------------------------------------------------------

WHOLE = {
    "fits": content(1),
    "fits.gz": gzip.compress(content(1), mtime=0),
    "pdf": b"%PDF-1.4\n" + b"stream\n" * 500 + b"%%EOF\n",
    "xml": b"<report>" + b"<planet>b</planet>" * 100 + b"</report>",
    "html": b"<html><body>" + b"<p>a report</p>" * 100 + b"</body></html>",
    "other": b"time flux\n" + b"1500.25 0.99\n" * 100,
}
"""Form of a file → its bytes."""
PAGE = b"<!DOCTYPE html><html><body>Service unavailable</body></html>"


@dataclass(frozen=True)
class World:
    """A server that counts requests and has nothing, and a session."""

    server: Server
    session: Session

    def plan(self, cases: Sequence[Case], root: Path) -> Plan:
        """Plan a file for each case."""
        names = [f"{number:04d}.{'dat' if case.form == 'other' else case.form}" for number, case in enumerate(cases)]
        self.server.acts = {f"/{name}": [status(404)] for name in names}
        products = Products.of([{"uri": f"toy:sky/{name}", "obs_id": "o"} for name in names])
        plan = Plan.of(products, root, "flat", session=self.session)
        sizes, sums = [], []
        for case in cases:
            whole = WHOLE[case.form]
            sizes.append({"right-size": len(whole), "wrong-size": len(whole) + 1, "no-size": None}[case.size])
            known = {"right-sum": sum_of(whole), "wrong-sum": "0" * 64, "this-sum": sum_of(lying(case)), "no-sum": None}
            sums.append(known[case.sum])
        told = plan.items.with_columns(size=pl.Series(sizes, dtype=pl.Int64), sha256=pl.Series(sums, dtype=pl.String))
        return replace(plan, items=told)

    def lay(self, case: Case, item: Item, root: Path, outside: Path) -> None:
        """Put into a folder what a case wants there; the index keeps the sum that the whole file had."""
        path = root / item.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if case.place == "directory":
            path.mkdir()
        if case.place in {"directory", "nothing"}:
            return
        inside = path.with_name(f"inside-{path.name}")
        file = {"file": path, "link-inside": inside, "link-outside": outside / path.name}[case.place]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(lying(case))
        if file != path:
            path.symlink_to(file)
        if case.known == "indexed":
            found, digest = file.stat(), sum_of(WHOLE[case.form])
            known = Known(item.path, found.st_size, found.st_mtime_ns, digest, item.uri, time.time())
            self.session.store.index_of(root).add([known])


def lying(case: Case) -> bytes:
    """Give the bytes that lie on disk."""
    whole, right = WHOLE[case.form], case.size == "right-size"
    cut = whole[: len(whole) * 2 // 3]
    return {
        "whole": whole,
        "damaged": cut.ljust(len(whole), b"\0") if right else cut,
        "page": PAGE.ljust(len(whole)) if right else PAGE,
    }[case.bytes]


def sum_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    for server in serving():
        yield World(server, Session(server.url, discover=False, plugins=[FromServer()]))


# -- tests -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", WORDS["place"])
@pytest.mark.parametrize("folder", WORDS["folder"])
@pytest.mark.parametrize("way", WAYS)
def test_a_file_counts_as_present_as_the_table_says(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str, folder: str, place: str
) -> None:
    """All cases at once: nothing is asked for if it is present, and its status says that it is here, or is copied from the cache."""
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path / "cache"))
    cases = cases_of(way, folder, place)
    assert cases
    plan = world.plan(cases, tmp_path / "own")
    for case, item in zip(cases, plan, strict=True):
        world.lay(case, item, plan.root if folder == "own" else world.session.store.root, tmp_path / "outside")
    world.server.requests.clear()
    present = [said == ("copied" if folder == "cache" else "here") for said in WAYS[way](plan)]
    asked = {path.removeprefix("/") for path, _ in world.server.requests}
    wrong = [
        (case, wanted(case).because)
        for case, item, found in zip(cases, plan, present, strict=True)
        if found is not wanted(case).present or (found and Path(item.path).name in asked)
    ]
    assert wrong == []


def test_every_rule_of_the_table_decides_some_case() -> None:
    assert {wanted(case) for case in CASES} == set(RULES)

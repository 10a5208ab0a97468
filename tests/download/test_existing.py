"""Whether a file that lies on disk counts as present: one table for all forms, sums, links and folders, and for every way to ask."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
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


def by_download(plan: Plan) -> str:
    return plan.download()[0].status


def by_iter_download(plan: Plan) -> str:
    return next(plan.iter_download()).status


def by_executor(plan: Plan) -> str:
    with ThreadPoolExecutor(1) as executor:
        return plan.download(executor=executor)[0].status


def offline(plan: Plan) -> str:
    assert isinstance(plan.session, Session)
    session = Session(plan.session.settings.server, discover=False, plugins=[FromServer()], offline=True)
    return plan.using(session).download()[0].status


def dry_run(plan: Plan) -> str:
    return str(plan.expected()["status"][0])


WAYS: Mapping[str, Callable[[Plan], str]] = {
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
    """A server that counts requests and has nothing, and a plan of one file for every form."""

    server: Server
    session: Session
    plans: Mapping[str, Plan]
    folder: Path

    def plan(self, case: Case, root: Path) -> Plan:
        """Plan the file of a case."""
        whole, plan = WHOLE[case.form], self.plans[case.form]
        told_size = {"right-size": len(whole), "wrong-size": len(whole) + 1, "no-size": None}[case.size]
        sums = {"right-sum": sum_of(whole), "wrong-sum": "0" * 64, "this-sum": sum_of(lying(case)), "no-sum": None}
        told = plan.items.with_columns(size=pl.lit(told_size, pl.Int64), sha256=pl.lit(sums[case.sum], pl.String))
        return replace(plan, items=told, root=root)

    def lay(self, case: Case, root: Path, outside: Path) -> None:
        """Put into a folder what a case wants there; the index keeps the sum that the whole file had."""
        [item] = self.plans[case.form]
        path = root / item.path
        path.parent.mkdir(parents=True)
        if case.place == "directory":
            path.mkdir()
        if case.place in {"directory", "nothing"}:
            return
        file = {"file": path, "link-inside": root / "inside", "link-outside": outside}[case.place]
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
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    for server in serving():
        session = Session(server.url, discover=False, plugins=[FromServer()])
        plans = {}
        for form in WHOLE:
            name = "file.dat" if form == "other" else f"file.{form}"
            server.acts[f"/{name}"] = [status(404)]
            products = Products.of([{"uri": f"toy:sky/{name}", "obs_id": "o"}])
            plans[form] = Plan.of(products, "unused", "flat", session=session)
        yield World(server, session, plans, tmp_path_factory.mktemp("existing"))


# -- tests -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", WORDS["place"])
@pytest.mark.parametrize("folder", WORDS["folder"])
@pytest.mark.parametrize("way", WAYS)
def test_a_file_counts_as_present_as_the_table_says(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str, folder: str, place: str
) -> None:
    monkeypatch.setattr("os.fsync", lambda handle: None)  # nothing is to survive
    cases = cases_of(way, folder, place)
    wrong = [(case, wanted(case).because) for case in cases if not counts_as_wanted(world, monkeypatch, way, case)]
    assert cases
    assert wrong == []


def counts_as_wanted(world: World, monkeypatch: pytest.MonkeyPatch, way: str, case: Case) -> bool:
    """Check that nothing is asked for if it is present, and that its status says that it is here, or is copied from the cache folder."""
    folder = world.folder / "-".join([way, *case])
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(folder / "cache"))
    plan = world.plan(case, folder / "own")
    world.lay(case, plan.root if case.folder == "own" else world.session.store.root, folder / "outside")
    world.server.requests.clear()
    present = WAYS[way](plan) == ("copied" if case.folder == "cache" else "here")
    return present is wanted(case).present and not (present and world.server.requests)


def test_every_rule_of_the_table_decides_some_case() -> None:
    assert {wanted(case) for case in CASES} == set(RULES)

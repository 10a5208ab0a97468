"""A sample archive in place of MAST: whatever code under test does, it asks the archive, and afterwards all is as before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sizes import STRESS, size
from their_tests import TheirTests

import tess_source
from tess_source import session as sessions
from tess_source.errors import QueryError
from tess_source_sample.server import SampleArchive
from tess_source_testing import sample_archive
from tess_source_testing.pointed import LONGEST_WAIT

pytest_plugins = ["pytester"]

KINDS = {
    "the functions of the package": "assert len(theirs.light_curves()) == 1",
    "a session of its own": "assert len(tess_source.Session(jobs=2).search(16740101, sector=14, kind='lc')) == 1",
    "threads": """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(4) as pool:
        assert [len(one) for one in pool.map(lambda _: theirs.light_curves(), range(4))] == [1] * 4""",
    "the program": """
    import subprocess, sys
    done = subprocess.run([sys.executable, "-m", "tess_source", "count", "TIC 16740101"], capture_output=True, text=True)
    assert int(done.stdout) > 1, done.stderr""",
    "other processes": """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(tess_source.count, 16740101).result() > 1""",
}


@pytest.mark.parametrize("kind", list(KINDS)[: size(3, len(KINDS))])
def test_code_under_test_asks_the_archive_by(run: TheirTests, kind: str) -> None:
    body = f"(tess_archive):\n    {KINDS[kind].strip()}\n    assert tess_archive.requests\n"
    run(f"def test_one{body}\ndef test_two{body}").assert_outcomes(passed=2)


FIVE = """
def test_functions(tess_archive):
    assert len(theirs.light_curves()) == 1
    assert tess_archive.requests

def test_session_of_the_module(tess_archive):
    assert len(theirs.session.search(16740101, sector=14, kind="lc")) == 1
    assert tess_archive.requests

def test_session_that_is_kept(tess_archive):
    assert len(theirs.kept().search(16740101, sector=14, kind="lc")) == 1
    assert tess_archive.requests

def test_session_that_is_kept_again(tess_archive):
    assert len(theirs.kept().search(16740101, sector=14, kind="lc")) == 1
    assert tess_archive.requests

def test_default_session(tess_session, tess_archive):
    assert tess_session is tess_source.default_session()
    assert tess_session.settings.server == tess_archive.url
    assert not tess_session.search(16740101, sector=14, kind="lc").download().failed

def test_files_are_in_a_folder_of_the_test(tess_session, tess_archive):
    assert not tess_session.store.root.exists()
    theirs.light_curves().download()
    assert [*tess_session.store.root.rglob("*.fits")]
"""
SESSIONS = """
import functools
session = tess_source.Session()
tess_source.default_session()

@functools.cache
def kept():
    return tess_source.Session()
"""


@pytest.mark.parametrize("order", ["reversed", "as written"][: size(1, 2)])
def test_they_pass_in_any_order_whatever_sessions_the_code_has_made_before(run: TheirTests, order: str) -> None:
    turned = "def pytest_collection_modifyitems(items):\n    items.reverse()"
    run(FIVE, code=SESSIONS, conftest=turned if order == "reversed" else "").assert_outcomes(passed=6)


@pytest.mark.parametrize("scope", ["function", "session"])
def test_plugins_that_the_code_registers_when_it_is_imported_stay_and_those_of_a_test_do_not(
    run: TheirTests, scope: str
) -> None:
    plugin = """
from types import ModuleType
from tess_source import Filter, hookimpl

class Plugin:
    def __init__(self, name):
        self.name = name

    @hookimpl
    def tess_filters(self):
        return [Filter(self.name, lambda products, value: products.frame["size"] > 0, help="…")]

tess_source.register(Plugin("theirs"), "theirs")
"""
    tests = """
@pytest.mark.parametrize("number", [1, 2])
def test_registering(tess_archive, number):
    tess_source.register(theirs.Plugin("own"), "own")
    assert "own" in tess_source.default_session().registry.filters
    assert "theirs" in tess_source.default_session().registry.filters

def test_after(tess_archive):
    assert "own" not in tess_source.default_session().registry.filters
    assert "theirs" in tess_source.default_session().registry.filters

def test_without_archive():
    assert "theirs" in tess_source.default_session().registry.filters
    assert "own" not in tess_source.default_session().registry.filters
"""
    run(tests, code=plugin, ini=f"tess_archive_scope = {scope}").assert_outcomes(passed=4)


def test_several_tests_can_share_an_archive_and_each_has_its_own_record_and_faults(run: TheirTests) -> None:
    tests = """
ports = set()

@pytest.fixture(scope="module")
def found(tess_archive):
    return theirs.light_curves()

def test_one(found, tess_archive):
    ports.add(tess_archive.url)
    assert tess_archive.requests

@pytest.mark.tess_faults("503")
def test_faults(tess_archive):
    ports.add(tess_archive.url)
    with pytest.raises(ConnectionError, match="HTTP 503"):
        tess_source.search(25155310)

def test_two(found, tess_archive):
    assert not tess_archive.requests
    assert tess_source.count(25155310)
    ports.add(tess_archive.url)
    assert len(ports) == 1
"""
    run(tests, ini="tess_archive_scope = module").assert_outcomes(passed=3)


def test_a_scope_that_is_none_is_refused_with_the_words_that_are_right(run: TheirTests) -> None:
    result = run("def test_one(tess_archive): pass", ini="tess_archive_scope = file")
    assert (
        "tess_archive_scope = file: give one of function, class, module, package, session"
        in result.stdout.str() + result.stderr.str()
    )


# -- without pytest --


def state() -> tuple[object, ...]:
    return dict(os.environ), list(sessions._default), [one.settings for one in sessions.in_use.values()]


def test_the_block_leaves_all_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TESS_SOURCE_OFFLINE", "1")
    monkeypatch.setenv("MAST_API_TOKEN", "secret")
    own = tess_source.Session(cache=tmp_path, token="secret", jobs=3)
    before = state()
    with pytest.raises(ZeroDivisionError), sample_archive() as archive:
        assert "MAST_API_TOKEN" not in os.environ
        assert own.settings.server == archive.url
        assert (own.settings.token, own.settings.jobs) == (None, 3)
        assert len(own.search(16740101, sector=14, kind="lc")) == 1
        assert tmp_path not in own.store.root.parents
        _ = 1 / 0
    assert state() == before
    assert own.settings.cache == tmp_path


def test_sessions_with_a_server_of_their_own_stay_with_it() -> None:
    institute = tess_source.Session("http://127.0.0.1:9")
    with sample_archive():
        assert institute.settings.server == "http://127.0.0.1:9"


def test_blocks_can_be_nested() -> None:
    with sample_archive() as outer:
        kept = tess_source.default_session()
        with sample_archive() as inner:
            tess_source.count(16740101)
            assert (len(outer.requests), inner.url) == (0, tess_source.default_session().settings.server)
        tess_source.count(16740101)
        assert tess_source.default_session() is kept
        assert outer.requests


def test_an_archive_at_the_port_of_another_is_asked_anew() -> None:
    with sample_archive() as first:
        tess_source.count(16740101)
        asked, port = len(first.requests), int(first.url.rpartition(":")[2])
    with sample_archive(port=port) as second:
        tess_source.count(16740101)
        assert len(second.requests) == asked


def test_a_cache_folder_that_is_given_is_kept(tmp_path: Path) -> None:
    with sample_archive(cache=tmp_path):
        assert not tess_source.search(16740101, sector=14, kind="lc").download(progress=False).failed
    assert [*tmp_path.rglob("*.fits")]


def test_answers_are_remembered_as_those_of_mast() -> None:
    with sample_archive() as archive:
        tess_source.search(16740101, sector=14, kind="lc")
        archive.clear()
        assert tess_source.search(16740101, sector=14, kind="lc").from_store
        assert not archive.requests
        assert len(tess_source.Session(offline=True).search(16740101, sector=14, kind="lc")) == 1


def test_options_of_the_archive_are_passed_on_and_strange_words_refused() -> None:
    with sample_archive(extra=5) as archive:
        assert isinstance(archive, SampleArchive)
        assert len(archive.catalogue.targets) > 5
    with (
        pytest.raises(QueryError, match="connections='some': give one of 'refused' and 'allowed'"),
        sample_archive(connections="some"),
    ):
        pass


def test_a_wait_is_no_longer_than_the_block_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TESS_SOURCE_LONGEST_WAIT", raising=False)
    usual = tess_source.Session().settings.patience
    with sample_archive(longest_wait=2.0):
        patience = tess_source.Session().settings.patience
        assert (patience.read, patience.connect, patience.longest) == (2.0, 2.0, 0.02)
    with sample_archive():
        assert tess_source.Session().settings.patience.read == LONGEST_WAIT
    assert tess_source.Session().settings.patience == usual
    monkeypatch.setenv("TESS_SOURCE_LONGEST_WAIT", "soon")
    with pytest.raises(QueryError, match="TESS_SOURCE_LONGEST_WAIT='soon': give a number of seconds above 0"):
        tess_source.Session()


@pytest.mark.skipif(
    not STRESS, reason="the page on testing has a class of unittest, which is run; make stress runs more"
)
def test_unittest_has_it_as_a_context(run: TheirTests) -> None:
    tests = """
import unittest
from tess_source_testing import sample_archive

class TestClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.archive = cls.enterClassContext(sample_archive())

    def test_one(self):
        self.assertEqual(len(theirs.light_curves()), 1)

    def test_two(self):
        self.assertEqual(len(theirs.light_curves()), 1)
        self.assertTrue(self.archive.requests)

class TestEach(unittest.TestCase):
    def setUp(self):
        self.archive = self.enterContext(sample_archive())

    def test_one(self):
        self.assertEqual(len(theirs.light_curves()), 1)
        self.assertTrue(self.archive.requests)

@pytest.mark.usefixtures("tess_archive")
class TestByFixture(unittest.TestCase):
    def test_one(self):
        self.assertEqual(len(theirs.light_curves()), 1)
"""
    run(tests).assert_outcomes(passed=4)


@pytest.mark.skipif(not STRESS, reason="starts three processes; make stress does")
def test_each_worker_of_xdist_has_its_own_archive(run: TheirTests) -> None:
    tests = """
@pytest.mark.parametrize("number", range(4))
def test_one(tess_archive, number):
    assert tess_source.count(16740101) > 1
"""
    run(tests, "-n", "2", process=True).assert_outcomes(passed=4)

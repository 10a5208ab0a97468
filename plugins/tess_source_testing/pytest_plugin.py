"""What pytest gets: fixtures with a sample archive in place of MAST. Nothing heavy is imported before a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source_sample.faults import Fault
    from tess_source_sample.server import SampleArchive

__all__: list[str] = []

MARKER = "tess_faults"
SCOPE = "tess_archive_scope"
SHORT_WAIT = 0.5
"""Seconds that are waited for an answer where none is to come."""
SCOPES = ("function", "class", "module", "package", "session")
Scope = Literal["function", "class", "module", "package", "session"]

_item = pytest.StashKey[pytest.Item]()
_archive = pytest.StashKey["SampleArchive | None"]()
"""The test that runs, and the archive that it may share with others."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option of pytest's configuration."""
    parser.addini(SCOPE, f"tests that share the archive of tess_archive: {', '.join(SCOPES)}", default=SCOPES[0])


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        f'{MARKER}(*texts, match=""): let the sample archive of tess_archive misbehave, e.g. tess_faults("503 then ok"); '
        "match: only for requests in which this text occurs",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a shared archive answer as at first, and misbehave as the marker of the next test says."""
    item.config.stash[_item] = item
    uses = "tess_archive" in getattr(item, "fixturenames", ())
    if not uses and item.get_closest_marker(MARKER):
        pytest.fail(f"the marker {MARKER} is for tests with the fixture tess_archive or tess_session", pytrace=False)
    if uses and (archive := item.config.stash.get(_archive, None)) is not None:
        _prepare(archive, item)


def _prepare(archive: SampleArchive, item: pytest.Item) -> None:
    """Let an archive answer as at first, but for what the markers of a test say."""
    from tess_source_testing.fault_texts import SILENCE
    from tess_source_testing.pointed import LONGEST_WAIT, anew

    faults = _faults_of(item)
    silent = any(fault.seconds >= SILENCE for fault in faults)
    anew(archive, faults, SHORT_WAIT if silent else LONGEST_WAIT)


def _faults_of(item: pytest.Item) -> list[Fault]:
    """Return the faults that the markers of a test tell: those of its module first, then its own."""
    from tess_source.errors import QueryError
    from tess_source_testing.fault_texts import faults_of_text

    faults: list[Fault] = []
    for mark in reversed([*item.iter_markers(MARKER)]):
        if strange := {*mark.kwargs} - {"match"}:
            pytest.fail(f"the marker {MARKER} takes texts and match=, not {sorted(strange)[0]}=", pytrace=False)
        for text in mark.args:
            try:
                faults += faults_of_text(text, **mark.kwargs)
            except QueryError as error:
                pytest.fail(str(error), pytrace=False)
    return faults


def _scope(fixture_name: str, config: pytest.Config) -> Scope:
    chosen: Any = config.getini(SCOPE)
    if chosen not in SCOPES:
        raise pytest.UsageError(f"{SCOPE} = {chosen}: give one of {', '.join(SCOPES)}")
    scope: Scope = chosen
    return scope


@pytest.fixture(scope=_scope)
def tess_archive(request: pytest.FixtureRequest) -> Iterator[SampleArchive]:
    """A sample archive in place of MAST: for tess_source.search, new sessions, the program and processes; see tess_source_testing."""
    from tess_source_testing.pointed import sample_archive

    stash = request.config.stash
    with sample_archive() as archive:
        stash[_archive] = archive
        _prepare(archive, stash[_item])
        try:
            yield archive
        finally:
            stash[_archive] = None


@pytest.fixture
def tess_session(tess_archive: SampleArchive) -> Iterator[Session]:
    """The default session, which asks the sample archive of tess_archive only, and has a cache folder of its own."""
    del tess_archive  # it is in place of MAST
    from tess_source.session import default_session

    yield default_session()


@pytest.fixture
def tess_offline() -> Iterator[None]:
    """No connections but to this machine: others are an error that says what to do."""
    from tess_source_testing.offline import no_connections

    with no_connections():
        yield


@pytest.fixture(scope="session")
def tess_vcr_config() -> dict[str, Any]:
    """What pytest-recording needs to tell tess-source's requests apart: let your fixture vcr_config return it."""
    from tess_source_testing.vcr import vcr_config

    return vcr_config()


@pytest.hookimpl(optionalhook=True)
def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """Teach vcrpy, where pytest-recording is in use, that another Range is another request."""
    from tess_source_testing.vcr import register_matchers

    register_matchers(vcr)

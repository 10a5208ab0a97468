"""What all tests share: real files where they are at hand, a session that knows nothing, and no way to the network."""

from __future__ import annotations

import gc
import itertools
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import made_once
import pytest
import recording
from clusters import cluster_of_processes, wait_for_all
from hypothesis import HealthCheck, settings
from places import REAL
from program_run import Program
from s3 import S3Server, s3_server
from shortening import shortened
from sizes import STRESS, size

from tess_source import Session
from tess_source.config import SETTINGS, variable_of
from tess_source.object_store.path import ObjectPath
from tess_source_sample.server import SampleArchive
from tess_source_testing.environment import PROXIES
from tess_source_testing.offline import no_connections
from tess_source_testing.pointed import forget_servers, sample_archive

# A busy machine is not a failure; what decides whether a change lands tries the same each time, and stress tries others.
settings.register_profile(
    "here",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=size(10, 1000),
    derandomize=not STRESS,
)
settings.load_profile("here")

NUMBERS = itertools.count()
FOREIGN = {*map(variable_of, SETTINGS), *PROXIES, "no_proxy", "NO_PROXY"}
"""Environment variables that no test sees."""


@pytest.fixture(scope="session")
def real() -> Path:
    """Folder of real TESS files and answers that nobody of this project wrote; beside the project, never in it."""
    if not REAL.is_dir():
        pytest.skip("real files are not at hand (../shared/real)")
    return REAL


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[Any]:
    """A client of a dask cluster of two processes, which all tests of a run share. Tests take `cluster`."""
    with cluster_of_processes() as client:
        yield client


@pytest.fixture
def cluster(shared_cluster: Any) -> Any:
    """A client of the shared cluster, whose workers are all there: the test before may have killed some."""
    wait_for_all(shared_cluster)
    return shared_cluster


@pytest.fixture
def session() -> Session:
    """A session that discovers nothing and takes what the test registers."""
    return Session(discover=False)


@pytest.fixture(scope="module")
def shared_archive() -> Iterator[SampleArchive]:
    """A sample archive that all tests of a module share. Tests take `archive`; other fixtures of the module take this."""
    with SampleArchive() as running:
        yield running


@pytest.fixture
def archive(shared_archive: SampleArchive) -> Iterator[SampleArchive]:
    """The sample archive of the module, as it is at first: without faults, no requests recorded, all observations there."""
    held = list(shared_archive.catalogue.observations)
    shared_archive.clear()
    shared_archive.faults.clear()
    yield shared_archive
    shared_archive.faults.clear()
    shared_archive.catalogue.observations[:] = held


@pytest.fixture
def fresh_archive() -> Iterator[SampleArchive]:
    """A sample archive of the test's own: nothing of it is remembered, and the test may change all that it holds."""
    forget_servers()  # an archive before this one may have had its port
    with SampleArchive() as running:
        yield running


@pytest.fixture(scope="session")
def shared_s3() -> Iterator[S3Server]:
    """A server that speaks S3, for all tests that take `s3` or `bucket`."""
    with s3_server() as running:
        yield running


@pytest.fixture
def s3(shared_s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """A server that speaks S3, which the environment tells of."""
    for name, value in shared_s3.environment.items():
        monkeypatch.setenv(name, value)
    shared_s3.requests.clear()
    yield shared_s3
    shared_s3.faults.clear()


@pytest.fixture
def bucket(s3: S3Server) -> ObjectPath:
    """An empty bucket in an object store."""
    return ObjectPath("s3", s3.new_bucket())


@pytest.fixture
def program(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program, run in this process, with the sample archive in place of MAST."""
    monkeypatch.setenv("TESS_SOURCE_SERVER", archive.url)
    return Program(capsys)


@pytest.fixture(scope="session", autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse to reach any host but this machine: what a cassette does not hold must not come from elsewhere."""
    recording_now = request.config.getoption("--record-mode", default=None) in {
        "rewrite",
        "all",
        "new_episodes",
        "once",
    }
    with nullcontext() if recording_now else no_connections():
        yield


@pytest.fixture
def block_network() -> None:
    """Leave pytest-recording's own guard away: `no_network` is stricter, and is put up once instead of for each test."""


@pytest.fixture
def vcr(request: pytest.FixtureRequest) -> Any:
    """Ask pytest-recording for a cassette only where a test is marked: its fixtures are a third of the cost of an empty test."""
    return request.getfixturevalue("vcr") if request.node.get_closest_marker("vcr") else None


@pytest.fixture(scope="session")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the users, one per test: pytest's own numbering lists all folders of a run again for each."""
    return tmp_path_factory.mktemp("users")


@pytest.fixture(scope="session", autouse=True)
def no_garbage_at_the_end() -> Iterator[None]:
    """Look among all that was set aside, once: what outlived its module may have kept a file open."""
    yield
    gc.unfreeze()
    gc.collect()
    gc.freeze()  # pytest looks five times more


@pytest.fixture(scope="module", autouse=True)
def no_garbage_of_a_module() -> Iterator[None]:
    """Let Python look for garbage only among what is made from now on: among all libraries, each ``gc.collect()`` takes half a second.

    What is garbage at the end of a module goes there, so that a file it kept open is an error of this module and not of the next.
    """
    gc.freeze()
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def no_user_settings(monkeypatch: pytest.MonkeyPatch, users: Path) -> None:
    """Forget what the person who runs the tests has in the environment, and keep away from their cache folder.

    The folder is named in a config file, not by ``TESS_SOURCE_CACHE``: that would mean that answers of sample archives are remembered.
    """
    user = users / str(next(NUMBERS))
    user.mkdir()
    (user / "config.toml").write_text("cache = 'cache'\n")
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(user / "config.toml"))
    for name in FOREIGN & os.environ.keys():
        monkeypatch.delenv(name)


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the process of the tests.

    Ctrl-C is heard even where tests run in the background, as CI may do: there SIGINT is ignored, by us and by all that we start.
    Python looks for garbage less often: tests make many objects and few circles of them.
    Nothing waits until a disk has written: files of tests need not survive a power cut. Tests of just that put their own ``os.fsync``
    in place. Sample archives make each file once.
    """
    made_once.use()
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.set_threshold(50_000, 20, 50)
    setattr(os, "fsync", lambda handle: None)  # noqa: B010  a type checker would refuse the assignment


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a maintainer without a network record from the sample archive."""
    parser.addoption("--record-from-sample", action="store_true", help="record from the sample archive instead of MAST")


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """Keep recordings in the top-level folder, mirroring the tests."""
    return str(recording.cassette_folder(request.path))


@pytest.fixture(scope="module")
def vcr_config(tess_vcr_config: dict[str, Any]) -> dict[str, Any]:
    """Match on all that makes a question; headers by allow-list in both directions. Of long lists, the beginning is recorded."""
    clean = tess_vcr_config["before_record_response"]
    return {**tess_vcr_config, "before_record_response": lambda response: shortened(clean(response))}


@pytest.fixture
def recorded(request: pytest.FixtureRequest, vcr: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session whose HTTP is played from a cassette; a recording that is not played to its end fails the test.

    It works in the calling thread: vcrpy is not safe with threads. It asks for no compression: vcrpy unpacks what it records, and gives
    it back with the header of the packed answer.
    """
    import tess_source_mast
    from tess_source.download import lists

    monkeypatch.setattr(lists, "ENCODINGS", ())

    forget_servers()  # each recording has the description of the columns in it
    writing = vcr.record_mode.value != "none"
    with _origin(writing and request.config.getoption("--record-from-sample")) as server:
        yield Session(server, jobs=1, discover=False, plugins=[tess_source_mast])
    forget_servers()
    assert writing or vcr.all_played, f"{vcr.play_count} of {len(vcr)} recorded requests were asked for again"


@contextmanager
def _origin(sample: bool) -> Iterator[str | None]:
    if not sample:
        yield None
        return
    with sample_archive(connections="allowed") as archive:
        yield archive.url

"""What all tests share: real files where they are at hand, a session that knows nothing, and no way to the network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tess_source import Session

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "real"
LOOPBACK = {"127.0.0.1", "localhost", "::1", None, ""}


@pytest.fixture(scope="session")
def real() -> Path:
    """Folder of real TESS files and answers that nobody of this project wrote; beside the project, never in it."""
    if not REAL.is_dir():
        pytest.skip("real files are not at hand (../shared/real)")
    return REAL


@pytest.fixture
def session() -> Session:
    """A session that discovers nothing and takes what the test registers."""
    return Session(discover=False)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Refuse to look up any host but this machine: what a cassette does not hold must not come from elsewhere."""
    if request.config.getoption("--record-mode", default=None) in {"rewrite", "all", "new_episodes", "once"}:
        return
    real_lookup: Callable[..., Any] = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {name!r}; tests reach this machine only")
        return real_lookup(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.fixture(autouse=True)
def no_user_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the person who runs the tests has in the environment."""
    for name in (
        "TESS_SOURCE_SERVER",
        "TESS_SOURCE_WITHOUT",
        "MAST_API_TOKEN",
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)

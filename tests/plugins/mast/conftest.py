"""What tests of the MAST plugin share: an archive without a socket, and what is found there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from answering import BY_TIC, Answering

from tess_source import Observations
from tess_source_mast import observations


@pytest.fixture(scope="module")
def stub() -> Iterator[Answering]:
    """One that answers all requests of a module's tests; nothing else is asked meanwhile."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Answering(monkeypatch)


@pytest.fixture(scope="module")
def found(stub: Answering) -> Observations:
    """The observations of KELT-9."""
    stub.honest()
    return observations.find(BY_TIC, stub.settings)

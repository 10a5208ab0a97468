"""What the tests of the plugin of stars share."""

from __future__ import annotations

import pytest
from tic_case import TicService


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> TicService:
    """The TIC's service, in place of all servers."""
    return TicService(monkeypatch)

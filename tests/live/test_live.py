"""Each line of docs/mast-contract.md, asked of the real services: ``make live``."""

from __future__ import annotations

import pytest
from mast_contract.all_lines import LINES
from mast_contract.outcome import DOWN, HOLDS, Outcome


@pytest.fixture
def no_network() -> None:
    """Let these tests reach the services."""


@pytest.fixture
def no_user_settings() -> None:
    """Leave proxies and certificates of the environment as they are: they are the way to the services."""


@pytest.mark.live
@pytest.mark.parametrize("name", LINES)
def test_holds(name: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[name]
    if outcome.state == DOWN:
        pytest.skip(f"service down: {outcome.remark}")
    assert outcome.state == HOLDS, f"expected {outcome.expected}; came {outcome.came}"

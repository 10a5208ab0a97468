"""Columns of names are read as long ones here, however short they are: `test_few_names` compares both ways."""

from __future__ import annotations

import pytest

from tess_source.names import vector


@pytest.fixture(autouse=True)
def long_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read no name by itself."""
    monkeypatch.setattr(vector, "FEW", 0)

"""What pytest gets: fixtures with a sample archive in place of MAST. Nothing heavy is imported before a test asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", "tess_faults(*texts): let the sample archive of `tess_archive` misbehave")

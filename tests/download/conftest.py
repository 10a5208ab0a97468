"""What tests of downloads share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    """A small server that does as the test tells it."""
    yield from serving()

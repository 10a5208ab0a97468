"""The sectors that saw a star, and why one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tess_source import hookimpl
from tess_source.settings import Settings

if TYPE_CHECKING:
    from tess_source.tables.listing import Observations
    from tess_source.targets.target import Query


@hookimpl
def tess_reasons(query: Query, observations: Observations, settings: Settings) -> Mapping[str, str] | None:
    """Say why a star has no observations: where it lies in each sector."""
    return None

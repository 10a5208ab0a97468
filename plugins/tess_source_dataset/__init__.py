"""Data sets of light curves for training models: built shard by shard, from a search to Parquet files, with many workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tess_source import hookimpl

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Return session.dataset."""
    from tess_source_dataset.accessors import ACCESSORS

    return ACCESSORS


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Return ``tess-source dataset``."""
    from tess_source_dataset.commands import dataset

    return (dataset,)

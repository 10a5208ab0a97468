"""A sample archive like MAST on this machine, to try tess-source, to test programs that use it, and to measure, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tess_source.hooks.specs import hookimpl

if TYPE_CHECKING:
    import click

__all__ = ["tess_commands"]


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Declare ``tess-source sample`` and ``tess-source demo``."""
    from tess_source_sample.commands import demo, sample

    return (sample, demo)

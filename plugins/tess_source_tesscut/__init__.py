"""Cut-outs of full-frame images, made on request by the TESScut service."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source import hookimpl
from tess_source.hooks.records import StandIn


@hookimpl
def tess_stand_ins() -> Sequence[StandIn]:
    """Declare that cut-outs come from TESScut."""
    return ()

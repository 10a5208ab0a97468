"""Choose products by Guest Investigator programme, and fetch the light curves of one."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source import Filter, hookimpl
from tess_source_proposal.curves import light_curves_of as light_curves_of
from tess_source_proposal.proposals import check, keep

__all__ = ["light_curves_of"]


@hookimpl
def tess_filters() -> Sequence[Filter]:
    """Declare ``proposal=``, which is also ``--proposal``."""
    help_line = "Guest Investigator programmes that asked for the target"
    return (Filter("proposal", keep, help_line, check=check, multiple=True, metavar="G06062"),)

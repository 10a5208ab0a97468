"""The light curves of a programme: a function of this package that uses tess-source as yours may."""

from __future__ import annotations

from pathlib import Path

import tess_source

__all__ = ["light_curves_of"]


def light_curves_of(proposal: str, *targets: str | int, folder: str | Path) -> tess_source.Manifest:
    """Fetch the light curves of targets in the sectors in which a programme asked for them.

    Parameters
    ----------
    proposal : str
        The number of the programme, e.g. ``"G06062"``.
    *targets : str or int
        Names, or TIC ids.
    folder : str or Path
        Where the files go.

    Returns
    -------
    tess_source.Manifest
        One entry per file. What could not be fetched is in its ``failed``.

    Raises
    ------
    LookupError
        If the programme asked for none of the targets.
    """
    found = tess_source.search(list(targets), kind="lc", proposal=proposal)
    if not len(found):
        raise LookupError(f"programme {proposal} asked for none of these targets: {', '.join(map(str, targets))}")
    return found.plan(folder).download()

"""The key of a data-validation set: what one run made for one target, as one word."""

from __future__ import annotations

from tess_source import names

__all__ = ["set_key"]


def set_key(name: names.Name) -> str | None:
    """Return the key of the DV set that a product belongs to; None if its name does not hold all parts of the key.

    Parameters
    ----------
    name : tess_source.names.Name

    Returns
    -------
    str or None
        As `tess_source_dv.sets.members.members` writes it for a whole column.
    """
    edition = f"{name.run:05d}" if name.run is not None else name.version
    if None in (name.pipeline, name.tic, name.first_sector, name.last_sector, edition):
        return None
    return f"{name.pipeline}/{name.tic}/s{name.first_sector:04d}-s{name.last_sector:04d}/{edition}"

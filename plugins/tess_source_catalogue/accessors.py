"""The method that every session has: ``session.catalogue()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source.hooks.records import Accessor

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source_catalogue.session_catalogue import SessionCatalogue

__all__ = ["ACCESSORS"]


def catalogue(session: Session) -> SessionCatalogue:
    """Return the catalogue of this session: the lists of the whole mission on this disk, to update and to read.

    Returns
    -------
    SessionCatalogue
        Nothing is read before you ask for it.

    Examples
    --------
    >>> session.catalogue()
    <Catalogue of ...: 0 lists>
    """
    from tess_source_catalogue.session_catalogue import SessionCatalogue

    return SessionCatalogue(session)


ACCESSORS = (Accessor("catalogue", catalogue, "the lists of the whole mission on this disk", of="session"),)

"""Where the files of the ``mast:`` scheme are."""

from __future__ import annotations

from urllib.parse import quote

from tess_source.hooks.records import Request
from tess_source.settings import Settings, at_server
from tess_source_mast.hosts import DOWNLOAD
from tess_source_mast.tokens import cookie

__all__ = ["locate"]


def locate(uri: str, settings: Settings) -> Request:
    """Return the request for a URI, as astroquery would send it.

    Parameters
    ----------
    uri : str
        E.g. ``"mast:TESS/product/tess….fits"``.
    settings : Settings

    Returns
    -------
    Request
        With the token's cookie if it goes to MAST's own host over https.
    """
    url = at_server(f"{DOWNLOAD}?uri={quote(uri, safe=':/')}", settings)
    return Request(url, cookie(url, settings))

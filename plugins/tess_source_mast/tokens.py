"""The MAST token for exclusive data: where it is found, and the only places it is sent to."""

from __future__ import annotations

import functools
import logging
import os
import threading

from tess_source.display.visible import logger
from tess_source.settings import Settings
from tess_source_mast.hosts import is_mast

__all__ = ["cookie"]

log: logging.Logger = logger(__name__)

KEYRING = ("astroquery:mast.stsci.edu.token", "masttoken")
"""Service and user under which astroquery stores a token."""

_asking = threading.Lock()


def cookie(url: str, settings: Settings) -> dict[str, str]:
    """Return the header with the user's token.

    Parameters
    ----------
    url : str
        Where the request goes.
    settings : Settings
        May hold a token; else ``MAST_API_TOKEN``, else what astroquery stored in the system's keyring.

    Returns
    -------
    dict
        The cookie that astroquery sends too; empty if there is no token, or the address is not MAST's own over https.
    """
    if not is_mast(url):
        return {}
    token = settings.token or os.environ.get("MAST_API_TOKEN") or _stored_token()
    return {"Cookie": f"mast_token={token}"} if token else {}


def _stored_token() -> str | None:
    """Return the token in the system's keyring; threads that come meanwhile wait for the answer, so that the user is asked once."""
    with _asking:
        return _token_of_keyring()


@functools.cache
def _token_of_keyring() -> str | None:
    """Return the token in the system's keyring, or None; asked once, as it may be slow and ask the user."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        log.debug("no keyring to look for a MAST token in: %s", error)
        return None
    try:
        return keyring.get_password(*KEYRING)
    except (KeyringError, OSError, RuntimeError) as error:
        log.debug("the keyring gave no MAST token: %s", type(error).__name__)
        return None

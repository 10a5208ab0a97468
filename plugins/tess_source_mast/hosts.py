"""Where MAST is, and which hosts are its own. `tess_source.settings.at_server` says where its addresses are really asked."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["COLUMNS", "DOWNLOAD", "INVOKE", "OWN_HOSTS", "RESOLVER", "advice", "is_mast"]

MAST = "https://mast.stsci.edu"
"""MAST's own server. The paths on it are those of astroquery."""
INVOKE = f"{MAST}/api/v0/invoke"
"""Address of the portal."""
COLUMNS = f"{MAST}/portal/Mashup/Mashup.asmx/columnsconfig"
"""Address of the description of the portal's columns."""
DOWNLOAD = f"{MAST}/api/v0.1/Download/file"
"""Address of files."""
RESOLVER = "https://mastresolver.stsci.edu/Santa-war/query"
"""Address of the name resolver, which has a host of its own."""
OWN_HOSTS = ("mast.stsci.edu", "auth.mast.stsci.edu")
"""The only hosts that may be sent a MAST token."""


def is_mast(url: str) -> bool:
    """Check whether an address is one of MAST's own, over https: a secret may be sent there and nowhere else."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.hostname in OWN_HOSTS and parts.port in {None, 443}


def advice(server: str | None) -> str:
    """Return what to do when MAST, or the server in its place, fails."""
    if server is None or is_mast(server):
        return "MAST is often back within minutes: repeat the same call then; if it lasts, ask archive@stsci.edu"
    return f"Is the server {server} up? The same call may be repeated"

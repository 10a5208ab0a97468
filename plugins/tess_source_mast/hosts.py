"""Where MAST is, and which hosts are its own."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["MAST", "OWN_HOSTS", "Addresses", "is_mast", "server_of"]

MAST = "https://mast.stsci.edu"
"""MAST's own server (astroquery.mast's ``conf.server``)."""
RESOLVER = "https://mastresolver.stsci.edu"
"""MAST's name resolver, which astroquery asks too."""
OWN_HOSTS = ("mast.stsci.edu", "auth.mast.stsci.edu")
"""The only hosts that may be sent a MAST token."""


def server_of(server: str | None) -> str:
    """Return the base URL of a session's server, without a slash at its end."""
    return (server or MAST).rstrip("/")


def is_mast(url: str) -> bool:
    """Check whether an address is one of MAST's own, over https: a secret may be sent there and nowhere else."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.hostname in OWN_HOSTS and parts.port in {None, 443}


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one server; those of the paths are astroquery's."""

    server: str
    """Base URL."""

    @property
    def invoke(self) -> str:
        """Address of the portal."""
        return f"{self.server}/api/v0/invoke"

    @property
    def columns(self) -> str:
        """Address of the description of the portal's columns."""
        return f"{self.server}/portal/Mashup/Mashup.asmx/columnsconfig"

    @property
    def download(self) -> str:
        """Address of files."""
        return f"{self.server}/api/v0.1/Download/file"

    @property
    def resolver(self) -> str:
        """Address of the name resolver: on a host of its own for MAST, else on the same server."""
        own = urlsplit(self.server).hostname in OWN_HOSTS
        return f"{RESOLVER if own else self.server}/Santa-war/query"

    @property
    def advice(self) -> str:
        """What to do when the server fails."""
        if is_mast(self.server):
            return "MAST is often back within minutes: repeat the same call then; if it lasts, ask archive@stsci.edu"
        return f"Is the server {self.server} up? The same call may be repeated"

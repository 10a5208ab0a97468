"""Programs of others at a sample archive: astroquery, and with it lightkurve's own search."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    from astroquery.mast import ObservationsClass

__all__ = ["astroquery_at"]

HOSTS = ("http://mastresolver.stsci.edu", "https://mast.stsci.edu")
"""Of the addresses that astroquery has in its code."""


@contextmanager
def astroquery_at(url: str) -> Iterator[ObservationsClass]:
    """Let astroquery's clients of MAST ask another server, while the block lasts.

    Old and new instances ask it, the module's own ``Observations``, ``Mast``, ``Catalogs`` and ``Tesscut`` among them, and so does
    lightkurve's own search. Columns that astroquery remembers are set aside. For code that uses tess-source, `sample_archive` does it all.

    Parameters
    ----------
    url : str
        Address in place of ``https://mast.stsci.edu`` and of the name resolver: ``archive.url``.

    Yields
    ------
    astroquery.mast.ObservationsClass
        A new instance.
    """
    from astroquery.mast import ObservationsClass, conf, discovery_portal, services, utils

    on_site = conf.set_temp("enable_cloud_dataset", False) if hasattr(conf, "enable_cloud_dataset") else nullcontext()
    plain_request = utils._simple_request

    def request_there(address: str, params: Any = None) -> Any:
        for host in HOSTS:
            address = address.replace(host, url)
        return plain_request(address, params)

    addresses: dict[str, Any] = {
        "MAST_REQUEST_URL": f"{url}/api/v0/invoke",
        "COLUMNS_CONFIG_URL": f"{url}/portal/Mashup/Mashup.asmx/columnsconfig",
        "MAST_DOWNLOAD_URL": f"{url}/api/v0.1/Download/file",
        "MAST_BUNDLE_URL": f"{url}/api/v0.1/Download/bundle",
        "_column_configs": {},
    }
    direct = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    with (
        mock.patch.multiple(discovery_portal.PortalAPI, **addresses),
        mock.patch.object(services.ServiceAPI, "SERVICE_URL", url),  # of TESScut, among others
        mock.patch.object(utils, "_simple_request", request_there),
        mock.patch.dict(os.environ, direct),
        conf.set_temp("server", url),
        on_site,  # from 0.4.12 astroquery fetches files from the cloud, unless it is told not to
    ):
        yield ObservationsClass()

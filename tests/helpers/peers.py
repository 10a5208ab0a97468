"""Pointing the peers, astroquery and with it lightkurve, at another server: the sample archive.

Nothing of theirs is replaced but addresses; ``tests/plugins/sample/test_sample_peers.py`` shows that they work so.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

if TYPE_CHECKING:
    from astroquery.mast import ObservationsClass

HOSTS = ("http://mastresolver.stsci.edu", "https://mast.stsci.edu")
"""Of the addresses that astroquery has in its code."""
OLD_WORD = pytest.mark.filterwarnings('ignore:"objectname" was deprecated')
"""Mark of tests in which lightkurve asks astroquery for a name: astroquery 0.4.12 calls that argument otherwise."""


def named(name: str) -> dict[str, str]:
    """Return the argument by which astroquery takes the name of a star: ``objectname``, or from 0.4.12 ``object_name``."""
    from astroquery.mast import Observations

    parameters = inspect.signature(Observations.query_object_async).parameters
    return {"object_name" if "object_name" in parameters else "objectname": name}


@contextmanager
def astroquery_at(url: str) -> Iterator[ObservationsClass]:
    """Point astroquery at another server, and back again afterwards.

    Old and new instances go there, the module's own ``Observations`` and ``Mast`` among them, which lightkurve uses.
    Column configurations that astroquery remembered are set aside, so that the server is asked for its own.

    Parameters
    ----------
    url : str
        Base URL in place of ``https://mast.stsci.edu`` and of the name resolver's.

    Yields
    ------
    ObservationsClass
        A fresh instance.
    """
    from astroquery.mast import ObservationsClass, conf, discovery_portal, services, utils

    on_site = conf.set_temp("enable_cloud_dataset", False) if hasattr(conf, "enable_cloud_dataset") else nullcontext()
    plain_request = utils._simple_request

    def request_there(address: str, params: Any = None) -> Any:
        for host in HOSTS:
            address = address.replace(host, url)
        return plain_request(address, params)

    addresses = {
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

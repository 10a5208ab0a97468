"""Pointing the peers, astroquery and with it lightkurve, at another server: the sample archive.

Nothing of theirs is replaced but addresses; ``tests/plugins/sample/test_sample_peers.py`` shows that they work so.
"""

from __future__ import annotations

import inspect

import pytest

from tess_source_testing import astroquery_at

__all__ = ["OLD_WORD", "astroquery_at", "named"]

OLD_WORD = pytest.mark.filterwarnings('ignore:"objectname" was deprecated')
"""Mark of tests in which lightkurve asks astroquery for a name: astroquery 0.4.12 calls that argument otherwise."""


def named(name: str) -> dict[str, str]:
    """Return the argument by which astroquery takes the name of a star: ``objectname``, or from 0.4.12 ``object_name``."""
    from astroquery.mast import Observations

    parameters = inspect.signature(Observations.query_object_async).parameters
    return {"object_name" if "object_name" in parameters else "objectname": name}

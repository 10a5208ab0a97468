"""Data of NASA's TESS mission: search, list, link, filter, download, load.

>>> import tess_source
>>> tess_source.hookimpl.project_name
'tess_source'

Names are imported when they are first used, so that ``import tess_source`` costs next to nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tess_source.errors import TessSourceError as TessSourceError
    from tess_source.hooks.records import Accessor as Accessor
    from tess_source.hooks.records import Column as Column
    from tess_source.hooks.records import Filter as Filter
    from tess_source.hooks.records import Request as Request
    from tess_source.hooks.records import Transport as Transport
    from tess_source.hooks.specs import hookimpl as hookimpl
    from tess_source.like_lightkurve.functions import search_dv as search_dv
    from tess_source.like_lightkurve.functions import search_lightcurve as search_lightcurve
    from tess_source.like_lightkurve.functions import search_targetpixelfile as search_targetpixelfile
    from tess_source.like_lightkurve.result import SearchTable as SearchTable
    from tess_source.session import Session as Session
    from tess_source.settings import Settings as Settings
    from tess_source.tables.found import Found as Found
    from tess_source.tables.listing import Links as Links
    from tess_source.tables.listing import Observations as Observations
    from tess_source.tables.listing import Products as Products
    from tess_source.tables.manifest import Manifest as Manifest
    from tess_source.tables.plan import Plan as Plan
    from tess_source.targets.target import Query as Query
    from tess_source.targets.target import Target as Target

from tess_source._version import __version__ as __version__

_HOME = {
    "TessSourceError": "errors",
    "Session": "session",
    "Query": "targets.target", "Target": "targets.target",
    "Links": "tables.listing", "Observations": "tables.listing", "Products": "tables.listing",
    "Found": "tables.found", "Plan": "tables.plan", "Manifest": "tables.manifest",
    "hookimpl": "hooks.specs", "Accessor": "hooks.records", "Column": "hooks.records", "Filter": "hooks.records",
    "Request": "hooks.records", "Settings": "settings", "Transport": "hooks.records",
    "SearchTable": "like_lightkurve.result", "search_dv": "like_lightkurve.functions",
    "search_lightcurve": "like_lightkurve.functions", "search_targetpixelfile": "like_lightkurve.functions",
}  # fmt: skip

__all__ = [  # noqa: PLE0604  the names are all there, lazily
    "__version__", "count", "fields", "search", *_HOME,
]  # fmt: skip


def search(targets: Any = None, **words: Any) -> Found:
    """Search with a default session, made at first use: see `Session.search`."""
    from tess_source.session import default_session

    return default_session().search(targets, **words)


def count(targets: Any = None, **words: Any) -> int:
    """Count observations with a default session: see `Session.count`."""
    from tess_source.session import default_session

    return default_session().count(targets, **words)


def fields(what: str = "observations") -> list[Any]:
    """Describe the archive's own columns with a default session: see `Session.fields`."""
    from tess_source.session import default_session

    return default_session().fields(what)


_LIGHTKURVES = frozenset({
    "CBVCorrector", "CotrendingBasisVectors", "DesignMatrix", "DesignMatrixCollection", "FoldedLightCurve",
    "KeplerCotrendingBasisVectors", "KeplerLightCurve", "KeplerLightCurveFile", "KeplerQualityFlags",
    "KeplerTargetPixelFile", "LightCurve", "LightCurveCollection", "LightCurveFile", "LightkurveError",
    "LightkurveWarning", "MPLSTYLE", "PACKAGEDIR", "PLDCorrector", "RegressionCorrector", "SFFCorrector",
    "SearchResult", "SparseDesignMatrix", "SparseDesignMatrixCollection", "TargetPixelFileCollection",
    "TessCotrendingBasisVectors", "TessLightCurve", "TessLightCurveFile", "TessPLDCorrector", "TessQualityFlags",
    "TessTargetPixelFile", "TimeBKJD", "TimeBTJD", "conf", "correctors", "download_kepler_cbvs", "download_tess_cbvs",
    "estimate_cdpp", "load_kepler_cbvs", "load_tess_cbvs", "open", "prf", "read",
    "search_lightcurvefile", "search_tesscut", "show_citation_instructions",
})  # fmt: skip
"""Names of lightkurve's that those miss who import us in its place; a test compares."""


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"tess_source.{_HOME[name]}"), name)
    hint = f"; lightkurve has it: import lightkurve, and lightkurve.{name} is there" if name in _LIGHTKURVES else ""
    message = f"module 'tess_source' has no attribute {name!r}{hint}"
    raise AttributeError(message, name=name, obj=sys.modules[__name__])  # Python itself looks for the nearest


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

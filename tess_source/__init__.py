"""Data of NASA's TESS mission: search, list, link, filter, download, load.

>>> import tess_source
>>> tess_source.hookimpl.project_name
'tess_source'

Names are imported when they are first used, so that ``import tess_source`` costs next to nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if sys.version_info < (3, 11):  # noqa: UP036  pip refuses older ones, unless it is told not to; a checkout asks nobody
    _said = f"tess-source needs Python 3.11 or newer, this is {'.'.join(map(str, sys.version_info[:3]))}"
    _as_program = sys.argv[0] == "-m" or sys.argv[0].endswith(("tess-source", "tess-source.exe"))
    raise SystemExit(_said) if _as_program else ImportError(_said)

from tess_source._version import __version__ as __version__

if TYPE_CHECKING:
    from tess_source.errors import TessSourceError as TessSourceError
    from tess_source.functions import Session as Session
    from tess_source.functions import download as download
    from tess_source.functions import fields as fields
    from tess_source.functions import load_plan as load_plan
    from tess_source.functions import open as open
    from tess_source.functions import register as register
    from tess_source.functions import unregister as unregister
    from tess_source.hooks.records import Accessor as Accessor
    from tess_source.hooks.records import Citation as Citation
    from tess_source.hooks.records import Column as Column
    from tess_source.hooks.records import Copy as Copy
    from tess_source.hooks.records import Filter as Filter
    from tess_source.hooks.records import Kind as Kind
    from tess_source.hooks.records import Lookup as Lookup
    from tess_source.hooks.records import Request as Request
    from tess_source.hooks.records import Service as Service
    from tess_source.hooks.records import Source as Source
    from tess_source.hooks.records import StandIn as StandIn
    from tess_source.hooks.records import Transport as Transport
    from tess_source.hooks.specs import hookimpl as hookimpl
    from tess_source.like_lightkurve.functions import search_dv as search_dv
    from tess_source.like_lightkurve.functions import search_lightcurve as search_lightcurve
    from tess_source.like_lightkurve.functions import search_targetpixelfile as search_targetpixelfile
    from tess_source.like_lightkurve.functions import search_tesscut as search_tesscut
    from tess_source.like_lightkurve.result import SearchTable as SearchTable
    from tess_source.like_lightkurve.use import use_in_lightkurve as use_in_lightkurve
    from tess_source.queries import count as count
    from tess_source.queries import iter_search as iter_search
    from tess_source.queries import observations as observations
    from tess_source.queries import products as products
    from tess_source.queries import search as search
    from tess_source.session import default_session as default_session
    from tess_source.session import set_default_session as set_default_session
    from tess_source.settings import Settings as Settings
    from tess_source.tables.found import Found as Found
    from tess_source.tables.interrupted import Interrupted as Interrupted
    from tess_source.tables.items import Entry as Entry
    from tess_source.tables.listing import Links as Links
    from tess_source.tables.listing import Observations as Observations
    from tess_source.tables.listing import Products as Products
    from tess_source.tables.loaded import Loaded as Loaded
    from tess_source.tables.plan import Manifest as Manifest
    from tess_source.tables.plan import Plan as Plan
    from tess_source.targets.target import Query as Query
    from tess_source.targets.target import Target as Target

_HOMES = {
    "errors": ("TessSourceError",),
    "functions": ("Session", "download", "fields", "load_plan", "open", "register", "unregister"),
    "hooks.records": (
        "Accessor", "Citation", "Column", "Copy", "Filter", "Kind", "Lookup", "Request", "Service", "Source", "StandIn", "Transport",
    ),
    "hooks.specs": ("hookimpl",),
    "like_lightkurve.functions": ("search_dv", "search_lightcurve", "search_targetpixelfile", "search_tesscut"),
    "like_lightkurve.result": ("SearchTable",),
    "like_lightkurve.use": ("use_in_lightkurve",),
    "queries": ("count", "iter_search", "observations", "products", "search"),
    "session": ("default_session", "set_default_session"),
    "settings": ("Settings",),
    "tables.found": ("Found",),
    "tables.items": ("Entry",),
    "tables.listing": ("Links", "Observations", "Products"),
    "tables.loaded": ("Loaded",),
    "tables.interrupted": ("Interrupted",),
    "tables.plan": ("Manifest", "Plan"),
    "targets.target": ("Query", "Target"),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Accessor",
    "Citation",
    "Column",
    "Copy",
    "Entry",
    "Filter",
    "Found",
    "Interrupted",
    "Kind",
    "Links",
    "Loaded",
    "Lookup",
    "Manifest",
    "Observations",
    "Plan",
    "Products",
    "Query",
    "Request",
    "SearchTable",
    "Service",
    "Session",
    "Settings",
    "Source",
    "StandIn",
    "Target",
    "TessSourceError",
    "Transport",
    "__version__",
    "count",
    "default_session",
    "download",
    "fields",
    "hookimpl",
    "iter_search",
    "load_plan",
    "observations",
    "open",
    "products",
    "register",
    "search",
    "search_dv",
    "search_lightcurve",
    "search_targetpixelfile",
    "search_tesscut",
    "set_default_session",
    "unregister",
    "use_in_lightkurve",
]


if not TYPE_CHECKING:  # or else every misspelt name would be right to a type checker

    def __getattr__(name: str) -> object:
        if name in _HOME:
            return getattr(import_module(f"tess_source.{_HOME[name]}"), name)
        message = f"module 'tess_source' has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=sys.modules[__name__])  # Python itself looks for the nearest


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """A package whose functions `search` and `download` are not replaced by the subpackages of the same names when these are imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

"""What the pages of the API reference show."""

from __future__ import annotations

import functools
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any

from places import ROOT

import tess_source

PAGES = sorted((ROOT / "docs" / "api").glob("*.md"))
DIRECTIVE = re.compile(r"^::: (?P<path>[\w.]+)(?:\n    options: \{(?P<options>.*)\})?$", re.MULTILINE)


def resolved(path: str) -> Any:
    """Return what a path of a page means: a module, or a name in one."""
    if path.startswith("tess_source.") and path.count(".") == 1 and path[12:] in tess_source.__all__:
        return getattr(tess_source, path[12:])  # `search` is a folder, too
    return pkgutil.resolve_name(path)


@functools.cache
def on_pages() -> dict[str, Any]:
    """Return home path → object, of all that the pages show."""
    found: dict[str, Any] = {}
    for page in PAGES:
        for match in DIRECTIVE.finditer(page.read_text(encoding="utf-8")):
            shown = resolved(match["path"])
            if not isinstance(shown, ModuleType):
                found[home(shown, match["path"])] = shown
                continue
            chosen = re.search(r"\bmembers: \[(.*?)\]", match["options"] or "")
            names = chosen[1].split(", ") if chosen else getattr(shown, "__all__", ())
            found |= {home(getattr(shown, name), f"{match['path']}.{name}"): getattr(shown, name) for name in names}
    return found


def home(shown: Any, path: str) -> str:
    """Return where something is defined; for a constant, where it was found."""
    named = inspect.isclass(shown) or inspect.isroutine(shown)
    return f"{shown.__module__}.{shown.__qualname__}" if named else path

"""What a registry knows of one plugin."""

from __future__ import annotations

from dataclasses import dataclass

from tess_source.errors import PluginError, type_and_text

__all__ = ["BUILT_IN", "KEYWORDS", "Plugin", "reason_of"]

KEYWORDS = ("filter", "lookup")
"""Records whose names are keyword arguments of searches, so that no two of them can have one name."""
BUILT_IN = "tess-source"
"""The owner of records that the core declares itself."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin, as ``tess-source plugins`` shows it."""

    name: str
    version: str = ""
    origin: str = ""
    """The distribution, module or file that it comes from."""
    state: str = "ready"
    """``ready``, ``broken`` or ``off``."""
    hooks: tuple[str, ...] = ()
    error: str = ""
    """Why it is broken."""


def reason_of(error: BaseException) -> str:
    """Return why a plugin is broken."""
    if isinstance(error, SystemExit):
        return "it called sys.exit while it was imported"
    return str(error) if isinstance(error, PluginError) else type_and_text(error)

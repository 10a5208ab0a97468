"""What a registry knows of one plugin."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Plugin"]


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

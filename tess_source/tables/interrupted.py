"""What Ctrl-C raises during a download."""

from __future__ import annotations

from tess_source.tables.plan import Manifest

__all__ = ["Interrupted"]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a download.

    Attributes
    ----------
    manifest : Manifest
        Results so far; ``manifest.failed`` is the plan of the rest.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        super().__init__("interrupted; what was fetched is kept")

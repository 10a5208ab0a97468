"""Where things are in the project."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "real"
"""Real files, which are not part of the project."""
TESTS = ROOT / "tests"
HELPERS = TESTS / "helpers"
CORE = ROOT / "tess_source"
PLUGINS = ROOT / "plugins"
DOCS = ROOT / "docs"

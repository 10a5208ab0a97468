"""Where recordings lie."""

from __future__ import annotations

from pathlib import Path

from places import ROOT

CASSETTES = ROOT / "cassettes"


def cassette_folder(test_file: Path) -> Path:
    """Cassettes mirror the tests: tests/plugins/mast/test_x.py has cassettes/plugins/mast/test_x/."""
    return CASSETTES / test_file.relative_to(ROOT / "tests").with_suffix("")

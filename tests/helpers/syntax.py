"""The syntax trees of the project's own files, each parsed once for all tests of a run: parsing all takes seconds."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from places import CORE, PLUGINS

__all__ = ["FILES", "nodes"]

FILES = tuple(sorted([*CORE.rglob("*.py"), *PLUGINS.rglob("*.py")]))
"""All files of the core and of the built-in plugins."""


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Return all that stands in a file, as `ast.walk` gives it."""
    return tuple(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))

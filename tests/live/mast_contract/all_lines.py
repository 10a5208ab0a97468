"""All lines, in the order of the page."""

from __future__ import annotations

from mast_contract import (  # noqa: F401  each declares its lines
    bucket_lines,
    file_lines,
    list_lines,
    portal_lines,
    product_lines,
    star_lines,
)
from mast_contract.line import LINES

__all__ = ["LINES"]

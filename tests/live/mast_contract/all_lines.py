"""All lines, in the order of the page."""

from __future__ import annotations

from mast_contract import file_lines, list_lines, portal_lines, star_lines  # noqa: F401  each declares its lines
from mast_contract.line import LINES as LINES

"""Write the lines of the contract into docs/mast-contract.md."""

from __future__ import annotations

from pathlib import Path

from mast_contract.all_lines import LINES
from mast_contract.page import with_lines

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mast-contract.md"

if __name__ == "__main__":
    PAGE.write_text(with_lines(PAGE.read_text(encoding="utf-8"), LINES.values()), encoding="utf-8")

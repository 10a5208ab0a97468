"""The page of the catalogue's columns names each of them, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tess_source_catalogue.columns import OBSERVATIONS, PRODUCTS, TARGETS, TCES
from tess_source_catalogue.sources import SOURCES

PAGE = (Path(__file__).parents[3] / "docs" / "catalogue-columns.md").read_text()


@pytest.mark.parametrize(
    ("title", "columns"), [("Observations", OBSERVATIONS), ("Products", PRODUCTS), ("Targets", TARGETS), ("TCEs", TCES)]
)
def test_the_page_has_a_row_for_every_column(title: str, columns: dict[str, str]) -> None:
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(columns)


def test_the_page_names_every_source() -> None:
    table = PAGE.partition("## Observations")[0]
    assert {source.name for source in SOURCES} <= set(re.findall(r"`([a-z-]+)`", table))

"""The page on filters: every example does what it says, and no filter is missing."""

from __future__ import annotations

import doctest
from functools import partial

import pytest
from places import DOCS

import tess_source
import tess_source_filters

PAGE = DOCS / "filters.md"


def test_every_example_on_the_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = partial(tess_source.Session, discover=False, plugins=[tess_source_filters])
    monkeypatch.setattr(tess_source, "Session", alone, raising=False)
    text = PAGE.read_text(encoding="utf-8")
    example = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    result = doctest.DocTestRunner().run(example, out=said.append)
    assert result.failed == 0, "".join(said)
    assert result.attempted == text.count(">>> ")


def test_every_filter_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    headings = " ".join(line for line in text.splitlines() if line.startswith("## "))
    for record in tess_source_filters.tess_filters():
        assert record.name in headings.replace(",", " ").split(), record.name

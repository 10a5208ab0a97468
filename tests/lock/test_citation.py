"""What a paper should say of the files of a lock, as plugins declare it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tess_source import Citation, Plan, Products, Session, hookimpl
from tess_source.errors import PluginConflictError
from tess_source.lock.citation import cite
from tess_source_mast.citations import ACKNOWLEDGEMENT, CITATIONS

NOVA = Citation(
    "Nova", None, "Nova light curves, Example Archive", "10.0/nova", "We thank the archive.", "See example.org"
)
FLARES = Citation("nova", "flares", "Nova flares, Example Archive", "10.0/flares", "We thank the archive.")


class Nova:
    @hookimpl
    def tess_citations(self) -> tuple[Citation, ...]:
        return (NOVA, FLARES)


def plan(tmp_path: Path, *made: tuple[str | None, str]) -> Plan:
    rows = [
        {"uri": f"x:{n}", "filename": f"{n}", "pipeline": pipeline, "kind": kind, "first_sector": 1, "last_sector": 1}
        for n, (pipeline, kind) in enumerate(made)
    ]
    return Plan.of(Products.of(rows) if rows else Products.empty(), tmp_path)


def test_a_plugins_data_sets_are_cited_with_its_own_thanks_alone(tmp_path: Path) -> None:
    said = cite(plan(tmp_path, ("NOVA", "lc"), ("NOVA", "lc"), ("NOVA", "flares")), [*CITATIONS, NOVA, FLARES])
    assert said.splitlines() == [
        "Nova flares, Example Archive, doi:10.0/flares (1 file, sector 1)",
        "Nova light curves, Example Archive, doi:10.0/nova (2 files, sector 1)",
        "We thank the archive.",
    ]


def test_of_data_from_two_archives_both_are_thanked(tmp_path: Path) -> None:
    said = cite(plan(tmp_path, ("Nova", "lc"), ("SPOC", "lc")), [*CITATIONS, NOVA]).splitlines()
    assert said[2:] == ["We thank the archive.", ACKNOWLEDGEMENT]


def test_of_data_that_nobody_knows_every_archive_is_named(tmp_path: Path) -> None:
    said = cite(plan(tmp_path, (None, "lc")), [*CITATIONS, NOVA]).splitlines()
    assert said == [
        "lc of unknown pipeline (1 file, sector 1): no DOI is known here; MAST lists its DOIs at "
        "https://archive.stsci.edu/publishing/doi; See example.org",
        ACKNOWLEDGEMENT,
        "We thank the archive.",
    ]


def test_without_any_plugin_that_knows_a_doi_that_is_said(tmp_path: Path) -> None:
    assert cite(plan(tmp_path, ("SPOC", "lc")), []) == "lc of SPOC (1 file, sector 1): no DOI is known here"


def test_two_plugins_cannot_cite_the_same_data_set() -> None:
    class Other:
        @hookimpl
        def tess_citations(self) -> tuple[Citation, ...]:
            return (Citation("NOVA", "flares", "Others", "10.0/others"),)

    session = Session(discover=False, plugins=[Nova()])
    with pytest.raises(PluginConflictError, match="plugins 'Nova' and 'Other' both declare the citation 'NOVA flares'"):
        session.register(Other())
    assert list(session.registry.citations.values()) == [NOVA, FLARES]
    session.unregister("Nova")
    session.register(Other())
    assert list(session.registry.citations) == ["NOVA flares"]

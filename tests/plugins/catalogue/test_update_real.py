"""Real scripts and target lists, through a whole update."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from lists import HASTE, ByName
from serving import serving

import tess_source_catalogue
from tess_source import Session
from tess_source_catalogue.session_catalogue import SessionCatalogue

pytestmark = pytest.mark.real
SCRIPTS = "/missions/tess/download_scripts/sector/tesscurl_sector"
TARGETS = "/public/target_lists/2m/all_targets"


def test_real_lists_are_understood_to_the_last_name(real: Path, tmp_path: Path) -> None:
    def plain(name: str) -> bytes:
        return gzip.decompress((real / f"{name}.gz").read_bytes())

    for server in serving():
        server.files = {
            f"{SCRIPTS}_1_lc.sh": plain("scripts/tesscurl_sector_1_lc.sh"),
            f"{SCRIPTS}_4_lc.sh": plain("scripts/tesscurl_sector_4_lc.sh"),
            f"{SCRIPTS}_1_dv.sh": (real / "scripts/tesscurl_sector_1_dv.sh").read_bytes(),
            f"{TARGETS}_S001_v1.csv": plain("target-lists/all_targets_S001_v1.csv"),
        }
        server.acts = ByName()
        session = Session(server.url, cache=tmp_path, discover=False, plugins=[tess_source_catalogue], jobs=4)
        object.__setattr__(session.settings, "patience", HASTE)
        done = SessionCatalogue(session).update("1-4", source=("lc", "dv", "targets"), progress=False)
        rows = {(one.source, one.last): one.rows for one in done.outcomes}
        assert (rows["lc", 1], rows["lc", 4]) == (15_889, 19_997)
        assert rows["targets", 1] == 15_899
        assert {one.state for one in done.outcomes} == {"new"}
        assert sum(one.strange for one in done.outcomes) == 0

"""What was read for a question is used for its files: the lists are read once, each text is made once, and many rows are not kept."""

from __future__ import annotations

import os
from typing import Any

import polars as pl
import pytest
from catalogue_case import keep

from tess_source_catalogue import answered, bundles, cut, patterns, tables, view
from tess_source_catalogue.cut import CutTexts
from tess_source_catalogue.folder import CatalogueFolder
from tess_source_catalogue.patterns import Patterns
from tess_source_catalogue.reading import Catalogue
from tess_source_catalogue.stored import packed_files

KINDS = (None, {"lc", "dvt"}, {"tp", "dvs"})


STARS = (5, 16740101, 390988385)
NAMES = {
    "lc": ("mast:TESS/product/tess2019198215352-s{0:04d}-{1:016d}-0150-s_lc.fits",),
    "tp": ("mast:TESS/product/tess2019198215352-s{0:04d}-{1:016d}-0150-s_tp.fits",),
    "fast-lc": ("mast:TESS/product/tess2019198215352-s{0:04d}-{1:016d}-0150-a_fast-lc.fits",),
    "dv": tuple(
        f"mast:TESS/product/tess2019199201929-s{{0:04d}}-s{{0:04d}}-{{1:016d}}-00106{end}"
        for end in ("_dvt.fits", "-01_dvs.pdf", "_dvr.pdf")
    ),
    "qlp": ("mast:HLSP/qlp/s{0:04d}/0000/0000/0000/0001/hlsp_qlp_tess_ffi_s{0:04d}-{1:016d}_tess_v01_llc.fits",),
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> CatalogueFolder:
    folder = CatalogueFolder(tmp_path_factory.mktemp("catalogue"))
    for source, names in NAMES.items():
        for sector in (1, 14, 54):
            uris = [name.format(sector, star) for name in names for star in STARS[source == "dv" :]]
            file = keep(folder, source, sector, sector, packed_files(pl.Series(uris)))
            os.utime(file.path.parent, ns=(0, 10**18))  # what has just been written is looked at anew for each question
    view.refresh(folder)
    return folder


@pytest.fixture
def as_many(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A few rows are worked on as many are."""
    for module, name in ((answered, "FEW"), (answered, "KEPT"), (bundles, "FEW"), (cut, "FEW"), (patterns, "FEW")):
        monkeypatch.setattr(module, name, 1)
    for module in (answered, tables):
        monkeypatch.setattr(module, "FEW_ROWS", 1)
    return monkeypatch


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort("uri", "obs_id")


@pytest.mark.parametrize("kinds", KINDS)
def test_the_files_of_parts_are_those_of_the_whole_and_the_lists_are_read_once(
    sample: CatalogueFolder, kinds: set[str] | None, as_many: pytest.MonkeyPatch
) -> None:
    catalogue, whole = Catalogue(sample), Catalogue(sample).observations()
    answered.recent(sample.lists()).clear()
    files = catalogue.products(whole, kinds)  # the lists are read
    assert catalogue.observations().equals(whole)
    as_many.setattr(Catalogue, "_find", None)  # they are not read again
    half = whole.height // 2
    parts = [whole[:half], whole[half:-1].reverse(), whole[-1:]]
    found = pl.concat(catalogue.products(part, kinds) for part in parts)
    assert ordered(found).equals(ordered(files))
    assert answered.recent(sample.lists()) == []


def test_what_was_not_found_or_is_another_by_now_is_read(sample: CatalogueFolder, as_many: pytest.MonkeyPatch) -> None:
    catalogue = Catalogue(sample)
    whole = catalogue.observations()
    (read,) = answered.recent(sample.lists())
    for column in ("dataURL", "obs_id"):
        assert read.rows_of(whole.with_columns(pl.col(column) + "x")) is None
    assert read.rows_of(pl.concat([whole, whole[:1].with_columns(tic=None, dataURL=pl.lit("x"))])) is None
    assert answered.rows_of(whole.drop("dataURL"), [read]) is None
    shuffled = whole.sample(fraction=1, shuffle=True, seed=3)
    rows = read.rows_of(shuffled)
    assert rows is not None
    assert rows.rows["tic"].equals(shuffled["tic"])


def test_each_text_is_made_once(sample: CatalogueFolder, as_many: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    rendered = Patterns.rendered

    def counted(self: Patterns, codes: pl.Series, *numbers: Any) -> pl.Series:
        made.append(len(codes))
        return rendered(self, codes, *numbers)

    as_many.setattr(Patterns, "rendered", counted)
    catalogue = Catalogue(sample)
    seen = catalogue.observations(pipelines=["SPOC"])
    assert sum(made) == seen.height  # the addresses; obs_ids are parts of them
    made.clear()
    files = catalogue.products(seen, {"lc", "fast-lc", "dvt", "dvs"})
    assert sum(made) == files.filter(~pl.col("uri").is_in(seen["dataURL"].implode())).height < files.height


def test_texts_are_cut_out_of_others_where_they_stand_in_the_same_place(as_many: pytest.MonkeyPatch) -> None:
    table = {
        "tess-{tic:16}-s": "mast:TESS/tess-{tic:16}-s_lc.fits",
        "tess-{tic:16}-a": "tess-{tic:16}-a",
        "b{tic:10}": "in/{tic:10}/b{tic:10}_lc.fits",
        "other": "mast:another.fits",
        "{tic:16}": None,
    }
    texts = pl.Series([*table], dtype=pl.String)
    wholes = pl.Series([*table.values()], dtype=pl.String)
    rows = pl.DataFrame(
        {"tic": [5, 7, None, 123456789, 1, 2, 3, 4], "gaia": [None] * 8}, schema_overrides={"gaia": pl.Int64}
    )
    places = pl.Series([0, 1, 0, 2, 3, 4, 1, 0], dtype=pl.UInt32)
    whole = patterns.Texts(wholes).of(places, rows)
    found = CutTexts(texts, wholes).of(places, rows, whole)
    assert found.to_list() == patterns.Texts(texts).of(places, rows).to_list()
    assert found[0] == "tess-0000000000000005-s"
    assert found.to_list() == CutTexts(texts, wholes).of(places, rows).to_list()


def test_of_a_few_observations_the_rows_are_kept_for_other_files(sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    seen = catalogue.observations()
    catalogue.products(seen)
    assert len(answered.recent(sample.lists())) == 1
    assert answered.rows_of(seen, answered.recent(sample.lists())) is not None

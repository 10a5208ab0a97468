"""How large files of unknown size are about."""

from __future__ import annotations

import polars as pl
import pytest

from tess_source.errors import QueryError
from tess_source.tables.typical_sizes import about, check_amount, in_words, typical_sizes


def row(
    kind: str, exptime: float, first: int, last: int, pipeline: str = "SPOC", size: int | None = None
) -> pl.DataFrame:
    schema = {"size": pl.Int64, "exptime": pl.Float64}
    values = {
        "pipeline": pipeline,
        "kind": kind,
        "exptime": exptime,
        "first_sector": first,
        "last_sector": last,
        "size": size,
    }
    return pl.DataFrame([values], schema_overrides=schema)


@pytest.mark.parametrize(
    ("one", "real"),
    [
        (row("lc", 120, 14, 14), 2_039_040),
        (row("lc", 120, 97, 97), 3_960_000),
        (row("lc", 120, 6, 6), 1_598_400),
        (row("fast-lc", 20, 75, 75), 11_998_080),
        (row("fast-tp", 20, 82, 82), 322_977_600),
        (row("dvr-xml", 120, 97, 97), 251_104),
        (row("dvr-xml", 120, 1, 6), 541_278),
        (row("dvt", 120, 14, 14), 4_760_640),
        (row("dvt", 120, 14, 86), 22_014_720),
        (row("lc", 1800, 2, 2, "QLP"), 80_640),
        (row("lc", 200, 81, 81, "TESS-SPOC"), 1_180_800),
    ],
    ids=["light curve", "long sector", "short sector", "20 s", "20-s pixels", "document", "document of several", "DV", "DV of several",
         "QLP", "TESS-SPOC"],
)  # fmt: skip
def test_typical_sizes_are_near_real_ones(one: pl.DataFrame, real: int) -> None:
    assert typical_sizes(one)[0] == pytest.approx(real, rel=0.4 if one["kind"][0] == "dvr-xml" else 0.15)


def test_only_files_of_unknown_size_count() -> None:
    both = pl.concat([row("lc", 120, 14, 14), row("tp", 120, 14, 14, size=5)])
    assert about(both) == "about 2.0 MB"
    assert about(row("lc", 120, 14, 14, size=5)) == ""
    assert about(row("lc", 120, 14, 14, pipeline="NEW")) == ""


def test_files_that_nobody_can_estimate_are_said() -> None:
    usual, strange, known = row("lc", 120, 14, 14), row("lc", 120, 14, 14, "NEW"), row("lc", 120, 14, 14, size=10**6)
    nothing = row("lc", 120, 14, 14, size=-1)  # some archives give that for a size that they do not know
    said = {
        "2.0 MB": [known, known],
        "unknown, about 4.0 MB": [usual, nothing],
        "unknown, more than about 2.0 MB": [usual, strange],
        "1.0 MB, unknown, about 2.0 MB": [known, usual],
        "1.0 MB, 1 of unknown size": [known, strange],
        "unknown size": [strange],
        "0 B": [usual[:0]],
    }
    assert {words: in_words(pl.concat(rows)) for words, rows in said.items()} == {words: words for words in said}


# -- very large plans ------------------------------------------------------------------------------------------------------------


def images(count: int, kind: str = "ffi", size: int | None = None) -> pl.DataFrame:
    """Return the rows of a number of images of sector 56."""
    one = row(kind, 200, 56, 56, size=size)
    return pl.concat([one] * count).with_columns(uri=pl.int_range(count).cast(pl.String))


def test_images_do_not_grow_with_the_length_of_a_sector() -> None:
    short, long_one = (typical_sizes(row("ffi", 200, sector, sector))[0] for sector in (96, 97))
    assert short == long_one == pytest.approx(35.5e6, rel=0.01)
    assert typical_sizes(row("ffi", 200, 56, 56, "TICA"))[0] == pytest.approx(2136 * 2078 * 4, rel=0.01)


def test_a_terabyte_of_known_sizes_is_refused_with_its_size() -> None:
    frame = images(28_129, size=35_553_600)  # just more than 1 TB
    with pytest.raises(QueryError, match=r"^28,129 files of 1\.0 TB are more than 1\.0 TB: choose fewer") as refused:
        check_amount(frame, large=False)
    assert "large=True" in str(refused.value) and "--yes" in refused.value.in_program
    assert "camera, ccd or time" in str(refused.value) and "kind='cutout'" in str(refused.value)
    check_amount(frame, large=True)
    check_amount(frame[:-5], large=False)


def test_unknown_sizes_count_as_typical_ones() -> None:
    with pytest.raises(QueryError, match=r"^188,400 files of about 6\.7 TB are more than 1\.0 TB"):
        check_amount(images(188_400), large=False)
    with pytest.raises(QueryError, match="about"):  # -1 stands for a size that an archive does not know
        check_amount(images(188_400, size=-1), large=False)
    check_amount(images(188_400, "strange"), large=False)  # nobody knows


def test_a_file_that_is_listed_twice_counts_once() -> None:
    one = images(1, size=600_000_000_000)
    check_amount(pl.concat([one, one]), large=False)


def test_other_files_than_images_are_not_sent_to_cut_outs() -> None:
    with pytest.raises(QueryError, match=r"choose fewer, e\.g\. by sector; or give large=True") as refused:
        check_amount(images(1, "lc", 2 * 10**12), large=False)
    assert "cutout" not in str(refused.value)


def test_an_empty_answer_is_not_large() -> None:
    check_amount(images(1)[:0], large=False)

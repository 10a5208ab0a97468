"""The fast way to write ECSV gives the bytes that astropy would write, and the fast way to read it gives what astropy reads."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sizes import size

from tess_source.tables import ecsv
from tess_source.tables.convert import to_astropy, to_frame

word = st.none() | st.sampled_from(["nan", "0x1", "1e5", '"', "a b", "ö", "--", "None", "True", ",", "'"]) | st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="#\x7f\x85\xa0\xad"), min_size=1, max_size=8
)  # fmt: skip
frames = st.lists(
    st.fixed_dictionaries(
        {
            "uri": word.filter(bool),
            "size": st.none() | st.integers(-(2**62), 2**62),
            "sector": st.none() | st.integers(-5, 5),
            "exptime": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "note": word,
        }
    ),
    max_size=6,
)
SCHEMA: Any = {
    "uri": pl.String,
    "size": pl.Int64,
    "sector": pl.Int32,
    "exptime": pl.Float64,
    "note": pl.String,
}
META = {
    "format": "x",
    "question": {"targets": ["TIC 1"], "criteria": {"a": [1.5, 2]}},
    "list": [{"n": 1, "none": None}],
}


def by_astropy(frame: pl.DataFrame, meta: dict[str, Any]) -> str:
    table = to_astropy(frame)
    table.meta = meta
    out = StringIO()
    table.write(out, format="ascii.ecsv")
    return out.getvalue()


@settings(max_examples=size(15, 1200), deadline=None)
@given(frames)
def test_the_bytes_are_those_that_astropy_writes(rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    assert ecsv.write(frame, META) == by_astropy(frame, META)


@settings(max_examples=size(10, 600), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames)
def test_what_is_read_is_what_astropy_reads(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    file = tmp_path / "a.ecsv"
    file.write_text(ecsv.write(frame, META), encoding="utf-8")
    read, meta = ecsv.parse(file.read_bytes())
    table = Table.read(file, format="ascii.ecsv")
    assert_frame_equal(read, frame)
    assert_frame_equal(read, to_frame(table).cast(SCHEMA))
    assert meta == dict(table.meta) == META


def test_other_kinds_of_ecsv_are_left_to_astropy(tmp_path: Path) -> None:
    file = tmp_path / "a.ecsv"
    frame = pl.DataFrame({"a": [1, 2], "b": [True, False], "c": [[1], [2, 3]]})
    file.write_text(ecsv.write(frame, {}))
    assert file.read_text() == by_astropy(frame, {})
    assert ecsv.parse(file.read_bytes())[0]["b"].to_list() == [True, False]
    Table({"a": [1, 2], "b": ["x y", "z"]}).write(file, format="ascii.ecsv", delimiter=",", overwrite=True)
    assert ecsv.parse(file.read_bytes())[0].rows() == [(1, "x y"), (2, "z")]


@pytest.mark.parametrize("cut", ["1 a 3", "1 a", "1", "1 a x", '1 "a 2'])
def test_a_line_with_too_few_or_wrong_values_is_an_error(tmp_path: Path, cut: str) -> None:
    file = tmp_path / "a.ecsv"
    whole = ecsv.write(pl.DataFrame({"n": [1], "t": ["a"], "m": [2]}), {})
    assert whole.endswith("\n1 a 2\n")
    file.write_text(whole + cut + (" 9" if cut.endswith("3") else "") + "\n")
    with pytest.raises(ValueError, match=r"lines|value"):
        ecsv.parse(file.read_bytes())


@pytest.mark.parametrize("size", [1, 7, 20])
def test_a_file_is_read_piece_by_piece_with_the_same_result(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"n": n, "t": text} for n, text in enumerate(["a b", "two\nlines, \n", 'a "quote"', None, "z", "\n"])]
    frame = pl.DataFrame(rows, schema={"n": pl.Int64, "t": pl.String})
    data = ecsv.write(frame, META).encode()
    monkeypatch.setattr(ecsv, "BYTES", size)
    assert_frame_equal(ecsv.parse(data)[0], frame)
    plain = ecsv.write(pl.DataFrame({"n": range(5), "t": ["a"] * 5}), {})
    line = plain.count("\n") - 1
    with pytest.raises(ValueError, match=f"line {line}: the value 'x' in its column 'n' is no whole number"):
        ecsv.parse(plain.replace("\n3 a\n", "\nx a\n").encode())
    for wrong in ("3", "3 a 9", ""):
        with pytest.raises(ValueError, match=f"line {line} has too few|should have 2 values|have 1 values|not 2"):
            ecsv.parse(plain.replace("\n3 a\n", f"\n{wrong}\n").encode())

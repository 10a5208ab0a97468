"""Arrays that are kept share memory in large pieces, and never a byte of it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
from arrays_case import FAST, KELT_9, SECTOR_1, manifest_of, small
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from sample_files import content

from tess_source_arrays.arena import ALIGNED, BLOCK, Arena


@given(
    st.lists(st.tuples(st.sampled_from(["u1", "i4", "f8"]), st.sampled_from([0, 1, 7, 1000, BLOCK // 3])), max_size=9)
)
def test_arrays_do_not_overlap(wanted: list[tuple[str, int]]) -> None:
    arena = Arena()
    arrays = [arena.empty((length,), dtype) for dtype, length in wanted]
    for number, array in enumerate(arrays):
        array[:3] = array[-3:] = number
    for number, (array, (dtype, length)) in enumerate(zip(arrays, wanted, strict=True)):
        assert (array.dtype.str[1:], array.shape) == (dtype, (length,))
        assert array.__array_interface__["data"][0] % array.itemsize == 0
        assert set(array[:3]) | set(array[-3:]) <= {number}


def test_small_arrays_lie_in_one_piece_and_very_large_ones_in_their_own() -> None:
    arena = Arena()
    one, large, other = (arena.empty(shape, "f4") for shape in ((5,), (BLOCK,), (2, 3)))
    assert other.ctypes.data - one.ctypes.data == ALIGNED
    assert large.nbytes > BLOCK
    assert other.shape == (2, 3)


def test_a_table_has_the_values_of_the_arrays_whatever_is_read_after_it(tmp_path: Path) -> None:
    files = {
        SECTOR_1: content(SECTOR_1),
        KELT_9[0]: small(KELT_9[0]),
        FAST: content(FAST),
        KELT_9[1]: content(KELT_9[1]),
    }
    manifest = manifest_of(tmp_path, files)
    options = {"quality_bitmask": "default", "dtypes": {"time": "float32"}}
    for kind in ({}, options):
        table = manifest.to_arrow(**kind)
        manifest.to_arrow()
        names = [field.name for field in table.schema if pa.types.is_list(field.type)]
        assert len(names) == 20
        for row, arrays in enumerate(manifest.iter_arrays(names, **kind)):
            for name in names:
                values = table.column(name)[row].values.to_numpy()
                assert values.dtype == arrays[name].dtype
                np.testing.assert_array_equal(values, arrays[name])
    table.validate(full=True)


def test_truth_becomes_truth(tmp_path: Path) -> None:
    out = io.BytesIO()
    good = fits.Column("GOOD", "L", array=np.array([True, False, True]))
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([good])]).writeto(out)
    table = manifest_of(tmp_path, {KELT_9[0]: out.getvalue()}).to_arrow(["good"])
    table.validate(full=True)
    assert table.column("good").to_pylist() == [[True, False, True]]

"""A header may say anything: in a table it costs its own value or its own file, and nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from arrays_case import FAST, KELT_9, QLP, TESS_SPOC, manifest_of, small
from fits_fuzz import VALUES, altered_fits, few_rows, with_cards
from fuzz import attempts

from tess_source.errors import TessSourceError
from tess_source.tables.plan import Manifest
from tess_source_arrays.arrays import iter_arrays
from tess_source_arrays.arrow import to_arrow
from tess_source_arrays.parquet import to_parquet

COLUMNS = ("time", "sap_flux", "quality")
TASOC = "hlsp_tasoc_tess_ffi_tic00141914082-s0001-cam4-ccd2-c1800_tess_v05_cbv-lc.fits"
KEYWORDS = {
    "TEFF": "teff", "RADIUS": "radius", "TESSMAG": "tmag", "LOGG": "logg", "MH": "mh", "RA_OBJ": "ra", "PMRA": "pmra", "CAMERA": "camera",
    "CCD": "ccd", "DATA_REL": "data_rel", "OBJECT": "object", "PROCVER": "procver",
}  # fmt: skip
"""Keywords of the primary header → columns of the table."""
UNFIT = ("9" * 25, "-" + "9" * 40, "1E999", "-1E999", "NaN", "T", "'text'", "(1, 2)", "'never closed", "")
"""Values that no number's column holds."""


def beside_a_good_file(folder: Path, filename: str, data: bytes) -> Manifest:
    return manifest_of(folder, {filename: data, f"good/{KELT_9[1]}": small(KELT_9[1])})


@pytest.mark.parametrize("value", UNFIT)
def test_a_value_that_a_column_cannot_hold_is_null(tmp_path: Path, value: str) -> None:
    data = small(KELT_9[0])
    for keyword in KEYWORDS:
        data = with_cards(data, keyword, value)
    table = to_arrow(beside_a_good_file(tmp_path, KELT_9[0], data), COLUMNS)
    bad, good = table.to_pylist()
    assert (bad["tic"], bad["sector"], bad["cadences"]) == (16740101, 14, 60)
    for name in KEYWORDS.values():
        if name in {"object", "procver"}:
            assert bad[name] == ("text" if value == "'text'" else None)
        elif value == "9" * 25 and table.schema.field(name).type in ("float", "double"):
            assert bad[name] == pytest.approx(1e25)
        elif value.startswith("-9") and table.schema.field(name).type == "double":
            assert bad[name] == pytest.approx(-1e40)
        else:
            assert bad[name] is None
    assert good["teff"] > 0
    assert good["camera"] in range(1, 5)


def test_a_value_that_became_null_is_noted_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = {name: with_cards(with_cards(small(name), "TEFF", "1E300"), "CAMERA", "300") for name in KELT_9}
    with caplog.at_level(logging.WARNING, "tess_source_arrays"):
        assert to_arrow(manifest_of(tmp_path, files), COLUMNS)["teff"].null_count == 3
    camera, teff = sorted(record.getMessage() for record in caplog.records)
    assert (
        f"{KELT_9[0]}: camera is 300 in the file, which is no int8: it is null here, and so in further such files"
        in camera
    )
    assert f"{KELT_9[0]}: teff is 1e+300 in the file, which is no float32" in teff


@pytest.mark.parametrize("keyword", ["TICID", "SECTOR"])
@pytest.mark.parametrize("value", [*UNFIT, "-5", "'" + "9" * 60 + "'", "2147483648"])
def test_a_renamed_file_of_no_possible_star_or_sector_is_a_row_without(
    tmp_path: Path, keyword: str, value: str
) -> None:
    data = with_cards(small(KELT_9[0]), keyword, value)
    manifest = beside_a_good_file(tmp_path, "renamed.fits", data)
    table = to_arrow(manifest, COLUMNS)
    name = {"TICID": "tic", "SECTOR": "sector"}[keyword]
    possible = 2147483648 if (keyword, value) == ("TICID", "2147483648") else None
    assert table[name].to_pylist() == [possible, {"tic": 16740101, "sector": 15}[name]]
    written = to_parquet(manifest, tmp_path / "set.parquet", columns=COLUMNS, verify=False)
    assert (written.rows, dict(written.failed)) == (2, {})
    assert sorted(map(str, pq.read_table(written.path)[name].to_pylist())) == sorted(map(str, table[name].to_pylist()))


def wrong_results(manifest: Manifest, folder: Path) -> Iterator[str]:
    """Yield what is wrong with tables of a bad file and a good one."""
    try:
        table = to_arrow(manifest, COLUMNS)
        files = list(iter_arrays(manifest, COLUMNS, quality_bitmask="default"))
        said = [(arrays.tic, arrays.sector, arrays.exptime, dict(arrays.header)) for arrays in files]
        written = to_parquet(manifest, folder / "set.parquet", columns=COLUMNS, verify=False)
    except Exception as error:  # noqa: BLE001  the very thing that must not happen
        yield f"{type(error).__name__}: {error}"
        return
    missing = json.loads(table.schema.metadata[b"tess_source.missing"])
    if len(table) + len(missing) != 2 or KELT_9[1] not in table["filename"].to_pylist()[-1]:
        yield "the good file is missing"
    if written.rows != len(table) or not files[-1].ok or len(said) != 2:
        yield "results differ"
    if any(not isinstance(arrays.error, TessSourceError | OSError | None) for arrays in files):
        yield "an error that is not ours"


def tried(root: Path, files: dict[str, bytes], ci: int) -> Iterator[tuple[Any, ...]]:
    for number, chance in attempts(ci):
        filename = chance.choice(sorted(files))
        data = altered_fits(files[filename], chance)
        if chance.random() < 0.4 and filename == KELT_9[0]:
            data = with_cards(files[filename], chance.choice(sorted(KEYWORDS)), chance.choice(VALUES))
        manifest = beside_a_good_file(root, chance.choice((filename, "renamed.fits")), data)
        yield from ((number, filename, problem) for problem in wrong_results(manifest, root))


def test_one_change_in_a_header_costs_no_other_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    assert not list(tried(tmp_path, {name: few_rows(name) for name in (KELT_9[0], FAST, TESS_SPOC, QLP, TASOC)}, 10))


@pytest.mark.real
def test_one_change_in_a_real_header_costs_no_other_file(
    tmp_path: Path, real: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    paths = [path for path in real.glob("hlsp/*.fits") if path.stat().st_size < 300_000]
    assert not list(tried(tmp_path, {path.name: path.read_bytes() for path in paths}, 8))


@pytest.mark.parametrize(("keyword", "form"), [("TFORM1", "'E'"), ("TFORM4", "'A'"), ("TFORM2", "'I'")])
def test_a_narrower_column_is_an_error_of_its_file_and_shifts_no_other(tmp_path: Path, keyword: str, form: str) -> None:
    manifest = beside_a_good_file(tmp_path, KELT_9[0], with_cards(small(KELT_9[0]), keyword, form))
    bad, good = iter_arrays(manifest, COLUMNS)
    assert str(bad.error) == "the columns of its table are narrower than the rows"
    assert good.ok

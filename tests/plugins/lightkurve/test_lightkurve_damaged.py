"""A damaged header costs its own file and no other, however it is damaged."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from arrays_case import FAST, KELT_9, QLP, TESS_SPOC, small
from fits_fuzz import altered_fits, few_rows, with_card
from fuzz import attempts
from sample_files import content, entry_of

import tess_source_lightkurve
from tess_source import Session
from tess_source.errors import LoadError, TessSourceError
from tess_source.tables.items import Entry, Items
from tess_source.tables.plan import Manifest, Plan
from tess_source_lightkurve.readers import lightkurve

TASOC = "hlsp_tasoc_tess_ffi_tic00141914082-s0001-cam4-ccd2-c1800_tess_v05_cbv-lc.fits"
ELEANOR = "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000141914082_tess_v1.0_lc.fits"
PIXELS = "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_tp.fits"
CURVES = (KELT_9[0], FAST, TESS_SPOC, QLP, TASOC, ELEANOR)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Warnings of astropy about damaged headers are no errors here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def good(tmp_path: Path) -> Entry:
    (tmp_path / KELT_9[1]).write_bytes(small(KELT_9[1]))
    return entry_of(tmp_path / KELT_9[1])


def manifest(root: Path, *entries: Entry) -> Manifest:
    session = Session(discover=False, plugins=[tess_source_lightkurve])
    items = Items.of([{"uri": entry.item.uri, "path": entry.item.path} for entry in entries])
    return Manifest(Plan(items, root, {}, session), entries)


def wrong_results(files: Manifest) -> Iterator[str]:
    """Yield what is wrong with the results of a manifest of a bad file and a good one."""
    try:
        loaded = files.read()
        results = list(files.iter_read())
    except Exception as error:  # noqa: BLE001  the very thing that must not happen
        yield f"{type(error).__name__}: {error}"
        return
    if not any(curve.meta["FILENAME"].endswith(KELT_9[1]) for curve in loaded["light curves"]):
        yield "the good file is missing"
    if not results[-1].ok or results[0].ok != (not loaded.failed):
        yield "results differ"
    yield from (
        f"no error of ours: {error!r}"
        for error in loaded.failed.values()
        if not isinstance(error, TessSourceError | OSError)
    )


def tried(root: Path, good: Entry, files: dict[str, bytes], ci: int) -> Iterator[tuple[int, str, str]]:
    for number, chance in attempts(ci):
        filename = chance.choice(sorted(files))
        (path := root / "bad" / filename).parent.mkdir(exist_ok=True)
        path.write_bytes(altered_fits(files[filename], chance))
        yield from ((number, filename, problem) for problem in wrong_results(manifest(root, entry_of(path), good)))


@pytest.mark.usefixtures("quiet")
def test_one_change_in_a_light_curve_costs_no_other(tmp_path: Path, good: Entry) -> None:
    assert not list(tried(tmp_path, good, {name: few_rows(name) for name in CURVES}, 8))


@pytest.mark.usefixtures("quiet")
def test_one_change_in_a_pixel_file_costs_no_other(tmp_path: Path, good: Entry) -> None:
    assert not list(tried(tmp_path, good, {PIXELS: few_rows(PIXELS, 20)}, 3))


@pytest.mark.real
@pytest.mark.usefixtures("quiet")
def test_one_change_in_a_real_file_costs_no_other(tmp_path: Path, good: Entry, real: Path) -> None:
    paths = [*real.glob("hlsp/*.fits"), *real.glob("tp/tess*.fits"), *real.glob("lc/test*cadences.fits")]
    assert not list(
        tried(tmp_path, good, {path.name: path.read_bytes() for path in paths if path.stat().st_size < 300_000}, 4)
    )


@pytest.mark.parametrize("keyword", ["1CRV5P", "WCSN4P"])
def test_pixels_with_a_card_that_cannot_be_read_fail_when_they_are_opened_and_not_later(
    tmp_path: Path, good: Entry, keyword: str
) -> None:
    path = tmp_path / PIXELS
    path.write_bytes(with_card(few_rows(PIXELS, 20), keyword, "'never closed"))
    loaded = manifest(tmp_path, entry_of(path), good).read()
    assert len(loaded["light curves"]) == 1
    (error,) = loaded.failed.values()
    assert isinstance(error, LoadError)
    assert type(error.__cause__).__name__ == "VerifyError"
    assert f"{PIXELS} cannot be read: VerifyError: Unparsable card ({keyword})" in str(error)


def test_whole_pixels_are_opened(tmp_path: Path) -> None:
    (path := tmp_path / PIXELS).write_bytes(content(PIXELS))
    (pixels,) = manifest(tmp_path, entry_of(path)).load()
    assert isinstance(pixels, lightkurve().targetpixelfile.TargetPixelFile)


@pytest.mark.parametrize("value", ["'²'", "99999", "-3", "1E999", "T", "9" * 25, "'" + "9" * 30 + "'"])
def test_light_curves_of_a_sector_that_cannot_be_are_stitched(tmp_path: Path, good: Entry, value: str) -> None:
    from tess_source_lightkurve.stitch import stitch

    (path := tmp_path / "mine.fits").write_bytes(with_card(small(KELT_9[0]), "SECTOR", value.replace("²", "x")))
    whole = stitch(manifest(tmp_path, entry_of(path, kind="lc", pipeline="SPOC"), good))
    assert whole.meta["SECTORS"] == [-1, 15]

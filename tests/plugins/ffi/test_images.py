"""A full-frame image opens as astropy's CCDData, with its place on the sky, mask and time; many of them one at a time."""

from __future__ import annotations

import copy
import gc
import gzip
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from astropy.nddata import CCDData, Cutout2D, StdDevUncertainty
from astropy.wcs import WCS, FITSFixedWarning
from fits_fuzz import altered_fits
from fuzz import attempts
from image_files import CBV, CUBE, FFI, RAW, TICA, changed, hdus_of, raw_image, saved, tica_image, written
from sample_files import content, entry_of

import tess_source_ffi
from tess_source import Session
from tess_source.errors import DamagedFileError, LoadError, NoReaderError, QueryError, TessSourceError
from tess_source.tables.items import Items
from tess_source.tables.loaded import Deferred, LazyGroup
from tess_source.tables.plan import Manifest, Plan
from tess_source_ffi.load import load, opened_image
from tess_source_sample.server import SampleArchive


def image_of(folder: Path, data: bytes, name: str = FFI, **options: Any) -> Any:
    """Return the image of a file with some bytes."""
    deferred = load(entry_of(saved(folder / name, data)), options)
    assert isinstance(deferred, Deferred) and deferred.group == "images"
    return deferred.open()


# -- what an image holds ---------------------------------------------------------------------------------------------------------


def test_an_image_is_a_ccddata_with_the_pixels_of_the_file(tmp_path: Path) -> None:
    image = image_of(tmp_path, content(FFI))
    _, pixels, uncertainty = hdus_of(content(FFI))
    assert isinstance(image, CCDData)
    assert np.array_equal(image.data, pixels.data) and np.array_equal(image.uncertainty.array, uncertainty.data)
    assert isinstance(image.uncertainty, StdDevUncertainty)
    assert image.data.dtype.isnative and image.uncertainty.array.dtype.isnative
    assert image.unit == image.uncertainty.unit == units.electron / units.s
    assert {image.meta["CAMERA"], image.meta["CCD"], image.meta["SECTOR"]} == {1}
    assert image.meta["DQUALITY"] == 0


def test_its_place_on_the_sky_is_that_of_its_header(tmp_path: Path) -> None:
    image = image_of(tmp_path, content(FFI))
    with pytest.warns(FITSFixedWarning):
        plain = WCS(hdus_of(content(FFI))[1].header)
    for pixel in ((0, 0), (63, 10), (2091, 2047)):
        assert image.wcs.pixel_to_world(*pixel).separation(plain.pixel_to_world(*pixel)).arcsec < 1e-6


def test_its_times_are_barycentric_days_of_the_header(tmp_path: Path) -> None:
    image = image_of(tmp_path, content(FFI))
    start, stop = image.meta["TSTART"], image.meta["TSTOP"]
    for time, btjd in ((image.start, start), (image.stop, stop), (image.time, (start + stop) / 2)):
        assert (time.scale, time.format) == ("tdb", "jd")
        assert time.jd - 2457000 == pytest.approx(btjd, abs=1e-8)
    assert image[10:20, 45:60].time == image.time  # a part is of the same time


def test_pixels_that_are_no_numbers_and_columns_that_see_no_sky_are_masked(tmp_path: Path) -> None:
    image = image_of(tmp_path, changed({}, r3c50=np.nan, r4c51=np.inf))
    assert image.mask[:, :44].all() and image.mask[3, 50] and image.mask[4, 51]
    assert image.mask[:, 44:].sum() == 2
    image = image_of(tmp_path, changed({"SCIROWS": 3, "SCIROWE": 60}))
    assert image.mask[:2].all() and image.mask[60:].all() and not image.mask[2:60, 44:].any()


def test_flags_of_a_whole_image_mask_it_only_if_asked(tmp_path: Path) -> None:
    data = changed({"DQUALITY": 32})
    assert not image_of(tmp_path, data).mask[:, 44:].any()
    assert image_of(tmp_path, data).meta["DQUALITY"] == 32
    assert image_of(tmp_path, data, quality_bitmask=32).mask.all()
    assert not image_of(tmp_path, data, quality_bitmask=16).mask[:, 44:].any()
    assert image_of(tmp_path, data, quality_bitmask="default").mask.all()
    assert not image_of(tmp_path, data, quality_bitmask="none").mask[:, 44:].any()


def test_a_raw_image_has_whole_numbers_and_neither_uncertainty_nor_place(tmp_path: Path) -> None:
    image = image_of(tmp_path, raw_image(), RAW)
    assert image.data.dtype == np.int32 and image.unit == units.count
    assert image.uncertainty is None and image.wcs is None
    assert image.mask[:, :44].all() and not image.mask[:, 44:].any()


def test_an_image_by_tica_lies_in_the_first_hdu_and_has_its_own_words_for_times(tmp_path: Path) -> None:
    image = image_of(tmp_path, tica_image(BUNIT="electrons"), TICA)
    assert image.time.jd == pytest.approx(2459280.25)
    assert image.unit == units.electron and image.wcs.has_celestial
    assert not image.mask.any()  # not of full width: nobody says which of its columns see the sky
    assert image_of(tmp_path, tica_image(2136), TICA).mask.sum() == 64 * 88
    assert image_of(tmp_path, tica_image(), TICA).unit == units.dimensionless_unscaled


def test_unknown_units_stay_as_they_are(tmp_path: Path) -> None:
    assert str(image_of(tmp_path, changed({"BUNIT": "furlong/fortnight"})).unit) == "furlong/fortnight"


def test_astropy_and_numpy_work_on_it(tmp_path: Path) -> None:
    image = image_of(tmp_path, content(FFI))
    assert image.multiply(2).data[5, 50] == pytest.approx(2 * image.data[5, 50])
    assert image.multiply(2).time is None  # astropy leaves the header out
    assert image.subtract(image, handle_meta="first_found").time == image.time
    assert Cutout2D(image.data, (50, 20), 5, wcs=image.wcs).wcs.has_celestial
    assert copy.deepcopy(image[5:]).time == image.time
    image.write(tmp_path / "copy.fits")
    again = CCDData.read(tmp_path / "copy.fits")
    assert np.array_equal(again.data, image.data) and np.array_equal(again.mask, image.mask)
    assert again.wcs.pixel_to_world(5, 5).separation(image.wcs.pixel_to_world(5, 5)).arcsec < 1e-3


def test_a_compressed_file_opens_alike(tmp_path: Path) -> None:
    image = image_of(tmp_path, gzip.compress(content(FFI)), f"{FFI}.gz")
    assert np.array_equal(image.data, hdus_of(content(FFI))[1].data)


# -- many images -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def manifest(tmp_path: Path, session: Session) -> Manifest:
    """Three images that are there, the second one damaged, and one that was not fetched."""
    session.register(tess_source_ffi, "ffi")
    names = [FFI.replace("192942", stamp) for stamp in ("192942", "195942", "202942")]
    entries = [entry_of(saved(tmp_path / name, content(name))) for name in names]
    items = Items.of([{"uri": entry.item.uri, "path": entry.item.path, "kind": "ffi"} for entry in entries])
    return Manifest(Plan(items, tmp_path, {}, session), tuple(entries))


def test_a_list_of_images_opens_each_when_it_is_used(manifest: Manifest) -> None:
    images = manifest.load()
    assert isinstance(images, LazyGroup) and len(images) == 3
    assert repr(images) == "<3 images, each opened when it is used>"
    assert [path.name for path in images.paths] == [entry.item.path for entry in manifest]
    times = [image.time.jd for image in images]
    assert times == sorted(times) and times[1] - times[0] == pytest.approx(1800 / 86400)
    assert images[-1].time.jd == times[2] and images[1:][0].time.jd == times[1] and len(images[:0]) == 0
    with pytest.raises(IndexError):
        images[3]


def test_an_image_that_you_let_go_is_freed(manifest: Manifest) -> None:
    images: Any = manifest.load()
    gc.disable()  # no circle of references holds it either
    try:
        pixels = weakref.ref(images[0].data)
        assert pixels() is None
    finally:
        gc.enable()


def test_images_come_one_by_one_from_the_methods_that_open_one_by_one(manifest: Manifest) -> None:
    assert [type(image).__name__ for image in manifest.iter_load()] == ["FullFrameImage"] * 3
    assert [opened.value for opened in manifest.map(lambda image: image.shape)] == [(64, 64)] * 3
    assert all(opened.ok for opened in manifest.iter_read())


def test_a_damaged_image_is_reported_at_once(manifest: Manifest) -> None:
    path = manifest[1].path
    assert path is not None
    path.write_bytes(path.read_bytes()[:-2880])
    loaded = manifest.read()
    assert len(loaded["images"]) == 2 and isinstance(loaded.failed[str(path)], DamagedFileError)


def test_a_file_that_is_damaged_or_lost_later_is_an_error_at_its_use(manifest: Manifest) -> None:
    images: Any = manifest.load()
    first, second = images.paths[:2]
    first.write_bytes(first.read_bytes()[:-2880])
    with pytest.raises(DamagedFileError, match=rf"^{FFI} is damaged: .*; fetch it again"):
        images[0]
    second.unlink()
    with pytest.raises(FileNotFoundError):
        images[1]
    assert images[2].shape == (64, 64)


@pytest.mark.real
def test_images_beside_basis_vectors_are_a_group_of_their_own(manifest: Manifest, real: Path) -> None:
    vectors = real / "cbv" / CBV
    loaded = manifest.plan.session.open([*(entry.path for entry in manifest), vectors])  # type: ignore[union-attr]
    assert {name: len(group) for name, group in loaded.groups.items()} == {"images": 3, "basis vectors": 1}


# -- what is no image ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hdus", "why"),
    [
        ([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((3, 4, 5), np.float32))], r"not \(3, 4, 5\)"),
        ([fits.PrimaryHDU(), *[fits.ImageHDU(np.zeros((4, 4), np.float32))] * 3], r"not \(4, 4\), \(4, 4\), \(4, 4\)"),
        ([fits.PrimaryHDU(), *(fits.ImageHDU(np.zeros((n, 4), np.float32)) for n in (4, 5))], r"not \(4, 4\), \(5, 4\)"),
        ([fits.PrimaryHDU(), fits.BinTableHDU(np.zeros(3, [("TIME", ">f8")]))], "not no image"),
    ],
    ids=["a cube", "three images", "two shapes", "a table"],
)  # fmt: skip
def test_other_fits_files_are_no_images(tmp_path: Path, hdus: list[Any], why: str) -> None:
    with pytest.raises(LoadError, match=why):
        opened_image(saved(tmp_path / FFI, written(*hdus)))


def test_a_cube_says_how_to_look_into_it(tmp_path: Path) -> None:
    cube = written(fits.PrimaryHDU(), fits.ImageHDU(np.zeros((4, 5, 3, 2), np.float32)))
    with pytest.raises(NoReaderError, match=r"memmap=True.*\(rows, columns, images, 2 .*'cutout'"):
        load(entry_of(saved(tmp_path / CUBE, cube)), {})


def test_arguments_that_make_no_sense_are_refused_and_those_for_light_curves_left_out(tmp_path: Path) -> None:
    entry = entry_of(saved(tmp_path / FFI, content(FFI)))
    with pytest.raises(QueryError, match="quality_bitmask='hrad'"):
        load(entry, {"quality_bitmask": "hrad"})
    with pytest.raises(QueryError, match="no argument 'flux_colum'"):
        load(entry, {"flux_colum": "sap_flux"})
    assert isinstance(load(entry, {"flux_column": "sap_flux", "cbv_type": "Spike"}), Deferred)


def test_other_kinds_are_left_to_other_plugins(tmp_path: Path) -> None:
    assert load(entry_of(tmp_path / "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"), {}) is None


def test_whatever_is_wrong_with_a_file_is_an_error_of_this_file(tmp_path: Path) -> None:
    path, raw = tmp_path / FFI, []
    for number, chance in attempts(15):
        path.write_bytes(altered_fits(content(FFI), chance))
        try:
            opened = load(entry_of(path), {})
            assert isinstance(opened, Deferred)
            opened.open()
        except (TessSourceError, OSError):
            pass
        except Exception as error:  # noqa: BLE001  what must not come
            raw.append((number, error))
    assert raw == []


# -- from the sample archive -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [{"kind": "ffi"}, {"kind": "ffir"}, {"kind": "ffi", "pipeline": "TICA", "sector": 27}],
    ids=["calibrated", "raw", "TICA"],
)
def test_images_are_found_fetched_and_opened(archive: SampleArchive, tmp_path: Path, asked: dict[str, Any]) -> None:
    asking = Session(archive.url, cache=tmp_path / "cache")
    found = asking.search(**{"sector": 1, "camera": 1, "ccd": 1, "limit": 2, **asked})
    images: Any = found.download(tmp_path / "data").load()
    assert len(images) == 2 and all(isinstance(image, CCDData) for image in images)
    assert images[0].time < images[1].time
    assert images[0].meta.get("FFIINDEX", images[0].meta.get("CADENCE")) > 4000


def test_images_that_are_opened_without_keeping_them_live_as_long_as_their_list(
    archive: SampleArchive, tmp_path: Path
) -> None:
    asking = Session(archive.url, cache=tmp_path / "cache")
    images: Any = asking.search(kind="ffi", sector=1, camera=1, ccd=1, limit=2).load()
    part = images[1:]
    path = part.paths[0]
    del images
    assert part[0].shape == (64, 64)
    del part
    assert not path.exists()

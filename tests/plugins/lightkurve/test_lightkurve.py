"""Files become lightkurve's own objects; what cannot be opened says why, and nothing else suffers from it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from sample_files import content
from sizes import size

import tess_source_lightkurve as plugin
from tess_source import Session, names
from tess_source.errors import DamagedFileError, LoadError, NoColumnError, NoReaderError, QueryError
from tess_source.tables.items import Entry, Item, Items
from tess_source.tables.loaded import Loaded
from tess_source.tables.plan import Manifest, Plan

SPOC = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
FAST = "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits"
QLP = "hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc.fits"
QLP_NEW = "hlsp_qlp_tess_ffi_s0081-0000000390988385_tess_v01_llc.fits"
TASOC = "hlsp_tasoc_tess_ffi_tic00141914082-s0001-cam4-ccd2-c1800_tess_v05_cbv-lc.fits"
ELEANOR = "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000141914082_tess_v1.0_lc.fits"
TESS_SPOC = "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_lc.fits"
PIXELS = "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_tp.fits"

Here = Callable[..., Entry]


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """Write a file and say that it is there."""

    def put(filename: str, data: bytes | None = None, folder: str = ".", **said: Any) -> Entry:
        path = tmp_path / folder / filename
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(filename) if data is None else data)
        name = names.parse(filename)
        item = Item(
            f"mast:TESS/product/{filename}",
            filename,
            **{"kind": name.kind, "pipeline": name.pipeline, **said},
        )
        return Entry(item, "here", path=path, bytes=path.stat().st_size)

    return put


def manifest(session: Session, root: Path, *entries: Entry) -> Manifest:
    items = Items.of([{"uri": entry.item.uri, "path": entry.item.path} for entry in entries])
    return Manifest(Plan(items, root, {}, session), entries)


@pytest.fixture
def reading(session: Session) -> Session:
    session.register(plugin)
    return session


def tables_equal(one: Any, other: Any) -> bool:
    """Compare two light curves column by column: names, classes, units, masks and values."""
    same = [type(one) is type(other), one.colnames == other.colnames, len(one) == len(other)]
    for name in one.colnames:
        a, b = one[name], other[name]
        same += [type(a) is type(b), getattr(a, "unit", None) == getattr(b, "unit", None)]
        if name == "time":
            same += [
                a.scale == b.scale,
                a.format == b.format,
                bool(np.all(a.jd1 == b.jd1) and np.all(a.jd2 == b.jd2)),
            ]
            continue
        x, y = np.ma.asarray(getattr(a, "value", a)), np.ma.asarray(getattr(b, "value", b))
        same += [x.dtype == y.dtype, np.array_equal(np.ma.getmaskarray(x), np.ma.getmaskarray(y))]
        same += [np.array_equal(np.ma.getdata(x), np.ma.getdata(y), equal_nan=x.dtype.kind == "f")]
    return all(same)


# -- what is opened -----------------------------------------------------------------------------------------------------------


def test_a_light_curve_is_what_lightkurve_itself_reads(here: Here) -> None:
    entry = here(SPOC)
    opened = plugin.tess_load(entry, {})
    expected = plugin_lightkurve().read(str(entry.path))
    assert tables_equal(opened, expected)
    assert opened.time.format == "btjd"
    assert words(opened.meta) == words(expected.meta)


def words(meta: Any) -> dict[str, str]:
    """Write a header down; an undefined value has no equality of its own."""
    return {key: "undefined" if type(value).__name__ == "Undefined" else str(value) for key, value in meta.items()}


def plugin_lightkurve() -> Any:
    from tess_source_lightkurve.readers import lightkurve

    return lightkurve()


@pytest.mark.parametrize(
    ("filename", "author"),
    [(SPOC, "SPOC"), (FAST, "SPOC"), (TESS_SPOC, "TESS-SPOC"), (QLP, "QLP"), (QLP_NEW, "QLP"), (TASOC, "TASOC"),
     (ELEANOR, "GSFC-ELEANOR-LITE")],
)  # fmt: skip
def test_every_pipeline_that_lightkurve_reads_is_opened(here: Here, filename: str, author: str) -> None:
    opened = plugin.tess_load(here(filename), {})
    assert (type(opened).__name__, opened.meta["AUTHOR"]) == ("TessLightCurve", author)
    assert opened.meta["TARGETID"] == names.parse(filename).tic


def test_tglc_is_opened_too(here: Here) -> None:
    columns = [
        fits.Column(name, "E", array=np.arange(5.0))
        for name in ("psf_flux", "aperture_flux", "background", "cal_psf_flux", "cal_aper_flux")
    ]
    columns += [fits.Column("time", "D", unit="d", array=np.arange(5.0) + 1325)]
    columns += [fits.Column(name, "J", array=np.zeros(5)) for name in ("cadence_num", "TESS_flags", "TGLC_flags")]
    primary = fits.PrimaryHDU()
    primary.header.update(ORIGIN="UCSB/TGLC", TICID="261136679", TELESCOP="TESS", SECTOR=1)
    name = "hlsp_tglc_tess_ffi_gaiaid-4623036865373793408-s0001-cam4-ccd2_tess_v1_llc.fits"
    opened = plugin.tess_load(here(name, as_bytes(primary, fits.BinTableHDU.from_columns(columns))), {})
    assert (opened.meta["AUTHOR"], opened.meta["TARGETID"]) == ("TGLC", 261136679)


def as_bytes(*hdus: Any) -> bytes:
    from io import BytesIO

    out = BytesIO()
    fits.HDUList(list(hdus)).writeto(out)
    return out.getvalue()


def test_a_pixel_file_is_held_in_memory_and_works_when_the_file_is_gone(here: Here, tmp_path: Path) -> None:
    entry = here(PIXELS)
    assert entry.path is not None
    opened = plugin.tess_load(entry, {})
    entry.path.unlink()
    assert type(opened).__name__ == "TessTargetPixelFile"
    assert opened.path == str(entry.path)
    assert len(opened[3:7]) == 4
    assert len(opened.to_lightcurve()) == len(opened)
    opened.to_fits(str(tmp_path / "copy.fits"))
    with fits.open(tmp_path / "copy.fits") as copy:
        assert np.array_equal(copy[1].data["FLUX"], opened.hdu[1].data["FLUX"], equal_nan=True)


@pytest.mark.parametrize(
    "filename",
    [
        "tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits",
        "tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.xml",
        "tess2019199201929-s0014-s0014-0000000016740101-01-00240_dvs.pdf",
        "tess2018206192942-s0001-1-1-0120-s_ffic.fits",
        "tess2018206190142-s0001-1-1-0120-s_cbv.fits",
        "notes.txt",
    ],
)
def test_other_files_are_left_to_others_unopened(filename: str) -> None:
    name = names.parse(filename)
    item = Item("x:y", filename, kind=name.kind, pipeline=name.pipeline)
    assert plugin.tess_load(Entry(item, "here", path=Path("does-not-exist") / filename), {}) is None


def test_the_author_does_not_depend_on_the_names_of_folders(here: Here) -> None:
    assert plugin.tess_load(here(SPOC, folder="tess-spoc"), {}).meta["AUTHOR"] == "SPOC"
    assert (
        plugin.tess_load(here("renamed.fits", content(TESS_SPOC), kind="lc", pipeline="TESS-SPOC"), {}).meta["AUTHOR"]
        == "TESS-SPOC"
    )


def test_a_file_of_unknown_name_is_opened_if_lightkurve_knows_it(here: Here) -> None:
    entry = here("my star.fits", content(SPOC))
    assert entry.item.kind == "other"
    assert plugin.tess_load(entry, {}).meta["TICID"] == 16740101


# -- arguments of the readers ---------------------------------------------------------------------------------------------------


def test_arguments_reach_the_reader(here: Here) -> None:
    entry = here(SPOC)
    opened = plugin.tess_load(entry, {"flux_column": "sap_flux", "quality_bitmask": "none"})
    assert opened.meta["FLUX_ORIGIN"] == "sap_flux"
    assert tables_equal(
        opened, plugin_lightkurve().read(str(entry.path), flux_column="sap_flux", quality_bitmask="none")
    )
    assert len(opened) > len(plugin.tess_load(entry, {"quality_bitmask": "hardest"}))


def test_what_only_light_curves_have_does_not_break_pixel_files_and_the_other_way_round(here: Here) -> None:
    options = {"flux_column": "sap_flux", "quality_bitmask": "none", "targetid": 7}
    assert plugin.tess_load(here(PIXELS), options).targetid == 7
    assert plugin.tess_load(here(SPOC), options).meta["FLUX_ORIGIN"] == "sap_flux"


@pytest.mark.parametrize("filename", [SPOC, PIXELS])
def test_an_unknown_argument_is_refused_by_name(here: Here, filename: str) -> None:
    with pytest.raises(QueryError, match="no argument 'quality_bitmsk'; did you mean 'quality_bitmask'"):
        plugin.tess_load(here(filename), {"quality_bitmsk": "hard"})


def test_an_argument_of_another_pipelines_reader_is_refused_not_dropped(here: Here) -> None:
    assert plugin.tess_load(here(QLP), {"flux_err_column": "kspsap_flux_err"}).meta["AUTHOR"] == "QLP"
    with pytest.raises(LoadError, match="TessLightCurve files takes no argument 'flux_err_column'"):
        plugin.tess_load(here(SPOC), {"flux_err_column": "kspsap_flux_err"})


def test_a_flux_column_that_is_not_there_is_not_called_damage(here: Here) -> None:
    with pytest.raises(
        NoColumnError, match=r"no column 'corr_flux' for the flux, but time, .*sap_flux.*; did you mean '.*_flux'"
    ) as caught:
        plugin.tess_load(here(SPOC), {"flux_column": "corr_flux"})
    assert not isinstance(caught.value, DamagedFileError | NoReaderError)


def test_a_value_that_makes_no_sense_is_refused_whatever_the_file(here: Here) -> None:
    for options, words in (
        ({"quality_bitmask": "hrad"}, "quality_bitmask='hrad': give a number, or 'none', .*; did you mean 'hard'"),
        ({"quality_bitmask": 2**40}, "give a whole number from 0 to 2147483647"),
        ({"flux_column": 3}, "flux_column=3: give the name of a column"),
    ):
        for entry in (here(SPOC), here(PIXELS), here("tess.fits", b"<html>", kind="lc")):
            with pytest.raises(QueryError, match=words):
                plugin.tess_load(entry, options)


def test_an_argument_that_is_wrong_is_told_once_and_not_for_every_file(
    here: Here, reading: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = manifest(reading, tmp_path, here(SPOC), here(QLP))
    for options in ({"quality_bitmask": "hrad"}, {"qualty_bitmask": "hard"}):
        for ask in (files.load, files.read, lambda **words: list(files.iter_load(**words))):
            with pytest.raises(QueryError, match="did you mean"):
                ask(**options)
    twice = manifest(reading, tmp_path, here(SPOC), here(SPOC, folder="other"))
    with pytest.raises(LoadError, match="2 files: it has no column 'foo' for the flux") as caught:
        twice.load(flux_column="foo")
    assert str(caught.value).count("'foo'") == 1
    assert not caplog.records


def test_a_column_that_some_files_lack_is_told_in_one_line(
    here: Here, reading: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = manifest(reading, tmp_path, here(SPOC), here(QLP), here(SPOC, folder="other"))
    assert len(files.load(flux_column="kspsap_flux")) == 1
    (told,) = (record.getMessage() for record in caplog.records)
    assert told.startswith("2 of 3 files were not opened: it has no column 'kspsap_flux' for the flux")


# -- what cannot be opened --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filename", [SPOC, PIXELS, QLP])
@pytest.mark.parametrize("part", [0.0005, 0.005, 0.5, 0.9999])
def test_a_cut_file_is_damaged(here: Here, filename: str, part: float) -> None:
    data = content(filename)
    with pytest.raises(DamagedFileError, match=r"cut|empty|not FITS|missing"):
        plugin.tess_load(here(filename, data[: int(len(data) * part)]), {})


def test_a_web_page_in_place_of_a_file_is_damage(here: Here) -> None:
    with pytest.raises(DamagedFileError, match="HTML"):
        plugin.tess_load(here(SPOC, b"<!DOCTYPE html><html>503</html>"), {})


def healthy_but_unknown() -> bytes:
    return as_bytes(fits.PrimaryHDU(), fits.ImageHDU(np.zeros((4, 4))))


def test_a_healthy_file_without_reader_is_not_called_damaged(here: Here) -> None:
    with pytest.raises(NoReaderError, match="healthy, but lightkurve has no reader for 'lc' files of NOVEL") as caught:
        plugin.tess_load(here("novel.fits", healthy_but_unknown(), kind="lc", pipeline="NOVEL"), {})
    assert not isinstance(caught.value, DamagedFileError)


def test_a_pipeline_that_lightkurve_recognises_but_does_not_read_has_no_reader(here: Here) -> None:
    primary = fits.PrimaryHDU()
    primary.header["CREATOR"] = "k2sc"
    table = fits.BinTableHDU.from_columns([fits.Column("time", "D", array=[1.0])])
    with pytest.raises(NoReaderError):
        plugin.tess_load(here("k2sc.fits", as_bytes(primary, table), kind="lc", pipeline="K2SC"), {})


def test_a_healthy_file_of_unknown_kind_is_left_to_other_plugins(here: Here) -> None:
    assert plugin.tess_load(here("image.fits", healthy_but_unknown()), {}) is None


def test_a_file_that_is_gone_is_said_to_be_gone(here: Here) -> None:
    entry = here(SPOC)
    assert entry.path is not None
    entry.path.unlink()
    with pytest.raises(FileNotFoundError):
        plugin.tess_load(entry, {})


def unsupported(*args: Any, **kwargs: Any) -> Any:
    """Stand in for the faster reader: it does not know such a file."""
    from tess_source_lightkurve.spoc import Unsupported

    raise Unsupported("a test says so")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize("filename", [SPOC, PIXELS])
def test_an_interrupt_or_lack_of_memory_is_never_called_damage(
    here: Here, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], filename: str
) -> None:
    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise error

    lightkurve = plugin_lightkurve()
    monkeypatch.setattr(lightkurve.TessLightCurve, "read", interrupted)
    monkeypatch.setattr(lightkurve.TessTargetPixelFile, "get_header", interrupted)
    monkeypatch.setattr("tess_source_lightkurve.load.read_light_curve", unsupported)  # then lightkurve reads it
    with pytest.raises(error):
        plugin.tess_load(here(filename), {})


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interrupt_of_the_faster_reader_is_not_taken_for_a_reason_to_try_the_slower(
    here: Here, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise error

    monkeypatch.setattr("tess_source_lightkurve.load.read_light_curve", interrupted)
    with pytest.raises(error):
        plugin.tess_load(here(SPOC), {})


# -- many files ---------------------------------------------------------------------------------------------------------------------


def test_one_kind_gives_the_collection_itself(here: Here, reading: Session, tmp_path: Path) -> None:
    loaded = manifest(reading, tmp_path, here(SPOC), here(QLP), here(TASOC)).load()
    assert type(loaded).__name__ == "LightCurveCollection"
    assert [curve.meta["AUTHOR"] for curve in loaded] == ["SPOC", "QLP", "TASOC"]


def test_kinds_are_grouped_and_what_fails_is_put_aside(here: Here, reading: Session, tmp_path: Path) -> None:
    bad, unknown = (
        here(FAST, b"SIMPLE  ="),
        here("novel.fits", healthy_but_unknown(), kind="lc", pipeline="NOVEL"),
    )
    mixed = manifest(reading, tmp_path, here(SPOC), bad, here(PIXELS), unknown, here(QLP))
    loaded = mixed.read()
    assert isinstance(loaded, Loaded)
    assert {name: type(group).__name__ for name, group in loaded.groups.items()} == {
        "light curves": "LightCurveCollection",
        "pixel files": "TargetPixelFileCollection",
    }
    assert len(loaded["light curves"]) == 2
    assert {path: type(error) for path, error in loaded.failed.items()} == {
        str(bad.path): DamagedFileError,
        str(unknown.path): NoReaderError,
    }


def test_objects_of_other_readers_are_left_to_their_own_collections() -> None:
    plugin_lightkurve()
    assert plugin.tess_collect([object(), "text"]) is None


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted in /proc")
def test_many_open_objects_hold_no_file_open(here: Here) -> None:
    small = here(PIXELS, small_pixels()), here(QLP)
    for entry in small:
        plugin.tess_load(entry, {})
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    kept = [plugin.tess_load(entry, {}) for _ in range(size(25, 500)) for entry in small]
    with pytest.raises(DamagedFileError):
        kept.append(plugin.tess_load(here(SPOC, content(SPOC)[:100_000]), {}))
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before
    maps = Path("/proc/self/maps").read_text()
    assert ".fits" not in maps


def small_pixels() -> bytes:
    """Twenty cadences of a pixel file."""
    from io import BytesIO

    with fits.open(BytesIO(content(PIXELS))) as hdus:
        table = fits.BinTableHDU(hdus[1].data[:20], header=hdus[1].header)
        return as_bytes(hdus[0], table, *hdus[2:])


def test_a_loaded_collection_can_be_pickled(here: Here, reading: Session, tmp_path: Path) -> None:
    loaded = manifest(reading, tmp_path, here(QLP)).load()
    copy = pickle.loads(pickle.dumps(loaded))  # noqa: S301  our own bytes
    assert np.array_equal(copy[0].flux, loaded[0].flux, equal_nan=True)
    assert words(copy[0].meta).keys() == words(loaded[0].meta).keys()


# -- manners -------------------------------------------------------------------------------------------------------------------------

NEEDED = """
import sys
import tess_source_lightkurve as plugin
from tess_source.tables.items import Entry, Item
plugin.tess_collect([1])
print(sorted({"lightkurve", "astropy", "numpy"} & set(sys.modules)))
"""


def test_lightkurve_is_imported_when_it_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", NEEDED],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_whole_file_is_read_without_any_warning(here: Here) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for filename in (SPOC, PIXELS, QLP, TASOC, ELEANOR):
            plugin.tess_load(here(filename), {})
    assert [str(warning.message) for warning in caught] == []

"""The short way to SPOC's light curves ends where lightkurve's long one does; whatever is not plain takes the long one."""

from __future__ import annotations

import copy
import gzip
import inspect
import io
import itertools
import pickle
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from places import REAL
from same_curves import assert_equal_curves, assert_equal_values
from sample_files import content, entry_of
from sizes import STRESS, size

import tess_source_lightkurve as plugin
from tess_source import names
from tess_source.errors import DamagedFileError, LoadError, QueryError
from tess_source_lightkurve import spoc
from tess_source_lightkurve.readers import lightkurve
from tess_source_lightkurve.spoc import Unsupported, read_light_curve
from tess_source_sample.files import make

SPOC = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
SECTOR_1 = "tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"
FAST = "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits"
TASOC = "hlsp_tasoc_tess_ffi_tic00141914082-s0001-cam4-ccd2-c1800_tess_v05_cbv-lc.fits"
TESS_SPOC = "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_lc.fits"
PIXELS = "tess2019198215352-s0014-0000000016740101-0150-s_tp.fits"
BITMASKS = ["none", "default", "hard", "hardest", 175, 0, None, np.int16(128)]
FLUXES = ["pdcsap_flux", "sap_flux"]
ARGUMENTS = (
    [*itertools.product(BITMASKS, FLUXES)] if STRESS else [*zip(BITMASKS, itertools.cycle(FLUXES), strict=False)]
)
"""Every bitmask, each with every flux or with one of them: neither depends on the other."""

lk = lightkurve()


@pytest.fixture(autouse=True)
def nothing_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoc, "_learnt", {})


class NotLearntError(Exception):
    """lightkurve was asked how to read a file."""


LEARNT: dict[Any, Any] = {}
"""What was learnt by `alone`: once for all tests, as in any process that reads many files."""


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Read a file without lightkurve's reader, once it has shown what such files look like."""
    monkeypatch.setattr(spoc, "_learnt", LEARNT)

    def read(path: Path, **options: Any) -> Any:
        try:
            return by_itself(path, options)
        except NotLearntError:
            read_light_curve(path, **options)
            return by_itself(path, options)

    def by_itself(path: Path, options: dict[str, Any]) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(lk, "read", asked)
            return read_light_curve(path, **options)

    def asked(*_: Any, **__: Any) -> Any:
        raise NotLearntError

    return read


@cache
def small() -> bytes:
    """The first rows of a light curve; the tests change them."""
    with fits.open(io.BytesIO(content(SPOC))) as hdus:
        rows = hdus[1].data[:60].copy()
        hdus[1] = fits.BinTableHDU(rows, header=hdus[1].header)
        out = io.BytesIO()
        hdus.writeto(out)
    return out.getvalue()


def put(folder: Path, filename: str = SPOC, data: bytes | None = None) -> Path:
    path = folder / filename
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content(filename) if data is None else data)
    return path


def assert_loads_as_lightkurve_reads(path: Path, options: dict[str, Any]) -> None:
    """Check the first load, which may be lightkurve's own, and the next; what lightkurve refuses is refused."""
    try:
        expected = lk.read(str(path), **options)
    except lk.utils.LightkurveError:
        with pytest.raises(LoadError):
            plugin.tess_load(entry_of(path), options)
        return
    for _ in range(2):
        assert_equal_curves(plugin.tess_load(entry_of(path), options), expected)


def whole(folder: Path) -> list[Path]:
    """Light curves by SPOC and TESS-SPOC, of early sectors and of late ones, whose text goes on in CONTINUE cards."""
    found = [path for path in sorted((folder / "lc").glob("*.fits")) if "corrupted" not in path.name]
    found += sorted((folder / "hlsp").glob("hlsp_tess-spoc_*.fits"))
    assert len(found) > 10
    return found


# -- equal in all respects --


@pytest.mark.real
@pytest.mark.parametrize(("quality_bitmask", "flux_column"), ARGUMENTS, ids=str)
def test_every_real_light_curve_equals_lightkurves(
    real: Path, alone: Callable[..., Any], quality_bitmask: Any, flux_column: str
) -> None:
    step = size(8, 1)  # each file with one of eight arguments
    for path in whole(real)[ARGUMENTS.index((quality_bitmask, flux_column)) % step :: step]:
        options = {"quality_bitmask": quality_bitmask, "flux_column": flux_column}
        assert_equal_curves(alone(path, **options), lk.read(str(path), **options))


@pytest.mark.parametrize("flux_column", ["pdcsap_flux", "sap_flux", "sap_bkg", "mom_centr1", "psf_centr2"])
def test_every_column_that_has_an_error_can_be_the_flux(
    tmp_path: Path, alone: Callable[..., Any], flux_column: str
) -> None:
    path = put(tmp_path)
    assert_equal_curves(alone(path, flux_column=flux_column), lk.read(str(path), flux_column=flux_column))


@pytest.mark.parametrize("filename", [SECTOR_1, SPOC, FAST, f"tess-spoc/{SPOC}"])
@pytest.mark.parametrize("quality_bitmask", ["none", "default", "hardest"])
def test_generated_light_curves_equal_lightkurves(
    tmp_path: Path, alone: Callable[..., Any], filename: str, quality_bitmask: str
) -> None:
    path = put(tmp_path, filename, content(Path(filename).name))
    assert_equal_curves(
        alone(path, quality_bitmask=quality_bitmask), lk.read(str(path), quality_bitmask=quality_bitmask)
    )


def test_light_curves_of_many_sectors_and_stars_are_of_few_kinds(tmp_path: Path) -> None:
    """Learning costs as much as lightkurve's reader, so it must be rare."""
    from tess_source_sample.contents import Contents

    listed = [(row["productFilename"], row["size"]) for row in Contents(extra=2).files.values()]
    curves = [(name, length) for name, length in listed if name.startswith("tess2") and name.endswith("-s_lc.fits")]
    assert len({names.parse(name).first_sector for name, _ in curves}) > 10
    for name, length in curves[:: size(4, 1)]:
        path = put(tmp_path, name, make(name, length))
        assert_equal_curves(read_light_curve(path), lk.read(str(path)))
        path.unlink()
    assert None not in spoc._learnt.values()
    assert len(spoc._learnt) <= 4


def test_a_file_without_a_good_cadence_does_not_send_its_kind_the_long_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fits.open(io.BytesIO(small())) as hdus:
        hdus[1].data["QUALITY"][:] = 128
        hdus.writeto(tmp_path / "bad.fits")
    for _ in range(2):
        assert_loads_as_lightkurve_reads(tmp_path / "bad.fits", {})
    assert spoc._learnt == {}
    path = put(tmp_path, data=small())
    expected = read_light_curve(path)
    monkeypatch.setattr(lk, "read", None)
    assert_equal_curves(read_light_curve(path), expected)


def pickled(curve: Any) -> Any:
    return pickle.loads(pickle.dumps(curve))  # noqa: S301


def filled(curve: Any) -> Any:
    np.random.seed(1)
    return curve.remove_nans()[:500].fill_gaps()


def written(curve: Any) -> Any:
    curve.meta.pop("QUALITY_MASK")
    return curve.to_fits()[1].data.tobytes()


WHERE = ["generated", pytest.param("real", marks=pytest.mark.real)][1 if REAL.is_dir() and not STRESS else 0 :]
"""Where real files are at hand, one of them is enough."""
METHODS: dict[str, Callable[[Any], Any]] = {
    "slice": lambda curve: curve[100:2000:3],
    "mask": lambda curve: curve[curve["sap_bkg"] > np.nanmedian(curve["sap_bkg"])],
    "integer rows": lambda curve: curve[[5, 3, 9]],
    "one row": lambda curve: str(curve[7]),
    "columns": lambda curve: curve["time", "flux", "flux_err", "quality"],
    "by time": lambda curve: str(curve.loc[curve.time[10] : curve.time[20]]),
    "remove_nans": lambda curve: curve.remove_nans(),
    "fill_gaps": filled,
    "normalize": lambda curve: curve.normalize(),
    "flatten": lambda curve: curve.remove_nans().flatten(window_length=101),
    "bin": lambda curve: curve.remove_nans().bin(time_bin_size=0.5),
    "remove_outliers": lambda curve: curve.remove_nans().remove_outliers(sigma=3),
    "fold": lambda curve: curve.remove_nans().fold(period=1.4811, epoch_time=1684.0),
    "copy": lambda curve: curve.copy(),
    "copy.copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": pickled,
    "to_pandas": lambda curve: curve.to_pandas(),
    "truncate": lambda curve: curve.truncate(curve.time.value[50], curve.time.value[900]),
    "append": lambda curve: curve.append(curve.copy()),
    "select_flux": lambda curve: curve.select_flux("sap_flux"),
    "arithmetic": lambda curve: curve / np.nanmedian(curve.flux) - 1,
    "estimate_cdpp": lambda curve: curve.remove_nans().estimate_cdpp(),
    "stitch": lambda curve: lk.LightCurveCollection([curve, curve.copy()]).stitch(),
    "periodogram": lambda curve: curve.remove_nans()[:2000].to_periodogram(maximum_frequency=10).power.value.tobytes(),
    "to_fits": written,
    "attributes": lambda curve: [curve.sector, curve.ra, curve.label, curve.meta.get("TEFF")],
    "sort": lambda curve: curve[::-1].copy(),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("where", WHERE)
def test_all_that_is_done_with_it_gives_what_it_gives_with_lightkurves(
    tmp_path: Path, alone: Callable[..., Any], request: pytest.FixtureRequest, method: str, where: str
) -> None:
    path = put(tmp_path) if where == "generated" else whole(request.getfixturevalue("real"))[1]
    ours, theirs = alone(path), lk.read(str(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lightkurve's methods warn about NaN
        try:
            expected = METHODS[method](theirs)
        except (AttributeError, pickle.PicklingError) as error:  # what older releases cannot do, we need not
            with pytest.raises(type(error)):
                METHODS[method](ours)
        else:
            assert_equal_values(METHODS[method](ours), expected)


def test_nothing_is_shared_between_columns_or_between_objects(tmp_path: Path, alone: Callable[..., Any]) -> None:
    path = put(tmp_path)
    one, other, untouched = alone(path), alone(path), lk.read(str(path))
    for name in one.colnames[1:]:
        one[name].info.format = "{:g}"
        one[name].info.meta = {"changed": True}
        one[name][0] = one[name][1]
    one["flux"][2] = 0 * one["flux"].unit
    one.meta["SECTOR"], one.meta["QUALITY_MASK"][:] = 99, False
    assert one["pdcsap_flux"][2] != one["flux"][2]
    assert_equal_curves(other, untouched)
    assert_equal_curves(alone(path), untouched)


@pytest.mark.parametrize("cadences", [1, 2])
def test_columns_of_very_short_light_curves_are_their_own(
    tmp_path: Path, alone: Callable[..., Any], cadences: int
) -> None:
    with fits.open(io.BytesIO(small())) as hdus:
        hdus[1].data["QUALITY"][:] = 128
        hdus[1].data["QUALITY"][5 : 5 + cadences] = 0
        hdus.writeto(tmp_path / SPOC)
    curve = alone(tmp_path / SPOC)
    assert_equal_curves(curve, lk.read(str(tmp_path / SPOC)))
    assert len(curve) == cadences
    for one, other in itertools.combinations(curve.colnames[1:], 2):
        assert not np.shares_memory(np.asarray(curve[one]), np.asarray(curve[other]))


# -- any content that such a table can have --


FLOATS = [
    "TIME",
    "TIMECORR",
    "SAP_FLUX",
    "PDCSAP_FLUX",
    "PDCSAP_FLUX_ERR",
    "PSF_CENTR1",
    "MOM_CENTR1",
    "POS_CORR2",
]
some_rows = st.lists(st.integers(0, 59), max_size=8)
SPOILED = st.fixed_dictionaries(
    {
        "values": st.lists(
            st.tuples(st.sampled_from(FLOATS), some_rows, st.sampled_from([np.nan, -0.0, np.inf, 1.5])),
            max_size=6,
        ),
        "flags": st.lists(
            st.tuples(st.integers(0, 59), st.sampled_from([1, 64, 128, 175, 4096, 32768, -1])), max_size=8
        ),
        "times": st.sampled_from(["as they are", "backwards", "twice the same"]),
        "teff": st.sampled_from([None, 5800.0, 5800, True, "it's hot", "", "x / y"]),
    }
)


def spoil(how: dict[str, Any]) -> bytes:
    """Put NaN, flags and times anywhere in a small light curve; no rows means all of them."""
    with fits.open(io.BytesIO(small())) as hdus:
        data = hdus[1].data
        data["QUALITY"][:] = 0
        for row, flag in how["flags"]:
            data["QUALITY"][row] = flag
        if how["times"] == "backwards":
            data["TIME"][:] = data["TIME"][::-1].copy()
        if how["times"] == "twice the same":
            data["TIME"][3] = data["TIME"][9]
        for column, rows, value in how["values"]:
            data[column][rows or slice(None, None)] = value
        hdus[0].header["TEFF"] = how["teff"]
        out = io.BytesIO()
        hdus.writeto(out)
    return out.getvalue()


@settings(max_examples=size(10, 500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(how=SPOILED, quality_bitmask=st.sampled_from(["none", "default", "hard", 64]))
@example({"values": [("TIME", [], np.nan)], "flags": [], "times": "as they are", "teff": None}, "none")
@example({"values": [("TIME", [4], np.inf)], "flags": [], "times": "as they are", "teff": None}, "none")
@example({"values": [("TIME", [], 1.5)], "flags": [(4, 64)], "times": "as they are", "teff": None}, "hard")
def test_any_values_give_what_they_give_with_lightkurve(tmp_path: Path, how: Any, quality_bitmask: Any) -> None:
    plugin.tess_load(entry_of(put(tmp_path, data=small())), {})
    path = put(tmp_path, data=spoil(how))
    options = {"quality_bitmask": quality_bitmask}
    assert_loads_as_lightkurve_reads(path, options)


# -- text that goes on in CONTINUE cards, as SPOC writes it since sector 72 or so --


def continued(*changes: tuple[str, str]) -> bytes:
    """Put cards in place of a card of a light curve."""
    data, ends = small(), []
    for number in (0, 1):
        with fits.open(io.BytesIO(small())) as hdus:
            start, end = (hdus[number].fileinfo()[key] for key in ("hdrLoc", "datLoc"))
        text = data[start:end].decode("ascii")
        for old, new in changes:
            at = next((at for at in range(0, len(text), 80) if text.startswith(old.ljust(8), at)), None)
            text = text if at is None else text[:at] + new + text[at + 80 :]
        text = text.rstrip(" ")
        ends.append((start, end, text.ljust(-(-len(text) // 2880) * 2880).encode("ascii")))
    (start, end, primary), (_, last, header) = ends
    return primary + data[end : ends[1][0]] + header + data[last:]


CREATOR = "CREATOR = '100410 LightCurveExporterPipelineModule&' / pipeline job and program ".ljust(80)
TUNIT1 = "TUNIT1  = 'BJD - 2457000, days&' / column units: Barycenter corrected TESS Julia".ljust(80)
LATE = [
    [("CREATOR", CREATOR + "CONTINUE  '' /used to produce this file".ljust(80))],
    [("TUNIT1", TUNIT1 + "CONTINUE  '' /n Date (BTJD)".ljust(80))],
    [("CREATOR", CREATOR + "CONTINUE  ' it''s&' / it's".ljust(80) + "CONTINUE  ' / it'".ljust(80)),
     ("TUNIT1", TUNIT1 + "CONTINUE  '' /n Date (BTJD)".ljust(80))],
]  # fmt: skip


@pytest.mark.parametrize("changes", LATE, ids=["CREATOR", "TUNIT1", "both"])
def test_text_that_goes_on_is_read_whole_and_fast(
    tmp_path: Path, alone: Callable[..., Any], changes: list[tuple[str, str]]
) -> None:
    path = put(tmp_path, data=continued(*changes))
    curve = alone(path)
    assert_equal_curves(curve, lk.read(str(path)))
    assert "&" not in curve.meta["CREATOR"]


def test_files_of_early_and_late_sectors_are_of_one_kind(tmp_path: Path) -> None:
    for changes in ([], *LATE):
        path = put(tmp_path, data=continued(*changes))
        assert_equal_curves(read_light_curve(path), lk.read(str(path)))
    assert len(spoc._learnt) == 1


@pytest.mark.parametrize(
    "continuation",
    ["CONTINUE  / no text", "CONTINUE  'not closed", "CONTINUE  5", "CONTINUE  'one more&'", "CONTINUE 'x'"],
)
def test_text_that_goes_on_against_the_rules_is_left_to_lightkurve(tmp_path: Path, continuation: str) -> None:
    path = put(tmp_path, data=continued(("CREATOR", CREATOR + continuation.ljust(80))))
    with pytest.raises(Unsupported):
        read_light_curve(path)


# -- what other eras and other programs may change, without changing what it is --


def changed(change: Callable[[fits.HDUList], Any]) -> bytes:
    with fits.open(io.BytesIO(small())) as hdus:
        change(hdus)
        out = io.BytesIO()
        hdus.writeto(out, checksum=True)
    return out.getvalue()


def with_column(form: str, values: Any, **said: Any) -> Callable[[fits.HDUList], None]:
    """Put one more column into the table."""

    def change(hdus: fits.HDUList) -> None:
        column = fits.Column("EXTRA", form, array=np.resize(values, len(hdus[1].data)), **said)
        hdus[1] = fits.BinTableHDU.from_columns([*hdus[1].columns, column], header=hdus[1].header)

    return change


CHANGES: dict[str, Callable[[fits.HDUList], Any]] = {
    "written by astropy": lambda hdus: None,
    "long text": lambda hdus: hdus[0].header.update(OBJECT="TIC " + "x" * 150, PROCVER="it's & so" * 12),
    "long text of the table": lambda hdus: hdus[1].header.update(EXTRA="y" * 100),
    "keywords of a collection": lambda hdus: hdus[0].header.update(DOI="10.17909/t9-wpz1-8s54", HLSPID="TESS-SPOC"),
    "mission": lambda hdus: hdus[0].header.update(MISSION="TESS, extended"),
    "no name": lambda hdus: hdus[0].header.update(OBJECT=None),
    "one more image": lambda hdus: hdus.append(fits.ImageHDU(np.zeros((3, 3)))),
    "description": lambda hdus: hdus[1].header.update(TCOMM4="raw flux"),
    "gaps where there were none": lambda hdus: hdus[1].data["TIMECORR"].__setitem__([3, 9], np.nan),
    "small integers": with_column("I", [1, 2]),
    "large integers": with_column("K", [1, 2**40]),
    "bytes": with_column("B", np.array([0, 255], "u1")),
    "no unit": with_column("E", [1.5]),
    "no unit, with gaps": with_column("E", [1.5, np.nan]),
    "another unit": with_column("D", [1.5], unit="ppm"),
    "no unit in words": with_column("E", [1.5], unit="unitless"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_little_takes_the_fast_way_too(
    tmp_path: Path, alone: Callable[..., Any], change: Callable[[fits.HDUList], Any]
) -> None:
    path = put(tmp_path, data=changed(change))
    assert_equal_curves(alone(path), lk.read(str(path)))


def test_columns_of_another_form_with_the_same_meaning_take_the_fast_way(
    tmp_path: Path, alone: Callable[..., Any]
) -> None:
    path = put(tmp_path, data=small().replace(b"TFORM4  = 'E       '", b"TFORM4  = '1E      '"))
    assert b"'1E      '" in path.read_bytes()
    assert_equal_curves(alone(path), lk.read(str(path)))


def test_values_of_keywords_are_those_of_the_file_and_not_of_the_first_of_its_kind(
    tmp_path: Path, alone: Callable[..., Any]
) -> None:
    for mission in ("TESS", "TESS, extended", "x" * 100):
        path = put(tmp_path, data=changed(lambda hdus, value=mission: hdus[0].header.update(MISSION=value, TEFF=5)))
        assert_equal_curves(alone(path), lk.read(str(path)))


def test_a_renamed_light_curve_takes_the_fast_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "my star.fits", small())
    assert entry_of(path).item.kind == "other"
    expected = lk.read(str(path))
    plugin.tess_load(entry_of(path), {})
    monkeypatch.setattr(lk, "read", None)
    assert_equal_curves(plugin.tess_load(entry_of(path), {}), expected)


# -- what is not plain is left to lightkurve --


def with_card(card: str, hdu: int = 1) -> bytes:
    """Put a card in place of one about the gain, which nobody needs."""
    data, old = small(), b"GAINA   =" if hdu else b"TICVER  ="
    start = data.index(old)
    return data[:start] + card.encode("latin-1").ljust(80) + data[start + 80 :]


CARDS = {
    "CONTINUE": "CONTINUE  'and more'",
    "HIERARCH": "HIERARCH ESO gain = 5",
    "COMMENT with a value": "COMMENT = 5",
    "another keyword to astropy": "GAINA   = 'AXIS.1: 2'",
    "a comment to astropy": "GAINA   = 'a'' / b'",
    "COMMENT": "COMMENT somebody was here",
    "HISTORY": "HISTORY somebody was here",
    "blank": "",
    "TNULL": "TNULL3  =                   -1",
    "TSCAL": "TSCAL4  =                  2.0",
    "TZERO": "TZERO10 =           2147483648",
    "TDIM": "TDIM4   = '(1)     '",
    "THEAP": "THEAP   =                    0",
    "twice": "GAINB   =                  5.0",
    "complex value": "GAINA   = (1.0, 2.0)",
    "no value indicator": "GAINA     5.0",
    "quote not closed": "GAINA   = 'five",
    "lower case": "gaina   =                  5.0",
}


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyUserWarning")
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_headers_that_spoc_does_not_write_are_left_to_lightkurve(tmp_path: Path, card: str) -> None:
    path = put(tmp_path, data=with_card(card))
    with pytest.raises(Unsupported):
        read_light_curve(path)
    try:
        expected = lk.read(str(path))
    except lk.utils.LightkurveError:
        with pytest.raises(LoadError):
            plugin.tess_load(entry_of(path), {})
    else:
        assert_equal_curves(plugin.tess_load(entry_of(path), {}), expected)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"TUNIT4  = 'e-/s    '", b"TUNIT4  = 'furlongs'"),
        (b"TUNIT4  = 'e-/s    '", b"TUNIT4  = 'ADU     '"),
        (b"TDISP4  = 'E14.7   '", b"TDISP4  = 'G15.7   '"),
        (b"TIMESYS = 'TDB     '", b"TIMESYS = 'UTC     '"),
        (b"BJDREFI =              2457000", b"BJDREFI =              2454833"),
        (b"TTYPE4  = 'SAP_FLUX'", b"TTYPE4  = 'FLUX    '"),
        (b"TTYPE4  = 'SAP_FLUX'", b"TTYPE4  = 'QUALITY '"),
        (b"TFORM4  = 'E       '", b"TFORM4  = '4A      '"),
        (b"ORIGIN  = '", b"ORIGIN  = 'MIT/QLP '/"),
        (b"TELESCOP= 'TESS    '", b"TELESCOP= 'Kepler  '"),
        (b"LightCurveExporter", b"lightcurveexporter"),
        (b"EQUINOX =               2000.0", b"PCORIGIN=               2000.0"),
    ],
    ids=str,
)
def test_tables_that_spoc_does_not_write_become_what_lightkurve_makes_of_them(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    assert old in small()
    start = small().index(old)
    path = put(tmp_path, data=small()[:start] + new.ljust(len(old)) + small()[start + max(len(old), len(new)) :])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of units
        try:
            expected = lk.read(str(path))
        except lk.utils.LightkurveError:
            for _ in range(2):
                with pytest.raises(LoadError):
                    plugin.tess_load(entry_of(path), {})
            return
        expected.meta["AUTHOR"] = "SPOC" if expected.meta.get("AUTHOR") == "TESS-SPOC" else expected.meta.get("AUTHOR")
        for _ in range(2):
            assert_equal_curves(plugin.tess_load(entry_of(path), {}), expected)


@pytest.mark.parametrize("filename", [TASOC, PIXELS])
def test_files_by_others_are_left_to_lightkurve(tmp_path: Path, filename: str) -> None:
    with pytest.raises(Unsupported):
        read_light_curve(put(tmp_path, filename))


def test_a_table_behind_an_image_is_not_taken_for_the_light_curve(tmp_path: Path) -> None:
    read_light_curve(put(tmp_path, data=small()))
    with fits.open(io.BytesIO(small())) as hdus:
        fits.HDUList([hdus[0], hdus[2], hdus[1]]).writeto(tmp_path / "behind.fits")
    with pytest.raises(Unsupported):
        read_light_curve(tmp_path / "behind.fits")


def test_a_compressed_file_is_read_as_a_plain_one(tmp_path: Path, alone: Callable[..., Any]) -> None:
    path = put(tmp_path, f"{SPOC}.gz", gzip.compress(small()))
    assert_equal_curves(alone(path), lk.read(str(path)))


def test_tess_spoc_from_full_frame_images_equals_lightkurves(tmp_path: Path) -> None:
    path = put(tmp_path, TESS_SPOC)
    expected = lk.read(str(path))
    expected.meta["AUTHOR"] = "TESS-SPOC"  # lightkurve before 2.5 does not know it
    for _ in range(2):
        assert_equal_curves(plugin.tess_load(entry_of(path), {}), expected)


def test_an_author_that_lightkurve_tells_by_the_folder_is_that_of_this_file(tmp_path: Path) -> None:
    elsewhere = put(tmp_path, f"tess-spoc/{SPOC}", small())
    for path in (put(tmp_path, data=small()), elsewhere, put(tmp_path, data=small()), elsewhere):
        try:
            curve = read_light_curve(path)
        except Unsupported:  # and so it is left to lightkurve
            continue
        assert_equal_curves(curve, lk.read(str(path)))


@pytest.mark.parametrize(
    "options",
    [{"flux_column": "pos_corr1"}, {"quality_bitmask": 65535}, {"time_format": "jd"}],
    ids=str,
)
def test_arguments_out_of_the_common_give_what_they_give_with_lightkurve(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    """E.g. a flux whose error does not exist, a mask that leaves nothing."""
    if not set(options) <= set(inspect.signature(lk.io.tess.read_tess_lightcurve).parameters):
        pytest.skip("this lightkurve does not take it")
    with fits.open(io.BytesIO(small())) as hdus:
        hdus[1].data["QUALITY"][:] = 65535 if "quality_bitmask" in options else 0
        hdus.writeto(tmp_path / SPOC)
    path = tmp_path / SPOC
    assert_loads_as_lightkurve_reads(path, options)


@pytest.mark.parametrize(
    "options",
    [
        {"flux_column": "magic"},
        {"quality_bitmask": "soft"},
        {"flux_column": None},
        {"quality_bitmask": 2**40},
    ],
    ids=str,
)
def test_arguments_that_make_no_sense_are_told_in_the_same_words_however_much_was_learnt(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    path = put(tmp_path, data=small())
    told = set()
    for _ in range(2):
        with pytest.raises((LoadError, QueryError)) as caught:
            plugin.tess_load(entry_of(path), options)
        told.add(str(caught.value))
        plugin.tess_load(entry_of(path), {})
    assert len(told) == 1


@pytest.mark.parametrize("length", [0, 10, 2879, 2880, 5760, 8640, 11520, 20160, 25000])
def test_a_cut_file_is_called_damaged_as_ever(tmp_path: Path, length: int) -> None:
    plugin.tess_load(entry_of(put(tmp_path, data=small())), {})
    path = put(tmp_path, data=small()[:length])
    with pytest.raises(DamagedFileError, match=path.name):
        plugin.tess_load(entry_of(path), {})


# -- lightkurve is asked, not assumed --


def test_a_lightkurve_that_reads_otherwise_keeps_its_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = lk.read

    def other(path: Any, **options: Any) -> Any:
        curve = theirs(path, **options)
        curve.meta["NEW"] = "in the next version"
        return curve

    monkeypatch.setattr(lk, "read", other)
    path = put(tmp_path, data=small())
    assert read_light_curve(path).meta["NEW"] == "in the next version"
    assert list(spoc._learnt.values()) == [None]
    with pytest.raises(Unsupported):
        read_light_curve(path)
    assert plugin.tess_load(entry_of(path), {}).meta["NEW"] == "in the next version"


@pytest.mark.parametrize("change", ["format", "unit", "value", "column", "index"])
def test_a_difference_anywhere_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    theirs = lk.read

    def other(path: Any, **options: Any) -> Any:
        curve = theirs(path, **options)
        if change == "format":
            curve["time"].info.format = ".3f"
        elif change == "unit":
            curve["timecorr"] = curve["timecorr"].to("s")
        elif change == "value":
            curve["sap_bkg"][4] *= 1.0000002
        elif change == "column":
            curve["another"] = 1.0
        else:
            curve.remove_indices("time")
        return curve

    monkeypatch.setattr(lk, "read", other)
    read_light_curve(put(tmp_path, data=small()))
    assert list(spoc._learnt.values()) == [None]


def test_an_astropy_whose_tables_cannot_be_told_their_order_costs_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: Callable[..., Any]
) -> None:
    import astropy.table

    def refuse(*_: Any, **__: Any) -> None:
        raise TypeError("engine must be a class")

    monkeypatch.setattr(spoc, "_learnt", {})
    monkeypatch.setattr(astropy.table, "SortedArray", refuse)
    path = put(tmp_path, data=small())
    assert_equal_curves(alone(path), lk.read(str(path)))
    assert [recipe.ordered for recipe in spoc._learnt.values() if recipe] == [False]


def test_one_warning_about_a_file_with_many_bad_cadences(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with fits.open(io.BytesIO(small())) as hdus:
        hdus[1].data["QUALITY"][:40] = 128
        hdus.writeto(tmp_path / SPOC)
    for _ in range(2):
        caplog.clear()
        read_light_curve(tmp_path / SPOC)
        assert sum("will be ignored" in record.message for record in caplog.records) <= 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interrupt_while_lightkurve_is_asked_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise error

    path = put(tmp_path, data=small())
    with monkeypatch.context() as patch:
        patch.setattr(lk.TessLightCurve, "read", interrupted)
        with pytest.raises(error):
            read_light_curve(path)
    assert not spoc._learnt
    assert_equal_curves(plugin.tess_load(entry_of(path), {}), lk.read(str(path)))

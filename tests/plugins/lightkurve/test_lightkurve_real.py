"""The same over real files, by SPOC and others, whole and damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sample_files import entry_of
from test_lightkurve import tables_equal

import tess_source_lightkurve as plugin
from tess_source import Session
from tess_source.errors import DamagedFileError
from tess_source.files.whole import fault
from tess_source.tables.items import Items
from tess_source.tables.plan import Manifest, Plan
from tess_source_lightkurve.readers import lightkurve

pytestmark = pytest.mark.real


def whole(folder: Path) -> list[Path]:
    found = [path for path in sorted(folder.glob("*.fits*")) if "corrupted" not in path.name]
    assert found
    return found


def test_real_light_curves_equal_lightkurves_column_by_column(real: Path) -> None:
    read_rightly = [path for path in whole(real / "hlsp") if path.name.startswith(("hlsp_qlp", "hlsp_tess-spoc"))]
    for path in [*whole(real / "lc"), *read_rightly]:
        opened, expected = plugin.tess_load(entry_of(path), {}), lightkurve().read(str(path))
        assert tables_equal(opened, expected), path.name
        assert list(opened.meta) == list(expected.meta)
        assert opened.meta["AUTHOR"] == expected.meta["AUTHOR"]


@pytest.mark.parametrize("options", [{"flux_column": "sap_flux"}, {"quality_bitmask": "hard"}, {"quality_bitmask": 0}])
def test_real_light_curves_equal_lightkurves_with_arguments(real: Path, options: dict[str, Any]) -> None:
    for path in sorted((real / "lc").glob("tess*_lc.fits")):
        assert tables_equal(plugin.tess_load(entry_of(path), options), lightkurve().read(str(path), **options)), (
            path.name
        )


def test_real_pixel_files_and_cut_outs_equal_lightkurves(real: Path) -> None:
    import numpy as np

    for path in whole(real / "tp"):
        opened, expected = (
            plugin.tess_load(entry_of(path, kind="tp"), {"flux_column": "sap_flux"}),
            lightkurve().read(str(path)),
        )
        assert type(opened) is type(expected)
        assert opened.path == expected.path
        assert np.array_equal(opened.flux.value, expected.flux.value, equal_nan=True)
        assert (opened.time == expected.time).all()
        assert tables_equal(opened.to_lightcurve(), expected.to_lightcurve())
        expected.hdu.close()


@pytest.mark.parametrize("kind", ["lc", "other"])
def test_real_damaged_files_are_called_damaged(real: Path, kind: str) -> None:
    damaged = sorted([*real.glob("lc/*corrupted*.fits"), *real.glob("tp/*corrupted*.fits")])
    assert len(damaged) >= 6
    for path in damaged:
        with pytest.raises(DamagedFileError, match=r"cut in the (header|data) of HDU"):
            plugin.tess_load(entry_of(path, kind=kind), {})


def test_every_real_healthy_fits_file_is_whole(real: Path) -> None:
    for folder in ("lc", "tp", "hlsp", "dvt"):
        for path in whole(real / folder):
            assert fault(path) is None, path.name


def test_a_manifest_of_real_files_gives_collections_and_puts_the_damaged_aside(real: Path, session: Session) -> None:
    session.register(plugin)
    paths = sorted([*real.glob("lc/*"), *real.glob("hlsp/*"), *real.glob("dvt/*"), *real.glob("pdf/*")])
    entries = tuple(entry_of(path) for path in paths)
    items = Items.of([{"uri": e.item.uri, "path": e.item.path} for e in entries])
    loaded = Manifest(Plan(items, real, {}, session), entries).read(quality_bitmask="none")
    assert list(loaded.groups) == ["light curves"]
    assert len(loaded["light curves"]) == len(whole(real / "lc")) + len(whole(real / "hlsp"))
    told = {Path(path).name: type(error).__name__ for path, error in loaded.failed.items()}
    assert {name for name, error in told.items() if error == "DamagedFileError"} == {
        p.name for p in paths if "corrupted" in p.name
    }
    assert all(error == "NoReaderError" for name, error in told.items() if name.endswith((".pdf", "_dvt.fits")))

"""Arguments of readers that make no sense are refused before any file is read, whichever pipeline made it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tess_source
from tess_source import Manifest, Session
from tess_source.errors import NoReaderError, QueryError
from tess_source_sample.server import SampleArchive

BAD: dict[str, tuple[Any, ...]] = {
    "quality_bitmask": (1.5, np.float64(1.5), True, -1, 2**40, [1], (), {}, b"hard", "Default", "nonsense"),
    "flux_column": (5, None, "", " ", True, ["sap_flux"]),
    "flux_err_column": (5, ""),
    "time_format": ("btdj", 5),
    "include_inst_errs": (1, "yes"),
    "ext": (-1, 1.5, True, ""),
    "targetid": (1.5, True),
    "nonsense": (1,),
}
WITHOUT_READER = {"DIAMANTE lc", "T16 lc", "TARS lc"}
"""Files that lightkurve 2.6 cannot open."""
WAYS: dict[str, Callable[[Manifest, dict[str, Any]], object]] = {
    "load": lambda manifest, options: manifest.load(**options),
    "read": lambda manifest, options: manifest.read(**options),
    "iter_load": lambda manifest, options: list(manifest.iter_load(**options)),
    "iter_read": lambda manifest, options: list(manifest.iter_read(**options)),
    "map": lambda manifest, options: list(manifest.map(len, **options)),
    "open": lambda manifest, options: tess_source.open([entry.path for entry in manifest], **options),  # type: ignore[misc]
}
OPENED = ("SPOC lc", "SPOC tp", "SPOC dvt", "QLP lc")
"""What is tried with `open`, which reads a path's name anew each time. Of some names it must look into the header: TESS-DATA-ALERTS."""
_opened: list[str] = []
_listening: list[Path] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _listening and str(arguments[0]).startswith(str(_listening[0])):
        _opened.append(str(arguments[0]))


sys.addaudithook(_listen)


@pytest.fixture(scope="module")
def manifests(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Manifest]:
    """One file of each pipeline and kind that the sample archive has and that is read."""
    found = Session(shared_archive.url).search(sector=range(1, 100), kind=["lc", "tp", "dvt"])
    pairs = found.products.to_polars().unique(["pipeline", "kind"], keep="first", maintain_order=True)["uri"]
    folder = tmp_path_factory.mktemp("files")
    _listening[:] = [folder]
    manifest = found.select(where={"dataURI": pairs.to_list()}).plan(folder).download()
    assert not manifest.errors
    return {f"{entry.item.pipeline} {entry.item.kind}": Manifest(manifest.plan, (entry,)) for entry in manifest.entries}


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """The downloaded files that were opened during a test."""
    _opened.clear()
    yield _opened
    _opened.clear()


def test_the_sample_archive_has_files_of_several_pipelines(manifests: dict[str, Manifest]) -> None:
    assert {"SPOC lc", "SPOC tp", "SPOC dvt", "QLP lc", "TESS-SPOC lc"} <= set(manifests)


@pytest.mark.parametrize("way", WAYS)
def test_a_bad_argument_is_a_query_error_before_any_file_is_read(
    manifests: dict[str, Manifest], opened: list[str], way: str
) -> None:
    for whose, manifest in manifests.items():
        if way == "open" and whose not in OPENED:
            continue
        for name, values in BAD.items():
            for value in values:
                with pytest.raises(QueryError) as caught:
                    WAYS[way](manifest, {name: value})
                assert name in str(caught.value) and "give" in str(caught.value) + "give" * (name == "nonsense")
                assert not opened, (whose, name, value)


@pytest.mark.parametrize(
    "options",
    [{"quality_bitmask": np.int32(175)}, {"quality_bitmask": None}, {"quality_bitmask": "hardest"}, {"quality_bitmask": 0}],
)  # fmt: skip
def test_good_bitmasks_are_taken_by_every_pipeline(manifests: dict[str, Manifest], options: dict[str, Any]) -> None:
    for whose, manifest in manifests.items():
        failed = manifest.read(**options).failed.values()
        assert [type(error) for error in failed] == [NoReaderError] * (whose in WITHOUT_READER), whose


@pytest.mark.parametrize("bits", ["hardest", 65535, 1 << 20, (1 << 20) + 16])
def test_flags_of_sixteen_bits_are_compared_with_those_bits_of_the_bitmask_that_they_can_have(
    manifests: dict[str, Manifest], bits: str | int
) -> None:
    (curve,) = manifests["TGLC lc"].load(quality_bitmask=bits)
    (everything,) = manifests["TGLC lc"].load(quality_bitmask=0)
    asked = 65535 if bits == "hardest" else int(bits)
    kept = [int(flags) & asked == 0 for flags in everything["quality"]]
    assert len(curve) == sum(kept)
    assert curve.meta["QUALITY_BITMASK"] == bits

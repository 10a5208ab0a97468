"""Patterns of addresses: with the numbers of the star they give the addresses again."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tess_source import names
from tess_source.names import Name
from tess_source_catalogue import patterns as module
from tess_source_catalogue.patterns import Patterns, described, packed
from tess_source_catalogue.stored import files_of, packed_files

PI_MEN = "mast:TESS/product/tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"
QLP = "mast:HLSP/qlp/s0014/0000/0003/9098/8385/hlsp_qlp_tess_ffi_s0014-0000000390988385_tess_v01_llc.fits"
TGLC = (
    "mast:HLSP/tglc/s0001/cam2-ccd1/0063/9919/6263/9391/"
    "hlsp_tglc_tess_ffi_gaiaid-6399196263939178880-s0001-cam2-ccd1_tess_v1_llc.fits"
)


def patterns_of(uris: list[str]) -> list[str]:
    said = names.columns(pl.Series(uris))
    return packed(pl.Series(uris), said["tic"], said["gaia"]).to_list()


def test_the_number_of_the_star_leaves_its_place_in_the_name_and_in_the_folder() -> None:
    assert patterns_of([PI_MEN]) == ["mast:TESS/product/tess2018206045859-s0001-{tic:16}-0120-s_lc.fits"]
    assert patterns_of([QLP]) == ["mast:HLSP/qlp/s0014/{tic/}/hlsp_qlp_tess_ffi_s0014-{tic:16}_tess_v01_llc.fits"]
    assert patterns_of([TGLC]) == [
        "mast:HLSP/tglc/s0001/cam2-ccd1/{gaia/}/hlsp_tglc_tess_ffi_gaiaid-{gaia:1}-s0001-cam2-ccd1_tess_v1_llc.fits"
    ]


@pytest.mark.parametrize("few", [0, 1000], ids=["by columns", "one by one"])
def test_addresses_of_all_shapes_together_come_back_in_their_order(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEW", few)
    uris = [QLP, PI_MEN, "https://example.org/what is this", TGLC, PI_MEN.replace("261136679", "025155310"), "x"]
    said = names.columns(pl.Series(uris))
    patterns = packed(pl.Series(uris), said["tic"], said["gaia"])
    distinct = patterns.unique(maintain_order=True)
    codes = pl.Series([distinct.to_list().index(pattern) for pattern in patterns] + [None])
    numbers = [said[name].extend_constant(None, 1) for name in ("tic", "gaia")]
    assert Patterns(distinct).rendered(codes, *numbers).to_list() == [*uris, None]


def test_braces_which_a_uri_cannot_hold_are_escaped() -> None:
    assert files_of(packed_files(pl.Series(["mast:TESS/product/{tic:16}.fits", "{", "}{}"]))).to_list() == [
        "%7B",
        "%7D%7B%7D",
        "mast:TESS/product/%7Btic:16%7D.fits",
    ]


@pytest.mark.parametrize(
    ("uri", "obs_id", "of"),
    [
        (PI_MEN, "tess2018206045859-s0001-{tic:16}-0120-s", "target"),
        (PI_MEN.replace("s_lc", "s_tp"), "tess2018206045859-s0001-{tic:16}-0120-s", "target"),
        (
            "mast:TESS/product/tess2024030031500-s0075-0000000016740101-0270-a_fast-tp.fits",
            "tess2024030031500-s0075-{tic:16}-0270-a_fast",
            "fast",
        ),
        (
            "mast:TESS/product/tess2019199201929-s0014-s0016-0000000016740101-02-00253_dvs.pdf",
            "tess2019199201929-s0014-s0016-{tic:16}",
            "dv",
        ),
        (QLP, "hlsp_qlp_tess_ffi_s0014-{tic:16}_tess_v01_llc", "hlsp"),
        (
            "mast:HLSP/tess-spoc/s0001/target/0000/0002/6113/6679/hlsp_tess-spoc_tess_phot_0000000261136679-s0001_tess_v1_lc.fits",
            "hlsp_tess-spoc_tess_phot_{tic:16}-s0001_tess_v1_tp",
            "hlsp",
        ),
        (TGLC, "hlsp_tglc_tess_ffi_gaiaid-{gaia:1}-s0001-cam2-ccd1_tess_v1_llc", "hlsp"),
        ("mast:TESS/product/nonsense.fits", None, "other"),
    ],
)
def test_a_pattern_tells_the_obs_id_as_the_portal_writes_it(uri: str, obs_id: str | None, of: str) -> None:
    (row,) = described(pl.Series(patterns_of([uri]))).rows(named=True)
    assert (row["obs_id"], row["of"]) == (obs_id, of)


tics = st.integers(1, 10**16 - 1)
sectors = st.integers(1, 9999)
spoc = st.builds(
    Name,
    st.sampled_from(["lc", "tp"]),
    st.just("SPOC"),
    st.just("2018206045859"),
    tic=tics,
    first_sector=sectors,
    scid=st.integers(0, 9999),
    cosmic_ray=st.sampled_from("xsab"),
)
qlp = st.builds(Name, st.just("lc"), st.just("QLP"), tic=tics, first_sector=sectors, version=st.just("v01"))
tglc = st.builds(
    Name,
    st.just("lc"),
    st.just("TGLC"),
    gaia=st.integers(1, 7 * 10**18 - 1),
    first_sector=sectors,
    camera=st.integers(1, 4),
    ccd=st.integers(1, 4),
    version=st.just("v1"),
)


@given(st.lists(st.one_of(spoc, qlp, tglc), min_size=1, max_size=20))
def test_names_that_are_packed_come_back_as_they_were(found: list[Name]) -> None:
    uris = {names.uri(replace(name, last_sector=name.first_sector)) for name in found}
    rows = packed_files(pl.Series(sorted(uris)))
    assert set(files_of(rows)) == uris
    assert rows["tic"].is_sorted() and not rows["strange"].any()

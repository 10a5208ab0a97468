"""Any text may be asked for as a name: what is none is of kind "other", one by one and in columns, and no number is too long."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
from fuzz import SEED, altered, attempts

from tess_source import names
from tess_source.names.sectors import sectors_of_text, text_of_sectors, texts_of_sectors

NAMES = (
    "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits",
    "tess2019199201929-s0014-s0055-0000000016740101-00652_dvt.fits.gz",
    "tess2019199201929-s0014-s0014-0000000016740101-01-00240_dvs.pdf",
    "tess2018206192942-s0001-1-1-0120-s_ffic.fits",
    "hlsp_qlp_tess_ffi_s0026-0000000016740101_tess_v01_llc.fits",
    "hlsp_tglc_tess_ffi_gaiaid-4618107955126437632-s0001-cam3-ccd3_tess_v1_llc.fits",
    "hlsp_cdips_tess_ffi_gaiatwo0002030897830235411200-s0014-cam1-ccd1_tess_v01_llc.fits",
    "hlsp_pathos_tess_lightcurve_tic-0093270923-s0008_tess_v1_llc.fits",
    "hlsp_tasoc_tess_ffi_tic00261136679-s01-cam4-ccd2-c1800_tess_v04_cbv-lc.fits",
    "hlsp_t16_tess_ffi_s0003-cam1-ccd3-02475555794352572672_tess_v01",
    "tess-s0001-4-2_84.291190_-80.469170_6x6_astrocut.fits",
    "tess_multisector_14_86_drn122_targetinfo_v01.txt.gz",
    "tesscurl_sector_2_lc.sh",
    "tess2018206045859-s0001-0000000025155310-0120-s",
    "hlsp_tica_s0001-cam1-ccd1",
)
DIGITS = (
    "",
    "0",
    "00",
    "9" * 4,
    "9" * 13,
    "9" * 19,
    "9" * 25,
    "9" * 4400,
    "²",
    "٣",
    "9",
    "-1",
    "1e999",
    "nan",
    "\0",
    "\n",
    "\ud800",
    "é",
    " ",
)


def odd_name(chance: random.Random) -> str:
    name = chance.choice(NAMES)
    if chance.random() < 0.4:
        return altered(name.encode(), chance).decode("latin-1")
    places = [at for at, letter in enumerate(name) if letter.isdigit()]
    first = chance.choice(places)
    last = chance.choice([at for at in places if at >= first])
    return name[:first] + chance.choice(DIGITS) + name[last + 1 :]


def test_no_text_makes_a_reader_of_names_raise() -> None:
    found: list[tuple[int, str, BaseException]] = []
    for number, chance in attempts(400, 5000):
        text = odd_name(chance)
        for read, write in ((names.parse, names.format), (names.parse_obs_id, names.format_obs_id)):
            try:
                name = read(text)
                if name.kind != "other":
                    assert read(write(name)) == name
                assert not names.same_product(text, "x")
            except Exception as error:  # noqa: BLE001  that is the question
                found.append((number, text[:80], error))
    assert found == []


def test_columns_of_odd_texts_are_read_as_one_by_one() -> None:
    texts = [name for _, chance in attempts(400, 5000) if (name := odd_name(chance)).isascii() or "\ud800" not in name]
    column = pl.Series("name", [*NAMES, *texts, None])
    for read_one, read_all in ((names.parse, names.columns), (names.parse_obs_id, names.obs_id_columns)):
        frame = read_all(column)
        for row, text in zip(frame.iter_rows(named=True), column, strict=True):
            expected: dict[str, Any] = {field: getattr(read_one(text or ""), field) for field in frame.columns}
            assert row == expected
    assert len(names.product_numbers(column)) == len(names.latest_names(column)) == len(column)


def test_a_number_of_25_digits_in_an_obs_id_is_no_number() -> None:
    assert names.parse_obs_id("tess2018206045859-s0001-" + "9" * 25 + "-0120-s") == names.Name("other")
    assert names.parse("tess2018206045859-s" + "9" * 25 + "-0000000025155310-0120-s_lc.fits") == names.Name("other")


def test_texts_of_sectors_are_read_or_refused() -> None:
    chance = random.Random(SEED)
    for _ in range(300):
        text = (
            chance.choice(("", "1-3,", "5,")) + chance.choice(DIGITS) + chance.choice(("", "-", ",", "-9", "-9999999"))
        )
        try:
            assert max(sectors_of_text(text), default=0) <= 9999
        except ValueError as error:
            assert len(str(error)) < 200, "an error shows no more than the beginning of what it is about"


def test_columns_of_any_numbers_are_written_as_sectors() -> None:
    column = pl.Series([[10**6, -3, 2**62], [1, 2, 3], None], dtype=pl.List(pl.Int64))
    assert texts_of_sectors(column).to_list() == [text_of_sectors([10**6, -3, 2**62]), "1-3", None]

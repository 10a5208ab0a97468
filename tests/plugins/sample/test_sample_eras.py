"""The sample archive's headers are those of their era: of the version of the software that made the real files."""

from __future__ import annotations

import gzip
import re
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from tess_source import names
from tess_source_sample.files import eras, make
from tess_source_sample.files.fits import ASTROPY, BLOCK, CARD, Writer, ones_sum

RECENT = Writer(continued=True)

S1 = "tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"
S5 = "tess2018319095959-s0005-0000000307210830-0125-s_lc.fits"
S6_FORMER = "tess2018349182459-s0006-0000000038846515-0126-s_lc.fits"
S6 = "tess2018349182500-s0006-0000000038846515-0126-s_lc.fits"
S72 = "tess2023315124025-s0072-0000000038846515-0267-s_lc.fits"
S88 = "tess2025014115807-s0088-0000000038846515-0285-s_lc.fits"
DVT_81 = "tess2024197010539-s0081-s0081-0000000390988385-00910_dvt.fits"
DVT_ALL = "tess2019199201929-s0014-s0086-0000000390988385-00971_dvt.fits"


def tess_spoc(sector: int) -> str:
    return f"hlsp_tess-spoc_tess_phot_0000000038846515-s{sector:04d}_tess_v1_lc.fits"


def headers(content: bytes) -> list[list[str]]:
    """The cards of every header, as they stand in the file, without blank ones and END."""
    with fits.open(BytesIO(content)) as hdus:
        places = [hdu.fileinfo() for hdu in hdus]
    parts = [content[place["hdrLoc"] : place["datLoc"]].decode("ascii") for place in places]
    return [[part[at : at + CARD] for at in range(0, part.index("END" + " " * 77), CARD)] for part in parts]


def continued(cards: list[str]) -> list[str]:
    """The keywords whose cards go on."""
    return [one[:8].strip() for one, other in pairwise(cards) if other.startswith("CONTINUE")]


# -- card by card beside real files

REAL = [
    ("lc/" + S1, S1, False),
    ("lc/tess2018206045859-s0001-0000000025155310-0120-s_lc.fits", S1, True),
    *(("lc/" + name, name, False) for name in ("tess2018263035959-s0003-0000000012862099-0123-s_lc.fits", S6, S88)),
    ("lc/" + S5, S5, True),
    ("lc/tess2018349182459-s0006-0000000404768847-0126-s_lc.fits", S6_FORMER, False),
    ("hlsp/" + tess_spoc(1).replace("0038846515", "0261136679"), tess_spoc(1), False),
    *(("hlsp/" + tess_spoc(sector), tess_spoc(sector), False) for sector in (4, 27, 68)),
    ("tp/tess25155310-s01-first-cadences.fits.gz", S5.replace("_lc", "_tp"), True),
    *(
        (f"dvt/{stem}-0000000012862099-{run}_dvt.fits", f"{stem}-0000000012862099-{run}_dvt.fits", False)
        for stem, run in (("tess2018263124740-s0003-s0003", "00405"), ("tess2018267104341-s0003-s0003", "00126"))
    ),
    *(
        ("hlsp/" + name, name, False)
        for name in (
            "hlsp_qlp_tess_ffi_s0002-0000000038846515_tess_v01_llc.fits",
            "hlsp_tasoc_tess_ffi_tic00261136679-s0001-cam4-ccd2-c1800_tess_v05_ens-lc.fits",
            "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000261136679_tess_v1.0_lc.fits",
        )
    ),
]
"""Real file, ours, and whether ours is of the first release."""

OWN = {"SIMDATA", "COMMENT"}
"""What says that a file is simulated; real files of QLP and TASOC have no such keywords."""
ENSEMBLE = {"ENS_MED", "ENS_NUM", "ENS_DLIM", "ENS_DREL", "ENS_RLIM"}
"""TASOC's correction by ensembles; the archive's other files are corrected by basis vectors."""
OF_THE_STAR = {"PMRA", "PMDEC", "PMTOTAL", "TEFF", "LOGG", "MH", "RADIUS", "PDC_VAR", "PDC_VARP", "TMAG"}
"""What is unknown of some stars."""


def content_of(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def form(card: str) -> tuple[str, str, str, int]:
    """What a card shows apart from its value: keyword, type, comment, and where the comment begins."""
    keyword, body = re.sub(r"^TMOFST\d\d", "TMOFST", card[:8].strip()), card[10:]
    if card[8:10] != "= ":
        return keyword, "text", "", 0
    string = re.match(r"'[^']*'", body)
    value = string[0] if string else body.partition("/")[0].strip()
    comment = body[len(string[0]) :] if string else body.partition("/")[2]
    kind = (
        "string" if string else "bool" if value in {"T", "F"} else "int" if re.fullmatch(r"-?\d+", value) else "float"
    )
    if keyword in OF_THE_STAR:
        kind = "unknown or float"
    elif not value:
        kind = "undefined"
    comment = re.sub(r"camera \d and ccd \d|updated \d.*", "", comment).strip(" /")
    return keyword, kind, comment, card.find(" / ", 10 + len(value)) if len(value) <= 20 else -1


def forms(cards: list[str]) -> list[tuple[str, str, str, int]]:
    return [form(card) for card in cards if not card.startswith("CONTINUE")]


@pytest.mark.real
@pytest.mark.parametrize(("theirs", "ours", "first_release"), REAL, ids=lambda value: str(value)[-60:])
def test_every_card_has_the_form_of_the_real_one(real: Path, theirs: str, ours: str, first_release: bool) -> None:
    there, here = content_of(real / theirs), make(ours, first_release=first_release)
    pairs = list(zip(headers(there), headers(here), strict="tasoc" not in theirs))  # the last is of ensembles only
    for real_cards, our_cards in pairs:
        gone = ENSEMBLE | (OWN - {form(card)[0] for card in real_cards}) | {"COMMENT"}
        expected = [shape for shape in forms(real_cards) if shape[0] not in gone]
        found = [shape for shape in forms(our_cards) if shape[0] not in gone]
        assert [shape[0] for shape in found] == [shape[0] for shape in expected]
        for one, other in zip(found, expected, strict=True):
            assert one[:2] == other[:2]
            if min(one[3], other[3]) >= 0:
                assert (one[2], one[3]) == (other[2], other[3]), one[0]
            else:  # a long value leaves less room for the comment
                assert one[2].startswith(other[2]) or other[2].startswith(one[2]), one[0]
        assert continued(our_cards) == continued(real_cards)


@pytest.mark.real
@pytest.mark.parametrize(("theirs", "ours", "first_release"), REAL, ids=lambda value: str(value)[-60:])
def test_cards_of_equal_values_are_equal_to_the_last_character(
    real: Path, theirs: str, ours: str, first_release: bool
) -> None:
    there, here = headers(content_of(real / theirs)), headers(make(ours, first_release=first_release))
    compared = 0
    for real_cards, our_cards in zip(there, here, strict=False):
        known = {card[:30]: card for card in real_cards if len(card[:30].strip()) < 30 or card[10] != "'"}
        same = [(card, known[card[:30]]) for card in our_cards if card[:30] in known and card[8] == "="]
        for one, other in same:
            assert re.sub(r"updated .*", "", one) == re.sub(r"updated .*", "", other)
        compared += len(same)
    assert compared > 60


@pytest.mark.real
@pytest.mark.parametrize(("theirs", "ours", "first_release"), REAL, ids=lambda value: str(value)[-60:])
def test_columns_are_those_of_the_real_file(real: Path, theirs: str, ours: str, first_release: bool) -> None:
    there, here = content_of(real / theirs), make(ours, first_release=first_release)
    with fits.open(BytesIO(there)) as other, fits.open(BytesIO(here)) as one:
        tables = [(a.columns, b.columns) for a, b in zip(one, other, strict=False) if isinstance(a, fits.BinTableHDU)]
        assert tables
        for found, expected in tables:
            for attribute in ("name", "format", "unit", "disp", "null", "dim"):
                assert [getattr(column, attribute) for column in found] == [
                    getattr(column, attribute) for column in expected
                ]


@pytest.mark.real
@pytest.mark.parametrize("name", ["lc/" + S1, "lc/" + S6, "lc/" + S88, *(f"hlsp/{tess_spoc(n)}" for n in (4, 27, 68))])
def test_a_file_that_is_asked_for_no_size_has_that_of_the_real_one(real: Path, name: str) -> None:
    assert len(make(name.partition("/")[2])) == (real / name).stat().st_size


# -- what holds without real files


@pytest.mark.parametrize(
    ("name", "primary", "table"),
    [
        *((name, [], []) for name in (S1, S5, S6, S6_FORMER)),
        *((name, ["CREATOR"], ["TUNIT1"]) for name in (S72, S88, S88.replace("s_lc", "a_fast-lc"))),
        *((tess_spoc(sector), [], []) for sector in (1, 27, 56)),
        *((tess_spoc(sector), ["CREATOR"], ["TUNIT1"]) for sector in (68, 88)),
        (S88.replace("_lc", "_tp"), ["CREATOR"], []),
        (DVT_81, ["CREATOR", "RESFILE", "SECTORS"], ["TUNIT1", "TTYPE6"]),
        (DVT_ALL, ["CREATOR", "RESFILE", "SECTORS"], ["TUNIT1", "TTYPE6"]),
        ("tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits", [], []),
    ],
)
def test_recent_headers_alone_have_continued_cards(name: str, primary: list[str], table: list[str]) -> None:
    first, second, *_ = headers(make(name))
    assert (continued(first), continued(second)) == (primary, table)


def test_the_sectors_of_a_late_search_are_longer_than_a_card() -> None:
    with fits.open(BytesIO(make(DVT_ALL))) as hdus:
        bits = hdus[0].header["SECTORS"]
    assert [number for number, bit in enumerate(bits) if bit == "1"] == [54, 81]
    assert len(bits) == 82


@pytest.mark.parametrize(
    ("name", "first_release"),
    [
        *((name, True) for name in (S1, S5)),
        *((name, False) for name in (S1, S6, S6_FORMER, S72, S88, DVT_81, DVT_ALL)),
        *((tess_spoc(sector), False) for sector in (1, 4, 27, 56, 68, 88)),
    ],
)
def test_astropy_finds_no_fault_and_checksums_are_right_in_every_era(name: str, first_release: bool) -> None:
    content = make(name, first_release=first_release)
    assert len(content) % BLOCK == 0
    with fits.open(BytesIO(content)) as hdus:
        hdus.verify("exception")
        for hdu in hdus:
            place = hdu.fileinfo()
            if "CHECKSUM" in hdu.header:
                assert ones_sum(content[place["hdrLoc"] : place["datLoc"] + place["datSpan"]]) == 0xFFFFFFFF


@pytest.mark.parametrize("pipeline", ["tasoc", "eleanor"])
def test_files_by_astropy_have_both_sums(pipeline: str) -> None:
    name = {
        "tasoc": "hlsp_tasoc_tess_ffi_tic00141914082-s0001-cam4-ccd2-c1800_tess_v05_cbv-lc.fits",
        "eleanor": "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000141914082_tess_v1.0_lc.fits",
    }[pipeline]
    with fits.open(BytesIO(make(name)), checksum=True) as hdus:  # a wrong sum would be a warning, and so an error
        assert len(hdus) == {"tasoc": 4, "eleanor": 3}[pipeline]
        assert all({"CHECKSUM", "DATASUM"} <= set(hdu.header) for hdu in hdus)


def test_the_first_release_has_the_header_of_its_time_under_the_same_name() -> None:
    def said(content: bytes) -> tuple[object, ...]:
        with fits.open(BytesIO(content)) as hdus:
            header = hdus[0].header
            kept = ("DATA_REL", "TICVER", "PROCVER", "DATE-OBS")
            return (*(header[key] for key in kept), header.comments["TSTART"].rpartition(" ")[2], len(hdus[1].data))

    former, today = said(make(S1, first_release=True)), said(make(S1))
    assert former[:3] == (1, 7, "spoc-3.3.36-20180925")
    assert today[:3] == (42, "8.1", "spoc-5.0.10-20200904")
    assert (former[4], today[4]) == ("TJD", "BTJD")
    assert str(former[3]).endswith("Z")
    assert not str(today[3]).endswith("Z")
    assert former[5] == today[5]


def test_in_sector_6_the_name_tells_which_release_a_file_is_of() -> None:
    with fits.open(BytesIO(make(S6_FORMER))) as former, fits.open(BytesIO(make(S6))) as today:
        assert (former[0].header["DATA_REL"], today[0].header["DATA_REL"]) == (8, 42)
        assert (former[0].header["TICVER"], today[0].header["TICVER"]) == (7, "8.1")
        assert (former[1].data["CADENCENO"] == today[1].data["CADENCENO"]).all()


def test_a_version_belongs_to_the_latest_era_that_had_begun() -> None:
    versions = ("3.3.57-20190215", "4.0.28-20200407", "5.0.20-20201120", "5.0.77-20221025", "5.0.103-20231116")
    found = [eras.Processing(f"spoc-{version}", 1).era for version in versions]
    assert found == [eras.FIRST, eras.SECOND, eras.SECOND, eras.THIRD, eras.FOURTH]


def test_releases_and_versions_never_go_back_from_one_sector_to_the_next_since_sector_27() -> None:
    processed = [eras.of_sector(sector) for sector in range(27, 100)]
    assert all(one.data_rel <= other.data_rel for one, other in pairwise(processed))
    assert all(one.date <= other.date for one, other in pairwise(processed))
    assert eras.of_name(names.parse(S88)).data_rel == 121


# -- the writer

TEXT = st.text("abcXYZ 0189-/.,&", max_size=200).map(str.strip)


@given(value=TEXT.filter(lambda text: " / " not in text and not text.endswith("&")), comment=TEXT)
def test_a_recent_card_says_all_of_its_value_and_comment(value: str, comment: str) -> None:
    cards = RECENT.card(f"KEYWORD = '{value}'" + (f" / {comment}" if comment else ""))
    assert {len(card) for card in cards} == {CARD}
    assert all(card.startswith("CONTINUE  '") for card in cards[1:])
    read = fits.Card.fromstring("".join(cards))
    assert read.value == value
    assert re.sub(r"\s", "", read.comment) == re.sub(r"\s", "", comment)


@given(value=TEXT.filter(lambda text: " / " not in text and len(text) <= 68), comment=TEXT)
def test_an_early_card_cuts_its_comment_and_never_its_value(value: str, comment: str) -> None:
    (card,) = Writer().card(f"KEYWORD = '{value}' / {comment}")
    read = fits.Card.fromstring(card)
    assert read.value == value
    assert comment.startswith(read.comment.strip())


def test_a_number_is_never_continued_and_gives_up_its_place_for_the_comment() -> None:
    line = "CRBLKSZ = 10 / [exposures] s/c cosmic ray mitigation block size"
    assert RECENT.card(line) == [line.ljust(CARD)]
    assert Writer().card(line) == ["CRBLKSZ =                   10 / [exposures] s/c cosmic ray mitigation block siz"]


@pytest.mark.parametrize(
    ("value", "early", "recent"),
    [
        (120 / 86400, "0.001388888888888889", "0.0013888888888889"),
        (600 / 86400, "0.006944444444444444", "0.0069444444444444"),
        (1800 / 86400, "0.020833333333333332", "0.0208333333333333"),
        (-0.005433995362447182, "-0.005433995362447", "-0.0054339953624472"),
        (6.843605333029245, "6.843605333029245", "6.843605333029245"),
        (1.0, "1.0", "1.0"),
    ],
)
def test_double_precision_is_written_as_in_real_headers(value: float, early: str, recent: str) -> None:
    assert (Writer().double(value), RECENT.double(value)) == (early, recent)


@pytest.mark.parametrize(
    ("value", "early", "recent"),
    [
        (1.02, "1.0199999809265137", "1.02"),
        (0.06, "0.05999999865889549", "0.06"),
        (0.9248221516609192, "0.9248221516609192", "0.9248222"),
        (0.0, "0.0", "0.E0"),
        (1.0, "1.0", "1.0"),
    ],
)
def test_single_precision_is_written_as_in_real_headers(value: float, early: str, recent: str) -> None:
    assert (ASTROPY.single(value), RECENT.single(value)) == (early, recent)

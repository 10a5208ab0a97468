"""The cards of a header are read as astropy reads them, and where no two readers can differ that is known."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import pytest
from astropy.io import fits
from astropy.io.fits.verify import VerifyError
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sizes import size

from tess_source.errors import DamagedFileError
from tess_source.files.cards import CARD, Header, end_of

ASTROPY_ENDS_HERE = re.compile(r"'' */|'&' */.{0,69}'")
"""A doubled quote with a slash behind it: astropy takes it for the end of the text and for a comment. Or a part that is empty, with a quote
in its comment."""
RECORD = re.compile(r"'[A-Za-z_][\w.]*: +[+-]?[.\d]")
"""Texts that astropy gives another keyword (Paper IV's "record-valued keyword cards")."""
WRONG: Any = object()
"""What astropy says of a card that it cannot read."""


def header(*cards: str) -> Header:
    return Header(b"".join(card.encode().ljust(CARD) for card in cards))


def images(cards: list[str]) -> str:
    return "".join(card.ljust(CARD) for card in cards)


def of_text(text: str) -> Header:
    data = text.encode()
    return Header(data[: end_of(data)])


def value_of(card: fits.Card) -> Any:
    try:
        value = card.value
    except VerifyError:
        return WRONG
    return None if isinstance(value, fits.card.Undefined) else value


def same(one: Any, other: Any) -> bool:
    return bool(one == other) and type(one) is type(other)


def quiet(function: Any, *args: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # comments that are cut, keywords that are none
        return function(*args)


# -- what astropy writes --

printable = st.characters(min_codepoint=32, max_codepoint=126)
texts = st.one_of(st.text(printable, max_size=300), st.text("'&/ ab", max_size=200))
numbers = st.one_of(
    st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.complex_numbers(allow_nan=False, allow_infinity=False), st.just(fits.card.UNDEFINED),
)  # fmt: skip
keywords = st.one_of(
    st.from_regex(r"[A-Z][A-Z0-9_-]{0,7}", fullmatch=True),
    st.from_regex(r"HIERARCH [A-Z][A-Z0-9]{0,5} [A-Z][A-Z0-9_-]{0,10}", fullmatch=True),
).filter(lambda key: key not in {"COMMENT", "HISTORY", "CONTINUE", "END", "HIERARCH", "XTENSION", "SIMPLE"})
cards = st.tuples(keywords, st.one_of(texts, numbers), st.text(printable, max_size=120))


@settings(max_examples=size(20, 1000), deadline=None)
@given(st.lists(cards, max_size=6, unique_by=lambda card: card[0].removeprefix("HIERARCH ")))
@example([("CREATOR", "100410 LightCurveExporterPipelineModule", "pipeline job and program used to produce this file")])
@example([("SECTORS", "01" * 50, ""), ("NUMTCES", 2, "")])
@example([("A", "it's " * 40, "it's"), ("B", "&" * 70, ""), ("C", "x" * 67 + "''" * 40, "")])
def test_what_astropy_writes_is_read_as_astropy_reads_it(said: list[tuple[str, Any, str]]) -> None:
    theirs = fits.Header()
    for key, value, comment in said:
        try:
            quiet(theirs.append, fits.Card(key, value, comment))
        except ValueError:  # too long for a HIERARCH card
            assume(False)
    text = quiet(theirs.tostring)
    ours, again = of_text(text), fits.Header.fromstring(text)
    for (key, put, _), card in zip(said, quiet(lambda: list(again.cards)), strict=True):
        short, expected = key.removeprefix("HIERARCH "), quiet(value_of, card)
        if isinstance(put, str) and expected != put.rstrip():  # astropy does not read what it wrote
            expected = put.rstrip()
        assume(not RECORD.search(card.image))
        assert same(ours[short], expected)
        assert short in ours
    assert list(ours) == [key.removeprefix("HIERARCH ") for key, *_ in said]
    assert ours.read() == {key: ours[key] for key in ours}
    assert ours.unreadable() == []


# -- what others write --

fields = st.one_of(
    st.text("'&/ TF+-.0123456789EDed(),a", max_size=70),
    st.from_regex(r" {0,12}[+-]? ?(\d{1,9}|\d{0,5}\.\d{1,9}|\d{1,5}\.)( ?[EDed] ?[+-]? ?\d{1,2})? {0,3}(/.{0,9})?", fullmatch=True),
    st.from_regex(r" ?\( ?[+-]?\d{1,3}(\.\d?)?(E\d)? ?, ?[+-]?\d{1,3}(\.\d?)? ?\) ?(/[ -~]{0,9})?", fullmatch=True),
    st.from_regex(r" {0,9}'([ -&(-~]|''){0,30}' {0,3}(/[ -~]{0,20})?", fullmatch=True),
    st.sampled_from(["1_000", "+-5", "0x1", "T", "F", "TRUE", "T / 'x'", "5.0 comment", "", "/ 'a' = 5", "''", "'  '"]),
)  # fmt: skip


@settings(max_examples=size(20, 1000), deadline=None)
@given(fields)
def test_what_others_write_is_read_as_astropy_reads_it(field: str) -> None:
    card = f"KEYWORD = {field}"
    assume(card.isascii() and card.isprintable() and len(card) <= CARD)
    assume(not ASTROPY_ENDS_HERE.search(field) and not RECORD.search(field))
    ours, theirs = header(card), quiet(lambda: value_of(fits.Card.fromstring(card)))
    if theirs is WRONG:
        assert ours["KEYWORD"] is None
        assert ours.unreadable() == ["KEYWORD"]
    elif ours.unreadable():
        assert field.lstrip().startswith("'")
    else:
        assert same(ours["KEYWORD"], theirs)


pieces = st.one_of(
    fields.map(lambda field: f"KEYWORD = {field}"),
    st.from_regex(r"'([ -&(-~]|''){0,30}&' ?(/[ -~]{0,20})?", fullmatch=True).map(lambda field: f"LONG    = {field}"),
    st.from_regex(r"CONTINUE ?(  )?'([ -&(-~]|''){0,30}&?' ?(/[ -~]{0,20})?", fullmatch=True),
    st.sampled_from(["COMMENT = 5", "HISTORY x", "HIERARCH A B = 1", "", "lower   = 5", "CONTINUE", "CONTINUE  / x", "A= 5", "A       =5"]),
)  # fmt: skip


@settings(max_examples=size(20, 1000), deadline=None)
@given(st.lists(pieces, max_size=5))
@example(["LONG    = 'a&'", "CONTINUE  'b&' / it's", "CONTINUE  '' / x"])
@example(["LONG    = 'a''&'", "CONTINUE  ' / b'"])
@example(["LONG    = 'a: &'", "CONTINUE  '5'"])
@example(["KEYWORD = '' / the users' guide"])
@example(["LONG    = '&' / the users' guide", "CONTINUE  ''"])
@example(["LONG    = 'a&'", "CONTINUE  '' / the users' guide"])
@example(["LONG    = 'a&'", "CONTINUE  'b& '"])
def test_what_counts_as_standard_is_read_by_astropy_to_the_same_values(found: list[str]) -> None:
    assume(all(card.isascii() and card.isprintable() and len(card) <= CARD for card in found))
    ours = header(*found)
    try:
        read = ours.read_standard()
    except ValueError:
        return
    assert read == ours.read()
    theirs = quiet(lambda: [(card.keyword, value_of(card)) for card in fits.Header.fromstring(images(found)).cards])
    assert [key for key, _ in theirs] == list(read)
    assert all(same(read[key], value) for key, value in theirs)


def escaped(text: str) -> str:
    return text.replace("'", "''")


comments = st.one_of(st.just(""), st.text("'&/ ab", max_size=20).map("/ ".__add__))
chunks = st.tuples(st.one_of(st.text(printable, max_size=20), st.text("'&/ ab", max_size=20)), comments)


@settings(max_examples=size(20, 1000), deadline=None)
@given(
    st.lists(chunks, min_size=1, max_size=6), st.sampled_from(["CREATOR = ", "HIERARCH A B = ", "HIERARCH CREATOR="])
)
@example([("100410 Exporter", "/ pipeline job and program "), ("", "/used to produce this file")], "CREATOR = ")
@example([("a&b&", "/ it's"), ("&", "/ 'x' & y &"), (" c   ", "")], "CREATOR = ")
@example([("it'", ""), ("'s", "/ '")], "CREATOR = ")
def test_a_text_that_is_split_anywhere_with_any_comments_is_read_whole(
    parts: list[tuple[str, str]], start: str
) -> None:
    starts, ends = [start, *["CONTINUE  "] * (len(parts) - 1)], [*["&"] * (len(parts) - 1), ""]
    found = [
        f"{begin}'{escaped(text)}{end}' {comment}"
        for begin, (text, comment), end in zip(starts, parts, ends, strict=True)
    ]
    assume(not re.search(r"''+ *&?' *$", parts[-1][0]))
    ours = header(*found, "NEXT    = 5")
    text, key = "".join(text for text, _ in parts).rstrip(" "), start.removeprefix("HIERARCH ").strip("= ")
    assert ours.read() == {key: text, "NEXT": 5}
    image = images(found)
    if not ASTROPY_ENDS_HERE.search(f"{image} {escaped(text)}") and not RECORD.search(image) and not text.endswith("&"):
        assert quiet(lambda: fits.Header.fromstring(image)[key]) == text


ALIKE = [
    ["A       = 'a''b' / 'c'' / d'", "B       = '' / it's", "C       = '   '", "D       = "],
    ["A       =", "B       =             / nothing 'x'", "C       = 'a / b' / c / d", "D       = 5 / it's 'so'"],
    ["A       =                    T", "B       = F/'x'", "C       = +5", "D       = - 5", "E       = 007"],
    ["A       = 1.5D3", "B       = 1D-5", "C       = 1.d+02", "D       = -.5E1", "E       = 123456789012345678901234567890"],
    ["A       = (1, 2)", "B       = (1.5D3,-2.)/ x", "C       = 'x'/x", "D       = 5/x"],
    ["HIERARCH ESO TEL X = 5 / m", "HIERARCH ESO TEL Y = 'a=b' / m", "HIERARCH A B =", "HIERARCH   A   C  = 1.5e5"],
    ["HIERARCH A B = 'a&' / it's", "CONTINUE  'b&'", "CONTINUE  '' / 'c'", "A       = 5"],
    ["A       = 'it'&'", "CONTINUE  ''s'", "B       = 'a&'", "CONTINUE   'b'"],
    ["COMMENT = 5", "HISTORY = 'x&'", "CONTINUE  'y'", "        = 'z'", "A       = 'a&'"],
    ["A       = 'a'", "X         5", "Y       'x'", "Z=5", "E       = 'e&'   / &", "CONTINUE  'f' / &"],
]  # fmt: skip


@pytest.mark.parametrize("cards", ALIKE, ids=lambda cards: cards[0][:24])
def test_cards_of_every_kind_are_read_as_astropy_reads_them(cards: list[str]) -> None:
    theirs = quiet(lambda: {card.keyword: card for card in fits.Header.fromstring(images(cards)).cards})
    ours = header(*cards)
    assert ours
    assert ours.unreadable() == []
    assert all(same(value, quiet(value_of, theirs[key])) for key, value in ours.read().items())
    assert {*theirs} - {*ours} <= {"", "COMMENT", "HISTORY", "X", "Y", "Z=5"}


# -- by hand --


def test_a_text_goes_on_in_the_cards_that_follow_it() -> None:
    found = header(
        "CREATOR = '100410 LightCurveExporterPipelineModule&' / pipeline job and program ",
        "CONTINUE  '' /used to produce this file",
        "TUNIT1  = 'BJD -&'", "CONTINUE  ' 2457000, &' / it''s '", "CONTINUE  'days' / a & b'", "NAXIS1  = 5",
    )  # fmt: skip
    assert found.read() == {
        "CREATOR": "100410 LightCurveExporterPipelineModule", "TUNIT1": "BJD - 2457000, days", "NAXIS1": 5,
    }  # fmt: skip
    assert len(found.card("TUNIT1")) == 3 * CARD
    assert [len(card) // CARD for card in found.cards(b"CREATOR", b"TUNIT")] == [2, 3]
    assert Header("".join(found.cards(b"TUNIT")).encode())["TUNIT1"] == found["TUNIT1"]


@pytest.mark.parametrize(
    ("cards", "value"),
    [
        (["A       = 'a&'", "B       = 'b'"], "a&"),  # a literal one, as nothing goes on
        (["A       = 'a'", "CONTINUE  'b'"], "a"),
        (["A       = 'a&'", "CONTINUE 'b'"], "ab"),  # the standard wants two blanks
        (["A       = 'a&'", "CONTINUE= 'b'"], "a&"),
        (["A       = 'a&'", "CONTINUE  'b&'"], "ab&"),
        (["A       = 'a&'", "", "CONTINUE  'b'"], "a&"),
        (["A       = 'a'    / &", "CONTINUE  'b'"], "a"),
        (["A       = 'a&'", "CONTINUE  'b"], None),
        (["A       = 'a&'", "CONTINUE  / b"], None),
        (["A       = 5", "CONTINUE  'b'"], 5),
        (["A       = 'a  &   '", "CONTINUE  '  b  '"], "a    b"),
        (["A       = 'aaa'&'", "CONTINUE  ''bbb'"], "aaa'bbb"),
        (["A       = 'aaa'&'", "CONTINUE  '''''"], "aaa''"),
        (["A       = 'aaa'&'", "CONTINUE  ''''' / it's"], "aaa''"),
    ],
)
def test_text_that_is_continued_against_the_rules(cards: list[str], value: Any) -> None:
    assert header(*cards)["A"] == value


def test_words_that_only_python_takes_for_numbers_are_none() -> None:
    for word in ("1_000", "+-5", "0x1", "1e_5", "infinite"):
        assert header(f"A       = {word}")["A"] is None


def test_numbers_that_are_not_finite_are_read_though_the_standard_has_no_way_to_write_them() -> None:
    found = header("A       = NaN / none", "B       = -Infinity", "C       = inf")
    assert math.isnan(found["A"])  # type: ignore[arg-type]
    assert (found["B"], found["C"]) == (-math.inf, math.inf)
    with pytest.raises(ValueError, match="not plain"):
        found.read_standard()


def test_a_card_without_a_value_is_there_and_has_none() -> None:
    found = header("TEFF    =", "COMMENT = 'no value'", "RADIUS    1.0", "MASS    = not a value")
    assert "TEFF" in found
    assert found["TEFF"] is None
    assert found.get("TEFF", 5800) is None
    assert "RADIUS" not in found
    assert found.get("RADIUS", 1) == 1
    with pytest.raises(KeyError):
        found["RADIUS"]
    assert found["MASS"] is None
    assert len(found) == len(list(found)) == 2
    assert found.unreadable() == ["MASS"]
    assert found.field("MASS") == "not a value"
    assert found.field("NAXIS") == ""


def test_of_two_cards_with_one_keyword_the_first_counts() -> None:
    found = header("A       = 1", "B       = 2", "A       = 3", "HIERARCH C D = 4", "HIERARCH c d=5")
    assert list(found.read().items()) == [("A", 1), ("B", 2), ("C D", 4)]
    assert found["c d"] == 4
    with pytest.raises(ValueError, match="twice"):
        header("A       = 1", "A       = 2").read_standard()


def test_comments_may_stand_among_standard_cards_if_asked_for() -> None:
    found = header("A       = 1", "COMMENT one, it's", "B       = 2", "COMMENT   two /")
    read = found.read_standard(comments=True)
    assert list(read) == ["A", "COMMENT", "B"]
    assert [line.rstrip() for line in str(read["COMMENT"]).split("\n")] == ["one, it's", "  two /"]
    with pytest.raises(ValueError, match="not plain"):
        found.read_standard()


@pytest.mark.parametrize("card", ["COMMENT = 5", "COMMENT \x7f", "COMMENTS one", "HISTORY one", "COMMENT\xe9 one"])
def test_other_cards_without_a_value_are_never_standard(card: str) -> None:
    with pytest.raises(ValueError, match="not plain"):
        header("A       = 1", card).read_standard(comments=True)


def test_cards_are_given_in_order_by_how_they_begin() -> None:
    found = header("TTYPE1  = 'TIME'", "TFORM1  = 'D'", "TTYPE2  = 'FLUX'", "NAXIS   = 2")
    assert [card[:6] for card in found.cards(b"TTYPE", b"NAXIS")] == ["TTYPE1", "TTYPE2", "NAXIS "]
    assert len(found.cards(b"")) == 4


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ([], "NAXIS is missing"),
        (["NAXIS   = 1", "BITPIX  = 8"], "NAXIS1 is missing"),
        (["NAXIS   = 1", "NAXIS1  = 2.0", "BITPIX  = 8"], r"NAXIS1 is 2\.0"),
        (["NAXIS   = 1", "NAXIS1  = 2", "BITPIX  = T"], "BITPIX is True"),
        (["NAXIS   = 1", "NAXIS1  = -2", "BITPIX  = 8"], "NAXIS1 is -2"),
    ],
)
def test_headers_that_do_not_say_how_large_the_data_are(cards: list[str], words: str) -> None:
    data = "".join(card.ljust(CARD) for card in cards).encode()
    with pytest.raises(DamagedFileError, match=f"the header of HDU 3 .*{words}"):
        _ = Header(data, hdu=3).data_bytes

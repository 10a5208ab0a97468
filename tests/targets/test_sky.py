"""Coordinates are read as astropy or a person reads them; what may be read in two ways is refused."""

from __future__ import annotations

import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from tess_source.errors import QueryError
from tess_source.targets.parse import parse_targets
from tess_source.targets.target import Target
from tess_source.targets.words import joined

RA, DEC = 307.859792, 39.938833


def place(text: str) -> tuple[float, float]:
    (target,) = parse_targets(text)
    assert isinstance(target, Target), target
    assert target.ra is not None
    assert target.dec is not None
    return target.ra, target.dec


@pytest.mark.parametrize(
    "text",
    [
        "20:31:26.35 39:56:19.8",
        "20:31:26.35 +39:56:19.8",
        "20:31:26.35, 39:56:19.8",
        "20:31:26.35+39:56:19.8",
        "20:31:26.35/39:56:19.8",
        "20 : 31 : 26.35  39 : 56 : 19.8",
        "20h31m26.35s +39d56m19.8s",
        "20h31m26.35s+39d56m19.8s",
        "20H31M26.35S 39D56M19.8S",
        "20h 31m 26.35s, 39d 56m 19.8s",
        "20 31 26.35 +39 56 19.8",
        "20 31 26.35 39 56 19.8",
        "20\u00a031\u00a026.35\u2003+39\u00a056\u00a019.8",
        "20h31m26.35s, 39°56\u203219.8\u2033",
        "20h31m26s.35 +39°56\u203219\u2033.8",
        "20ʰ31ᵐ26.35ˢ +39°56'19.8\"",
        "20h31'26.35\" 39º56’19.8”",
        "307d51m35.25s 39d56m19.8s",
        "307.859792 39.938833",
        "307.859792+39.938833",
        "307.859792,39.938833",
        "307.859792; 39.938833",
        "(307.859792, 39.938833)",
        "[307.859792, 39.938833]",
        "307.859792deg 39.938833deg",
        "307.859792 deg, 39.938833 deg",
        "307.859792d +39.938833d",
        "307.859792° +39.938833°",
        "307.859792 39.938833N",
        "3.07859792e+02 3.9938833e+01",
        "RA=307.859792, Dec=39.938833",
        "ra: 20:31:26.35 dec: +39:56:19.8",
        "J2000 RA 20 31 26.35 DE 39 56 19.8",
        "20.52398613h +39.938833d",
        "-52.140208 39.938833",
        "\u221252.140208 39.938833",
        "３０７.859792 39.938833",
        "\ufeff307.859792\t39.938833",
    ],
)
def test_a_place_is_read_however_it_is_written(text: str) -> None:
    assert place(text) == (pytest.approx(RA, abs=2e-5), pytest.approx(DEC, abs=2e-5))


@pytest.mark.parametrize("minus", ["-", "\u2212", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\ufe63", "\uff0d"])
def test_any_dash_is_a_minus(minus: str) -> None:
    assert place(f"84.29 {minus}80.47") == place(f"84.29{minus}80.47") == (84.29, -80.47)
    assert place(f"05 37 09.9 {minus}00 30 12")[1] == pytest.approx(-0.503333, abs=1e-6)
    assert list(parse_targets(f"KELT{minus}9")) == ["KELT-9"]


@pytest.mark.parametrize("text", ["84.29 80.47S", "84.29d 80.47d S", "84.29, 80 28 12 S", "84.29 80°28′12″S"])
def test_south_is_a_minus(text: str) -> None:
    assert place(text) == (84.29, pytest.approx(-80.47))


@pytest.mark.parametrize(
    "name",
    ["KELT-9", "pi Men", "π Men", "WASP-126", "TOI-700", "K2-18", "HD 1234", "55 Cnc", "61 Cyg A", "2MASS J20312640+3956199", "3C 273",
     "Gaia DR2 1824561377891719424", "1RXS J123456.7+123456", "Barnard's star", "2M1207", "1H 0323+342", "4U 1820-30", "V* RR Lyr",
     "TYC 3157-638-1", "NGC 188", "J203126.35+395619.8", "Ra Nad", "51 Peg b", "30 Dor", "BD+48 1098", "CoRoT-2", "[BKM2003] 5"],
)  # fmt: skip
def test_a_name_stays_a_name(name: str) -> None:
    assert list(parse_targets(name)) == [name]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("20 31 26 39.94", "may be read as"),
        ("307,86 39,94", "cannot be read as coordinates"),
        ("20:61:26 39:56:19", "cannot be read as coordinates"),
        ("20:31:26", "cannot be read as coordinates"),
        ("39.94 307.86", "right ascension comes first"),
        ("25:31:26 39:56:19", "0 to 24 hours"),
        ("307.86", "one number with a fraction"),
        ("-80.47", "one number with a fraction or a sign"),
        ("1234-5678-1", "cannot be read as coordinates"),
    ],
)
def test_what_is_no_place_or_two_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(QueryError, match=problem):
        list(parse_targets(text))


FORMS = st.sampled_from(
    ["{h:02d}:{m:02d}:{s:05.2f} {g}{d:02d}:{n:02d}:{t:04.1f}", "{h:02d} {m:02d} {s:05.2f} {g}{d:02d} {n:02d} {t:04.1f}",
     "{h}h{m}m{s:.2f}s {g}{d}d{n}m{t:.1f}s", "{h}h{m}m{s:.2f}s, {g}{d}°{n}′{t:.1f}″", "{h}:{m}:{s:.2f}, {g}{d}:{n}:{t:.1f}",
     "{h}h{m}m {g}{d}d{n}m"],
)  # fmt: skip


@given(
    FORMS, st.integers(0, 23), st.integers(0, 59), st.floats(0, 59.9), st.sampled_from(["", "+", "-"]), st.integers(0, 89),
    st.integers(0, 59), st.floats(0, 59.9),
)  # fmt: skip
def test_sexagesimal_places_are_those_of_astropy(
    form: str, h: int, m: int, s: float, g: str, d: int, n: int, t: float
) -> None:
    text = form.format(h=h, m=m, s=s, g=g, d=d, n=n, t=t)
    theirs = SkyCoord(text.replace(",", ""), unit=("hourangle", "deg"))
    assert place(text) == (pytest.approx(theirs.ra.deg), pytest.approx(theirs.dec.deg))


@given(
    st.floats(0, 360),
    st.floats(-90, 90),
    st.sampled_from(["{} {}", "{}, {}", "{:.6f}{:+.6f}", "{:.8e} {:.8e}", "{}d {}d"]),
)
def test_degrees_are_those_of_astropy(ra: float, dec: float, form: str) -> None:
    assert place(form.format(ra, dec)) == (
        pytest.approx(ra, rel=1e-7, abs=1e-6),
        pytest.approx(dec, rel=1e-7, abs=1e-6),
    )


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        ("TIC 16740101", ["TIC 16740101"]),
        ("tic 16740101 KELT-9 TIC 5", ["tic 16740101", "KELT-9", "TIC 5"]),
        ("84.29 -80.47", ["84.29 -80.47"]),
        ("84 -80.47", ["84 -80.47"]),
        ("-52.14 39.9", ["-52.14 39.9"]),
        ("84.29, -80.47", ["84.29, -80.47"]),
        ("307.86deg 39.94deg", ["307.86deg 39.94deg"]),
        ("84.29 -80.47 307.86 39.94", ["84.29 -80.47", "307.86 39.94"]),
        ("16740101 84.29 -80.47 257486953", ["16740101", "84.29 -80.47", "257486953"]),
        ("20 31 26.35 +39 56 19.8", ["20 31 26.35 +39 56 19.8"]),
        ("20 31 26.35 39 56 19.8", ["20 31 26.35 39 56 19.8"]),
        ("20h 31m 26.35s +39d 56m 19.8s", ["20h 31m 26.35s +39d 56m 19.8s"]),
        ("20:31:26.35 39:56:19.8 20:31:26.35 -39:56:19.8", ["20:31:26.35 39:56:19.8", "20:31:26.35 -39:56:19.8"]),
        ("16740101 257486953", ["16740101", "257486953"]),
        ("16740101.0 257486953.0", ["16740101.0", "257486953.0"]),
        ("307 39", ["307", "39"]),
        ("pi Men", ["pi", "Men"]),
        ("@list.csv 84.29 -80.47 -", ["@list.csv", "84.29 -80.47", "-"]),
    ],
)
def test_words_of_a_shell_that_make_one_target_are_put_together(words: str, targets: list[str]) -> None:
    assert joined(words.split()) == targets


@pytest.mark.parametrize(
    "text",
    [
        "20:31:26.35h +39:56:19.8d", "20hr31min26.35sec +39deg56min19.8sec", "307:51:35.25d, +39:56:19.8", "307.859792E 39.938833N",
        "20.52398611hourangle 39.938833deg", "J2000 20:31:26.35 +39:56:19.8",
        "20:31:26.35 +39:56:19.8 (J2000)", "307.859792 39.938833 ICRS",
        "R.A. 20:31:26.35 Decl. +39:56:19.8", "α = 20h31m26.35s, δ = +39°56′19.8″",
    ],
)  # fmt: skip
def test_units_and_frames_that_people_write_beside_a_place_are_read(text: str) -> None:
    (target,) = parse_targets(text)
    assert isinstance(target, Target)
    assert (target.ra, target.dec) == (pytest.approx(307.859792, abs=1e-5), pytest.approx(39.938833, abs=1e-5))

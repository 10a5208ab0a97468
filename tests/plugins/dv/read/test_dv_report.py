"""DV reports: read as they stand; refused by name where they are broken, or built to hurt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tess_source.errors import DamagedFileError, LoadError
from tess_source.tables.listing import Products
from tess_source_dv.read import report as reading
from tess_source_dv.read.report import HostileFileError, Measured, read_report
from tess_source_dv.read.tces import tces_of_report
from tess_source_dv.sets.members import members

NAME = "tess2018206190142-s0001-s0013-0000000000000042-00226_dvr.xml"
BEGIN = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
"""
BODY = """<dv:dvTargetResults startCadence="91186" endCadence="306314" planetCandidateCount="2" pipelineTaskId="1" ticId="42"
 simData="false" sectorsObserved="001001" toiId="175" xmlns:dv="http://www.nasa.gov/2018/TESS/DV">
 <dv:effectiveTemp provenance="TIC7" value="3469.0" uncertainty="68.0"/>
 <dv:log10Metallicity provenance="Solar" value="0.0" uncertainty="0.0"/>
 <dv:stellarDensity provenance="Solar" value="-1.0" uncertainty="-1.0"/>
 <dv:decDegrees provenance="TIC7" value="-1.0" uncertainty="0.0"/>
 <dv:planetResults planetNumber="2" detrendFilterLength="188"/>
 <dv:planetResults planetNumber="1" toiId="175.01">
  <dv:allTransitsFit fullConvergence="true" modelChiSquare="10.5" modelFitSnr="24.5"><dv:modelParameters>
   <dv:modelParameter fitted="true" name="orbitalPeriodDays" uncertainty="2.2956454E-4" value="3.6906134108764777"/>
  </dv:modelParameters></dv:allTransitsFit>
  <dv:evenTransitsFit fullConvergence="false" modelChiSquare="1.0"><dv:modelParameters>
   <dv:modelParameter fitted="true" name="orbitalPeriodDays" uncertainty="1.0" value="99.0"/>
  </dv:modelParameters></dv:evenTransitsFit>
  <dv:planetCandidate observedTransitCount="6" maxMultipleEventSigma="22.6"/>
 </dv:planetResults>
</dv:dvTargetResults>"""
TEXT = (BEGIN + BODY).encode()


def test_what_the_file_says_is_there_as_it_stands() -> None:
    report = read_report(TEXT, NAME)
    assert (report.tic, report.sectors, report.toi, report.simulated) == (42, (2, 5), "175", False)
    assert (report.first_cadence, report.last_cadence) == (91186, 306314)
    assert [event.number for event in report.events] == [1, 2]
    assert report.events[0].parameters["orbitalPeriodDays"]["value"] == "3.6906134108764777"


def test_the_fit_to_even_transits_is_not_taken_for_the_fit_to_all() -> None:
    assert list(read_report(TEXT).events[0].parameters) == ["orbitalPeriodDays"]
    assert read_report(TEXT).events[0].fit["modelChiSquare"] == "10.5"


def test_a_star_has_values_uncertainties_and_provenance() -> None:
    star = read_report(TEXT).star
    assert star["teff"] == Measured(3469.0, 68.0, "TIC7")
    assert star["metallicity"] == Measured(0.0, 0.0, "Solar"), "0 dex is the Sun's metallicity, not a sentinel"
    assert star["dec"] == Measured(-1.0, 0.0, "TIC7"), "one degree south is not a sentinel"


def test_a_density_of_minus_one_is_none() -> None:
    assert read_report(TEXT).star["star_density"] == Measured(None, None, "Solar")


def test_pipeline_range_and_run_are_those_of_the_file_name(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(TEXT)
    report = read_report(path)
    assert (report.pipeline, report.first_sector, report.last_sector, report.run) == ("SPOC", 1, 13, 226)
    assert report.set == "SPOC/42/s0001-s0013/00226"


@pytest.mark.parametrize("name", [None, "report.xml", "a_dvr.xml"])
def test_without_such_a_name_the_run_is_unknown(name: str | None) -> None:
    report = read_report(TEXT, name)
    assert (report.pipeline, report.first_sector, report.run, report.set) == (None, None, None, None)
    assert report.tic == 42


@pytest.mark.parametrize("name", [NAME, "hlsp_tess-spoc_tess_phot_0000000000000042-s0036-s0069_tess_v1_dvr.xml"])
def test_the_key_is_the_one_that_products_are_grouped_by(name: str) -> None:
    products = Products.of([{"uri": f"mast:TESS/product/{name}"}])
    assert members(products)["set"].to_list() == [read_report(TEXT, name).set]


def test_a_report_on_another_target_than_its_name_says_is_refused() -> None:
    with pytest.raises(LoadError, match="on TIC 42, not on TIC 43 as its name says"):
        read_report(TEXT, NAME.replace("42-", "43-"))


def test_a_file_that_is_not_there_is_what_it_is_for_everyone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=NAME):
        read_report(tmp_path / NAME)


# Broken


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "HTML page"),
        (b"<html><body><br>502</body></html>", "its root is <html>"),
        (b"SIMPLE  =                    T", "not whole XML"),
        (b'<?xml version="1.0"?><keplerResults ticId="42"/>', "its root is <keplerResults>, not <dvTargetResults>"),
        (b"\xff\xfe\x00\x00", "not whole XML"),
        (b'<?xml version="1.0" encoding="x-klingon"?><a/>', "not"),
        (TEXT + b"<more/>", "not whole XML"),
        (TEXT.replace(b'ticId="42"', b""), "ticId is None, not a whole number"),
        (TEXT.replace(b'ticId="42"', b'ticId="TIC 42"'), "ticId is 'TIC 42', not a whole number"),
        (TEXT.replace(b'planetNumber="2"', b'planetNumber="two"'), "planetNumber is 'two'"),
        (TEXT.replace(b'planetNumber="2"', b'planetNumber="1"'), "two TCEs of one number"),
        (TEXT.replace(b'"001001"', b'"2,5"'), "'2,5' should hold 0 and 1 only"),
        (TEXT.replace(b'"001001"', b'"101"'), "marks sector 0"),
        (TEXT.replace(b'value="3469.0"', b'value="hot"'), "teff is 'hot', not a number"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_and_says_what_is_wrong(content: bytes, problem: str) -> None:
    with pytest.raises(DamagedFileError, match=rf"{re.escape(NAME)}.*{re.escape(problem)}"):
        read_report(content, NAME)


@settings(deadline=None)
@given(st.integers(0, len(TEXT) - 1))
def test_a_report_that_is_cut_anywhere_is_damaged(length: int) -> None:
    with pytest.raises(DamagedFileError, match=NAME):
        read_report(TEXT[:length], NAME)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_never_a_report(content: bytes) -> None:
    with pytest.raises(LoadError, match=NAME):
        read_report(content, NAME)


@settings(deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.integers(0, 255))
def test_one_wrong_byte_gives_a_report_or_an_error_with_a_name(position: int, byte: int) -> None:
    content = TEXT[:position] + bytes([byte]) + TEXT[position + 1 :]
    try:
        tces_of_report(read_report(content, "a.xml"))
    except LoadError as error:
        assert "a.xml" in str(error)


# Hostile

LAUGHS = "".join(
    f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "lol"}{"&l" + str(n - 1) + ";" if n else ""}">'
    for n in range(40)
)


@pytest.mark.parametrize(
    "doctype",
    [
        f"<!DOCTYPE r [{LAUGHS}]>",
        '<!DOCTYPE r [<!ENTITY a "b">]>',
        '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://localhost:1/evil.dtd"> %p;]>',
        '<!DOCTYPE r SYSTEM "http://localhost:1/evil.dtd">',
        '<!DOCTYPE r PUBLIC "-//EVIL//DTD" "http://localhost:1/evil.dtd">',
        '<!DOCTYPE html [<!ENTITY a "b">]>',
        "<!DOCTYPE dvTargetResults>",
        '<!DOCTYPE r [<!ATTLIST r a CDATA "b">]>',
    ],
    ids=["laughs", "internal", "external", "parameter", "dtd", "public", "as-html", "bare", "attlist"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_anything_is_made_of_it(doctype: str, encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}{BODY}'.encode(encoding)
    with pytest.raises(HostileFileError, match=rf"{NAME} has a document type or entities"):
        read_report(content, NAME)


def test_what_is_hostile_is_a_value_error_to_those_who_do_not_know_us() -> None:
    with pytest.raises(ValueError, match="document type"):
        read_report(f"<!DOCTYPE r><{BODY[1:]}".encode())


def test_an_external_file_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("31337")
    doctype = f'<!DOCTYPE r [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    content = (BEGIN + doctype + BODY.replace("</dv:dvTargetResults>", "&e;</dv:dvTargetResults>")).encode()
    with pytest.raises(HostileFileError) as caught:
        read_report(content, NAME)
    assert "31337" not in str(caught.value)


def test_an_entity_that_is_not_declared_is_an_error() -> None:
    with pytest.raises(DamagedFileError, match="undefined entity"):
        read_report(TEXT.replace(b'"175"', b'"&nbsp;"'), NAME)


def test_bottomless_depth_is_refused() -> None:
    deep = BODY.replace("</dv:dvTargetResults>", "<a>" * 100_000)
    with pytest.raises(HostileFileError, match="more than 64 levels"):
        read_report(deep.encode(), NAME)


@pytest.mark.parametrize("as_file", [True, False])
def test_endless_size_is_refused_and_not_read_to_its_end(
    as_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 2000)
    content = TEXT + b" " * 10_000
    path = tmp_path / NAME
    path.write_bytes(content)
    with pytest.raises(HostileFileError, match="more than 2,000 bytes"):
        read_report(path if as_file else content, NAME)


def test_numbers_beyond_all_bounds_are_damage() -> None:
    with pytest.raises(DamagedFileError, match=NAME):
        read_report(TEXT.replace(b'startCadence="91186"', b'startCadence="' + b"9" * 5000 + b'"'), NAME)
    with pytest.raises(DamagedFileError, match=NAME):
        tces_of_report(read_report(TEXT.replace(b'startCadence="91186"', b'startCadence="' + b"9" * 30 + b'"'), NAME))


# Real


@pytest.mark.real
def test_every_real_report_is_read(real: Path) -> None:
    reports = [read_report(path) for path in sorted((real / "dvr-xml").glob("*.xml"))]
    assert len(reports) >= 13
    for report in reports:
        assert report.set is not None
        assert report.tic in {307210830, 390988385}
        assert {event.number for event in report.events} == set(range(1, len(report.events) + 1))
        assert set(report.star) == set(reading.STAR.values())
        assert report.first_sector is not None and report.last_sector is not None
        assert report.first_sector <= report.sectors[0] <= report.sectors[-1] <= report.last_sector


@pytest.mark.real
def test_a_real_report_that_is_cut_is_damaged(real: Path, tmp_path: Path) -> None:
    (found,) = (real / "dvr-xml").glob("*s0005-s0005*")
    path = tmp_path / found.name
    path.write_bytes(found.read_bytes()[:100_000])
    with pytest.raises(DamagedFileError, match=found.name):
        read_report(path)

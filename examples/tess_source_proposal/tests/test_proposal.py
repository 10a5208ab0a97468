"""The plugin alone: no other plugin, no network."""

import pytest
import tess_source_proposal

import tess_source

ROWS = [
    {"uri": "mast:TESS/product/a.fits", "proposal_id": "G022197_G022053"},
    {"uri": "mast:TESS/product/b.fits", "proposal_id": "G06062"},
    {"uri": "mast:TESS/product/c.fits", "proposal_id": "N/A"},
    {"uri": "mast:TESS/product/d.fits", "proposal_id": None},
]


@pytest.fixture
def session() -> tess_source.Session:
    return tess_source.Session(discover=False, plugins=[tess_source_proposal])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("G022053", ["a"]),
        ("g06062", ["b"]),
        ("G06062,G022197", ["a", "b"]),
        (["G06062", "G022197"], ["a", "b"]),
        ("G0", []),
        ("G02205", []),
    ],
)
def test_it_keeps_the_products_of_a_programme(session: tess_source.Session, value: object, expected: list[str]) -> None:
    names = session.select(ROWS, proposal=value).products["filename"].to_list()
    assert [name[0] for name in names] == expected


@pytest.mark.parametrize("value", ["6062", "", [], 6062, ["G06062", None], "G06062;G1"])
def test_what_is_no_programme_number_is_refused(session: tess_source.Session, value: object) -> None:
    with pytest.raises(ValueError, match="filter 'proposal' cannot take"):
        session.select(ROWS, proposal=value)


def test_a_table_without_programmes_is_an_error_and_never_passes_unfiltered(session: tess_source.Session) -> None:
    with pytest.raises(ValueError, match="no column 'proposal_id'") as caught:
        session.select([{"uri": "mast:TESS/product/a.fits"}], proposal="G06062")
    assert "raised by plugin 'proposal' in its filter 'proposal'" in caught.value.__notes__
    assert len(session.select(tess_source.Products.empty(), proposal="G06062")) == 0

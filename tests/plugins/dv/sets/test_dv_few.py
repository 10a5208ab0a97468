"""Few products are linked in plain Python, many by operations on tables: the results are the same."""

from __future__ import annotations

from unittest.mock import patch

import polars as pl
from dv_case import light_curve, member, products
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import size

from tess_source import Products
from tess_source.tables.listing import Links
from tess_source_dv.sets import few, links
from tess_source_dv.sets.columns import described

sectors, tics = st.integers(1, 6), st.sampled_from([1, 22])
data = st.builds(light_curve, sectors, tics, st.sampled_from(["s_lc", "s_tp", "a_fast-lc"]))
ends = st.sampled_from(["dvt.fits", "dvr.xml", "dvm.pdf"])
runs = st.builds(
    lambda first, width, run, end, tic: member(first, first + width, run, end, tic),
    sectors, st.integers(0, 3), st.integers(1, 4), ends, tics,
)  # fmt: skip
SPOILT = ("uri", "tic", "pipeline", "first_sector", "last_sector")


def linked(made: Products, most: int) -> tuple[Links | None, Products]:
    """Link products, in plain Python if there are at most so many."""
    with patch.object(few, "FEW", most), patch.object(links, "FEW", most):
        return (found := links.link(made)), described(made, found or Links.empty())


@settings(deadline=None, max_examples=size(10, 1000))
@given(
    names=st.lists(st.one_of(data, runs), min_size=1, max_size=25),
    spoilt=st.dictionaries(st.integers(0, 24), st.sampled_from(SPOILT), max_size=3),
)
def test_few_products_are_linked_and_described_as_many_are(names: list[str], spoilt: dict[int, str]) -> None:
    made = products(*names)
    row = pl.int_range(pl.len())
    for place, column in spoilt.items():
        made = made.with_columns(**{column: pl.when(row != place).then(column)})
    (of_few, few_rows), (of_many, many_rows) = linked(made, 1000), linked(made, -1)
    assert few_rows == many_rows
    assert (of_few is None) == (of_many is None)
    if of_few is None or of_many is None:
        return
    for end in ("subject", "object"):  # the order of those of one end and kind counts
        one, other = (made.to_polars().sort(end, "kind", maintain_order=True) for made in (of_few, of_many))
        assert one.equals(other)


def test_of_products_without_a_run_sets_are_made_of_versions_all_the_same() -> None:
    spoc = "hlsp_tess-spoc_tess_phot_0000000000000001-s0014-s0016_tess_v1_dvt.fits"
    found, _ = linked(products(spoc), 1000)
    assert found is not None
    assert set(found["kind"]) == {"dv-set"}
    assert found["object"][0].startswith("TESS-SPOC/1/s0014-s0016/")

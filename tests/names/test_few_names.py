"""Few names are read one by one, with the result of a long column."""

from __future__ import annotations

import polars as pl
import pytest

from tess_source import names
from tess_source.names import vector
from tess_source_sample.contents import Contents


@pytest.mark.parametrize(("column", "read"), [("uri", names.columns), ("obs_id", names.obs_id_columns)])
def test_few_names_and_many_names_give_the_same_columns(
    column: str, read: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(read)
    contents = Contents()
    texts = [*contents.files] if column == "uri" else [row["obs_id"] for row in contents.observations]
    asked = pl.Series([*texts[:500], None, "", "folder\\x.fits"])
    many = read(asked)
    monkeypatch.setattr(vector, "FEW", len(asked))
    few = read(asked)
    assert few.schema == many.schema == vector.schema()
    assert few.equals(many, null_equal=True)
    assert few["kind"].n_unique() > 3

"""A damaged list of targets is a question that cannot be asked, whatever its form; it is named, and nothing else is raised."""

from __future__ import annotations

import gzip
import io
import warnings
from pathlib import Path

import polars as pl
import pytest
from astropy.table import Table
from bad_files import odd_fits
from fuzz import altered, attempts

from tess_source.errors import QueryError
from tess_source.files import gzipped
from tess_source.targets.lists import read_targets


@pytest.fixture(scope="module")
def lists() -> dict[str, bytes]:
    """Lists in all forms, by file name."""
    table = Table({"tic": [1, 2, 3], "ra": [1.0, 2.0, 3.0], "dec": [1.0, 2.0, 3.0]})
    made = {
        "a.csv": b"tic,ra,dec\n1,2,3\n4,5,6\n",
        "a.txt": b"TIC 1\nTIC 2\n",
        "a.json": b'[{"tic": 1, "ra": 2.0}, {"tic": 3}]',
    }
    for name, form in (("a.fits", "fits"), ("a.xml", "votable")):
        table.write(out := io.BytesIO(), format=form)
        made[name] = out.getvalue()
    table.write(text := io.StringIO(), format="ascii.ecsv")
    pl.DataFrame({"tic": [1, 2, 3]}).write_parquet(out := io.BytesIO())
    return made | {"a.ecsv": text.getvalue().encode(), "a.parquet": out.getvalue()}


def test_no_list_makes_its_reader_raise_what_is_not_ours(lists: dict[str, bytes], tmp_path: Path) -> None:
    found: list[tuple[int, BaseException]] = []
    for number, chance in attempts(60):
        name, data = chance.choice(list(lists.items()))
        path = tmp_path / name
        data = odd_fits(data, chance) if name == "a.fits" and number % 2 else altered(data, chance)
        path.write_bytes(gzip.compress(data) if number % 7 == 0 else data)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # astropy's, about what it passes over
                read_targets(path)
        except QueryError:
            pass
        except BaseException as error:  # noqa: BLE001  that is the question; polars panics outside of Exception
            found.append((number, error))
    assert found == []


def test_a_compressed_list_that_unpacks_to_very_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gzipped, "MUCH", 1 << 16)
    path = tmp_path / "list.txt.gz"
    path.write_bytes(gzip.compress(b"TIC 1\n" * 100_000))
    with pytest.raises(QueryError, match=r"list\.txt\.gz.*unpacks to more than"):
        read_targets(path)

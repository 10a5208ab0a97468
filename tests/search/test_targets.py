"""What a user may mean by a target reaches the archive, and rows without one are counted in the answer."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import toys
from astropy.table import Table

import tess_source
from tess_source import Session
from tess_source.errors import QueryError
from tess_source.settings import Settings, checked_jobs, checked_seconds
from tess_source.targets.recorded import query_from, question

KELT9 = 16740101


@pytest.fixture
def toy() -> Session:
    return Session(discover=False, plugins=[toys.Archive(), toys.Filters()])


@pytest.mark.parametrize(
    "targets",
    [float(KELT9), np.float64(KELT9), np.array([KELT9], dtype=float), pd.DataFrame({"tic": [float(KELT9)]}), "16740101.0", {"tic": KELT9}],
)  # fmt: skip
def test_ids_of_any_type_are_the_same_question(toy: Session, targets: Any) -> None:
    assert [target.tic for target in toy.search(targets).query.targets] == [KELT9]


def test_rows_without_a_target_are_passed_over_and_counted(
    toy: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = pd.DataFrame({"tic": [KELT9, None, None]})
    with pytest.raises(QueryError, match=r"2 of 3 rows have no target \(row 2, row 3\)"):
        toy.search(rows)
    found = toy.search(rows, missing="skip")
    words = "2 rows without a target (row 2, row 3)"
    assert f"passed over: {words}" in found.explain().splitlines()
    assert found.summary().endswith(f"passed over {words}")
    assert "passed over: 2 of 3 rows have no target" in caplog.text
    found.plan(tmp_path).save(tmp_path / "lock.ecsv")
    record = Session(discover=False, plugins=[toys.Archive()]).load_plan(tmp_path / "lock.ecsv").record
    assert record is not None
    assert record["question"]["gaps"] == ["row 2", "row 3"]
    assert query_from(question(found.query)).gaps == found.query.gaps == ("row 2", "row 3")
    assert toy.count(rows, missing="skip") == toy.count(KELT9)
    assert len(tess_source.observations(rows, missing="skip", session=toy)) == len(found.observations)


def test_gaps_alone_are_not_everything(toy: Session) -> None:
    with pytest.raises(QueryError, match="none of its 2 rows has a target; an empty list does not mean everything"):
        toy.search([None, np.nan], missing="skip")
    with pytest.raises(QueryError, match="give 'raise' or 'skip'"):
        toy.search(KELT9, missing="ignore")


def test_a_complete_list_says_nothing_about_gaps(toy: Session) -> None:
    found = toy.search([KELT9], missing="skip")
    assert "passed over" not in found.explain() + found.summary()
    assert "gaps" not in question(found.query)


def test_numbers_of_numpy_are_numbers_of_python_in_criteria_and_records(toy: Session) -> None:
    words: dict[str, Any] = {
        "sequence_number": np.int64(14), "t_exptime": np.array([100.0, 130.0]), "calib_level": [np.int8(3)], "mtFlag": np.bool_(False)
    }  # fmt: skip
    query = toy.search(np.int64(KELT9), wildcards=np.bool_(True), **words).query
    assert "np." not in repr(query)
    assert json.loads(json.dumps(question(query)))["criteria"] == {
        "sequence_number": 14, "t_exptime": [100.0, 130.0], "calib_level": [3], "mtFlag": False,
    }  # fmt: skip


@pytest.mark.parametrize("make", [np.int64, np.uint8, np.int32])
def test_sessions_take_numbers_of_numpy(make: Any) -> None:
    made = Session(jobs=make(2), timeout=make(60), max_age=make(100), offline=np.bool_(True), discover=False)
    assert made.settings == Settings(jobs=2, timeout=60.0, max_age=100.0, offline=True)
    assert "np." not in repr(made.settings)
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301  our own


@pytest.mark.parametrize("wrong", [0, -1, 1.5, np.float32(2), "2", True, np.bool_(True)])
def test_what_is_no_number_of_files_is_refused(wrong: Any) -> None:
    with pytest.raises(QueryError, match="whole number of at least 1"):
        checked_jobs(wrong)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), "60", True, None])
def test_what_is_no_number_of_seconds_is_refused(wrong: Any) -> None:
    with pytest.raises(QueryError, match="number of seconds above 0"):
        checked_seconds("timeout", wrong)


def test_an_answer_is_the_targets_of_its_observations(toy: Session) -> None:
    found = toy.search(KELT9)
    theirs = SimpleNamespace(table=Table({"target_name": [str(KELT9)]}))  # as lightkurve.SearchResult
    for answer in (found, theirs):
        assert [target.tic for target in toy.search(answer).query.targets] == [KELT9]

"""What ``verify`` finds: each kind of damage, by its name. Damaged bytes by chance are never taken for whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from dataset_case import COUNT, contents
from fuzz import altered, attempts
from sizes import size

from tess_source.errors import DamagedFileError, LockError, TessSourceError
from tess_source_dataset.data_set import DataSet
from tess_source_dataset.sums import SUMS

SHARD = "data/train-00000-of-00002.parquet"
BESIDE = ("plan.ecsv", "lock.ecsv", "README.md", "missing.json", SUMS)


def folder_of(curves: DataSet) -> Path:
    return Path(str(curves.storage))


def with_right_sums(folder: Path) -> None:
    """Write the sums of what is there, as somebody who changed files would."""
    names = [name for name in contents(folder) if name != SUMS]
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in sorted(names)]
    (folder / SUMS).write_text("".join(lines))


def test_a_data_set_that_was_built_is_whole(curves: DataSet) -> None:
    check = curves.verify()
    assert check.ok
    assert {*check.table["file"]} == {*contents(folder_of(curves))} - {SUMS}
    assert check.table["rows"].sum() == COUNT
    assert "8 files whole with 12 light curves" in repr(check)


def on_other_side(folder: Path) -> None:
    (folder / SHARD).replace(folder / "data/test-00000-of-00001.parquet")


def with_a_star_of_another_side(folder: Path) -> None:
    """Write the rows again, one of them of a star that belongs to the test set."""
    path = folder / SHARD
    table, metadata = pq.read_table(path), pq.read_metadata(path).metadata
    tics = table.column("tic").to_pylist()
    changed = table.set_column(0, table.schema.field("tic"), [[1011, *tics[1:]]])
    told = {key: value for key, value in metadata.items() if not key.startswith(b"ARROW")}
    pq.write_table(changed.replace_schema_metadata(told), path, write_page_checksum=True)


def without_a_row(folder: Path) -> None:
    path = folder / SHARD
    table, metadata = pq.read_table(path), pq.read_metadata(path).metadata
    told = {key: value for key, value in metadata.items() if not key.startswith(b"ARROW")}
    pq.write_table(table[1:].replace_schema_metadata(told), path, write_page_checksum=True)


@pytest.mark.parametrize(
    ("change", "file", "state", "problem"),
    [
        (on_other_side, "data/test-00000-of-00001.parquet", "damaged", "other files than the plan"),
        (with_a_star_of_another_side, SHARD, "damaged", "TIC 1011 belongs to 'test'"),
        (without_a_row, SHARD, "damaged", "3 rows, not the 4"),
        (lambda folder: (folder / "README.md").unlink(), "README.md", "missing", "not complete"),
        (lambda folder: (folder / SHARD).unlink(), SHARD, "missing", "not made, or removed"),
        (lambda folder: (folder / "data/train-9.parquet").touch(), "data/train-9.parquet", "extra", "no such file"),
    ][: size(4, 6)],
)
def test_each_kind_of_damage_has_its_words_even_if_the_sums_are_right(
    curves: DataSet, change: Callable[[Path], object], file: str, state: str, problem: str
) -> None:
    change(folder_of(curves))
    with_right_sums(folder_of(curves))
    rows = {row["file"]: row for row in curves.verify().problems.to_dicts()}
    assert rows[file]["state"] == state
    assert problem in rows[file]["problem"]


@pytest.mark.parametrize("name", [SHARD, "lock.ecsv", "README.md", "missing.json"][: size(2, 4)])
def test_a_changed_byte_in_any_file_is_found(curves: DataSet, name: str) -> None:
    path = folder_of(curves) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    try:
        (row,) = curves.verify().problems.to_dicts()
        assert (row["file"], row["state"]) == (name, "damaged")
    except DamagedFileError as error:
        assert name in str(error)


def test_a_lock_that_differs_from_the_shards_is_found(curves: DataSet) -> None:
    path = folder_of(curves) / "lock.ecsv"
    lock = curves.session.load_plan(path)
    sums = [item.sha256 for item in lock]
    path.write_text(path.read_text().replace(str(sums[0]), str(sums[1])))
    with_right_sums(folder_of(curves))
    (row,) = curves.verify().problems.to_dicts()
    assert (row["file"], row["problem"]) == ("lock.ecsv", "it differs from the locks in the shards")


def test_damage_by_chance_is_found_or_has_a_name_and_the_next_build_mends_the_shards(curves: DataSet) -> None:
    folder, wrong = folder_of(curves), []
    whole = contents(folder)
    names = [name for name in sorted(whole) if name in BESIDE or name == SHARD]
    for number, chance in attempts(3):
        name = chance.choice(names)
        broken = altered(whole[name], chance)
        (folder / name).write_bytes(broken)
        try:
            if curves.verify().ok and broken != whole[name] and name != SUMS:
                wrong.append((number, name, "not found"))
            curves.info()
        except TessSourceError:
            pass
        except Exception as error:  # noqa: BLE001  what the test is about
            wrong.append((number, name, repr(error)))
        (folder / name).write_bytes(whole[name])
    assert not wrong


def test_a_plan_or_sums_that_are_damaged_are_errors_that_name_the_file(curves: DataSet) -> None:
    folder = folder_of(curves)
    plan = (folder / "plan.ecsv").read_bytes()
    (folder / "plan.ecsv").write_bytes(plan[:-10])
    for ask in (curves.verify, curves.info, curves.build):
        with pytest.raises(LockError, match=r"plan\.ecsv"):
            ask()
    (folder / "plan.ecsv").write_bytes(plan)
    (folder / SUMS).write_text("no sums")
    with pytest.raises(DamagedFileError, match=r"SHA256SUMS: line 1"):
        curves.verify()
    assert curves.build().complete
    assert curves.verify().ok
    (folder / "missing.json").write_text(json.dumps([1]))
    with pytest.raises(DamagedFileError, match=r"missing\.json"):
        curves.info()

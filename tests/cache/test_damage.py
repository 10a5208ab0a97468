"""Whatever is wrong with what is kept in the cache folder, it is asked or read again: never a wrong answer, never a strange error."""

from __future__ import annotations

import io
import json
import logging
import os
import time
import zipfile
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fuzz import STRANGE, altered, altered_json, attempts
from sizes import size
from sky import STARS, Sky, session_of

from tess_source.cache.answers import Answer, Answers
from tess_source.cache.keep import as_line, record_in
from tess_source.cache.question import Question
from tess_source.cache.verified import Index, Known
from tess_source.errors import OfflineError
from tess_source.files.folder import Lying

KNOWN = Known(
    "mastDownload/TESS/ä b/x.fits", 2880, 1_700_000_000_123_456_789, "0123456789abcdef" * 4, "mast:TESS/x.fits", 1.7e9
)


def part_of(root: Path) -> Path:
    """The one file of an index."""
    (part,) = (root / ".tess-source" / "verified").glob("*.jsonl")
    return part


def flipped_at(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


# -- the index of verified files --


def test_each_flipped_bit_of_a_line_of_the_index_is_noticed() -> None:
    line = as_line({name: getattr(KNOWN, name) for name in Known.__slots__}).encode()
    for bit in range(len(line) * 8):
        with pytest.raises(ValueError, match="check"):
            record_in(flipped_at(line, bit))


def test_a_line_that_was_changed_is_lost_and_no_other(tmp_path: Path) -> None:
    other = replace(KNOWN, path="other", sha256="f" * 64)
    Index(tmp_path).add([KNOWN, other])
    part = part_of(tmp_path)
    data = part.read_bytes()
    end = data.index(b"\n")
    for bit in range(0, end * 8, size(29, 1)):
        part.write_bytes(flipped_at(data, bit))
        assert Index(tmp_path).entries == {"other": other}, f"bit {bit}"
    part.write_bytes(flipped_at(data, end * 8))  # one line of two
    assert Index(tmp_path).entries == {}


def test_a_damaged_index_gives_only_records_that_were_written(tmp_path: Path) -> None:
    records = [replace(KNOWN, path=f"file{number}", size=number, sha256=f"{number:064x}") for number in range(8)]
    Index(tmp_path).add(records)
    part = part_of(tmp_path)
    data = part.read_bytes()
    for number, chance in attempts(150):
        part.write_bytes(altered(data, chance))
        assert set(Index(tmp_path).entries.values()) <= set(records), f"attempt {number}"


def test_lines_with_other_values_than_a_record_has_are_passed_over(tmp_path: Path) -> None:
    Index(tmp_path).add([KNOWN])
    part = part_of(tmp_path)
    row = {name: getattr(KNOWN, name) for name in Known.__slots__}
    rows = [{**row, name: value} for name in row for value in STRANGE]
    rows += [{key: value for key, value in row.items() if key != name} for name in row]
    rows += [altered_json(row, chance) for _, chance in attempts(100)]
    for changed in rows:
        part.write_text(f"{as_line(changed) if isinstance(changed, dict) else json.dumps(changed)}\n")
        for known in Index(tmp_path).entries.values():
            assert [*map(type, known.__getstate__())] == [str, int, int, str, str, float, str, str]
            assert len(known.sha256) == 64
            assert 0 <= known.verified <= time.time() + 60
            Index(tmp_path).get(known.path, Lying(known.size, known.mtime_ns, is_link=False))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, '{"size": Infinity}', '{"size": ' + "9" * 5000 + "}", "NaN", '"x"']
)
def test_json_that_python_cannot_use_is_passed_over_even_with_a_fitting_check(tmp_path: Path, text: str) -> None:
    Index(tmp_path).add([KNOWN])
    part = part_of(tmp_path)
    line = as_line({"rest": 1}).replace('"rest":1}', text)
    fitting = f'{{"check":"{zlib.crc32(line[18:].encode()):08x}{line[18:]}'
    part.write_bytes(part.read_bytes() + f"{text}\n{line}\n{fitting}\n".encode())
    assert Index(tmp_path).entries == {KNOWN.path: KNOWN}


def test_lines_of_a_version_without_checks_do_not_count(tmp_path: Path) -> None:
    Index(tmp_path).add([KNOWN])
    row = {name: getattr(KNOWN, name) for name in Known.__slots__}
    part_of(tmp_path).write_text(json.dumps(row, separators=(",", ":")) + "\n")
    assert Index(tmp_path).entries == {}


def test_a_line_that_was_cut_or_written_into_another_loses_these_two_only(tmp_path: Path) -> None:
    records = [replace(KNOWN, path=name) for name in "abc"]
    Index(tmp_path).add(records)
    part = part_of(tmp_path)
    a, b, c = part.read_bytes().splitlines(keepends=True)
    part.write_bytes(a[:100] + b[:50] + a[100:] + b[50:] + c)
    assert set(Index(tmp_path).entries) == {"c"}
    part.write_bytes(a + b + c[:-20])
    assert set(Index(tmp_path).entries) == {"a", "b"}


def test_a_record_is_read_as_it_was_written() -> None:
    record = {"text": 'ä"\n\ud800', "number": -1.5e300, "list": [1, None, {"x": True}]}
    assert record_in(as_line(record).encode()) == {"check": as_line(record)[10:18], **record}
    for broken in (b"", b"{}", b'{"check":"', as_line(record).upper().encode()):
        with pytest.raises(ValueError, match="check"):
            record_in(broken)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_pipes_in_the_place_of_kept_files_are_not_waited_for(tmp_path: Path) -> None:
    Index(tmp_path).add([KNOWN])
    os.mkfifo(tmp_path / ".tess-source" / "verified" / "pipe.jsonl")
    assert Index(tmp_path).entries == {KNOWN.path: KNOWN}
    session = session_of(Sky(), tmp_path)
    for pattern, ask in (("*.zip", STARS[0]), ("names/*.json", "pi Men")):
        session.search(ask)
        (path,) = (tmp_path / ".tess-source").rglob(pattern)
        path.unlink()
        os.mkfifo(path)
        assert len(session.search(ask)) > 0
        assert path.is_file(), "a file took the place of the pipe"
        path.unlink()


# -- kept answers --


class Kept:
    """A kept answer to a question, which is changed on disk."""

    def __init__(self, root: Path) -> None:
        session_of(Sky(), root).search(list(STARS))
        (self.path,) = root.rglob("*.zip")
        self.data = self.path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(self.data)) as pack:
            self.members = {name: pack.read(name) for name in pack.namelist()}
        self.record = json.loads(self.members["record.json"])
        self.question = Question(self.record["asked"], tuple(self.record["targets"]))
        self.answers = Answers(root, float("inf"))
        self.right = self.found()
        assert self.right is not None
        self.results: Counter[str] = Counter()

    def found(self) -> Answer | None:
        return self.answers.find(self.question)

    def try_with(self, data: bytes, number: int) -> None:
        self.path.write_bytes(data)
        found = self.found()
        assert found is None or found == self.right, f"a wrong answer in attempt {number}"
        self.results["asked again" if found is None else "right"] += 1

    def zipped(self, **changes: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as pack:
            for name, content in self.members.items():
                pack.writestr(name, changes.get(name.partition(".")[0], content))
        return out.getvalue()


@pytest.fixture
def answer(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_a_flipped_bit_of_a_kept_answer_gives_the_right_answer_or_none(answer: Kept) -> None:
    """Bits of dates in the zip file do not matter; those of data and sums do."""
    bits = len(answer.data) * 8
    for bit in [*range(0, bits, bits // size(100, 20_000)), *range(bits - 8 * 22, bits, size(7, 1))]:
        answer.try_with(flipped_at(answer.data, bit), bit)
    assert answer.results["asked again"] > 0.8 * answer.results.total()


def test_a_damaged_kept_answer_gives_the_right_answer_or_none(answer: Kept) -> None:
    for number, chance in attempts(60):
        answer.try_with(altered(answer.data, chance), number)


def test_a_kept_answer_whose_record_is_strange_is_no_error(answer: Kept) -> None:
    for _, chance in attempts(25):
        record = json.dumps(altered_json(answer.record, chance)).encode()
        answer.path.write_bytes(answer.zipped(record=record))
        answer.found()


def test_a_kept_answer_whose_tables_are_damaged_is_no_error(answer: Kept) -> None:
    """The sums of the zip file are right here, so that polars reads what is damaged; it panics at some of it."""
    for _, chance in attempts(40):
        damaged = altered(answer.members["products.parquet"], chance)
        answer.path.write_bytes(answer.zipped(products=damaged))
        answer.found()


def test_a_kept_answer_that_would_unpack_to_much_more_is_not_unpacked(answer: Kept) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in answer.members.items():
            pack.writestr(name, content + bytes(10_000_000))
    answer.try_with(out.getvalue(), 0)
    assert answer.results["asked again"] == 1
    assert "more than it can" in answer.answers.problems[answer.path]


@pytest.mark.parametrize("error", [MemoryError(), ZeroDivisionError("x"), zlib.error("Error -3")])
def test_an_answer_that_raises_anything_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    session = session_of(sky := Sky(), tmp_path)
    expected = session.search(STARS[0]).products

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "read", fail)
        assert session.search(STARS[0]).products == expected
    assert sky.asked == ["query", "list"] * 2
    assert session.search(STARS[0]).from_store


def test_offline_an_answer_that_cannot_be_used_is_named(answer: Kept, tmp_path: Path) -> None:
    answer.path.write_bytes(answer.data[:-30])
    with pytest.raises(OfflineError, match="cannot be used: File is not a zip file") as caught:
        session_of(Sky(), tmp_path, offline=True).search(list(STARS))
    assert str(answer.path) in str(caught.value)


# -- kept names --


def test_each_flipped_bit_of_a_kept_name_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    session = session_of(sky := Sky(), tmp_path)
    session.search("pi Men")
    (path,) = tmp_path.rglob("names/*.json")
    data = path.read_bytes()
    offline = session_of(Sky(), tmp_path, offline=True)
    for bit in range(0, len(data) * 8, size(37, 1)):
        path.write_bytes(flipped_at(data, bit))
        with pytest.raises(OfflineError, match=f"{path.name}.*cannot be used: it is not as it was written"):
            offline.search("pi Men")
    with caplog.at_level(logging.INFO):
        session.search("pi Men")
    assert sky.asked.count("resolve pi Men") == 2
    assert "is not used" in caplog.text
    assert record_in(path.read_bytes())


@pytest.mark.parametrize(
    "change", [{"ra": "x"}, {"ra": float("nan")}, {"tic": "3"}, {"text": None}, {"other": 1}, {"dec": True}]
)
def test_a_kept_name_with_another_kind_of_value_is_asked_again(tmp_path: Path, change: dict[str, Any]) -> None:
    session = session_of(sky := Sky(), tmp_path)
    session.search("pi Men")
    (path,) = tmp_path.rglob("names/*.json")
    record = record_in(path.read_bytes())
    del record["check"]
    path.write_text(as_line({**record, "target": {**record["target"], **change}}))
    session.search("pi Men")
    assert sky.asked.count("resolve pi Men") == 2

"""A lock may come from anybody: whatever it says, nothing is written elsewhere or twice, and errors say where and what is wrong."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fuzz import altered, altered_json, attempts
from sky import Sky, session_of

import tess_source_filters
import tess_source_mast
from tess_source import Plan, Products, Session
from tess_source.errors import LockError, TessSourceError
from tess_source.lock.check import verify_lock
from tess_source.lock.citation import cite
from tess_source.lock.compare import diff
from tess_source.lock.refresh import refresh
from tess_source.lock.scripts import script
from tess_source.tables.items import Items, completed
from tess_source.tables.saved import read_saved
from tess_source_mast.citations import CITATIONS

SUM = "0123456789abcdef" * 4


def plan_of(root: Path, *paths: str, **columns: Any) -> Plan:
    """Make a plan of files in these places."""
    uris = [f"mast:TESS/product/{number}.fits" for number in range(len(paths))]
    given = {"uri": uris, "path": paths, "size": [2880] * len(paths), "sha256": [SUM] * len(paths), **columns}
    return Plan(Items(completed(pl.DataFrame(given))), root, {"server": "MAST"})


_saved: dict[str, bytes] = {}


def saved(folder: Path, *paths: str, **columns: Any) -> Path:
    """Give a lock of files in these places. Each is made once: that takes longer than most of what is done with it."""
    file, key = folder / "lock.ecsv", repr((paths, columns))
    if key not in _saved:
        _saved[key] = plan_of(folder, *paths, **columns).save(file).read_bytes()
    file.write_bytes(_saved[key])
    return file


def read(file: Path) -> Items:
    return read_saved(file)[0]


def problems(folder: Path, *paths: str, **columns: Any) -> list[str | None]:
    """Return what is wrong with each line of a lock, as it is read again."""
    file = plan_of(folder, *paths, **columns).save(folder / "lock.ecsv")
    return read(file)["problem"].to_list()


# -- one line per place --


@pytest.mark.parametrize(
    "other",
    [
        "a/x.fits", "a//x.fits", "a/./x.fits", "./a/x.fits", "a/x.fits/", "a/x.fits//", "a/x.fits/.", "././a/.//x.fits", "A/X.FITS",
        "a/x.fitſ", "a/x\u200d.fits", "\ufeffa/x.fits",
    ],
)  # fmt: skip
def test_two_lines_of_one_place_are_refused_however_they_are_spelt(tmp_path: Path, other: str) -> None:
    for paths in (("a/x.fits", other), (other, "a/x.fits")):
        first, second = problems(tmp_path, *paths)
        assert first is None
        assert second is not None
        assert "is taken by mast:TESS/product/0.fits" in second


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
def test_forms_of_accents_name_one_place(tmp_path: Path, form: Any) -> None:
    assert problems(tmp_path, "Ångström/é.fits", unicodedata.normalize(form, "ångström/É.fits"))[1]


def test_a_line_that_is_there_twice_is_refused_once(tmp_path: Path) -> None:
    first, second = problems(tmp_path, "a/x", "a/x", uri=["mast:a", "mast:a"])
    assert (first, second) == (None, "its place 'a/x' is taken by mast:a; choose another layout")


@pytest.mark.parametrize("paths", [("a", "a/b"), ("a/b", "a"), ("A", "a/b/c"), ("x/y/z/f", "X//y"), ("é", "e\u0301/b")])
def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path, paths: tuple[str, str]) -> None:
    first, second = problems(tmp_path, *paths)
    assert first is None
    assert second is not None
    assert "mast:TESS/product/0.fits" in second


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "//host/x", "..", "../x",
        "a/../../x", "a/..", "C:/x", "C:x", "\\\\host\\x", "a\\b", "", ".", "/", "a/ b", "a /b",
        "a/b.", "a./b", "CON", "a/nul.fits", "COM1", "lpt¹.txt", "aux /x", "a/b:stream",
        "x" * 256, "a/?", "~/x:y", ".tess-source/answers/x.zip",
        "a/.Tess-Source/x", ".tess\u200b-source/verified/x.jsonl",
    ],
)  # fmt: skip
def test_a_path_that_means_another_place_on_some_system_is_refused(tmp_path: Path, path: str) -> None:
    first, second = problems(tmp_path, "good/x.fits", path)
    assert first is None
    assert second


def test_a_path_is_read_in_its_shortest_spelling(tmp_path: Path) -> None:
    file = saved(tmp_path, "a/./x", "b//y", "c/z/")
    assert read(file)["path"].to_list() == ["a/x", "b/y", "c/z"]
    assert read(file)["problem"].null_count() == 3


def test_many_different_places_have_no_problem(tmp_path: Path) -> None:
    assert set(problems(tmp_path, *(f"a/{number % 7}/x{number}.fits" for number in range(500)))) == {None}


# -- values --


def test_a_sum_in_capitals_is_understood(tmp_path: Path) -> None:
    import hashlib

    (tmp_path / "x.txt").write_bytes(b"x" * 10)
    digest = hashlib.sha256(b"x" * 10).hexdigest()
    file = saved(tmp_path, "x.txt", sha256=[digest], size=[10])
    file.write_text(file.read_text().replace(digest, digest.upper()))
    plan = session_of(Sky(), tmp_path).load_plan(file, tmp_path)
    assert verify_lock(plan).counts()["complete"] == 1
    assert [item.sha256 for item in plan] == [digest]


WRONG_VALUES = {
    (SUM, SUM[:-1]): "line 28: the value '.*' in its column 'sha256' is no sha256: 64 hexadecimal digits",
    (SUM, "0x" + SUM[2:]): "'sha256' is no sha256",
    (SUM, "g" * 64): "'sha256' is no sha256",
    (" 2880 ", " -1 "): "line 28: the value '-1' in its column 'size' is no number of bytes",
    (" 2880 ", " 2880.0 "): "line 28: the value '2880.0' in its column 'size' is no whole number",
    (" 2880 ", " 0x10 "): "'size' is no whole number",
    (" 2880 ", " " + "9" * 5000 + " "): "'size' is no whole number",
    (" 2880 ", " "): "line 28 has too few values: 22",
    (" other ", " " + "x" * 100_000 + " "): "'kind' is longer than 65,536 bytes",
}


@pytest.mark.parametrize(("change", "words"), WRONG_VALUES.items(), ids=range(len(WRONG_VALUES)))
def test_a_wrong_value_is_named_with_its_line(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    file = saved(tmp_path, "a", "b")
    head, last = file.read_text().rsplit("\nmast:", 1)
    file.write_text(f"{head}\n# a comment\nmast:{last.replace(*change)}")
    line = len(head.splitlines()) + 2
    with pytest.raises(LockError, match=words.replace("28", str(line), 1)) as caught:
        read(file)
    assert repr(str(file)) in str(caught.value)


def test_sizes_that_a_table_program_saved_as_floats_for_their_gaps_are_understood(tmp_path: Path) -> None:
    file = saved(tmp_path, "a", "b", size=[2880, None])
    text = file.read_text().replace("{name: size, datatype: int64}", "{name: size, datatype: float64}")
    file.write_text(text.replace(" 2880 ", " 2880.0 "))
    assert read(file)["size"].to_list() == [2880, None]
    file.write_text(text.replace(" 2880 ", " 2880.5 "))
    with pytest.raises(LockError, match=r"'2880.5' in its column 'size' is no whole number"):
        read(file)


def test_what_an_archive_lists_wrongly_can_be_saved_and_read_again(tmp_path: Path) -> None:
    rows = {
        "dataURI": ["mast:a", "mast:b", "mast:c"],
        "productFilename": ["a", "b", "c"],
        "size": [-1, 5, 6],
        "sha256": [None, "abc", SUM.upper()],
    }
    plan = Plan.of(Products.of(pl.DataFrame(rows)), tmp_path, "flat")
    found = {item.uri: item for item in plan}
    assert found["mast:a"].size is None
    assert found["mast:b"].problem == "its sha256 'abc' is none: it would have 64 hexadecimal digits"
    assert found["mast:c"].sha256 == SUM
    assert read(plan.save(tmp_path / "lock.ecsv")) == plan.items


# -- the header --

WRONG_HEADERS = {
    "files: [3]": "'files' in its header is a list, '\\[3\\]'; a whole number would be right",
    "files: 1.0": "'files' in its header is a number",
    "files: true": "'files' in its header is true or false",
    "server: [a]": "'server' in its header is a list",
    "server: null": "'server' in its header is null; a text would be right",
    "server: {a: {b: [1]}}": "'server' in its header is a mapping",
    "time: 2024-01-01": "'time' in its header holds date",
    "layout: 3": "'layout' in its header is a whole number",
    "archives: mast": "'archives' in its header is a text, 'mast'; a list would be right",
    "archives: [3]": r"'archives\[0\]' in its header is a whole number",
    "versions: [a]": "'versions' in its header is a list",
    "versions: {a: 3}": "'versions.a' in its header is a whole number, '3'; a text or null would be right",
    "question: 3": "'question' in its header is a whole number",
    "question: {targets: TIC 1}": "'question.targets' in its header is a text",
    "question: {targets: [[]]}": r"'question.targets\[0\]' in its header is a list",
    "question: {targets: [pi Men]}": r"'question.targets\[0\]' in its header is no target",
    "question: {targets: [{text: a, ra: b}]}": "a target has ra='b'",
    "question: {targets: [{text: a, ra: .nan}]}": "a target has ra=nan",
    "question: {criteria: [a]}": "'question.criteria' in its header is a list",
    "filters: {a: 1}": "'filters' in its header is a mapping",
    "filters: [{filter: 3}]": r"'filters\[0\].filter' in its header is a whole number",
    "listed: 1": "'listed' in its header is a whole number, '1'; true or false would be right",
    "nearest: [{target: [a]}]": r"'nearest\[0\].target' in its header is a list",
    "x: !!binary aGVsbG8=": "'x' in its header holds bytes",
    "x: !!python/object/apply:os.system [ls]": "line 27 of its header is no YAML",
    'x: "\\ud800"': "'x' in its header holds text that is no Unicode",
    "x: " + "9" * 5000: "line 27 of its header: .*digits",
    "x: 2020-13-99": "line 27 of its header: month",
    "x: " + "[" * 3000 + "]" * 3000: "line 27 of its header: more than 50 levels",
    "x: " + "[" * 100_000: "line 27 of its header: more than 50 levels",
    "x: &x [*x]": "line 27 of its header is no YAML: found unconstructable recursive node",
    "server: B": "line 28 of its header: the key 'server' is there twice",
    "x: {a: 1, a: 2}": "line 27 of its header: a key is there twice",
    "3: 4": "its header has the key 3; a text would be right",
    "? [a]\n#   : 3": "line 27",
    "format: [1]": r"its format is \[1\], not",
}


@pytest.mark.parametrize("line", WRONG_HEADERS, ids=range(len(WRONG_HEADERS)))
def test_a_header_of_a_wrong_type_is_an_error_that_says_where_and_what_would_be_right(
    tmp_path: Path, line: str
) -> None:
    file = saved(tmp_path, "a")
    key = line.partition(":")[0]
    text = file.read_text()
    drop = "" if line == "server: B" else f"# - {{{key}: "
    lines = [one for one in text.splitlines() if not (drop and one.startswith(drop))]
    lines.insert(
        lines.index("# meta: !!omap") + (1 if line != "server: B" else 3),
        f"# - {line}" if "\n" in line else f"# - {{{line}}}",
    )
    file.write_text("\n".join(lines) + "\n")
    at = lines.index("# meta: !!omap") + 2
    with pytest.raises(
        LockError, match=WRONG_HEADERS[line].replace("27", str(at)).replace("28", str(at + 2))
    ) as caught:
        read(file)
    assert repr(str(file)) in str(caught.value)


def test_a_header_that_is_small_and_means_a_billion_values_is_refused(tmp_path: Path) -> None:
    lines = ["# - {a0: &a0 [x,x,x,x,x,x,x,x,x]}"]
    lines += [f"# - {{a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 10)]
    file = saved(tmp_path, "a")
    file.write_text(file.read_text().replace("# meta: !!omap\n", "\n".join(["# meta: !!omap", *lines, ""])))
    with pytest.raises(LockError, match="refers to itself, or is nested too deeply"):
        read(file)


WRONG_FILES: dict[str, tuple[Callable[[str], bytes], str]] = {
    "gzip": (lambda text: __import__("gzip").compress(text.encode()), "it is gzip data: unpack it"),
    "a mark in front": (lambda text: text.encode("utf-8-sig"), "it has a byte order mark in front"),
    "UTF-16": (lambda text: text.encode("utf-16"), "it is UTF-16: save it as UTF-8"),
    "bytes in the header": (lambda text: text.encode().replace(b"MAST", b"M\xffST"), "line 28 is not UTF-8"),
    "bytes in a line": (lambda text: text.encode().replace(b" other ", b" oth\xffer "), "invalid utf-8"),
    "a list for the header": (lambda text: text.replace("meta: !!omap", "meta: [1]\n# x: !!omap").encode(), "'meta' in its header is list"),
    "an unknown version": (lambda text: text.replace("%ECSV 1.0", "%ECSV x").encode(), "does not start with '# %ECSV 1.0'"),
    "another separator": (lambda text: text.replace("# ---", "# ---\n# delimiter: x").encode(), "only space and comma"),
    "complex sizes": (lambda text: text.replace("datatype: int64", "datatype: complex128", 1).encode(), "unexpected datatype"),
    "an odd class": (
        lambda text: text.replace("int64", "bool", 1).replace("!!omap", "!!omap\n# - {__serialized_columns__: [1]}").encode(),
        "__serialized_columns__",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_FILES)
def test_what_is_no_plain_ecsv_is_refused_with_what_would_be_right(tmp_path: Path, name: str) -> None:
    change, words = WRONG_FILES[name]
    file = saved(tmp_path, "a")
    file.write_bytes(change(file.read_text()))
    with pytest.raises(LockError, match=words):
        read(file)


def test_of_a_huge_file_that_is_no_table_only_the_begin_is_read(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(LockError, match=r"does not start with '# %ECSV 1\.0'"):
        read(tmp_path / "huge")


def test_a_lock_larger_than_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(data: bytes) -> None:
        raise MemoryError

    file = saved(tmp_path, "a")
    monkeypatch.setattr("tess_source.tables.ecsv.parse", parse)
    with pytest.raises(LockError, match="is larger than the memory of this machine"):
        read(file)


def test_a_name_that_the_system_cannot_write_is_a_problem_of_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where file names are ASCII: ``LC_ALL=C`` without UTF-8."""
    resolve = Path.resolve

    def ascii_only(path: Path, strict: bool = False) -> Path:
        str(path).encode("ascii")
        return resolve(path, strict)

    monkeypatch.setattr(Path, "resolve", ascii_only)
    found = verify_lock(plan_of(tmp_path, "a/x", "é/x"))
    assert found["state"].to_list() == ["missing"] * 2
    assert "'é/x' cannot be followed: 'ascii' codec" in found["reason"][1]


@pytest.mark.parametrize("end", ["\n", "\n# x", "\n#   - {a: 1, ", "x\n\n\n"])
def test_a_blank_or_broken_end_is_refused_with_its_line(tmp_path: Path, end: str) -> None:
    file = saved(tmp_path, "a", "b")
    text = file.read_text()
    file.write_text(text + end)
    with pytest.raises(LockError, match=rf"line {len(text.splitlines()) + 1} has too few values|cannot be read"):
        read(file)


def test_line_ends_of_windows_do_not_matter(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "a", "b")
    file = plan.save(tmp_path / "lock.ecsv")
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert read(file) == plan.items


# -- bad inputs by chance --


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, Plan]:
    """A session at an archive in memory, and a lock with all that a header may hold."""
    root = tmp_path_factory.mktemp("hostile")
    session = session_of(Sky(), root / "cache")
    session.registry.register(tess_source_filters, "filters", version="1")
    plan = session.search(["pi Men", 261136679], kind="lc").plan(root / "data")
    question = dict(plan.record["question"])
    question |= {
        "criteria": {"s": {"tuple": [1, 2]}, "r": {"range": [1, 3, None]}, "m": {"mapping": [["a", 1]]}},
        "gaps": ["row 1"],
    }
    return session, Plan(plan.items, plan.root, {**plan.record, "question": question, "unlisted": 3}, session)


def uses(plan: Plan, session: Session, mast: Session, file: Path) -> list[Callable[[], Any]]:
    """Return everything that a lock is good for, without a connection."""
    return [
        lambda: repr(plan), plan._repr_html_, plan.to_table, plan.expected, lambda: list(plan), lambda: plan.save(file),
        lambda: verify_lock(plan), lambda: diff(plan, plan), lambda: cite(plan, CITATIONS), lambda: refresh(plan, session),
        lambda: script(plan, mast.registry.transports, mast.settings),
    ]  # fmt: skip


def fuzzed(asked: tuple[Session, Plan], file: Path, contents: Callable[[Any], bytes], ci: int) -> None:
    """Read and use locks with contents by chance, and check that nothing but our own errors is raised, and no place is wrong."""
    session, plan = asked
    mast = Session(discover=False, plugins=[tess_source_mast])
    raw, read = [], 0
    for number, chance in attempts(ci):
        file.write_bytes(contents(chance))
        try:
            found = session.load_plan(file, plan.root)
        except LockError:
            continue
        except Exception as error:  # noqa: BLE001  what is counted here
            raw.append((number, "read", repr(error)))
            continue
        read += 1
        places = [item.path for item in found if item.problem is None]
        assert len({place.lower() for place in places}) == len(places)
        assert all((plan.root / place).resolve().is_relative_to(plan.root.resolve()) for place in places)
        for place, use in enumerate(uses(found, session, mast, file)):
            try:
                use()
            except TessSourceError:
                pass
            except Exception as error:  # noqa: BLE001
                raw.append((number, place, repr(error)))
    assert raw == []
    assert read, "some were read, so that what they are good for was tried"


def test_locks_that_were_changed_by_chance_raise_our_errors_alone(asked: tuple[Session, Plan], tmp_path: Path) -> None:
    data = asked[1].to_text().encode()
    fuzzed(asked, tmp_path / "lock.ecsv", lambda chance: altered(data, chance), 30)


def test_lines_that_were_changed_by_chance_raise_our_errors_alone(asked: tuple[Session, Plan], tmp_path: Path) -> None:
    data = asked[1].to_text().encode()
    start = data.index(b"\nuri ")
    fuzzed(asked, tmp_path / "lock.ecsv", lambda chance: data[:start] + altered(data[start:], chance), 20)


def test_headers_with_strange_values_raise_our_errors_alone(asked: tuple[Session, Plan], tmp_path: Path) -> None:
    text = asked[1].to_text()
    head, body = text[: text.index("# meta:")], text[text.index("\nuri ") :]
    record = {"format": "tess-source plan 1", **json.loads(json.dumps(dict(asked[1].record))), "files": len(asked[1])}
    fuzzed(
        asked, tmp_path / "lock.ecsv",
        lambda chance: f"{head}# meta: {json.dumps(altered_json(record, chance))}{body}".encode(), 25,
    )  # fmt: skip

"""The catalogue's folder: whose names say its state, and that nothing which ends or fails leaves half of anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from catalogue_case import SOURCE
from fuzz import altered, attempts

from tess_source._lazy import pl
from tess_source.settings import Settings
from tess_source_catalogue.folder import CatalogueFolder, ListFacts
from tess_source_catalogue.lacking import absent_in_words

ROWS = pl.DataFrame({"tic": [1, 2, 3]})
FACTS = ListFacts("https://there/lc_1.sh", '"a"', "yesterday", 1.5, 2.5, 100, "f" * 64, 3, 1, ("strange",))


@pytest.fixture
def folder(tmp_path: Path) -> CatalogueFolder:
    return CatalogueFolder(tmp_path / "catalogue")


def test_a_folder_that_is_not_there_has_no_lists(folder: CatalogueFolder) -> None:
    assert folder.lists() == {}
    assert not folder.root.exists()


def test_each_server_has_a_folder_of_its_own(tmp_path: Path) -> None:
    one, other = (
        CatalogueFolder.of(Settings(server=server, cache=tmp_path)) for server in (None, "http://localhost:1")
    )
    assert one.root != other.root


def test_a_list_is_found_by_the_name_of_its_file_alone(folder: CatalogueFolder) -> None:
    one = folder.keep("lc", 14, 14, ROWS, FACTS)
    several = folder.keep("multi-dv", 1, 13, ROWS, FACTS)
    assert folder.lists() == {("lc", 14, 14): one, ("multi-dv", 1, 13): several}
    assert one.path.name.startswith("s0014-")
    assert several.path.name.startswith("s0001-s0013-")
    assert pl.read_parquet(one.path).equals(ROWS)


def test_lists_are_read_again_once_a_folder_has_changed(folder: CatalogueFolder) -> None:
    one = folder.keep("lc", 1, 1, ROWS, FACTS)
    os.utime(one.path.parent, ns=(0, 10**18))
    assert folder.lists() is CatalogueFolder(folder.root).lists()
    two = folder.keep("lc", 2, 2, ROWS, FACTS)
    assert folder.lists() == {one.key: one, two.key: two}
    os.utime(one.path.parent, ns=(0, 10**18 + 1))
    folder.lists()
    other = folder.keep("tp", 1, 1, ROWS, FACTS)
    assert other.key in folder.lists()
    folder.remove([one, two])
    assert folder.lists() == {other.key: other}


def test_damage_to_what_is_noted_of_absent_lists_only_makes_it_unknown(folder: CatalogueFolder) -> None:
    folder.note_absent("lc", {6: 1.5, 7: 1.5}, ())
    folder.note_absent("lc", {8: 2.5}, (7,))
    assert folder.lists().absent == {("lc", 6): 1.5, ("lc", 8): 2.5}
    file = folder.root / "lc" / "absent.json"
    whole = file.read_bytes()
    for _, chance in attempts(40):
        file.write_bytes(altered(whole, chance))
        os.utime(file.parent)
        known = folder.lists().absent
        assert {source for source, _ in known} <= {"lc"}
        assert not known or absent_in_words(known, {"lc": SOURCE["lc"]})
    for damaged in (
        b'{"6": 1e308}',
        b'{"6": -1}',
        b'{"0": 1}',
        b'{"6": 1e999}',
        b'{"99999": 1}',
        b'{"6": NaN}',
        b"[]",
        b"[" * 10**5,
    ):
        file.write_bytes(damaged)
        os.utime(file.parent)
        assert not folder.lists().absent


def test_a_change_within_one_tick_of_the_clock_is_seen(folder: CatalogueFolder) -> None:
    one = folder.keep("lc", 1, 1, ROWS, FACTS)
    moment = one.path.parent.stat().st_mtime_ns
    assert folder.lists() == {one.key: one}
    two = folder.keep("lc", 2, 2, ROWS, FACTS)
    os.utime(one.path.parent, ns=(moment, moment))
    assert folder.lists() == {one.key: one, two.key: two}


def test_what_is_known_of_a_list_is_kept_with_it(folder: CatalogueFolder) -> None:
    file = folder.keep("lc", 1, 1, ROWS, FACTS)
    known = folder.facts(file)
    assert (known.address, known.rows, known.strange_names) == (FACTS.address, 3, ("strange",))
    assert known.stored_size == file.path.stat().st_size
    assert folder.is_whole(file)


def test_another_state_of_a_list_takes_the_place_of_the_older_one(folder: CatalogueFolder) -> None:
    old = folder.keep("lc", 1, 1, ROWS, FACTS)
    new = folder.keep("lc", 1, 1, ROWS[:1], ListFacts(sha256="e" * 64))
    assert folder.lists() == {("lc", 1, 1): new}
    assert not old.path.exists()
    assert len(list(folder.root.rglob("*.json"))) == 1


def test_of_two_files_of_one_list_the_newer_counts(folder: CatalogueFolder) -> None:
    older = folder.keep("lc", 1, 1, ROWS, FACTS)
    bytes_of_older = older.path.read_bytes()
    newer = folder.keep("lc", 1, 1, ROWS[:1], ListFacts(sha256="e" * 64))
    older.path.write_bytes(bytes_of_older)  # as when an update was killed before it removed the older one
    os.utime(older.path, ns=(0, newer.path.stat().st_mtime_ns - 1))
    assert folder.lists() == {("lc", 1, 1): newer}
    folder.tidy()
    assert not older.path.exists()
    assert newer.path.exists()


def test_files_of_other_names_are_no_lists(folder: CatalogueFolder) -> None:
    file = folder.keep("lc", 1, 1, ROWS, FACTS)
    for name in ("lc/notes.txt", "lc/s0001-xyz.parquet", "view/s0001-0123456789abcdef.parquet", "lc/.x.part"):
        (folder.root / name).parent.mkdir(exist_ok=True)
        (folder.root / name).write_bytes(b"x")
    assert folder.lists() == {("lc", 1, 1): file}


@pytest.mark.parametrize("source", ["", "..", "a/b", "Lc", "view", "lc ", "lc-"])
def test_a_source_whose_name_is_no_folder_is_refused(folder: CatalogueFolder, source: str) -> None:
    with pytest.raises(ValueError, match="no name of a source"):
        folder.keep(source, 1, 1, ROWS, FACTS)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 1), (1, 10_000)])
def test_sectors_that_cannot_be_are_refused(folder: CatalogueFolder, first: int, last: int) -> None:
    with pytest.raises(ValueError, match="no sectors"):
        folder.keep("lc", first, last, ROWS, FACTS)


def test_lists_are_removed_with_their_empty_folders(folder: CatalogueFolder) -> None:
    files = [folder.keep("lc", sector, sector, ROWS, FACTS) for sector in (1, 2)]
    folder.remove(files[:1])
    assert folder.lists() == {("lc", 2, 2): files[1]}
    folder.remove(files)
    assert not folder.root.exists()


def test_facts_that_are_damaged_are_as_if_they_were_lost(folder: CatalogueFolder) -> None:
    file = folder.keep("lc", 1, 1, ROWS, FACTS)
    (place,) = folder.root.rglob("*.json")
    whole, known = place.read_bytes(), folder.facts(file)
    for number, chance in attempts(40):
        place.write_bytes(altered(whole, chance))
        found = folder.facts(file)
        same_types = all(type(getattr(found, name)) is type(getattr(known, name)) for name in ListFacts.__slots__)
        assert same_types, number
    folder.forget(file)
    assert folder.facts(file) == ListFacts()
    assert not folder.is_whole(file)

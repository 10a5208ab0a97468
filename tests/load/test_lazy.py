"""Large files are opened only when they are used: a reader says so, and the rest is the same for every plugin."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tess_source import Session, hookimpl
from tess_source.errors import LoadError, NoReaderError
from tess_source.load.loading import open_entry
from tess_source.tables.items import Entry, Item, Items
from tess_source.tables.loaded import Deferred, LazyGroup, Loaded
from tess_source.tables.plan import Manifest, Plan


def text_of(path: Path) -> str:
    text = path.read_text()
    if text == "wrong":
        raise KeyError("no such card")
    return text


class Texts:
    """Reads texts when they are used, in two groups by their first letter; and one at once."""

    @hookimpl
    def tess_load(self, entry: Entry, options: Mapping[str, Any]) -> object | None:
        path = entry.path
        assert path is not None
        if path.suffix == ".no":
            return None
        if path.suffix == ".now":
            return {"now": text_of(path)}
        return Deferred("vowels" if path.stem[0] in "aeiou" else "others", path, functools.partial(text_of, path))


@pytest.fixture
def texts(session: Session) -> Session:
    session.register(Texts())
    return session


def manifest_of(folder: Path, session: Session, **texts: str) -> Manifest:
    """Return the manifest of files with some texts, named ``a_txt`` for ``a.txt``."""
    entries = []
    for name, text in texts.items():
        path = folder / name.replace("_", ".")
        path.write_text(text)
        entries.append(Entry(Item(f"x:{path.name}", path.name), "here", path=path))
    items = Items.of([{"uri": entry.item.uri, "path": entry.item.path} for entry in entries])
    return Manifest(Plan(items, folder, {}, session), tuple(entries))


def test_each_kind_is_a_group_and_what_was_opened_at_once_another(tmp_path: Path, texts: Session) -> None:
    loaded = manifest_of(tmp_path, texts, b_txt="1", a_txt="2", c_now="3", d_txt="4", e_no="5").read()
    assert isinstance(loaded, Loaded)
    assert [*loaded["others"]] == ["1", "4"] and [*loaded["vowels"]] == ["2"] and loaded["dict"] == [{"now": "3"}]
    assert [type(error) for error in loaded.failed.values()] == [NoReaderError]
    assert repr(loaded) == "Loaded(2 others, 1 vowels, 1 dict, 1 not opened)"


def test_nothing_is_opened_before_it_is_used_and_each_use_opens_it_anew(tmp_path: Path, texts: Session) -> None:
    group: Any = manifest_of(tmp_path, texts, b_txt="1", c_txt="2").load()
    (tmp_path / "b.txt").write_text("changed")
    assert group[0] == "changed"
    (tmp_path / "b.txt").unlink()
    with pytest.raises(FileNotFoundError):
        group[0]
    assert group[1] == "2"


def test_whatever_a_reader_raises_at_the_use_names_the_file(tmp_path: Path, texts: Session) -> None:
    group: Any = manifest_of(tmp_path, texts, b_txt="wrong", c_txt="2").load()
    with pytest.raises(LoadError, match=r"^b\.txt cannot be read: KeyError: 'no such card'"):
        group[0]


def test_methods_that_open_one_by_one_open_it_at_once(tmp_path: Path, texts: Session) -> None:
    manifest = manifest_of(tmp_path, texts, b_txt="1", c_txt="wrong", d_txt="3")
    assert open_entry(texts.registry, manifest[0], {}) == "1"
    assert [opened.value for opened in manifest.iter_read()] == ["1", None, "3"]
    with ThreadPoolExecutor(1) as pool:
        results = [*manifest.map(str.upper, workers=pool)]
    assert [(opened.value, type(opened.error)) for opened in results] == [
        ("1", type(None)),
        (None, LoadError),
        ("3", type(None)),
    ]


def test_a_group_can_be_sent_to_other_processes_and_cut(tmp_path: Path, texts: Session) -> None:
    group: Any = manifest_of(tmp_path, texts, b_txt="1", c_txt="2", d_txt="3").load()
    assert [*pickle.loads(pickle.dumps(group))] == ["1", "2", "3"]  # noqa: S301  written here
    assert isinstance(group[1:], LazyGroup) and [*group[::-1]] == ["3", "2", "1"]
    assert repr(group[1:]) == "<2 others, each opened when it is used>" and "3" in group
    assert repr(group[:0]) == "<0 files, each opened when it is used>"

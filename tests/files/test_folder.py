"""A folder is never left, whoever asks at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tess_source import paths
from tess_source.files.folder import Folder


def test_a_folder_that_leads_elsewhere_is_refused_to_all_who_ask_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.fits").write_bytes(b"x")
    root = tmp_path / "root"
    root.mkdir()
    (root / "inner").symlink_to(elsewhere)
    looking, both = threading.Event(), threading.Barrier(2)
    inside = paths.inside

    def slowly(root: Path, path: str) -> Path:
        looking.set()
        with suppress(threading.BrokenBarrierError):
            both.wait(5)  # for the other
        return inside(root, path)

    monkeypatch.setattr(paths, "inside", slowly)
    folder = Folder(root)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(folder.exists, "inner/a.fits")
        assert looking.wait(60)
        second = pool.submit(folder.exists, "inner/a.fits")
        assert (second.result(), first.result()) == (None, None)

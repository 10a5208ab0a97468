"""What is made at its first use is made once, whichever thread comes first."""

from __future__ import annotations

import sys
import threading
import time
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tess_source.hooks.discovery import FILE_PREFIX, plugin_of
from tess_source.settings import Settings
from tess_source_mast import portal, tokens

THREADS = 8
SLOW = """
import time
from dataclasses import dataclass
time.sleep(0.05)

@dataclass
class Word:
    text: str
"""


def at_once(use: Callable[[], Any]) -> list[Any]:
    barrier = threading.Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda _: (barrier.wait(), use())[1], range(THREADS)))


def slowly(make: Callable[..., Any], made: list[Any]) -> Callable[..., Any]:
    def slow(*arguments: Any) -> Any:
        time.sleep(0.02)
        made.append(make(*arguments))
        return made[-1]

    return slow


def test_a_plugin_file_is_imported_once_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "first_use_words.py"
    file.write_text(SLOW)
    try:
        modules = at_once(lambda: plugin_of(("file", str(file))))
        assert {id(module) for module in modules} == {id(sys.modules[f"{FILE_PREFIX}first_use_words"])}
        assert modules[0].Word("x").text == "x"
    finally:
        sys.modules.pop(f"{FILE_PREFIX}first_use_words", None)


def test_threads_share_one_portal_and_so_its_limit_of_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(portal, "Portal", slowly(portal.Portal, made))
    settings = Settings(server="http://127.0.0.1:9/first-use")
    assert len({id(one) for one in at_once(lambda: portal.portal(settings))}) == len(made) == 1


def test_the_keyring_asks_its_user_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    keyring, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    keyring.get_password, errors.KeyringError = slowly(lambda *words: "secret", asked), OSError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    tokens._token_of_keyring.cache_clear()
    try:
        cookies = at_once(lambda: tokens.cookie("https://mast.stsci.edu/x", Settings()))
    finally:
        tokens._token_of_keyring.cache_clear()
    assert cookies == [{"Cookie": "mast_token=secret"}] * THREADS
    assert asked == ["secret"]

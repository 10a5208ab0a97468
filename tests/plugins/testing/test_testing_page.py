"""The page on testing: all its files of tests pass together, and the page shows how many there are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import DOCS, PLUGINS, ROOT
from sizes import STRESS

from tess_source.session import _default, set_default_session

pytest_plugins = ["pytester"]

FILE = re.compile(r'^```python title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
FROM_THE_ARCHIVE = (
    ("import mast_itself", "import sample_archive"),
    ("mast_itself()", 'sample_archive(connections="allowed")'),
)
"""How the page says that is recorded without reaching MAST."""


@pytest.mark.skipif(not STRESS, reason="mypy reads all of tess-source anew; make stress does")
def test_a_strict_type_checker_has_nothing_to_say_of_them(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed: pip install 'tess-source[lint]'")
    for name, text in FILE.findall((DOCS / "testing.md").read_text(encoding="utf-8")):
        (tmp_path / name).write_text(text)
    environment = {**os.environ, "MYPYPATH": os.pathsep.join(map(str, (ROOT, PLUGINS)))}
    words = ("--strict", "--cache-dir", ROOT / ".mypy_cache" / "page", ".")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_all_tests_of_the_page_pass_and_are_shown(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (DOCS / "testing.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^(test_\w+)\.py (\.+)", page, re.MULTILINE))
    files = dict(FILE.findall(page))
    assert {f"{name}.py" for name in shown} == {name for name in files if name.startswith("test_")}
    for name, text in files.items():
        (pytester.path / name).write_text(text)
    recording = files["conftest.py"]
    for itself, archive in FROM_THE_ARCHIVE:
        assert itself in recording
        recording = recording.replace(itself, archive)
    (pytester.path / "conftest.py").write_text(recording)
    monkeypatch.syspath_prepend(pytester.path)
    words = (
        "-p",
        "no:cacheprovider",
        "--import-mode=importlib",
        "-W",
        "error",
        "--strict-markers",
        "-o",
        "console_output_style=classic",
    )
    outer = [*_default]
    set_default_session(None)
    try:
        pytester.runpytest_inprocess(*words, "--record-mode=rewrite", "test_saved_answers.py").assert_outcomes(passed=1)
        (pytester.path / "conftest.py").write_text(files["conftest.py"])
        sys.modules.pop("conftest", None)
        result = pytester.runpytest_inprocess(*words)
    finally:
        set_default_session(*(outer or [None]))
    ran = dict(re.findall(r"^(test_\w+)\.py (\.+)", result.stdout.str(), re.MULTILINE))
    assert ran == shown

"""Optional libraries that are missing, that are no packages, and that cannot be imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tess_source.errors import MissingExtraError
from tess_source.extras import check, is_installed, needed
from tess_source.wording import keyword


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that libraries are imported from, and forgotten again."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("astrolib", "astrolib.parts"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def package(site: Path, code: str) -> None:
    (site / "astrolib").mkdir()
    (site / "astrolib" / "__init__.py").write_text(code)


def test_a_missing_library_is_named_with_the_command_that_installs_it(site: Path) -> None:
    said = r"^opening stars needs astrolib: pip install 'tess-source\[stars\]'$"
    with pytest.raises(MissingExtraError, match=said):
        needed("astrolib.parts", "stars", "opening stars")
    with pytest.raises(ImportError, match=said):
        check("astrolib", "stars", "opening stars")


def test_what_needs_it_is_worded_for_the_program(site: Path) -> None:
    with pytest.raises(MissingExtraError) as caught:
        check("astrolib", "stars", keyword("astro"))
    assert str(caught.value).startswith("astro needs astrolib:")
    assert caught.value.in_program.startswith("--astro needs astrolib:")


def test_the_name_that_a_library_is_installed_by_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tess_stars2px", None)
    with pytest.raises(MissingExtraError, match="pixels needs tess-point: "):
        check("tess_stars2px", "tess-point", "pixels")


def test_a_folder_of_data_with_the_name_of_a_library_is_none(site: Path) -> None:
    (site / "astrolib").mkdir()
    (site / "astrolib" / "data.csv").write_text("1")
    assert not is_installed("astrolib")
    with pytest.raises(MissingExtraError, match="needs astrolib"):
        needed("astrolib", "stars", "opening stars")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("from math import no_such_name", "ImportError: cannot import name 'no_such_name'"),
        ("1 / 0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        ("import astrolib.gone", "ModuleNotFoundError: No module named 'astrolib.gone'"),
        ("raise OSError('libstars.so: cannot open shared object file')", "OSError: libstars.so"),
    ],
)
def test_a_library_that_cannot_be_imported_is_not_said_to_be_missing(site: Path, code: str, said: str) -> None:
    package(site, code)
    for _ in range(2):  # Python forgets what it could not import
        with pytest.raises(MissingExtraError) as caught:
            needed("astrolib", "stars", "opening stars")
        assert str(caught.value).startswith(f"astrolib is installed, but cannot be imported ({said}")
        assert str(caught.value).endswith("): pip check may say what it lacks")
        assert caught.value.__cause__ is not None


def test_ctrl_c_while_a_library_is_imported_is_no_failure_of_the_library(site: Path) -> None:
    package(site, "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        needed("astrolib", "stars", "opening stars")


def test_a_library_that_is_there_is_returned(site: Path) -> None:
    package(site, "")
    (site / "astrolib" / "parts.py").write_text("number = 3")
    assert needed("astrolib.parts", "stars", "opening stars").number == 3
    assert is_installed("astrolib")

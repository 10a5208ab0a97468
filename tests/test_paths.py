"""Paths that users give; and whatever an archive answers, nothing is ever written outside of the folder that was asked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tess_source.errors import DownloadError, QueryError, UnsafePathError
from tess_source.paths import LAYOUTS, inside, parts_of, relative_path, safe_component, user_path

LC = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
PRODUCT = {
    "obs_collection": "TESS",
    "obs_id": LC.removesuffix("_lc.fits"),
    "filename": LC,
    "tic": 16740101,
    "first_sector": 14,
    "run": None,
    "archive": "mast",
}

# -- layouts ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "path"),
    [
        ("mast", f"mastDownload/TESS/{PRODUCT['obs_id']}/{LC}"),
        ("flat", LC),
        ("{tic}/s{first_sector:04d}/{filename}", f"16740101/s0014/{LC}"),
        ("/all/./{filename}", f"all/{LC}"),
    ],
)
def test_a_layout_says_where_a_product_goes(layout: str, path: str) -> None:
    assert relative_path(layout, PRODUCT) == path


def test_the_mast_layout_is_that_of_astroquery() -> None:
    assert LAYOUTS["mast"] == "mastDownload/{obs_collection}/{obs_id}/{filename}"


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("{sectr}/{filename}", "names {sectr}, which is no column; there are obs_collection"),
        ("{filename.__class__}", "only plain column names"),
        ("{filename[0]}", "only plain column names"),
        ("{0}", "only plain column names"),
        ("{}", "cannot be filled in"),
        ("{tic:abc}", "cannot be filled in"),
        ("{tic", "cannot be understood"),
        ("tic}", "cannot be understood"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused(layout: str, words: str) -> None:
    with pytest.raises(QueryError, match=words.replace("{", r"\{")):
        relative_path(layout, PRODUCT)


def test_a_product_without_a_value_that_the_layout_needs_has_no_place() -> None:
    with pytest.raises(UnsafePathError, match=r"names \{run\}, which this product does not have"):
        relative_path("{run}/{filename}", PRODUCT)


def test_a_product_without_collection_goes_to_a_folder_of_its_archive() -> None:
    assert relative_path("mast", {**PRODUCT, "obs_collection": None}).startswith("mastDownload/MAST/")


# -- names from elsewhere -------------------------------------------------------------------------------------------------------

HOSTILE = [
    "", ".", "..", "...", " ", "/etc/passwd", "../x", "a/b", "a\\b", "..\\x", "C:x", "C:\\x", "\\\\host\\share",
    "x\x00.fits", "x\n.fits",
    "x\x7f", "a*b", "a?b", 'a"b', "a<b", "a>b", "a|b", "CON", "con.fits", "Aux", "nul.tar.gz",
    "COM1", "lpt9.txt", "COM¹", "CONIN$", "nul .txt",
    "x.", "x ", " x", "x" * 256, "é" * 128,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused(name: str) -> None:
    with pytest.raises(UnsafePathError):
        safe_component(name)
    with pytest.raises(UnsafePathError):
        relative_path("mast", {**PRODUCT, "filename": name})
    with pytest.raises(UnsafePathError):
        relative_path("mast", {**PRODUCT, "obs_id": name})


def test_a_missing_name_is_refused() -> None:
    with pytest.raises(UnsafePathError):
        safe_component(None)


def test_an_unsafe_path_is_a_download_error_and_a_value_error() -> None:
    assert issubclass(UnsafePathError, DownloadError)
    assert issubclass(UnsafePathError, ValueError)


@pytest.mark.parametrize(
    "name", [LC, ".hidden", "console.fits", "common", "a b.fits", "Ä.fits", "x" * 255, "nullify.fits", "a..b"]
)
def test_an_ordinary_name_is_taken_as_it_is(name: str) -> None:
    assert safe_component(name) == name


@pytest.mark.parametrize(
    "relative", ["", "/", "/etc/passwd", "a/../b", "..", "a//..//b", "a\\..\\b", "a/\x00", "C:/x", "a/con/b"]
)
def test_a_path_from_somebody_elses_plan_is_checked_part_by_part(relative: str) -> None:
    with pytest.raises(UnsafePathError):
        parts_of(relative)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a link inside that leads out of it."""
    root = tmp_path_factory.mktemp("tree") / "root"
    (root / "inner").mkdir(parents=True)
    (root / "out").symlink_to(root.parent)
    (root / "in").symlink_to(root / "inner")
    return root


pieces = st.sampled_from(
    ["..", ".", "", "/", "\\", "a", "out", "in", "inner", "x.fits", "\x00", "con", " ", "~", "C:", "é"]
)
text = st.one_of(
    st.text(max_size=20), st.lists(pieces, max_size=6).map("/".join), st.lists(pieces, max_size=4).map("".join)
)


@given(text)
@example("out/x")
@example("in/x")
def test_no_path_whatever_leads_out_of_the_root(root: Path, relative: str) -> None:
    try:
        path = inside(root, relative)
    except UnsafePathError:
        return
    assert path.resolve().is_relative_to(root.resolve())
    assert path.resolve() != root.resolve()


@given(
    st.fixed_dictionaries(
        {"obs_collection": text, "obs_id": text, "filename": text, "tic": st.one_of(st.integers(), text)}
    )
)
def test_no_answer_of_an_archive_leads_out_of_the_root(root: Path, product: dict[str, Any]) -> None:
    for layout in ("mast", "flat", "{tic}/{filename}", "../{filename}", "{obs_id}"):
        try:
            path = inside(root, relative_path(layout, product))
        except UnsafePathError:
            continue
        assert path.resolve().is_relative_to(root.resolve())


# -- links in the tree -------------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_a_link_out_of_the_root_is_refused(root: Path) -> None:
    with pytest.raises(UnsafePathError, match="through a symbolic link"):
        inside(root, "out/x.fits")


def test_a_file_that_is_a_link_out_of_the_root_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "lc.fits").symlink_to(tmp_path / "elsewhere.fits")
    with pytest.raises(UnsafePathError, match="is a symbolic link out of"):
        inside(root, "lc.fits")


def test_links_within_the_root_and_a_root_that_is_a_link_are_followed(root: Path, tmp_path: Path) -> None:
    assert inside(root, "in/x.fits") == root / "in" / "x.fits"
    (tmp_path / "link").symlink_to(root)
    assert inside(tmp_path / "link", "inner/x.fits") == tmp_path / "link" / "inner" / "x.fits"


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises((UnsafePathError, OSError)):
        inside(tmp_path, "a/x.fits").parent.stat()


def test_nothing_is_written_by_asking(tmp_path: Path) -> None:
    inside(tmp_path / "new", "a/b.fits")
    assert list(tmp_path.iterdir()) == []


# -- paths that users give ----------------------------------------------------------------------------------------------------


class _Text(str):
    __slots__ = ()


class _PathLike:
    def __init__(self, path: Any) -> None:
        self.path = path

    def __fspath__(self) -> Any:
        return self.path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


FORMS = (str, Path, PurePosixPath, _Text, _PathLike, np.str_)


@pytest.mark.parametrize("form", FORMS)
def test_a_tilde_stands_for_the_home_folder_in_every_form_of_a_path(form: Any, home: Path) -> None:
    assert user_path(form("~")) == home
    assert user_path(form("~/dd/x.fits")) == home / "dd" / "x.fits"
    assert type(user_path(form("~/dd"))) is type(Path())


@pytest.mark.skipif(sys.platform == "win32", reason="there are no other users' home folders in a known place")
def test_a_tilde_and_a_name_stand_for_the_home_folder_of_that_user() -> None:
    pwd = pytest.importorskip("pwd")
    me = pwd.getpwuid(os.getuid())
    assert user_path(f"~{me.pw_name}/x") == Path(me.pw_dir) / "x"


@pytest.mark.parametrize("path", ["dd", "a/~/b", "a~", "/a/~b", "."])
def test_other_paths_stay_as_they_are(path: str, home: Path) -> None:
    assert user_path(path) == Path(path)


def test_a_folder_that_is_really_called_tilde_can_be_named(home: Path) -> None:
    there = user_path("./~/dd")
    assert there == Path.cwd() / "~" / "dd"
    assert user_path(there) == there


@pytest.mark.parametrize("form", FORMS)
def test_an_unknown_user_is_named(form: Any) -> None:
    with pytest.raises(
        QueryError, match=r"'~nobody-such/x': this machine does not know a user 'nobody-such'.*'\./~nobody-such/x'"
    ):
        user_path(form("~nobody-such/x"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (b"~/dd", r"is not a path; give text, e\.g\. '~/dd'"),
        (_PathLike(b"~/dd"), r"is a path in bytes; give one in text, e\.g\. '~/dd'"),
        (None, "None is not a path; give text or a pathlib.Path"),
        (5, "5 is not a path"),
        (["a"], r"\['a'\] is not a path"),
        ("", "the current folder is ."),
        ("a\0b", "it holds a NUL"),
    ],
)
def test_what_is_no_path_is_refused_in_words(wrong: Any, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        user_path(wrong)

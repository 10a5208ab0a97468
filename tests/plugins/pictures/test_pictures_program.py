"""``tess-source plot`` and ``show`` as they are typed: exit codes, what is said, and pages that are the same byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pictures_case import KELT9, TOI3505, archive, undrawn

from tess_source import Session
from tess_source.cli.program import build
from tess_source.errors import QueryError

MISSING = "status:404:times=99:match=s0054-0000000390988385-0227-s_lc"


@pytest.fixture
def words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without their drawings, for tests that read the words: see `undrawn`."""
    undrawn(monkeypatch)


def run(session: Session, *words: str) -> Result:
    return CliRunner().invoke(build(session), words)


@pytest.mark.usefixtures("words_only")
def test_a_light_curve_that_could_not_be_had_is_some_failed_and_the_rest_is_shown(tmp_path: Path) -> None:
    with archive(MISSING, cache=tmp_path / "c") as broken:
        for words in (("plot", "--picture", str(tmp_path / "a.png")), ("show", "--html", str(tmp_path / "a.html"))):
            done = run(broken, words[0], str(TOI3505), *words[1:])
            assert done.exit_code == 1, done.output
            assert Path(words[2]).exists()
    assert "Not all is here" in (tmp_path / "a.html").read_text()


@pytest.mark.parametrize("words", [("show", "--html", "a.html"), ("plot", "--picture", "a.png")])
@pytest.mark.parametrize(
    ("filters", "left"), [(("--sector", "3"), "left: 0 products"), (("--kind", "dvt"), "left: 13 ")]
)
def test_filters_that_leave_no_light_curve_are_nothing_found_and_the_ledger_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], filters: tuple[str, ...], left: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with archive(cache=tmp_path / "c") as session:
        done = run(session, words[0], str(KELT9), *words[1:], *filters)
    assert (done.exit_code, done.stdout) == (3, "")
    assert f"{filters[0][2:]}={filters[1]}: dropped" in done.stderr
    assert left in done.stderr
    assert "no light curve to be" in done.stderr
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("a.")]


@pytest.mark.usefixtures("words_only")
def test_the_page_tells_what_filters_left_of_the_light_curves_and_all_of_the_validation(tmp_path: Path) -> None:
    with archive(cache=tmp_path / "c") as session:
        file = tmp_path / "a.html"
        done = run(session, "show", str(KELT9), "--html", str(file), "--kind", "lc", "--sector", "14-15")
    assert done.exit_code == 0
    page = file.read_text()
    assert "left: 2 products" in page
    assert "13 sets of SPOC/16740101, 4 current" in page


@pytest.mark.usefixtures("words_only")
def test_the_page_is_the_same_whether_the_answer_is_new_or_remembered(tmp_path: Path) -> None:
    with archive(cache=tmp_path / "c") as session:
        new = session.search(TOI3505)
        old = new.replace(from_store="2020-01-01T00:00:00+00:00")
        assert " days ago" in old.explain()
        first = new.show_html(tmp_path / "1.html").read_bytes()
        assert old.show_html(tmp_path / "2.html").read_bytes() == first
    assert b" ago" not in first
    assert b"just now" not in first


def test_a_page_is_html_and_where_it_cannot_be_written_is_found_out_first(tmp_path: Path) -> None:
    with archive(cache=tmp_path / "c") as session:
        done = run(session, "show", str(TOI3505), "--html", str(tmp_path / "x.txt"))
        assert (done.exit_code, "x.txt: a page is .html, e.g. x.html" in done.stderr) == (2, True)
        with pytest.raises(QueryError, match=r"a page is \.html"):
            session.search(TOI3505).show_html(tmp_path / "x.txt")
        (tmp_path / "file").write_text("")
        done = run(session, "show", str(TOI3505), "--html", str(tmp_path / "file" / "x.html"))
        assert (done.exit_code, "x.html cannot be written" in done.stderr) == (2, True)
        with pytest.raises(NotADirectoryError, match=r"x\.html"):
            session.search(TOI3505).show_html(tmp_path / "file" / "x.html")
    assert not list((tmp_path / "c").rglob("*.fits"))

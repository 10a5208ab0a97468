"""The page about a target: one file that asks for nothing, says nothing that it was not told, and fits a phone."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from pictures_case import KELT9, L9859, PLUGINS, TOI3505, archive, undrawn

from tess_source import Found, Session
from tess_source.cli.program import build
from tess_source.errors import QueryError
from tess_source.functions import load_plan
from tess_source.targets.target import Target
from tess_source_pictures.html import link, table, text
from tess_source_pictures.page import _is_known, _web_address

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "link", "br", "hr", "img"}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with archive(cache=tmp_path_factory.mktemp("cache")) as served:
        yield served


@pytest.fixture(scope="module")
def file(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    return session.search(L9859).show_html(folder / "l98-59.html", folder)


@pytest.fixture(scope="module")
def found(session: Session) -> Found:
    return session.search(TOI3505)


@pytest.fixture(scope="module")
def toi_3505(found: Found, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about TOI-3505, beside the files that it was made from."""
    folder = tmp_path_factory.mktemp("toi-3505")
    return found.show_html(folder / "page.html", folder)


@pytest.fixture
def words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without their drawings, for tests that read the words: see `undrawn`."""
    undrawn(monkeypatch)


class Read(HTMLParser):
    """Tags, attributes and texts of a page; tags that are not closed in order are errors."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_the_page_holds_all_its_parts(file: Path) -> None:
    page = Read(file.read_text())
    assert not page.open
    said = " ".join(page.said)
    for heading in (
        "Coverage",
        "Light curves",
        "Threshold crossing events",
        "Data-validation sets",
        "How this came to be",
    ):
        assert heading in said
    labels = [value for _, name, value in page.attributes if name == "aria-label"]
    assert [label.partition(" of ")[0] for label in labels[:2]] == ["Sectors"] * 2  # broad and narrow
    assert [f"Light curve of sector {sector}" for sector in (2, 5, 8, 9, 10, 11, 12)] == labels[2:9]
    assert [f"Light curve folded on TCE {tce}" for tce in (1, 2, 3)] == labels[9:]
    assert "3.69064" in said
    assert "simulated data" in said


def test_the_page_asks_for_nothing_and_runs_nothing(file: Path) -> None:
    page = Read(file.read_text())
    assert not page.tags.keys() & {
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "img",
        "base",
        "audio",
        "video",
    }
    for tag, name, value in page.attributes:
        assert not name.startswith("on")
        if name in {"src", "href", "xlink:href", "srcset", "data", "action"} and tag != "a":
            assert value.startswith(("#", "data:")), (tag, name, value)
        assert not (name == "style" and re.search(r"url\((?!#)", value))
    style = re.search(r"<style>(.*?)</style>", file.read_text(), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert "default-src 'none'" in file.read_text()
    assert ("meta", "content", "width=device-width, initial-scale=1") in page.attributes


def test_no_two_parts_share_an_id_and_every_reference_within_leads_somewhere(file: Path) -> None:
    page = Read(file.read_text())
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) > 100
    used = re.findall(r'(?:href="#|url\(#)([^")]+)', file.read_text())
    assert set(used) <= set(ids)


def test_the_links_lead_to_the_pdfs_of_each_set(session: Session, file: Path) -> None:
    links = [value for tag, name, value in Read(file.read_text()).attributes if (tag, name) == ("a", "href")]
    pdfs = session.search(L9859).products.to_polars().filter(kind="dvr-pdf")["uri"].to_list()
    assert pdfs
    for uri in pdfs:
        assert sum(link.endswith(f"?uri={uri}") for link in links) == 1


def test_at_mast_the_links_are_https_and_no_token_is_in_them(session: Session) -> None:
    at_mast = Session(discover=False, plugins=PLUGINS, offline=True)
    at_mast.settings = replace(at_mast.settings, token="secret-token")
    found = session.search(TOI3505).replace(session=at_mast)
    address = _web_address(found, "mast:TESS/product/a_dvr.pdf")
    assert address == "https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:TESS/product/a_dvr.pdf"
    assert _web_address(found, "unknown:a.pdf") is None


def test_the_lock_on_the_page_is_a_lock(file: Path, tmp_path: Path) -> None:
    (lock,) = re.findall(r"<pre>(# %ECSV.*?)</pre>", file.read_text(), re.DOTALL)
    (tmp_path / "lock.ecsv").write_text(html.unescape(lock))
    plan = load_plan(tmp_path / "lock.ecsv")
    assert len(plan) == 7
    assert plan.items["sha256"].str.len_chars().to_list() == [64] * 7
    assert plan.items["kind"].unique().to_list() == ["lc"]


def test_the_same_page_twice_is_the_same_bytes(found: Found, toi_3505: Path, tmp_path: Path) -> None:
    again = found.show_html(tmp_path / "again.html", toi_3505.parent)
    assert again.read_bytes() == toi_3505.read_bytes()


def test_hostile_texts_stay_texts(found: Found, toi_3505: Path, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
    query = replace(found.query, targets=(Target(evil, tic=TOI3505),))
    evil_record = {**(found.record or {}), "archive": evil, "versions": {evil: evil}}
    path = found.replace(query=query, record=evil_record).show_html(tmp_path / "a.html", toi_3505.parent)
    page = Read(path.read_text())
    assert not page.tags.keys() & {"script", "img"}
    assert any(evil in said for said in page.said)


def test_parts_of_a_page_escape_what_they_are_given() -> None:
    assert text("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"
    assert text(None) == text("") == "–"
    assert link("javascript:alert(1)", "x<") == "x&lt;"
    assert link('https://a/"onclick="', "x") == '<a href="https://a/&quot;onclick=&quot;" rel="noreferrer">x</a>'
    assert '<td data-head="&lt;a&gt;"><span>&lt;i&gt;</span></td>' in table(["<a>"], [["<i>"]])


@pytest.mark.usefixtures("words_only")
def test_the_time_series_of_the_run_are_folded_with_their_fit_if_they_are_asked_for(
    found: Found, toi_3505: Path, tmp_path: Path
) -> None:
    assert "Folded: light curves of 4 sectors" in toi_3505.read_text()
    data = shutil.copytree(toi_3505.parent, tmp_path / "data")
    assert "time series, with its fit" in found.show_html(tmp_path / "2.html", data, series=True).read_text()
    here = found.show_html(tmp_path / "3.html", data).read_text()  # they are here now
    assert "time series, with its fit" in here


@pytest.mark.usefixtures("words_only")
def test_what_is_missing_is_said_on_the_page(tmp_path: Path) -> None:
    with archive(
        "status:404:times=99:match=_dvr.xml", "status:404:times=99:match=_dvt.fits", cache=tmp_path / "c"
    ) as broken:
        page = broken.search(TOI3505).show_html(tmp_path / "a.html", tmp_path, series=True).read_text()
    assert "Not all is here." in page
    assert "could not be read" in page
    assert "Light curve of sector 54" in page


@pytest.mark.usefixtures("words_only")
def test_a_target_without_light_curves_or_without_data_validation_has_a_page_too(
    session: Session, found: Found, toi_3505: Path, tmp_path: Path
) -> None:
    reports = found.select(kind=["dvr-xml", "dvr-pdf", "dvs", "dvm"])
    assert "There are none." in reports.show_html(tmp_path / "1.html", toi_3505.parent).read_text()
    bare = session.search(118004375).show_html(tmp_path / "2.html", tmp_path).read_text()
    assert "No data-validation set is known" in bare
    with pytest.raises(QueryError, match="nothing to show"):
        session.search(1).show_html(tmp_path / "3.html", tmp_path)


# -- the program --


@pytest.mark.usefixtures("words_only")
def test_the_program_draws_and_shows(session: Session, tmp_path: Path) -> None:
    run = CliRunner()
    where = ["--to", str(tmp_path / "data")]
    words = [
        "plot",
        f"TIC {KELT9}",
        "--picture",
        str(tmp_path / "a.svg"),
        "--sector",
        "14-15",
        "--no-transits",
        *where,
    ]
    done = run.invoke(build(session), words)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    fetched = [path.name for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert sorted(re.findall(r"-s(\d{4})-", " ".join(fetched))) == ["0014", "0015"]
    words = ["plot", str(KELT9), "--picture", str(tmp_path / "b.svg"), "--exptime", "fast", "--limit", "1", *where]
    done = run.invoke(build(session), words)
    assert done.exit_code == 0, done.output
    assert "TCE 1" in (tmp_path / "b.svg").read_text(), "filters are for light curves: the report is still known"
    assert len([*(tmp_path / "data").rglob("*fast-lc.fits")]) == 1
    done = run.invoke(build(session), ["show", f"TIC {TOI3505}", "--html", str(tmp_path / "a.html"), *where])
    assert done.exit_code == 0, done.output
    assert "Sector" not in done.stdout
    assert f"<h1>TIC {TOI3505}</h1>" in (tmp_path / "a.html").read_text()
    assert run.invoke(build(session), ["plot", f"TIC {TOI3505}", "--picture", "a.gif"]).exit_code == 2
    assert run.invoke(build(session), ["show", "TIC 1", "--html", str(tmp_path / "b.html")]).exit_code == 3
    assert not (tmp_path / "b.html").exists()


# -- in a browser --


def browse(folder: Path, page: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Open a page in headless Chromium."""
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    quiet = [
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    start = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        *quiet,
        f"--user-data-dir={folder / 'profile'}",
    ]
    command = [*start, "--enable-logging=stderr", "--v=0", *words, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


def complaints(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_a_browser_has_nothing_to_complain_about(file: Path, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    done = browse(tmp_path, file, "--window-size=1280,2400", f"--screenshot={picture}")
    assert complaints(done) == []
    assert picture.stat().st_size > 50_000
    bad = tmp_path / "bad.html"
    bad.write_text(file.read_text().replace("</main>", '<img src="https://example.org/a.png"></main>'))
    assert complaints(browse(tmp_path, bad, f"--screenshot={picture}"))  # the count can be other than 0


@pytest.mark.parametrize("width", [390, 1280])
def test_tables_show_all_their_columns_on_a_phone_and_on_a_screen(file: Path, tmp_path: Path, width: int) -> None:
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe src="{file.as_uri()}" style="width:{width}px;height:900px;border:0"></iframe><p id="cut"></p><script>'
        "onload = () => { const page = document.querySelector('iframe').contentDocument;"
        "const cut = [...page.querySelectorAll('td')].filter(one => { const box = one.getBoundingClientRect();"
        "return box.width < 8 || box.left < 0 || box.right > page.documentElement.clientWidth; });"
        "document.getElementById('cut').textContent = cut.length + ' of ' + page.querySelectorAll('td').length; }</script>"
    )
    words = ("--allow-file-access-from-files", "--virtual-time-budget=5000", "--window-size=1300,1000", "--dump-dom")
    (found,) = re.findall(r'<p id="cut">(\d+) of (\d+)</p>', browse(tmp_path, frame, *words).stdout)
    assert found == ("0", str(3 * 12 + 17 * 6))  # TCEs, and data-validation sets


def test_the_data_validation_sets_tell_first_what_is_current(file: Path) -> None:
    _, _, sets = file.read_text().partition("<h2>Data-validation sets</h2>")
    assert "17 sets of SPOC/307210830, 8 current" in sets
    heads = re.findall(r'<th scope="col">(.*?)</th>', sets)
    assert heads == ["set", "superseded by", "sectors", "known", "TCEs", "PDFs"]
    assert '<span>s0001-s0013/00226</span></td><td data-head="superseded by"><span><b>current</b></span>' in sets


def test_the_page_is_no_wider_than_a_phone(file: Path, tmp_path: Path) -> None:
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe src="{file.as_uri()}" style="width:390px;height:800px;border:0"></iframe><p id="width"></p><script>'
        "onload = () => { const page = document.querySelector('iframe').contentDocument.documentElement;"
        "document.getElementById('width').textContent = page.scrollWidth + ' of ' + page.clientWidth;"
        "const seen = [...page.querySelectorAll('svg')].filter(one => one.clientWidth && one.clientWidth > page.clientWidth);"
        "document.getElementById('width').dataset.beyond = seen.length; }</script>"
    )
    done = browse(tmp_path, frame, "--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom")
    (found,) = re.findall(r'<p id="width" data-beyond="0">(\d+) of (\d+)</p>', done.stdout)
    assert found[0] == found[1]  # nothing to be pushed sideways; the scroll bar is not counted
    assert 360 < int(found[0]) <= 390


@pytest.mark.parametrize("fill", [-1.0, 0.0, -999, float("nan"), float("inf"), None, "unknown"])
def test_what_headers_have_for_values_that_are_not_known_is_not_shown(fill: object) -> None:
    assert not _is_known(fill, "LOGG")
    assert not _is_known(fill, "TEFF")


def test_values_of_stars_are_shown_also_where_they_are_small_or_negative() -> None:
    assert _is_known(0.0, "RA_OBJ") and _is_known(-1.0, "DEC_OBJ")
    assert _is_known(-0.3, "LOGG") and _is_known(-1.1, "TESSMAG")

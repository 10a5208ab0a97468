"""The addresses of files for other programs: of the archive or a copy, one per file, or an error that says why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tess_source import Copy, Links, Plan, Products, Request, Session, Settings, Transport, hookimpl
from tess_source.errors import DownloadError, NoSessionError, QueryError

FILES = ("lab:a.fits", "lab:b.fits", "lab:strange.fits")


class Lab:
    """An archive with a copy, which knows where files are but those with a strange name: these it looks up."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        def locate(uri: str, settings: Settings) -> Request:
            return Request(
                f"https://archive.org/{uri.removeprefix('lab:')}", {"Authorization": f"token {settings.token}"}
            )

        return (Transport("lab", locate),)

    @hookimpl
    def tess_copies(self) -> tuple[Copy, ...]:
        def locate(uri: str, settings: Settings) -> Sequence[Request]:
            return () if "strange" in uri else (Request(f"https://copy.org/{uri.removeprefix('lab:')}"),)

        return (Copy("copy", "lab", locate, "a copy", look_up=self.look_up),)

    def look_up(self, uris: Sequence[str], settings: Settings) -> Mapping[str, Sequence[Request]]:
        self.asked += uris
        return {uri: (Request("https://copy.org/somewhere"),) for uri in uris if "gone" not in uri}


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def session(lab: Lab) -> Session:
    return Session(discover=False, plugins=[lab], token="secret")


def test_each_file_has_the_archives_address_by_default_and_nobody_is_asked(session: Session, lab: Lab) -> None:
    found = session.found(list(FILES))
    assert found.urls() == [
        "https://archive.org/a.fits",
        "https://archive.org/b.fits",
        "https://archive.org/strange.fits",
    ]
    assert lab.asked == []


def test_a_copy_is_preferred_by_its_name_and_asked_only_for_what_a_name_does_not_tell(
    session: Session, lab: Lab
) -> None:
    assert session.urls(FILES, prefer="copy") == [
        "https://copy.org/a.fits",
        "https://copy.org/b.fits",
        "https://copy.org/somewhere",
    ]
    assert lab.asked == ["lab:strange.fits"]


def test_the_setting_of_the_session_is_the_default(lab: Lab) -> None:
    session = Session(discover=False, plugins=[lab], prefer="copy")
    assert session.urls("lab:a.fits") == ["https://copy.org/a.fits"]
    assert session.urls("lab:a.fits", prefer="archive") == ["https://archive.org/a.fits"]


def test_addresses_are_in_the_order_of_the_rows(session: Session, tmp_path: Path) -> None:
    found = session.found(["lab:b.fits", "lab:a.fits", "lab:c.fits"])
    assert [url[-6:] for url in found.urls()] == ["b.fits", "a.fits", "c.fits"]
    plan = found.plan(tmp_path, layout="flat")
    assert plan.urls(prefer="copy") == [f"https://copy.org/{path}" for path in plan.items["path"]]
    assert session.urls(plan) == plan.urls()


def test_an_address_holds_no_secret(session: Session) -> None:
    assert not any("secret" in url for url in session.urls(FILES))


def test_a_file_without_an_address_is_an_error_that_says_why(session: Session) -> None:
    with pytest.raises(
        DownloadError, match=r"1 of 2 files without an address: .*'copy' has no address for 'lab:strange-gone'"
    ):
        session.urls(["lab:a.fits", "lab:strange-gone"], prefer="copy-only")
    with pytest.raises(DownloadError, match="1 of 1 file without an address"):
        session.urls(["other:a.fits"])
    assert session.urls(["lab:strange-gone"], prefer="copy") == ["https://archive.org/strange-gone"]


def test_offline_no_service_is_asked_but_names_still_tell(lab: Lab) -> None:
    session = Session(discover=False, plugins=[lab], offline=True)
    assert session.urls(["lab:a.fits", "lab:strange"], prefer="copy") == [
        "https://copy.org/a.fits",
        "https://archive.org/strange",
    ]
    assert lab.asked == []


def test_an_unknown_word_is_an_error_that_names_the_others(session: Session) -> None:
    with pytest.raises(QueryError, match="prefer='cloud': give one of archive, archive-only, copy, copy-only"):
        session.urls(FILES, prefer="cloud")


def test_a_mirror_gives_the_address_of_a_file_that_has_none(session: Session, tmp_path: Path) -> None:
    links = Links.of([{"subject": "other:a", "kind": "mirror", "object": "lab:a.fits"}])
    found = session.found(["other:a"]).replace(links=links)
    assert found.urls() == found.plan(tmp_path).urls() == ["https://archive.org/a.fits"]


def test_a_plan_made_by_hand_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(NoSessionError, match="plan was made by hand"):
        Plan.of(Products.of([{"uri": "lab:a.fits"}]), tmp_path).urls()

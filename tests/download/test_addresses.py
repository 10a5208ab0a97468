"""A file has addresses in its archive and in copies of it; what is preferred decides their order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from program_run import Program

from tess_source import Copy, Request, Session, Settings, Transport, hookimpl
from tess_source.download.addresses import Addresses, words_of
from tess_source.errors import PluginError, QueryError
from tess_source.lock.scripts import script
from tess_source.tables.items import Items
from tess_source.tables.plan import Plan

ARCHIVE, CLOUD, OTHER = "https://archive.test/a", "https://cloud.test/a", "https://other.test/a"
SERVED = {"mast": Transport("mast", lambda uri, _: Request(f"https://archive.test/{uri[5:]}", {"Cookie": "secret"}))}


def in_cloud(uri: str, settings: Settings) -> Sequence[Request]:
    return () if uri.endswith("unknown") else (Request(f"https://cloud.test/{uri[5:]}", etag_is_md5=True),)


COPIES = {
    "cloud": Copy("cloud", "mast", in_cloud, "a cloud"),
    "institute": Copy("institute", "mast", lambda uri, _: Request(f"https://other.test/{uri[5:]}"), "a copy of ours"),
}


def addresses(prefer: str | None = None, copies: Mapping[str, Copy] = COPIES, **settings: Any) -> Addresses:
    return Addresses(SERVED, copies, Settings(prefer=prefer, **settings))


def urls(found: Addresses, uri: str = "mast:a") -> list[str]:
    return [request.url for request in found.of(uri)]


# -- their order --


@pytest.mark.parametrize(
    ("prefer", "order"),
    [
        (None, [ARCHIVE, CLOUD, OTHER]),
        ("archive", [ARCHIVE, CLOUD, OTHER]),
        ("archive-only", [ARCHIVE]),
        ("cloud", [CLOUD, ARCHIVE, OTHER]),
        ("cloud-only", [CLOUD]),
        ("institute", [OTHER, ARCHIVE, CLOUD]),
        ("institute-only", [OTHER]),
    ],
)
def test_what_is_preferred_comes_first_and_only_means_alone(prefer: str | None, order: list[str]) -> None:
    assert urls(addresses(prefer)) == order


@pytest.mark.parametrize("prefer", ["archive", "archive-only", "cloud", "cloud-only"])
def test_files_of_services_without_copies_come_from_their_service_whatever_is_preferred(prefer: str) -> None:
    made = {**SERVED, "tesscut": Transport("tesscut", lambda uri, _: Request("https://service.test/x"))}
    assert urls(Addresses(made, COPIES, Settings(prefer=prefer)), "tesscut:x") == ["https://service.test/x"]


def test_a_copy_serves_without_its_archive() -> None:
    alone = Addresses({}, COPIES, Settings())
    assert urls(alone) == [CLOUD, OTHER]
    assert alone.schemes == ("mast",)
    assert urls(alone, "other:a") == []


def test_with_another_server_all_addresses_lie_there_each_once_and_without_headers_of_other_hosts() -> None:
    there = addresses(server="http://127.0.0.1:1/base").of("mast:b")
    assert [(request.url, dict(request.headers)) for request in there] == [("http://127.0.0.1:1/base/b", {})]


def test_what_else_a_plugin_says_of_an_address_stays() -> None:
    made = Request("https://x.test/a", {"Cookie": "x"}, "zip", "tess-", True, 5.0, 10, 600.0)
    (there,) = Addresses({"x": Transport("x", lambda uri, _: made)}, {}, Settings("http://127.0.0.1:1")).of("x:a")
    assert there == Request("http://127.0.0.1:1/a", {}, "zip", "tess-", True, 5.0, 10, 600.0)


def test_an_address_of_another_archive_stays_as_it_is_with_any_server() -> None:
    made = Request("https://x.test/a", {"Cookie": "x"}, as_is=True)
    (there,) = Addresses({"x": Transport("x", lambda uri, _: made)}, {}, Settings("http://127.0.0.1:1")).of("x:a")
    assert there == made


# -- the word --


@pytest.mark.parametrize("word", ["clod", "Cloud", "cloud-", "-only", "archive-", " cloud", "institute"])
def test_an_unknown_word_is_an_error_that_names_those_that_there_are(word: str) -> None:
    there = {"cloud": COPIES["cloud"]}
    with pytest.raises(QueryError, match=r"give one of archive, archive-only, cloud, cloud-only$") as refused:
        addresses(word, there)
    assert str(refused.value).startswith(f"prefer={word!r}")


@pytest.mark.parametrize("word", [1, True, ["cloud"], b"cloud", object()])
def test_what_is_no_word_is_an_error_too(word: Any) -> None:
    with pytest.raises(QueryError, match=r"prefer=.*: give one of archive"):
        Session(prefer=word, discover=False)


def test_the_words_are_those_of_the_plugins_of_a_session() -> None:
    assert words_of(Session().registry.copies) == ("archive", "archive-only", "cloud", "cloud-only")
    with pytest.raises(QueryError, match=r"prefer='cloud': give one of archive, archive-only$"):
        Session(prefer="cloud", without=["cloud"])


def test_the_argument_counts_before_the_environment_and_this_before_the_config_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("prefer = 'cloud-only'\n")
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(tmp_path / "config.toml"))
    assert addresses().prefer == "cloud-only"
    monkeypatch.setenv("TESS_SOURCE_PREFER", "cloud")
    assert addresses().prefer == "cloud"
    assert addresses("archive").prefer == "archive"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("prefer = 'clod'", "as TESS_SOURCE_PREFER or the config file says: give one of archive"),
        ("prefer = 7", "prefer = 7 in the config file .*: give a text"),
        ("prefer = ['cloud']", "prefer = .* in the config file .*: give a text"),
    ],
)
def test_a_wrong_word_of_the_config_file_says_where_it_stands(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(f"{line}\n")
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(tmp_path / "config.toml"))
    with pytest.raises(QueryError, match=said):
        addresses()


def test_a_session_shows_what_was_given() -> None:
    assert "preferring 'cloud-only'" in repr(Session(prefer="cloud-only"))
    assert "preferring" not in repr(Session())
    assert Session(prefer="cloud") != Session()


def test_the_program_refuses_an_unknown_word(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Program(capsys)("--prefer", "clod", "names", "x")
    assert ran.code == 2
    assert "give one of archive, archive-only, cloud, cloud-only" in ran.err


# -- asking --


class Service:
    """A service that knows where files are in the cloud."""

    def __init__(self, answer: Callable[[Sequence[str]], Mapping[str, Sequence[Request]]]) -> None:
        self.asked: list[list[str]] = []
        self._answer = answer

    def look_up(self, uris: Sequence[str], settings: Settings) -> Mapping[str, Sequence[Request]]:
        self.asked.append([*uris])
        return self._answer(uris)

    def copies(self) -> dict[str, Copy]:
        return {"cloud": Copy("cloud", "mast", in_cloud, "a cloud", self.look_up), "institute": COPIES["institute"]}


def found_all(uris: Sequence[str]) -> Mapping[str, Sequence[Request]]:
    return {uri: (Request("https://cloud.test/found"),) for uri in uris}


@pytest.mark.parametrize("prefer", [None, "archive", "archive-only", "institute"])
def test_nobody_is_asked_unless_the_copy_is_preferred(prefer: str | None) -> None:
    service = Service(found_all)
    addresses(prefer, service.copies()).look_up(["mast:unknown"])
    assert service.asked == []


def test_only_what_does_not_tell_where_it_is_is_asked_for_and_only_once() -> None:
    service = Service(found_all)
    found = addresses("cloud", service.copies())
    found.look_up(["mast:a", "mast:1unknown", "other:unknown", "mast:1unknown", "mast:2unknown"])
    found.look_up(["mast:2unknown", "mast:a"])
    assert service.asked == [["mast:1unknown", "mast:2unknown"]]
    assert urls(found, "mast:1unknown")[:2] == ["https://cloud.test/found", "https://archive.test/1unknown"]


def test_what_the_copy_lacks_has_the_addresses_of_the_archive() -> None:
    found = addresses("cloud", Service(lambda _: {}).copies())
    found.look_up(["mast:unknown"])
    assert urls(found, "mast:unknown") == ["https://archive.test/unknown", "https://other.test/unknown"]


def test_a_failed_question_costs_only_the_addresses_that_it_would_have_given(caplog: pytest.LogCaptureFixture) -> None:
    def down(_: Sequence[str]) -> Mapping[str, Sequence[Request]]:
        raise OSError("the service is down")

    caplog.set_level(logging.INFO, "tess_source")
    found = addresses("cloud", Service(down).copies())
    found.look_up(["mast:unknown"])
    assert urls(found, "mast:unknown")[0] == "https://archive.test/unknown"
    assert [record.levelname for record in caplog.records] == ["INFO"]
    alone = addresses("cloud-only", Service(down).copies())
    alone.look_up(["mast:unknown"])
    assert alone.of("mast:unknown") == ()
    assert "'cloud' has no address for 'mast:unknown' (OSError: the service is down)" in alone.why_none("mast:unknown")


def test_nobody_is_asked_offline() -> None:
    service = Service(found_all)
    addresses("cloud", service.copies(), offline=True).look_up(["mast:unknown"])
    assert service.asked == []


@pytest.mark.parametrize(
    "answer", [None, 7, {"mast:unknown": None}, {"mast:unknown": ["https://x.test"]}, {"mast:other": ()}]
)
def test_an_answer_of_another_type_costs_only_the_addresses_that_it_would_have_given(answer: Any) -> None:
    found = addresses("cloud", Service(lambda _: answer).copies())
    found.look_up(["mast:unknown"])
    assert urls(found, "mast:unknown") == ["https://archive.test/unknown", "https://other.test/unknown"]


# -- plugins that make mistakes --


@pytest.mark.parametrize("name", ["archive", "cloud-only", "archive-only"])
def test_a_copy_cannot_take_the_words_that_mean_something_else(name: str) -> None:
    class Odd:
        @hookimpl
        def tess_copies(self) -> Sequence[Copy]:
            return (Copy(name, "mast", in_cloud, "a copy"),)

    with pytest.raises(PluginError, match=f"{name!r} cannot be the name of a copy"):
        Session(discover=False, plugins=[Odd()])


def test_a_plan_says_that_files_are_fetched_if_only_a_copy_has_them(tmp_path: Path) -> None:
    class Only:
        @hookimpl
        def tess_copies(self) -> Sequence[Copy]:
            return (COPIES["cloud"],)

    items = Items.of([{"uri": "mast:a", "path": "a", "sha256": None, "mirrors": ""}])
    assert "no plugin" not in Plan(items, tmp_path, {}, Session(discover=False, plugins=[Only()])).summary()
    assert "no plugin" in Plan(items, tmp_path, {}, Session(discover=False)).summary()


def test_a_mistake_in_one_plugin_does_not_cost_the_addresses_of_others() -> None:
    def wrong(uri: str, settings: Settings) -> Request:
        raise KeyError("mistake")

    broken = {"cloud": Copy("cloud", "mast", wrong, "broken")}
    assert urls(addresses("cloud", broken)) == [ARCHIVE]
    with pytest.raises(KeyError, match="mistake"):
        addresses("cloud-only", broken).of("mast:a")


def test_a_plugin_that_would_end_the_program_is_named() -> None:
    def leave(uri: str, settings: Settings) -> Request:
        raise SystemExit(3)

    quitter = Service(lambda _: leave("", Settings()))
    addresses("cloud", quitter.copies()).look_up(["mast:unknown"])
    assert quitter.asked
    with pytest.raises(PluginError, match=r"the plugin of cloud: addresses called sys.exit"):
        addresses("cloud-only", {"cloud": Copy("cloud", "mast", leave, "broken")}).of("mast:a")


# -- where else they are used --


def test_the_script_of_a_lock_has_all_addresses_and_no_secret() -> None:
    plan = Plan(Items.of([{"uri": "mast:a", "path": "a", "sha256": None}]), Path(), {})
    written = script(plan, SERVED, Settings(prefer="cloud"), "curl", COPIES)
    assert [written.index(url) for url in (CLOUD, ARCHIVE, OTHER)] == sorted(
        written.index(u) for u in (CLOUD, ARCHIVE, OTHER)
    )
    assert "secret" not in written


def test_a_download_in_vain_says_that_the_copy_has_no_address(tmp_path: Path) -> None:
    class Both:
        @hookimpl
        def tess_transports(self) -> Sequence[Transport]:
            return tuple(SERVED.values())

        @hookimpl
        def tess_copies(self) -> Sequence[Copy]:
            return (COPIES["cloud"],)

    session = Session(discover=False, plugins=[Both()], prefer="cloud-only")
    plan = Plan(Items.of([{"uri": "mast:unknown", "path": "a", "sha256": None}]), tmp_path, {}, session)
    (entry,) = plan.download()
    assert entry.error == "prefer='cloud-only', and 'cloud' has no address for 'mast:unknown'"

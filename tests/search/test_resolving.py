"""What names mean is said once for many, and all unknown names of a list are in one error."""

from __future__ import annotations

from pathlib import Path

import pytest
from sizes import size

from tess_source import Observations, Query, Session, Target, hookimpl
from tess_source.errors import OfflineError, PluginError, ResolverError


class Names:
    """Resolves "star 5" and the like; a star has one observation."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @hookimpl
    def tess_resolve(self, target: str) -> Target | None:
        self.asked.append(target)
        word, _, number = target.partition(" ")
        return Target(target, ra=float(number) / 10, dec=0.0, resolver="TOY") if word == "star" else None

    @hookimpl
    def tess_query(self, query: Query) -> Observations:
        rows = [
            {"obs_id": f"of {t.text}", "tic": 1 + round(10 * (t.ra or 0.0)), "s_ra": t.ra, "s_dec": t.dec}
            for t in query.targets
            if t.tic is None
        ]
        return Observations.of(rows) if rows else Observations.empty()


def session_of(names: Names, cache: Path | None = None, **settings: bool) -> Session:
    session = Session(discover=False, cache=cache, **settings)
    session.registry.register(names, "names", version="1")
    return session


def test_a_few_names_are_said_one_by_one(caplog: pytest.LogCaptureFixture) -> None:
    session_of(Names()).search(["star 1", "star 2", "TIC 5"])
    assert caplog.messages[:2] == [
        "star 1: resolved to 0.100000 +0.000000 by TOY",
        "star 2: resolved to 0.200000 +0.000000 by TOY",
    ]


def test_hundreds_of_names_are_said_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    many = size(200, 1000)
    found = session_of(Names()).search([f"star {number}" for number in range(many)])
    resolved = [line for line in caplog.messages if "resolved" in line]
    assert resolved == [
        f"{many:,} names resolved (0 from the cache folder): star 0 to 0.000000 +0.000000 by TOY, star 1 to 0.100000 +0.000000 by TOY, "
        f"star 2 to 0.200000 +0.000000 by TOY and {many - 3} more"
    ]
    lines = found.explain().splitlines()
    assert sum(line.startswith("star ") for line in lines) == 10
    assert f"and {many - 10} more names" in lines
    assert found.record is not None
    assert [star["tic"] for star in found.record["nearest"]] == list(range(1, many + 1))


def test_a_name_that_is_given_twice_is_looked_up_once() -> None:
    names = Names()
    found = session_of(names).search(["star 1", "star 1", "star 2", "star 1"])
    assert names.asked == ["star 1", "star 2"]
    assert [target.text for target in found.query.targets] == ["star 1", "star 2"]


def test_all_unknown_names_are_in_one_error() -> None:
    with pytest.raises(ResolverError, match=r"no resolver knows 2 of 3 names: 'Nibiru', 'Vulcan'; give"):
        session_of(Names()).search(["Nibiru", "star 1", "Vulcan", "TIC 5"])
    with pytest.raises(ResolverError, match=r"100 of 100 names: .*'no 9' and 90 more"):
        session_of(Names()).search([f"no {number}" for number in range(100)])
    with pytest.raises(ResolverError, match=r"no resolver knows 'Nibiru'; give"):
        session_of(Names()).search(["Nibiru", "star 1"])


def test_all_names_that_are_missing_offline_are_in_one_error(tmp_path: Path) -> None:
    session_of(Names(), tmp_path).search("star 1")
    offline = session_of(Names(), tmp_path, offline=True)
    with pytest.raises(OfflineError, match="what 'star 2', 'star 3' mean;"):
        offline.search(["star 1", "star 2", "star 3"])
    with pytest.raises(OfflineError, match="what 'star 2' means;"):
        offline.search(["star 1", "star 2"])


@pytest.mark.parametrize(
    "place", [{"ra": float("nan"), "dec": 1.0}, {"ra": 10.0, "dec": 95.0}, {"ra": 400.0, "dec": 1.0}, {"ra": 10.0}, {}]
)
def test_a_plugin_that_resolves_a_name_to_what_is_not_on_the_sky_is_not_believed(place: dict[str, float]) -> None:
    class Astray:
        @hookimpl
        def tess_resolve(self, target: str) -> Target | None:
            return Target(target, **place)

    session = Session(discover=False)
    session.registry.register(Astray(), "astray", version="1")
    with pytest.raises(PluginError, match=r"resolved 'KELT-9' to .*dec from -90 to 90"):
        session.search("KELT-9")

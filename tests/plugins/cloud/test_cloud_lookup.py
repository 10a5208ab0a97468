"""MAST's path look-up is asked in batches as astroquery asks it; what it does not say is not made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fuzz import altered, altered_json, attempts

from tess_source.errors import OfflineError, ServiceError, TessSourceError
from tess_source.settings import Patience, Settings
from tess_source_cloud import lookup
from tess_source_cloud.keys import BUCKET, key_of
from tess_source_cloud.lookup import LONGEST, keys_looked_up, look_up
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

SEVERAL = "mast:TESS/product/tess2019199201929-s0014-s0019-0000000016740101-00323_dvt.fits"
LC = "mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
UNKNOWN = "mast:TESS/product/unknown.fits"


def at(archive: SampleArchive, jobs: int = 4) -> Settings:
    return Settings(server=archive.url, jobs=jobs, patience=Patience(tries=2, first=0.001, longest=0.01))


def answered(answer: object, uri: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return what is made of an answer."""
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    monkeypatch.setattr(lookup, "content_of", lambda *_: content)
    return keys_looked_up([uri], Settings(server="http://127.0.0.1:9", jobs=1))


def test_files_whose_uri_does_not_tell_it_are_found(archive: SampleArchive) -> None:
    assert key_of(SEVERAL) is None
    found = look_up([SEVERAL, UNKNOWN], at(archive))
    assert list(found) == [SEVERAL]
    (request,) = found[SEVERAL]
    assert request.url.startswith(f"{BUCKET}/tess/public/tid/")
    assert request.url.endswith("/tess2019199201929-s0014-s0019-0000000016740101-00323_dvt.fits")
    assert request.etag_is_md5


def test_the_look_up_and_the_names_agree(archive: SampleArchive) -> None:
    derived = {uri: key for uri in archive.catalogue.files if (key := key_of(uri)) is not None}
    assert len(derived) > 200
    for jobs in (1, 4):
        assert keys_looked_up(list(derived), at(archive, jobs)) == derived


def test_one_question_is_for_many_files_and_none_is_too_long(archive: SampleArchive) -> None:
    uris = [uri for uri in archive.catalogue.files if uri.startswith("mast:TESS/")][:100]
    keys_looked_up([*uris, *uris], at(archive))
    asked = [request.query["uri"] for request in archive.requests]
    assert sorted(map(len, asked)) == [20, 40, 40]
    archive.clear()
    keys_looked_up([f"mast:HLSP/{'a' * 400}/{number}.fits" for number in range(40)], at(archive))
    assert len(archive.requests) == 3
    assert all(sum(map(len, request.query["uri"])) < LONGEST for request in archive.requests)


def test_nothing_is_asked_for_nothing(archive: SampleArchive) -> None:
    assert keys_looked_up([], Settings(server=archive.url, offline=True)) == {}
    assert not archive.requests


@pytest.mark.parametrize(
    "entry",
    [
        {"status_code": 404, "path": None},
        {"path": "/tess/public/tid/other.fits"},
        {"path": "/somewhere/x.fits"},
        {"path": "/tess/public/../x.fits"},
        {"path": ""},
    ],
)
def test_a_file_that_mast_or_the_bucket_does_not_have_is_left_out(
    entry: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = "mast:TESS/product/x.fits"
    assert answered({uri: entry}, uri, monkeypatch) == {}


@pytest.mark.parametrize(
    "answer",
    [
        *({}, [], None, {UNKNOWN: None}, {UNKNOWN: {}}, {UNKNOWN: {"path": 5}}, {UNKNOWN: []}, {LC: {"path": None}}),
        *(b"<html>", b"\xff", b"[" * 9999),
    ],
)
def test_what_is_no_answer_is_an_error_and_not_an_absent_file(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServiceError, match="path look-up"):
        answered(answer, UNKNOWN, monkeypatch)


def test_no_change_of_an_answer_raises_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    good = {LC: {"status_code": 200, "path": f"/{key_of(LC)}"}}
    raw: list[tuple[int, Exception]] = []
    for number, chance in attempts(100, 3000):
        answer = altered_json(good, chance) if number % 2 else altered(json.dumps(good).encode(), chance)
        try:
            assert set(answered(answer, LC, monkeypatch)) <= {LC}
        except TessSourceError:
            continue
        except Exception as error:  # noqa: BLE001  that is what is looked for
            raw.append((number, error))
    assert not raw


def test_a_failure_is_an_error_that_names_the_service(archive: SampleArchive) -> None:
    archive.faults.add(Fault("status", status=503, times=None))
    with pytest.raises(ServiceError, match=r"MAST's path look-up: .*503") as caught:
        keys_looked_up([uri for uri in archive.catalogue.files if uri.startswith("mast:TESS/")][:40], at(archive))
    assert len(str(caught.value)) < 600


def test_offline_nothing_is_looked_up() -> None:
    with pytest.raises(OfflineError):
        keys_looked_up([SEVERAL], Settings(offline=True))


@pytest.mark.real
def test_a_real_answer_is_read(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = json.loads((real / "mast-json" / "mast_relative_path.json").read_bytes())
    for uri in answer:
        assert answered(answer, uri, monkeypatch) == {}  # files of Hubble, which are in other folders of the bucket

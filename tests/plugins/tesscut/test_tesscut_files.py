"""Cut-outs are fetched by the core's downloader, with all that it promises, and opened as lightkurve opens them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tess_source
from tess_source import Session
from tess_source.settings import Patience
from tess_source_lightkurve.readers import lightkurve
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive
from tess_source_tesscut import service

SMALL, PLACE = "TIC 257486953", "19.9 -24.2"
OLD = "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits"


def cut(session: Session, tmp_path: Path, **words: Any) -> tess_source.Manifest:
    return session.search(PLACE, kind="cutout", sector=3, size=3, **words).plan(tmp_path / "data").download()


def test_files_are_verified_named_after_all_that_makes_them_and_not_fetched_again(
    session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    manifest = cut(session, tmp_path)
    assert [entry.status for entry in manifest] == ["fetched", "fetched"]
    name = "tess-s0003-1-1_19.900000_-24.200000_3x3_astrocut.fits"
    assert manifest[0].path == tmp_path / "data" / "mastDownload" / "TESS" / name[:36].removesuffix("_") / name
    assert all(not list((tmp_path / "data").rglob(f"*{end}")) for end in (".packed", ".zip", ".part"))
    archive.clear()
    assert [entry.status for entry in cut(session, tmp_path)] == ["here", "here"]
    assert archive.requests == []


def test_places_three_arcseconds_apart_have_files_of_their_own(session: Session) -> None:
    one, other = (session.search(place, kind="cutout", sector=3) for place in (PLACE, "19.9008 -24.2"))
    assert set(one.products["uri"]).isdisjoint(other.products["uri"])


def test_a_file_that_was_left_in_the_middle_is_fetched_and_the_others_are_not(
    session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    path = cut(session, tmp_path)[1].path
    assert path is not None
    path.write_bytes(path.read_bytes()[:-3000])
    archive.clear()
    assert [entry.status for entry in cut(session, tmp_path)] == ["here", "fetched"]
    assert len(archive.requests) == 1


@pytest.mark.parametrize(
    "name",
    [
        "tess-s0003-1-1_19.9_-24.2_3x3_astrocut.fits",
        "tess-s0003-1-1_19.9000000_-24.2000000_3-x-3_astrocut.fits",
        "tesscut/tess-s0003-1-1_19.900000_-24.200000_3x3_astrocut.fits",
    ],
    ids=["of 2018", "astrocut's", "in lightkurve's folder"],
)
def test_a_file_whose_name_says_the_same_is_not_fetched_again(
    name: str, session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    plan = session.search(PLACE, kind="cutout", sector=3, camera=1, ccd=1, size=3).plan(
        tmp_path / "data", layout="flat"
    )
    path = plan.download()[0].path
    assert path is not None
    other = path.parent / name
    other.parent.mkdir(exist_ok=True)
    path.rename(other)
    archive.clear()
    [entry] = plan.download()
    assert (entry.status, entry.path, archive.requests) == ("copied", path, [])
    assert path.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("what", ["another size", "another place", "another CCD", "damaged"])
def test_a_file_that_is_not_the_same_is_not_taken_for_it(
    what: str, session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    plan = session.search(PLACE, kind="cutout", sector=3, camera=1, ccd=1, size=3).plan(
        tmp_path / "data", layout="flat"
    )
    path = plan.download()[0].path
    assert path is not None
    changes = {
        "another size": ("3x3", "3x4"),
        "another place": ("19.900000", "19.900001"),
        "another CCD": ("1-1", "2-2"),
    }
    path.rename(path.with_name(path.name.replace(*changes.get(what, ("19.900000", "19.9")))))
    if what == "damaged":
        [other] = path.parent.glob("*.fits")
        other.write_bytes(other.read_bytes()[:-2880])
    assert plan.download()[0].status == "fetched"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            Fault("json-error", match="astrocut", message="No FFIs found"),
            "the server sent no file, but a message: No FFIs found",
        ),
        (Fault("status", match="astrocut", status=400), "the server answered 400"),
    ],
    ids=["a message", "refused"],
)
def test_what_is_no_zip_is_no_file(
    fault: Fault, said: str, session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    archive.faults.add(fault)
    manifest = session.search(SMALL, kind="cutout", size=3).plan(tmp_path / "data").download()
    assert said in manifest[0].error
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert manifest.failed.download()[0].status == "fetched"


@pytest.mark.parametrize("status", [503, 504])
def test_a_busy_service_is_asked_again(status: int, session: Session, archive: SampleArchive, tmp_path: Path) -> None:
    archive.faults.add(Fault("status", match="astrocut", status=status, times=1, retry_after=0))
    assert cut(session, tmp_path)[0].status == "fetched"


def test_a_large_cut_out_may_take_longer_to_be_made_than_other_answers(
    session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    session.settings = replace(session.settings, patience=Patience(tries=1, read=0.2))
    archive.faults.add(Fault("latency", match="astrocut", seconds=0.4))
    manifest = session.search(SMALL, kind="cutout", size=3).plan(tmp_path / "data").download()
    assert [entry.status for entry in manifest] == ["fetched"]
    assert service.locate(manifest[0].item.uri, session.settings).wait > Patience().read


def test_a_size_that_gives_no_whole_image_is_told_by_the_server(session: Session, tmp_path: Path) -> None:
    manifest = session.search(SMALL, kind="cutout", size=500).plan(tmp_path / "data").download()
    assert manifest[0].error == "the server answered 400 Bad Request (a cut-out has 1 to 200 rows and columns)"


# -- the service's limits --


def test_no_more_than_the_service_allows_is_asked_per_second_and_at_once(
    session: Session, archive: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, int]] = []

    def slot(throttle: Any, host: str, per_second: float = 0.0, at_once: int = 0) -> Any:
        asked.append((per_second, at_once))
        return original(throttle, host, 0.0, at_once)

    from tess_source.download.throttle import Throttle

    original = Throttle.slot
    monkeypatch.setattr(service, "PER_SECOND", 5.0)
    monkeypatch.setattr(Throttle, "slot", slot)
    cut(session, tmp_path)
    assert asked == [(5.0, 10)] * 3, "one question, and two files"


# -- opening --


def assert_same(ours: Any, theirs: Any) -> None:
    """Check that two pixel files have equal headers, tables and properties."""
    assert type(ours) is type(theirs)
    assert [repr(hdu.header) for hdu in ours.hdu] == [repr(hdu.header) for hdu in theirs.hdu]
    for name in theirs.hdu[1].data.names:
        assert np.array_equal(ours.hdu[1].data[name], theirs.hdu[1].data[name], equal_nan=name != "FFI_FILE"), name
    assert np.array_equal(ours.flux.value, theirs.flux.value, equal_nan=True)
    assert (ours.time == theirs.time).all()
    for name in ("sector", "camera", "ccd", "column", "row", "targetid", "ra", "dec", "quality_bitmask", "shape"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert np.array_equal(ours.hdu[2].data, theirs.hdu[2].data)


@pytest.mark.parametrize("options", [{}, {"quality_bitmask": "hard"}, {"quality_bitmask": "none"}])
def test_they_are_opened_as_lightkurve_opens_them(options: dict[str, Any], session: Session, tmp_path: Path) -> None:
    manifest = session.search(SMALL, kind="cutout", size=(3, 4)).plan(tmp_path / "data").download()
    [ours] = manifest.load(**options)
    theirs = lightkurve().read(str(manifest[0].path), **options)
    assert_same(ours, theirs)
    theirs.hdu.close()
    assert ours.shape[1:] == (3, 4)


@pytest.mark.real
def test_a_real_answer_is_unpacked_verified_and_opened(
    real: Path, archive: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the service's of 2018: the name has few digits, the header an empty sector."""
    body = (real / "tesscut" / "astrocut_107.27_-70.0_5x5.zip").read_bytes()
    (tmp_path / "answer.zip").write_bytes(body)
    here = tess_source.Request((tmp_path / "answer.zip").as_uri(), unpack="zip", member=OLD[:14])
    monkeypatch.setattr(service, "_request", lambda *_, **__: here)
    found = Session().found([f"tesscut:{OLD}"])
    assert found.products.to_polars().select("kind", "first_sector", "pipeline").row(0) == ("cutout", 1, "TESScut")
    [entry] = manifest = found.plan(tmp_path / "data", layout="flat").download()
    assert (entry.status, entry.bytes) == ("fetched", 766080)
    assert entry.path is not None
    with zipfile.ZipFile(io.BytesIO(body)) as pack:
        assert entry.path.read_bytes() == pack.read(OLD)
    theirs = lightkurve().read(str(entry.path))
    assert_same(manifest.load()[0], theirs)
    theirs.hdu.close()


def test_the_light_in_a_cut_out_is_that_of_the_stars_light_curves(session: Session, tmp_path: Path) -> None:
    [pixels] = (
        session.search("TIC 12862099", kind="cutout", sector=3, size=11)
        .plan(tmp_path)
        .download()
        .load(quality_bitmask="none")
    )
    from tess_source_sample import facts
    from tess_source_sample.files import model

    star = model.SimulatedTarget(facts.star(12862099), facts.sector(3), 1800)
    light = (pixels.flux.value - np.median(pixels.flux.value, axis=(1, 2))[:, None, None]).sum(axis=(1, 2))
    assert np.median(light) == pytest.approx(star.sap / star.flfrcsap, rel=0.02)
    transits = model.transits(pixels.time.value, model.signals(star.star), 1800) > 0.01
    assert transits.any()
    assert np.median(light[transits]) < 0.995 * np.median(light[~transits])

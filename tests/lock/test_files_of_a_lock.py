"""One bad file costs no other: it is an entry of its own in downloads, in `verify` and in the lock, which is always written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from bad_files import LC, curve, odd_fits, odd_gzip, odd_xml, with_cards
from fuzz import attempts
from other_process import HASTE
from program_run import Program

from tess_source import Plan, Products, Request, Session, Transport, hookimpl
from tess_source.functions import load_plan
from tess_source.lock.check import STATES, verify_lock
from tess_source_sample.files import make

XML = "tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.xml"
Put = Callable[..., Plan]


class Served:
    """Gives the files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @hookimpl
    def tess_transports(self) -> Sequence[Transport]:
        return (Transport("toy", lambda uri, settings: Request((self.folder / uri.removeprefix("toy:")).as_uri())),)


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write files to be fetched, and return the plan of them."""

    def put(**files: bytes) -> Plan:
        folder = tmp_path / "served"
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        session = Session(discover=False, plugins=[Served(folder)])
        session.settings = replace(session.settings, patience=HASTE)
        products = Products.of([{"uri": f"toy:{name}", "filename": name} for name in files])
        return Plan.of(products, tmp_path / "data", "flat", session=session)

    return put


def odd_files(count: int, stress: int) -> dict[str, bytes]:
    """Return files of which most are odd, by name, with a good one first and last."""
    light, report = curve(), make(XML)
    odd = {}
    for number, chance in attempts(count, stress):
        name = f"tess2019198215352-s0014-{number + 1:016d}-0150-s_lc.fits"
        match number % 4:
            case 0:
                odd[f"{name}.gz"] = odd_gzip(light, chance)
            case 1:
                odd[XML.replace("0000000016740101", f"{number + 1:016d}")] = odd_xml(report, chance)
            case _:
                odd[name] = odd_fits(light, chance)
    return {LC: light, **odd, XML: report}


def test_among_odd_files_the_good_ones_are_fetched_locked_and_verified(put: Put, tmp_path: Path) -> None:
    files = odd_files(40, 1000)
    manifest = put(**files).download()
    assert len(manifest) == len(files)
    failed = {entry.item.filename: entry.error for entry in manifest if not entry.ok}
    assert not {LC, XML} & set(failed)
    assert not [error for error in failed.values() if "cannot be checked" in error or "Error:" in error or not error]
    lock = load_plan(manifest.lock().save(tmp_path / "lock.ecsv"), root=manifest.plan.root)
    assert lock.items["sha256"].null_count() == len(failed)
    found = verify_lock(lock)
    assert dict(found.to_polars().select("path", "state").rows()) == {
        name: "missing" if name in failed else "complete" for name in files
    }
    assert verify_lock(lock.using(manifest.plan.session), sizes_only=True).counts()["missing"] == len(failed)
    assert len(lock.using(manifest.plan.session).download().ok) == len(manifest.ok)  # from the lock


def test_odd_files_in_place_of_those_of_a_lock_have_their_state_each(
    put: Put, tmp_path: Path, program: Program
) -> None:
    files = odd_files(24, 1000)
    good = {name: make(XML) if name.endswith("xml") else curve() for name in files if not name.endswith("gz")}
    lock = put(**good).download().lock()
    saved = lock.save(tmp_path / "lock.ecsv")
    for name in good:
        (lock.root / name).write_bytes(files[name])
    found = verify_lock(lock)
    assert set(found["state"]) <= set(STATES)
    assert dict(found.to_polars().select("path", "state").rows()) == {
        name: "complete" if files[name] == good[name] else state
        for name, state in zip(found["path"], found["state"], strict=True)
    }
    ran = program("verify", saved, "--to", lock.root)
    assert (ran.code, "Traceback" in ran.err) == (1, False)


@pytest.mark.parametrize(
    "value", ["9" * 25, "-" + "9" * 25, "'" + "9" * 60 + "'", "NaN", "1E999", "T", "9223372036854775808"]
)
def test_a_lock_has_its_sums_whatever_numbers_a_header_holds(put: Put, tmp_path: Path, value: str) -> None:
    numbers = ("DATA_REL", "SECTOR", "CAMERA", "CCD", "TICID", "NUM_FRM", "FRAMETIM", "EXPTIME", "EXPOSURE")
    odd = with_cards(curve(), *(f"{key:8}= {value}" for key in numbers), "PROCVER = '#\"'")
    other = "no_name_of_tess.fits"  # whose exposure time is that of its header
    manifest = put(**{LC: curve(), other: odd}).download()
    lock = load_plan(manifest.lock().save(tmp_path / "lock.ecsv"), root=manifest.plan.root)
    assert lock.items["sha256"].null_count() == 0
    assert sorted(lock.items["data_rel"].to_list(), key=str) == [30, None]
    assert verify_lock(lock).ok


def test_a_file_that_is_gone_since_it_was_fetched_costs_the_lock_only_what_it_would_tell(put: Put) -> None:
    plan = put(**{LC: curve(), XML: make(XML)})
    plan.download()
    manifest = plan.download()
    assert [entry.status for entry in manifest] == ["here", "here"]
    (plan.root / LC).unlink()
    sums = dict(manifest.lock().items.to_polars().select("filename", "sha256").rows())
    assert sums[XML] is not None


def test_a_report_in_an_unknown_encoding_is_one_failure_of_get_of_verify_and_of_get_from_a_lock(
    put: Put, tmp_path: Path, program: Program
) -> None:
    unknown = make(XML).replace(b"UTF-8", b"UTF-9", 1)
    assert b"UTF-9" in unknown[:60]
    plan = put(**{LC: curve(), XML: unknown})
    manifest = plan.download()
    assert [(entry.ok, "encoding that is not read: 'UTF-9'" in entry.error) for entry in manifest] == [
        (True, False), (False, True),
    ]  # fmt: skip
    (plan.root / XML).write_bytes(unknown)
    lock = manifest.lock()
    assert verify_lock(lock)["state"].to_list() == ["complete", "damaged"]
    assert [entry.ok for entry in lock.download()] == [True, False]
    assert program("verify", lock.save(tmp_path / "lock.ecsv"), "--to", lock.root).code == 1


def test_names_that_are_no_unicode_are_extra_files_like_others(put: Put) -> None:
    lock = put(**{LC: curve()}).download().lock()
    try:
        (lock.root / "caf\udce9.fits").write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no such names")
    found = verify_lock(lock)
    assert found.ok
    assert found.where(found["state"] == "extra")["path"].to_list() == ["caf\\udce9.fits"]

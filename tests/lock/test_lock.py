"""A lock gives everyone the same data, and tells what is not the same."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import toys
from astropy.table import Table
from program_run import Program, Ran

from tess_source import Filter, Plan, Products, Request, Session, Transport, hookimpl
from tess_source.errors import LockError
from tess_source.files.verify import release_of
from tess_source.functions import load_plan
from tess_source.lock.check import verify_lock
from tess_source.lock.citation import cite
from tess_source.lock.compare import diff
from tess_source.lock.refresh import ask_again, refresh
from tess_source.lock.scripts import script
from tess_source.tables.items import Items
from tess_source_mast.citations import ACKNOWLEDGEMENT, CITATIONS
from tess_source_sample.faults import Fault
from tess_source_sample.files import make
from tess_source_sample.server import SampleArchive
from tess_source_sample.store import MadeFiles

KELT9 = "TIC 16740101"
LC14 = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
PLACE = f"mastDownload/TESS/{LC14.removesuffix('_lc.fits')}/{LC14}"
CHOSEN: dict[str, Any] = {"kind": ["lc", "dvr-xml"], "sector": [14, 15]}


def at(archive: SampleArchive) -> Session:
    """A session with two built-in plugins, at a sample archive."""
    import tess_source_filters
    import tess_source_mast

    return Session(archive.url, discover=False, plugins=[tess_source_mast, tess_source_filters])


@pytest.fixture
def mast(fresh_archive: SampleArchive) -> Session:
    return at(fresh_archive)


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The lock of light curves and reports that were fetched."""
    with SampleArchive() as archive:
        manifest = at(archive).search(KELT9, **CHOSEN).plan(tmp_path_factory.mktemp("once")).download()
    assert not manifest.errors
    return manifest.lock()


@pytest.fixture
def lock(fetched: Plan, tmp_path: Path) -> Plan:
    """The same, with a folder that the test may spoil."""
    shutil.copytree(fetched.root, tmp_path / "data")
    return fetched.to(tmp_path / "data")


@cache
def reprocessed(name: str, size: int) -> bytes:
    """Make the sample's file as another data release would: the same name and size."""
    data = make(name, size)
    at = data[: 4 * 2880].find(b"DATA_REL=")
    return data if at < 0 else with_sums(data[: at + 10] + b"                  99" + data[at + 30 :])


def with_sums(data: bytes) -> bytes:
    """Give a FITS file whose first HDU was changed a right CHECKSUM again (FITS Standard 4.0, appendix J)."""
    import io

    from astropy.io import fits

    with fits.open(io.BytesIO(data)) as hdus:
        end = hdus[0].fileinfo()["datLoc"] + hdus[0].fileinfo()["datSpan"]
        first = fits.PrimaryHDU(header=hdus[0].header)
        first.add_checksum()
        del first.header["DATASUM"]
        out = io.BytesIO()
        first.header["CHECKSUM"] = "0" * 16
        first.writeto(out)
    body = out.getvalue()
    total = int(pl.Series([int.from_bytes(body[i : i + 4], "big") for i in range(0, len(body), 4)]).sum()) % 0xFFFFFFFF
    coded = first._char_encode(~total & 0xFFFFFFFF)
    body = body.replace(b"CHECKSUM= '0000000000000000'", f"CHECKSUM= '{coded}'".encode())
    assert len(body) == end
    return body + data[end:]


def states(plan: Plan, **options: Any) -> dict[str, str]:
    return {Path(row["path"]).name: row["state"] for row in verify_lock(plan, **options) if row["state"] != "complete"}


# -- what a lock holds -----------------------------------------------------------------------------------------------------------


def test_a_lock_has_a_line_a_file_with_all_that_is_known_of_its_bytes(lock: Plan, tmp_path: Path) -> None:
    file = lock.save(tmp_path / "l.ecsv")
    table = Table.read(file)
    assert len(table) == len(lock)
    row = table[list(table["path"]).index(PLACE)]
    body = (lock.root / PLACE).read_bytes()
    said = release_of(lock.root / PLACE)
    assert (row["size"], row["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert (row["data_rel"], row["procver"], row["date"]) == (said.data_rel, said.procver, said.date)
    assert row["data_rel"] > 0
    assert row["t_obs_release"] > 50000
    assert row["prvversion"]
    assert list(table["path"]) == sorted(table["path"])
    assert table.meta["files"] == len(lock)
    assert [drop["filter"] for drop in table.meta["filters"]] == ["kind", "sector"]
    assert {"tess-source", "astroquery"} <= table.meta["versions"].keys()
    assert str(tmp_path) not in file.read_text()


def test_the_same_answer_gives_the_same_bytes_but_for_the_time(mast: Session, tmp_path: Path) -> None:
    plans = [mast.search(KELT9, **CHOSEN).plan(tmp_path / str(n)) for n in range(2)]
    plans[1] = replace(plans[1], record={**plans[1].record, "time": "2001-01-01T00:00:00+00:00"})
    one, other = (plan.save(tmp_path / "p.ecsv").read_text().splitlines() for plan in plans)
    assert [a.split(":")[0] for a, b in zip(one, other, strict=True) if a != b] == ["# - {time"]


def test_a_lock_that_was_cut_at_the_end_of_a_line_is_refused(lock: Plan, tmp_path: Path) -> None:
    file = lock.save(tmp_path / "l.ecsv")
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(LockError, match=f"has {len(lock) - 1} of the {len(lock)} lines"):
        load_plan(file)


# -- a folder against a lock -----------------------------------------------------------------------------------------------------


def test_a_folder_with_the_locks_bytes_is_complete(lock: Plan, tmp_path: Path) -> None:
    loaded = load_plan(lock.save(tmp_path / "l.ecsv"), lock.root)
    found = verify_lock(loaded)
    assert found.ok
    assert found.counts() == {"complete": len(lock), "missing": 0, "damaged": 0, "different": 0, "stale": 0, "extra": 0}
    assert found.summary() == f"{len(lock)} complete"
    assert verify_lock(loaded, sizes_only=True) == found


def test_what_is_not_as_locked_is_told_apart(lock: Plan) -> None:
    curves, reports = ([item for item in lock if item.kind == kind] for kind in ("lc", "dvr-xml"))
    paths = {item.filename: lock.root / item.path for item in lock}
    gone, cut, flipped = reports[0], curves[0], curves[1]
    paths[gone.filename].unlink()
    body = paths[cut.filename].read_bytes()
    paths[cut.filename].write_bytes(body[:-2880])
    body = paths[flipped.filename].read_bytes()
    paths[flipped.filename].write_bytes(body[:-5000] + bytes([body[-5000] ^ 1]) + body[-4999:])
    other = reports[1]
    paths[other.filename].write_bytes(paths[other.filename].read_bytes().replace(b"><", b">\n<", 1))
    (lock.root / "notes.txt").write_text("mine")
    (lock.root / ".hidden").write_text("mine")
    (lock.root / "a.fits.part").write_text("half")
    found = verify_lock(lock)
    reasons = {Path(row["path"]).name: row["reason"] for row in found}
    assert not found.ok
    assert states(lock) == {
        gone.filename: "missing", cut.filename: "damaged", flipped.filename: "damaged", other.filename: "different", "notes.txt": "extra",
    }  # fmt: skip
    assert reasons[cut.filename] == "it is cut in the data of HDU 2: 2,880 bytes are missing"
    assert "CHECKSUM" in reasons[flipped.filename]
    by_size = {name: state for name, state in states(lock).items() if name != flipped.filename}
    assert states(lock, sizes_only=True) == by_size


def test_what_lies_beside_the_files_of_a_lock_does_not_matter(lock: Plan) -> None:
    (lock.root / "more").mkdir()
    (lock.root / "more" / "notes.txt").write_text("mine")
    found = verify_lock(lock)
    assert found.ok
    assert [(row["path"], row["size"]) for row in found if row["state"] == "extra"] == [("more/notes.txt", 4)]


def test_a_file_of_another_processing_is_stale_and_not_damaged(lock: Plan) -> None:
    path = lock.root / PLACE
    path.write_bytes(reprocessed(LC14, path.stat().st_size))
    assert states(lock) == {LC14: "stale"}
    row = next(row for row in verify_lock(lock) if row["state"] == "stale")
    assert row["reason"].startswith("DATA_REL 99, not ")
    path.write_bytes(path.read_bytes()[:-2880])
    assert states(lock) == {LC14: "damaged"}


@pytest.mark.real
def test_the_two_releases_of_a_real_light_curve_are_told_apart(real: Path, tmp_path: Path) -> None:
    first, later = (
        next(real.glob(f"lc/tess2018206045859-s0001-*{tic}*.fits")).read_bytes() for tic in (25155310, 261136679)
    )
    row = {
        "uri": "x:a.fits",
        "filename": "a.fits",
        "obs_id": "o",
        "size": len(later),
        "sha256": hashlib.sha256(later).hexdigest(),
    }
    plan = Plan.of(Products.of([row]), tmp_path, layout="flat")
    known = plan.items.to_polars().with_columns(data_rel=pl.lit(42, pl.Int64), date=pl.lit("2020-09-13"))
    plan = replace(plan, items=Items(known))
    (tmp_path / "a.fits").write_bytes(first)
    assert [(row["state"], row["reason"]) for row in verify_lock(plan)] == [
        ("stale", "DATA_REL 1, not 42; DATE 2018-09-27, not 2020-09-13")
    ]
    (tmp_path / "a.fits").write_bytes(later)
    assert verify_lock(plan).ok


def test_a_lock_without_sums_is_checked_by_size_and_structure(mast: Session, lock: Plan) -> None:
    plan = mast.search(KELT9, **CHOSEN).plan(lock.root)
    found = verify_lock(plan)
    assert found.ok
    assert set(found["reason"]) == {"its size and structure are right; the lock has no sum for it"}
    assert found.summary().endswith(f"{len(plan)} of them not compared: the lock has no sum")
    path = lock.root / PLACE
    path.write_bytes(bytes(path.stat().st_size))
    assert states(plan) == {LC14: "damaged"}


def test_what_stands_in_the_place_of_a_file_is_not_read(lock: Plan, tmp_path: Path) -> None:
    one, other, *_ = [item for item in lock if item.kind == "lc"]
    (lock.root / one.path).unlink()
    (lock.root / one.path).mkdir()
    secret = tmp_path / "secret"
    secret.write_bytes((lock.root / other.path).read_bytes())
    (lock.root / other.path).unlink()
    (lock.root / other.path).symlink_to(secret)
    assert {name: state for name, state in states(lock).items() if state == "missing"} == {
        one.filename: "missing",
        other.filename: "missing",
    }


def test_a_folder_that_leads_elsewhere_is_not_followed(lock: Plan, tmp_path: Path) -> None:
    (lock.root / "mastDownload").rename(tmp_path / "elsewhere")
    (lock.root / "mastDownload").symlink_to(tmp_path / "elsewhere")
    found = verify_lock(lock)
    assert found.counts()["missing"] == len(lock)
    assert "through a symbolic link" in found["reason"][0]


def test_a_hostile_lock_reads_nothing_outside_of_the_folder(lock: Plan, tmp_path: Path) -> None:
    (tmp_path / "secret.fits").write_bytes((lock.root / PLACE).read_bytes())
    file = lock.save(tmp_path / "l.ecsv")
    file.write_text(file.read_text().replace(f" {PLACE} ", " ../secret.fits "))
    found = verify_lock(load_plan(file, lock.root))
    assert [row["state"] for row in found if row["path"].endswith("secret.fits")] == ["missing"]


def test_a_folder_that_is_not_there_has_nothing(lock: Plan, tmp_path: Path) -> None:
    assert verify_lock(lock, tmp_path / "none").counts()["missing"] == len(lock)


# -- two locks -------------------------------------------------------------------------------------------------------------------


def changed(plan: Plan, **columns: Any) -> Plan:
    return replace(plan, items=Items(plan.items.to_polars().with_columns(**columns)))


def test_two_locks_of_the_same_bytes_do_not_differ(lock: Plan) -> None:
    assert len(diff(lock, lock)) == 0
    assert diff(lock, lock).summary() == "nothing differs"
    assert len(diff(lock, changed(lock, sha256=pl.lit(None, pl.String), data_rel=pl.lit(None, pl.Int64)))) == 0


def test_new_gone_changed_and_reprocessed_files_are_told_apart(lock: Plan) -> None:
    frame = lock.items.to_polars()
    names, curves = (frame.filter(kept)["filename"].to_list() for kept in (pl.lit(True), pl.col("kind") == "lc"))
    new, gone, again, other = names[1], names[-1], curves[0], curves[1]
    assert len({new, gone, again, other}) == 4
    before = replace(lock, items=lock.items.where(pl.col("filename") != new))
    first, second = pl.col("filename") == again, pl.col("filename") == other
    after = changed(
        replace(lock, items=lock.items.where(pl.col("filename") != gone)),
        data_rel=pl.when(first).then(99).otherwise("data_rel"),
        size=pl.when(first | second).then(pl.col("size") + 2880).otherwise("size"),
        sha256=pl.when(first | second).then(pl.lit("ab" * 32)).otherwise("sha256"),
    )
    found = {Path(row["path"]).name: (row["change"], row["reason"]) for row in diff(before, after)}
    assert {name: change for name, (change, _) in found.items()} == {
        new: "new", again: "reprocessed", other: "changed", gone: "gone",
    }  # fmt: skip
    assert "; size " in found[again][1]
    item = next(item for item in lock if item.filename == other)
    assert item.size and item.sha256
    assert found[other][1] == f"size {item.size} -> {item.size + 2880}; sha256 {item.sha256[:12]} -> abababababab"
    assert diff(before, after).summary() == "1 changed, 1 gone, 1 new, 1 reprocessed"


# -- names that a reprocessing changed -------------------------------------------------------------------------------------------

S6 = "tess2018349182459-s0006-{tic:016d}-0126-s_{kind}.fits"
S6_TODAY = S6.replace("182459", "182500")


def of_sector_6(form: str, root: Path, more: int = 0, tics: Sequence[int] = (1, 2), **columns: Any) -> Plan:
    """A lock of light curves and pixels of some stars in sector 6, with names of one form."""
    names = [form.format(tic=tic, kind=kind) for tic in tics for kind in ("lc", "tp")]
    rows = [
        {"uri": f"mast:TESS/product/{name}", "filename": name, "obs_id": name.rpartition("_")[0], "size": 8000 + more}
        for name in names
    ]
    return changed(Plan.of(Products.of(rows), root), **columns)


def test_a_file_that_a_reprocessing_renamed_is_changed_and_not_gone(tmp_path: Path) -> None:
    before = of_sector_6(S6, tmp_path, data_rel=pl.lit(8, pl.Int64))
    after = of_sector_6(S6_TODAY, tmp_path, 2880, data_rel=pl.lit(42, pl.Int64))
    changes = diff(before, after)
    assert changes.summary() == "4 changed"
    row = changes.to_polars().row(0, named=True)
    old, new = (form.format(tic=1, kind="lc") for form in (S6, S6_TODAY))
    assert row["reason"] == f"renamed to {new}; data_rel 8 -> 42; size 8000 -> 10880"
    assert (row["path"].rpartition("/")[2], row["uri"]) == (old, f"mast:TESS/product/{old}")
    assert (row["size_before"], row["size_after"]) == (8000, 10880)
    assert diff(after, before).summary() == "4 changed"
    assert diff(after, after).summary() == "nothing differs"


def test_only_the_same_product_counts_as_renamed(tmp_path: Path) -> None:
    before, after = of_sector_6(S6, tmp_path), of_sector_6(S6_TODAY, tmp_path, tics=(2, 3))
    assert diff(before, after).summary() == "2 changed, 2 gone, 2 new"
    images = [f"tess2018256{time}-s0002-1-1-0121-s_ffic.fits" for time in ("195940", "195941", "202940", "205941")]
    locks = [
        Plan.of(Products.of([{"uri": f"mast:TESS/product/{name}"} for name in part]), tmp_path, layout="flat")
        for part in ((images[0], images[2]), (images[1], images[3]))
    ]
    assert [(row["change"], row["uri"].rpartition("/")[2]) for row in diff(*locks)] == [
        ("changed", images[0]), ("gone", images[2]), ("new", images[3]),
    ]  # fmt: skip


def test_a_lock_with_both_names_differs_from_one_with_one_of_them(tmp_path: Path) -> None:
    old, new = of_sector_6(S6, tmp_path), of_sector_6(S6_TODAY, tmp_path)
    both = replace(old, items=Items.stack([old.items, new.items]))
    assert diff(both, new).summary() == "4 gone"
    assert diff(old, both).summary() == "4 new"
    assert diff(both, both).summary() == "nothing differs"


def test_the_same_name_at_another_address_is_not_renamed(tmp_path: Path) -> None:
    plans = [Plan.of(Products.of([{"uri": f"{host}/{LC14}"}]), tmp_path, layout="flat") for host in ("a://b", "c://d")]
    assert diff(*plans).summary() == "1 gone, 1 new"


def test_a_file_with_the_name_of_another_processing_is_not_the_locks_file(tmp_path: Path) -> None:
    lock = of_sector_6(S6, tmp_path)
    item = next(iter(lock))
    name = S6_TODAY.format(tic=1, kind="lc")
    place = f"mastDownload/MAST/{name.removesuffix('_lc.fits')}/{name}"
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes(bytes(8000))
    rows = {row["path"]: (row["state"], row["reason"]) for row in verify_lock(lock)}
    assert rows[item.path] == ("missing", f"the same product, with the name of another processing: {place}")
    assert rows[place] == ("extra", f"the same product, with the name of another processing: {item.path}")
    assert (
        sorted(state_and_reason for state_and_reason in rows.values() if not state_and_reason[1])
        == [("missing", "")] * 3
    )
    assert not verify_lock(lock).ok


def test_the_archive_that_renamed_a_file_is_asked_again(
    fresh_archive: SampleArchive, mast: Session, lock: Plan
) -> None:
    obs_id = LC14.removesuffix("_lc.fits")
    renamed = obs_id.replace("215352", "215353")
    for row in fresh_archive.catalogue.observations:
        row.update({key: value.replace(obs_id, renamed) for key, value in row.items() if isinstance(value, str)})
    for products in fresh_archive.catalogue.products.values():
        for row in products:
            row.update({key: value.replace(obs_id, renamed) for key, value in row.items() if isinstance(value, str)})
    today, changes = refresh(lock, mast)
    assert [(row["change"], row["path"]) for row in changes if "_lc" in row["path"]] == [("changed", PLACE)]
    assert {item.filename: item.sha256 for item in today}[LC14.replace(obs_id, renamed)] is None
    expected = dict(today.expected().select("filename", "status").iter_rows())
    assert (lock.root / PLACE).exists()
    assert (
        expected[LC14.replace(obs_id, renamed)] == "fetched"
    )  # the file with the old name is not taken for the new one


# -- the same question again -----------------------------------------------------------------------------------------------------


def test_an_archive_that_did_not_change_answers_the_same(mast: Session, lock: Plan, tmp_path: Path) -> None:
    loaded = load_plan(lock.save(tmp_path / "l.ecsv"))
    today, changes = refresh(loaded, mast)
    assert len(changes) == 0
    assert today.items == loaded.items


def test_what_the_archive_would_answer_today_is_told(fresh_archive: SampleArchive, mast: Session, lock: Plan) -> None:
    rows = [row for products in fresh_archive.catalogue.products.values() for row in products]
    uris = {item.filename: item.uri for item in lock}
    gone, grown = [item.filename for item in lock if item.kind == "dvr-xml"][:2]
    for products in fresh_archive.catalogue.products.values():
        products[:] = [row for row in products if row["productFilename"] != gone]
    next(row for row in rows if row["productFilename"] == grown)["size"] += 1
    observation = next(
        row for row in fresh_archive.catalogue.observations if row["obs_id"] == LC14.removesuffix("_lc.fits")
    )
    observation["t_obs_release"] += 100
    today, changes = refresh(lock, mast)
    found = {row["uri"]: row["change"] for row in changes}
    assert found[uris[gone]] == "gone"
    assert found[uris[LC14]] == "reprocessed"
    assert found[uris[grown]] in {"changed", "reprocessed"}
    known = {item.uri: item.sha256 for item in today}
    assert known[uris[LC14]] is None
    assert {uri for uri, sha256 in known.items() if sha256} == set(uris.values()) - found.keys()


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.search("KELT-9", radius=5, kind="lc"),
        lambda s: s.search([(307.86, 39.94)], kind="lc"),
        lambda s: s.search(sequence_number=14, kind="lc"),
        lambda s: s.search(sector=14, kind="lc", limit=2),
        lambda s: s.search(16740101).select(kind="lc").select(limit=3).select(sector=range(14, 16)),
        lambda s: s.search([16740101, "TIC 307210830"], kind="lc", exptime=120),
        lambda s: s.search(target_name=["16740101"], dataproduct_type="timeseries", obs_id="*-s", wildcards=True),
    ],
)
def test_any_question_can_be_asked_again(mast: Session, tmp_path: Path, ask: Callable[[Session], Any]) -> None:
    found = ask(mast)
    assert len(found.products)
    loaded = load_plan(found.plan(tmp_path).save(tmp_path / "l.ecsv"))
    again = ask_again(loaded.record, mast)
    assert again.products == found.products
    assert again.drops == found.drops
    assert again.query.criteria == found.query.criteria


def test_a_default_that_was_switched_off_stays_off(session: Session, tmp_path: Path) -> None:
    class Small:
        @hookimpl
        def tess_filters(self) -> tuple[Filter, ...]:
            return (Filter("small", lambda products, value: pl.col("size") < value, "small", default=9000),)

    for plugin in (toys.Archive(), toys.Filters(), Small()):
        session.register(plugin)
    for found in (
        session.search(16740101),
        session.search(16740101, small=None),
        session.search(16740101, small=None, kind="lc"),
    ):
        plan = load_plan(found.plan(tmp_path).save(tmp_path / "l.ecsv"))
        assert ask_again(plan.record, session).products == found.products


def test_what_cannot_be_asked_again_is_said(mast: Session, session: Session, lock: Plan) -> None:
    with pytest.raises(LockError, match="does not say what was asked"):
        refresh(mast.plan(mast.search(KELT9).products), mast)
    session.register(toys.Archive(), "mast")
    with pytest.raises(LockError, match="a filter that is not here: unknown filter 'kind'"):
        refresh(lock, session)
    with pytest.raises(LockError, match="does not say how to choose by 'mine'"):
        refresh(replace(lock, record={**lock.record, "filters": [{"filter": "mine", "value": "3"}]}), mast)


# -- scripts ---------------------------------------------------------------------------------------------------------------------


def run(text: str, folder: Path, language: str, tmp_path: Path) -> Ran:
    """Run a script as its reader would: without our environment."""
    file = tmp_path / f"script.{language}"
    file.write_text(text)
    program = [sys.executable, "-I", "-W", "error", str(file)] if language == "python" else ["sh", str(file)]
    clean = {
        name: value
        for name, value in os.environ.items()
        if "proxy" not in name.lower() and not name.startswith("PYTHON")
    }
    done = subprocess.run([*program, str(folder)], capture_output=True, text=True, env=clean, cwd=tmp_path, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


def written(plan: Plan, mast: Session, language: str) -> str:
    return script(plan, mast.registry.transports, mast.settings, language)


@pytest.mark.parametrize("language", ["python", "curl"])
def test_a_script_fetches_the_same_bytes_and_keeps_what_is_there(
    fresh_archive: SampleArchive, mast: Session, lock: Plan, tmp_path: Path, language: str
) -> None:
    text = written(lock, mast, language)
    first = run(text, tmp_path / "theirs", language, tmp_path)
    assert (first.code, first.err) == (0, "")
    assert verify_lock(lock, tmp_path / "theirs").counts() == {**verify_lock(lock).counts(), "extra": 0}
    fresh_archive.clear()
    damaged = tmp_path / "theirs" / PLACE
    damaged.write_bytes(damaged.read_bytes()[:-1])
    again = run(text, tmp_path / "theirs", language, tmp_path)
    assert again.code == 0
    assert [request.uri for request in fresh_archive.requests] == [f"mast:TESS/product/{LC14}"]
    assert verify_lock(lock, tmp_path / "theirs").ok
    assert not list((tmp_path / "theirs").rglob("*.part"))


@pytest.mark.parametrize("language", ["python", "curl"])
def test_a_script_that_is_asked_for_help_fetches_nothing(
    fresh_archive: SampleArchive, mast: Session, lock: Plan, tmp_path: Path, language: str
) -> None:
    fresh_archive.clear()
    done = run(written(lock, mast, language), Path("--help"), language, tmp_path)
    assert done.code == 1
    assert "[FOLDER]" in done.err
    assert not fresh_archive.requests
    assert not (tmp_path / "--help").exists()


@pytest.mark.parametrize("language", ["python", "curl"])
def test_a_script_refuses_other_bytes_and_fetches_the_rest(
    fresh_archive: SampleArchive, mast: Session, lock: Plan, tmp_path: Path, language: str
) -> None:
    fresh_archive.store = MadeFiles(reprocessed)
    text = written(lock, mast, language).replace("PAUSE, TIMEOUT = 4, 5, 60", "PAUSE, TIMEOUT = 2, 0, 60")
    done = run(text, tmp_path / "theirs", language, tmp_path)
    assert done.code == 1
    assert LC14 in done.err
    found = verify_lock(lock, tmp_path / "theirs")
    assert {row["state"] for row in found} == {"complete", "missing"}
    assert all(row["state"] == ("missing" if row["path"].endswith(".fits") else "complete") for row in found)
    assert not list((tmp_path / "theirs").rglob("*.part"))


class Anywhere:
    """Fetches URIs of the scheme x from a server's folder; it has a secret."""

    def __init__(self, url: str) -> None:
        self.url = url

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return (
            Transport("x", lambda uri, settings: Request(f"{self.url}?uri={uri[2:]}", {"Cookie": "secret-of-mine"})),
        )


@pytest.mark.parametrize("language", ["python", "curl"])
def test_names_that_mean_something_to_a_shell_or_to_python_stay_names(
    fresh_archive: SampleArchive, session: Session, lock: Plan, tmp_path: Path, language: str
) -> None:
    session.register(Anywhere(f"{fresh_archive.url}/api/v0.1/Download/file"))
    uri = f"x:mast:TESS/product/{LC14}"
    names = [
        "$(touch pwned)",
        "`touch pwned`",
        "a';touch pwned;'",
        "-rf",
        "ö café",
        '#"',
        "{brace}",
        "%s %d",
        "~",
        "[a-z]",
        "&& touch pwned",
    ]
    rows = [
        {"uri": f"{uri}&n={n}", "filename": "a.fits", "obs_id": name, "size": (lock.root / PLACE).stat().st_size}
        for n, name in enumerate(names)
        if '"' not in name
    ]
    plan = Plan.of(
        Products.of(rows), tmp_path, record={"server": "MAST\n__import__('os').system('touch pwned')", "time": '"""\''}
    )
    assert not plan.items["problem"].is_not_null().any()
    text = written(plan, session, language)
    assert text.isascii()
    assert "secret" not in text
    done = run(text, tmp_path / "theirs", language, tmp_path)
    assert (done.code, done.err) == (0, "")
    assert verify_lock(plan, tmp_path / "theirs").counts()["complete"] == len(plan)
    assert not list(tmp_path.rglob("pwned"))


def test_what_cannot_be_in_a_script_is_said(session: Session, lock: Plan, tmp_path: Path) -> None:
    session.register(Anywhere("ftp://x"))
    ask = (session.registry.transports, session.settings)
    with pytest.raises(LockError, match="no plugin knows where 'mast:"):
        script(lock, *ask)
    with pytest.raises(LockError, match="not an address that a script can fetch"):
        script(Plan.of(Products.of([{"uri": "x:a.fits"}]), tmp_path, "flat"), *ask)
    with pytest.raises(LockError, match="an invalid sha256"):
        script(changed(lock, sha256=pl.lit("$(rm)")), *ask)
    with pytest.raises(LockError, match="cannot be in a script: the archive has no address"):
        script(Plan.of(Products.of([{"uri": None, "filename": "a"}]), tmp_path, "flat"), *ask)
    with pytest.raises(LockError, match="no 'fortran' script; there are python, curl"):
        script(lock, *ask, "fortran")


# -- how to cite -----------------------------------------------------------------------------------------------------------------


def test_a_lock_says_how_its_data_are_cited(lock: Plan) -> None:
    lines = cite(replace(lock, record={"server": "MAST", "time": "2026-01-02T03:04:05+00:00"}), CITATIONS).splitlines()
    assert lines[0].startswith("TESS Light Curves - All Sectors, STScI/MAST, doi:10.17909/t9-nmc8-f686 (")
    assert lines[1].startswith("dvr-xml of SPOC (")
    assert "no DOI is known here; MAST lists its DOIs at https://archive.stsci.edu/publishing/doi" in lines[1]
    assert lines[2:] == ["As MAST answered on 2026-01-02.", ACKNOWLEDGEMENT]


def test_sectors_are_named_in_runs_and_ranges(tmp_path: Path) -> None:
    sectors = [(1, 1), (2, 2), (3, 3), (5, 5), (14, 55)]
    rows = [
        {"uri": f"x:{n}", "filename": f"{n}", "pipeline": "QLP", "kind": "lc", "first_sector": a, "last_sector": b}
        for n, (a, b) in enumerate(sectors)
    ]
    said = cite(Plan.of(Products.of(rows), tmp_path), CITATIONS).splitlines()[0]
    assert (
        said
        == 'High Level Science Product "QLP", STScI/MAST, doi:10.17909/t9-r086-e880 (5 files, sectors 1-3, 5, 14-55 together)'
    )


def test_every_doi_is_of_mast_and_has_one_data_set() -> None:
    dois = [one.doi for one in CITATIONS]
    assert len(set(dois)) == len(dois)
    assert all(doi.startswith("10.17909/") for doi in dois)


# -- the program -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def program(fresh_archive: SampleArchive, capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(capsys, "--server", fresh_archive.url)


@pytest.fixture
def file(lock: Plan, tmp_path: Path) -> Path:
    return lock.save(tmp_path / "l.ecsv")


def test_get_from_a_lock_fetches_exactly_these_and_asks_nothing(
    program: Program, fresh_archive: SampleArchive, lock: Plan, file: Path, tmp_path: Path
) -> None:
    fresh_archive.clear()
    done = program("get", "--from-lock", file, "--to", tmp_path / "theirs")
    assert done.code == 0
    assert sorted(str(request.uri) for request in fresh_archive.requests) == sorted(item.uri for item in lock)
    assert verify_lock(lock, tmp_path / "theirs").ok
    fresh_archive.clear()
    assert program("get", "--from-lock", file, "--to", tmp_path / "theirs").code == 0
    assert fresh_archive.requests == []


def test_get_from_a_lock_shows_what_it_would_fetch(program: Program, lock: Plan, file: Path, tmp_path: Path) -> None:
    done = program("get", "--from-lock", file, "--to", tmp_path / "theirs", "--dry-run", "--format", "csv")
    assert done.code == 0
    assert done.out.count("missing") == len(lock)
    assert not (tmp_path / "theirs").exists()


def test_get_from_a_lock_fails_loudly_on_other_bytes_of_the_archive(
    program: Program, fresh_archive: SampleArchive, file: Path, tmp_path: Path
) -> None:
    fresh_archive.store = MadeFiles(reprocessed)
    done = program("--prefer", "archive-only", "get", "--from-lock", file, "--to", tmp_path / "theirs")
    assert done.code == 1
    assert LC14 in done.out + done.err
    assert "sha256" in done.out + done.err


def test_get_from_a_lock_takes_its_bytes_from_the_copy_that_still_has_them(
    program: Program, fresh_archive: SampleArchive, lock: Plan, file: Path, tmp_path: Path
) -> None:
    fresh_archive.store = MadeFiles(reprocessed)
    assert program("get", "--from-lock", file, "--to", tmp_path / "theirs").code == 0
    assert verify_lock(lock.to(tmp_path / "theirs")).ok


def test_get_from_a_lock_does_not_touch_files_that_are_not_the_locks(
    program: Program, fresh_archive: SampleArchive, lock: Plan, file: Path
) -> None:
    path = lock.root / PLACE
    stale = reprocessed(LC14, path.stat().st_size)
    path.write_bytes(stale)
    fresh_archive.clear()
    done = program("get", "--from-lock", file, "--to", lock.root)
    assert done.code == 1
    assert "stale" in done.out
    assert "move what is there away" in done.err
    assert path.read_bytes() == stale
    assert fresh_archive.requests == []


def test_get_from_a_lock_fetches_damaged_files_again(
    program: Program, fresh_archive: SampleArchive, lock: Plan, file: Path
) -> None:
    path = lock.root / PLACE
    path.write_bytes(bytes(path.stat().st_size))
    fresh_archive.clear()
    assert program("get", "--from-lock", file, "--to", lock.root).code == 0
    assert len(fresh_archive.requests) == 1
    assert verify_lock(lock).ok


def test_get_from_a_lock_does_not_believe_what_the_cache_folder_remembers(
    program: Program, mast: Session, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    file = mast.search(KELT9, kind="lc", sector=14).plan(tmp_path / "once").download().lock().save(tmp_path / "l.ecsv")
    words = ("--cache", cache, "get", "--from-lock", file)
    program(*words)  # now the folder has a record of the file
    (path,) = cache.rglob("*_lc.fits")
    before, content = path.stat(), bytearray(path.read_bytes())
    content[100_000] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    done = program(*words)
    assert done.code == 0
    assert "1 fetched" in done.err
    assert path.read_bytes() != content


@pytest.mark.parametrize(
    "words", [[KELT9], ["--kind", "lc"], ["--lock", "x.ecsv"], ["--layout", "flat"], ["--wildcards"]]
)
def test_a_lock_and_a_question_are_not_mixed(program: Program, file: Path, words: list[str]) -> None:
    done = program("get", "--from-lock", file, *words)
    assert done.code == 2
    assert "--from-lock does not search" in done.err


def test_get_without_a_lock_asks_as_ever(program: Program, tmp_path: Path) -> None:
    done = program(
        "get",
        KELT9,
        "--kind",
        "lc",
        "--sector",
        "14",
        "--to",
        tmp_path,
        "--lock",
        tmp_path / "n.ecsv",
        "--format",
        "csv",
    )
    assert done.code == 0
    assert all(item.sha256 and item.data_rel for item in load_plan(tmp_path / "n.ecsv"))


def test_a_lock_takes_the_place_of_none_but_its_own(
    program: Program, fresh_archive: SampleArchive, tmp_path: Path
) -> None:
    def get(file: Path, *words: object) -> Ran:
        return program("get", KELT9, "--kind", "lc", *words, "--to", tmp_path / "data", "--lock", file)

    notes = tmp_path / "notes.txt"
    notes.write_text("my notes")
    refused = get(notes, "--sector", 14)
    assert refused.code == 1
    assert "exists and is not a lock" in refused.err
    assert notes.read_text() == "my notes"
    assert get(tmp_path / "l.ecsv", "--sector", 14).code == 0
    assert get(tmp_path / "l.ecsv", "--sector", 14).code == 0
    other = get(tmp_path / "l.ecsv", "--sector", 15)
    assert other.code == 1
    assert "the lock of another search" in other.err
    assert get(tmp_path / "l.ecsv", "--sector", 15, "--replace").code == 0


def test_a_lock_that_cannot_be_written_is_told_before_anything_is_asked(
    program: Program, fresh_archive: SampleArchive, tmp_path: Path
) -> None:
    fresh_archive.clear()
    (tmp_path / "plain").write_text("")
    done = program("get", KELT9, "--lock", tmp_path / "plain" / "l.ecsv")
    assert done.code == 1
    assert "it is not a folder" in done.err
    assert not fresh_archive.requests


def test_verify_tells_by_its_exit_code(program: Program, lock: Plan, file: Path) -> None:
    whole = program("verify", file, "--to", lock.root)
    assert (whole.code, whole.out, whole.err) == (0, "", f"{len(lock)} complete\n")
    assert program("verify", file, "--to", lock.root, "--all").out.count("complete") == len(lock)
    (lock.root / PLACE).unlink()
    for options in ([], ["--sizes"]):
        broken = program("verify", file, "--to", lock.root, *options)
        assert broken.code == 1
        assert "missing" in broken.out
        assert LC14 in broken.out


def test_what_verify_finds_damaged_is_fetched_again_though_size_and_time_are_the_same(
    program: Program, file: Path, tmp_path: Path
) -> None:
    words = ["get", KELT9, "--kind", "lc", "--sector", "14", "--to", tmp_path / "mine", "--lock", tmp_path / "m.ecsv"]
    assert program(*words).code == 0
    path = tmp_path / "mine" / PLACE
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert program("verify", tmp_path / "m.ecsv", "--to", tmp_path / "mine").code == 1
    assert "1 fetched" in program(*words).err


def test_a_change_that_keeps_size_and_time_is_seen_by_a_full_look_alone(
    program: Program, mast: Session, tmp_path: Path
) -> None:
    found = mast.search(KELT9, kind="lc", sector=14).plan(tmp_path / "mine")
    lock = found.download().lock()
    file, path = lock.save(tmp_path / "m.ecsv"), lock.root / PLACE
    before, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [entry.status for entry in lock.download()] == ["here"], (
        "believed by design, as the page on the cache folder says"
    )
    assert program("verify", file, "--to", lock.root, "--sizes").code == 0
    for options in ([], ["--full"]):
        assert program("verify", file, "--to", lock.root, *options).code == 1
    assert verify_lock(lock, sizes_only=True).ok
    assert not verify_lock(lock).ok
    assert [entry.status for entry in lock.download()] == ["fetched"]
    assert verify_lock(lock).ok


def test_quiet_says_what_went_wrong_alone(program: Program, lock: Plan, file: Path) -> None:
    assert program("--quiet", "verify", file, "--to", lock.root) == Ran(0, "", "")
    (lock.root / PLACE).unlink()
    done = program("--quiet", "verify", file, "--to", lock.root)
    assert (done.code, done.err) == (1, "")
    assert "missing" in done.out


def test_a_lock_in_its_own_folder_is_no_extra_file(program: Program, lock: Plan) -> None:
    file = lock.save(lock.root / "l.ecsv")
    (lock.root / "notes.txt").write_text("mine")
    done = program("verify", file, "--to", lock.root)
    assert (done.code, done.err) == (0, f"{len(lock)} complete, 1 extra\n")
    assert "notes.txt" in done.out
    assert "l.ecsv" not in done.out


def test_two_locks_are_compared_by_the_program(program: Program, lock: Plan, file: Path, tmp_path: Path) -> None:
    assert program("lock", "diff", file, file) == Ran(0, "", "nothing differs\n")
    other = replace(lock, items=lock.items[1:]).save(tmp_path / "o.ecsv")
    done = program("lock", "diff", file, other, "--format", "csv")
    assert done.code == 1
    assert done.out.splitlines()[1].startswith("gone,")


def test_a_sum_that_one_of_two_locks_lacks_is_told(program: Program, lock: Plan, file: Path) -> None:
    text = file.read_text()
    spoilt = file.with_name("s.ecsv")
    spoilt.write_text(text.replace(str(lock.items["sha256"][0]), '""'))
    done = program("lock", "diff", file, spoilt)
    assert done.code == 0
    assert "1 file not compared by their bytes" in done.err
    assert "1 of them not compared" in program("verify", spoilt, "--to", lock.root).err


def test_a_lock_whose_columns_are_misspelt_is_refused(program: Program, lock: Plan, file: Path) -> None:
    file.write_text(file.read_text().replace("sha256", "sha255"))
    done = program("verify", file, "--to", lock.root)
    assert done.code == 1
    assert "unknown column 'sha255'; did you mean 'sha256'?" in done.err


def test_a_value_that_does_not_fit_its_column_is_named(program: Program, lock: Plan, file: Path) -> None:
    file.write_text(file.read_text().replace(f" {lock.items['size'][0]} ", " many "))
    assert "the value 'many' in its column 'size' is no whole number" in program("verify", file).err


def test_a_lock_of_another_archive_is_told(
    program: Program, lock: Plan, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = replace(lock, record={**lock.record, "server": "http://127.0.0.1:9"}).save(tmp_path / "o.ecsv")
    assert "the lock was made at http://127.0.0.1:9" in program("get", "--from-lock", other, "--to", lock.root).err
    program("lock", "refresh", other)
    assert "the lock was made at http://127.0.0.1:9" in caplog.text


def test_a_folder_that_is_missing_is_named(program: Program, file: Path) -> None:
    assert "there is no folder 'no such'" in program("verify", file, "--to", "no such").err


def test_a_lock_is_refreshed_by_the_program(program: Program, lock: Plan, file: Path, tmp_path: Path) -> None:
    same = program("lock", "refresh", file, "--lock", tmp_path / "new.ecsv")
    assert (same.code, same.out) == (0, "")
    assert load_plan(tmp_path / "new.ecsv").items == lock.items
    assert program("lock", "refresh", replace(lock, items=lock.items[1:]).save(tmp_path / "o.ecsv")).code == 1


def test_scripts_and_citations_are_printed(program: Program, file: Path) -> None:
    assert program("lock", "script", file).out.startswith("#!/usr/bin/env python3")
    assert program("lock", "script", file, "--curl").out.startswith("#!/bin/sh")
    assert ACKNOWLEDGEMENT in program("lock", "cite", file).out


def test_scripts_and_citations_name_the_server_that_answered(program: Program, lock: Plan, file: Path) -> None:
    server = lock.record["server"]
    assert str(server).startswith("http://127.0.0.1:")
    assert f"files of {server}, as it answered" in program("lock", "script", file).out
    assert f"As {server} answered on " in program("lock", "cite", file).out


def test_what_is_no_lock_is_refused_by_every_command(program: Program, tmp_path: Path) -> None:
    wrong = tmp_path / "w.ecsv"
    wrong.write_text("hello")
    for words in (["verify"], ["lock", "cite"], ["lock", "script"], ["lock", "refresh"], ["get", "--from-lock"]):
        done = program(*words, wrong)
        assert done.code == 1
        assert "w.ecsv' is not a plan" in done.err


def test_a_fault_of_the_archive_is_an_error_and_no_difference(
    program: Program, fresh_archive: SampleArchive, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tess_source_mast.deadline.PAUSE", 0.0)
    fresh_archive.faults.add(Fault("json-error", times=None, match="invoke"))
    done = program("lock", "refresh", file)
    assert done.code == 1
    assert "error: " in done.err

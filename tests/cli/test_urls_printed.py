"""The program prints addresses for other programs, and compares a folder with the listing of the cloud copy."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest
from program_run import Program

from tess_source import Plan, Products, Request, Session
from tess_source.cli.urls import curl_config
from tess_source_sample.server import SampleArchive

STAR = ("TIC 261136679", "--kind", "lc", "--pipeline", "SPOC")
LC = "tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"
KEY = f"tess/public/tid/s0001/0000/0002/6113/6679/{LC}"


def test_the_addresses_are_plain_lines_for_xargs(program: Program, archive: SampleArchive) -> None:
    done = program("urls", *STAR)
    assert done.code == 0
    assert done.out == f"{archive.url}/api/v0.1/Download/file?uri=mast:TESS/product/{LC}\n"
    assert not any("Download" in request.path or "tess/public" in request.path for request in archive.requests)


@pytest.mark.parametrize("word", ["cloud", "cloud-only"])
def test_prefer_gives_the_addresses_of_the_cloud_copy(program: Program, archive: SampleArchive, word: str) -> None:
    assert program("urls", *STAR, "--prefer", word).out == f"{archive.url}/{KEY}\n"


def test_other_formats_have_names_sizes_and_uris(program: Program, archive: SampleArchive) -> None:
    (row,) = csv.DictReader(io.StringIO(program("urls", *STAR, "--format", "csv").out))
    assert row == {
        "url": f"{archive.url}/api/v0.1/Download/file?uri=mast:TESS/product/{LC}", "filename": LC, "size": "2039040",
        "uri": f"mast:TESS/product/{LC}",
    }  # fmt: skip


def test_no_product_is_exit_code_3_and_prints_nothing(program: Program) -> None:
    done = program("urls", "TIC 261136679", "--kind", "lc", "--sector", "99")
    assert (done.code, done.out) == (3, "")


def test_files_without_an_address_are_left_out_and_counted(
    program: Program, archive: SampleArchive, tmp_path: Path
) -> None:
    plugin = tmp_path / "odd.py"
    plugin.write_text(
        "import tess_source\n"
        "from tess_source import Products\n"
        "@tess_source.hookimpl\n"
        "def tess_list(observations, query, settings):\n"
        "    if 'mast' not in observations['archive']: return None\n"
        f"    return Products.of([{{'uri': 'odd:{LC}', 'obs_id': 'o', 'archive': 'mast'}}])\n"
    )
    done = program("urls", *STAR, "--plugin", plugin)
    assert done.code == 1
    assert done.out.splitlines() == [f"{archive.url}/api/v0.1/Download/file?uri=mast:TESS/product/{LC}"]
    assert "1 file left out: " in done.err
    assert "odd:" in done.err


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_fetches_what_the_configuration_says_as_often_as_you_like(
    program: Program, archive: SampleArchive, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(program("urls", *STAR, "--curl", "--layout", "{tic}/{filename}").out)
    run = ["curl", "--silent", "--show-error", "--config", str(config)]
    assert subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, timeout=60).stdout == b""
    file = tmp_path / "261136679" / LC
    assert file.stat().st_size == 2039040
    file.write_bytes(file.read_bytes()[:1000])
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    assert file.stat().st_size == 2039040


def test_values_of_the_configuration_are_quoted_and_zips_are_named_so(tmp_path: Path) -> None:
    session = Session(discover=False)
    plan = Plan.of(Products.of([{"uri": 'x:a"b\\c', "filename": "a.fits"}]), tmp_path, "flat", session=session)
    written = curl_config(plan, [Request('https://x.org/a"b\\c\n', unpack="zip")])
    assert 'url = "https://x.org/a\\"b\\\\c\\n"\noutput = "a.fits.zip"\n' in written
    assert "url" not in curl_config(plan, ["nobody knows"])


# -- verify FOLDER --cloud --


@pytest.fixture
def bulk(archive: SampleArchive, tmp_path: Path) -> Path:
    """All light curves of sector 1, as its bulk script brings them."""
    found = Session(archive.url).search(sector=1, kind="lc", pipeline="SPOC", large=True)
    assert len(found.download(tmp_path / "bulk", layout="flat").failed) == 0
    return tmp_path / "bulk"


def test_verify_compares_a_folder_with_the_listing_of_the_cloud(program: Program, bulk: Path) -> None:
    done = program("verify", bulk, "--cloud")
    assert (done.code, done.out) == (0, "")
    assert "complete" in done.err
    first, second, third = sorted(bulk.iterdir())
    first.unlink()
    second.write_bytes(second.read_bytes()[:-2880])
    changed = bytearray(third.read_bytes())
    changed[-3000] ^= 1
    third.write_bytes(changed)
    done = program("verify", bulk, "--cloud", "--format", "csv")
    rows = {row["path"]: row["state"] for row in csv.DictReader(io.StringIO(done.out))}
    assert done.code == 1
    assert rows == {first.name: "missing", second.name: "different", third.name: "different"}
    rows = {
        row["path"]: row["state"]
        for row in csv.DictReader(
            io.StringIO(program("verify", bulk, "--cloud", "--present", "--sizes", "--format", "csv").out)
        )
    }
    assert rows == {second.name: "different", third.name: "complete"}


def test_a_folder_without_a_listing_is_a_usage_error_that_says_what_to_give(program: Program, tmp_path: Path) -> None:
    done = program("verify", tmp_path)
    assert done.code == 2
    assert "give a lock, and the folder with --to, or --cloud to compare it with a listing" in " ".join(
        done.err.split()
    )


def test_without_the_plugin_there_is_no_such_option(program: Program, tmp_path: Path) -> None:
    done = program("verify", tmp_path, "--cloud", "--without", "cloud", "--without", "ffi", "--without", "catalogue")
    assert done.code == 2
    assert "--cloud" in done.err


def test_a_listing_that_does_not_come_is_a_failure(
    program: Program, bulk: Path, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = program("verify", bulk, "--cloud", "--offline")
    assert done.code == 1
    assert "offline" in done.err
    assert done.out == ""


def test_a_lock_is_compared_with_the_listing_too(program: Program, tmp_path: Path) -> None:
    assert program("get", *STAR, "--to", tmp_path / "data", "--lock", tmp_path / "lock.ecsv").code == 0
    assert program("verify", tmp_path / "lock.ecsv", "--to", tmp_path / "data", "--cloud").code == 0
    next((tmp_path / "data").rglob(LC)).unlink()
    assert program("verify", tmp_path / "lock.ecsv", "--to", tmp_path / "data", "--cloud").code == 1

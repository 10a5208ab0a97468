"""Scripts and names that are not what they should be: an error of ours, or fewer files, never another exception."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from fuzz import altered, attempts

from tess_source.errors import ServiceError
from tess_source_ffi import scripts
from tess_source_ffi.asked import KINDS
from tess_source_ffi.rows import products_of
from tess_source_sample.contents import Contents
from tess_source_sample.images import image_files
from tess_source_sample.lists.images import of_sector, of_tica

ADDRESS = "https://archive.stsci.edu/tesscurl_sector_56_ffic.sh"


def script() -> bytes:
    document = of_sector(Contents(), "56", "ffic")
    assert document is not None
    return document.text.encode()


def read(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    return sorted(scripts._read(path, ADDRESS))


def test_a_script_names_each_of_its_files_once(tmp_path: Path) -> None:
    names = sorted(
        file.filename for file in image_files().values() if "-s0056-" in file.filename and "_ffic" in file.filename
    )
    assert read(tmp_path / "script.sh", script()) == names
    assert read(tmp_path / "script.sh", script() * 2) == names
    assert read(tmp_path / "script.sh", script().replace(b"\n", b"\r\n")) == names


def test_lines_of_ticas_scripts_are_understood(tmp_path: Path) -> None:
    document = of_tica(Contents(), "0056", "0056", "1a", "2", "3")
    assert document is not None
    names = read(tmp_path / "script.sh", document.text.encode())
    assert len(names) == 2 and all(name.startswith("hlsp_tica_tess_ffi_s0056-o1a-") for name in names)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"<html>",
        b"#!/bin/sh\n",
        b"#!/bin/sh\necho no files\n",
        b"#!/bin/sh\n# tess2022245180205-s0056-2-3-0243-s_ffic.fits\n",
        b"curse tess2022245180205-s0056-2-3-0243-s_ffic.fits\n",
    ],
)
def test_what_is_no_script_is_an_error_that_names_it(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ServiceError, match=r"tesscurl_sector_56_ffic\.sh is no script"):
        read(tmp_path / "script.sh", data)


def test_altered_scripts_give_known_names_or_an_error_of_ours(tmp_path: Path) -> None:
    whole, raw = script()[:3000], []
    for number, chance in attempts(40):
        try:
            found = read(tmp_path / "script.sh", altered(whole, chance))
            products_of(
                pl.DataFrame({"name": found, "size": None}, schema={"name": pl.String, "size": pl.Int64}), KINDS
            )
        except ServiceError:
            continue
        except Exception as error:  # noqa: BLE001  all that is not ours is a failure
            raw.append((number, repr(error)))
    assert raw == []


def test_strange_names_of_a_listing_are_left_out() -> None:
    names = [file.filename for file in image_files().values() if "-s0002-1-1-" in file.filename]
    raw = []
    for number, chance in attempts(40):
        strange = [altered(name.encode(), chance).decode("latin-1") for name in names]
        sizes = [chance.choice((None, 0, -1, 2**62)) for _ in names]
        try:
            found = products_of(
                pl.DataFrame({"name": strange + names, "size": sizes * 2}, schema_overrides={"size": pl.Int64}), KINDS
            )
            assert {*names} - {*found["filename"]} == set()
            assert found["uri"].is_unique().all()
        except Exception as error:  # noqa: BLE001
            raw.append((number, repr(error)))
    assert raw == []


def test_a_time_stamp_that_is_none_leaves_the_start_unknown() -> None:
    name = "tess2022999180205-s0056-2-3-0243-s_ffic.fits"
    found = products_of(pl.DataFrame({"name": [name], "size": [1]}), ["ffi"])
    assert found["filename"].to_list() == [name] and found["start"].to_list() == [None]

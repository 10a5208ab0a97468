"""Scripts that fetch files: SPOC's, those of the high-level science products, and what is none."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import polars as pl
import pytest
from fuzz import altered, attempts
from hypothesis import given
from hypothesis import strategies as st

from tess_source_catalogue.parse import text
from tess_source_catalogue.parse.scripts import read_script
from tess_source_catalogue.stored import files_of, strange_names

DOWNLOAD = "https://mast.stsci.edu/api/v0.1/Download/file/?uri="
AT = "https://archive.stsci.edu/missions/tess/download_scripts/sector/tesscurl_sector_{}_{}.sh"


def light_curve(tic: int, sector: int = 1, stamp: int = 2018206045859) -> str:
    return f"mast:TESS/product/tess{stamp}-s{sector:04d}-{tic:016d}-0120-s_lc.fits"


def spoc_line(uri: str) -> str:
    return f"curl -C - -L -o {uri.rpartition('/')[2]} {DOWNLOAD}{uri}"


def script(folder: Path, *lines: str, first: str = "#!/bin/sh", end: str = "\n") -> Path:
    path = folder / "script.sh"
    path.write_bytes(end.join((first, *lines, "")).encode())
    return path


def uris_of(folder: Path, *lines: str, sector: int = 1) -> list[str]:
    return files_of(read_script(script(folder, *lines), AT.format(sector, "lc"))).to_list()


def test_files_come_once_each_in_the_order_of_their_stars(tmp_path: Path) -> None:
    lines = [spoc_line(light_curve(tic)) for tic in (300, 20, 300, 1)]
    assert uris_of(tmp_path, *lines) == [light_curve(tic) for tic in (1, 20, 300)]


@pytest.mark.parametrize(
    "line",
    [
        "curl -C - -L -o {name} https://mast.stsci.edu/api/v0.1/Download/file/?uri={uri}",
        "curl -f --create-dirs --output 's0001/{name}' 'https://mast.stsci.edu/api/v0.1/Download/file/?uri={uri}'",
        "curl -f --create-dirs -C - --output 's0001/{name}' https://mast.stsci.edu/api/v0.1/Download/file?uri={uri}",
        'curl -o "{name}" "https://mast.stsci.edu/api/v0.1/Download/file/?uri={uri}&download=yes"',
        "wget -O {name} https://mast.stsci.edu/api/v0.1/Download/file/?uri=mast%3ATESS%2Fproduct%2F{name}",
        "   curl -L -o {name} https://archive.stsci.edu/missions/tess/tid/s0001/0000/0002/6113/6679/{name}  ",
        "curl https://example.org/about -o {name} https://archive.stsci.edu/missions/tess/tid/s0001/{name}",
        "curl -o x --url=https://archive.stsci.edu/missions/tess/tid/s0001/{name}",
        "curl -C - -L -o {name} http://mast.stsci.edu/api/v0.1/Download/file/?uri={uri};",
        "curl -L 'https://mast.stsci.edu/api/v0.1/Download/file?uri={uri}?token=x#y' # light curve",
        "if [ ! -f {name} ]; then curl -L https://mast.stsci.edu/api/v0.1/Download/file/?uri={uri}>{name}; fi",
        "(curl -H 'Authorization: token x' -e https://mast.stsci.edu/ HTTPS://MAST.stsci.edu/file/?uri={uri}|cat)&",
        "aws s3 cp --no-sign-request s3://stpubdata/tess/public/tid/s0001/0000/0002/6113/6679/{name} .",
        "https://archive.stsci.edu/missions/tess/tid/s0001/0000/0002/6113/6679/{name}",
        "wget -c\thttps://archive.stsci.edu/missions/tess/tid/s0001/{name}?x=1\t ",
        "tess-fetch {uri}",
    ],
)
def test_a_line_is_understood_whatever_the_order_of_its_words(line: str, tmp_path: Path) -> None:
    uri = light_curve(261136679)
    assert uris_of(tmp_path, line.format(name=uri.rpartition("/")[2], uri=uri)) == [uri]


def test_an_address_below_hlsps_is_that_of_a_high_level_science_product(tmp_path: Path) -> None:
    name = "hlsp_qlp_tess_ffi_s0056-0000000390988385_tess_v01_llc.fits"
    line = f"curl -o '{name}' 'https://archive.stsci.edu/hlsps/qlp/s0056/0000/0003/9098/8385/{name}'"
    rows = read_script(script(tmp_path, line), "https://x/hlsp_qlp_tess_ffi_s0056_tess_v01_llc-fits.sh")
    assert files_of(rows).to_list() == [f"mast:HLSP/qlp/s0056/0000/0003/9098/8385/{name}"]
    assert not rows["strange"].any()


@pytest.mark.parametrize(
    "place", ["https://archive.stsci.edu/hlsps", "s3://stpubdata/mast/hlsp", "http://archive.stsci.edu/pub/hlsp"]
)
@pytest.mark.parametrize("version", ["v1", "v01", "v2", "v02", "v1.0"])
def test_hlsp_files_are_understood_at_each_place_and_of_any_version(place: str, version: str, tmp_path: Path) -> None:
    name = f"hlsp_qlp_tess_ffi_s0056-0000000390988385_tess_{version}_llc.fits"
    rows = read_script(
        script(tmp_path, f"curl -O {place}/qlp/s0056/{name}"), "x/hlsp_qlp_tess_ffi_s0056_tess_v01_llc-fits.sh"
    )
    assert [*files_of(rows), *rows["strange"]] == [f"mast:HLSP/qlp/s0056/{name}", False]


ODD = st.sampled_from([
    "tess-of-the-durbervilles.fits", "x y.pdf", "{a}.fits", "a%20b.xml", "tess2018206045859-s0002-0000000000000007-0121-s_lc.fits",
    "é.fits", "a,b.fits", "tess2018206190142-s0001-s0001-0000000000000007-00366_dvr.xml",
])  # fmt: skip
SHAPES = st.sampled_from([
    "curl -C - -L -o {0} https://mast.stsci.edu/api/v0.1/Download/file/?uri=mast:TESS/product/{0}", "wget https://x/{0}",
    "curl -f --create-dirs --output 'a/{0}' 'https://x/file/?uri=mast:TESS/product/{0}'", "curl -C - -o {0}", "{0}",
    "curl -O https://x/{0}; curl -O https://y/{0}", "aws s3 cp s3://x/{0} .", "  curl {0} \\\n  https://x/",
    "curl 'https://x/?uri=mast:TESS/product/{0}&uri=mast:HLSP/{0}'",
])  # fmt: skip


@given(st.lists(st.tuples(SHAPES, ODD), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_no_line_that_names_a_file_is_dropped(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, str]], end: str
) -> None:
    folder = tmp_path_factory.mktemp("script")
    for shape, name in lines:
        written = shape.format(name).replace("\n", end)
        rows = read_script(script(folder, written, first="#!/bin/sh", end=end), AT.format(1, "lc"))
        assert len(rows) >= 1, written
    known = [light_curve(tic) for tic in range(1, 4)]
    rows = read_script(
        script(folder, *(shape.format(name) for shape, name in lines), *map(spoc_line, known)), AT.format(1, "lc")
    )
    assert {*known} <= {*files_of(rows.filter(~pl.col("strange")))}
    assert len(strange_names(rows)) + len(rows.filter(~pl.col("strange"))) == len(rows)


def test_lines_that_fetch_nothing_are_no_names(tmp_path: Path) -> None:
    comments = [
        "# curl -o x https://example.org/x",
        f"#{spoc_line(light_curve(6))}",
        f"  # {spoc_line(light_curve(7))}",
    ]
    lines = [
        "",
        *comments,
        "mkdir -p s0001",
        "echo done",
        "echo https://archive.stsci.edu/",
        "rm x.fits",
        "fi",
        spoc_line(light_curve(5)),
    ]
    assert uris_of(tmp_path, *lines) == [light_curve(5)]


def test_a_line_may_fetch_several_files_and_a_command_may_go_on_in_the_next_line(tmp_path: Path) -> None:
    one, two, three = map(light_curve, (1, 2, 3))
    lines = [f"{spoc_line(one)};{spoc_line(two)}", spoc_line(three).replace(" http", " \\\n  http")]
    assert uris_of(tmp_path, *lines) == [one, two, three]


def test_names_that_are_not_understood_and_those_of_others_are_kept_and_marked(tmp_path: Path) -> None:
    strange = [
        "mast:TESS/product/tess-of-the-durbervilles.fits",
        light_curve(7, sector=2),
        "mast:HLSP/qlp/s0001/0000/0000/0000/0007/hlsp_qlp_tess_ffi_s0001-0000000000000007_tess_v01_llc.fits",
    ]
    cut = "curl -C - -L -o tess2018206045859-s0001-00000"
    rows = read_script(script(tmp_path, *map(spoc_line, [*strange, light_curve(7)]), cut), AT.format(1, "lc"))
    assert set(files_of(rows.filter("strange"))) == {*strange, cut}
    assert files_of(rows.filter(~pl.col("strange"))).to_list() == [light_curve(7)]
    assert sorted(strange_names(rows)) == sorted([*(uri.rpartition("/")[2] for uri in strange), cut])


def test_what_a_script_says_while_it_fetches_is_no_address(tmp_path: Path) -> None:
    uri = light_curve(7)
    said = ["cat <<EOT", f"<<< Downloading File: {uri}", f"To: ./MAST_2022/{uri.rpartition('/')[2]}", "EOT"]
    rows = read_script(script(tmp_path, *said, spoc_line(uri)), AT.format(1, "lc"))
    assert files_of(rows.filter(~pl.col("strange"))).to_list() == [uri]


def test_both_time_stamps_of_a_reprocessed_sector_may_occur(tmp_path: Path) -> None:
    both = [light_curve(38846515, 6, stamp) for stamp in (2018349182459, 2018349182500)]
    assert uris_of(tmp_path, *map(spoc_line, both), sector=6) == both


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system(end: str, tmp_path: Path) -> None:
    path = script(tmp_path, *(spoc_line(light_curve(tic)) for tic in (1, 2)), first="\ufeff#!/bin/sh", end=end)
    assert files_of(read_script(path, AT.format(1, "lc"))).to_list() == [light_curve(1), light_curve(2)]


@pytest.mark.parametrize(
    "content", [b"", b"#!/bin/sh\n", b"<!DOCTYPE html><p>https://x/y", b"#!/bin/sh\necho\n", b"\0\1\2"]
)
def test_what_names_no_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "script.sh"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"script\.sh (names no file|is a page)"):
        read_script(path, AT.format(1, "lc"))


def test_a_compressed_script_that_is_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "script.sh.gz"
    path.write_bytes(gzip.compress(b"#!/bin/sh\n" + spoc_line(light_curve(1)).encode())[:-20])
    with pytest.raises(ValueError, match=r"script\.sh\.gz is damaged"):
        read_script(path, AT.format(1, "lc"))


@pytest.mark.parametrize("part", [200, 300, 400])
def test_a_script_read_in_small_parts_gives_the_same(
    part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script(tmp_path, *(spoc_line(light_curve(tic)) for tic in (3, 1, 2, 3)))
    whole = read_script(path, AT.format(1, "lc"))
    monkeypatch.setattr(text, "PART", part)
    assert read_script(path, AT.format(1, "lc")).equals(whole)


@given(st.sets(st.integers(1, 10**16 - 1), min_size=1, max_size=30))
def test_names_that_are_written_into_a_script_are_read_from_it(
    tmp_path_factory: pytest.TempPathFactory, tics: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("script")
    assert uris_of(folder, *(spoc_line(light_curve(tic)) for tic in tics)) == [light_curve(tic) for tic in sorted(tics)]


def test_damaged_scripts_are_read_or_refused(tmp_path: Path) -> None:
    whole = script(tmp_path, *(spoc_line(light_curve(tic)) for tic in range(1, 30))).read_bytes()
    raw, path = [], tmp_path / "damaged.sh"
    for number, chance in attempts(40):
        path.write_bytes(altered(whole, chance))
        try:
            rows = read_script(path, AT.format(1, "lc"))
            files_of(rows)
        except ValueError as error:
            assert "damaged.sh" in str(error)
        except Exception as error:  # noqa: BLE001
            raw.append((number, repr(error)))
    assert raw == []


@pytest.mark.real
def test_real_scripts_give_every_name_in_them(real: Path) -> None:
    counts = {}
    for path in sorted((real / "scripts").glob("tesscurl_*")):
        content = path.read_bytes()
        told = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
        rows = read_script(path, f"https://x/{path.name.removesuffix('.gz')}")
        assert set(files_of(rows)) == set(re.findall(r"uri=(\S+)", told))
        assert not rows["strange"].any()
        counts[path.name.partition(".")[0]] = len(rows)
    assert counts["tesscurl_sector_1_lc"] == 15_889
    assert counts["tesscurl_sector_2_lc"] == 15_994
    assert counts["tesscurl_sector_4_lc"] == 19_997
    assert counts["tesscurl_sector_1_dv"] == 40

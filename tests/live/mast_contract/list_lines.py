"""Lists: scripts of files, target lists, tables of TCEs and TOIs; and how to ask whether one has changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin

from mast_contract.asking import HEAD, LARGEST, Asking, Got
from mast_contract.line import expect, line
from tess_source_catalogue.sources import SOURCES, TCE_PAGE
from tess_source_ffi.places import BUNDLES, SCRIPTS
from tess_source_stars.services import TOIS
from tess_source_stars.toi.columns import columns_of_header

SOURCE = {source.name: source for source in SOURCES}
FIRST_DV = f"{SCRIPTS}/tesscurl_sector_1_dv.sh"
SPOC_LINE = re.compile(r"uri=mast:TESS/product/(tess\d{13}-s\d{4}-\S+)$")
GZIP = {"Accept-Encoding": "gzip"}


def beginning(ask: Asking, url: str) -> Got:
    """Return the beginning of a list that must be there."""
    got = ask.file(url, most=HEAD)
    expect(got.status == 200, f"HTTP 200 at {url}", got.said)
    return got


def lines_of(ask: Asking, url: str, begin: Iterable[str]) -> list[str]:
    """Return the first lines of a list, which begins as such lists do."""
    lines = beginning(ask, url).lines
    expect(lines and lines[0].startswith(tuple(begin)), f"a beginning like {' or '.join(map(repr, begin))}", lines[:2])
    return lines


def check_spoc_script(ask: Asking, name: str, sector: int, ending: str) -> None:
    """Check that the script of a source lists files with an ending."""
    (url,) = SOURCE[name].locate(sector, ())
    files = [found[1] for text in lines_of(ask, url, ["#!"])[1:] if (found := SPOC_LINE.search(text))]
    expect(files and all(re.search(ending, file) for file in files), f"files that end in {ending}", files[:3])


# -- scripts of SPOC --


@line(
    "scripts-spoc", "lists",
    "Per sector there is a script of light curves and one of data validation, `tesscurl_sector_1_lc.sh`; each line has "
    "`uri=mast:…` at its end.",
    "V (whole scripts)", "sources `lc` and `dv` of the catalogue",
)  # fmt: skip
def _spoc(ask: Asking) -> None:
    check_spoc_script(ask, "lc", 1, r"-s_lc\.fits$")
    check_spoc_script(ask, "dv", 1, r"_(dvt\.fits|dvr\.pdf|dvr\.xml|dvm\.pdf|dvs\.pdf)$")


@line(
    "scripts-fast", "lists", "There are such scripts of target pixels, and from sector 27 on of light curves and target pixels at 20 s.",
    "D",
    "sources `tp`, `fast-lc` and `fast-tp` of the catalogue",
)  # fmt: skip
def _fast(ask: Asking) -> None:
    check_spoc_script(ask, "tp", 1, r"-s_tp\.fits$")
    check_spoc_script(ask, "fast-lc", 75, r"-a_fast-lc\.fits$")
    check_spoc_script(ask, "fast-tp", 75, r"-a_fast-tp\.fits$")
    before = ask.file(SOURCE["fast-lc"].locate(26, ())[0])
    expect(before.status == 404, "HTTP 404 for sector 26", before.said)


@line(
    "scripts-several", "lists", "Scripts of searches over several sectors lie in the folder `sector`, or in `multisector` beside it.",
    "V for `sector`, O for `multisector`", "source `multi-dv` of the catalogue",
)  # fmt: skip
def _several(ask: Asking) -> str:
    tried = SOURCE["multi-dv"].locate(9, ["tess2018206190142-s0001-s0009_dvr-tcestats.csv"])
    found = [url for url in tried if ask.file(url, most=HEAD).status == 200]
    expect(found, "a script at one of these addresses", list(tried))
    text = lines_of(ask, found[0], ["#!"])[1]
    expect("-s0001-s0009-" in text and SPOC_LINE.search(text), "a file of sectors 1 to 9", text)
    return " and ".join(url.split("/")[-2] for url in found)


@line(
    "scripts-images", "lists", "Scripts list all calibrated images, raw images, and basis vectors of a sector.", "D",
    "full-frame images where the bucket has nothing",
)  # fmt: skip
def _images(ask: Asking) -> None:
    for kind in ("ffic", "ffir", "cbv"):
        lines = lines_of(ask, f"{SCRIPTS}/tesscurl_sector_1_{kind}.sh", ["#!"])
        expect(
            re.search(rf"uri=mast:TESS/product/tess\d{{13}}-s0001-[1-4]-[1-4]-\d{{4}}-s_{kind}\.fits", lines[1]),
            f"{kind} files",
            lines[1],
        )


@line(
    "scripts-tica", "lists",
    "TICA's images are listed by a script per CCD and orbit; from sector 56 on per part of an orbit, with a letter.",
    "V (code of others) for the form, U for the letters", "`pipeline='TICA'`",
)  # fmt: skip
def _tica(ask: Asking) -> None:
    for sector, orbit in ((27, "1"), (56, "1a")):
        stem = f"hlsp_tica_tess_ffi_s{sector:04d}-o{orbit}-cam1-ccd1"
        lines = lines_of(ask, f"{BUNDLES}/s{sector:04d}/{stem}_tess_v01_ffis.sh", SOURCE["qlp"].first)
        expect(
            any(f"hlsp_tica_tess_ffi_s{sector:04d}-o{orbit}-" in text for text in lines),
            f"images of s{sector:04d}-o{orbit}",
            lines[:2],
        )


# -- tables of TCEs --


@line(
    "tce-page", "lists", "A page links to all tables of TCEs, of single sectors and of several, by names with both sectors.",
    "V (code of others)",
    "sources `tce`, `multi-tce` and `multi-dv` of the catalogue",
)  # fmt: skip
def _tce_page(ask: Asking) -> str:
    links = tce_links(ask)
    single = {link for link in links if re.search(r"-s(\d{4})-s\1_dvr-tcestats\.csv$", link)}
    expect(
        any("-s0001-s0001_" in link for link in single) and links - single,
        "tables of sector 1, and of several sectors",
        sorted(links)[:3],
    )
    return f"{len(single)} tables of single sectors, {len(links - single)} of several"


def tce_links(ask: Asking) -> set[str]:
    """Return the addresses of the tables of TCEs."""
    page = ask.file(TCE_PAGE, most=LARGEST)
    expect(page.status == 200, "HTTP 200", page.said)
    found = re.findall(r"""href=["']?([^"'>\s]*_dvr-tcestats\.csv)""", page.text)
    return {urljoin(TCE_PAGE, link) for link in found}


@line(
    "tce-table", "lists",
    "A table of TCEs has comments before its header, which begins with `tceid` and has `ticid`, `sectors`, `tce_period`.",
    "V (tables of 2021 to 2026)", "TCEs of the catalogue",
)  # fmt: skip
def _tce_table(ask: Asking) -> None:
    (url,) = [link for link in tce_links(ask) if "-s0001-s0001_" in link]
    lines = lines_of(ask, url, ["#", "tceid"])
    header = next((text for text in lines if not text.startswith("#")), "").split(",")
    expect(
        header[0] == "tceid" and {"ticid", "sectors", "tce_period", "tce_plnt_num"} <= set(header),
        "these columns",
        header,
    )


# -- target lists --

TARGET_COLUMNS = "TICID,Camera,CCD,Tmag,RA,Dec"


def target_header(ask: Asking, name: str, sector: int) -> tuple[str, str]:
    """Return the header of the first list of a source that there is, and its first row."""
    urls = SOURCE[name].locate(sector, ())
    url = next((url for url in urls if ask.file(url, most=HEAD).status == 200), urls[0])
    plain = [text for text in lines_of(ask, url, ["#", "TICID"]) if not text.startswith("#")]
    return plain[0], plain[1]


@line(
    "targets", "target lists",
    f"The 2-min targets of a sector are a list with the columns `{TARGET_COLUMNS}`, with or without comments before.",
    "V for the form, D for the address", "source `targets` of the catalogue",
)  # fmt: skip
def _targets(ask: Asking) -> None:
    for sector in (1, 75):
        header, row = target_header(ask, "targets", sector)
        expect(re.split(r"[,\t]", header) == TARGET_COLUMNS.split(","), TARGET_COLUMNS, header)
        expect(re.match(r"\d+[,\t][1-4][,\t][1-4][,\t]", row), "TIC id, camera, CCD", row)


@line(
    "targets-fast",
    "target lists",
    "There are such lists of the 20-s targets, from sector 27 on.",
    "V for the rows, D for the address",
    "source `fast-targets` of the catalogue",
)
def _fast_targets(ask: Asking) -> None:
    header, row = target_header(ask, "fast-targets", 75)
    expect(header == TARGET_COLUMNS and re.match(r"\d+,[1-4],[1-4],", row), TARGET_COLUMNS, [header, row])


@line(
    "targets-hlsp", "lists", "QLP and TESS-SPOC have lists of their stars per sector, with the header `#TIC_ID,RA,DEC`.",
    "V (code of others)",
    "sources `qlp-targets` and `tess-spoc-targets` of the catalogue",
)  # fmt: skip
def _hlsp_targets(ask: Asking) -> None:
    for name in ("qlp", "tess-spoc"):
        (url,) = SOURCE[f"{name}-targets"].locate(1, ())
        header, row = lines_of(ask, url, ["#"])[:2]
        expect(re.sub(r"[#\s]", "", header) == "TIC_ID,RA,DEC", "#TIC_ID,RA,DEC", header)
        expect(re.match(r"\d+,[\d.]+,-?[\d.]+", row), "TIC id, RA, Dec", row)


@line(
    "targets-tglc", "lists", "TGLC's list of stars begins with `#GAIADR3_ID` and ends with `TIC_ID,RA,DEC`.", "V (code of others)",
    "the TIC id of TGLC's light curves",
)  # fmt: skip
def _tglc_targets(ask: Asking) -> str:
    (url,) = SOURCE["tglc-targets"].locate(1, ())
    header = re.sub(r"\s", "", lines_of(ask, url, ["#"])[0])
    expect(re.fullmatch(r"#GAIADR3_ID,(.*,)?TIC_ID,RA,DEC", header), "#GAIADR3_ID, …, TIC_ID,RA,DEC", header)
    return header


# -- scripts of other pipelines --


@line(
    "scripts-hlsp", "lists",
    "QLP, TESS-SPOC and TGLC have a script per sector that begins with `#!` or `curl`; each file is behind `uri=mast:HLSP/`.",
    "V (code of others); first line U", "sources `qlp`, `tess-spoc-lc`, `tess-spoc-tp` and `tglc` of the catalogue",
)  # fmt: skip
def _hlsp_scripts(ask: Asking) -> None:
    for name in ("qlp", "tess-spoc-lc", "tess-spoc-tp", "tglc"):
        (url,) = SOURCE[name].locate(1, ())
        lines = lines_of(ask, url, SOURCE[name].first)
        folder = SOURCE[name].pipeline.lower()
        uris = [found[1] for text in lines if (found := re.search(r"uri=mast(?::|%3A)([^'\"\s]+)", text))]
        expect(
            uris and all(uri.lower().startswith(f"hlsp/{folder}/s0001/") for uri in uris),
            f"mast:HLSP/{folder}/s0001/…",
            lines[:2],
        )


@line(
    "scripts-tess-spoc-dv", "lists", "TESS-SPOC has scripts of data validation of single sectors from sector 36 on.", "O",
    "source `tess-spoc-dv` of the catalogue",
)  # fmt: skip
def _tess_spoc_dv(ask: Asking) -> None:
    (url,) = SOURCE["tess-spoc-dv"].locate(36, ())
    lines = lines_of(ask, url, SOURCE["tess-spoc-dv"].first)
    expect(any("s0036" in text and "_dv" in text for text in lines), "files of data validation", lines[:2])
    before = SOURCE["tess-spoc-dv"].locate(35, ())[0]
    expect(ask.file(before).status == 404, "HTTP 404 for sector 35", ask.file(before).said)


# -- whether a list has changed --


@line(
    "lists-absent", "lists", "The list of a sector to come is answered by 404.", "O", '"not yet" in `catalogue status`'
)
def _absent(ask: Asking) -> None:
    (url,) = SOURCE["lc"].locate(999, ())
    got = ask.file(url)
    expect(got.status == 404, "HTTP 404", got.said)


@line(
    "targets-absent",
    "target lists",
    "The target list of a sector to come is answered by 404.",
    "O",
    '"not yet" in `catalogue status`',
)
def _absent_targets(ask: Asking) -> None:
    for url in SOURCE["targets"].locate(999, ()):
        got = ask.file(url)
        expect(got.status == 404, "HTTP 404", got.said)


def check_conditions(ask: Asking, url: str) -> str:
    """Check that a list tells when it changed, and is not sent again if it has not."""
    first = ask.file(url, GZIP)
    expect(first.status == 200, "HTTP 200", first.said)
    changed, tag = first.headers.get("Last-Modified"), first.headers.get("ETag")
    expect(changed, "Last-Modified", first.said)
    again = ask.file(url, {**GZIP, "If-Modified-Since": changed or ""})
    expect(again.status == 304, "HTTP 304 for If-Modified-Since", again.said)
    if not tag:
        return "no ETag"
    plain = re.sub(r'-gzip"$', '"', tag)
    known = ask.file(url, {**GZIP, "If-None-Match": tag if plain == tag else f"{tag}, {plain}"})
    expect(known.status == 304, "HTTP 304 for If-None-Match", known.said)
    other = ask.file(url, {**GZIP, "If-None-Match": '"another"'})
    expect(other.status == 200, "HTTP 200 for another ETag", other.said)
    return f"ETag {tag}"


@line(
    "lists-unchanged", "lists", "Lists have `Last-Modified`; a question that gives it, or the `ETag`, is answered by 304.",
    "O for `Last-Modified`, U for the rest", "cost of `catalogue update`: without, a list is fetched again",
)  # fmt: skip
def _unchanged(ask: Asking) -> str:
    return check_conditions(ask, FIRST_DV)


@line(
    "targets-unchanged",
    "target lists",
    "Target lists have `Last-Modified`, and are answered by 304 too.",
    "U",
    "cost of `catalogue update`",
)
def _unchanged_targets(ask: Asking) -> str:
    return check_conditions(ask, SOURCE["targets"].locate(1, ())[0])


def check_packed(ask: Asking, url: str) -> None:
    """Check that a list comes packed where that is accepted."""
    got = ask.file(url, GZIP)
    expect(
        got.headers.get("Content-Encoding", "").lower() == "gzip" and got.body[:2] == b"\x1f\x8b",
        "Content-Encoding: gzip",
        got.said,
    )


@line(
    "lists-packed",
    "lists",
    "Lists come packed by gzip if the question accepts that.",
    "U",
    "cost of `catalogue update`: about 160 MB for all lists of SPOC, or 1.6 GB",
)
def _packed(ask: Asking) -> None:
    check_packed(ask, FIRST_DV)


@line(
    "targets-packed",
    "target lists",
    "Target lists come packed by gzip if the question accepts that.",
    "U",
    "cost of `catalogue update`",
)
def _packed_targets(ask: Asking) -> None:
    check_packed(ask, SOURCE["targets"].locate(1, ())[0])


# -- ExoFOP --


def check_table(ask: Asking, url: str, wanted: set[str]) -> str:
    """Check that a table of ExoFOP has columns that are found by their names, and say how it tells that it changed."""
    got = ask.file(url, most=HEAD)
    expect(got.status == 200, "HTTP 200", got.said)
    header = next((text for text in got.lines[:20] if "TIC ID" in text), "")
    found = set(columns_of_header([cell.strip('" ') for cell in header.split(",")]))
    expect(wanted <= found, f"a header with {', '.join(sorted(wanted))}", header or got.lines[:3])
    told = [name for name in ("ETag", "Last-Modified") if got.headers.get(name)]
    return f"with {' and '.join(told)}" if told else "neither ETag nor Last-Modified: fetched again once a day"


@line(
    "exofop-toi", "ExoFOP",
    "The table of TOIs is CSV whose header, within 20 lines, has the TIC id, the TOI, period, epoch, duration, depth and disposition.",
    "V (copies of 2020 to 2025; their columns differ)", 'targets such as `"TOI 700"`, the filter `toi`, TOIs beside TCEs',
)  # fmt: skip
def _tois(ask: Asking) -> str:
    return check_table(ask, TOIS, {"tic", "toi", "period", "epoch", "duration", "depth", "disposition", "sectors"})


@line(
    "exofop-ctoi",
    "ExoFOP",
    "There is such a table of community TOIs, with their number in `CTOI`.",
    "V (one copy)",
    "tables that you read by `Tois.read`",
)
def _ctois(ask: Asking) -> str:
    return check_table(ask, TOIS.replace("toi", "ctoi"), {"tic", "ctoi", "period", "epoch"})

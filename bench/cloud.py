"""``python -m bench.cloud``: what 100 files from the cloud copy cost in requests and bytes, beside astroquery."""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tess_source import Session
from tess_source_sample.facts import SYNTHETIC_TIC
from tess_source_sample.server import SampleArchive

KINDS = {
    "/api/v0.1/path_lookup": "look-ups", "/api/v0.1/Download": "files from MAST", "/tess/public": "files from the cloud",
    "/api/v0/invoke": "questions",
}  # fmt: skip
"""How a path begins → what the request is."""
Counts = Mapping[str, int]


def counted(archive: SampleArchive) -> Counter[str]:
    """Count the requests since the last time, by what they were for."""
    found: Counter[str] = Counter()
    for request in archive.requests:
        kind = next((name for start, name in KINDS.items() if request.path.startswith(start)), "listings")
        found[kind] += 1
    archive.clear()
    return found


def uris_of(archive: SampleArchive, files: int) -> list[str]:
    """Return the URIs of light curves of made-up stars, which have two each."""
    made = {str(tic) for tic in archive.catalogue.targets if tic >= SYNTHETIC_TIC}
    uris = [
        product["dataURI"]
        for observation in archive.catalogue.observations
        if observation["target_name"] in made
        for product in archive.catalogue.products[observation["obsid"]]
        if product["productSubGroupDescription"] == "LC"
    ]
    return uris[:files]


def by_session(prefer: str) -> Callable[[SampleArchive, Sequence[str], Path], int]:
    """Return a function that fetches files by a session with a preference."""

    def fetch(archive: SampleArchive, uris: Sequence[str], folder: Path) -> int:
        session = Session(archive.url, prefer=prefer, cache=folder / "cache")
        manifest = session.download(list(uris), folder / "data", layout="flat", progress=False)
        assert not manifest.errors, manifest.errors
        return sum(entry.bytes for entry in manifest)

    return fetch


def by_astroquery(archive: SampleArchive, uris: Sequence[str], folder: Path) -> int:
    """Fetch files by astroquery, from MAST: its way to the cloud needs boto3, and cannot be turned to another server."""
    from astroquery.mast import Observations

    for uri in uris:
        place = folder / uri.rpartition("/")[2]
        status: Any = Observations.download_file(
            uri, local_path=place, base_url=f"{archive.url}/api/v0.1/Download/file", verbose=False
        )
        assert status[0] == "COMPLETE", status
    return sum(path.stat().st_size for path in folder.iterdir())


def astroquery_by_its_code(files: int) -> Counter[str]:
    """Return what astroquery 0.4.11 asks with `enable_cloud_dataset`, by its code: 40 look-ups at a time, and HEAD and GET per file."""
    return Counter({"look-ups": -(-files // 40), "files from the cloud": 2 * files})


def measure(files: int) -> dict[str, tuple[Counts, int | None]]:
    """Return requests and bytes per way of fetching the same files."""
    ways = {
        'tess-source, prefer="cloud"': by_session("cloud"), 'tess-source, prefer="archive"': by_session("archive"),
        "astroquery, from MAST": by_astroquery,
    }  # fmt: skip
    found: dict[str, tuple[Counts, int | None]] = {}
    with SampleArchive(extra=-(-files // 2)) as archive:
        uris = uris_of(archive, files)
        assert len(uris) == files
        for name, fetch in ways.items():
            with tempfile.TemporaryDirectory(prefix="tess-source-bench-") as folder:
                archive.clear()
                size = fetch(archive, uris, Path(folder))
                found[name] = (counted(archive), size)
    found["astroquery, from the cloud (by its code)"] = (astroquery_by_its_code(files), None)
    return found


def as_markdown(found: Mapping[str, tuple[Counts, int | None]], files: int) -> str:
    """Write the table."""
    lines = [f"| {files} light curves | look-ups | requests for files | MB |", "|---|---|---|---|"]
    for name, (counts, size) in found.items():
        of_files = counts.get("files from the cloud", 0) + counts.get("files from MAST", 0)
        megabytes = "" if size is None else f"{size / 1e6:.0f}"
        lines.append(f"| {name} | {counts.get('look-ups', 0)} | {of_files} | {megabytes} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and check that the cloud costs one request per file and no look-up."""
    parser = argparse.ArgumentParser(prog="python -m bench.cloud", description=__doc__)
    parser.add_argument("--files", type=int, default=100, help="files to fetch (100)")
    files = parser.parse_args(arguments).files
    found = measure(files)
    print(as_markdown(found, files))
    counts, _ = found['tess-source, prefer="cloud"']
    reached = dict(counts) == {"files from the cloud": files}
    print(f"{'reached' if reached else 'NOT reached'}: {files} files from the cloud by {files} requests and no look-up")
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())

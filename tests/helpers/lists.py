"""A small archive of lists, and a plugin that declares them: what tests of the catalogue's updates share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from serving import Act, Handler, Server, etag

from tess_source import Session, hookimpl
from tess_source._lazy import pl
from tess_source.hooks.records import Source
from tess_source.settings import Patience
from tess_source_catalogue.session_catalogue import SessionCatalogue

HASTE = Patience(tries=2, first=0.001, longest=0.001, connect=30.0, read=30.0, over=30.0)
FOLDER = "https://archive.stsci.edu/lists"


def parse(path: Path, address: str) -> pl.DataFrame:
    """Read lines with a TIC id each; other lines are strange, and a line ``damaged`` is an error."""
    lines = pl.Series("pattern", path.read_text().splitlines()[1:], dtype=pl.String)
    if "damaged" in lines.to_list():
        raise ValueError("it is damaged")
    tics = lines.cast(pl.Int64, strict=False).rename("tic")
    rows = pl.DataFrame([tics, lines, tics.is_null().rename("strange")])
    return rows.with_columns(gaia=pl.lit(None, pl.Int64)).sort("tic")


def source(name: str, pipeline: str = "SPOC", kinds: Sequence[str] = ("lc",), **words: object) -> Source:
    """Declare a source whose lists lie at ``/lists/<name>_<sector>.sh``."""
    defaults: dict[str, object] = {"locate": lambda sector, links: [f"{FOLDER}/{name}_{sector}.sh"], "parse": parse}
    return Source(name, "a toy", pipeline, kinds=kinds, first=("#!",), **{**defaults, **words})  # type: ignore[arg-type]


def multi(sector: int, links: Sequence[str]) -> Sequence[str]:
    """Locate lists about several sectors by the links of an index."""
    return [link for link in links if link.endswith(f"s{sector:04d}.sh")]


class Lists:
    """A plugin with sources."""

    def __init__(self, *sources: Source) -> None:
        self.sources = sources or (
            source("lc"),
            source("targets", gives="targets", kinds=()),
            source("qlp", "QLP"),
            source("multi-dv", kinds=("dvt",), locate=multi, index=f"{FOLDER}/index.html"),
        )

    @hookimpl
    def tess_sources(self) -> Iterable[Source]:
        return self.sources


def conditional(handler: Handler, body: bytes) -> None:
    """Send a list, unless the client has it; one without bytes does not exist."""
    if not body:
        handler.answer(b"no such list", 404)
    elif etag(body) in handler.headers.get("If-None-Match", ""):
        handler.answer(b"", 304, ETag=etag(body))
    else:
        handler.answer(body, ETag=etag(body), Last_Modified="Tue, 03 Feb 2026 10:00:00 GMT")


class ByName(dict[str, list[Act]]):
    """Answers of a server: every list that has no other is answered as a good server does."""

    def get(self, path: str, default: object = None) -> list[Act]:  # type: ignore[override]
        return super().get(path, [conditional])


def listed(*tics: object) -> bytes:
    return "\n".join(["#!/bin/sh", *map(str, tics), ""]).encode()


def fill(server: Server, sectors: Iterable[int] = (1, 2, 3), names: Sequence[str] = ("lc", "targets", "qlp")) -> None:
    """Put lists of some sectors on a server."""
    server.acts = ByName(server.acts)
    for name in names:
        for sector in sectors:
            server.files[f"/lists/{name}_{sector}.sh"] = listed(10 * sector + 1, 10 * sector)
    server.files["/lists/index.html"] = b'<html><a href="s0001-s0002.sh">S1-S2</a><a href="mailto:x">x</a></html>'
    server.files["/lists/s0001-s0002.sh"] = listed(7)


def catalogue_of(server: Server | str, cache: Path, *sources: Source, **words: object) -> SessionCatalogue:
    """Give the catalogue of a session that knows only toys."""
    url = server if isinstance(server, str) else server.url
    session = Session(url, cache=cache, discover=False, plugins=[Lists(*sources)], **{"jobs": 4, **words})  # type: ignore[arg-type]
    object.__setattr__(session.settings, "patience", HASTE)
    return SessionCatalogue(session)


def rows_of(catalogue: SessionCatalogue) -> dict[tuple[str, int, int], list[int]]:
    """Give the TIC ids of each list of a catalogue; look again if an update that is still running replaces one meanwhile, as readers do."""
    for _ in range(5):
        lists = catalogue.folder.lists()
        with suppress(FileNotFoundError):
            return {key: pl.read_parquet(file.path)["tic"].drop_nulls().to_list() for key, file in lists.items()}
    raise AssertionError("a list that is named is not there")

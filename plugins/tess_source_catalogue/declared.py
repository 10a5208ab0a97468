"""The sources of the lists that a catalogue has: the built-in ones, and those of other plugins, as is noted beside their lists.

So a catalogue can be read without the plugins that made it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from tess_source._lazy import pl
from tess_source.hooks.records import Source
from tess_source_catalogue.folder import CatalogueFolder, ListFacts, PresentLists
from tess_source_catalogue.sources import SOURCES

__all__ = ["note_of", "sources_in", "sources_of_files"]


def note_of(source: Source) -> ListFacts:
    """Return what is noted of a source beside each of its lists."""
    return ListFacts(
        pipeline=source.pipeline, gives=source.gives, kinds=",".join(source.kinds), since=source.since, several=source.several
    )  # fmt: skip


@lru_cache(maxsize=8)
def sources_in(lists: PresentLists) -> Mapping[str, Source]:
    """Return the built-in sources and those of the lists, by their names."""
    found = {source.name: source for source in SOURCES}
    for file in lists.values():
        if file.source not in found:
            said = CatalogueFolder(file.path.parents[1]).facts(file)
            if said.gives:
                found[file.source] = _source(file.source, said)
    return found


@lru_cache(maxsize=8)
def sources_of_files(lists: PresentLists) -> Mapping[str, Source]:
    """Return those of `sources_in` that give files."""
    return {name: source for name, source in sources_in(lists).items() if source.gives == "files"}


def _source(name: str, said: ListFacts) -> Source:
    kinds = tuple(kind for kind in said.kinds.split(",") if kind)
    return Source(
        name, "", said.pipeline, _nowhere, _nothing, gives=said.gives, kinds=kinds, since=said.since, several=said.several
    )  # fmt: skip


def _nowhere(sector: int, links: Sequence[str]) -> Sequence[str]:
    return ()


def _nothing(path: Path, address: str) -> pl.DataFrame:
    raise ValueError("the plugin of this source is not there")

"""What the catalogue lacks, in words, and the updates that would bring it."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from datetime import UTC, datetime

from tess_source.hooks.records import Source
from tess_source.names.sectors import sectors_in_words, text_of_sectors
from tess_source.wording import Wording, keyword

__all__ = [
    "absent_in_words", "failures_in_words", "known_in_words", "label", "missing_in_words", "nameless_in_words", "not_yet_in_words",
    "several_in_words", "updates_in_words",
]  # fmt: skip


def label(source: Source) -> str:
    """Return what a list is of, besides its pipeline, e.g. ``"lc"``."""
    return source.name.removeprefix(source.pipeline.lower()).strip("-") or "/".join(source.kinds)


def known_in_words(sources: Mapping[str, Source]) -> str:
    """Return what files there are lists of."""
    return ", ".join(dict.fromkeys(source.pipeline for source in sources.values())) + " time series"


def _by_sectors(missing: Mapping[str, set[int]], sources: Mapping[str, Source]) -> dict[tuple[str, str], list[Source]]:
    """Return the missing lists of one pipeline and the same sectors together."""
    found: dict[tuple[str, str], list[Source]] = {}
    for name, sectors in missing.items():
        source = sources[name]
        found.setdefault((source.pipeline, text_of_sectors(sectors)), []).append(source)
    return found


def missing_in_words(missing: Mapping[str, set[int]], sources: Mapping[str, Source]) -> str:
    """Return which lists are missing, given their sources and sectors."""
    return " and ".join(
        f"{pipeline} {', '.join(map(label, own))}" + (f" of {sectors_in_words(sectors)}" if sectors else "")
        for (pipeline, sectors), own in _by_sectors(missing, sources).items()
    )


def absent_in_words(absent: Mapping[tuple[str, int], float], sources: Mapping[str, Source]) -> str:
    """Return which lists the archive did not have, given their sources, sectors, and when it was asked [s since 1970, UTC]."""
    sectors: dict[str, set[int]] = {}
    for name, sector in absent:
        sectors.setdefault(name, set()).add(sector)
    asked = datetime.fromtimestamp(min(absent.values()), UTC).date().isoformat()
    return f"on {asked}, the archive had no list of {missing_in_words(sectors, sources)}"


def not_yet_in_words(sectors: Collection[int], lists: Iterable[tuple[str, int]]) -> str:
    """Return which lists are not at the archive yet, to end a summary: all of some sectors, and others by source and sector."""
    said = [f"any list of {sectors_in_words(text_of_sectors(sectors))}"] if sectors else []
    said += _lists_in_words(lists)
    return f"; not yet at the archive: {'; '.join(said)}" if said else ""


def failures_in_words(failed: Iterable[tuple[str, int, str]]) -> list[str]:
    """Return why lists failed, one text per reason: with the lists, and the address of the first.

    Parameters
    ----------
    failed : iterable of tuple
        Source, sector (0: that of the page with links to the lists) and problem of each list: ``address: reason``.
    """
    by_reason: dict[str, list[tuple[str, int, str]]] = {}
    for source, sector, problem in failed:
        address, _, reason = problem.partition(": ")
        by_reason.setdefault(reason, []).append((source, sector, address))
    said = []
    for reason, ones in by_reason.items():
        source, _, address = ones[0]
        which = "; ".join(_lists_in_words((source, sector) for source, sector, _ in ones))
        many = f"{which}: {reason} ({len(ones):,} lists, such as {address})"
        said.append(many if len(ones) > 1 else f"{source}: {address}: {reason}")
    return said


def _lists_in_words(lists: Iterable[tuple[str, int]]) -> list[str]:
    """Return lists, by source and sector, in words: a text for the sources of the same sectors. Sector 0 stands for no sector."""
    by_source: dict[str, set[int]] = {}
    for source, sector in lists:
        by_source.setdefault(source, set()).add(sector)
    by_sectors: dict[str, list[str]] = {}
    for source, numbers in by_source.items():
        by_sectors.setdefault(text_of_sectors(numbers - {0}), []).append(source)
    return [
        ", ".join(sources) + (f" of {sectors_in_words(sectors)}" if sectors else "")
        for sectors, sources in by_sectors.items()
    ]


def several_in_words(pipelines: Iterable[str]) -> str:
    """Return what is not on any list, given the pipelines of which it is asked."""
    return " and ".join(f"{pipeline} dv of several sectors" for pipeline in pipelines)


def nameless_in_words(nameless: Iterable[tuple[str, int]], known: Container[str]) -> list[str | Wording]:
    """Return the parts of a message: of which pipelines and sectors the TIC ids are not known, and which `known` source brings them."""
    found: dict[str, list[int]] = {}
    for pipeline, sector in sorted(nameless):
        found.setdefault(pipeline, []).append(sector)
    sectors = {pipeline: text_of_sectors(numbers) for pipeline, numbers in found.items()}
    where = " and ".join(f"{pipeline} in {sectors_in_words(text)}" for pipeline, text in sectors.items())
    updates = " and ".join(
        f"`tess-source catalogue update --sector {text} --source {source}`"
        for pipeline, text in sectors.items()
        if (source := f"{pipeline.lower()}-targets") in known
    )
    advice = f"{updates} brings them, or ask " if updates else "ask "
    return [f"the TIC ids of the files of {where} are not known: {advice}", keyword("archive", "mast")]


def updates_in_words(missing: Mapping[str, set[int]], sources: Mapping[str, Source]) -> str:
    """Return the commands that fetch missing lists."""
    commands = [
        " ".join(
            [
                "`tess-source catalogue update",
                *([f"--sector {sectors}"] if sectors else []),
                f"--source {','.join(source.name for source in own)}`",
            ]
        )
        for (_, sectors), own in _by_sectors(missing, sources).items()
    ]
    bring = "brings" if len({*commands}) == 1 else "bring"
    return f"{' and '.join(dict.fromkeys(commands))} {bring} what the archive has"

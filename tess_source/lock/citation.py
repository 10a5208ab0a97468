"""Citations of the files of a lock, as far as plugins know the DOIs of their data sets."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source.display import text
from tess_source.display.visible import visible_line
from tess_source.names.sectors import text_of_sectors

if TYPE_CHECKING:
    from tess_source.hooks.records import Citation
    from tess_source.tables.items import Item
    from tess_source.tables.plan import Plan

__all__ = ["cite"]


def cite(plan: Plan, citations: Iterable[Citation]) -> str:
    """Return the text with which a paper should cite the files of a lock.

    Parameters
    ----------
    plan : Plan
        A lock.
    citations : iterable of Citation
        The citations that plugins declare: ``session.registry.citations.values()``.

    Returns
    -------
    str
        One line per data set, with its title, DOI, number of files and sectors, or a note that it has no citation here; then the
        acknowledgements that the archives ask for.
    """
    declared = list(citations)
    known = {(one.pipeline.upper(), one.kind): one for one in declared}
    groups: dict[tuple[str, str | None], list[Item]] = {}
    for item in plan:
        groups.setdefault(_data_set(item, known), []).append(item)
    lines = [
        _citation_line(key, groups[key], known) for key in sorted(groups, key=lambda key: (key not in known, str(key)))
    ]
    lines += _answered_in_words(plan.record)
    used = [known[key] for key in groups if key in known]
    whose = used if used and len(used) == len(groups) else declared
    return "\n".join(map(visible_line, [*lines, *_distinct_texts(one.acknowledgement for one in whose)]))


def _answered_in_words(record: Mapping[str, Any]) -> list[str]:
    """Return who answered the search, and when: an archive that keeps older answers says of when these are."""
    server, when = record.get("server", "the archive"), record.get("time")
    kept = record.get("provenance")
    told = kept if isinstance(kept, dict) else {}
    if told and record.get("archives") == [*told] and all(isinstance(said, dict) for said in told.values()):
        return [
            f"As the {name} of {server} had it: {said.get('brief', said.get('said'))}." for name, said in told.items()
        ]
    return [f"As {server} answered on {str(when)[:10]}."] if when else []


def _data_set(item: Item, known: Container[tuple[str, str | None]]) -> tuple[str, str | None]:
    pipeline = item.pipeline or "unknown pipeline"
    keys = [(pipeline.upper(), item.kind), (pipeline.upper(), None)]
    return next((key for key in keys if key in known), (pipeline, None))


def _citation_line(
    key: tuple[str, str | None], items: list[Item], known: Mapping[tuple[str, str | None], Citation]
) -> str:
    about = f"{text.number(len(items), 'file')}{_sectors_of(items)}"
    if key in known:
        return f"{known[key].title}, doi:{known[key].doi} ({about})"
    kinds = ", ".join(sorted({item.kind for item in items}))
    words = ["no DOI is known here", *_distinct_texts(one.others for one in known.values())]
    return f"{kinds} of {key[0]} ({about}): {'; '.join(words)}"


def _distinct_texts(texts: Iterable[str]) -> list[str]:
    """Return each text once, without empty ones."""
    return list(dict.fromkeys(filter(None, texts)))


def _sectors_of(items: Sequence[Item]) -> str:
    """Return the sectors as text, single sectors before the ranges of multi-sector files; empty if there are none."""
    single = [i.first_sector for i in items if i.first_sector is not None and i.first_sector == i.last_sector]
    ranges = sorted(
        {
            (i.first_sector, i.last_sector)
            for i in items
            if i.first_sector and i.last_sector and i.first_sector != i.last_sector
        }
    )
    words = [*filter(None, text_of_sectors(single).split(",")), *(f"{first}-{last} together" for first, last in ranges)]
    return (
        f", {'sector' if len(words) == 1 and words[0].isdecimal() else 'sectors'} {', '.join(words)}" if words else ""
    )

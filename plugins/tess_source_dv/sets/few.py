"""The links and columns of a few products, in plain Python: there, each operation on a table takes longer than all of this.

The results are those of `tess_source_dv.sets.links` and `tess_source_dv.sets.columns`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tess_source._lazy import pl
from tess_source.names.sectors import text_of_sectors
from tess_source.tables.listing import Links
from tess_source_dv.sets.members import KINDS
from tess_source_dv.sets.superseded import REASONS
from tess_source_dv.sets.used import BOUNDED, EXACT, OBSERVED, UNKNOWN

if TYPE_CHECKING:
    from tess_source.tables.listing import Products

__all__ = [
    "FEW", "IS_MEMBER", "RANGE", "SINGLE", "Texts", "are_few", "links_of_few", "sector_texts", "set_keys", "states", "superseded_keys",
    "superseding_keys",
]  # fmt: skip

FEW = 1000
"""Most products that are linked in this way."""
IS_MEMBER = "made by this run for this target"
SINGLE = "a search of this sector alone"
RANGE = "within the range of sectors searched; which of them were used, the name does not tell"
COLUMNS = ("uri", "kind", "run", "pipeline", "tic", "first_sector", "last_sector")
Texts = list[str | None]
Line = tuple[str, str, str, str, str]
"""A row of links."""
Star = tuple[str, int]
"""Pipeline and TIC id."""


class _Set(NamedTuple):
    """A set and the sectors of its search."""

    place: int
    key: str
    run: int
    first: int
    last: int

    @property
    def is_exact(self) -> bool:
        """Whether it is known which sectors were used."""
        return self.first == self.last


def are_few(products: Products, links: Links) -> bool:
    """Return whether columns of products are made here."""
    return len(products) <= FEW and len(links) <= 10 * FEW


def links_of_few(products: pl.DataFrame) -> pl.DataFrame | None:
    """Return the links of products; None if it takes more to tell the set of one of them: a name without the number of a run."""
    sets: dict[Star, dict[str, _Set]] = {}
    data: dict[Star, list[tuple[int, str, str]]] = {}
    lines: list[Line] = []
    for uri, kind, run, pipeline, tic, first, last in zip(*(products[name].to_list() for name in COLUMNS), strict=True):
        star = pipeline, tic
        if kind in KINDS:
            if run is None:
                return None
            if None not in (uri, *star, first, last):
                key = f"{pipeline}/{tic}/s{first:04d}-s{last:04d}/{run:05d}"
                own = sets.setdefault(star, {})
                own.setdefault(key, _Set(len(own), key, run, first, last))
                lines.append((uri, "dv-set", key, EXACT, IS_MEMBER))
        elif kind in OBSERVED and None not in (uri, *star, first):
            data.setdefault(star, []).append((first, OBSERVED[kind], uri))
    for star, own in sets.items():
        lines += _of_star([*own.values()], data.get(star, []))
    columns = zip(*lines, strict=True) if lines else [()] * 5
    return pl.DataFrame([pl.Series(name, texts, pl.String) for name, texts in zip(Links.schema, columns, strict=True)])


def _of_star(sets: list[_Set], data: list[tuple[int, str, str]]) -> Iterator[Line]:
    """Yield the links from sets of one star to their data, and to the sets that they supersede."""
    sectors: dict[int, list[int]] = {}
    for one in sets:
        state, reason = (EXACT, SINGLE) if one.is_exact else (BOUNDED, RANGE)
        within = [row for row in data if one.first <= row[0] <= one.last]
        seen = [one.first] if one.is_exact else [sector for sector, kind, _ in within if kind == "dv-of"]
        sectors[one.place] = [min(seen), max(seen)] if seen else [one.first, one.last]
        yield from ((one.key, kind, uri, state, reason) for _, kind, uri in within)
    for old in sorted(sets, key=lambda one: (-one.run, one.place)):
        newer = [(new, why) for new in sets if new.run > old.run and (why := _why(old, new, sectors))]
        newer.sort(key=lambda pair: (pair[1] != "again", -pair[0].run, pair[0].first - pair[0].last, pair[0].place))
        for new, why in newer:
            yield new.key, "supersedes", old.key, BOUNDED if why == "probably" else EXACT, REASONS[why]


def _why(old: _Set, new: _Set, sectors: Mapping[int, list[int]]) -> str:
    """Return why a later set supersedes another, a key of `REASONS`; empty if it does not."""
    if (old.first, old.last) == (new.first, new.last):
        return "again"
    least, most = sectors[old.place]
    if not new.first <= least <= most <= new.last:
        return ""
    return "subsumed" if old.is_exact and new.is_exact else "probably"


def set_keys(products: Products, links: Links) -> Texts:
    """Return the column of `tess_source_dv.sets.columns` of this name."""
    sets: dict[str | None, str] = dict(_pairs(links, "dv-set", "subject", "object"))
    rows = zip(products["uri"].to_list(), products["kind"].to_list(), strict=True)
    return [sets.get(uri) if kind in KINDS else None for uri, kind in rows]


def sector_texts(products: Products, links: Links) -> Texts:
    """Return the column of `tess_source_dv.sets.columns` of this name."""
    firsts, lasts = (products[name].to_list() for name in ("first_sector", "last_sector"))
    sector_of: dict[str | None, int | None] = dict(
        zip(reversed(products["uri"].to_list()), reversed(firsts), strict=True)
    )
    seen: dict[str | None, set[int]] = {}
    for key, uri in _pairs(links, "dv-of", "subject", "object"):
        if (sector := sector_of.get(uri)) is not None:
            seen.setdefault(key, set()).add(sector)
    texts = {key: text_of_sectors(sectors) for key, sectors in seen.items()}
    rows = zip(_known_set_keys(products, links), firsts, lasts, strict=True)
    return [str(first) if key and first == last is not None else texts.get(key) for key, first, last in rows]


def states(products: Products, links: Links) -> Texts:
    """Return the column of `tess_source_dv.sets.columns` of this name."""
    told = dict(_pairs(links, "dv-of", "subject", "state"))
    ranges = zip(products["first_sector"].to_list(), products["last_sector"].to_list(), strict=True)
    otherwise = (EXACT if first == last is not None else UNKNOWN for first, last in ranges)
    return [
        key and told.get(key, other) for key, other in zip(_known_set_keys(products, links), otherwise, strict=True)
    ]


def superseding_keys(products: Products, links: Links) -> Texts:
    """Return the column of `tess_source_dv.sets.columns` of this name."""
    newer: dict[str | None, str] = dict(_pairs(links, "supersedes", "object", "subject"))
    return [newer.get(key) for key in _known_set_keys(products, links)]


def superseded_keys(products: Products, links: Links) -> Texts:
    """Return the column of `tess_source_dv.sets.columns` of this name."""
    older: dict[str | None, str] = {}
    for newer, one in reversed(_pairs(links, "supersedes", "subject", "object")):
        older[newer] = f"{older[newer]} {one}" if newer in older else one
    return [older.get(key) for key in _known_set_keys(products, links)]


def _pairs(links: Links, kind: str, key: str, value: str) -> list[tuple[str, str]]:
    """Return two columns of the links of a kind in reverse order, so that a dictionary of them keeps the first of several."""
    rows = zip(*(links[name].to_list() for name in ("kind", key, value)), strict=True)
    return [(one, other) for own, one, other in rows if own == kind][::-1]


def _known_set_keys(products: Products, links: Links) -> Texts:
    return products["dv_set"].to_list() if "dv_set" in products.columns else set_keys(products, links)

"""``toi=``: stars by their TOIs, and the columns of products that it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.display import text as words
from tess_source.errors import did_you_mean
from tess_source.hooks.records import Filter, Lookup
from tess_source.targets.texts import cleaned
from tess_source.units import is_whole, plain_number
from tess_source_stars.toi.resolving import ToiName

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations, Products
    from tess_source.targets.target import Query
    from tess_source_stars.toi.table import Tois

__all__ = ["DISPOSITIONS", "FILTERS", "LOOKUPS", "WantedTois", "reasons"]

DISPOSITIONS = ("CP", "KP", "PC", "APC", "FP", "FA", "EB", "IS", "V", "O", "U")
"""Words of TFOPWG and of the TESS project."""
ANY, NONE = ("ANY", "YES", "TRUE"), ("NONE", "NO", "FALSE")
RIGHT = "give a TOI ('700' or '700.01'), a disposition ('PC' or 'CP,KP'), 'any' for stars with a TOI, or 'none' for stars without"
COLUMNS = {
    "toi": 'TOIs of the star, e.g. "700.01,700.02"; null if it has none',
    "toi_disposition": 'disposition of each, in the same order, e.g. "CP,PC": that of TFOPWG, else that of the TESS project, else "-"',
}


@dataclass(frozen=True, slots=True)
class WantedTois:
    """TOIs that are wanted: any of the names and dispositions."""

    names: tuple[ToiName, ...] = ()
    dispositions: tuple[str, ...] = ()
    has_toi: bool = True
    """Whether stars with TOIs are wanted, or those without."""

    @classmethod
    def of(cls, value: Any) -> WantedTois:
        """Read a value of the filter.

        Raises
        ------
        ValueError, TypeError
            If it is none.
        """
        plain = plain_number(value)
        if isinstance(plain, bool):
            return cls(has_toi=plain)
        items = list(_items(value))
        if not items:
            raise ValueError(f"there is nothing in it; {RIGHT}")
        whole = {item.upper() for item in items}
        if len(whole) == 1 and (word := whole.pop()) in {*ANY, *NONE}:
            return cls(has_toi=word in ANY)
        names = {item: ToiName.of(item) or ToiName.of(f"TOI {item}") for item in items}
        others = [item for item, name in names.items() if name is None]
        if strange := next((item for item in others if item.upper() not in DISPOSITIONS), None):
            raise ValueError(
                f"{strange!r} is neither a TOI nor a disposition{did_you_mean(strange.upper(), DISPOSITIONS)}; {RIGHT}"
            )
        wanted = sorted({name for name in names.values() if name}, key=lambda name: (name.number, name.candidate))
        return cls(tuple(wanted), tuple(word for word in DISPOSITIONS if word in {item.upper() for item in others}))

    def __str__(self) -> str:
        said = [str(name).removeprefix("TOI ") for name in self.names]
        return ",".join([*said, *self.dispositions]) or ("any" if self.has_toi else "none")

    def chosen(self, tois: Tois) -> Tois:
        """Return the rows of a table of TOIs that are wanted."""
        if not self.names and not self.dispositions:
            return tois if self.has_toi else tois[:0]
        mask = pl.coalesce("disposition", "tess_disposition").is_in(self.dispositions).fill_null(False)
        return tois.where(pl.any_horizontal(mask, *(name.mask() for name in self.names)))

    def mask(self) -> pl.Expr:
        """Return the mask of products, whose columns are those of `COLUMNS`."""
        if not self.has_toi:
            return pl.col("toi").is_null() & pl.col("tic").is_not_null()
        if not self.names and not self.dispositions:
            return pl.col("toi").is_not_null()
        patterns = [_item(f"{name.number}\\.{name.candidate or '[0-9]+'}") for name in self.names]
        masks = [pl.col("toi").str.contains(pattern) for pattern in patterns]
        masks += [pl.col("toi_disposition").str.contains(_item(word)) for word in self.dispositions]
        return pl.any_horizontal(masks)

    def targets(self) -> list[str]:
        """Return the stars as targets; none if they are not named."""
        return [] if self.dispositions else list(dict.fromkeys(map(str, self.names)))


def reasons(query: Query, settings: Settings) -> dict[str, str]:
    """Return what the kept table says of the stars of a query that have none of the TOIs that are wanted: ``str(target)`` → one line."""
    from tess_source_stars.toi.kept import kept_tois

    wanted: WantedTois | None = query.filters.get("toi")
    if wanted is None or (known := kept_tois(settings)) is None:
        return {}
    of_star: dict[int, list[str]] = {}
    for row in known.tois.of_stars([target.tic for target in query.targets if target.tic is not None]):
        of_star.setdefault(row["tic"], []).append(
            f"{row['toi']} ({row['disposition'] or row['tess_disposition'] or '-'})"
        )
    fitting = {*wanted.chosen(known.tois)["tic"]}
    return {
        str(
            target
        ): f"{known.said} has {'TOI ' + words.first(of_star[target.tic]) if target.tic in of_star else 'no TOI'} of this star"
        for target in query.targets
        if target.tic is not None and (target.tic not in fitting if wanted.has_toi else target.tic in of_star)
    }


def _item(pattern: str) -> str:
    return f"(?:^|,){pattern}(?:,|$)"


def _items(value: Any) -> Iterable[str]:
    """Yield the texts in a value.

    Raises
    ------
    TypeError
        If it holds something else than texts and numbers.
    """
    plain = plain_number(value)
    if isinstance(value, str):
        yield from filter(None, (cleaned(part) for part in cleaned(value).split(",")))
    elif is_whole(plain, 1):
        yield str(plain)
    elif isinstance(plain, Real) and not isinstance(plain, bool) and 0 < float(plain) < 1e7:
        yield f"{float(plain):.2f}"
    elif isinstance(value, ToiName):
        yield str(value)
    elif isinstance(value, Iterable) and not isinstance(value, bytes | dict):
        for one in value:
            yield from _items(one)
    else:
        raise TypeError(f"{value!r} is no TOI; {RIGHT}")


def _columns_of_products(products: Products, observations: Observations, settings: Settings) -> pl.DataFrame:
    """Return the TOIs of the star of each product."""
    from tess_source_stars.toi.kept import known_tois

    disposition = pl.coalesce("disposition", "tess_disposition", pl.lit("-"))
    by_star = (
        known_tois(settings).tois.to_polars().sort("toi").group_by("tic", maintain_order=True)
        .agg(pl.col("toi").str.join(","), disposition.str.join(",").alias("toi_disposition"))
    )  # fmt: skip
    stars = products.to_polars().select("tic").with_row_index("row")
    return stars.join(by_star, on="tic", how="left").sort("row").select(*COLUMNS)


def _source(_products: Products, settings: Settings) -> str:
    """Return which table the TOIs are from: its own date, and the sum of its bytes."""
    from tess_source_stars.toi.kept import kept_tois

    known = kept_tois(settings)
    said = (known.said, f"sha256 {known.sha256}" if known.sha256 else "") if known else ()
    return ", ".join(filter(None, said))


FILTERS = (
    Filter(
        "toi",
        lambda products, wanted: wanted.mask(),
        "stars with these TOIs: 700, 700.01; dispositions: PC or CP,KP; any; none",
        check=WantedTois.of,
        metavar="TOI",
        choices=lambda: (*DISPOSITIONS[:6], "any", "none"),
        targets=lambda wanted: wanted.targets(),
        needs=tuple(COLUMNS),
    ),
)
LOOKUPS = (
    Lookup(
        "tois",
        COLUMNS,
        _columns_of_products,
        "Add the TOIs of each star, and their dispositions.",
        may_be_null=True,
        source=_source,
    ),
)

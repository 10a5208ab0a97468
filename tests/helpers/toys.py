"""Small plugins for tests of the core: an archive in memory, and whatever else a test wants to go right or wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tess_source import Filter, Links, Observations, Products, Query, Request, Settings, Target, Transport, hookimpl
from tess_source._lazy import pl
from tess_source.hooks.records import Field

LC = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
TP = "tess2019198215352-s0014-0000000016740101-0150-s_tp.fits"
FAST = "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits"
DVT_SINGLE = "tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits"
DVT_MULTI = "tess2019199201929-s0014-s0055-0000000016740101-00652_dvt.fits"
FILES = {
    "tess2019198215352-s0014-0000000016740101-0150-s": [LC, TP, DVT_SINGLE],
    "tess2024030031500-s0075-0000000016740101-0270-a_fast": [FAST],
    "tess2019199201929-s0014-s0055-0000000016740101": [DVT_MULTI],
}


def product_rows() -> list[dict[str, Any]]:
    """Product rows with MAST's columns."""
    return [
        {"obsID": str(n), "obs_id": obs_id, "dataURI": f"mast:TESS/product/{name}", "productFilename": name, "size": 2880 * n,
         "obs_collection": "TESS"}
        for n, (obs_id, name) in enumerate(((o, f) for o, files in FILES.items() for f in files), 1)
    ]  # fmt: skip


def fits(size: int, fill: int = 0) -> bytes:
    """Return a whole FITS file of so many bytes, a multiple of 2,880."""
    cards = ("SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    1",
             f"NAXIS1  = {size - 2880:20d}", "END")  # fmt: skip
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode() + bytes([fill]) * (size - 2880)


class FromServer:
    """Fetches ``toy:`` addresses from the session's server."""

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return (Transport("toy", lambda uri, settings: Request(f"{settings.server}/{uri.rpartition('/')[2]}")),)


class Archive:
    """An archive that holds one star."""

    @hookimpl
    def tess_resolve(self, target: str) -> Target | None:
        return Target(target, ra=307.86, dec=39.94, resolver="TOY") if target == "KELT-9" else None

    @hookimpl
    def tess_query(self, query: Query, settings: Settings) -> Observations | None:
        wanted = {target.tic for target in query.targets} or {16740101}
        rows = [{"obs_id": obs_id, "target_name": "16740101", "obsid": str(n)} for n, obs_id in enumerate(FILES, 1)]
        return Observations.of(rows) if wanted & {16740101, None} else Observations.empty()

    @hookimpl
    def tess_count(self, query: Query) -> int | None:
        return len(FILES)

    @hookimpl
    def tess_list(self, observations: Observations) -> Products | None:
        rows = pl.DataFrame(product_rows()).filter(pl.col("obs_id").is_in(observations["obs_id"].to_list()))
        return Products.of(rows)

    @hookimpl
    def tess_fields(self, what: str) -> Sequence[Field] | None:
        return [Field("obs_id", description=f"of {what}")]

    @hookimpl
    def tess_link(self, products: Products) -> Links | None:
        multi = products.where(pl.col("kind") == "dvt")
        return (
            Links.of([{"subject": uri, "kind": "dv-of", "object": "?"} for uri in multi["uri"]]) if len(multi) else None
        )

    @hookimpl
    def tess_transports(self) -> Sequence[Transport]:
        return (Transport("mast", lambda uri, settings: Request(f"{settings.server}/{uri}")),)


class Filters:
    """Two masks, a choice and a limit."""

    @hookimpl
    def tess_filters(self) -> Sequence[Filter]:
        return (
            Filter("kind", lambda products, value: pl.col("kind") == value, "kind of product", check=_text),
            Filter("size", lambda products, value: pl.col("size") <= value, "bytes at most", check=int),
            Filter("first", lambda products, value: pl.int_range(pl.len()) < 1, "the first", last=1, metavar=""),
            Filter(
                "limit", lambda products, value: pl.int_range(pl.len()) < value, "so many at most", check=int, last=2
            ),
        )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("give a word")
    return value


class Reader:
    """Opens light curves as their names, and holds them together in a tuple."""

    @hookimpl
    def tess_load(self, entry: Any, options: Mapping[str, Any]) -> object | None:
        return f"curve of {entry.item.tic}" if entry.item.kind == "lc" else None

    @hookimpl
    def tess_collect(self, objects: Sequence[object]) -> Mapping[str, object] | None:
        return {"curves": tuple(o for o in objects if isinstance(o, str))}


class Lister:
    """Lists the same products as `Archive` once more."""

    @hookimpl
    def tess_list(self, observations: Observations) -> Products | None:
        return Products.of(product_rows())

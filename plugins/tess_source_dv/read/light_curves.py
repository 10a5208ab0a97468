"""The light curves in which a TCE was found."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tess_source import names
from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.errors import LoadError, QueryError, UnknownNameError
from tess_source.session import default_session
from tess_source.tables.among import among
from tess_source.tables.found import Drop, Found

if TYPE_CHECKING:
    from lightkurve import LightCurveCollection

__all__ = ["light_curves_of", "load_light_curves"]

log: logging.Logger = logger(__name__)

LINKS = {"lc": "dv-of", "fast-lc": "dv-of-fast"}
"""Kind of light curve → kind of link."""


class OpenedTCE(Protocol):
    """The part of `tess_source_dv.read.curves.DVLightCurve` that this module uses."""

    meta: Mapping[str, Any]

    @property
    def used_sectors(self) -> tuple[int, ...] | None:
        """Sectors that the run used for this target; None if the file does not say."""
        ...

    def title(self) -> str:
        """Return the TCE in words, e.g. ``TCE 1 of SPOC/390988385/s0014-s0086/00971``."""
        ...


def light_curves_of(found: Found, tce: OpenedTCE | str, kind: str = "lc") -> Found:
    """Select the light curves in which a TCE was found.

    ``light_curves_of(found, tce).plan().download().load().stitch()`` is all of them in one.

    Parameters
    ----------
    found : Found
        A search for the target, its light curves among the products.
    tce : DVLightCurve or str
        An opened TCE, whose file says which sectors were used; or the key of a DV set (``"SPOC/16740101/s0014-s0055/00652"``) or the URI of
        one of its products, for which the links of `found` tell. Where these only give the range, a warning says so.
    kind : str
        ``"lc"``: what the run searched. ``"fast-lc"``: those at 20 s of the same sectors.

    Returns
    -------
    Found
        With these products alone, by sector; the ledger has a line for it. Of a light curve that is listed under two names, see
        `tess_source.names.same_product`, the later. A warning names sectors that `found` has no light curve of.

    Raises
    ------
    UnknownNameError
        If there is no such kind, set or product.
    QueryError
        If the TCE's file does not say which sectors were used.
    """
    if kind not in LINKS:
        raise UnknownNameError("kind of light curve", kind, LINKS)
    if isinstance(tce, str):
        chosen, shown = _mask_by_links(found, tce, LINKS[kind]), tce
    else:
        chosen, shown = _mask_by_sectors(tce), tce.title()
    products = found.products.where((pl.col("kind") == kind) & chosen)
    products = products.where(names.latest_names(products["filename"]))
    products = type(products)(products.to_polars().sort("first_sector", maintain_order=True))
    if not isinstance(tce, str) and (missing := _missing_sectors(tce, products["first_sector"])):
        log.warning("%s: no %s of sector %s among the products", shown, kind, missing)
    drop = Drop("found-in", shown, "dv", len(products), len(found.products) - len(products))
    return found.replace(products=products, drops=(*found.drops, drop))


def load_light_curves(
    tce: OpenedTCE, found: Found | None, root: str | Path | None, options: Mapping[str, Any]
) -> LightCurveCollection:
    """Fetch and open the light curves of a TCE: see `DVLightCurve.light_curves`."""
    if found is None:
        found = default_session().search(int(tce.meta["TICID"]))
    loaded = light_curves_of(found, tce).plan(root, layout="mast").download().read(**options)
    curves = loaded.groups.get("light curves", ())
    if missing := _missing_sectors(tce, [curve.meta.get("SECTOR") for curve in curves]):
        reasons = "; ".join(f"{Path(path).name}: {error}" for path, error in loaded.failed.items())
        raise LoadError(
            f"{tce.title()}: the light curve of sector {missing} is missing ({reasons or 'it is not listed'})"
        )
    return curves


def _mask_by_sectors(tce: OpenedTCE) -> pl.Expr:
    """Return a mask of the light curves, by the sectors in the file of the TCE."""
    pipeline, sectors = tce.meta.get("AUTHOR"), tce.used_sectors
    if pipeline is None or sectors is None:
        missing = "which sectors were used" if sectors is None else "which pipeline made it"
        raise QueryError(f"the file of {tce.title()} does not say {missing}; give the key of its set")
    chosen: pl.Expr = (pl.col("tic") == tce.meta["TICID"]) & (pl.col("pipeline") == pipeline)
    return chosen & pl.col("first_sector").is_in(list(sectors)) & (pl.col("first_sector") == pl.col("last_sector"))


def _mask_by_links(found: Found, key: str, relation: str) -> pl.Expr:
    """Return a mask of the light curves, by the links of a set or of one of its products."""
    links = found.links.to_polars()
    sets = links.filter(pl.col("kind") == "dv-set")
    members = sets.filter((pl.col("object") == key) | (pl.col("subject") == key))
    sources = links.filter(pl.col("kind") == relation)
    subjects = {key, *members["subject"], *members["object"]}
    if members.is_empty() and key not in sources["subject"]:
        raise UnknownNameError("DV set or product", key, sets["object"].unique())
    used = sources.filter(pl.col("subject").is_in(list(subjects)))
    if not used.filter(pl.col("state") != "exact").is_empty():
        log.warning("%s: sectors within its range; which of them it used is in its time series and report", key)
    return pl.col("uri").is_in(among(used["object"].unique()))


def _missing_sectors(tce: OpenedTCE, sectors: Iterable[int | None]) -> str:
    return ", ".join(map(str, sorted(set(tce.used_sectors or ()) - set(sectors))))

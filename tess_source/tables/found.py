"""What a search found: observations, their products, how these belong together, and what was left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tess_source._lazy import pl
from tess_source.clock import age_of, ago
from tess_source.display import text
from tess_source.tables.accessors import given
from tess_source.tables.listing import Links, Observations, Products
from tess_source.tables.plan import Fetches, Plan
from tess_source.tables.rows import Rows
from tess_source.tables.typed import FoundMethods
from tess_source.targets.target import Query

if TYPE_CHECKING:
    import pandas as pd
    from astropy.table import Table as AstropyTable

__all__ = ["Drop", "Found"]

URI = r"^[A-Za-z][A-Za-z0-9+.-]*:"
"""How an address of a file begins (RFC 3986, section 3.1); all else that links name is a key."""


class HasRoot(Protocol):
    """What a found needs of a store."""

    @property
    def root(self) -> Path:
        """The cache folder."""
        ...


class Selects(Fetches, Protocol):
    """What a found needs of a session, besides what its plans and manifests need."""

    @property
    def store(self) -> HasRoot:
        """The files of the cache folder."""
        ...

    def select(self, found: Found, /, **filters: Any) -> Found:
        """Choose among products."""
        ...


@dataclass(frozen=True, slots=True)
class Drop:
    """One line of the ledger: what a filter did."""

    filter: str
    value: str
    """As it would be written on the command line."""
    plugin: str
    kept: int
    dropped: int
    asked: Any = None
    """What was given for it, in plain values: see `tess_source.targets.recorded.plain`."""
    step: int = 0
    """Filters of one selection share this number."""

    def __str__(self) -> str:
        return f"{self.filter}={self.value}: dropped {self.dropped:,}, kept {self.kept:,} ({self.plugin})"


@dataclass(frozen=True, repr=False)
class Found(FoundMethods):
    """The answer to a search; immutable.

    Every selection gives a new object with fewer products and a longer ledger.
    """

    accessors_of: ClassVar[str] = "found"
    products: Products
    """Files, one row each."""
    observations: Observations
    """All observations that the archive named, whatever was selected among their products."""
    links: Links
    """How files belong together."""
    query: Query
    """What the archive was asked."""
    drops: tuple[Drop, ...] = ()
    """What each filter left out, in order."""
    record: Mapping[str, Any] | None = None
    """Archive, time of the answer, versions."""
    session: Selects | None = None
    """Does the work."""
    from_store: str | None = None
    """When the archive gave this answer (ISO, with zone), if it is a remembered one."""

    def select(self, **filters: Any) -> Found:
        """Choose among the products.

        Parameters
        ----------
        **filters
            Name of a filter → its value; None switches a filter off that would apply by default. ``tess-source plugins --filters``
            and the docs list them; plugins add more.

        Returns
        -------
        Found

        Raises
        ------
        UnknownNameError
            For a filter that does not exist; the message names the nearest.
        QueryError
            For a value that a filter cannot take; the message says which it can.
        """
        return given(self.session, "found").select(self, **filters)

    def plan(self, root: str | Path | None = None, *, layout: str = "mast") -> Plan:
        """Plan the download of the products.

        Parameters
        ----------
        root : str or Path, optional
            The folder they go to; it need not exist. Nothing is ever written outside of it. The cache folder, if None.
        layout : str
            ``"mast"`` (shared with astroquery and lightkurve), ``"flat"``, or a template such as ``"{tic}/{filename}"``.
        """
        root = given(self.session, "found").store.root if root is None else root
        record = {**(self.record or {}), "filters": [_plain(drop) for drop in self.drops]}
        return Plan.of(
            self.products,
            root,
            layout,
            links=self.links,
            observations=self.observations,
            record=record,
            session=self.session,
        )

    def explain(self) -> str:
        """Say how this answer came to be: what was meant, what was observed, and which filter left out how much."""
        lines = [f"asked for {_question(self.query)}"]
        lines += (
            [f"from the store, answered at {self.from_store}, {ago(age_of(self.from_store))}"]
            if self.from_store
            else []
        )
        lines += [f"{target.text}: {target.resolver} says {target}" for target in self.query.targets if target.resolver]
        kinds = text.counts(self.observations["kind"])
        lines.append(f"{text.number(len(self.observations), 'observation')}{': ' + kinds if kinds else ''}")
        if not len(self.observations):
            lines.append(self._why_nothing())
        lines += [self.unobserved()] if self.unobserved() else []
        before = self.drops[0].kept + self.drops[0].dropped if self.drops else len(self.products)
        is_listed = (self.record or {}).get("listed", True)
        lines.append(text.number(before, "product") if is_listed else "products were not asked for")
        lines += [str(drop) for drop in self.drops]
        if self.drops:
            lines.append(f"left: {text.number(len(self.products), 'product')}")
        if gone := self._none_left():
            lines.append(f"no product left for {text.number(len(gone), 'TIC id')} with observations: {_first(gone)}")
        return "\n".join(lines)

    def _why_nothing(self) -> str:
        if any(target.tic is not None for target in self.query.targets):
            return (
                "the archive answered and has none: the star may never have been a target with a light curve of its own, may lie "
                "outside of all sectors so far, or its latest sector may not be public yet"
            )
        return "the archive answered and has none that meet this"

    def unobserved(self) -> str:
        """Name the targets of a list for which there is nothing, if some had something; else the text is empty."""
        asked = self._asked_for()
        missing = asked - set(self.observations["tic"].to_list()) if len(self.observations) else set()
        return f"{len(missing):,} of {len(asked):,} TIC ids have no observations: {_first(missing)}" if missing else ""

    def _none_left(self) -> set[int]:
        """Give the targets of a list whose products were all left out, if some have products left."""
        asked = self._asked_for()
        left = asked & set(self.products["tic"].to_list())
        return (asked & set(self.observations["tic"].to_list())) - left if left else set()

    def _asked_for(self) -> set[int]:
        return {target.tic for target in self.query.targets if target.tic is not None}

    def _plugins_of(self) -> Selects:
        return given(self.session, "found")

    def using(self, session: Selects) -> Found:
        """Return the same answer with another session."""
        return self.replace(session=session)

    def narrowed(self) -> Found:
        """Leave only those observations and links that have to do with the products that are left."""
        return self.replace(observations=self.observations.having(self.products), links=self._touching())

    def _touching(self) -> Links:
        """Keep links from or to a product, and those of a key that a product is linked to, such as the set it belongs to.

        A key is what a link names that is no file: it has no address. Its links are followed one step, of whatever kind they are.
        """
        uris = self.products["uri"].implode()
        named = self.links.to_polars().filter(pl.col("subject").is_in(uris))["object"]
        keys = named.filter(~named.str.contains(URI))
        near = pl.col("subject").is_in(uris) | pl.col("object").is_in(uris) | pl.col("subject").is_in(keys.implode())
        return self.links.where(near)

    def replace(self, **changes: Any) -> Found:
        """Give a copy with other parts."""
        return replace(self, **changes)

    def __len__(self) -> int:
        return len(self.products)

    def __repr__(self) -> str:
        return f"{self.summary()}\n{self.products!r}" if len(self) else f"{self.summary()}\n{self.explain()}"

    def _repr_html_(self) -> str:
        shown = Rows._repr_html_(self.products) if len(self) else f"<pre>{text.escape(self.explain())}</pre>"
        return f"<p>{text.escape(self.summary())}</p>{shown}"

    def summary(self) -> str:
        """Say in one line what was found."""
        size = text.size(float(self.products["size"].sum() or 0))
        what = [
            text.number(len(self.observations), "observation"),
            f"{text.number(len(self.products), 'product')} ({size})",
            text.number(len(self.links), "link"),
        ]
        stored = f" (from the store, answered at {self.from_store})" if self.from_store else ""
        return f"Found {', '.join(what)} for {_question(self.query)}{stored}"

    def to_table(self) -> AstropyTable:
        """Give the products as an astropy table, which astroquery's functions take."""
        return self.products.to_table()

    def to_polars(self) -> pl.DataFrame:
        """Give the products as a polars frame."""
        return self.products.to_polars()

    def to_pandas(self) -> pd.DataFrame:
        """Give the products as a pandas frame."""
        return self.products.to_pandas()


def _first(tics: Iterable[int]) -> str:
    """Name the first ten of some TIC ids."""
    known = sorted(tics)
    return ", ".join(map(str, known[:10])) + (" …" if len(known) > 10 else "")


def _plain(drop: Drop) -> dict[str, Any]:
    return {
        "filter": drop.filter, "value": drop.value, "plugin": drop.plugin, "kept": drop.kept, "dropped": drop.dropped,
        "asked": drop.asked, "step": drop.step,
    }  # fmt: skip


def _question(query: Query) -> str:
    """Say a query in words."""
    shown = ", ".join(map(str, query.targets[:5])) + (
        f" and {len(query.targets) - 5:,} more" if len(query.targets) > 5 else ""
    )
    criteria = ", ".join(f"{name}={value!r}" for name, value in query.criteria.items())
    return ", ".join(filter(None, [shown, criteria])) or "everything"

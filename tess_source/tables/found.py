"""The answer to a search: observations, products, links, and a ledger of what filters dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tess_source._lazy import pl
from tess_source.clock import age_of, ago
from tess_source.display import html, text
from tess_source.display.visible import visible_line
from tess_source.keywords import naming_keywords_of_methods
from tess_source.object_store.path import ObjectPath
from tess_source.settings import ExecutorLike, OnProgress
from tess_source.tables.accessors import given
from tess_source.tables.addressed import Addressed, Reaches
from tess_source.tables.among import among
from tess_source.tables.convert import SCHEME
from tess_source.tables.items import Entry
from tess_source.tables.ledger import (
    MOST_NAMES,
    Drop,
    cones_in_words,
    gaps_in_words,
    names_in_words,
    query_in_words,
    record_of_drop,
    why_nothing,
)
from tess_source.tables.listing import Links, Observations, Products
from tess_source.tables.plan import Fetches, Manifest, Plan
from tess_source.tables.typed import FoundMethods
from tess_source.tables.typical_sizes import check_amount, in_words
from tess_source.targets.target import Query

if TYPE_CHECKING:
    import pandas as pd
    from astropy.table import Table as AstropyTable

__all__ = ["ASK_AGAIN", "Drop", "Found"]

ASK_AGAIN = "refresh=True (--refresh) asks the archive again"
"""What to do about an answer from the cache folder that may be too old."""


class HasRoot(Protocol):
    """The part of a store that `Found` uses."""

    @property
    def root(self) -> Path:
        """The cache folder."""
        ...


class Selects(Fetches, Reaches, Protocol):
    """The part of a session that `Found` uses, besides that of plans and manifests."""

    @property
    def store(self) -> HasRoot:
        """The files of the cache folder."""
        ...

    def select(self, found: Found, /, **filters: Any) -> Found:
        """Select products by filters."""
        ...


@naming_keywords_of_methods
@dataclass(frozen=True, repr=False)
class Found(Addressed, FoundMethods):
    """The answer to a search; immutable.

    Every selection returns a new object with fewer products and a longer ledger.
    """

    accessors_of: ClassVar[str] = "found"
    products: Products
    """Files, one row per file."""
    observations: Observations
    """All observations that the archive found, independent of later selections among their products."""
    links: Links
    """Relations between files."""
    query: Query
    """The question to the archive."""
    drops: tuple[Drop, ...] = ()
    """The ledger: what each filter dropped, in order."""
    record: Mapping[str, Any] | None = None
    """The archive, the time of the answer, versions."""
    session: Selects | None = None
    """The session whose methods this object uses."""
    from_store: str | None = None
    """Time of the archive's answer (ISO, with zone), if it comes from the cache folder."""

    def select(self, **filters: Any) -> Found:
        """Select products by filters.

        Parameters
        ----------
        **filters
            Name of a filter → its value; None switches off a filter that applies by default. `tess_source.search` lists
            those of the built-in plugins, ``tess-source plugins --filters`` all that are installed.

        Returns
        -------
        Found
            With fewer products and a longer ledger; this one stays as it is.

        Raises
        ------
        UnknownNameError
            If a filter does not exist; the message names the nearest.
        QueryError
            If a filter cannot take a value; the message says which values it takes.

        Examples
        --------
        >>> chosen = found.select(kind="lc", sector="14-26", exptime=120)
        >>> print(chosen.drops[-1])
        sector=14-26: dropped 0, kept 2 (filters)
        """
        return given(self.session, "found").select(self, **filters)

    def plan(
        self, root: str | Path | ObjectPath | None = None, *, layout: str | None = None, large: bool = False
    ) -> Plan:
        """Plan the download of the products.

        Parameters
        ----------
        root : str, Path or ObjectPath, optional
            Folder for the files, or a place in an object store such as ``"s3://bucket/prefix"``. It need not exist; the cache folder if
            None. Nothing is ever written outside of it.
        layout : str, optional
            ``"mast"`` (shared with astroquery and lightkurve), ``"flat"``, or a template such as ``"{tic}/{filename}"``; that of the
            session if None.
        large : bool
            Whether the files may be larger than 1 TB together. ``large=True`` of the search says so too.

        Returns
        -------
        Plan
            One line per file. It fetches nothing before `Plan.download` is called.

        Raises
        ------
        QueryError
            If they are larger, by known and typical sizes, and that was not said; the message says how many files and TB they are.

        Examples
        --------
        >>> found.plan("data").summary()
        'Plan: 2 files, 3.9 MB -> data'
        """
        check_amount(self.products.to_polars(), large=large or self.query.large)
        session = given(self.session, "found")
        root = session.store.root if root is None else root
        record = {**(self.record or {}), "filters": [record_of_drop(drop) for drop in self.drops]}
        return Plan.of(
            self.products,
            root,
            session.settings.layout if layout is None else layout,
            links=self.links,
            observations=self.observations,
            record=record,
            session=self.session,
        )

    def download(
        self,
        root: str | Path | ObjectPath | None = None,
        *,
        layout: str | None = None,
        large: bool = False,
        jobs: int | None = None,
        progress: OnProgress = None,
        executor: ExecutorLike = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> Manifest:
        """Fetch the products that are not here yet: `plan` and `Plan.download` in one step.

        Parameters
        ----------
        root : str, Path or ObjectPath, optional
            Folder for the files, or a place in an object store such as ``"s3://bucket/prefix"``. It need not exist; the cache folder if
            None. Nothing is ever written outside of it.
        layout : str, optional
            ``"mast"`` (shared with astroquery and lightkurve), ``"flat"``, or a template such as ``"{tic}/{filename}"``; that of the
            session if None.
        large : bool
            Whether the files may be larger than 1 TB together. ``large=True`` of the search says so too.
        jobs : int, optional
            Files fetched at the same time; the session's setting (8) if None.
        progress : bool or callable, optional
            True: a bar. False: none. A function is called with (files done, bytes done). None: as the session says, by default a bar in
            a notebook or terminal.
        executor : int, str, distributed.Client or Executor, optional
            Workers that fetch the files: see `Session`. They must share the folder. All together open at most `jobs` connections
            to archives, and twice as many each to object stores.
        on_entry : callable, optional
            Called with each `Entry` as soon as it is known, in the calling thread.

        Returns
        -------
        Manifest
            What happened to every file; one failure never stops the rest.

        Raises
        ------
        QueryError
            If the files are larger than 1 TB, and that was not said.
        Interrupted
            On Ctrl-C, with the manifest so far.

        Examples
        --------
        >>> manifest = found.download("data", jobs=4)
        >>> [entry.status for entry in manifest]
        ['here', 'here']
        """
        plan = self.plan(root, layout=layout, large=large)
        return plan.download(jobs=jobs, progress=progress, executor=executor, on_entry=on_entry)

    def explain(self) -> str:
        """Return how this answer was obtained: the targets, the observations, and how many products each filter dropped.

        Returns
        -------
        str
            Several lines. For an empty answer, they say why there is nothing.

        Examples
        --------
        >>> print(tess_source.search("TIC 16740101", kind="lc", sector=1).explain())
        asked for TIC 16740101
        ...
        left: 0 products...
        """
        lines = [f"asked for {query_in_words(self.query)}"]
        lines += [f"by default only {text.criteria(self.query.defaults)}"] if self.query.defaults else []
        lines += self._answered_in_words()
        lines += [*names_in_words(self.query, self.record or {}), *cones_in_words(self.query)]
        lines += [f"passed over: {gaps_in_words(self.query)}"] if self.query.gaps else []
        kinds = text.counts(self.observations["kind"])
        lines.append(f"{text.number(len(self.observations), 'observation')}{': ' + kinds if kinds else ''}")
        if not len(self.observations):
            lines.append(why_nothing(self.query, self.record or {}))
        lines += [line for line in (self.unobserved(), self.unmatched()) if line]
        lines += [
            f"{target}: {reason}"
            for target, reason in list((self.record or {}).get("reasons", {}).items())[:MOST_NAMES]
        ]
        if unlisted := (self.record or {}).get("unlisted"):
            are = "are" if int(unlisted) > 1 else "is"
            lines.append(f"products not listed: {text.number(int(unlisted), 'observation')} {are} of full-frame images")
        before = self.drops[0].kept + self.drops[0].dropped if self.drops else len(self.products)
        lines.append(text.number(before, "product") if self._is_listed else "products were not asked for")
        lines += [str(drop) for drop in self.drops]
        if self.drops:
            lines.append(f"left: {text.number(len(self.products), 'product')}")
        if gone := self._tics_without_products():
            lines.append(
                f"no product left for {text.number(len(gone), 'TIC id')} with observations: {text.first(sorted(gone))}"
            )
        if self.from_store and (gone or self.unobserved() or self.unmatched() or not len(self)):
            lines.append(f"this is an answer from the cache folder; {ASK_AGAIN}")
        return "\n".join(map(visible_line, lines))

    def _answered_in_words(self, *, brief: bool = False) -> list[str]:
        """Return which archives answered, and when: a line for those that were asked, and one per archive whose answer is older."""
        record, asked = self.record or {}, self.query.targets or self.query.criteria
        older = {
            name: said.get("brief" if brief else "said", said.get("said", ""))
            for name, said in record.get("provenance", {}).items()
        }
        fresh = ", ".join(name for name in record.get("archives", ()) if name not in older and asked)
        lines = [f"answered by {name}{': ' if said else ''}{said}" for name, said in older.items()]
        if self.from_store:
            by = f", by {fresh}" if fresh else ""
            return [f"from the cache folder, answered at {self.from_store}, {ago(age_of(self.from_store))}{by}", *lines]
        time = record.get("time")
        at = "" if brief else f" at {time},"
        return ([f"answered by {fresh}{at} {ago(age_of(time))}"] if fresh and time else []) + lines

    @property
    def _is_listed(self) -> bool:
        """Whether products were asked for."""
        return bool((self.record or {}).get("listed", True))

    def unobserved(self) -> str:
        """Return in words which TIC ids have no observations, if others have some; else an empty text."""
        missing, asked = self._tics_without_observations(), self._tics_of_query()
        of = "TIC id has" if len(asked) == 1 else "TIC ids have"
        said = f"{len(missing):,} of {len(asked):,} {of} no observations: {text.first(sorted(missing))}"
        return said if missing else ""

    def unmatched(self) -> str:
        """Return in words at which names there is no star with observations, if other targets have some; else an empty text."""
        names = [target.text for target in self.query.targets if target.tic is None and target.radius is None]
        if not names:
            return ""
        stars = {star["target"] for star in (self.record or {}).get("nearest", ())}
        if "target_name" in self.observations.columns:  # of cut-outs, it is the name that was given
            stars |= set(self.observations["target_name"].unique().to_list())
        missing = [name for name in names if name not in stars]
        known = len(self.observations) and {"s_ra", "s_dec"} <= set(self.observations.columns)
        if not known or not missing or len(self.query.targets) == 1:
            return ""
        return (
            f"no star with observations at {len(missing):,} of {text.number(len(names), 'name')}: {text.first(missing)}"
        )

    def _tics_without_observations(self) -> set[int]:
        """Return the TIC ids without observations, if others have some."""
        asked = self._tics_of_query() if len(self.observations) else set()
        return asked - _stars(self.observations) if asked else asked

    def _tics_without_products(self) -> set[int]:
        """Return the TIC ids whose products were all dropped, if others have products left."""
        asked = self._tics_of_query()
        left = asked & _stars(self.products) if asked else asked
        return (asked & _stars(self.observations)) - left if left else left

    def _tics_of_query(self) -> set[int]:
        return {target.tic for target in self.query.targets if target.tic is not None}

    def _checked_session(self) -> Selects:
        return given(self.session, "found")

    def using(self, session: Selects) -> Found:
        """Return the same answer with another session.

        Parameters
        ----------
        session : Session
            Its methods are used from then on.
        """
        return self.replace(session=session)

    def narrowed(self) -> Found:
        """Return the answer with only the observations and links of the products that are left."""
        return self.replace(observations=self.observations.having(self.products), links=self._links_of_products())

    def _links_of_products(self) -> Links:
        """Return the links from or to a product, and those of a key that a product is linked to, such as the set it belongs to.

        A key is the name of something that is not a file, so it is not a URI. Its links are followed one step, of any kind.
        """
        uris = among(self.products["uri"])
        named = self.links.to_polars().filter(pl.col("subject").is_in(uris))["object"]
        keys = named.filter(~named.str.contains(f"^{SCHEME}"))
        near = pl.col("subject").is_in(uris) | pl.col("object").is_in(uris) | pl.col("subject").is_in(among(keys))
        return self.links.where(near)

    def replace(self, **changes: Any) -> Found:
        """Return a copy with some attributes replaced.

        Parameters
        ----------
        **changes
            Name of an attribute → its new value.
        """
        return replace(self, **changes)

    def __len__(self) -> int:
        return len(self.products)

    def __repr__(self) -> str:
        return f"{self.summary()}\n{self.products!r}" if len(self) else f"{self.summary()}\n{self.explain()}"

    def _repr_html_(self) -> html.Markup:
        shown = self.products._repr_html_() if len(self) else html.element("pre", self.explain())
        return html.view(html.element("p", self.summary()), shown)

    def summary(self) -> str:
        """Return one line about what was found."""
        what = [text.number(len(self.observations), "observation")]
        if self._is_listed:
            size = in_words(self.products.to_polars())
            what += [f"{text.number(len(self.products), 'product')} ({size})", text.number(len(self.links), "link")]
        answered = f" ({'; '.join(said)})" if (said := self._answered_in_words(brief=True)) else ""
        passed = f"; passed over {gaps_in_words(self.query)}" if self.query.gaps else ""
        return visible_line(f"Found {', '.join(what)} for {query_in_words(self.query)}{answered}{passed}")

    def to_table(self) -> AstropyTable:
        """Return the products as an astropy table, which astroquery's functions take."""
        return self.products.to_table()

    def to_polars(self) -> pl.DataFrame:
        """Return the products as a polars frame."""
        return self.products.to_polars()

    def to_pandas(self) -> pd.DataFrame:
        """Return the products as a pandas frame."""
        return self.products.to_pandas()


def _stars(rows: Observations | Products) -> set[int | None]:
    return set(rows["tic"].unique().to_list())

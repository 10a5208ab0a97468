"""The contract between the core and its plugins: one Protocol per role, one docstring per hook.

Nouns declare (no arguments, no I/O, called once when a plugin is registered, return tuples of frozen records);
verbs act (one stage each, on whole tables, never per row). A module satisfies a Protocol, so ``archive: Archive = my_module``
lets a type checker verify a plugin. An implementation may leave out arguments that it does not need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor, Citation, Column, Field, Filter, Kind, StandIn, Transport
    from tess_source.settings import Settings
    from tess_source.tables.items import Entry
    from tess_source.tables.listing import Links, Observations, Products
    from tess_source.tables.plan import Manifest, Plan
    from tess_source.tables.rows import Mask
    from tess_source.targets.target import Query, Target

__all__ = [
    "Archive",
    "Collector",
    "DeclaresAccessors",
    "DeclaresCitations",
    "DeclaresColumns",
    "DeclaresCommands",
    "DeclaresFilters",
    "DeclaresKinds",
    "DeclaresTransports",
    "Downloader",
    "Linker",
    "Reader",
    "Resolver",
    "StandsIn",
    "hookimpl",
    "hookspec",
]

hookspec = pluggy.HookspecMarker("tess_source")
hookimpl = pluggy.HookimplMarker("tess_source")


class Resolver(Protocol):
    """Knows where a named target is."""

    @hookspec(firstresult=True)
    def tess_resolve(self, target: str, settings: Settings) -> Target | None:
        """Turn a name into a target. TIC numbers and coordinates never come here: they need no look-up.

        Answers: the first that is not None is taken; None means "not known here".
        """


class Archive(Protocol):
    """Knows which observations there are, and of which files they consist."""

    @hookspec
    def tess_query(self, query: Query, settings: Settings) -> Observations | None:
        """Find the observations that a query asks for.

        Answers: stacked, then sorted; None means "not my kind of query". A failure raises, it is never an empty answer.
        """

    @hookspec
    def tess_count(self, query: Query, settings: Settings) -> int | None:
        """Count the observations that `tess_query` would find, without fetching them.

        Answers: added up; None means "not my kind of query".
        """

    @hookspec
    def tess_list(self, observations: Observations, query: Query, settings: Settings) -> Products | None:
        """List the products of observations of this archive, and pass over rows of others.

        `query` holds all that was asked, filters included. What its filters would drop need not be listed.

        Answers: stacked, sorted, one row per URI; None means "none of these are mine".
        """

    @hookspec
    def tess_fields(self, what: str, settings: Settings) -> Sequence[Field] | None:
        """Describe the archive's own columns of a table, ``"observations"`` or ``"products"``.

        Answers: put one after the other; None means "I do not have such a table".
        """


class Linker(Protocol):
    """Knows how products belong together."""

    @hookspec
    def tess_link(self, products: Products, settings: Settings) -> Links | None:
        """Relate products by URI: ``dv-of``, ``mirror``, ``supersedes`` and others.

        Answers: stacked; None means "nothing to relate".
        """

    @hookspec
    def tess_relates(self, observations: Observations) -> Mask | None:
        """Tell whose products this plugin relates, or needs for its columns: these are listed whatever filters would drop.

        A plugin that links or adds columns, and does not tell, is taken to need all. Links stay within one star.

        Answers: joined by or; None means "none of these".
        """


class Downloader(Protocol):
    """Fetches the files of a plan."""

    @hookspec(firstresult=True)
    def tess_download(self, plan: Plan, transports: Mapping[str, Transport], settings: Settings) -> Manifest | None:
        """Fetch a whole plan; one failure never stops the rest.

        Answers: the first that is not None is taken, the core's own downloader answers last; None means "not mine".
        """


class Reader(Protocol):
    """Opens files."""

    @hookspec(firstresult=True)
    def tess_load(self, entry: Entry, options: Mapping[str, Any]) -> object | None:
        """Open one file; raise DamagedFileError for a file that is mine but not whole.

        Answers: the first that is not None is taken; None means "I do not read such files".
        """


class Collector(Protocol):
    """Holds opened files together."""

    @hookspec
    def tess_collect(self, objects: Sequence[object]) -> Mapping[str, object] | None:
        """Put those of the loaded objects that are mine into collections, one per kind, in the order given.

        Answers: merged, the first that claims a kind has it; None means "none of these are mine".
        """


class DeclaresFilters(Protocol):
    """Offers ways of choosing products."""

    @hookspec
    def tess_filters(self) -> Sequence[Filter]:
        """Declare ways of choosing products.

        Answers: put together; two plugins that claim one name are refused.
        """


class DeclaresKinds(Protocol):
    """Has products of kinds of its own."""

    @hookspec
    def tess_kinds(self) -> Sequence[Kind]:
        """Declare kinds of products, so that they can be selected by ``kind=``.

        Answers: put together; two plugins that claim one name are refused.
        """


class StandsIn(Protocol):
    """Is an archive that repeats the rows of another."""

    @hookspec
    def tess_stand_ins(self) -> Sequence[StandIn]:
        """Declare for which archive this one stands in: it is asked only when it is named, or offline.

        Answers: put together; one for each plugin.
        """


class DeclaresColumns(Protocol):
    """Offers columns of products."""

    @hookspec
    def tess_columns(self) -> Sequence[Column]:
        """Declare columns that are computed after linking.

        Answers: put together; two plugins that claim one name are refused.
        """


class DeclaresTransports(Protocol):
    """Knows how files are fetched."""

    @hookspec
    def tess_transports(self) -> Sequence[Transport]:
        """Declare how the URIs of a scheme are fetched.

        Answers: put together; two plugins that claim one scheme are refused.
        """


class DeclaresAccessors(Protocol):
    """Offers methods of what a search found, of what was fetched, or of a session."""

    @hookspec
    def tess_accessors(self) -> Sequence[Accessor]:
        """Declare methods of every answer of a search, ``found.name(…)``, every manifest, or every session.

        Answers: put together; two plugins that claim one name are refused.
        """


class DeclaresCitations(Protocol):
    """Knows how data sets are cited."""

    @hookspec
    def tess_citations(self) -> Sequence[Citation]:
        """Declare how papers cite data sets, for ``tess-source lock cite``.

        Answers: put together; two plugins that claim one data set are refused.
        """


class DeclaresCommands(Protocol):
    """Offers commands."""

    @hookspec
    def tess_commands(self) -> Sequence[click.Command]:
        """Declare commands of the program.

        Answers: put together; two plugins that claim one name are refused.
        """


ROLES = (
    Resolver, Archive, Linker, Downloader, Reader, Collector,
    DeclaresFilters, DeclaresKinds, DeclaresColumns, DeclaresTransports, DeclaresAccessors, DeclaresCitations, DeclaresCommands,
    StandsIn,
)  # fmt: skip
"""Every role; the core registers their hooks in this order."""

NOUNS = (
    "tess_filters", "tess_kinds", "tess_columns", "tess_transports", "tess_accessors", "tess_citations", "tess_commands",
    "tess_stand_ins",
)  # fmt: skip
"""Hooks that declare."""

"""The contract between the core and its plugins: one Protocol per role, one docstring per hook.

Nouns declare (no arguments, no I/O, called once when a plugin is registered, return tuples of frozen records);
verbs act (one stage each, on whole tables, never per row). A module satisfies a Protocol, so ``archive: Archive = my_module``
lets a type checker verify a plugin. An implementation may leave out arguments that it does not need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from tess_source.hooks.stability import HOOKS

if TYPE_CHECKING:
    import click

    # isort: off
    from tess_source.hooks.records import Accessor, Citation, Column, Copy, Field, Filter
    from tess_source.hooks.records import Kind, Lookup, Service, Source, StandIn, Transport

    # isort: on
    from tess_source.settings import Settings
    from tess_source.tables.items import Entry
    from tess_source.tables.listing import Links, Observations, Products
    from tess_source.tables.plan import Manifest, Plan
    from tess_source.tables.rows import Mask
    from tess_source.targets.target import Query, Target

__all__ = [
    "Archive", "Collector", "Counts", "DeclaresAccessors", "DeclaresCitations", "DeclaresColumns", "DeclaresCommands",
    "DeclaresCopies", "DeclaresFilters", "DeclaresKinds", "DeclaresLookups", "DeclaresServices", "DeclaresSources",
    "DeclaresTransports", "DescribesColumns", "Downloader", "Explains", "GivesDefaults", "GivesPages", "GivesProvenance", "Linker",
    "Reader", "Recalls", "Relates", "Resolver", "StandsIn", "hookimpl", "hookspec",
]  # fmt: skip

hookspec: pluggy.HookspecMarker = pluggy.HookspecMarker("tess_source")
"""Marks the declaration of a hook, in this file."""
hookimpl: pluggy.HookimplMarker = pluggy.HookimplMarker("tess_source")
"""Marks an implementation of a hook, in a plugin: ``@tess_source.hookimpl``. What is not marked is never called."""


class Resolver(Protocol):
    """A plugin that looks up the names of targets."""

    @hookspec(firstresult=True)
    def tess_resolve(self, target: str, settings: Settings) -> Target | None:
        """Return the target that a name means. It is not called for TIC ids and coordinates, which need no look-up.

        Answers: the first that is not None is taken; None means "not known here".
        """
        ...


class Recalls(Protocol):
    """A plugin that knows names of targets without a connection."""

    @hookspec(firstresult=True)
    def tess_recall(self, target: str, settings: Settings) -> Target | None:
        """Return the target that a name means, from what is on this machine. It opens no connection.

        It is called in place of `tess_resolve` while no connection may be opened, for names whose meaning is not kept.

        Answers: the first that is not None is taken; None means "not known here".
        """
        ...


class Archive(Protocol):
    """A plugin that finds observations and lists their files."""

    @hookspec
    def tess_query(self, query: Query, settings: Settings) -> Observations | None:
        """Return the observations that a query asks for.

        Answers: stacked, then sorted; None means "not my kind of query". A failure raises, it is never an empty answer.
        """
        ...

    @hookspec
    def tess_list(self, observations: Observations, query: Query, settings: Settings) -> Products | None:
        """Return the products of the observations of this archive. Skip the observations of other archives.

        `query` is the whole question, with its filters. Products that these filters would drop need not be listed.

        Answers: stacked, sorted, one row per URI; None means "none of these are mine".
        """
        ...


class Counts(Protocol):
    """An archive that counts observations without fetching them."""

    @hookspec
    def tess_count(self, query: Query, settings: Settings) -> int | None:
        """Return the number of observations that `tess_query` would find, without fetching them.

        Answers: added up; None means "not my kind of query".
        """
        ...


class DescribesColumns(Protocol):
    """An archive that describes the columns of its own tables."""

    @hookspec
    def tess_fields(self, what: str, settings: Settings) -> Sequence[Field] | None:
        """Return a description of the archive's own columns of a table, ``"observations"`` or ``"products"``.

        Answers: put one after the other; None means "I do not have such a table".
        """
        ...


class GivesDefaults(Protocol):
    """An archive that adds criteria to a query."""

    @hookspec
    def tess_defaults(self, query: Query, settings: Settings) -> Mapping[str, Any] | None:
        """Return the criteria that this archive adds to a query, column → value. The answer to a search names them.

        It opens no connection. Leave out a default if the query excludes it or makes it meaningless. What is returned is `Query.defaults`
        of the query that the other hooks get; there it may also come from a lock.

        Answers: merged, the first that adds a column has it; None means "I add none".
        """
        ...


class GivesPages(Protocol):
    """An archive that gives large answers in pages."""

    @hookspec
    def tess_pages(self, query: Query, settings: Settings, take: Callable[[Observations], object]) -> bool | None:
        """Find the observations that a query asks for, as `tess_query` does, and call `take` with each part as it arrives.

        It is for answers that are larger than memory. Any observation is in one part. Return True once all were given.

        Answers: all parts of all archives together; None means "ask `tess_query`", and nothing was given then.
        """
        ...


class GivesProvenance(Protocol):
    """An archive whose answers are of another time than that of the question."""

    @hookspec
    def tess_provenance(self, query: Query, observations: Observations, settings: Settings) -> Mapping[str, Any] | None:
        """Return of what, and of what time, the answer of this archive to a query is made. It becomes part of the record and the lock.

        `observations` are those of the answer, of all archives.

        Plain values that JSON can write. `said` is one line for people, e.g. ``"it has sectors 1-26; lists of
        2026-11-20"``, and `brief` a few words in place of it for the summary, e.g. ``"lists of 2026-11-20"``. `lists` is a line
        per list, with the list's name and sectors as its first two words: a lock cannot be compared with an archive that lacks a list of
        it. It opens no connection.

        Answers: kept by archive; None means "of what is asked just now".
        """
        ...


class Explains(Protocol):
    """A plugin that knows why an archive has nothing of a target."""

    @hookspec
    def tess_reasons(self, query: Query, observations: Observations, settings: Settings) -> Mapping[str, str] | None:
        """Return reasons for targets of a query that have nothing: ``str(target)`` → one line.

        It is called only if a target has no observations, or if filters left no product at all. The criteria of the query include what its
        filters ask for, such as ``sequence_number``. A failure to find a reason is no reason to fail: leave the target out.

        Answers: merged, what several say of one target stands in one line; None means "I do not know".
        """
        ...


class Linker(Protocol):
    """A plugin that relates products."""

    @hookspec
    def tess_link(self, products: Products, settings: Settings) -> Links | None:
        """Return links between products of one star by URI: ``dv-of``, ``mirror``, ``supersedes`` and others.

        Answers: stacked; None means "nothing to relate".
        """
        ...


class Relates(Protocol):
    """A plugin that needs observations which the filters alone would pass over."""

    @hookspec
    def tess_relates(self, observations: Observations) -> Mask | None:
        """Return the mask of observations whose products this plugin links, or needs for its columns: these are always listed.

        A plugin that links or adds columns without this hook needs all observations.

        Answers: joined by or; None means "none of these".
        """
        ...


class Downloader(Protocol):
    """A plugin that downloads the files of a plan."""

    @hookspec(firstresult=True)
    def tess_download(self, plan: Plan, transports: Mapping[str, Transport], settings: Settings) -> Manifest | None:
        """Fetch a whole plan and return its manifest. One failure must not stop the rest.

        Answers: the first that is not None is taken, the core's own downloader answers last; None means "not mine".
        """
        ...


class Reader(Protocol):
    """A plugin that opens files."""

    @hookspec(firstresult=True)
    def tess_load(self, entry: Entry, options: Mapping[str, Any]) -> object | None:
        """Return one opened file. Raise DamagedFileError for a file of yours that is not whole.

        For files of which few fit into memory, return a `tess_source.tables.loaded.Deferred`, which opens the file when it is used.

        Answers: the first that is not None is taken; None means "I do not read such files".
        """
        ...


class Collector(Protocol):
    """A plugin that groups opened files."""

    @hookspec
    def tess_collect(self, objects: Sequence[object]) -> Mapping[str, object] | None:
        """Return the loaded objects that are yours in collections, one per kind, in the order given.

        Answers: merged, the first that claims a kind has it; None means "none of these are mine".
        """
        ...


class DeclaresFilters(Protocol):
    """A plugin with filters."""

    @hookspec
    def tess_filters(self) -> Sequence[Filter]:
        """Return filters of products.

        Answers: put together; two plugins that claim one name are refused.
        """
        ...


class DeclaresKinds(Protocol):
    """A plugin with products of further kinds."""

    @hookspec
    def tess_kinds(self) -> Sequence[Kind]:
        """Return kinds of products that can then be selected by ``kind=``.

        Answers: put together; two plugins that claim one name are refused.
        """
        ...


class StandsIn(Protocol):
    """An archive that repeats the rows of another."""

    @hookspec
    def tess_stand_ins(self) -> Sequence[StandIn]:
        """Return the archive whose rows this archive repeats. It is then asked only when it is named, or offline.

        Answers: put together; one for each plugin.
        """
        ...


class DeclaresLookups(Protocol):
    """A plugin that looks up columns of products elsewhere."""

    @hookspec
    def tess_lookups(self) -> Sequence[Lookup]:
        """Return columns of products that are looked up when they are asked for.

        Answers: put together; two plugins that claim one name are refused.
        """
        ...


class DeclaresSources(Protocol):
    """A plugin that knows lists from which a catalogue can be made."""

    @hookspec
    def tess_sources(self) -> Sequence[Source]:
        """Return sources of the catalogue.

        Answers: put together; two plugins that claim one name are refused.
        """
        ...


class DeclaresColumns(Protocol):
    """A plugin with columns of products."""

    @hookspec
    def tess_columns(self) -> Sequence[Column]:
        """Return columns of products that are computed after linking.

        Answers: put together; two plugins that claim one name are refused.
        """
        ...


class DeclaresTransports(Protocol):
    """A plugin with transports of files."""

    @hookspec
    def tess_transports(self) -> Sequence[Transport]:
        """Return the transports by which the URIs of a scheme are fetched.

        Answers: put together; two plugins that claim one scheme are refused.
        """
        ...


class DeclaresCopies(Protocol):
    """A plugin that knows a copy of an archive's files."""

    @hookspec
    def tess_copies(self) -> Sequence[Copy]:
        """Return copies of the files of a scheme, which are further addresses of the same URIs.

        Answers: put together; two plugins that claim one name are refused.
        """
        ...


class DeclaresServices(Protocol):
    """A plugin that asks services on other machines."""

    @hookspec
    def tess_services(self) -> Sequence[Service]:
        """Return the addresses that this plugin asks, for ``tess-source doctor``, which tells whether they answer.

        Answers: put together; two plugins that claim one name are refused.
        """
        ...


class DeclaresAccessors(Protocol):
    """A plugin with methods of `Found`, `Manifest` or `Session`."""

    @hookspec
    def tess_accessors(self) -> Sequence[Accessor]:
        """Return methods to add to every `Found`, as ``found.name(…)``, every `Manifest`, or every `Session`.

        Answers: put together; two plugins that claim one name are refused.
        """
        ...


class DeclaresCitations(Protocol):
    """A plugin with citations of data sets."""

    @hookspec
    def tess_citations(self) -> Sequence[Citation]:
        """Return citations of data sets, for ``tess-source lock cite``.

        Answers: put together; two plugins that claim one data set are refused.
        """
        ...


class DeclaresCommands(Protocol):
    """A plugin with commands."""

    @hookspec
    def tess_commands(self) -> Sequence[click.Command]:
        """Return commands to add to the program.

        Answers: put together; two plugins that claim one name are refused.
        """
        ...


ROLES = (
    Resolver, Archive, Linker, Downloader, Reader, Collector, DeclaresFilters, DeclaresKinds, DeclaresColumns, DeclaresTransports,
    DeclaresAccessors, DeclaresCitations, DeclaresCommands, StandsIn, GivesPages, GivesProvenance, DeclaresLookups, DeclaresSources,
    Explains, Recalls, DeclaresCopies, DeclaresServices, Counts, DescribesColumns, GivesDefaults, Relates,
)  # fmt: skip
"""All roles, in the order in which the core registers their hooks."""

for _role in ROLES:
    for _hook in filter(HOOKS.get, vars(_role)):
        if _doc := vars(_role)[_hook].__doc__:  # python -OO has none
            vars(_role)[_hook].__doc__ = f"{cleandoc(_doc)}\n\nStability: {HOOKS[_hook]}."

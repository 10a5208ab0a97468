"""How stable each public name is: the one place that says it. The docs and the docstrings of hooks take it from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

__all__ = ["FIELDS", "HOOKS", "LEVELS", "MODULES", "level_of", "names"]

STABLE, PROVISIONAL, INTERNAL = "stable", "provisional", "internal"

LEVELS: Mapping[str, str] = MappingProxyType(
    {
        STABLE: (
            "Names, arguments and meanings stay. What has to go works for at least two more minor releases, with a DeprecationWarning "
            "that says what to use in its place. New arguments have defaults, and come last or by keyword."
        ),
        PROVISIONAL: (
            "It may change in the next minor release, where practice shows something better. What was right before works for one more "
            "minor release, with a DeprecationWarning."
        ),
        INTERNAL: "It may change in any release, without a warning: all that neither this page nor the API reference names.",
    }
)
"""Level → what it promises."""

HOOKS: Mapping[str, str] = MappingProxyType(
    {
        "tess_resolve": STABLE, "tess_recall": PROVISIONAL, "tess_defaults": STABLE, "tess_query": STABLE, "tess_count": STABLE,
        "tess_list": STABLE, "tess_fields": STABLE, "tess_pages": PROVISIONAL, "tess_provenance": PROVISIONAL,
        "tess_reasons": PROVISIONAL, "tess_link": STABLE, "tess_relates": STABLE, "tess_download": STABLE, "tess_load": STABLE,
        "tess_collect": STABLE, "tess_filters": STABLE, "tess_kinds": STABLE, "tess_stand_ins": PROVISIONAL,
        "tess_lookups": PROVISIONAL, "tess_sources": PROVISIONAL, "tess_columns": STABLE, "tess_transports": STABLE,
        "tess_copies": PROVISIONAL, "tess_services": PROVISIONAL,
        "tess_accessors": STABLE, "tess_citations": STABLE, "tess_commands": STABLE,
    }
)  # fmt: skip
"""Hook → level."""

MODULES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "tess_source": {
            STABLE: (
                "Accessor Citation Column Entry Filter Found Interrupted Kind Links Loaded Manifest Observations Plan Products Query "
                "Request SearchTable Session Settings Target TessSourceError Transport __version__ count default_session download fields "
                "hookimpl load_plan observations open products register search search_dv search_lightcurve search_targetpixelfile "
                "search_tesscut set_default_session unregister"
            ),
            PROVISIONAL: "Copy Lookup Service Source StandIn iter_search use_in_lightkurve",
        },
        "tess_source.cli": {
            STABLE: "Asking INTERRUPTED NOTHING SOME_FAILED USAGE",
            PROVISIONAL: "download format_option note print_rows say",
        },
        "tess_source.display.html": {PROVISIONAL: "Markup attributes element link table text view"},
        "tess_source.display.visible": {PROVISIONAL: "logger"},
        "tess_source.errors": {
            STABLE: (
                "DamagedFileError DownloadError LoadError LockError NetworkError NoColumnError NoReaderError OfflineError "
                "PluginConflictError PluginError QueryError ResolverError ServiceError TableError UnknownNameError UnsafePathError"
            ),
            PROVISIONAL: "ForkedError LargeAnswerError MissingExtraError NoObjectError NoSessionError ObjectConflictError ObjectStoreError",
        },
        "tess_source.hooks.discovery": {STABLE: "from_file"},
        "tess_source.hooks.records": {STABLE: "Field"},
        "tess_source.hooks.specs": {
            STABLE: (
                "Archive Collector Counts DeclaresAccessors DeclaresCitations DeclaresColumns DeclaresCommands DeclaresFilters "
                "DeclaresKinds DeclaresTransports DescribesColumns Downloader GivesDefaults Linker Reader Relates Resolver"
            ),
            PROVISIONAL: (
                "DeclaresCopies DeclaresLookups DeclaresServices DeclaresSources Explains GivesPages GivesProvenance Recalls StandsIn"
            ),
        },
        "tess_source.lock": {STABLE: "cite refresh verify_folder verify_lock"},
        "tess_source.names": {
            STABLE: "KINDS Name format format_obs_id parse parse_obs_id",
            PROVISIONAL: "columns obs_id_columns uri",
        },
        "tess_source.paths": {STABLE: "inside user_path"},
        "tess_source.settings": {STABLE: "Patience"},
        "tess_source.tables.loaded": {PROVISIONAL: "Deferred"},
        "tess_source.targets": {STABLE: "read_targets"},
        "tess_source.wording": {PROVISIONAL: "keyword"},
        "tess_source_testing": {
            STABLE: "Fault Recorded SampleArchive check_plugin no_connections sample_archive",
            PROVISIONAL: "Transit astroquery_at faults_of_text mast_itself register_matchers sample_observations sample_products "
            "vcr_config",
        },
    }
)
"""Module from which others import → level → names."""

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        f"{record}.{name}": PROVISIONAL
        for record, listed in {
            "Filter": "advice also holds kinds most needs shapes targets warn",
            "Request": "as_is at_once etag_is_md5 member per_second unpack wait",
            "Query": "defaults gaps large named",
        }.items()
        for name in listed.split()
    }
)
"""Field of a record → its level, where this is another than the record's."""


def names() -> Iterator[tuple[str, str, str]]:
    """Yield all names that others import: the module, the name, and its level."""
    for module, levels in MODULES.items():
        yield from sorted((module, name, level) for level, listed in levels.items() for name in listed.split())


def level_of(name: str) -> str:
    """Return the level of a hook, of a name such as ``tess_source.search``, or of a field of a record, such as ``Filter.holds``.

    What is not listed is internal.
    """
    listed = {f"{module}.{known}": level for module, known, level in names()}
    record = name.partition(".")[0]
    of_field = (
        FIELDS.get(name) or listed.get(f"tess_source.{record}") or listed.get(f"tess_source.hooks.records.{record}")
    )
    return HOOKS.get(name) or listed.get(name) or (of_field if "." in name and name[0].isupper() else None) or INTERNAL

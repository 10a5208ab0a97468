"""The type checker verifies every plugin against the contract: ``make lint`` runs mypy --strict over this file."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from places import PLUGINS as PLUGIN_FOLDERS

if TYPE_CHECKING:
    import tess_source_arrays
    import tess_source_catalogue
    import tess_source_cloud
    import tess_source_dataset
    import tess_source_dv
    import tess_source_ffi
    import tess_source_filters
    import tess_source_lightkurve
    import tess_source_mast
    import tess_source_pictures
    import tess_source_sample
    import tess_source_sectors
    import tess_source_stars
    import tess_source_tesscut
    from tess_source.hooks.specs import (  # fmt: skip
        Archive,
        Collector,
        Counts,
        DescribesColumns,
        Explains,
        GivesDefaults,
        GivesPages,
        GivesProvenance,
        Linker,
        Reader,
        Recalls,
        Relates,
        Resolver,
        StandsIn,
    )
    from tess_source.hooks.specs import DeclaresAccessors as Accessors
    from tess_source.hooks.specs import DeclaresCitations as Citations
    from tess_source.hooks.specs import DeclaresColumns as Columns
    from tess_source.hooks.specs import DeclaresCommands as Commands
    from tess_source.hooks.specs import DeclaresCopies as Copies
    from tess_source.hooks.specs import DeclaresFilters as Filters
    from tess_source.hooks.specs import DeclaresLookups as Lookups
    from tess_source.hooks.specs import DeclaresServices as Services
    from tess_source.hooks.specs import DeclaresSources as Sources
    from tess_source.hooks.specs import DeclaresTransports as Transports
    from tess_source.session import Session
    from tess_source.tables.found import Selects
    from tess_source.tables.plan import Fetches

    class WholeArchive(Archive, Counts, DescribesColumns, GivesDefaults, Protocol):
        """An archive with all hooks that an archive may have."""

    selects: Selects = Session()
    fetches: Fetches = Session()
    resolver: Resolver = tess_source_mast
    archive: WholeArchive = tess_source_mast
    transports: Transports = tess_source_mast
    citations: Citations = tess_source_mast
    services: Services = tess_source_mast
    linker: Linker = tess_source_dv
    relates: Relates = tess_source_dv
    filters: Filters = tess_source_filters
    reader: Reader = tess_source_lightkurve
    collector: Collector = tess_source_lightkurve
    image_reader: Reader = tess_source_ffi
    image_collector: Collector = tess_source_ffi
    dv_reader: Reader = tess_source_dv
    dv_collector: Collector = tess_source_dv
    dv_columns: Columns = tess_source_dv
    dv_filters: Filters = tess_source_dv
    dv_accessors: Accessors = tess_source_dv
    dv_commands: Commands = tess_source_dv
    commands: Commands = tess_source_sample
    filter_reasons: Explains = tess_source_filters
    filter_accessors: Accessors = tess_source_filters
    lightkurve_accessors: Accessors = tess_source_lightkurve
    array_accessors: Accessors = tess_source_arrays
    data_set_accessors: Accessors = tess_source_dataset
    data_set_commands: Commands = tess_source_dataset
    picture_accessors: Accessors = tess_source_pictures
    picture_commands: Commands = tess_source_pictures
    pages: GivesPages = tess_source_mast
    catalogue: WholeArchive = tess_source_catalogue
    catalogue_provenance: GivesProvenance = tess_source_catalogue
    catalogue_pages: GivesPages = tess_source_catalogue
    catalogue_stands_in: StandsIn = tess_source_catalogue
    catalogue_sources: Sources = tess_source_catalogue
    catalogue_services: Services = tess_source_catalogue
    catalogue_accessors: Accessors = tess_source_catalogue
    catalogue_commands: Commands = tess_source_catalogue
    cloud_copies: Copies = tess_source_cloud
    cloud_services: Services = tess_source_cloud
    ffi_stands_in: StandsIn = tess_source_ffi
    ffi_archive: WholeArchive = tess_source_ffi
    ffi_services: Services = tess_source_ffi
    ffi_filters: Filters = tess_source_ffi
    ffi_reader: Reader = tess_source_ffi
    ffi_collector: Collector = tess_source_ffi
    tesscut_stands_in: StandsIn = tess_source_tesscut
    tesscut: WholeArchive = tess_source_tesscut
    tesscut_services: Services = tess_source_tesscut
    tesscut_filters: Filters = tess_source_tesscut
    tesscut_transports: Transports = tess_source_tesscut
    tesscut_citations: Citations = tess_source_tesscut
    sector_reasons: Explains = tess_source_sectors
    sector_lookups: Lookups = tess_source_sectors
    sector_accessors: Accessors = tess_source_sectors
    sector_commands: Commands = tess_source_sectors
    star_resolver: Resolver = tess_source_stars
    star_reasons: Explains = tess_source_stars
    star_memory: Recalls = tess_source_stars
    star_lookups: Lookups = tess_source_stars
    star_services: Services = tess_source_stars
    star_filters: Filters = tess_source_stars
    star_accessors: Accessors = tess_source_stars
    star_commands: Commands = tess_source_stars

WRAPPERS = {"tess_resolve_unknown"}
"""Hook implementations that wrap those of others; they are of another type."""

PLUGINS = sorted(path.name for path in PLUGIN_FOLDERS.glob("tess_source_*"))


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_hook_of_every_plugin_is_verified_above(plugin: str) -> None:
    hooks = {
        name
        for name in vars(importlib.import_module(plugin))
        if name.startswith("tess_") and not name.startswith("tess_source_") and name not in WRAPPERS
    }
    spec = importlib.import_module("tess_source.hooks.specs")
    roles = {role.__name__: {name for name in vars(role) if name.startswith("tess_")} for role in spec.ROLES}
    source = Path(__file__).read_text()
    roles |= {role.removeprefix("Declares"): listed for role, listed in roles.items()}
    roles["WholeArchive"] = set().union(
        *(roles[one] for one in ("Archive", "Counts", "DescribesColumns", "GivesDefaults"))
    )
    claimed = re.findall(rf": (\w+) = {plugin}$", source, re.MULTILINE)
    assert hooks == set().union(*(roles[role] for role in claimed))

"""A catalogue that is made of lists of the sample archive, without a server, and of lists made by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from tess_source.tables.listing import Observations
from tess_source_catalogue.choosing import links_of, wanted_lists
from tess_source_catalogue.folder import CatalogueFolder, ListFacts, ListFile
from tess_source_catalogue.parse.portal import read_observations
from tess_source_catalogue.sources import SOURCES, TCE_PAGE
from tess_source_sample.contents import Contents
from tess_source_sample.lists import published

SOURCE = {source.name: source for source in SOURCES}


def keep(folder: CatalogueFolder, source: str, first: int, last: int, rows: pl.DataFrame) -> ListFile:
    """Store the rows of a list, whose state is that of its rows."""
    state = hashlib.sha256(rows.hash_rows().to_numpy().tobytes()).hexdigest()
    return folder.keep(source, first, last, rows, ListFacts(sha256=state))


def keep_text(folder: CatalogueFolder, source: str, first: int, last: int, text: str, address: str) -> ListFile:
    """Parse and store a list as an update does."""
    path = folder.root / "list"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return keep(folder, source, first, last, SOURCE[source].parse(path, address))


def keep_sample(
    folder: CatalogueFolder, contents: Contents, sectors: Iterable[int], wanted: Sequence[str] = ()
) -> list[str]:
    """Store all lists that the sample archive publishes about sectors, and return the names of their sources."""
    page = published(contents, urlsplit(TCE_PAGE).path)
    links: Sequence[str] = () if page is None else links_of(page.text.encode(), TCE_PAGE)
    found = []
    for source in SOURCES:
        if source.optional or (wanted and source.name not in wanted):
            continue
        for one in wanted_lists(source, sectors, links, lambda locate, *arguments: locate(*arguments)):
            documents = ((address, published(contents, urlsplit(address).path)) for address in one.addresses)
            address, document = next((pair for pair in documents if pair[1]), ("", None))
            if document is not None:
                keep_text(folder, *one.key, document.text, address)
                found.append(source.name)
    return found


def keep_portal(folder: CatalogueFolder, contents: Contents, sector: int, path: Path) -> ListFile:
    """Store the rows of observations by SPOC that the sample archive's portal has of a sector."""
    rows = [
        row for row in contents.observations if row["sequence_number"] == sector and row["provenance_name"] == "SPOC"
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col("obsid", "objID").cast(pl.String))
    Observations.of(frame).to_polars().write_parquet(path)
    return keep(folder, "portal", sector, sector, read_observations(path, "portal:mast"))

"""A table of files like lightkurve's ``SearchResult``, which downloads and opens them."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload
from urllib.parse import quote

from tess_source import names
from tess_source._lazy import np, pl, whole
from tess_source.display import html, text
from tess_source.display.visible import visible_line
from tess_source.errors import DownloadError, UnknownNameError
from tess_source.like_lightkurve.layout import table_of
from tess_source.load.loading import open_entry
from tess_source.object_store.path import ObjectPath
from tess_source.search.select import checked_value
from tess_source.session import session_of
from tess_source.synonyms import same_as

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    from astropy.table import Column, Table
    from astropy.units import Quantity

    from tess_source.tables.found import Found
    from tess_source.tables.loaded import Group, Loaded
    from tess_source.tables.plan import Manifest

__all__ = ["SHOWN", "SearchTable"]

SHOWN = ("#", "mission", "year", "author", "exptime", "target_name", "distance")
"""The columns that lightkurve shows, in its order."""
CUTOUT = "cutout"
"""Kind of cut-outs of full-frame images."""
SPOC_PAGE = "https://heasarc.gsfc.nasa.gov/docs/tess/data-handling.html"
HLSP_PAGE = "https://archive.stsci.edu/hlsp/"


P = ParamSpec("P")
R = TypeVar("R")


def _words_of(common: Callable[P, object]) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Return a decorator that gives a function the parameters of another, for help(), editors and type checkers."""

    def give(function: Callable[..., R]) -> Callable[P, R]:
        seen = inspect.signature(common).replace(return_annotation=function.__annotations__["return"])
        function.__signature__ = seen  # type: ignore[attr-defined]
        return function

    return give


def _linked(column: str, said: str) -> html.Markup:
    """Return a value of a displayed column: the author is a link to the page about its products."""
    if column != "author":
        return html.text(said)
    return html.link(SPOC_PAGE if said == "SPOC" else HLSP_PAGE + quote(said.lower(), safe=""), said)


class SearchTable:
    """Files that a search found, one per row, with the interface of lightkurve's ``SearchResult``.

    Parameters
    ----------
    found : Found
        The answer to a search.
    table : astropy.table.Table, optional
        Rows of its `tess_source.like_lightkurve.layout.table_of`; all if not given.
    """

    display_extra_columns: Sequence[str] = ()
    """Columns of `table` to show besides the seven."""

    def __init__(self, found: Found, table: Table | None = None) -> None:
        self._found = found
        self.table: Table = table_of(found) if table is None else table

    # -- choosing --

    @property
    def found(self) -> Found:
        """The answer to the search, with the products of this table's rows in their order."""
        rows = {uri: number for number, uri in enumerate(self._found.products["uri"])}
        chosen = [rows[str(uri)] for uri in self.table["dataURI"]] if len(self) else []
        return self._found.replace(products=self._found.products[chosen])

    def one_per_sector(self, prefer: Any = True) -> SearchTable:
        """Keep one file per star and sector.

        Parameters
        ----------
        prefer : list of str or float, optional
            Pipelines and exposure times [s], best first, e.g. ``["SPOC", "QLP"]``; after these SPOC, TESS-SPOC, QLP, and 120 s before 20 s.

        Returns
        -------
        SearchTable
            With fewer rows.
        """
        return self._displayed_alike(SearchTable(self.found.select(one_per_sector=prefer)))

    def _displayed_alike(self, chosen: SearchTable) -> SearchTable:
        """Return a selection with the displayed columns of this table."""
        chosen.display_extra_columns = self.display_extra_columns
        return chosen

    @overload
    def __getitem__(self, key: str) -> Column: ...
    @overload
    def __getitem__(
        self, key: int | slice | Sequence[int] | npt.NDArray[Any] | tuple[npt.NDArray[Any]]
    ) -> SearchTable: ...
    def __getitem__(self, key: Any) -> Any:
        """Return rows by number, slice, mask or list of numbers as a SearchTable, or a column by name."""
        if isinstance(key, str):
            if key not in self.table.colnames:
                raise UnknownNameError("column", key, self.table.colnames)
            return self.table[key]
        if isinstance(key, tuple) and len(key) == 1:  # as numpy.where returns
            key = key[0]
        return self._displayed_alike(SearchTable(self._found, self.table[_row_numbers(key, len(self))]))

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[SearchTable]:
        return (self[number] for number in range(len(self)))

    # -- display --

    def __repr__(self) -> str:
        below = "\n".join(self._displayed().pformat(max_width=300)) if len(self) else self._why_empty()
        return f"{self._header()}\n\n{below}"

    def _repr_html_(self) -> html.Markup:
        if not len(self):
            return html.view(self._header(), "\n", html.element("pre", self._why_empty()))
        shown = self._displayed()
        units = [column.unit or "" for column in shown.itercols()]
        head = [html.element("tr", *(html.element("th", word) for word in words)) for words in (shown.colnames, units)]
        cells = (map(str.strip, column.pformat(show_name=False, show_unit=False)) for column in shown.itercols())
        rows = [
            html.element("tr", *(html.element("td", _linked(*one)) for one in zip(shown.colnames, row, strict=True)))
            for row in zip(*cells, strict=True)
        ]
        table = html.element("table", html.element("thead", *head), html.element("tbody", *rows))
        return html.view(self._header(), "\n\n", table)

    def _header(self) -> str:
        return f"SearchResult containing {len(self)} data products."

    def _displayed(self) -> Table:
        """Return the columns that are displayed, with the rows numbered, and texts as they may be shown."""
        columns = [name for name in (*SHOWN, *self.display_extra_columns) if name in self.table.colnames]
        shown = self.table[columns]
        shown["#"] = range(len(shown))
        for name in columns:
            if shown[name].dtype.kind in "UO":
                shown[name] = [visible_line(value) for value in shown[name]]
        return shown

    def _why_empty(self) -> str:
        """Return why there is no row: the search found nothing, or nothing of it was selected."""
        left = len(self._found)
        return (
            f"none was selected of the {text.number(left, 'product')} that were found"
            if left
            else self._found.explain()
        )

    @property
    def author(self) -> npt.NDArray[Any]:
        """Pipeline that made each file."""
        return self._values("author")

    @property
    def mission(self) -> npt.NDArray[Any]:
        """Sector of each file in words, e.g. ``"TESS Sector 14"``."""
        return self._values("mission")

    @property
    def target_name(self) -> npt.NDArray[Any]:
        """The archive's name of each file's target; for a star its TIC id."""
        return self._values("target_name")

    @property
    def year(self) -> npt.NDArray[Any]:
        """Year in which each observation began."""
        return self._values("year")

    @property
    def exptime(self) -> Quantity:
        """Exposure time of each file [s], from the archive."""
        return self._values("exptime") * _unit("s")

    @property
    def distance(self) -> Quantity:
        """Angle between your coordinates and the target [arcsec]; 0 for a TIC id."""
        return self._values("distance") * _unit("arcsec")

    @property
    def ra(self) -> npt.NDArray[Any]:
        """Right ascension of each target [deg, ICRS]."""
        return self._values("s_ra")

    @property
    def dec(self) -> npt.NDArray[Any]:
        """Declination of each target [deg, ICRS]."""
        return self._values("s_dec")

    @property
    def obsid(self) -> npt.NDArray[Any]:
        """MAST's numbers of the observations, each once, sorted."""
        return np.unique(np.asarray(self._values("obsid"), dtype="int64"))

    @property
    def unique_targets(self) -> Table:
        """Targets with their right ascension and declination [deg, ICRS], each once."""
        names = list(map(str, self.target_name))
        return self.table[[names.index(name) for name in dict.fromkeys(names)]]["target_name", "s_ra", "s_dec"]

    def _values(self, column: str) -> npt.NDArray[Any]:
        values = np.ma.asarray(self.table[column].data)
        if not np.ma.is_masked(values):
            return np.asarray(values)
        return values.filled(np.nan) if values.dtype.kind == "f" else values

    # -- download --

    def _manifest_and_options(
        self,
        quality_bitmask: str | int = "default",
        download_dir: str | Path | ObjectPath | None = None,
        cutout_size: Any = None,
        **options: Any,
    ) -> tuple[Manifest, Mapping[str, Any]]:
        """Fetch files that are not here yet; return a manifest in the order of the table, with repeated files, and the reader's options."""
        for name in options:
            if same_as(name, ["download_dir"]):
                raise TypeError(f"download() takes no {name!r}; did you mean 'download_dir'?")
        found = self.found if cutout_size is None else _resized(self.found, cutout_size)
        root = session_of(found).store.root if download_dir is None else download_dir
        manifest = found.plan(root, layout="mast").download()
        entries = {entry.item.uri: entry for entry in manifest}
        ordered = replace(manifest, entries=tuple(entries[uri] for uri in found.products["uri"]))
        return ordered, _reader_options(quality_bitmask, options)

    @_words_of(_manifest_and_options)
    def download(self, *args: Any, **words: Any) -> Any | None:
        """Download and open the first file.

        Parameters
        ----------
        quality_bitmask : str or int
            Which cadences are left out: "none", "default", "hard", "hardest", or a bitmask.
        download_dir : str, Path or ObjectPath, optional
            The folder, or a place in an object store such as ``"s3://bucket/prefix"``; the session's cache folder if not given. The
            layout in it is that of astroquery and lightkurve.
        cutout_size : int or tuple or Quantity, optional
            Of cut-outs of full-frame images: the side, or rows and columns [pixel]. For other files it has no effect.
        **options
            Passed to the reader, e.g. ``flux_column="sap_flux"``.

        Returns
        -------
        lightkurve.LightCurve or lightkurve.TargetPixelFile or object
            The object that the first plugin that reads the file returns. None for an empty table, with a warning.

        Raises
        ------
        DownloadError
            If it cannot be fetched.
        LoadError
            If it cannot be opened.
        """
        if self._is_empty():
            return None
        if len(self) > 1:
            _warn(
                f"only the first of {len(self)} files is downloaded; download_all() gets them all, or choose one, e.g. by sector",
                depth=3,
            )
        manifest, options = self[0]._manifest_and_options(*args, **words)
        for uri, problem in manifest.errors.items():
            raise DownloadError(f"{uri} was not fetched: {problem}")
        opened = open_entry(session_of(self._found).registry, manifest[0], options)
        self[0]._name_targets(manifest, [opened])
        return opened

    @_words_of(_manifest_and_options)
    def download_all(self, *args: Any, **words: Any) -> Group | Loaded | None:
        """Download and open all files. Failures are logged as warnings and do not affect the other files.

        Parameters
        ----------
        quality_bitmask, download_dir, cutout_size, **options
            See `download`.

        Returns
        -------
        lightkurve.LightCurveCollection or lightkurve.TargetPixelFileCollection or Loaded
            In the order of the table; a `Loaded` if the files are of several kinds. None for an empty table, with a warning.

        Raises
        ------
        LoadError
            If no file could be fetched and opened; the message names each with its reason.
        """
        if self._is_empty():
            return None
        manifest, options = self._manifest_and_options(*args, **words)
        opened = manifest.load(**options)
        self._name_targets(manifest, opened)
        return opened

    def _name_targets(self, manifest: Manifest, opened: Iterable[Any]) -> None:
        """Give cut-outs the name of their target, as lightkurve does: in the files there is none."""
        targets = {
            entry.item.path.rpartition("/")[2]: str(name)
            for entry, name in zip(manifest, self.target_name, strict=True)
            if entry.item.kind == CUTOUT
        }
        for one in opened:
            if (name := str(getattr(one, "path", "")).replace(os.sep, "/").rpartition("/")[2]) in targets:
                one.targetid = targets[name]

    def _is_empty(self) -> bool:
        if not len(self):
            _warn("there is nothing to download: the search result is empty")
        return not len(self)


def _resized(found: Found, size: Any) -> Found:
    """Return an answer with cut-outs of another size."""
    frame = found.products.to_polars()
    if not (frame["kind"] == CUTOUT).any():
        _warn("cutout_size is for cut-outs of full-frame images; it changes nothing here", depth=5)
        return found
    rows, columns = checked_value(session_of(found).registry, "cutout_size", size)

    def resized(uri: str, kind: str) -> str:
        if kind != CUTOUT:
            return uri
        scheme, _, name = uri.partition(":")
        return f"{scheme}:{names.format(replace(names.parse(name), cutout_size=f'{columns}x{rows}'))}"

    uris = list(map(resized, frame["uri"], frame["kind"]))
    filenames = [
        uri.partition(":")[2] if kind == CUTOUT else name
        for uri, kind, name in zip(uris, frame["kind"], frame["filename"], strict=True)
    ]
    return found.replace(products=found.products.with_columns(uri=pl.Series(uris), filename=pl.Series(filenames)))


def _warn(message: str, depth: int = 4) -> None:
    """Issue a warning at the user's line, `depth` calls up."""
    warnings.warn(visible_line(message), UserWarning, stacklevel=depth)


def _reader_options(quality_bitmask: str | int, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return options without the bitmask "default": it is the readers' own default, which for DV time series leaves out nothing."""
    return options if quality_bitmask == "default" else {"quality_bitmask": quality_bitmask, **options}


def _unit(name: str) -> Any:
    whole("astropy")
    from astropy import units

    return units.Unit(name)


def _row_numbers(key: Any, length: int) -> Any:
    """Return a key that selects a table: a single number becomes a list. Other keys are left to astropy."""
    from operator import index

    if isinstance(key, slice):
        return key
    values = np.asarray(key)
    if values.dtype == bool and values.shape != (length,):
        raise IndexError(f"a mask needs one boolean per row: {length}, not {values.size}")
    if values.ndim:
        return values if values.size else []
    if not -length <= (number := index(key)) < length:
        raise IndexError(f"there is no row {number} in a table of {length}")
    return [number]

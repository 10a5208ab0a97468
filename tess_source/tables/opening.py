"""The methods of a manifest that open its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from tess_source.settings import ExecutorLike
from tess_source.tables.loaded import Group, Loaded, Opened, opened_values

__all__ = ["Openable", "Opens"]


class Opens(Protocol):
    """The part of a session that opens the files of a manifest."""

    def read(self, manifest: Any, /, **options: Any) -> Loaded:
        """Open files, and keep the reason per file that cannot be opened."""
        ...

    def open(self, what: Any, /, **options: Any) -> Group | Loaded:
        """Open files into one collection."""
        ...

    def _each_opened(
        self,
        manifest: Any,
        function: Callable[[Any], Any] | None,
        executor: ExecutorLike,
        workers: ExecutorLike,
        options: Mapping[str, Any],
        /,
    ) -> Iterator[Opened]:
        """Open files one by one."""
        ...


class Openable:
    """Files that a session opens: all of them into collections, or one by one."""

    def _checked_session(self) -> Opens:
        raise NotImplementedError

    def read(self, **options: Any) -> Loaded:
        """Open every file that is there, and report the files that cannot be opened.

        Parameters
        ----------
        **options
            Passed to the readers, e.g. ``flux_column="sap_flux"``, ``quality_bitmask="hard"``.

        Returns
        -------
        Loaded
            Groups of opened files by kind, and the failures with their reasons.

        Raises
        ------
        QueryError
            If an argument makes no sense for any file.

        Examples
        --------
        >>> manifest.read()
        Loaded(2 light curves)
        """
        return self._checked_session().read(self, **options)

    def load(self, **options: Any) -> Group | Loaded:
        """Open every file that is there. Times of light curves are BTJD (TDB) [d]; fluxes have the units of the files.

        Parameters
        ----------
        **options
            Passed to the readers, e.g. ``flux_column="sap_flux"``, ``quality_bitmask="hard"``.

        Returns
        -------
        lightkurve.LightCurveCollection or lightkurve.TargetPixelFileCollection or Loaded
            The collection, if all opened files are of one kind; else a `Loaded`, with one collection per kind. Files that could not be
            opened are logged, one warning per reason; `read` returns them as data.

        Raises
        ------
        LoadError
            If no file could be opened; the message has each reason once, with its files.
        QueryError
            If an argument makes no sense for any file.

        Examples
        --------
        >>> curves = manifest.load(flux_column="sap_flux")
        >>> curves[0].meta["SECTOR"], curves[0].flux.unit
        (14, Unit("electron / s"))
        """
        return self._checked_session().open(self, **options)

    def iter_load(
        self, *, executor: ExecutorLike = None, workers: ExecutorLike = None, **options: Any
    ) -> Iterator[Any]:
        """Open one file at a time, so that memory does not grow. What cannot be opened is skipped with a warning.

        Parameters
        ----------
        executor : int, str, distributed.Client or Executor, optional
            Workers that open the files; None: this process. See `map`.
        workers : int or Executor, optional
            An older word for `executor`.
        **options
            Passed to the readers, e.g. ``flux_column="sap_flux"``.

        Yields
        ------
        object
            The opened files, in the order of the manifest.

        Raises
        ------
        QueryError
            If an argument makes no sense for any file.

        Examples
        --------
        >>> [curve.meta["SECTOR"] for curve in manifest.iter_load()]
        [14, 15]
        """
        return opened_values(self._checked_session()._each_opened(self, None, executor, workers, options))

    def iter_read(
        self, *, executor: ExecutorLike = None, workers: ExecutorLike = None, **options: Any
    ) -> Iterator[Opened]:
        """Open one file at a time, and yield each with its object or its error.

        Parameters
        ----------
        executor : int, str, distributed.Client or Executor, optional
            Workers that open the files; None: this process. See `map`.
        workers : int or Executor, optional
            An older word for `executor`.
        **options
            Passed to the readers, e.g. ``flux_column="sap_flux"``.

        Yields
        ------
        Opened
            One per file, in the order of the manifest.

        Raises
        ------
        QueryError
            If an argument makes no sense for any file.

        Examples
        --------
        >>> [opened.ok for opened in manifest.iter_read()]
        [True, True]
        """
        return self._checked_session()._each_opened(self, None, executor, workers, options)

    def map(
        self,
        function: Callable[[Any], Any],
        *,
        executor: ExecutorLike = None,
        workers: ExecutorLike = None,
        **options: Any,
    ) -> Iterator[Opened]:
        """Open every file and yield the result of a function of it, in the order of the manifest.

        Parameters
        ----------
        function : callable
            Takes an opened file. Only its result comes back from another process, so it should be small.
        executor : int, str, distributed.Client or Executor, optional
            Workers that open the files: a whole number of processes, ``"local"`` or ``"tcp://host:8786"`` for those of a dask cluster, a
            dask client, or an executor of `concurrent.futures`. None: as the session says, by default this process. New processes import
            the plugins' libraries again (lightkurve takes some seconds). They find the function by its name in its module; if it is
            defined in your script or notebook, it is sent with its code by cloudpickle, which dask brings.
        workers : int or Executor, optional
            An older word for `executor`.
        **options
            Passed to the readers.

        Yields
        ------
        Opened
            One per file, with the result of the function, or the reason why the file could not be opened. A few batches of files per
            worker are under way.

        Raises
        ------
        LoadError
            If a worker dies again and again, or a plugin cannot be sent to the others.
        Exception
            Any exception of the function, with a note that names the file.

        Examples
        --------
        >>> [len(opened.value) for opened in manifest.map(lambda curve: curve.remove_nans().flux)]
        [...]
        """
        return self._checked_session()._each_opened(self, function, executor, workers, options)

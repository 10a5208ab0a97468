"""The methods of an answer that need the addresses of its files: to hand them to other programs, or to open files without keeping them."""

from __future__ import annotations

from typing import Any, Protocol

from tess_source.keywords import naming_keywords_of_methods
from tess_source.tables.loaded import Group, Loaded

__all__ = ["Addressed", "Reaches"]


class Reaches(Protocol):
    """The part of a session that knows addresses."""

    def urls(self, what: Any, /, *, prefer: str | None = None) -> list[str]:
        """Return where files can be fetched."""
        ...

    def load(self, what: Any, /, **options: Any) -> Group | Loaded:
        """Open a few files without keeping them."""
        ...


@naming_keywords_of_methods
class Addressed:
    """Files with addresses."""

    def _checked_session(self) -> Reaches:
        raise NotImplementedError

    def urls(self, *, prefer: str | None = None) -> list[str]:
        """Return the web address of each file, e.g. for a browser, curl, or a library that opens addresses. Nothing is fetched.

        Parameters
        ----------
        prefer : str, optional
            Which address: ``"archive"``, or ``"cloud"`` for that of the public cloud copy, and the archive's for files whose place in the
            copy is not known; with ``-only``, e.g. ``"cloud-only"``, no other. The session's setting if None.

        Returns
        -------
        list of str
            In the order of the rows. An address holds no token: files that are not public need one.

        Raises
        ------
        DownloadError
            If a file has no address.
        QueryError
            If there is no such word for `prefer`.

        Examples
        --------
        >>> [url.rpartition("/")[2] for url in found.urls()]
        ['tess2019198215352-s0014-0000000016740101-0150-s_lc.fits', 'tess2019226182529-s0015-0000000016740101-0151-s_lc.fits']
        """
        return self._checked_session().urls(self, prefer=prefer)

    def load(self, **options: Any) -> Group | Loaded:
        """Open files without keeping them. This is for a few: ``download().load()`` keeps them.

        Files that you have are opened where they are. The others are fetched and verified as in a download.

        Parameters
        ----------
        **options
            Passed to the readers, e.g. ``flux_column="sap_flux"``, ``quality_bitmask="hard"``.

        Returns
        -------
        lightkurve.LightCurveCollection or lightkurve.TargetPixelFileCollection or Loaded
            The collection, if all files are of one kind; else a `Loaded`, with one collection per kind.

        Raises
        ------
        QueryError
            If they are more than 200 files, or more than 1 GB.
        LoadError
            If no file could be opened; the message has each reason once, with its files.

        Examples
        --------
        >>> len(found.load())
        2
        """
        return self._checked_session().load(self, **options)

"""Using tess-source inside lightkurve, for scripts and packages that were written for lightkurve."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import FunctionType
from typing import Any

from tess_source.errors import PluginError
from tess_source.like_lightkurve import detours, fetching, imported, opening, searching
from tess_source.like_lightkurve.detours import Uses
from tess_source.queries import chosen_session
from tess_source.session import Session

__all__ = ["LightkurveUse", "use_in_lightkurve"]

SEARCHES = ("search_lightcurve", "search_targetpixelfile", "search_tesscut")
"""lightkurve's functions that remember their results until Python ends."""
METHODS = {
    "_download_one": fetching.download_one,
    "download_all": fetching.download_all,
    "_fetch_tesscut_path": fetching.cutout_path,
}
"""Method of lightkurve's SearchResult → what makes ours, given lightkurve's."""


class LightkurveUse:
    """lightkurve with the searches, downloads and reader of tess-source for TESS, until `undo` is called or the ``with`` block ends."""

    def __init__(self, session: Session | None) -> None:
        self._session = session

    def undo(self, *, all: bool = False) -> None:
        """End this use. After the last one, lightkurve is as it was before.

        Parameters
        ----------
        all : bool
            Whether to end all uses, e.g. in a notebook where a cell was run several times.
        """
        if all:
            _uses.clear()
        _uses.remove(self)

    def __enter__(self) -> LightkurveUse:
        """Begin anew if it was undone."""
        _uses.add(self, self._session)
        return self

    def __exit__(self, *error: object) -> None:
        self.undo()


def use_in_lightkurve(session: Session | None = None) -> LightkurveUse:
    """Let lightkurve search, download and read data of TESS with tess-source, so that existing code need not be changed.

    It is for ``search_lightcurve``, ``search_targetpixelfile``, ``search_tesscut``, for ``download`` and ``download_all`` of their results,
    and for ``read``, wherever these were imported before. Results are lightkurve's own objects, and files lie in lightkurve's cache folder
    or your ``download_dir``. Calls for Kepler and K2 go on to lightkurve, and so does whatever tess-source does not understand.

    It holds for all threads of this process, but not for processes that it starts. Nothing is changed before you call it.

    Parameters
    ----------
    session : Session, optional
        The session that searches and downloads; the default session of the moment if not given.

    Returns
    -------
    LightkurveUse
        With the method ``undo``; also a context manager. Uses may be nested: the last one's session is asked.

    Raises
    ------
    MissingExtraError
        If lightkurve is not installed.
    QueryError
        If `session` is not a session.
    PluginError
        If this version of lightkurve is made otherwise than those that are known (2.5 and 2.6).

    Examples
    --------
    >>> import lightkurve as lk
    >>> with tess_source.use_in_lightkurve():
    ...     curve = lk.search_lightcurve("TIC 390988385", author="SPOC", sector=54).download()
    """
    use = LightkurveUse(None if session is None else chosen_session(session))
    return use.__enter__()


def _install(undo: ExitStack) -> None:
    """Replace what lightkurve's functions call, and the functions that they are not made of smaller ones."""
    lightkurve, module = imported.lightkurve("use_in_lightkurve()"), sys.modules["lightkurve.search"]
    result, read = _known(module, "SearchResult"), _known(lightkurve, "read")
    own_search = _known(module, "_search_products")
    ours = searching.search_products(own_search, module, _uses)
    detours.replace_attribute(undo, module, "_search_products", functools.wraps(own_search)(ours))
    for name, make in METHODS.items():
        own = _known(result, name)
        detours.replace_attribute(undo, result, name, functools.wraps(own)(make(own, module, _uses)))
    for name in SEARCHES:
        _separate_memory(undo, _known(module, name))
    opening.set_own(detours.copy_of(read), _uses)
    detours.replace_code(undo, read, opening.read.__code__)


def _known(owner: Any, name: str) -> Any:
    """Return an attribute of lightkurve that is replaced."""
    if not inspect.isroutine(found := vars(owner).get(name)) and not isinstance(found, type):
        raise PluginError(
            f"use_in_lightkurve() knows lightkurve 2.5 and 2.6; this one has no {owner.__name__}.{name}. "
            "tess_source.search_lightcurve and its like take the same arguments"
        )
    return found


def _separate_memory(undo: ExitStack, function: FunctionType) -> None:
    """Let a search that remembers its results remember ours apart, per session, so that none is taken for one of lightkurve's."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    if (cell := cells.get("make_key")) is None:  # another way to remember: forget all, now and afterwards
        clear: Callable[[], object] = getattr(function, "cache_clear", lambda: None)
        undo.callback(clear)
        clear()
        return
    own: Callable[..., object] = cell.cell_contents

    def key(args: Any, words: Any) -> object:
        session = _uses.session()
        made = own(args, words)
        return made if session is None else (session, made)

    detours.replace_cell(undo, cell, key)


_uses = Uses(_install)

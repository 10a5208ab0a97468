"""Comparison of a folder with what a copy of the archive lists, e.g. the public cloud copy: it needs no lock, and no file is fetched."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tess_source import names
from tess_source._lazy import pl
from tess_source.cache.verified import READERS
from tess_source.errors import QueryError, UnknownNameError, bare_reason
from tess_source.files.etags import agrees
from tess_source.files.verify import Verifier, read_through
from tess_source.hooks.records import Copy
from tess_source.lock.check import (  # fmt: skip
    COMPLETE,
    DAMAGED,
    DIFFERENT,
    EXTRA,
    MISSING,
    Verified,
    remove_from_index,
    renamed_paths,
)
from tess_source.lock.places import Compared, compared, is_there
from tess_source.object_store.path import ObjectPath, Root, user_root
from tess_source.session import Session, default_session
from tess_source.tables.plan import Plan
from tess_source.tables.rows import polars_schema
from tess_source.threads import in_order

__all__ = ["verify_copied", "verify_folder"]

GROUP = ("pipeline", "kind", "first_sector", "last_sector", "camera", "ccd")
"""What the files of one bulk download have in common."""
STAR = ("tic", "gaia")
UNNAMED = "its name tells no place in the archive"
UNCOMPARED = "its size and structure are right; the sum of the listing does not tell about its bytes"


def verify_folder(
    folder: str | Path | ObjectPath,
    copy: str = "cloud",
    *,
    session: Session | None = None,
    sizes_only: bool = False,
    present_only: bool = False,
) -> Verified:
    """Compare a folder of downloads with what a copy of the archive lists: sizes, and sums of the bytes.

    The folder may have any layout: one level, that of MAST's own programs (``mastDownload``), or of `tess_source`. Files are told by their
    names.

    Parameters
    ----------
    folder : str, Path or ObjectPath
        The downloads, or their place in an object store, such as ``"s3://bucket/prefix"``.
    copy : str
        Name of the copy, as in ``prefer=``.
    session : Session, optional
        The default session if None.
    sizes_only : bool
        Whether to compare sizes only. Nothing is read then.
    present_only : bool
        Whether to compare only the files that are there. Else the folder is taken for a bulk download: where it has light curves of
        sector 1, all that the copy lists of these should be there; of this star alone, if all files are of one.

    Returns
    -------
    Verified
        One row per file: ``complete``, ``different`` (other bytes), ``damaged``, ``missing``, or ``extra`` (the copy does not list it).
        Of a file that was stored in parts of an unusual size, the sum does not tell: then its own structure and sums are checked, and the
        reason says so.

    Raises
    ------
    UnknownNameError
        If there is no such copy that can be listed.
    NotADirectoryError
        If it is no folder.
    QueryError
        If it has no file whose name tells where it is in the archive.
    ServiceError
        If the copy cannot be listed.
    """
    session = session or default_session()
    place, record = _existing(user_root(folder)), _listable(session, copy)
    paths = [path for path, _ in compared(place).all()]
    uris = {path: uri for path in paths if (uri := _uri(path))}
    if not uris:
        raise QueryError(f"no file in {str(folder)!r} has a name that tells where it is in the archive")
    if present_only or record.siblings is None:
        there, lost = _listed(session, record, uris.values()), []
    else:
        there = _of_same_groups(session, record, uris.values())
        lost = [(uri.rpartition("/")[2], uri) for uri in there.keys() - {*uris.values()}]
    files = [(path, uris.get(path, "")) for path in paths] + sorted(lost)
    return _verified(session, place, files, there, copy, sizes_only)


def verify_copied(
    plan: Plan, copy: str = "cloud", *, session: Session | None = None, sizes_only: bool = False
) -> Verified:
    """Compare the files of a plan or lock with what a copy of the archive lists.

    Parameters
    ----------
    plan : Plan
        The files, and the folder that they are in.
    copy : str
        Name of the copy, as in ``prefer=``.
    session : Session, optional
        The default session if None.
    sizes_only : bool
        Whether to compare sizes only. Nothing is read then.

    Returns
    -------
    Verified
        One row per file: see `verify_folder`.

    Raises
    ------
    UnknownNameError
        If there is no such copy that can be listed.
    ServiceError
        If the copy cannot be listed.
    """
    session = session or default_session()
    files = [(item.path, item.uri) for item in plan]
    there = _listed(session, _listable(session, copy), [uri for _, uri in files])
    return _verified(session, plan.root, files, there, copy, sizes_only)


Listed = Mapping[str, tuple[int, str | None]]
"""URI → size [byte] and ETag."""


def _existing(place: Root) -> Root:
    if not is_there(place):
        raise NotADirectoryError(errno.ENOTDIR, "there is no such folder", str(place))
    return place


def _listable(session: Session, copy: str) -> Copy:
    known = {name: record for name, record in session.registry.copies.items() if record.can_be_listed}
    if copy not in known:
        raise UnknownNameError("copy that can be listed", copy, known)
    return known[copy]


def _uri(path: str) -> str | None:
    """Return the URI of a file by its name; None if that does not tell it."""
    try:
        return names.uri(names.parse(path))
    except ValueError:
        return None


def _listed(session: Session, record: Copy, uris: Iterable[str]) -> Listed:
    """Return what the copy has of some files."""
    own = list(dict.fromkeys(uris))
    if record.listing is None:
        there = _by_uri(_siblings(session, record, own))
        return {uri: there[uri] for uri in own if uri in there}
    frame: pl.DataFrame = session.registry.blame("copy", record.name, record.listing, own, session.settings)
    return _by_uri(frame.with_columns(uri=pl.Series(own, dtype=pl.String)).filter(pl.col("size").is_not_null()))


def _of_same_groups(session: Session, record: Copy, uris: Iterable[str]) -> Listed:
    """Return what the copy has of the pipelines, kinds, sectors and CCDs of some files."""
    own = list(dict.fromkeys(uris))
    frame = _siblings(session, record, own)
    files = names.columns(pl.Series(own, dtype=pl.String))
    shared = [*GROUP, *(STAR if _are_of_one_star(files) else ())]
    said = pl.concat([frame, names.columns(frame["uri"]).select(shared)], how="horizontal")
    return _by_uri(said.join(files.select(shared).unique(), on=shared, how="semi", nulls_equal=True))


def _are_of_one_star(files: pl.DataFrame) -> bool:
    """Return whether all files are of the same star, so that nobody misses those of the other stars of its sectors."""
    stars = files.select(STAR)
    nameless = stars.filter(pl.all_horizontal(pl.all().is_null()))
    return nameless.is_empty() and all(stars[column].drop_nulls().n_unique() <= 1 for column in STAR)


def _siblings(session: Session, record: Copy, uris: Sequence[str]) -> pl.DataFrame:
    assert record.siblings is not None
    frame: pl.DataFrame = session.registry.blame("copy", record.name, record.siblings, uris, session.settings)
    return frame


def _by_uri(frame: pl.DataFrame) -> Listed:
    return {uri: (size, etag) for uri, size, etag in frame.select("uri", "size", "etag").iter_rows()}


def _verified(
    session: Session, root: Root, files: Sequence[tuple[str, str]], there: Listed, copy: str, sizes_only: bool
) -> Verified:
    """Return the state of each file, given its path and its URI, which may be empty."""
    folder = compared(root)

    def look(file: tuple[str, str]) -> tuple[str, str]:
        path, uri = file
        if uri in there:
            return _state_and_reason(folder, path, *there[uri], sizes_only)
        if folder.exists(path) is None:
            return MISSING, folder.why_not(path)
        return EXTRA, f"{copy!r} does not list it" if uri else UNNAMED

    found = list(map(look, files) if sizes_only else in_order(look, files, READERS))
    rows = [
        (state, path, reason, there.get(uri, (None, None))[0], uri)
        for (path, uri), (state, reason) in zip(files, found, strict=True)
    ]
    remove_from_index(session, root, [path for state, path, *_ in rows if state in {DIFFERENT, DAMAGED}])
    other = renamed_paths(
        [path for state, path, *_ in rows if state == MISSING], [path for state, path, *_ in rows if state == EXTRA]
    )
    frame = pl.DataFrame(rows, schema=polars_schema(Verified), orient="row")
    named = pl.col("path").replace_strict(other, default=None, return_dtype=pl.String)
    return Verified(frame.with_columns(reason=pl.coalesce(named, "reason")))


def _state_and_reason(folder: Compared, path: str, size: int, etag: str | None, sizes_only: bool) -> tuple[str, str]:
    if (lying := folder.exists(path)) is None:
        return MISSING, folder.why_not(path)
    if lying.size != size:
        return DIFFERENT, f"it has {lying.size:,} bytes, the listing says {size:,}"
    return (COMPLETE, "") if sizes_only else _state_by_reading(folder, path, etag or "")


def _state_by_reading(folder: Compared, path: str, etag: str) -> tuple[str, str]:
    """Read a file, and return its state and reason. If the sum of the listing cannot tell, the file's own structure and sums do."""
    try:
        with folder.local(path) as file:
            same = agrees(file, etag)
            problem = read_through(file, Verifier(file.name, digest=False)) if same is None else None
    except OSError as error:
        return MISSING, f"it cannot be read: {bare_reason(error)}"
    if problem is not None:
        return DAMAGED, problem
    if same is None:
        return COMPLETE, UNCOMPARED
    return (COMPLETE, "") if same else (DIFFERENT, f"its bytes do not have the sum of the listing, {etag}")

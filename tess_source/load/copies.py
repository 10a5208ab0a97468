"""Files in object stores, copied to this disk for the time that it takes to open them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tess_source.errors import DamagedFileError
from tess_source.object_store.copies import local_copy
from tess_source.tables.items import Entry

__all__ = ["at_hand"]


@contextmanager
def at_hand(entry: Entry) -> Iterator[Entry]:
    """Give an entry whose file is on this disk: itself, or one with a verified copy of the object, which is removed at the end.

    Parameters
    ----------
    entry : Entry

    Raises
    ------
    DamagedFileError
        If the object is not whole, or its bytes are not those that were downloaded.
    NoObjectError
        If it is not there any more.
    ObjectStoreError
        If it cannot be read.
    """
    from tess_source.files.verify import Verifier

    if entry.path is not None or entry.object is None or not entry.ok:
        yield entry
        return
    item = entry.item
    verifier = Verifier(
        entry.object.name, size=item.size, sha256=entry.sha256 or item.sha256, kind=item.kind, digest=False
    )
    with local_copy(entry.object, verifier.feed) as path:
        if problem := verifier.finish():
            raise DamagedFileError(f"{entry.object.name} is damaged: {problem}; fetch it again")
        yield replace(entry, path=path)

"""The index of verified objects below a place in an object store. It lies in the store itself, so that every machine knows it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from tess_source.cache.verified import Known, VerifiedRecords
from tess_source.display.visible import logger
from tess_source.errors import ObjectStoreError, bare_reason
from tess_source.files.folder import Lying
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.upload import upload_bytes
from tess_source.settings import OWN_FOLDER

__all__ = ["ObjectIndex"]

log: logging.Logger = logger(__name__)


class ObjectIndex(VerifiedRecords):
    """The records of verified objects below a place. An object is known by its size and its ETag.

    Parameters
    ----------
    root : ObjectPath
    """

    def __init__(self, root: ObjectPath) -> None:
        super().__init__(root)
        self._place: ObjectPath = root / OWN_FOLDER / "verified"
        self._folder = ObjectFolder(self._place)

    def get(self, path: str, lying: Lying) -> Known | None:
        """Return the record of an object, if its size and ETag are still those that were verified."""
        known = self.entries.get(path)
        same = known is not None and (known.size, known.object_etag) == (lying.size, lying.etag) and lying.etag
        return known if same else None

    def parts(self) -> Sequence[ObjectPath]:
        """Return the objects that the index consists of. It is empty if the store does not tell: then objects are read again."""
        try:
            return [self._place / name for name in sorted(self._folder.list()) if name.endswith(".jsonl")]
        except ObjectStoreError as error:
            log.info("the index of verified objects is not used: %s", error)
            return []

    def _bytes_of(self, part: Any) -> bytes:
        with self._folder.open(part.name) as file:
            return file.read()

    def _keep(self, name: str, data: bytes) -> bool:
        try:
            upload_bytes(data, self._place / name)
        except ObjectStoreError as error:
            log.info("what was verified is not noted in the store: %s", error)
            return False
        return True

    def _remove(self, part: Any) -> None:
        try:
            self._folder.remove(part.name)
        except ObjectStoreError as error:
            log.debug("%s was not removed: %s", part, bare_reason(error))

    def _exists(self, known: Known) -> bool:
        return True  # each would take a request; a record of an object that is gone does no harm

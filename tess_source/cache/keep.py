"""Small files in the cache folder, written whole or not at all; a failure to write one is logged, never raised."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from tess_source.disk import write_whole
from tess_source.display.visible import logger
from tess_source.errors import bare_reason

__all__ = ["keep"]

log: logging.Logger = logger(__name__)

_warned: set[Path] = set()
_warning = threading.Lock()


def keep(path: Path, data: bytes, folder: Path) -> bool:
    """Write a file if possible. If not, log the reason, at level INFO once per cache folder.

    Parameters
    ----------
    path : Path
        The file. It is replaced as a whole or not at all.
    data : bytes
    folder : Path
        The cache folder, for the message.

    Returns
    -------
    bool
        Whether it was written.
    """
    try:
        write_whole(path, data)
    except OSError as error:
        with _warning:
            first = folder not in _warned
            _warned.add(folder)
        log.log(
            logging.INFO if first else logging.DEBUG,
            "nothing new is remembered: the cache folder %s cannot be written (%s)",
            *(folder, bare_reason(error)),
        )
        return False
    return True

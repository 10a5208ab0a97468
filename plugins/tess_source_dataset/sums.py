"""The file ``SHA256SUMS`` of a data set, as the program ``sha256sum`` writes it and ``sha256sum --check`` reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tess_source.errors import DamagedFileError
from tess_source_dataset.storage import Storage

__all__ = ["SUMS", "read_sums", "write_sums"]

SUMS = "SHA256SUMS"
_LINE = re.compile(r"(?P<sum>[0-9a-f]{64})  (?P<name>[A-Za-z0-9_./-]{1,255})")


def read_sums(storage: Storage) -> dict[str, str]:
    """Return the sums of the files of a data set, by name; empty if nothing was made yet.

    Raises
    ------
    DamagedFileError
        If a line is none of a sum.
    """
    sums = {}
    for number, line in enumerate((storage.read(SUMS) or b"").decode("utf-8", "replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise DamagedFileError(f"{storage}/{SUMS}: line {number} is not a sum and a name: {line[:80]!r}")
        sums[match["name"]] = match["sum"]
    return sums


def write_sums(storage: Storage, sums: Mapping[str, str]) -> None:
    """Write the sums of files, sorted by name."""
    storage.write(SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode())

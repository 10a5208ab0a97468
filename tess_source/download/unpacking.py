"""The one file inside a zip file that was fetched."""

from __future__ import annotations

import io
import zipfile
import zlib

from tess_source.download.destination import Destination
from tess_source.download.part import Part, Sender
from tess_source.download.transfer import CHUNK, Task
from tess_source.errors import DownloadError
from tess_source.settings import Patience

__all__ = ["unpacked"]

DIRECTORY = 1 << 20
"""Most bytes that list what is in a zip file, which are read at once: enough for ten thousand names, and one is expected."""


def unpacked(packed: Part, task: Task, destination: Destination, patience: Patience) -> None:
    """Write the one file of a zip file to the part of a task, and verify it.

    Raises
    ------
    DownloadError
        If it is no zip file, does not hold exactly one file, or holds one that is too large.
    OSError
        If this machine cannot write the file.
    """
    try:
        with packed.read() as whole, _Directory(whole.fileno(), closefd=False) as file, zipfile.ZipFile(file) as pack:
            member = _one_member(pack)
            size = _checked_size(member, task, patience)
            destination.room(task.part, size)
            verifier = task.verifier(size)
            with pack.open(member) as source, task.part.open() as write:
                while verifier.problem is None and (chunk := source.read(CHUNK)):
                    write(chunk)
                    verifier.feed(chunk)
                    task.claim.beat()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise DownloadError(f"what came is not a whole zip file: {error}") from error
    if problem := verifier.finish():
        raise DownloadError(f"what the zip file holds is not the file: {problem}")
    task.part.restart(verifier, size, Sender(task.request.url))


class _Directory(io.FileIO):
    """A zip file of which no more is read at once than a sensible list of its files needs."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        if size is not None and size > DIRECTORY:
            raise zipfile.BadZipFile(f"the list of its files has {size:,} bytes")
        return super().read(size) or b""


def _one_member(pack: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in pack.infolist() if not member.is_dir()]
    if len(members) != 1:
        raise DownloadError(f"what came is a zip file with {len(members)} files in it, one is expected")
    if members[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise NotImplementedError(f"its compression has the number {members[0].compress_type}, and 0 and 8 are known")
    return members[0]


def _checked_size(member: zipfile.ZipInfo, task: Task, patience: Patience) -> int:
    size = member.file_size
    if task.item.size not in {None, size}:
        raise DownloadError(f"the zip file holds a file of {size:,} bytes, {task.item.size:,} are expected")
    if task.item.size is None and size > patience.largest:
        problem = f"the zip file holds a file of {size:,} bytes, more than {patience.largest:,}"
        raise DownloadError(f"{problem}; Patience(largest=…) sets this limit")
    return size

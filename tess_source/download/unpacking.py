"""The file that is wanted inside a zip file that was fetched."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from tess_source.download.destination import Destination
from tess_source.download.failures import DamagedError
from tess_source.download.part import Part, Sender
from tess_source.download.response import message_in
from tess_source.download.transfer import CHUNK, Task
from tess_source.errors import DownloadError
from tess_source.settings import Patience

__all__ = ["unpacked"]

DIRECTORY = 1 << 20
"""Most bytes that list what is in a zip file, which are read at once: enough for ten thousand names, and few are expected."""
MESSAGE = 10_000
"""Most bytes of a message in place of a zip file."""


def unpacked(packed: Part, task: Task, destination: Destination, patience: Patience) -> None:
    """Write the file of a zip file that a task asks for to its part, and verify it.

    Raises
    ------
    DamagedError
        If it is no zip file, or the file in it is damaged.
    DownloadError
        If it does not hold exactly one such file, or one that is too large. If it is a message of the server in JSON, e.g. that there is
        nothing, that message.
    OSError
        If this machine cannot write the file.
    """
    try:
        with packed.read() as whole:
            _check_beginning(whole.read(MESSAGE))
        with packed.read() as whole, _Directory(whole.fileno(), closefd=False) as file, zipfile.ZipFile(file) as pack:
            member = _wanted_member(pack, task.request.member)
            size = _checked_size(member, task, patience)
            destination.room(task.part, size)
            verifier = task.verifier(size)
            with pack.open(member) as source, task.part.open() as write:
                while verifier.problem is None and (chunk := source.read(CHUNK)):
                    write(chunk)
                    verifier.feed(chunk)
                    task.claim.beat()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise DamagedError(f"what came is not a whole zip file: {error}") from error
    if problem := verifier.finish():
        raise DamagedError(f"what the zip file holds is not the file: {problem}")
    task.part.restart(verifier, size, Sender(task.request.url))


class _Directory(io.FileIO):
    """A zip file of which no more is read at once than a sensible list of its files needs."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        if size is not None and size > DIRECTORY:
            raise zipfile.BadZipFile(f"the list of its files has {size:,} bytes")
        return super().read(size) or b""


def _check_beginning(begin: bytes) -> None:
    """Raise an error with the server's words if what came is a message in JSON."""
    if begin.lstrip()[:1] in {b"{", b"["} and (said := message_in(begin)):
        raise DownloadError(f"the server sent no file, but a message: {said}")


def _wanted_member(pack: zipfile.ZipFile, begin: str) -> zipfile.ZipInfo:
    """Return the one file in a zip file, or the one whose name begins so."""
    there = [member for member in pack.infolist() if not member.is_dir()]
    members = [member for member in there if PurePosixPath(member.filename).name.startswith(begin)]
    if len(members) != 1:
        so = f", {len(members)} of which begin with {begin!r}" if begin else ""
        raise DownloadError(f"what came is a zip file with {len(there)} files in it{so}, one is expected")
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

"""The one file inside a zip file that was fetched."""

from __future__ import annotations

import zipfile

from tess_source.download.destination import Destination
from tess_source.download.part import Part, Source
from tess_source.download.transfer import CHUNK, Task
from tess_source.errors import DownloadError

__all__ = ["unpacked"]


def unpacked(packed: Part, task: Task, destination: Destination) -> None:
    """Write the one file of a zip file to the part of a task, and verify it.

    Raises
    ------
    DownloadError
        If it is no zip file, or does not hold exactly one file.
    OSError
        If this machine cannot write the file.
    """
    try:
        with zipfile.ZipFile(packed.file) as pack:
            members = [member for member in pack.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise DownloadError(f"what came is a zip file with {len(members)} files in it, one is expected")
            size = members[0].file_size
            if task.item.size not in {None, size}:
                raise DownloadError(f"the zip file holds a file of {size:,} bytes, {task.item.size:,} are expected")
            destination.room(task.part, size)
            verifier = task.verifier(size)
            with pack.open(members[0]) as source, task.part.open() as write:
                while chunk := source.read(CHUNK):
                    write(chunk)
                    verifier.feed(chunk)
                    task.claim.beat()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DownloadError(f"what came is not a whole zip file: {error}") from error
    if problem := verifier.finish():
        raise DownloadError(f"what the zip file holds is not the file: {problem}")
    task.part.restart(verifier, size, Source(task.request.url))

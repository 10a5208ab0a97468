"""The sample archive in a process of its own, so that clients and archive do not share one interpreter's lock."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tess_source_sample.server import SampleArchive

ROOM = 64 * 2**20
"""Bytes of memory that the archive gets for files beyond those that are measured."""


@dataclass(frozen=True)
class Holdings:
    """What the archive offers for measurements."""

    url: str
    targets: tuple[int, ...]
    """TIC numbers of made-up targets."""
    light_curves: tuple[tuple[int, str, int], ...]
    """TIC, URI and size in bytes of each light curve of theirs, in the order of the targets."""


class Archive:
    """Handle on the archive's process; its control pipe is used outside of measured intervals only.

    Parameters
    ----------
    latency : float
        Seconds that every request waits for its answer.
    targets : int
        Number of made-up targets, two sectors each.
    mission : pathlib.Path, optional
        Folder of lists to publish in place of those of the targets.
    images : mapping, optional
        Sector → number of full-frame images of each CCD.
    """

    def __init__(
        self, latency: float, targets: int, mission: Path | None = None, images: Mapping[int, int] | None = None
    ) -> None:
        context = get_context("spawn")
        self._control, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, latency, targets, mission, images), name="bench-archive"
        )
        self._process.start()
        theirs.close()
        self.holdings: Holdings = self._control.recv()

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.close()  # which ends the archive's loop
        self._process.join(10.0)
        if self._process.is_alive():
            self._process.terminate()

    def make(self, uris: Sequence[str]) -> dict[str, str]:
        """Have files made and kept in memory, so that making them is not measured.

        Returns
        -------
        dict
            File name → sha256 of its bytes.
        """
        made: dict[str, str] = self._ask("make", tuple(uris))
        return made

    def clear(self) -> None:
        """Begin to count requests at 0."""
        self._ask("clear")

    def requests(self) -> Counter[str]:
        """Count the requests since `clear`, by HTTP method."""
        counted: Counter[str] = self._ask("requests")
        return counted

    def _ask(self, *question: Any) -> Any:
        self._control.send(question)
        return self._control.recv()


def _serve(
    control: Connection, latency: float, targets: int, mission: Path | None, images: Mapping[int, int] | None
) -> None:
    """Run the archive until the other end of the pipe is closed."""
    from tess_source_sample.server import SampleArchive

    with SampleArchive(latency=latency, extra=targets, mission=mission, images=images) as archive:
        control.send(_holdings(archive))
        while True:
            try:
                question = control.recv()
            except (EOFError, KeyboardInterrupt):
                return
            control.send(_answer(archive, *question))


def _answer(archive: SampleArchive, verb: str, *arguments: Any) -> Any:
    if verb == "make":
        return _make(archive, *arguments)
    if verb == "requests":
        return Counter(request.method for request in archive.requests)
    return archive.clear()


def _holdings(archive: SampleArchive) -> Holdings:
    from tess_source_sample.facts import SYNTHETIC_TIC

    targets = tuple(tic for tic in archive.catalogue.targets if tic >= SYNTHETIC_TIC)
    wanted = {str(tic): tic for tic in targets}
    light_curves = tuple(
        (wanted[observation["target_name"]], product["dataURI"], product["size"])
        for observation in archive.catalogue.observations
        if observation["target_name"] in wanted
        for product in archive.catalogue.products[observation["obsid"]]
        if product["productSubGroupDescription"] == "LC"
    )
    return Holdings(archive.url, targets, light_curves)


def _make(archive: SampleArchive, uris: Sequence[str]) -> dict[str, str]:
    """Make files; the store is given room for all of them, for it forgets the oldest beyond its capacity."""
    from tess_source_sample.store import MadeFiles

    rows = [archive.catalogue.files[uri] for uri in uris]
    archive.store = MadeFiles(capacity=sum(row["size"] for row in rows) + ROOM)
    bodies = ((row["productFilename"], archive.store.get(row["productFilename"], row["size"]).body) for row in rows)
    return {name: hashlib.sha256(body).hexdigest() for name, body in bodies}

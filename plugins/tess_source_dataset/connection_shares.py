"""Shards that wait for workers, and how connections are shared out among them.

An archive's own hosts allow so many connections in all, whatever the number of workers. Object stores serve each worker as if it were
alone. So if a copy of the files in an object store is preferred, each shard is first made from this copy alone. If the copy lacks one of
its files, the shard is sent out once more, and takes a share of the connections to the archive.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tess_source.download.shares import PER_WORKER
from tess_source.settings import ARCHIVE, ONLY, Settings, preference
from tess_source.workers import Workers
from tess_source_dataset.making import NotInCopyError, ShardJob

__all__ = ["ConnectionShares"]


class ConnectionShares:
    """The jobs of a build, drawn as workers become free; iterate over it once.

    Parameters
    ----------
    jobs : iterable of ShardJob
    most : int
        Connections to archives of all workers together.
    workers : Workers
        Their number may change.
    settings : Settings
        They say whether a copy in object stores is preferred.
    """

    def __init__(self, jobs: Iterable[ShardJob], most: int, workers: Workers, settings: Settings) -> None:
        self._fresh, self._most, self._workers = iter(jobs), most, workers
        word = str(preference(settings.prefer))
        self._copy = "" if word.removesuffix(ONLY) == ARCHIVE else word.removesuffix(ONLY) + ONLY
        self._only = self._copy == word
        self._limited: deque[ShardJob] = deque()
        """Those that wait for connections to the archive."""
        self._sent: dict[int, tuple[ShardJob, int]] = {}
        """Number → a job, and its connections to the archive."""
        self._count = self._used = self._found = self._lacking = 0

    def __iter__(self) -> Iterator[ShardJob | None]:
        """Yield jobs with their connections; None while there is nothing to send before others have come back."""
        while True:
            share = self._most // max(1, min(self._workers.width, self._most))
            if self._limited and self._used + share <= self._most:
                yield self._noted(replace(self._limited.popleft(), jobs=share), share)
            elif (self._is_free or not self._limited) and (job := next(self._fresh, None)):
                if self._is_free:
                    jobs = max(1, PER_WORKER * self._most // self._workers.sharing)
                    yield self._noted(replace(job, jobs=jobs, copy="" if self._only else self._copy), 0)
                else:
                    self._limited.append(job)
            elif self._sent:
                yield None
            else:
                return

    @property
    def _is_free(self) -> bool:
        """Whether the next shards are made from the copy alone: not if it lacked files of more of them than not."""
        return self._only or (bool(self._copy) and self._lacking <= self._found)

    def _noted(self, job: ShardJob, share: int) -> ShardJob:
        self._sent[self._count] = job, share
        self._count += 1
        self._used += share
        return job

    def done(self, number: int, result: object) -> ShardJob | None:
        """Take back the connections of a job that has ended, and return it; None if it is sent out once more.

        Parameters
        ----------
        number : int
            The number of the job, from 0, in the order in which they were drawn.
        result : object
            What came of it.
        """
        job, share = self._sent.pop(number)
        self._used -= share
        if isinstance(result, NotInCopyError):
            self._lacking += 1
            self._limited.append(replace(job, copy=""))
            return None
        self._found += bool(job.copy)
        return job

"""A data set of a session, ``session.dataset(place)``: to be built, verified, and asked what it holds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.display import activity
from tess_source.errors import QueryError
from tess_source.object_store.path import ObjectPath
from tess_source.paths import user_path
from tess_source.settings import checked_jobs
from tess_source.workers import check_executor
from tess_source_arrays.arrow import pyarrow
from tess_source_arrays.split import FRACTIONS
from tess_source_dataset.building import Build, table_of_shards
from tess_source_dataset.division import divided
from tess_source_dataset.information import DataSetInfo, information
from tess_source_dataset.planning import PLAN, DataSetQuestion, checked_plan, planned_data_set, saved
from tess_source_dataset.recipe import COLUMNS, SHARD_SIZE, DataSetRecipe
from tess_source_dataset.storage import Storage, storage_of
from tess_source_dataset.verifying import DataSetCheck, verified

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from tess_source.session import Session

__all__ = ["DataSet"]

OF_SEARCH = ("radius", "wildcards", "archive", "missing", "large")
"""Arguments of a search that are neither targets nor filters nor criteria."""


class DataSet:
    """A data set of light curves: Parquet files in a folder or in an object store, with what they were made of beside them.

    Parameters
    ----------
    session : Session
    place : str, Path or ObjectPath
        A folder, which need not exist, or a place such as ``"s3://bucket/curves"``.
    """

    def __init__(self, session: Session, place: str | os.PathLike[str] | ObjectPath) -> None:
        self.session: Session = session
        self.storage: Storage = storage_of(place)

    def __repr__(self) -> str:
        return f"<DataSet {self.storage}>"

    def build(
        self,
        targets: Any = None,
        *,
        columns: Sequence[str] = COLUMNS,
        quality_bitmask: int | str | None = None,
        dtypes: Mapping[str, DTypeLike] | None = None,
        fractions: Sequence[float] = FRACTIONS,
        seed: int = 0,
        shard_size: int = SHARD_SIZE,
        executor: Executor | str | int | None = None,
        jobs: int | None = None,
        keep_files: bool | str | os.PathLike[str] = False,
        temporary: str | os.PathLike[str] | None = None,
        progress: bool | None = None,
        **words: Any,
    ) -> DataSetInfo:
        """Search, download, verify and convert light curves, and write them as a data set, shard by shard.

        The plan is written first, and fixes what the data set is made of. A build that was interrupted goes on when you call it again:
        shards that are there and whole are kept. Without targets, filters and options, it goes on with those of the plan.

        Parameters
        ----------
        targets : object
            As for `tess_source.search`. If None, all light curves that the filters and criteria choose.
        columns, quality_bitmask, dtypes
            As for `tess_source_arrays.accessors.iter_arrays`.
        fractions, seed
            As for `tess_source_arrays.split.split`, which divides stars among training, validation and test.
        shard_size : int
            Most light curves in a shard; one star may have more. Each worker has the FITS files of one shard on its disk.
        executor : concurrent.futures.Executor, distributed.Client, str or int, optional
            Who makes the shards: a number of processes of this machine, ``"local"`` or an address such as ``"tcp://host:8786"`` for dask,
            or an executor. None: as the session says, by default this process.
        jobs : int, optional
            Files fetched at the same time, by all workers together; the session's setting (8) if None.
        keep_files : bool or path
            Whether FITS files are kept: True in the cache folder, or in a folder that you name. Else each is removed once its shard is
            there.
        temporary : path, optional
            Folder for temporary files, on each worker; that of the system if None.
        progress : bool, optional
            Whether to show what is being done; as the session says if None.
        **words
            Filters, criteria, and the other arguments of `tess_source.search`.

        Returns
        -------
        DataSetInfo
            What the data set holds. Files without a row are in `DataSetInfo.missing`; the next build tries them again.

        Raises
        ------
        EmptyDataSetError
            If nothing was found.
        OtherDataSetError
            If the place holds a data set that was begun with another question or other options. The message says what differs.
        QueryError
            If an argument makes no sense, the files are no light curves, or have no such columns.
        LoadError
            If no file could be read.
        DownloadError
            If a shard could not be written. The others are kept.
        MissingExtraError
            If pyarrow is not installed, or what the executor or the object store needs.

        Examples
        --------
        >>> info = session.dataset("curves").build("TIC 16740101", kind="lc", exptime=120)
        >>> info.splits
        {'train': 6, 'validation': 0, 'test': 0}
        """
        pyarrow()
        check_executor(executor)
        where, files = None if temporary is None else user_path(temporary), self._folder(keep_files)
        question = self._question(targets, words)
        options = (columns, quality_bitmask, dtypes, fractions, seed, shard_size)
        recipe = self._recipe(question, options)
        run = Build(
            self.session,
            self.storage,
            self.session.settings.workers(executor),
            None if jobs is None else checked_jobs(jobs),
            where,
            files,
        )
        with activity.shown(self.session.settings.progress if progress is None else progress):
            return run.run(question, recipe)

    def shards(
        self,
        targets: Any = None,
        *,
        columns: Sequence[str] = COLUMNS,
        quality_bitmask: int | str | None = None,
        dtypes: Mapping[str, DTypeLike] | None = None,
        fractions: Sequence[float] = FRACTIONS,
        seed: int = 0,
        shard_size: int = SHARD_SIZE,
        **words: Any,
    ) -> pl.DataFrame:
        """Return the shards that `build` would make, without writing anything: the dry run.

        Parameters
        ----------
        targets, columns, quality_bitmask, dtypes, fractions, seed, shard_size, **words
            As for `build`.

        Returns
        -------
        polars.DataFrame
            A row per shard: `shard`, `files`, `stars`, and `bytes` of the FITS files, known or typical.
        """
        question = self._question(targets, words)
        recipe = self._recipe(question, (columns, quality_bitmask, dtypes, fractions, seed, shard_size))
        with activity.shown(self.session.settings.progress):
            plan = saved(self.storage, PLAN, self.session)
            plan = planned_data_set(question, recipe or DataSetRecipe.of()) if plan is None else plan
            plan = checked_plan(self.storage, plan, question, recipe)
        return table_of_shards(divided(plan.items, DataSetRecipe.from_plan(plan)))

    def verify(self, *, executor: Executor | str | int | None = None) -> DataSetCheck:
        """Read every byte of the data set: sums, checksums of pages, rows, locks, and that no star is on two sides of the split.

        Parameters
        ----------
        executor : concurrent.futures.Executor, distributed.Client, str or int, optional
            As for `build`.

        Returns
        -------
        DataSetCheck
            A row per file, and whether all is right.

        Raises
        ------
        NoDataSetError
            If there is none.
        LockError
            If its plan is damaged, so that nothing tells what should be there.
        """
        pyarrow()
        check_executor(executor)
        with activity.shown(self.session.settings.progress):
            return verified(self.session, self.storage, self.session.settings.workers(executor))

    def info(self) -> DataSetInfo:
        """Return what the data set holds, and how it was made. No shard is read.

        Raises
        ------
        NoDataSetError
            If there is none.
        LockError, DamagedFileError
            If one of the files beside the shards is damaged.
        """
        return information(self.storage, self.session)

    def _question(self, targets: Any, words: Mapping[str, Any]) -> DataSetQuestion:
        asked = {name: words[name] for name in OF_SEARCH if name in words}
        return DataSetQuestion(self.session, targets, asked, {name: words[name] for name in words if name not in asked})

    def _recipe(self, question: DataSetQuestion, options: tuple[Any, ...]) -> DataSetRecipe | None:
        """Return the recipe that was asked for; None if the build that was begun goes on as it is."""
        recipe = DataSetRecipe.of(*options)
        begun_before = question.is_empty and recipe == DataSetRecipe.of()
        if question.is_empty and self.storage.read(PLAN) is None:
            raise QueryError("say which light curves: give targets or filters, e.g. sector='1-13', kind='lc'")
        return None if begun_before else recipe

    def _folder(self, keep_files: bool | str | os.PathLike[str]) -> Path | None:
        if isinstance(keep_files, bool):
            return self.session.store.root if keep_files else None
        return user_path(keep_files)

"""The method that every session has: ``session.dataset(place)``."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from tess_source.hooks.records import Accessor
from tess_source.object_store.path import ObjectPath

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source_dataset.data_set import DataSet

__all__ = ["ACCESSORS"]


def dataset(session: Session, place: str | PathLike[str] | ObjectPath) -> DataSet:
    """Return a data set of light curves at a place, to be built, verified, and asked what it holds.

    Parameters
    ----------
    place : str, Path or ObjectPath
        A folder, which need not exist, or a place such as ``"s3://bucket/curves"``.

    Returns
    -------
    DataSet
        Nothing is read or written before you ask for it.

    Raises
    ------
    QueryError
        If it is neither a path nor the URL of an object store.

    Examples
    --------
    >>> session.dataset("s3://bucket/curves")
    <DataSet s3://bucket/curves>
    """
    from tess_source_dataset.data_set import DataSet

    return DataSet(session, place)


ACCESSORS = (
    Accessor(
        "dataset", dataset, "a data set of light curves: Parquet files in a folder or an object store", of="session"
    ),
)

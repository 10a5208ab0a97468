"""The methods ``manifest.iter_arrays()``, ``manifest.to_arrow()`` and ``manifest.to_parquet(path)`` of every manifest.

What does the work is imported when a method is called: every session reads this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source.hooks.records import Accessor
from tess_source.object_store.path import ObjectPath
from tess_source_arrays.split import FRACTIONS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import DTypeLike

    from tess_source.tables.plan import Manifest
    from tess_source_arrays.arrays import Arrays
    from tess_source_arrays.parquet import Written

__all__ = ["ACCESSORS", "iter_arrays", "to_arrow", "to_parquet"]


def iter_arrays(
    manifest: Manifest,
    columns: Sequence[str] = ("time", "pdcsap_flux", "quality"),
    *,
    quality_bitmask: int | str | None = None,
    dtypes: Mapping[str, DTypeLike] | None = None,
    verify: bool = False,
    errors: str = "give",
) -> Iterator[Arrays]:
    """Read columns of the files of a manifest, one file after the other, in its order, without keeping them.

    Parameters
    ----------
    manifest : Manifest
        The downloaded files.
    columns : sequence of str
        Names of columns of the first table of each file, in upper or lower case; the results have names in lower case. Units are the
        file's own: for SPOC's light curves see `tess_source_arrays.schema.COLUMNS`, for others `tess_source_arrays.others.OF_OTHERS`.
        ``time`` is BTJD for all, also for CDIPS and DIAMANTE, whose files have it under another name. TGLC's uncertainties, which are
        numbers in its header, are columns too: ``cal_psf_flux_err`` and so on.
    quality_bitmask : int or str, optional
        Keep the cadences that ``load(quality_bitmask=…)`` keeps: those with a time and without any of these bits. A number, or
        lightkurve's words ``"none"``, ``"default"``, ``"hard"``, ``"hardest"``, whose meaning depends on the pipeline. If None, every row
        of the table is returned as it is.
    dtypes : mapping, optional
        Column → type to convert it to, e.g. ``{"time": "float32"}``. Other columns have the file's type, in native byte order.
    verify : bool
        Whether to check the sums in the files (CHECKSUM) too. That all bytes are there is always checked.
    errors : str
        ``"give"``: a file that could not be read is yielded too, with its `error`, which is raised when you take a column.
        ``"skip"``: it is skipped, with a warning for the first file per reason, and at the end the number of further files.

    Yields
    ------
    Arrays
        One per file: ``arrays.tic``, ``arrays.sector``, ``arrays["time"]``, ``arrays.header["TEFF"]``.

    Raises
    ------
    QueryError
        If an argument makes no sense.

    Examples
    --------
    >>> for arrays in manifest.iter_arrays(["time", "pdcsap_flux"]):
    ...     print(arrays.tic, arrays.sector, arrays["time"].dtype)
    16740101 14 float64
    16740101 15 float64
    """
    from tess_source_arrays import arrays

    return arrays.iter_arrays(
        manifest, columns, quality_bitmask=quality_bitmask, dtypes=dtypes, verify=verify, errors=errors
    )


def to_arrow(
    manifest: Manifest,
    columns: Sequence[str] | None = None,
    *,
    quality_bitmask: int | str | None = None,
    dtypes: Mapping[str, DTypeLike] | None = None,
    verify: bool = False,
) -> pa.Table:
    """Read the files of a manifest into a table with one row per light curve, in the order of the manifest.

    Parameters
    ----------
    manifest : Manifest
        The downloaded files. All must fit into memory: 2 MB per light curve of 120 s with all columns, 0.3 MB with time, flux and
        quality. `to_parquet` has no such limit. Columns share pieces of memory of 32 MB, so read only those that you need: a table from
        which you take some columns out keeps the memory of all.
    columns : sequence of str, optional
        As for `iter_arrays`. If None, all twenty columns of SPOC's light curves; if no file is by SPOC or TESS-SPOC, all columns that the
        files share.
    quality_bitmask, dtypes, verify
        As for `iter_arrays`.

    Returns
    -------
    pyarrow.Table
        Columns as in `tess_source_arrays.schema`: values of the star and the file, then the columns as lists, one list per light curve,
        in chunks of one (``combine_chunks()`` copies them together). NaN stays NaN. ``sha256`` is null for files that were here before and
        whose sum was not computed. Files that could not be read are logged, one warning per reason, and are in the table's metadata:
        ``tess_source.missing``, JSON, URI → reason.

    Raises
    ------
    LoadError
        If no file could be read.
    MissingExtraError
        If pyarrow is not installed.
    QueryError
        If an argument makes no sense.

    Examples
    --------
    >>> manifest.to_arrow(["time", "sap_flux"]).num_rows
    2
    """
    from tess_source_arrays import arrow

    return arrow.to_arrow(manifest, columns, quality_bitmask=quality_bitmask, dtypes=dtypes, verify=verify)


def to_parquet(
    manifest: Manifest,
    path: str | Path | ObjectPath,
    *,
    shards: int | None = None,
    columns: Sequence[str] | None = None,
    quality_bitmask: int | str | None = None,
    dtypes: Mapping[str, DTypeLike] | None = None,
    fractions: Sequence[float] = FRACTIONS,
    seed: int = 0,
    verify: bool = True,
    executor: Any = None,
) -> Written:
    """Write the files of a manifest as a Parquet data set, one row per light curve, with only a few files in memory at a time.

    Rows are sorted by split, star, sector and exposure time, independent of the order of the manifest: the same light curves, arguments and
    versions of tess-source and pyarrow give the same bytes.

    Parameters
    ----------
    manifest : Manifest
        The downloaded files.
    path : str, Path or ObjectPath
        One file, which is replaced as a whole or not at all. With `shards`, a folder, which must not exist or be empty; it appears when
        everything is written. Either may be in an object store, e.g. ``"s3://bucket/curves"``: the objects of a folder appear one after the
        other there, and one named ``_UNFINISHED.txt`` is removed last.
    shards : int, optional
        Number of Parquet files, with about equal numbers of rows. The folder also has the lock, ``lock.ecsv``, and a ``README.md``.
    columns : sequence of str, optional
        As for `to_arrow`.
    quality_bitmask, dtypes
        As for `iter_arrays`. Every cadence is kept if quality_bitmask is None.
    fractions, seed
        As for `split`, which divides stars among training, validation and test.
    verify : bool
        Whether to check the sums in the files (CHECKSUM), and the manifest's sha256 if known.
    executor : int, distributed.Client, concurrent.futures.Executor or str, optional
        Workers that write the files of `shards` at the same time: a number of processes, a client of dask, ``"local"`` or the address of
        dask's scheduler, or an executor. They must share the folders. None: as the session says, by default this process, with a few
        threads. The bytes are the same.

    Returns
    -------
    Written
        Files, numbers, and the files that could not be read. These are logged too, one warning per reason, and listed in the metadata of
        the Parquet files (``tess_source.missing``) and in the README.

    Raises
    ------
    DataSetExistsError
        If the folder exists and is not empty, or a file would replace a folder; in an object store, too.
    LoadError
        If no file could be read. Nothing is written then.
    MissingExtraError
        If pyarrow is not installed.
    ObjectStoreError
        If the object store cannot be written to. It is an OSError.
    QueryError
        If an argument makes no sense.
    OSError
        If the data set cannot be written.

    Examples
    --------
    >>> written = manifest.to_parquet("curves.parquet", columns=["time", "pdcsap_flux"])
    >>> written.rows
    2
    """
    from tess_source_arrays import parquet

    return parquet.to_parquet(
        manifest, path, shards=shards, columns=columns, quality_bitmask=quality_bitmask, dtypes=dtypes,
        fractions=fractions, seed=seed, verify=verify, executor=executor,
    )  # fmt: skip


ACCESSORS = (
    Accessor(
        "iter_arrays", iter_arrays, "columns of each file as numpy arrays, one file after the other", of="manifest"
    ),
    Accessor("to_arrow", to_arrow, "a pyarrow table, one row per light curve", of="manifest"),
    Accessor("to_parquet", to_parquet, "a Parquet data set, one row per light curve", of="manifest"),
)

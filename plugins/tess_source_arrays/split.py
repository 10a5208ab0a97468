"""Split of stars into training, validation and test by TIC id alone, so that no star is on two sides."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from tess_source._lazy import np
from tess_source.errors import QueryError
from tess_source.units import is_whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["FRACTIONS", "METHOD", "SIDES", "split"]

SIDES = ("train", "validation", "test")
FRACTIONS = (0.8, 0.1, 0.1)
METHOD = "blake2b-64, key: decimal seed, message: decimal TIC id; below 2**64 times the summed fractions"
"""The method in words, to repeat it in another language."""


@overload
def split(  # pyright: ignore[reportOverlappingOverload]  an int is array-like too; this one comes first
    tic: int, fractions: Sequence[float] = FRACTIONS, seed: int = 0
) -> str: ...
@overload
def split(tic: ArrayLike, fractions: Sequence[float] = FRACTIONS, seed: int = 0) -> NDArray[np.str_]: ...


def split(tic: Any, fractions: Sequence[float] = FRACTIONS, seed: int = 0) -> Any:
    """Return whether stars are for training, validation or test.

    The result depends only on the arguments: not on the machine, the version, the sector, or other stars. If a fraction grows at the cost
    of the next one, no star leaves the side that grows.

    Parameters
    ----------
    tic : int or array-like of int
        TIC ids.
    fractions : sequence of three floats
        Fractions of the stars for training, validation and test, which sum to 1.
    seed : int
        Number of the split: splits of different seeds are independent.

    Returns
    -------
    str or numpy.ndarray
        ``"train"``, ``"validation"`` or ``"test"``; for an array, an array of the same shape.

    Raises
    ------
    QueryError
        If the fractions are not three that sum to 1, the seed is no whole number, or a TIC id is not one of at least 0.
    """
    first, second = _bounds(fractions)
    if not is_whole(seed):
        raise QueryError(f"seed={seed!r}: give a whole number")
    ids = np.asarray(tic)
    if ids.size and (ids.dtype.kind not in "iu" or ids.min() < 0):
        raise QueryError(f"TIC ids are whole numbers of at least 0, not {tic!r}")
    stars, where = np.unique(ids, return_inverse=True)
    key = str(int(seed)).encode()
    hashes = [int.from_bytes(hashlib.blake2b(b"%d" % star, digest_size=8, key=key).digest(), "big") for star in stars]
    sides = np.array([SIDES[(value >= first) + (value >= second)] for value in hashes], dtype="U10")
    return str(sides[0]) if ids.ndim == 0 else sides[where].reshape(ids.shape)


def _bounds(fractions: Sequence[float]) -> tuple[int, int]:
    """Return the two hashes at which sides change."""
    wrong = f"fractions for {', '.join(SIDES)} are three that sum to 1, not {fractions!r}"
    try:
        train, validation, test = fractions
        right = min(fractions) >= 0 and abs(math.fsum(fractions) - 1) <= 1e-9
    except (ValueError, TypeError) as error:
        raise QueryError(wrong) from error
    if not right:
        raise QueryError(wrong)
    return round(train * 2**64), 2**64 if test == 0 else round((train + validation) * 2**64)

"""Memory for arrays that are kept: taken from the system in large pieces, which is quicker than many small ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

__all__ = ["Arena"]

BLOCK = 32 << 20
"""Bytes taken at a time: beyond the size up to which the C library keeps what was freed, so it goes back to the system."""
ALIGNED = 64
"""Arrays begin at multiples of so many bytes, as Arrow recommends."""


class Arena:
    """Gives memory for one array after the other.

    Linux provides fresh memory page by page, when it is first written to. For the 2 MB of a light curve that are 500 pages of 4 kB, and
    takes longer than to read it and to turn the bytes around. For pieces of 4 MB and more numpy asks for pages of 2 MB instead. A piece
    goes back to the system when the last array in it is gone.
    """

    def __init__(self) -> None:

        self._block = np.empty(0, np.uint8).data
        self._used = 0

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Give an array whose values are not set, as `numpy.empty` does."""
        kind = np.dtype(dtype)
        size = math.prod(shape) * kind.itemsize
        if size > BLOCK:
            return np.empty(shape, kind)
        if self._used + size > self._block.nbytes:
            self._block, self._used = np.empty(BLOCK, np.uint8).data, 0
        array: NDArray[Any] = np.ndarray(shape, kind, self._block, self._used)
        self._used += -(-size // ALIGNED) * ALIGNED
        return array

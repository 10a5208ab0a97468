"""Memory for arrays that are kept, taken from the system in large pieces, which is faster than many small ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

__all__ = ["Arena"]

BLOCK = 32 << 20
"""Bytes taken at a time: so many that the C library returns them to the system when they are freed."""
ALIGNED = 64
"""Alignment of arrays in bytes, as Arrow recommends."""


class Arena:
    """Allocator of memory for one array after the other.

    Linux provides new memory page by page, when it is first written to. The 2 MB of a light curve are 500 pages of 4 kB, which takes longer
    than reading the file and swapping its bytes. For pieces of 4 MB and more numpy asks for pages of 2 MB instead. A piece is returned to
    the system when the last array in it is deleted.
    """

    def __init__(self) -> None:
        self._block = np.empty(0, np.uint8).data
        self._used = 0

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an array whose values are not set, like `numpy.empty`."""
        kind = np.dtype(dtype)
        size = math.prod(shape) * kind.itemsize
        if size > BLOCK:
            return np.empty(shape, kind)
        if self._used + size > self._block.nbytes:
            self._block, self._used = np.empty(BLOCK, np.uint8).data, 0
        array: NDArray[Any] = np.ndarray(shape, kind, self._block, self._used)
        self._used += -(-size // ALIGNED) * ALIGNED
        return array

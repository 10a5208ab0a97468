"""Polygons on the sphere: unit vectors, the normals of edges, and the pixels of a CCD.

A place is inside a polygon where its scalar products with the normals of all edges are not negative; of a side that bends inwards, where
one of them is not. Poles and right ascension 0 need no case of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from tess_source._lazy import np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = "npt.NDArray[np.float64]"

__all__ = [
    "bent_sides",
    "edge_normals",
    "image_around",
    "middles",
    "science_within",
    "sines_of_margins",
    "sines_of_margins_of_polygon",
    "unit_vectors",
]

SIDE = 4
"""Steps of a polygon of science pixels along each side of the CCD."""
COLUMNS, ROWS = (43.5, 2091.5), (-0.5, 2047.5)
"""The edges of the science pixels, in columns and rows from 0 of the image, whose whole numbers are the middles of pixels."""
IMAGE_COLUMNS, IMAGE_ROWS = (-0.5, 2135.5), (-0.5, 2077.5)
"""The edges of the whole image."""
LAST_COLUMN, LAST_ROW = 2135, 2077
"""The pixels whose middles are corners of the archive's footprints, with column 0 and row 0."""


def unit_vectors(ra: npt.ArrayLike, dec: npt.ArrayLike) -> Floats:
    """Return unit vectors of places.

    Parameters
    ----------
    ra, dec : array_like of float
        Right ascension and declination [deg], of one shape.

    Returns
    -------
    numpy.ndarray
        Of that shape with an axis of length 3 at the end.
    """
    east, north = np.radians(np.asarray(ra, dtype=float)), np.radians(np.asarray(dec, dtype=float))
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)


def middles(corners: Floats) -> Floats:
    """Return the mean directions of polygons, shape (n, 3), of their corners, shape (n, corners, 3)."""
    return _normalised(corners.sum(axis=1))


def edge_normals(corners: Floats) -> Floats:
    """Return the unit normals of the edges of polygons, which point inwards.

    Parameters
    ----------
    corners : numpy.ndarray
        Unit vectors of the corners, in turn; shape (n, corners, 3).

    Returns
    -------
    numpy.ndarray
        One per edge; shape (n, corners, 3). The scalar product with a place is the sine of its distance from the edge.
    """
    normals = _normalised(np.cross(corners, np.roll(corners, -1, axis=1)))
    inwards = np.sign(np.einsum("pij,pj->pi", normals, middles(corners)))
    turned: Floats = normals * inwards[..., None]
    return turned


def bent_sides(normals: Floats, corners: Floats) -> npt.NDArray[np.bool_]:
    """Return which sides of polygons bend inwards: those of CCDs that face the middle of the camera, by 0.1 arcmin.

    Parameters
    ----------
    normals, corners : numpy.ndarray
        Of polygons of 4 x `SIDE` corners; shape (n, 16, 3).

    Returns
    -------
    numpy.ndarray of bool
        One per side; shape (n, 4).
    """
    ends = np.roll(corners, -2, axis=1)  # of the edges that follow: outside of one after which the side turns inwards
    turns: npt.NDArray[np.float64] = np.einsum("pij,pij->pi", normals, ends)[:, ::SIDE]
    return turns < 0


def sines_of_margins(normals: Floats, bent: npt.NDArray[np.bool_], stars: Floats) -> Floats:
    """Return the sines of the distances of stars from the edges of polygons, one polygon each: negative outside.

    Parameters
    ----------
    normals : numpy.ndarray
        Of the edges; shape (n, 16, 3).
    bent : numpy.ndarray of bool
        Which sides bend inwards; shape (n, 4).
    stars : numpy.ndarray
        Unit vectors; shape (n, 3).
    """
    sides = np.matmul(normals, stars[:, :, None]).reshape(-1, 4, SIDE)
    least: Floats = np.where(bent, sides.max(axis=2), sides.min(axis=2)).min(axis=1)
    return least


def sines_of_margins_of_polygon(normals: Floats, bent: npt.NDArray[np.bool_], stars: Floats) -> Floats:
    """Return what `sines_of_margins` returns, of many stars and one polygon.

    Parameters
    ----------
    normals : numpy.ndarray
        Of its edges; shape (16, 3).
    bent : numpy.ndarray of bool
        Which of its sides bend inwards; shape (4,).
    stars : numpy.ndarray
        Unit vectors; shape (3, n).
    """
    sides = (normals @ stars).reshape(4, SIDE, -1)
    least: Floats = np.where(bent[:, None], sides.max(axis=1), sides.min(axis=1)).min(axis=0)
    return least


def image_around(science: Floats) -> Floats:
    """Return the corners of whole images, with the columns and rows that are not exposed, around their science pixels.

    Parameters
    ----------
    science : numpy.ndarray
        Unit vectors of 4 x `SIDE` corners: along the first row, up the last column, and back; shape (n, 16, 3).

    Returns
    -------
    numpy.ndarray
        Unit vectors of as many corners, in the same order.
    """
    wide, high = COLUMNS[1] - COLUMNS[0], ROWS[1] - ROWS[0]
    left, right = (COLUMNS[0] - IMAGE_COLUMNS[0]) / wide, (IMAGE_COLUMNS[1] - COLUMNS[1]) / wide
    above = (IMAGE_ROWS[1] - ROWS[1]) / high
    grown = science.copy()
    low, far, top = np.arange(SIDE + 1), np.arange(SIDE, 2 * SIDE + 1), np.arange(3 * SIDE, 2 * SIDE - 1, -1)
    near = np.arange(4 * SIDE, 3 * SIDE - 1, -1) % (4 * SIDE)
    across, up = science[:, far] - science[:, near], science[:, top] - science[:, low]
    grown[:, near] -= left * across
    grown[:, far] += right * across
    grown[:, top] += above * up
    return _normalised(grown)


def science_within(corners: Floats) -> Floats:
    """Return the polygons of the science pixels within footprints of whole images, by bilinear interpolation.

    Parameters
    ----------
    corners : numpy.ndarray
        Unit vectors of the middles of the pixels (column 0, row 0), (0, last), (last, last), (last, 0); shape (n, 4, 3).

    Returns
    -------
    numpy.ndarray
        Unit vectors of 4 x `SIDE` corners: along the first row, up the last column, and back; shape (n, 16, 3).
    """
    u, v = _round_the_edge(SIDE)
    u = (COLUMNS[0] + u * (COLUMNS[1] - COLUMNS[0])) / LAST_COLUMN
    v = (ROWS[0] + v * (ROWS[1] - ROWS[0])) / LAST_ROW
    weights = np.stack([(1 - u) * (1 - v), (1 - u) * v, u * v, u * (1 - v)])
    return _normalised(np.einsum("kc,nkx->ncx", weights, corners))


def _round_the_edge(steps: int) -> tuple[Floats, Floats]:
    """Return coordinates from 0 to 1 round a square: along the bottom, up the right, back along the top, down the left."""
    there, none, all_ = np.arange(steps) / steps, np.zeros(steps), np.ones(steps)
    return np.concatenate([there, all_, 1 - there, none]), np.concatenate([none, there, all_, 1 - there])


def _normalised(vectors: Floats) -> Floats:
    units: Floats = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return units

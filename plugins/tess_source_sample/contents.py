"""What the archive has: its two tables, observations and products, its stars, and its files."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from itertools import count
from typing import NamedTuple, TypeVar

from tess_source_sample import contributed, holdings
from tess_source_sample.crowd import Crowd, Layered, ObservationRows
from tess_source_sample.facts import SYNTHETIC_TIC, Star
from tess_source_sample.files import make
from tess_source_sample.holdings import Seen
from tess_source_sample.images import image_files
from tess_source_sample.known import KNOWN, KnownStars
from tess_source_sample.rows import MJD_OF_BTJD_0, Observed, Row, RowMaker, plain_name, released
from tess_source_sample.store import Made

__all__ = ["MJD_OF_BTJD_0", "Contents", "Row"]

V = TypeVar("V")

FIRST_NUMBER = 61_000_001
"""First identifier of observations whose real one was not seen."""


class _Standard(NamedTuple):
    """What every sample archive has."""

    listings: tuple[Observed, ...]
    numbers: int
    """How many identifiers were given out."""


@cache
def _standard() -> _Standard:
    """Return what every sample archive has; it is made once and copied."""
    numbers = count(FIRST_NUMBER)
    maker = RowMaker(KNOWN, numbers)
    listings = [maker.seen(entry) if isinstance(entry, Seen) else maker.searched(entry) for entry in holdings.TARGETS]
    listings += map(maker.contributed, contributed.CONTRIBUTED)
    listings += map(maker.image, holdings.IMAGES)
    return _Standard(tuple(listings), next(numbers) - FIRST_NUMBER)


class Contents:
    """Everything that the sample archive has.

    Parameters
    ----------
    extra : int
        Number of made-up targets to add, each with two sectors of light curves and pixels, for measurements on
        many targets. Their TIC numbers start at `facts.SYNTHETIC_TIC`.
    images : mapping, optional
        Sector → number of full-frame images of each CCD, in place of a few.
    """

    def __init__(self, extra: int = 0, images: Mapping[int, int] | None = None) -> None:
        standard, crowd = _standard(), Crowd(extra)
        self.images: tuple[tuple[int, int], ...] = tuple(sorted((images or {}).items()))
        """Sectors of which there are more full-frame images than a few, and how many of each CCD."""
        self.known: KnownStars = KnownStars()
        """Its stars and searches."""
        self.crowd: Crowd = crowd
        """Made-up targets in bulk."""
        self.observations: ObservationRows = ObservationRows([], crowd)
        """Observation rows: 33 columns, in the order in which queries answer them."""
        self.products: Layered[int, list[Row]] = Layered(
            {}, lambda obsid: (listing := crowd.of_obsid(obsid)) and listing.products, self._crowd_obsids
        )
        """Product rows by ``obsid``: 20 columns, in the order in which a product request answers them."""
        self.by_obsid: Layered[int, Row] = Layered(
            {}, lambda obsid: (listing := crowd.of_obsid(obsid)) and listing.observation, self._crowd_obsids
        )
        """Observation row by ``obsid``."""
        self.files: Layered[str, Row] = Layered({}, crowd.of_uri, crowd.uris)
        """Product row by ``dataURI``."""
        self.version: int = 0
        """How often it has changed."""
        self._targets: dict[int, None] = {}
        self._sectors: frozenset[int] = frozenset()
        self._own: dict[str, Made] = {}
        self.lock: threading.RLock = threading.RLock()
        """Held by who changes it."""
        self.maker: RowMaker = RowMaker(self.known, count(FIRST_NUMBER + standard.numbers))
        """Makes rows of what is added."""
        self.put(Observed(dict(row), list(map(dict, products))) for row, products in standard.listings)

    def _crowd_obsids(self) -> Iterable[int]:
        return range(holdings.MADE_UP_OBSID, holdings.MADE_UP_OBSID + len(self.crowd))

    # -- adding ----------------------------------------------------------------------------------------------

    def put(
        self,
        listings: Iterable[Observed],
        own: Mapping[str, Made] | None = None,
        sectors: Iterable[int] = (),
        gone: Collection[int] = (),
    ) -> None:
        """Add observations with their products, or put them in the place of those with the same ``obsid``.

        Parameters
        ----------
        listings : iterable of Observed
            Observations and products.
        own : mapping, optional
            URI → file, where one is not simulated.
        sectors : iterable of int
            Sectors whose full-frame images are to be cut as well.
        gone : collection of int
            Identifiers of observations to take away.
        """
        listings = list(listings)
        with self.lock:
            rows = {row["obsid"]: row for row, _ in listings}
            stale = {*rows.keys(), *gone} & self.by_obsid.held.keys()
            files = {row["dataURI"]: row for _, found in listings for row in found}
            if stale:  # whoever asks meanwhile finds what was there before, or what is there now
                self.files.held = {u: row for u, row in self.files.held.items() if row["obsID"] not in stale} | files
                self.products.held = _without(self.products.held, gone)
                self.by_obsid.held = _without(self.by_obsid.held, gone)
            self._own |= own or {}
            self._sectors |= frozenset(sectors)
            self.products.held |= {row["obsid"]: found for row, found in listings}
            self.files.held |= files
            self.by_obsid.held |= rows
            self._targets |= dict.fromkeys(int(row["target_name"]) for row in rows.values() if _is_tic(row))
            if stale:
                kept = (row for row in self.observations.held if row["obsid"] not in gone)
                self.observations.held[:] = [rows.get(row["obsid"], row) for row in kept]
            self.observations.held += [row for obsid, row in rows.items() if obsid not in stale]
            self.version += 1

    # -- asking ----------------------------------------------------------------------------------------------

    @property
    def targets(self) -> tuple[int, ...]:
        """TIC numbers, in the order of the catalogue."""
        return (*self._targets, *self.crowd.targets)

    def has(self, tic: int) -> bool:
        """Check whether a star was observed."""
        return tic in self._targets or tic in self.crowd.targets

    @property
    def sectors(self) -> frozenset[int]:
        """Sectors in which something was observed that was added."""
        return self._sectors

    def stars(self) -> list[Star]:
        """Return the stars that were observed, without those that are made up in bulk."""
        return [star for tic in tuple(self._targets) if (star := self.star(tic))]

    def star(self, tic: int) -> Star | None:
        """Return a star that is known, but for numbers of made-up ones that were not asked for."""
        if tic in self.crowd.targets or tic < SYNTHETIC_TIC or tic in self._targets:
            try:
                return self.known.star(tic)
            except KeyError:
                return None
        return None

    def named(self, text: str) -> Star | None:
        """Return the observed star of a name, which may be ``TIC n``."""
        wanted = plain_name(text)
        number = re.fullmatch(r"tic0*(\d+)", wanted)
        if number and self.has(int(number[1])):
            return self.star(int(number[1]))
        return next((star for star in self.stars() if wanted in map(plain_name, star.names)), None)

    def of_targets(self, wanted: Iterable[str]) -> list[Row]:
        """Return the observations of targets by their names."""
        wanted = {name.lower() for name in wanted}
        return [row for row in self.observations.held if str(row["target_name"]).lower() in wanted] + [
            *(self.crowd.of_targets(wanted) if self.observations.crowd else ())
        ]

    def of_sector(self, sector: int) -> list[Row]:
        """Return the observations of a sector."""
        return [row for row in self.observations.held if row["sequence_number"] == sector] + [
            *(self.crowd.of_sector(sector) if self.observations.crowd else ())
        ]

    def of_sectors(self, wanted: Iterable[str]) -> list[Row]:
        """Return the observations of sectors by their numbers as text."""
        sectors = sorted({int(number) for number in wanted if number.isascii() and number.isdigit()})
        if len(sectors) == 1:
            return self.of_sector(sectors[0])
        return [row for row in self.observations if row["sequence_number"] in sectors]

    def around(self, ra: float, dec: float, radius: float) -> list[Row]:
        """Return all observations near a place, in degrees, and others."""
        near = self.crowd.near(ra, dec, radius + 0.01) if self.observations.crowd else ()
        return [*self.observations.held, *self.crowd.of_targets(str(star.tic) for star in near)]

    def file(self, uri: str) -> tuple[str, int, float] | None:
        """Return name, size and date of release (MJD) of a file that the archive sends by its URI; None if it has none."""
        if row := self.files.get(uri):
            return row["productFilename"], row["size"], released(self.by_obsid[row["obsID"]])
        image = image_files(self.images).get(uri)
        return (image.filename, image.size, image.modified) if image and image.at_archive else None

    def own(self, uri: str) -> Made | None:
        """Return a file that was added as it is, None if it is simulated."""
        return self._own.get(uri)

    def make(self, filename: str, size: int) -> bytes:
        """Make a file."""
        return make(filename, size, known=self.known)


def _without(held: dict[int, V], gone: Collection[int]) -> dict[int, V]:
    return {key: value for key, value in held.items() if key not in gone} if gone else held


def _is_tic(row: Row) -> bool:
    return str(row["target_name"]).isdigit()

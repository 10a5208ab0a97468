"""Made-up targets in bulk, for measurements on many: their rows are made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence, Sequence
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, Any, TypeVar, overload

from tess_source import names
from tess_source._lazy import np
from tess_source_sample.facts import SYNTHETIC_TIC, Star, star
from tess_source_sample.holdings import MADE_UP_OBSID, MADE_UP_SECTORS, made_up
from tess_source_sample.known import KNOWN
from tess_source_sample.rows import Observed, Row, RowMaker, target_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

K = TypeVar("K")
V = TypeVar("V")


def tic_text(tic: int) -> str:
    """Return a TIC number as names of files have it."""
    return f"{tic:016d}"


def tic_folders(tic: int) -> str:
    """Return a TIC number as folders have it."""
    text = tic_text(tic)
    return "/".join(text[at : at + 4] for at in range(0, 16, 4))


class Crowd(Sequence[Row]):
    """The observations of `targets` made-up targets, two each."""

    def __init__(self, targets: int) -> None:
        self.targets = range(SYNTHETIC_TIC, SYNTHETIC_TIC + targets)
        """TIC numbers."""
        self._maker = RowMaker(KNOWN, count())
        self._of_sector: dict[int, list[Row]] = {}

    def __len__(self) -> int:
        return len(self.targets) * len(MADE_UP_SECTORS)

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(zip(*map(self.of_sector, MADE_UP_SECTORS), strict=True))

    @overload
    def __getitem__(self, number: int) -> Row: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Row]: ...
    def __getitem__(self, number: int | slice) -> Row | Sequence[Row]:
        if isinstance(number, slice):
            return [self[each] for each in range(len(self))[number]]
        return self._maker.seen_row(made_up(range(len(self))[number]))

    def listing(self, number: int) -> Observed:
        """Return an observation by its number, and its products."""
        return self._maker.seen(made_up(number))

    def of_targets(self, wanted: Iterable[str]) -> Iterator[Row]:
        """Yield the observations of targets by their names, which are TIC numbers."""
        numbers = (int(name) for name in wanted if name.isascii() and name.isdigit())
        for tic in sorted({number for number in numbers if number in self.targets}):
            yield from self[2 * (tic - SYNTHETIC_TIC) : 2 * (tic - SYNTHETIC_TIC) + 2]

    def of_sector(self, sector: int) -> Sequence[Row]:
        """Return the observations of a sector. They are kept: a long answer is asked for page by page."""
        if sector not in MADE_UP_SECTORS or not self.targets:
            return ()
        if sector not in self._of_sector:
            self._of_sector[sector] = self._made(MADE_UP_SECTORS.index(sector))
        return self._of_sector[sector]

    def _made(self, half: int) -> list[Row]:
        """Return the observations of a sector: those of other stars differ from the first in what names and places them."""
        first = self[half]
        names = zip(self.each(first["obs_id"]), self.each(first["dataURL"]), strict=True)
        return [
            first
            | target_values(star(tic))
            | {
                "obs_id": obs_id,
                "dataURL": address,
                "obsid": first["obsid"] + len(MADE_UP_SECTORS) * number,
                "objID": first["objID"] + len(MADE_UP_SECTORS) * number,
            }
            for number, (tic, (obs_id, address)) in enumerate(zip(self.targets, names, strict=True))
        ]

    def each(self, text: str) -> Iterator[str]:
        """Yield what a text that names the first target is for each target: a name, a URI, a key of the cloud copy."""
        first = self.targets[0]
        pattern = text.replace(tic_folders(first), "{1}").replace(tic_text(first), "{0}")
        return (pattern.format(tic_text(tic), tic_folders(tic)) for tic in self.targets)

    def near(self, ra: float, dec: float, radius: float) -> Iterator[Star]:
        """Yield the stars near a place, all in degrees; some may be a little farther away."""
        if not self.targets:
            return
        a, d = np.radians(ra), np.radians(dec)
        place = np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
        for number in np.flatnonzero(self._places @ place >= np.cos(np.radians(min(180.0, radius + 0.01)))):
            yield star(self.targets[int(number)])

    @cached_property
    def _places(self) -> NDArray[np.float64]:
        """Unit vectors, shape (targets, 3)."""
        stars = [star(tic) for tic in self.targets]
        ra, dec = np.radians([entry.ra for entry in stars]), np.radians([entry.dec for entry in stars])
        return np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])

    def of_obsid(self, obsid: int) -> Observed | None:
        """Return an observation by its identifier, None if it is no made-up one's."""
        number = obsid - MADE_UP_OBSID
        return self.listing(number) if 0 <= number < len(self) else None

    def of_uri(self, uri: str) -> Row | None:
        """Return the row of a product, None if it is no made-up one's."""
        name = names.parse(uri.rpartition("/")[2])
        if name.tic is None or name.tic not in self.targets or name.first_sector not in MADE_UP_SECTORS:
            return None
        number = 2 * (name.tic - SYNTHETIC_TIC) + MADE_UP_SECTORS.index(name.first_sector)
        return next((row for row in self.listing(number).products if row["dataURI"] == uri), None)

    def uris(self) -> Iterator[str]:
        """Yield the URIs of all products."""
        return chain.from_iterable(zip(*map(self.each, self.first_uris()), strict=True))

    def first_uris(self) -> list[str]:
        """Return the URIs of the products of the first target."""
        halves = range(len(MADE_UP_SECTORS) if self.targets else 0)
        return [row["dataURI"] for half in halves for row in self.listing(half).products]


class ObservationRows(MutableSequence[Row]):
    """Observation rows: those that an archive holds, and then those of its crowd.

    Parameters
    ----------
    held : list of dict
        Rows that may be changed.
    crowd : sequence of dict
        More rows. Once any row is removed or put in its place by its number, these are held as well.
    """

    def __init__(self, held: list[Row], crowd: Sequence[Row]) -> None:
        self.held, self.crowd = held, crowd

    def __len__(self) -> int:
        return len(self.held) + len(self.crowd)

    def __iter__(self) -> Iterator[Row]:
        return chain(self.held, self.crowd)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it can change

    def __getitem__(self, at: Any) -> Any:
        return list(self)[at] if isinstance(at, slice) or not self._is_held(at) else self.held[at]

    def __setitem__(self, at: Any, value: Any) -> None:
        self._all_held()[at] = value

    def __delitem__(self, at: Any) -> None:
        del self._all_held()[at]

    def insert(self, index: int, value: Row) -> None:
        """Hold one more row."""
        self.held.insert(index if index < len(self) else len(self.held), value)

    def _is_held(self, at: int) -> bool:
        return not self.crowd or 0 <= at < len(self.held)

    def _all_held(self) -> list[Row]:
        self.held, self.crowd = list(self), ()
        return self.held


class Layered(Mapping[K, V]):
    """What an archive holds by a key, over what its crowd has.

    Parameters
    ----------
    held : dict
        What it holds. The archive may get more at any time, so go through a copy of it.
    find : callable
        Returns what the crowd has of a key, or None.
    keys : callable
        Returns the keys of the crowd.
    """

    def __init__(self, held: dict[K, V], find: Callable[[K], V | None], keys: Callable[[], Iterable[K]]) -> None:
        self.held, self._find, self._keys = held, find, keys

    def __getitem__(self, key: K) -> V:
        held = self.held
        if key in held:
            return held[key]
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[K]:
        return chain(list(self.held), self._keys())

    def __len__(self) -> int:
        return sum(1 for _ in self)

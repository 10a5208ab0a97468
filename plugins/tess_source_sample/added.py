"""Stars of one's own in a sample archive: what may be said of them is checked, and becomes facts and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, SupportsIndex

from tess_source._lazy import np
from tess_source.errors import QueryError, UnknownNameError
from tess_source.names.sectors import sectors_of_text, text_of_sectors
from tess_source_sample import chips, sectors
from tess_source_sample.facts import Planet, Star, ValidationRun, searched, sector
from tess_source_sample.files import model
from tess_source_sample.holdings import Searched, Seen
from tess_source_sample.light import Light
from tess_source_sample.rows import MJD_OF_BTJD_0, plain_name

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tess_source_sample.contents import Contents

    Flux = ArrayLike | Callable[[NDArray[np.float64]], ArrayLike]

LARGEST_TIC = 10**16 - 1
"""A file name has 16 digits for it."""
MOST_TCES = 99
"""A file name has two digits for the number of a TCE."""
LARGEST_FLUX = 1e12
"""Relative flux of which no star can have more: what is above does not fit into the numbers of the files."""
FIRST_20S = 27
"""First sector with targets at 20 s."""
TMAG = 10.0
"""Magnitude of a star of which none is said: 15,000 e-/s."""


@dataclass(frozen=True, slots=True)
class Transit:
    """The transits of one planet.

    Attributes
    ----------
    period : float
        Orbital period [d].
    epoch : float
        Middle of a transit [BTJD, which is BJD - 2457000].
    depth : float
        Depth as a fraction of the light of the star: 0.01 is one percent. More than 0, at most 1.
    duration : float
        From the first to the last contact [h]; shorter than the period.

    Raises
    ------
    QueryError
        If a number is none of these.
    """

    period: float
    epoch: float
    depth: float
    duration: float

    def __post_init__(self) -> None:
        for name in ("period", "epoch", "depth", "duration"):
            object.__setattr__(self, name, _number(getattr(self, name), f"the {name} of a transit"))
        for name in ("period", "duration"):
            if getattr(self, name) <= 0:
                raise QueryError(f"the {name} of a transit is {getattr(self, name)}: it must be above 0")
        if not 0 < self.depth <= 1:
            raise QueryError(f"a transit is {self.depth} deep: depth is a fraction of the light, above 0 and at most 1")
        if self.duration >= 24 * self.period:
            raise QueryError(f"a transit of {self.duration} h is longer than its period of {self.period} d")

    def light(self, time: ArrayLike) -> NDArray[np.float64]:
        """Return the relative flux of a star with this planet alone.

        Parameters
        ----------
        time : array_like of float
            Times [BTJD], of shape (n,).

        Returns
        -------
        numpy.ndarray
            1 outside transit, of shape (n,).
        """
        return 1 - model.transits(np.asarray(time, dtype=np.float64), (self.planet,), model.CADENCE)

    @property
    def planet(self) -> Planet:
        """The same as the archive's own planets are given."""
        return Planet(self.period, self.epoch, self.duration, 1e6 * self.depth, "")


def add_star(
    contents: Contents,
    star: int | str,
    sectors: int | str | Iterable[int],
    light_curve: Flux | Mapping[int, Flux] | None = None,
    transits: Iterable[Transit | Mapping[str, float]] = (),
    dv: bool = False,
    *,
    exptime: int = 120,
    name: str | Iterable[str] = (),
    ra: float | None = None,
    dec: float | None = None,
    tmag: float | None = None,
) -> tuple[str, ...]:
    """Add observations of a star; see `SampleArchive.add`."""
    numbers, seconds = wanted_sectors(sectors), _exptime(exptime)
    planets = tuple(map(_planet, _listed(transits, (Transit, Mapping), "transits", "transits=[Transit(...)]")))
    names = _listed(name, (str,), "name", "a text, or several")
    with contents.lock:
        tic = _tic(contents, star)
        _check_free(contents, tic, numbers, seconds)
        told = {"ra": ra, "dec": dec, "tmag": tmag}
        entry = _star(
            contents, tic, numbers, planets, names, {k: _place(k, v) for k, v in told.items() if v is not None}
        )
        entry = replace(entry, light=_light(entry, numbers, seconds, light_curve))
        runs = _runs(contents, entry, numbers, seconds, dv)
        contents.known.add(entry, *runs)
        seen = [Seen(tic, number, fast=seconds == 20) for number in numbers]
        listings = [contents.maker.seen(each) for each in seen]
        listings += [contents.maker.searched(_search(run, entry)) for run in runs if run.first < run.last]
        contents.put(listings, sectors=numbers)
    return tuple(str(row["dataURI"]) for listing in listings for row in listing.products)


# -- what may be said --------------------------------------------------------------------------------------------


def _number(value: object, what: str) -> float:
    """Return a finite number."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, (bool, str)) or not isfinite(number):
        raise QueryError(f"{what} is {value!r}, which is no number")
    return number


def _whole(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise QueryError(f"{what} is {value!r}, which is no whole number")
    return value.__index__()


def _listed(given: Any, kinds: tuple[type, ...], what: str, right: str) -> tuple[Any, ...]:
    """Return one thing or several as a tuple."""
    if isinstance(given, kinds):
        return (given,)
    found = None if given is None or isinstance(given, str) or not isinstance(given, Iterable) else tuple(given)
    if found is None or not all(isinstance(each, kinds) for each in found):
        raise QueryError(f"{what} is {given!r}: give {right}")
    return found


def wanted_sectors(given: int | str | Iterable[int]) -> tuple[int, ...]:
    """Return sectors in ascending order, each once.

    Raises
    ------
    QueryError
        If there is none, or one is not of the mission.
    """
    if isinstance(given, str):
        try:
            found: Sequence[int] = sectors_of_text(given.replace(" ", ""))
        except ValueError:
            raise QueryError(f"sectors is {given!r}: a text is such as '3,4' or '1-13'") from None
    elif isinstance(given, Iterable):
        found = [_whole(number, "a sector") for number in given]
    else:
        found = [_whole(given, "sectors")]
    strange = sorted(set(found) - sectors.mission().keys())
    if strange or not found:
        which = f"no sector {text_of_sectors(strange) if strange[0] > 0 else strange[0]}" if strange else "no sectors"
        raise QueryError(f"{which}: the mission has 1 to {max(sectors.mission())}")
    return tuple(sorted(set(found)))


def _exptime(given: int) -> int:
    seconds = _number(given, "exptime")
    if seconds not in {20, 120}:
        raise QueryError(f"exptime is {given!r}: targets are observed at 120 or 20 s")
    return int(seconds)


def _planet(given: Transit | Mapping[str, float]) -> Planet:
    if isinstance(given, Transit):
        return given.planet
    fields = Transit.__dataclass_fields__
    for key in given:
        if key not in fields:
            raise UnknownNameError("field of a transit", str(key), fields)
    if missing := [key for key in fields if key not in given]:
        raise QueryError(f"a transit needs {', '.join(fields)}: {', '.join(missing)} is missing")
    return Transit(**given).planet


def _place(name: str, value: object) -> float:
    low, high = {"ra": (0.0, 360.0), "dec": (-90.0, 90.0), "tmag": (-5.0, 25.0)}[name]
    number = _number(value, name)
    if not low <= number <= high:
        raise QueryError(f"{name} is {number}: it must be from {low:g} to {high:g}")
    return number


# -- the star ----------------------------------------------------------------------------------------------------


def _tic(contents: Contents, star: int | str) -> int:
    """Return the TIC number of a star: a number, ``"TIC n"``, or a name that the archive knows."""
    if isinstance(star, str):
        digits = plain_name(star).removeprefix("tic")
        found = contents.named(star)
        if found is None and not digits.isdecimal():
            raise UnknownNameError("star", star, [name for known in contents.stars() for name in known.names])
        star = found.tic if found else int(digits)
    tic = _whole(star, "star")
    if not 0 < tic <= LARGEST_TIC:
        raise QueryError(f"there is no TIC {tic}: numbers are from 1 on, with 16 digits at most")
    return tic


def _check_free(contents: Contents, tic: int, numbers: Sequence[int], seconds: int) -> None:
    if seconds == 20 and numbers[0] < FIRST_20S:
        raise QueryError(f"there are no 20-s data of sector {numbers[0]}: they begin with sector {FIRST_20S}")
    if not contents.has(tic):
        return
    there = {
        row["sequence_number"]
        for row in contents.of_targets([str(tic)])
        if row["provenance_name"] == "SPOC" and row["t_exptime"] == seconds and row["dataURL"].endswith("lc.fits")
    }
    if taken := sorted(there & set(numbers)):
        raise QueryError(
            f"the archive has TIC {tic} in sector {text_of_sectors(taken)} at {seconds} s already: take another star or sector"
        )


def _star(
    contents: Contents,
    tic: int,
    numbers: Sequence[int],
    planets: tuple[Planet, ...],
    names: Sequence[str],
    told: Mapping[str, float],
) -> Star:
    """Return the star with all that is new of it; what is known of it already cannot be said otherwise."""
    for name in names:
        other = contents.named(name)
        if not plain_name(name) or plain_name(name).startswith("tic") or (other and other.tic != tic):
            raise QueryError(f"a star cannot have the name {name!r}" + (f": TIC {other.tic} has it" if other else ""))
    known = contents.star(tic)
    if known is None:
        if ("ra" in told) != ("dec" in told):
            raise QueryError("ra and dec belong together: give both or neither")
        ra, dec = (told["ra"], told["dec"]) if "ra" in told else chips.place(tic, numbers)
        known = Star(tic, (), ra, dec, None, None, told.get("tmag", TMAG), 5700.0, 4.4, None, 1.0, planets)
    for key, value in {**told, **({"planets": planets} if planets else {})}.items():
        if getattr(known, key) != value:
            word, said = ("transits", "others") if key == "planets" else (key, f"{key}={getattr(known, key)}")
            raise QueryError(f"the archive knows TIC {tic} already, with {said}: leave {word} out or take another star")
    seen = chips.seeing(known.ra, known.dec, numbers)
    have = {number for number, *_ in known.chips}
    more = tuple((number, *chip) for number, chip in seen.items() if number not in have)
    return replace(known, names=tuple(dict.fromkeys((*known.names, *names))), chips=(*known.chips, *more))


# -- its light ---------------------------------------------------------------------------------------------------


def _light(star: Star, numbers: Sequence[int], seconds: int, given: Any) -> Light | None:
    """Return the light of a star with what is given of some sectors."""
    if given is None:
        return star.light
    if isinstance(given, Mapping):
        if given.keys() != set(numbers):
            raise QueryError(
                f"light_curve has sectors {sorted(given)!r}, sectors has {list(numbers)!r}: give one light curve per sector"
            )
        each = given
    else:
        each = dict.fromkeys(numbers, given)
    curves = {
        (number, seconds): _flux(each[number], model.SimulatedTarget(star.plain, sector(number), seconds))
        for number in numbers
    }
    return Light({**(star.light.curves if star.light else {}), **curves})


def _flux(given: Any, of: model.SimulatedTarget) -> NDArray[np.float64]:
    """Return a relative flux as numbers, NaN where there is none."""
    where = f"the light curve of sector {of.sector.sector}"
    if callable(given):
        time = model.times(of)[0]
        flux = _numbers(given(time.copy()), where)
        if flux.shape not in {time.shape, ()}:
            raise QueryError(f"{where} is a function that gave shape {flux.shape} for times of shape {time.shape}")
        flux = np.array(np.broadcast_to(flux, time.shape))
    else:
        flux = _numbers(given, where)
    if flux.ndim != 1 or not flux.size:
        raise QueryError(f"{where} has shape {flux.shape}: give one value per cadence")
    if len(flux) > of.rows:
        raise QueryError(f"{where} has {len(flux)} values, but the sector has {of.rows} cadences of {of.seconds} s")
    if (np.abs(flux) > LARGEST_FLUX).any():  # infinity, too; NaN is not
        raise QueryError(f"{where} is infinite or above {LARGEST_FLUX:g} somewhere: use NaN where there is no value")
    return flux


def _numbers(given: Any, where: str) -> NDArray[np.float64]:
    if getattr(given, "unit", None) is not None:
        try:
            given = given.to_value("")
        except Exception as error:  # astropy's own error; what else `to_value` may be, it is not this
            raise QueryError(
                f"{where} is in {given.unit}: relative flux has no unit, so divide it by its median"
            ) from error
    if isinstance(given, (list, tuple)):
        given = [np.nan if value is None else value for value in given]
    try:
        masked = np.ma.asarray(given)
        if masked.dtype.kind not in "iufO":
            raise TypeError(masked.dtype)
        return np.array(np.ma.filled(masked.astype(np.float64), np.nan))
    except (TypeError, ValueError):
        raise QueryError(
            f"{where} is {type(given).__name__}: give an array of numbers, or a function of time"
        ) from None


# -- its searches ------------------------------------------------------------------------------------------------


def _runs(contents: Contents, star: Star, numbers: Sequence[int], seconds: int, dv: bool) -> list[ValidationRun]:
    """Return the searches of each sector, and of all together."""
    if not dv:
        return []
    tces = len(model.signals(star))
    if seconds != 120:
        raise QueryError("data validation is made of 120-s data: leave dv out, or exptime")
    if not 0 < tces <= MOST_TCES:
        raise QueryError(
            f"data validation needs 1 to {MOST_TCES} transits, one per TCE; there are {tces}: transits=[Transit(...)]"
        )
    ranges = [(number,) for number in numbers] + ([tuple(numbers)] if len(numbers) > 1 else [])
    return [_run(star, seen, tces) for seen in ranges]


def _run(star: Star, seen: tuple[int, ...], tces: int) -> ValidationRun:
    """Return a search that ends with the data."""
    run = searched(star, seen, tces)
    last = sector(seen[-1])
    rows = star.light.rows(last.sector, 120) if star.light else None
    return run if rows is None else replace(run, cadences=last.first_cadenceno + rows - run.first_cadenceno)


def _search(run: ValidationRun, star: Star) -> Searched:
    first, last = (model.SimulatedTarget(star, sector(number), 120) for number in (run.sectors[0], run.sectors[-1]))
    begin, end = first.sector.start, last.sector.start + last.rows * 120 / model.DAY
    return Searched(run.tic, run.first, run.last, t_min=begin + MJD_OF_BTJD_0, t_max=end + MJD_OF_BTJD_0)

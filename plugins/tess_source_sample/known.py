"""The stars and searches that one archive knows: those of every sample archive, and what was added to this one."""

from __future__ import annotations

from tess_source_sample import facts
from tess_source_sample.facts import Star, ValidationRun


class KnownStars:
    """What an archive knows; more can be added while it answers."""

    def __init__(self) -> None:
        self._stars: dict[int, Star] = {}
        self._runs: dict[tuple[int, int, int, int], ValidationRun] = {}

    def star(self, tic: int) -> Star:
        """Return a star.

        Raises
        ------
        KeyError
            If it is not known.
        """
        return self._stars.get(tic) or facts.star(tic)

    def stars(self) -> tuple[Star, ...]:
        """Return all stars but those that are made up in bulk."""
        return tuple(({star.tic: star for star in facts.STARS} | self._stars).values())

    def runs(self, tic: int) -> tuple[ValidationRun, ...]:
        """Return every data validation run of SPOC of a star."""
        return (*facts.runs(tic), *(run for run in tuple(self._runs.values()) if run.tic == tic))

    def run(self, tic: int, first: int, last: int, run: int) -> ValidationRun:
        """Return one data validation run.

        Raises
        ------
        KeyError
            If it is not known.
        """
        return self._runs.get((tic, first, last, run)) or facts.run(tic, first, last, run)

    def add(self, star: Star, *runs: ValidationRun) -> None:
        """Add a star, or put it in the place of what was known of it, with runs."""
        self._stars[star.tic] = star
        self._runs.update({(run.tic, run.first, run.last, run.run): run for run in runs})


KNOWN = KnownStars()
"""What every sample archive knows."""

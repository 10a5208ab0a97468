"""How long it takes to tell which sectors saw stars: ``python -m bench.sectors``; beside tess-point, if it is installed."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from tess_source import Session
from tess_source_sectors.chips import bundled

PI_MEN = (84.291188, -80.46912)
STARS = 100_000


def best(function: Callable[[], object], times: int) -> float:
    """Return the shortest of some runs [s]."""
    runs = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        runs.append(time.perf_counter() - start)
    return min(runs)


def main() -> None:
    generator = np.random.default_rng(1)
    ra, dec = generator.uniform(0, 360, STARS), np.degrees(np.arcsin(generator.uniform(-1, 1, STARS)))
    session, places = Session(offline=True), np.column_stack([ra, dec])
    chips = bundled()
    one = [np.array([value]) for value in PI_MEN]
    print(f"one star, {len(chips):,} CCDs: {1000 * best(lambda: chips.seeing(*one), 50):.2f} ms")
    whole = best(lambda: session.sectors(PI_MEN, products=False, pixels=False), 50)
    print(f"one star, as session.sectors(…, products=False): {1000 * whole:.2f} ms")
    print(f"{STARS:,} stars, {len(chips):,} CCDs: {best(lambda: chips.seeing(ra, dec), 3):.2f} s")
    whole = best(lambda: session.sectors(places, products=False), 2)
    print(f"{STARS:,} stars, as session.sectors: {whole:.2f} s")
    if find_spec("tess_stars2px"):
        from tess_stars2px import tess_stars2px_function_entry

        *_, pointings = tess_stars2px_function_entry(0, *PI_MEN)
        theirs = best(lambda: tess_stars2px_function_entry(0, *PI_MEN, scInfo=pointings), 10)
        print(f"one star, tess-point: {1000 * theirs:.1f} ms")


if __name__ == "__main__":
    main()

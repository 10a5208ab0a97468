"""Bad inputs by chance, with fixed seeds: the same in every run, and more of them by ``make stress``.

``TESS_SOURCE_SEED=7`` gives other inputs. A test tries each and says which number failed:

    for number, chance in attempts(60):
        broken = altered(data, chance)
        …
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

from sizes import size

SEED = os.environ.get("TESS_SOURCE_SEED", "0")
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 10**30, 2**63, float("nan"), float("inf"), "", " ", "x", "NaN", "\x1b[31m", "<b>&",
    "²", "a\ud800", "\0", "9" * 5000, [], [[]], [None], {}, {"a": 1}, [1, "2", {"c": []}],
)  # fmt: skip
"""Values that a JSON answer or a header may hold in place of the right one."""


def attempts(ci: int, stress: int = 1000) -> Iterator[tuple[int, random.Random]]:
    """Yield the number of each attempt, and its own source of chance."""
    for number in range(size(ci, stress)):
        yield number, random.Random(f"{SEED}:{number}")


def flipped(data: bytes, chance: random.Random, bits: int = 1) -> bytes:
    """Return bytes of which some bits are changed."""
    changed = bytearray(data)
    for _ in range(bits if changed else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def altered(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with one change: bits, a cut, a stretch that is lost, doubled, moved, or replaced by noise."""
    first, last = sorted(chance.choices(range(len(data) + 1), k=2))
    last = min(last, first + chance.choice((1, 2, 8, 80, 2880)))
    stretch = data[first:last]
    match chance.randrange(6):
        case 0:
            return flipped(data, chance, chance.choice((1, 1, 1, 2, 8)))
        case 1:
            return data[:first]
        case 2:
            return data[:first] + data[last:]
        case 3:
            return data[:last] + stretch * chance.choice((1, 2, 50)) + data[last:]
        case 4:
            place = chance.randrange(len(data) + 1)
            rest = data[:first] + data[last:]
            return rest[:place] + stretch + rest[place:]
        case _:
            return data[:first] + chance.randbytes(len(stretch)) + data[last:]


def altered_json(value: Any, chance: random.Random) -> Any:
    """Return a JSON value of which one part is another value, is missing, or is wrapped in a list."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(list(value))
        if chance.random() < 0.15:
            return {key: part for key, part in value.items() if key != name}
        return {**value, name: altered_json(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        place = chance.randrange(len(value))
        return [*value[:place], altered_json(value[place], chance), *value[place + 1 :]]
    return [value] if chance.random() < 0.1 else chance.choice(STRANGE)

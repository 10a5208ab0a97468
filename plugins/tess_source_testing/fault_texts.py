"""What is written in ``@pytest.mark.tess_faults("503 then ok")``: one small language for the faults of the sample archive.

.. code-block:: text

    text   = step ("then" step)*
    step   = fault [detail]… [count]      a time, a place, a rate: "2 s", "at 1000 bytes", "100 kB/s", "retry after 5 s"
    count  = "once" | "twice" | "3 times" | "always"

Steps strike one request after the other. One without a count strikes one request; the last one strikes all that are left.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tess_source.errors import QueryError, did_you_mean
from tess_source_sample.faults import KINDS, Fault

__all__ = ["faults_of_text"]

OK = frozenset({"ok", "fine", "200"})
"""What says that requests are answered well."""
SILENCE = 600.0
"""Seconds without an answer after which nobody waits any more."""
WORDS: dict[str, Fault] = {
    "timeout": Fault("latency", seconds=SILENCE),
    "slow": Fault("latency", seconds=1.0),
    "stall": Fault("stall", seconds=SILENCE),
    "truncated": Fault("truncate"),
    "reset": Fault("reset"),
    "damaged": Fault("garbage"),
    "changed": Fault("changed"),
    "html": Fault("html"),
    "maintenance": Fault("html"),
    "empty": Fault("empty"),
    "error": Fault("json-error"),
    "bad json": Fault("bad-json"),
    "slow down": Fault("slow-down"),
    "redirect": Fault("redirect"),
    "redirect loop": Fault("redirect-loop"),
    "wrong length": Fault("wrong-length"),
    "no length": Fault("no-length"),
    "no ranges": Fault("ignore-range"),
    "no conditions": Fault("ignore-conditions"),
}
"""Words for the kinds of faults, with their usual details."""
SAME = {
    "time-out": "timeout", "time out": "timeout", "timed out": "timeout", "no answer": "timeout", "latency": "slow", "late": "slow",
    "stalled": "stall", "truncate": "truncated", "cut": "truncated", "cut off": "truncated", "connection reset": "reset",
    "garbage": "damaged", "corrupt": "damaged", "corrupted": "damaged", "page": "html", "json error": "error", "too many requests": "429",
    "not found": "404", "unavailable": "503",
}  # fmt: skip
"""Other words for the same."""
_NUMBER = r"(\d+(?:\.\d+)?)"
_SECONDS = rf"{_NUMBER} ?(ms|s|sec|seconds?)"
DETAILS: dict[str, str] = {
    "retry_after": rf"retry[- ]after {_SECONDS}",
    "rate": rf"(?:at )?{_NUMBER} ?(k|m|)b(?:ytes)?/s",
    "seconds": rf"(?:for |after |by )?{_SECONDS}",
    "percent": rf"(?:at |after )?{_NUMBER} ?%()",
    "at": r"(?:at |after )(\d+) ?(k|m|)b(?:ytes?)?",
}
"""Detail → how it is written; a number, and its unit."""
TIMES = {"ms": 1e-3, "k": 1e3, "m": 1e6}
"""Unit → factor; 1 for others."""
COUNTS = {"once": 1, "twice": 2, "thrice": 3, "always": None, "for ever": None, "forever": None}


def faults_of_text(text: str, match: str = "") -> list[Fault]:
    """Return the faults that a text tells.

    Parameters
    ----------
    text : str
        E.g. ``"503 then ok"``, ``"timeout twice"``, ``"slow 2 s"``, ``"truncated"``, ``"ok then 404"``; or as ``tess-source sample serve
        --fault`` takes it, ``"status:503:times=2"``.
    match : str
        Text that occurs in the request: in its path, its decoded query or its form, e.g. ``"Mast.Caom.Products"``, ``"Download/file"``.

    Returns
    -------
    list of Fault

    Raises
    ------
    QueryError
        If it cannot be understood; the message says what can.
    """
    if re.match(r"[a-z-]+:", text.strip()):
        try:
            rule = Fault.parse(text.strip())
        except ValueError as error:
            raise QueryError(f"the fault {text!r}: {error}") from error
        return [replace(rule, match=match) if match else rule]
    steps = [step.strip() for step in re.split(r"\bthen\b|,", " ".join(text.lower().split()))]
    faults: list[Fault] = []
    after = 0
    for number, step in enumerate(steps, 1):
        fault, times = _fault_and_times(step, text, last=number == len(steps))
        if fault is not None:
            faults.append(replace(fault, match=match, after=after, times=times))
        if times is None and number < len(steps):
            raise QueryError(f"the fault {text!r}: nothing comes after {step!r}, which is for ever")
        after += times or 0
    return faults


def _fault_and_times(step: str, text: str, *, last: bool) -> tuple[Fault | None, int | None]:
    """Return a step's fault, None if it is none, and how many requests it strikes, None for all."""
    rest, times = _count(step, None if last else 1)
    if times == 0:
        raise QueryError(f"the fault {text!r}: {step!r} strikes no request")
    rest, details = _details(rest)
    word = SAME.get(rest, rest)
    if word in OK and not details:
        return None, times
    return _fault(word, details, text), times


def _details(step: str) -> tuple[str, dict[str, Any]]:
    """Return a step without its details, and these."""
    details: dict[str, Any] = {}
    while True:
        for name, pattern in DETAILS.items():
            if found := re.search(rf"\s{pattern}$", step):
                details[name] = float(found[1]) * TIMES.get(found[2], 1.0)
                step = step[: found.start()].strip()
                break
        else:
            return step, details


def _count(step: str, otherwise: int | None) -> tuple[str, int | None]:
    """Return a step without its count, and the count."""
    for word, times in COUNTS.items():
        if step.endswith(f" {word}"):
            return step.removesuffix(word).strip(), times
    if found := re.search(r"\s(?:x ?(\d+)|(\d+)(?: times?| ?x))$", step):
        return step[: found.start()].strip(), int(found[1] or found[2])
    return step, otherwise


def _fault(word: str, details: dict[str, Any], text: str) -> Fault:
    """Return the fault that a word means, with details."""
    if "percent" in details:
        details["at"] = details.pop("percent") / 100
    if re.fullmatch(r"(http )?[1-9]\d\d( error)?", word):
        fault, known = Fault("status", status=int(re.sub(r"\D", "", word))), {"retry_after"}
    elif word == "slow" and "rate" in details:
        fault, known = Fault("slow"), {"rate"}
    elif word in WORDS or word.replace(" ", "-") in KINDS:
        fault = WORDS[word] if word in WORDS else Fault(word.replace(" ", "-"))
        known = {"latency": {"seconds"}, "stall": {"seconds", "at"}, "slow": {"rate"}}.get(fault.kind, {"at"})
    else:
        words = ("ok", "404", "503", *WORDS)
        near = (
            did_you_mean(word, words) or f"; known are an HTTP code, {', '.join(w for w in words if not w.isdigit())}"
        )
        raise QueryError(f"the fault {text!r}: {word!r} is no fault{near}")
    if strange := sorted({*details} - known):
        said = strange[0].replace("_", " ")
        raise QueryError(
            f"the fault {text!r}: {word!r} takes no {said!r}, but {' and '.join(sorted(known)).replace('_', ' ')}"
        )
    return replace(fault, **details)

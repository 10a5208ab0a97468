"""The README of a data set."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from tess_source.display import text
from tess_source.display.visible import visible, visible_line
from tess_source.lock import citation
from tess_source.session import session_of
from tess_source_arrays.schema import described, markdown

if TYPE_CHECKING:
    from tess_source.tables.plan import Plan

__all__ = ["card", "code", "prose", "some_columns"]


def card(
    title: str,
    lock: Plan,
    splits: Mapping[str, int],
    stars: int,
    options: Mapping[str, Any],
    missing: Mapping[str, str],
) -> str:
    """Return the README of a data set.

    Parameters
    ----------
    title : str
    lock : Plan
        Files of the data set.
    splits : mapping
        Number of light curves on each side.
    stars : int
        Number of stars.
    options : mapping
        Options with which it was made.
    missing : mapping
        URI → reason, of files without a row.
    """
    asked = options["columns"]
    known = described(item.pipeline for item in lock)
    rows = [line for line in markdown().splitlines() if "| list of " not in line]
    rows += [known[name].line() if name in known else f"| {code(name)} | list | | as in the files |" for name in asked]
    bitmask = options["quality_bitmask"]
    template = string.Template(resources.files("tess_source_arrays").joinpath("card.md.txt").read_text("utf-8"))
    return template.substitute(
        title=prose(title),
        some=", ".join(json.dumps(name) for name in ("tic", *some_columns(asked))),
        count=text.number(len(lock), "light curve"),
        stars=text.number(stars, "star"),
        splits="\n".join(f"| {side} | {count:,} |" for side, count in splits.items()),
        **{key: options["split"][key] for key in ("method", "seed", "fractions")},
        cadences="Every cadence of the files is there."
        if bitmask is None
        else f"Cadences that `lightkurve.read` leaves out with `quality_bitmask={bitmask!r}` were left out.",
        missing="\n".join(f"- {code(uri)}: {prose(reason)}" for uri, reason in missing.items()) or "Nothing.",
        columns="\n".join(rows),
        dtypes=f"`{json.dumps(options['dtypes'])}`" if options["dtypes"] else "none",
        cite=prose(citation.cite(lock, session_of(lock).registry.citations.values())),
    )


def prose(text: str) -> str:
    """Return a text that Markdown shows as it is: no link, element or emphasis comes from it."""
    return re.sub(r"([\\`*~|<>&\[\]])", r"\\\1", visible(text))


def code(text: str) -> str:
    """Return a text as code, on one line and within one cell of a table."""
    return f"`{visible_line(text).translate(_OUTSIDE_CODE)}`"


_OUTSIDE_CODE = str.maketrans("`|", "'/")
"""Characters that would end the code or the cell."""


def some_columns(asked: Sequence[str]) -> Sequence[str]:
    """Return a few of the columns for an example: time and fluxes if there are any."""
    fluxes = [name for name in ("pdcsap_flux", *asked) if name in asked and "flux" in name and "err" not in name]
    return [name for name in asked if name == "time" or name in fluxes[:1]] or asked[:2]

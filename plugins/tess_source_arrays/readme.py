"""The README of a data set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tess_source.display import text
from tess_source.lock import citation
from tess_source.session import session_of
from tess_source_arrays.schema import markdown

if TYPE_CHECKING:
    from tess_source.tables.plan import Plan

__all__ = ["card"]

CARD = """\
---
configs:
- config_name: default
  data_files: "part-*.parquet"
---

# {title}

{count} of {stars}, one row each, made by tess-source.

| split | light curves |
|---|---|
{splits}

Every star is on one side only, which depends on its TIC id ({method}; seed {seed}, fractions {fractions}).

{cadences} NaN is a missing value.

## Read it

```python
train = pl.scan_parquet("part-*.parquet").filter(pl.col("split") == "train").select("tic", "time", "pdcsap_flux").collect()
```

## Fetch and check the files it was made from

`lock.ecsv` names every file with size, sha256 and processing; each Parquet file has its part of it as metadata (`tess_source.lock.check`).

```sh
tess-source get --from-lock lock.ecsv --to fits
tess-source verify lock.ecsv --to fits
```

## What is missing

{missing}

## Columns

{columns}

Types in this data set that are not those above: {dtypes}.

## How to cite

{cite}
"""


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
    known = markdown().splitlines()
    lists = {line.split("`")[1]: line for line in known if "| list of " in line}
    rows = [line for line in known if "| list of " not in line]
    rows += [lists.get(name, f"| `{name}` | list | | as in the files |") for name in asked]
    bits = options["quality_bitmask"]
    return CARD.format(
        title=title,
        count=text.number(len(lock), "light curve"),
        stars=text.number(stars, "star"),
        splits="\n".join(f"| {side} | {count:,} |" for side, count in splits.items()),
        **{key: options["split"][key] for key in ("method", "seed", "fractions")},
        cadences="Every cadence of the files is there."
        if bits is None
        else f"Cadences without a time, or with any of the quality bits {bits}, were left out.",
        missing="\n".join(f"- `{uri}`: {reason}" for uri, reason in missing.items()) or "Nothing.",
        columns="\n".join(rows),
        dtypes=f"`{json.dumps(options['dtypes'])}`" if options["dtypes"] else "none",
        cite=citation.cite(lock, session_of(lock).registry.citations.values()),
    )

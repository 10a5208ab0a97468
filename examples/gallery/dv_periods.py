"""A reader: data-validation reports (XML) as the orbital periods [d] of their candidates, e.g. to sort thousands of stars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from tess_source import Entry, hookimpl
from tess_source.errors import DamagedFileError


@hookimpl
def tess_load(entry: Entry, options: Mapping[str, Any]) -> list[float] | None:
    """Return the period of each candidate, in the order of the report; None for other files."""
    if entry.item.kind != "dvr-xml" or entry.path is None:
        return None
    try:
        report = ElementTree.parse(entry.path).getroot()
    except ElementTree.ParseError as error:
        raise DamagedFileError(f"{entry.path.name} is damaged: {error}; fetch it again") from error
    fits = report.findall("{*}planetResults/{*}allTransitsFit")
    values = [
        one
        for fit in fits
        for one in fit.findall("{*}modelParameters/{*}modelParameter")
        if one.get("name") == "orbitalPeriodDays"
    ]
    return [float(one.get("value", "nan")) for one in values]

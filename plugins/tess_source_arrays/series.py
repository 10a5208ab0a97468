"""A list column of a table whose rows are light curves."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Series"]


@dataclass(frozen=True, slots=True)
class Series:
    """A list column with one value per cadence."""

    name: str
    type: str
    unit: str
    text: str

    def line(self) -> str:
        """Return a line of a table in Markdown."""
        return f"| `{self.name}` | list of {self.type} | {self.unit} | {self.text} |"

"""What plugins declare, and what they are told: frozen records without behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tess_source._lazy import np, pl

if TYPE_CHECKING:
    import numpy.typing as npt

    from tess_source.settings import Settings
    from tess_source.tables.listing import Links, Products

__all__ = ["Accessor", "Column", "Field", "Filter", "Mask", "Request", "Transport"]

Mask: TypeAlias = "pl.Expr | pl.Series | npt.NDArray[np.bool_]"
"""Which rows to keep: a polars expression, or one boolean a row."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Filter:
    """One way of choosing products: at once a Python keyword, an option of the program and a line in the lock."""

    name: str
    """The keyword; ``one_per_sector`` becomes ``--one-per-sector``."""
    keep: Callable[[Products, Any], Mask]
    """A pure function of the whole table and the checked value: which rows stay."""
    help: str
    """One line for the reader of ``--help``."""
    check: Callable[[Any], Any] = _same
    """Turns a Python value into its canonical form, or raises ValueError or TypeError that says what would be right."""
    parse: Callable[[str], Any] = _same
    """Turns the program's text into a value for `check`."""
    multiple: bool = False
    """The option may be repeated: `check` is then given the list of all parsed values."""
    metavar: str = "VALUE"
    """The placeholder of the value in ``--help``; empty for an option without a value."""
    choices: Callable[[], Sequence[str]] | None = None
    """The words that shells may complete; not a check."""
    default: Any = None
    """Applies unless the user passes another value or None."""
    last: int = 0
    """0: a mask, order does not matter. 1: a choice among what is left, in order of name. 2: after those, e.g. a limit."""
    criteria: Callable[[Any], Mapping[str, Any]] | None = None
    """What an archive may be asked instead when no target was given, so that not everything has to be listed."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is added to the products once they are linked."""

    name: str
    """Its name; two plugins cannot claim the same."""
    compute: Callable[[Products, Links], pl.Expr | pl.Series]
    """A pure function of the whole table and its links: one value a row."""
    help: str
    """One line that says what it holds, with its unit."""


@dataclass(frozen=True, slots=True)
class Accessor:
    """A method that is added to every `tess_source.tables.found.Found`, or to every `tess_source.tables.manifest.Manifest`."""

    name: str
    """``dv`` becomes ``found.dv(…)``; two plugins cannot claim the same, nor can any claim what the class has itself."""
    function: Callable[..., Any]
    """What is called, with the Found or Manifest before the user's arguments; its docstring is the method's."""
    help: str
    """One line that says what it gives."""
    of: str = "found"
    """What has the method: ``found``, or ``manifest``, which is what was fetched."""

    @property
    def key(self) -> str:
        """The name that two plugins cannot both claim."""
        return self.name if self.of == "found" else f"{self.of}.{self.name}"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of an archive's own tables, as the archive describes it."""

    name: str
    label: str = ""
    type: str = ""
    unit: str = ""
    description: str = ""
    examples: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """Where a file is to be had: one GET."""

    url: str
    """An http or https address."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers for the first host only: they may hold a secret and do not follow a redirect elsewhere."""


@dataclass(frozen=True, slots=True)
class Transport:
    """How the URIs of one scheme are fetched."""

    scheme: str
    """What stands before the colon, e.g. ``mast``; one plugin owns it."""
    locate: Callable[[str, Settings], Request]
    """A pure function: URI to request."""
    help: str = ""
    """One line that says where these files come from."""

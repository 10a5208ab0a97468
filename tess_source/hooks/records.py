"""What plugins declare: frozen records without behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.listing import Links, Observations, Products
    from tess_source.tables.rows import Mask

__all__ = ["Accessor", "Citation", "Column", "Field", "Filter", "Kind", "Request", "StandIn", "Transport"]


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
    check: Callable[..., Any] = _same
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
    holds: Callable[[Observations, Any], Mask] | None = None
    """Which observations may have products that stay, so that the others need not be listed; null and true mean "may". Who gives this
    promises that `keep` looks at each row alone. None: any observation may."""
    most: Callable[[Any], int] | None = None
    """For a choice: after how many products, in the order of the table, nothing more is kept. None: all have to be seen."""
    kinds: bool = False
    """Whether its words are kinds of products: `check` is then given, as a second argument, the names that plugins declare."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of product that `tess_source.names` does not know, so that it can be selected by ``kind=``."""

    name: str
    """As it stands in the column `kind`; two plugins cannot claim the same."""
    help: str
    """One line that says what such a file holds."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Says that an archive repeats the rows of another, e.g. as a catalogue or a copy. It is asked only when it is named, or offline."""

    archive: str
    """The archive whose rows it has."""
    help: str = ""
    """One line that says what it is."""


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
    """A method that is added to every `Found`, to every `Manifest`, or to every `Session`."""

    name: str
    """``dv`` becomes ``found.dv(…)``; two plugins cannot claim the same, nor can any claim what the class has itself."""
    function: Callable[..., Any]
    """What is called, with the Found, Manifest or Session before the user's arguments; its docstring is the method's."""
    help: str
    """One line that says what it gives."""
    of: str = "found"
    """What has the method: ``found``, ``manifest`` (what was fetched), or ``session``."""

    @property
    def key(self) -> str:
        """The name that two plugins cannot both claim."""
        return self.name if self.of == "found" else f"{self.of}.{self.name}"


@dataclass(frozen=True, slots=True)
class Citation:
    """How papers cite a data set."""

    pipeline: str
    """The pipeline that made it, as in the column `pipeline`; case does not matter."""
    kind: str | None
    """The kind of its files, as in the column `kind`. None: all kinds that have no citation of their own."""
    title: str
    """Title and publisher."""
    doi: str
    """E.g. ``10.17909/t9-nmc8-f686``."""
    acknowledgement: str = ""
    """What the archive asks papers to say that use its data."""
    others: str = ""
    """Where to look for data sets that have no citation here, e.g. "MAST lists its DOIs at https://…"."""

    @property
    def key(self) -> str:
        """The data set, which two plugins cannot both claim."""
        return f"{self.pipeline.upper()} {self.kind or '*'}"


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
    """Where the bytes of a file are to be had."""

    url: str
    """An http or https address, fetched by one GET; or a file address, ``file:///...``, which is copied."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers for the first host only: they may hold a secret and do not follow a redirect elsewhere, nor go to a server in its place."""
    unpack: str = ""
    """How what comes is packed: ``"zip"`` for a zip file with one file in it, which is unpacked. Empty: it comes as it is."""


@dataclass(frozen=True, slots=True)
class Transport:
    """How the URIs of one scheme are fetched."""

    scheme: str
    """What stands before the colon, e.g. ``mast``; one plugin owns it. ``file`` is built in."""
    locate: Callable[[str, Settings], Request | Sequence[Request]]
    """A pure function: URI to request, or to several, which are tried in this order until one gives the file."""
    help: str = ""
    """One line that says where these files come from."""

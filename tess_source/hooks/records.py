"""The records that plugins declare: frozen, without behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.listing import Links, Observations, Products
    from tess_source.tables.rows import Mask
    from tess_source.targets.target import Query
    from tess_source.wording import Wording

__all__ = [
    "Accessor", "Citation", "Column", "Copy", "Field", "Filter", "Kind", "Lookup", "Request", "Service", "Source", "StandIn", "Transport",
]  # fmt: skip


def _identity(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of products, used as a Python keyword, as an option of the program and as a line in the lock."""

    name: str
    """The keyword; ``one_per_sector`` becomes ``--one-per-sector``."""
    keep: Callable[[Products, Any], Mask]
    """A pure function of products and the checked value, which returns the mask of rows to keep. A mask compares rows of the same star at
    most, since a large answer is filtered some stars at a time; a choice gets all products that are left."""
    help: str
    """One line for ``--help``."""
    check: Callable[..., Any] = _identity
    """Returns the canonical form of a Python value, or raises ValueError or TypeError with a message that says what would be right."""
    parse: Callable[[str], Any] = _identity
    """Returns the value for `check` of a text from the command line."""
    multiple: bool = False
    """Whether the option may be repeated: `check` then gets the list of all parsed values."""
    metavar: str = "VALUE"
    """The placeholder of the value in ``--help``; empty for an option without a value."""
    choices: Callable[[], Sequence[str]] | None = None
    """Returns the words that shells may complete; not used as a check."""
    default: Any = None
    """Value that applies unless the user passes another value or None."""
    last: int = 0
    """0: a mask, whose order does not matter. 1: a choice among the rows that are left, in order of name. 2: after those, e.g. a limit."""
    criteria: Callable[[Any], Mapping[str, Any]] | None = None
    """Returns the criteria for an archive when no target was given, so that not everything has to be listed."""
    targets: Callable[[Any], Sequence[str]] | None = None
    """Returns the targets that a value names, as you would give them. They are asked for when no target was given. A pure function."""
    holds: Callable[[Observations, Any], Mask] | None = None
    """Returns the mask of observations that may have products to keep, so that the others need not be listed; null and true mean "may".
    It requires that `keep` looks at each row alone. None: any observation may."""
    warn: Callable[[Products, Any], None] | None = None
    """For a mask: logs a warning of products that it alone drops, if you would not expect that. It gets these products, which all other
    masks of the selection keep, and the value."""
    most: Callable[[Any], int] | None = None
    """For a choice: returns the most products that are kept, the first ones of the table. None: all products have to be known."""
    kinds: bool = False
    """Whether its values are kinds of products: `check` then gets the kinds that plugins declare as a second argument, and what
    it returns has an attribute `wanted`: the kinds that are asked for by name."""
    needs: Sequence[str] = ()
    """Columns of products that `keep` needs. Those that the products lack are looked up first: see `Lookup`. If that cannot be, it is an
    error. `keep` looks at each row alone, and drops those without a value."""
    shapes: bool = False
    """Whether archives make their products by its value, as cut-outs of a size. A kept answer then serves questions with the same value
    only. `keep` keeps what was made so."""
    also: Sequence[str] = ()
    """Other words for the same keyword and option, e.g. those of another program. A filter or look-up of such a name goes first."""
    advice: str | Wording = ""
    """For filters with `needs`: what would bring the columns, to end an error message, e.g. ``"run tess-source catalogue update"``."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of product that `tess_source.names` does not know, so that it can be selected by ``kind=``."""

    name: str
    """Its value in the column `kind`; two plugins cannot claim the same."""
    help: str
    """One line about the contents of such a file."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """An archive that repeats the rows of another, e.g. a catalogue or a copy. It is asked only when it is named, or offline."""

    archive: str
    """Name of the archive whose rows it has."""
    help: str = ""
    """One line that describes it."""
    covers: Callable[[Query, Settings], bool] | None = None
    """Returns whether it can answer a question without targets in place of its archive, which is then not asked unless it is named.
    It opens no connection. None: it never does."""
    local: bool = False
    """Whether it answers from this machine alone. Such answers are not kept in the cache folder, where they would not follow its changes,
    and it may be asked for everything that it has."""
    kinds: Sequence[str] = ()
    """Kinds of products for which it always answers in place of its archive, with targets or without, e.g. ``ffi``. Where a question is for
    such kinds alone, its archive is not asked; where it is for others too, both are. It need list only what the filters of a question keep:
    a kept answer serves questions with the same filters only."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Names of filters that mean another filter in questions for these kinds alone: the `size` of a cut-out is not that of its file."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is added to the products once they are linked."""

    name: str
    """Its name; two plugins cannot claim the same."""
    compute: Callable[[Products, Links], pl.Expr | pl.Series]
    """A pure function of products and their links, which returns one value per row. It compares rows of the same star at most, since
    columns of a large answer are computed some stars at a time."""
    help: str
    """One line about its contents, with its unit."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Columns of products that have to be looked up elsewhere, e.g. the values of a star. They are added where you ask for them."""

    name: str
    """``stars`` becomes the keyword ``stars=True`` of searches and selections, and the option ``--stars``."""
    columns: Mapping[str, str]
    """Column → one line about its contents, with its unit. Two plugins can give the same column: the products' own values come first."""
    find: Callable[[Products, Observations, Settings], pl.DataFrame]
    """Returns these columns for products, one row per product in the same order, null where a value is not known. It may open a
    connection. A failure raises, it is never a column of nulls."""
    help: str
    """One line for ``--help``."""
    may_be_null: bool = False
    """Whether null is an answer, such as for a star without planets. Else a warning tells of products whose value is not known."""
    source: Callable[[Products, Settings], str] | None = None
    """Returns in a line what the values that `find` gave for these products are from, such as the date and the sum of a table. Locks record
    it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Lists that an archive publishes, from which a catalogue is made."""

    name: str
    """E.g. ``"lc"``; two plugins cannot claim the same."""
    help: str
    """One line about what it gives."""
    pipeline: str
    """The pipeline whose files it lists, as in the column `pipeline`."""
    locate: Callable[[int, Sequence[str]], Sequence[str]]
    """A pure function from a sector and the links of `index` to the addresses of the lists that belong to this sector (of lists about
    several sectors: to the last one). None if the source cannot have any."""
    parse: Callable[[Path, str], pl.DataFrame]
    """Returns the rows of one list, given its file and its address. Raises ValueError for what is not such a list."""
    first: Sequence[str] = ()
    """Texts of which the list begins with one, e.g. ``"#!"``; case does not matter. What begins otherwise, such as a page of HTML, is
    refused."""
    gives: str = "files"
    """What a row is: ``files`` (a product), ``targets`` (a star on a target list), ``tces``, ``observations`` (an archive's own row), or
    ``sizes`` (the exact size of a file)."""
    kinds: Sequence[str] = ()
    """The kinds of products that it lists, as in the column `kind`."""
    index: str = ""
    """Address of a page with links to all lists, where their addresses cannot be made from the sector alone."""
    since: int = 1
    """The first sector that it can have."""
    optional: bool = False
    """Whether it is used only if it is named."""
    several: bool = False
    """Whether all its lists are about several sectors. A sector alone does not tell which of these there are."""


@dataclass(frozen=True, slots=True)
class Accessor:
    """A method that is added to every `Found`, to every `Manifest`, or to every `Session`."""

    name: str
    """``dv`` becomes ``found.dv(…)``. Two plugins cannot claim the same name, nor can a plugin claim a name of the class itself."""
    function: Callable[..., Any]
    """The function, called with the Found, Manifest or Session before the user's arguments. Its docstring is the method's."""
    help: str
    """One line about what it returns."""
    of: str = "found"
    """The class that gets the method: ``found``, ``manifest`` or ``session``."""

    @property
    def key(self) -> str:
        """The name that two plugins cannot both claim."""
        return self.name if self.of == "found" else f"{self.of}.{self.name}"


@dataclass(frozen=True, slots=True)
class Citation:
    """The citation of a data set."""

    pipeline: str
    """The pipeline that made it, as in the column `pipeline`; case does not matter."""
    kind: str | None
    """The kind of its files, as in the column `kind`. None: all kinds without their own citation."""
    title: str
    """Title and publisher."""
    doi: str
    """E.g. ``10.17909/t9-nmc8-f686``."""
    acknowledgement: str = ""
    """Sentence that the archive asks papers to include."""
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
    """The address of a file."""

    url: str
    """An http or https address, fetched by one GET; or a file address, ``file:///...``, which is copied."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers for the first host only: they may hold a secret and do not follow a redirect elsewhere, nor go to a server in its place."""
    unpack: str = ""
    """``"zip"`` if the address has a zip file with one file in it, which is unpacked. Empty if it has the file itself."""
    member: str = ""
    """How the name of the file in the zip file begins, if the zip file may hold several."""
    etag_is_md5: bool = False
    """Whether the server's ETag is the MD5 of the file where it has 32 hexadecimal digits, as in object stores. It is then checked."""
    per_second: float = 0.0
    """Most requests per second that this service allows to one user; 0: no such limit. It is that of all files of a scheme."""
    at_once: int = 0
    """Most requests at the same time that this service allows to one user; 0: no such limit."""
    wait: float = 0.0
    """Longest wait for an answer of a service that makes the file first, and for its next bytes [s], if that is longer than
    `Patience.read`."""
    as_is: bool = False
    """Whether it is asked at this very address even if a session has another server in MAST's place, as the files of an archive of your
    own are. Else every address becomes that server plus the path."""


@dataclass(frozen=True, slots=True)
class Transport:
    """How the URIs of one scheme are fetched."""

    scheme: str
    """The text before the colon, e.g. ``mast``; one plugin owns it. ``file`` is built in."""
    locate: Callable[[str, Settings], Request | Sequence[Request]]
    """A pure function from a URI to one or several requests, which are tried in this order until one succeeds."""
    help: str = ""
    """One line about where these files come from."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of an archive's files elsewhere, e.g. in a public cloud: further addresses of the same URIs."""

    name: str
    """Its word in ``prefer=``: ``cloud`` puts its addresses first, ``cloud-only`` leaves out all others. Two plugins cannot claim the
    same."""
    scheme: str
    """The scheme of the URIs whose files it has, e.g. ``mast``."""
    locate: Callable[[str, Settings], Request | Sequence[Request]]
    """A pure function from a URI to its addresses in the copy, best first; none if the URI does not tell where it is."""
    help: str
    """One line about the copy."""
    look_up: Callable[[Sequence[str], Settings], Mapping[str, Sequence[Request]]] | None = None
    """Asks for the addresses of URIs for which `locate` has none, in batches; URIs that the copy lacks are left out. It is called only if
    the copy is preferred. None: there is no such service."""
    listing: Callable[[Sequence[str], Settings], pl.DataFrame] | None = None
    """Returns what the copy has of some URIs, by its own listings: one row per URI in the same order, with `size` [bytes], `etag`, and
    `modified` (UTC), null where it has no such file. None: it cannot be listed."""
    siblings: Callable[[Sequence[str], Settings], pl.DataFrame] | None = None
    """Returns all that the copy has in the places of some URIs, e.g. in the folders of their sectors: one row per file with `uri`, `size`
    [bytes] and `etag`. It tells what is missing in a folder. None: only single files can be asked for."""

    @property
    def can_be_listed(self) -> bool:
        """Whether it tells what it has."""
        return self.listing is not None or self.siblings is not None


@dataclass(frozen=True, slots=True)
class Service:
    """An address that a plugin asks, so that ``tess-source doctor`` can tell whether it answers, and how fast."""

    name: str
    """E.g. ``"portal"``; two plugins cannot claim the same."""
    address: str
    """An http or https address of that service that answers in a second or so. Only the beginning of its answer is read."""
    needed_for: str
    """What does not work without it, e.g. ``"searches"``."""
    form: str = ""
    """What is posted to the address, as a web form is: ``name=value``, percent-encoded. Empty: it is asked by GET."""
    token: str = ""
    """The environment variable that may hold a secret for it. The doctor tells whether it is set, and sends it nowhere."""
    begins: str = ""
    """How the body of its answer begins, e.g. ``"{"``: another one, such as a page to log in, or a redirect to
    another host, is a problem. Empty: any will do."""

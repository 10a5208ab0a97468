"""Check of XML while it arrives, by the standard library's expat, with bounds on all that a file can make it keep or compute.

expat keeps every open element and every tag that is not complete, and unfolds entities. Encodings that it does not know it asks of Python,
whose codecs raise errors of any kind.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from tess_source.errors import DamagedFileError

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

__all__ = ["MOST_BYTES", "MalformedXmlError", "XmlParser", "XmlWalk"]

MOST_BYTES = 128 << 20
"""Of a file. Real reports have 0.1 to 1.6 MB; one of a hundred sectors and ten TCEs may have some tens."""
PIECE = 1 << 16
"""Bytes parsed at a time. expat goes on to the end of a piece, also after an error of ours, and reads a tag again with each piece."""
LONGEST_TAG = 1 << 20
"""Most bytes of a tag, a comment or the like; those of real reports have a few hundred."""
UNCOUNTED = 2 << 20
"""Bytes of a file in which levels are not counted, since that takes as long as all the rest: all of a real report."""
MOST_LEVELS = 1000
"""Levels that may be open beyond those; real reports have 6."""
MOST_NAMES = 10_000
"""Different names of elements and attributes, all of which expat and Python keep; real reports have about a hundred."""
ENCODINGS = re.compile(
    r"utf-?8|utf-?16(?:[bl]e)?|(?:us-)?ascii|iso[-_]?8859-(?:[1-9]|1[0-6])|latin-?1|(?:windows-|cp)125[0-8]",
    re.IGNORECASE,
)
"""Encodings that a file may name: those of expat, and others of one byte per letter."""


class MalformedXmlError(DamagedFileError):
    """A file that is not XML, is cut, or is larger or odder than any that is read; the message says what is wrong with "it"."""


class XmlParser:
    """A parser with bounds.

    Parameters
    ----------
    namespace_separator : str, optional
        As for `xml.parsers.expat.ParserCreate`.

    Attributes
    ----------
    expat : xml.parsers.expat.XMLParserType
        For handlers of your own.
    """

    def __init__(self, namespace_separator: str | None = None) -> None:
        from xml.parsers import expat

        self.expat: XMLParserType = expat.ParserCreate(namespace_separator=namespace_separator)
        self.expat.XmlDeclHandler = _check_encoding
        self.expat.EntityDeclHandler = _refuse_entity
        self._error: type[Exception] = expat.ExpatError
        self._count = 0
        self._longest = LONGEST_TAG
        if hasattr(self.expat, "SetReparseDeferralEnabled"):  # Python 3.13, and late versions of those before
            self.expat.SetReparseDeferralEnabled(False)  # or else it tells too late how far it is
        elif expat.version_info >= (2, 6):
            self._longest = MOST_BYTES

    def feed(self, data: bytes | bytearray | memoryview, *, final: bool = False) -> None:
        """Parse the next bytes, and the end behind them if they are the last.

        Raises
        ------
        MalformedXmlError
            As soon as something is wrong.
        """
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            piece = bytes(view[start : start + PIECE])
            self._count += len(piece)
            self._parse(piece, final=False)
            if self._count > MOST_BYTES:
                raise MalformedXmlError(f"it has more than {MOST_BYTES:,} bytes, which no XML file of TESS has")
            if self._count - self.expat.CurrentByteIndex > self._longest:
                raise MalformedXmlError(
                    f"it is not well-formed XML (a tag or comment of more than {LONGEST_TAG:,} bytes)"
                )
            if len(self.expat.intern) > MOST_NAMES:  # of what handlers were told
                raise MalformedXmlError(
                    f"it has more than {MOST_NAMES:,} different names, which no XML file of TESS has"
                )
            self._after_piece(self._count)
        if final:
            self._parse(b"", final=True)

    def _parse(self, data: bytes, *, final: bool) -> None:
        try:
            self.expat.Parse(data, final)
        except self._error as error:
            raise MalformedXmlError(f"{'it is cut' if final else 'it is not well-formed XML'} ({error})") from error

    def _after_piece(self, count: int) -> None:
        """Do more, after so many bytes of the file."""


class XmlWalk(XmlParser):
    """Check an XML file in pieces of any size: every element is closed, with nothing behind the last. Nothing is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.root: str | None = None
        """Name of the first element, without its prefix."""
        self._levels = 0
        self.expat.StartElementHandler = self._first_element

    def finish(self) -> None:
        """Check the end of the file, after the last bytes."""
        if not self._count:
            raise MalformedXmlError("it is empty")
        self.feed(b"", final=True)

    def _first_element(self, name: str, attributes: object) -> None:
        self.root = name.rpartition(":")[2]
        self.expat.StartElementHandler = None

    def _after_piece(self, count: int) -> None:
        if count > UNCOUNTED and self.expat.EndElementHandler is None:
            self.expat.StartElementHandler, self.expat.EndElementHandler = self._open_level, self._close_level

    def _open_level(self, name: str, attributes: object) -> None:
        self._levels += 1
        if self._levels > MOST_LEVELS:
            raise MalformedXmlError(f"it has more than {MOST_LEVELS:,} levels, which no XML file of TESS has")

    def _close_level(self, name: str) -> None:
        self._levels -= 1


def _check_encoding(version: str, encoding: str | None, standalone: int) -> None:
    if encoding is not None and not ENCODINGS.fullmatch(encoding):
        raise MalformedXmlError(f"it is in an encoding that is not read: {encoding[:40]!r}")


def _refuse_entity(name: str, *said: object) -> NoReturn:
    raise MalformedXmlError(
        f"it declares an entity ({name[:40]!r}), which may unfold to very much, and no XML file of TESS does"
    )

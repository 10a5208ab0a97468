"""The first bytes of a file: whether its form allows them, or a server sent a page in its place.

Servers send pages and messages with status 200, in any encoding, with comments, blanks or marks of the byte order first. Where nothing
tells the size of a file, its first bytes are all by which such an answer is known.
"""

from __future__ import annotations

import re
import tarfile
import zlib

from tess_source.files.gzipped import GZIP

__all__ = ["HTML_PAGE", "JSON_MESSAGE", "PAGE", "XML_MESSAGE", "Beginning", "ending_of", "expects_html", "never_json"]

HTML_PAGE, JSON_MESSAGE, XML_MESSAGE = "an HTML page", "a JSON message", "an XML message"
PAGE = f"it is {HTML_PAGE}, as servers send when something is wrong"
FEW, MOST = 1 << 10, 1 << 18
"""Bytes that tell nearly always, and most bytes of blanks and comments that are searched for what follows."""
BLOCK = 512
"""Bytes of the first header of a tar file, and bytes of a compressed file that are looked into."""

HTML_ENDINGS = frozenset({".html", ".htm", ".xhtml", ".shtml", ".mhtml", ".php", ".asp", ".aspx", ".jsp"})
TEXT_ENDINGS = frozenset({".txt", ".dat", ".csv", ".tsv", ".ecsv", ".tbl", ".sh"})
"""Text that begins neither with markup, nor with a JSON message about an error."""
TABLE_ENDINGS = TEXT_ENDINGS - {".txt", ".dat"}
"""Text that never begins with any JSON or XML."""
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".gif": (b"GIF87a", b"GIF89a"),
    ".gz": (GZIP,),
    ".tgz": (GZIP,),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\0",),
    ".zst": (b"\x28\xb5\x2f\xfd",),
    ".zip": (b"PK\3\4", b"PK\5\6"),
    ".npz": (b"PK\3\4", b"PK\5\6"),
    ".npy": (b"\x93NUMPY",),
    ".parquet": (b"PAR1",),
    ".fz": (b"SIMPLE  =",),
}
"""Ending → the bytes with which every such file begins. A tar file has no signature in its old form, but a sum."""

PACKED = tuple(mark for ending in (".gz", ".bz2", ".xz", ".zst") for mark in SIGNATURES[ending])
COMPRESSED = (GZIP, b"x\x01", b"x\x9c", b"x\xda", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\3\4")
"""First bytes that no text has: those of gzip, zlib, xz, Zstandard and zip."""

STRONG = frozenset({"html", "head", "body"})
WEAK = frozenset({
    "title", "meta", "h1", "h2", "h3", "h4", "h5", "h6", "center", "div", "p", "br", "hr", "script", "style", "noscript", "iframe",
    "font", "pre", "strong",
})  # fmt: skip
"""Elements with which pages begin that are not whole; a file of an unknown ending, e.g. Markdown, may begin so, too."""
FRAGMENTS = frozenset({
    "a", "abbr", "address", "applet", "article", "aside", "b", "base", "big", "blink", "blockquote", "button", "code", "dir", "dl", "em",
    "embed", "fieldset", "footer", "form", "frame", "frameset", "header", "i", "img", "input", "kbd", "label", "li", "link", "main",
    "marquee", "menu", "nav", "nobr", "object", "ol", "picture", "s", "section", "select", "small", "span", "sub", "sup", "table", "tbody",
    "td", "template", "textarea", "th", "tr", "tt", "u", "ul", "var", "wbr",
})  # fmt: skip
"""Further elements with which pieces of pages begin; other XML may begin so, too."""
ERRORS = frozenset({
    "error", "errors", "errorresponse", "exception", "exceptionreport", "serviceexceptionreport", "fault", "problem",
})  # fmt: skip
"""First elements of messages about errors, e.g. of S3, OGC services and RFC 7807."""
SOAP = ("schemas.xmlsoap.org", "www.w3.org/2003/05/soap-envelope")
"""Namespaces of messages of versions 1.1 and 1.2."""

_BLANKS = r"(?:[\s\x00-\x1f]|[\xc2\xe2]\xa0|\xe2\x80[\x80-\x8f\xa8-\xaf]|\xef\xbb\xbf)+"
"""Blanks in Latin-1 and UTF-8, also those without width. A byte of UTF-8 is changed where text is put into lower case."""
_PRELUDE = re.compile(
    rf"(?:(?>{_BLANKS}|<!-{{0,3}}>|<!--.*?--!?>|<\?.*?\?>|<!\[.*?\]>|<!doctype(?!\s+html\b)[^>\[]*(?:\[.*?\]\s*)?>))*+",
    re.DOTALL,
)
_DOCTYPE = re.compile(r"<!doctype\s+html(?=[\s>\[]|$)")
_ELEMENT = re.compile(r"<(?:[\w.-]+:)?([a-z][\w.-]*)(?=[\s/>]|$)")
_JSON = re.compile(r'\{\s*["}]|\[\s*[\[{"\]]')
_JSON_ERROR = re.compile(
    r'(?:\[\s*)?\{\s*(?:\}|"(?:errors?|error_?\w*|message|msg|status_?\w*|details?|fault\w*|code|title|type|exception|reason|success'
    r'|timestamp|path|errno|__type|request_?id)"\s*:)'
)
_TAG = re.compile(r"<[^<>]*>?[ ]*([,;|\t]?)")
"""A tag, and what comes between the names of columns, e.g. ``<object>,<date>``."""
_HTTP = re.compile(r"http/\d")
"""An answer within an answer."""


def ending_of(name: str) -> str:
    """Return the ending of a name in lower case, with its dot; empty if it has none."""
    stem, dot, last = name.lower().rpartition(".")
    return f".{last}" if dot and stem else ""


def expects_html(name: str) -> bool:
    """Return whether a file may be an HTML page by its name."""
    return ending_of(name) in HTML_ENDINGS


def never_json(name: str) -> bool:
    """Return whether a file is known by its name to be something else than JSON."""
    ending = ending_of(name)
    return ending in TEXT_ENDINGS | HTML_ENDINGS | SIGNATURES.keys() | {".fits", ".fit", ".pdf", ".xml", ".xsd", ".tar"}


class Beginning:
    """The first bytes of one file, in pieces of any size. Only as many are kept as are needed to decide.

    Parameters
    ----------
    name : str
        The file's name.
    form : str
        Its form: see `tess_source.files.verify.form_of`.
    """

    def __init__(self, name: str, form: str) -> None:
        self.undecided: bool = True
        """Whether more bytes are wanted."""
        self.page: str = ""
        """What came in place of the file, e.g. ``"an HTML page"``; empty if nothing shows it."""
        self.problem: str | None = None
        """What is wrong, in words about "it"."""
        self._name, self._ending = name, ending_of(name)
        self._form, self._html = form, form == "html" or expects_html(name)
        self._head, self._enough = b"", FEW

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Look at the next bytes."""
        while self.undecided and len(data):
            room = self._enough - len(self._head)
            self._head += bytes(data[:room])
            data = data[room:]
            if len(self._head) <= FEW or len(self._head) == self._enough:
                self._look(final=len(self._head) >= MOST)
            if len(self._head) == self._enough:
                self._enough *= 2  # so that blanks in small pieces are not searched again and again

    def finish(self) -> None:
        """Decide, since no more bytes come."""
        if self.undecided:
            self._look(final=True)

    def _look(self, *, final: bool) -> None:
        page = self._page(final=final)
        problem = self._other_form(final=final) if self._form in {"other", "html"} and page == "" else ""
        if page:
            self.page, self.problem = page, f"it is {page}, as servers send when something is wrong"
        elif problem:
            self.problem = problem
        self.undecided = not (final or page or problem or page == problem == "")
        if not self.undecided:
            self._head = b""

    # Each of the following returns what is wrong, an empty text if nothing is, or None if more bytes have to tell.

    def _page(self, *, final: bool) -> str | None:
        whole = _text_of(self._head)
        prelude = _PRELUDE.match(whole)
        text = whole[prelude.end() :] if prelude else whole
        if not text:
            return "" if final else None
        if text.startswith("<"):
            return self._markup(text, "<?xml" in whole[: len(whole) - len(text)], final=final)
        if self._ending not in TEXT_ENDINGS and not self._html:
            return ""
        message = _JSON if self._ending in TABLE_ENDINGS else _JSON_ERROR
        if message.match(text) or _HTTP.match(text):
            return HTML_PAGE if text.startswith("http") else JSON_MESSAGE
        return None if text[0] in "{[" and len(text) < BLOCK and not final else ""

    def _markup(self, text: str, is_xml: bool, *, final: bool) -> str | None:
        if _DOCTYPE.match(text):
            return "" if self._html else HTML_PAGE
        found = _ELEMENT.match(text)
        if found is None or (found.end() == len(text) and not final):
            cut = text.startswith(("<!--", "<?", "<!doctype")) or (">" not in text and len(text) < BLOCK)
            if cut and not final:
                return None
            return HTML_PAGE if self._ending in TEXT_ENDINGS and text.startswith("<!doctype") else ""
        element = found[1]
        piece = self._is_piece(element, text, final=final)
        if piece is None or (element == "envelope" and len(text) < BLOCK and not final):
            return None
        if not self._html and (element in STRONG or (piece and self._begins_without_tags())):
            return HTML_PAGE
        message = element in ERRORS or (element == "envelope" and any(soap in text for soap in SOAP))
        other = (element == "svg" and self._ending in TEXT_ENDINGS) or (is_xml and self._ending in TABLE_ENDINGS)
        return XML_MESSAGE if message or other else ""

    def _is_piece(self, element: str, text: str, *, final: bool) -> bool | None:
        if element not in FRAGMENTS or self._form == "xml":
            return element in WEAK
        tag = _TAG.match(text)
        assert tag is not None
        return None if tag.end() == len(text) and not (final or tag[1]) else not tag[1]

    def _begins_without_tags(self) -> bool:
        return self._form != "other" or self._ending in TEXT_ENDINGS

    def _other_form(self, *, final: bool) -> str | None:
        if not self._head:
            return "" if final else None
        if self._ending in TEXT_ENDINGS or self._html:
            return self._plain_text(final=final)
        return self._tar(final=final) if self._ending == ".tar" else self._signature(final=final)

    def _plain_text(self, *, final: bool) -> str | None:
        if self._head.startswith(COMPRESSED):
            return "it is compressed, though its name does not say so"
        return None if len(self._head) < max(map(len, COMPRESSED)) and not final else ""

    def _tar(self, *, final: bool) -> str | None:
        if len(self._head) < BLOCK and not final:
            return None
        if self._head.startswith(GZIP):  # some archives compress a tar file, and do not tell
            return self._packed_problem(self._head, self._name)
        return "" if self._head.startswith(PACKED) else _tar_problem(self._head[:BLOCK])

    def _signature(self, *, final: bool) -> str | None:
        signatures = SIGNATURES.get(self._ending, (b"",))
        if not self._head.startswith(signatures):
            partial = any(one.startswith(self._head) for one in signatures)
            return None if partial and not final else f"it does not begin as a file of the type {self._ending}"
        if self._ending not in {".gz", ".tgz"}:
            return ""
        name = f"{self._name[:-4]}.tar" if self._ending == ".tgz" else self._name[: -len(self._ending)]
        return None if len(self._head) < BLOCK and not final else self._packed_problem(self._head, name)

    def _packed_problem(self, head: bytes, name: str) -> str:
        """Return what is wrong with the first bytes inside a compressed file, which is so called."""
        stream = zlib.decompressobj(wbits=31)
        try:
            inside = stream.decompress(head, 2 * BLOCK)
        except zlib.error as error:
            return f"its compressed bytes are damaged ({error})"
        if inside.startswith(GZIP):
            return "it is compressed twice"
        inner = Beginning(name, "other")
        inner.feed(inside)
        if stream.eof:
            inner.finish()
        self.page = inner.page
        return inner.problem or ""


def _tar_problem(block: bytes) -> str:
    """Return what is wrong with the first header of a tar file, which holds a sum of itself; an empty file begins with zeros."""
    try:
        if block.strip(b"\0"):
            tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return "it is not a tar file"
    return ""


def _text_of(head: bytes) -> str:
    """Return first bytes as text in lower case, whatever their encoding: markup and JSON begin with ASCII characters."""
    text = head.replace(b"\0", b"") if b"\0" in head[:16] else head  # UTF-16 and UTF-32
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        text = text.removeprefix(mark)
    return text.decode("latin-1").lower()

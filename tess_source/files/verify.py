"""Verification of files by size, sha256 and structure, while they arrive or on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tess_source.disk import opened
from tess_source.errors import DamagedFileError, type_and_text
from tess_source.files.beginning import MOST, PAGE, Beginning
from tess_source.files.cards import BLOCK
from tess_source.files.fits_stream import FitsWalk, Release
from tess_source.files.gzipped import GZIP, Unpacker
from tess_source.files.xml_stream import XmlWalk
from tess_source.paths import user_path

__all__ = ["Release", "Verifier", "form_of", "is_fits", "problem_of", "release_of"]

CHUNK = 1 << 20
"""Bytes read at a time."""
TAIL = 1024
"""Last bytes of a PDF in which its end mark must be (ISO 32000-1, annex H.3, note 18: within the last 1,024 bytes)."""
FORMS = {
    ".fits": "fits",
    ".fits.gz": "fits.gz",
    ".fit": "fits",
    ".fit.gz": "fits.gz",
    ".pdf": "pdf",
    ".xml": "xml",
    ".xsd": "xml",
    ".html": "html",
    ".htm": "html",
    **dict.fromkeys(
        (".csv", ".txt", ".dat", ".tbl", ".ecsv", ".json", ".h5", ".hdf5", ".parquet", ".npy", ".npz"), "other"
    ),
}
"""Ending → form. An ending says more than a kind: the light curves of an institute may be tables in text."""
KIND_FORMS = {
    **dict.fromkeys(("lc", "fast-lc", "tp", "fast-tp", "dvt", "ffi", "ffir", "cbv", "cutout"), "fits"),
    **dict.fromkeys(("dvr-pdf", "dvm", "dvs"), "pdf"),
    "dvr-xml": "xml",
}
LONGEST_REASON = 200
"""Most letters of a message that is not ours."""


class Verifier:
    """Check of the bytes of one file in order, in pieces of any size, without keeping them.

    Parameters
    ----------
    name : str
        The file's name, whose ending determines the expected structure.
    size : int, optional
        Bytes it must have.
    sha256 : str, optional
        Its sum, 64 hexadecimal digits.
    kind : str, optional
        Kind of product, e.g. ``"lc"``; used if the name has no known ending.
    digest : bool
        Whether to compute the sha256 even if none is expected.
    md5 : str, optional
        Its MD5, 32 hexadecimal digits, from the ETag of an object store.
    """

    def __init__(
        self,
        name: str,
        *,
        size: int | None = None,
        sha256: str | None = None,
        kind: str | None = None,
        digest: bool = True,
        md5: str | None = None,
    ) -> None:
        self.size: int = 0
        """Bytes so far."""
        self.problem: str | None = None
        """What is wrong, possibly known long before the end; further bytes cannot repair it."""
        self._expected_size, self._expected_sha256 = size, sha256.lower() if sha256 else None
        self._digest = hashlib.sha256() if digest or sha256 else None
        self._md5, self._expected_md5 = hashlib.md5(usedforsecurity=False) if md5 else None, md5
        self._form = form_of(name, kind)
        self._check = _CHECKS[self._form]()
        self._beginning = Beginning(name, self._form)

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Check the next bytes. Nothing is raised: see `problem`."""
        self.size += len(data)
        if self._digest is not None:
            self._digest.update(data)
        if self._md5 is not None:
            self._md5.update(data)
        if self.problem is None:
            self.problem = self._too_long() or _problem_in(self._check.feed, data)
        if self._beginning.undecided:
            self._beginning.feed(data)
            self.problem = self._beginning.problem or self.problem

    def finish(self) -> str | None:
        """Check the end of the file, after the last bytes.

        Returns
        -------
        str or None
            What is wrong, in words about "it"; None if the file is whole.
        """
        if self._beginning.undecided:
            self._beginning.finish()
            self.problem = self._beginning.problem or self.problem
        if self.problem is None and self._expected_size is not None and self.size != self._expected_size:
            self.problem = f"it has {self.size:,} of {self._expected_size:,} bytes"
        if self.problem is None:
            self.problem = _problem_in(self._check.finish)
        if self.problem is None and self._expected_sha256 not in {None, self.sha256}:
            self.problem = f"its bytes are others than expected: sha256 {self.sha256}, not {self._expected_sha256}"
        if self.problem is None and self._md5 is not None and self._md5.hexdigest() != self._expected_md5:
            self.problem = f"its bytes are others than expected: MD5 {self._md5.hexdigest()}, not {self._expected_md5}"
        return self.problem

    @property
    def sha256(self) -> str:
        """The sha256 of the bytes so far, 64 hexadecimal digits; empty if not computed."""
        return self._digest.hexdigest() if self._digest is not None else ""

    @property
    def release(self) -> Release:
        """The processing that a FITS file comes from, once its first header is complete."""
        return self._check.release or Release()

    @property
    def page(self) -> str:
        """What came in place of the file, e.g. ``"an HTML page"``; empty if its first bytes show no such thing."""
        return self._beginning.page

    def _too_long(self) -> str | None:
        if self._expected_size is None or self.size <= self._expected_size:
            return None
        return f"it has more than the {self._expected_size:,} bytes that it should have"


def _problem_in(check: Callable[..., None], *arguments: object) -> str | None:
    try:
        check(*arguments)
    except DamagedFileError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  what a foreign file makes a check raise is a problem of this file, not of the run
        return f"it cannot be checked ({type_and_text(error)[:LONGEST_REASON]})"
    return None


def problem_of(
    path: str | Path, *, size: int | None = None, sha256: str | None = None, kind: str | None = None
) -> str | None:
    """Return what is wrong with a file on disk, after reading it once.

    Parameters
    ----------
    path : str or Path
    size : int, optional
        Bytes it must have.
    sha256 : str, optional
        Its sum, 64 hexadecimal digits.
    kind : str, optional
        Kind of product, e.g. ``"lc"``; used if the name has no known ending.

    Returns
    -------
    str or None
        What is wrong, in words about "it"; None if the file is whole.

    Raises
    ------
    OSError
        If it cannot be read at all.
    """
    file = user_path(path)
    if size is not None and (count := file.stat().st_size) != size and not _starts_as_page(file, kind):
        return f"it has {count:,} of {size:,} bytes"
    return read_through(file, Verifier(file.name, size=size, sha256=sha256, kind=kind, digest=False))


def read_through(path: Path, verifier: Verifier) -> str | None:
    """Check a file on disk by a verifier; stop at the first problem unless its sha256 is needed. Return what is wrong."""
    with opened(path, links=True) as file:
        buffer = bytearray(CHUNK)
        view = memoryview(buffer)
        while count := file.readinto(view):
            verifier.feed(view[:count])
            if verifier.problem is not None and not verifier.sha256:
                break
    return verifier.finish()


def release_of(path: str | Path) -> Release:
    """Return the processing that a file comes from: ``DATA_REL``, ``PROCVER`` and ``DATE`` of its first header. Only that header is read.

    Returns
    -------
    Release
        Empty if the file is not FITS, or has none of these.
    """
    file = user_path(path)
    if not is_fits(file.name):
        return Release()
    check = _CHECKS[form_of(file.name)]()
    with opened(file, links=True) as stream:
        while check.release is None and (data := stream.read(4 * BLOCK)):
            if _problem_in(check.feed, data) is not None:
                break
    return check.release or Release()


def form_of(name: str, kind: str | None = None) -> str:
    """Return the expected form of a file: ``fits``, ``fits.gz``, ``pdf``, ``xml``, ``html`` or ``other``."""
    lower = name.lower()
    known = (form for ending, form in FORMS.items() if lower.endswith(ending))
    return next(known, None) or KIND_FORMS.get(kind or "", "other")


def is_fits(name: str) -> bool:
    """Return whether a file is FITS by its name, plain or compressed."""
    return form_of(name).startswith("fits")


def _starts_as_page(path: Path, kind: str | None) -> bool:
    beginning = Beginning(path.name, form_of(path.name, kind))
    with opened(path, links=True) as file:
        beginning.feed(file.read(MOST))
    beginning.finish()
    return bool(beginning.page)


# -- checks of each form --


class _Check(Protocol):
    @property
    def release(self) -> Release | None: ...
    def feed(self, data: bytes | bytearray | memoryview) -> None: ...
    def finish(self) -> None: ...


class _Other:
    """A file without a known structure."""

    release: Release | None = None

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Accept any bytes."""

    def finish(self) -> None:
        """Accept any end."""


class _Fits(FitsWalk):
    """A plain FITS file."""

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Check the next bytes."""
        if not self._blocks and not self._first and not self._rest and bytes(data[:2]) == GZIP:
            raise DamagedFileError("it is compressed by gzip, though its name does not say so")
        super().feed(data)


class _Gzip:
    """A FITS file compressed by gzip, perhaps in several members."""

    def __init__(self) -> None:
        self._unpacker = Unpacker()
        self._walk = FitsWalk()

    @property
    def release(self) -> Release | None:
        """The release of the FITS file inside."""
        return self._walk.release

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Unpack and check the next bytes."""
        for plain in self._unpacker.feed(data):
            self._walk.feed(plain)

    def finish(self) -> None:
        """Check the end of the compressed bytes, and of the file inside."""
        self._unpacker.finish()
        self._walk.finish()


class _Pdf(_Other):
    """A PDF, checked by its first and its last mark."""

    def __init__(self) -> None:
        self._head = self._tail = b""

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Check the first bytes, and keep the last."""
        if len(self._head) < 5:
            self._head += bytes(data[:5])
            if not (b"%PDF-".startswith(self._head[:5])):
                raise DamagedFileError("it is not a PDF")
        self._tail = (self._tail + bytes(data[-TAIL:]))[-TAIL:]

    def finish(self) -> None:
        """Check the end mark."""
        if not self._tail:
            raise DamagedFileError("it is empty")
        if b"%%EOF" not in self._tail:
            raise DamagedFileError("its end (%%EOF) is missing")


class _Xml(XmlWalk):
    """An XML file that is no HTML page written as XML."""

    release: Release | None = None

    def _first_element(self, name: str, attributes: object) -> None:
        super()._first_element(name, attributes)
        if self.root is not None and self.root.lower() == "html":
            raise DamagedFileError(PAGE)


_CHECKS: dict[str, type[_Check]] = {
    "fits": _Fits, "fits.gz": _Gzip, "pdf": _Pdf, "xml": _Xml, "html": _Other, "other": _Other,
}  # fmt: skip

"""PDFs of data validation: one page that says what it stands for, and filler up to the size of the real report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tess_source.names import Name

TITLES = {
    "dvr-pdf": ("Data validation report", 250_000),
    "dvm": ("Data validation mini report", 120_000),
    "dvs": ("TCE summary report", 60_000),
}
"""Title by kind of file, and the size in bytes where no size is asked for."""


def page(filename: str, name: Name, size: int) -> bytes:
    """Return a PDF of exactly `size` bytes (PDF Reference 1.4: header, objects, cross-reference table, trailer).

    Raises
    ------
    ValueError
        If the page needs more bytes; the message tells how many.
    """
    least = len(_document(filename, name, 0))
    if size < least:
        raise ValueError(f"{filename} cannot have {size} bytes: it needs at least {least}")
    filler = size - least
    for _ in range(3):  # digits of the filler's length and of offsets behind it count too
        filler -= len(_document(filename, name, max(0, filler))) - size
    content = _document(filename, name, max(0, filler))
    return content[:-1] + b"\n" * (size - len(content)) + content[-1:]


def _page_text(filename: str, name: Name) -> bytes:
    lines = [
        "SIMULATED",
        f"{TITLES[name.kind][0]}: a stand-in made by tess-source's sample archive, not a NASA product",
        filename,
        f"TIC {name.tic}, sectors {name.first_sector} to {name.last_sector}, {_edition(name)}",
        *([f"TCE {name.tce}"] if name.tce else []),
    ]
    shown = " ".join(f"({line.translate(_ESCAPES)}) Tj T*" for line in lines)
    return f"BT /F1 12 Tf 18 TL 72 720 Td {shown} ET".encode("ascii")


def _edition(name: Name) -> str:
    return f"version {name.version}" if name.run is None else f"run {name.run:05d}"


_ESCAPES = str.maketrans({"(": r"\(", ")": r"\)", "\\": r"\\"})


def _document(filename: str, name: Name, filler: int) -> bytes:
    text = _page_text(filename, name)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        _stream(text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Producer (tess-source sample archive) /Title (SIMULATED) >>",
        _stream(b" " * filler),  # nothing refers to this one
    ]
    content, offsets = bytearray(b"%PDF-1.4\n"), []
    for n, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n" % n + body + b"\nendobj\n"
    start, many = len(content), len(objects) + 1
    content += b"xref\n0 %d\n0000000000 65535 f \n" % many
    content += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    content += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (many, start)
    return bytes(content)


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream"

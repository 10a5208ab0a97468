"""Paths that users give, and paths of products: layouts, and checks that nothing is written outside of your folder."""

from __future__ import annotations

import os
import re
import string
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from tess_source.errors import QueryError, UnknownNameError, UnsafePathError, did_you_mean

__all__ = [
    "LAYOUTS",
    "checked_layout",
    "filled_in",
    "inside",
    "parts_of",
    "path_text",
    "relative_path",
    "safe_component",
    "user_path",
]

LAYOUTS = {
    "mast": "mastDownload/{obs_collection}/{obs_id}/{filename}",
    "flat": "{filename}",
}
"""Named layouts. ``mast`` is the layout of astroquery and lightkurve, so that all three find each other's files."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_ADDRESS = re.compile(
    r"\s*(?:(?P<scheme>[a-z][a-z0-9+.-]+)://|(?P<known>s3|gs|az|file(?=:/)|https?(?=:/)):)", re.IGNORECASE
)
"""Beginnings of addresses. `pathlib.Path` makes one slash of two, and rclone writes none. A letter with a colon is a drive of Windows."""
_DEVICES = re.compile(r"(?:con|conin\$|conout\$|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) *(?:\..*)?", re.IGNORECASE)
_LONGEST = 255


def user_path(path: str | os.PathLike[str], why: str = "") -> Path:
    """Return a path that a user gave, with ``~`` and ``~user`` in front replaced by the home folder.

    Every path that a user gives, in whatever way, goes through this function. A second time changes nothing.

    Parameters
    ----------
    path : str or os.PathLike
        A relative path stays relative.
    why : str, optional
        Why it must be a path of this machine, and what else to do; told of an address.

    Returns
    -------
    Path

    Raises
    ------
    QueryError
        If it is not a path, empty, in bytes, of a user that this machine does not know, or an address such as ``s3://bucket/prefix``:
        what takes one says so.
    """
    if not isinstance(path, str | os.PathLike):
        hint = (
            f"; give text, e.g. {os.fsdecode(path)!r}" if isinstance(path, bytes) else "; give text or a pathlib.Path"
        )
        raise QueryError(f"{path!r} is not a path{hint}")
    given = os.fspath(path)
    if not isinstance(given, str):
        raise QueryError(f"{path!r} is a path in bytes; give one in text, e.g. {os.fsdecode(given)!r}")
    given = str(given)  # a subclass of str, such as numpy's, may look otherwise in messages
    if not given or "\0" in given:
        raise QueryError(f"{given!r} is not a path{'; the current folder is .' if not given else ': it holds a NUL'}")
    if address := _ADDRESS.match(given):
        raise QueryError(_no_path(given, address, why))
    expanded = os.path.expanduser(given)  # noqa: PTH111  Path would take "./~" for "~"
    if given.startswith("~") and expanded == given:
        user = given[1:].split(os.sep, 1)[0]
        whose = f"a user {user!r}" if user else "your home folder"
        raise QueryError(
            f"{given!r}: this machine does not know {whose}; for a name that begins with ~, write './{given}'"
        )
    place = Path(expanded)
    return place.absolute() if str(place).startswith("~") or _ADDRESS.match(str(place)) else place


def _no_path(given: str, address: re.Match[str], why: str) -> str:
    """Return in words why an address is no path of this machine, without a user name, password or signature that may be in it."""
    scheme = (address["scheme"] or address["known"]).lower()
    rest = re.split("[?#]", given[address.end() :])[0].lstrip("/")
    if {"@", ":"} & {*rest.partition("/")[0]}:
        rest = rest.rpartition("@")[2]
    shown = repr(f"{scheme}://{rest}")
    if scheme == "file":
        return f"{shown} is an address; give the path itself, e.g. '/data'"
    if address["known"] is not None:
        own = f"for a folder of this name, write './{scheme}:', or its absolute path"
        return f"{scheme}: begins no path; an address is given as text with two slashes, {shown}; {own}"
    where = "in an object store" if scheme in {"s3", "gs", "az"} else "an address"
    return f"{shown} is {where}; here, a path of this machine is needed{f': {why}' if why else ''}"


def path_text(path: object) -> str:
    r"""Return a path, or a message with one, as text for a table: bytes of a name that are not UTF-8 are escapes like ``\udcff``."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def safe_component(text: object) -> str:
    """Check one part of a path that comes from an archive.

    Parameters
    ----------
    text : object
        A folder's or file's name.

    Returns
    -------
    str
        The same text.

    Raises
    ------
    UnsafePathError
        If it is empty, ``.`` or ``..``, holds a separator, NUL or another forbidden character, is the name of a Windows device,
        begins with a blank, ends in a dot or blank, or is longer than 255 bytes: on some systems it would be written elsewhere, or not at
        all.
    """
    name = "" if text is None else str(text)
    if not name.strip(". "):
        raise UnsafePathError(f"{name!r} cannot be the name of a file or folder")
    if bad := _FORBIDDEN.search(name):
        raise UnsafePathError(f"{name!r} holds {bad[0]!r}, which must not be in the name of a file or folder")
    if _DEVICES.fullmatch(name) or name[-1] in ". " or name[0] == " ":
        raise UnsafePathError(f"{name!r} means something else on some systems, so it is not used as a name")
    if len(name.encode("utf-8", "surrogatepass")) > _LONGEST:
        raise UnsafePathError(f"the name {name[:40]!r}… is longer than {_LONGEST} bytes")
    return name


def checked_layout(layout: str) -> str:
    """Return the template of a layout.

    Raises
    ------
    UnknownNameError
        If it is neither a named layout nor a template: a misspelt layout must not become a file's name.
    QueryError
        If a template is absolute, leads upwards, or ends in a folder.
    """
    if layout in LAYOUTS:
        return LAYOUTS[layout]
    if "{" not in layout:
        raise UnknownNameError("layout", layout, [*LAYOUTS, "a template such as {tic}/{filename}"])
    parts = layout.split("/")
    if layout.startswith(("/", "~")) or ".." in parts:
        raise QueryError(f"the layout {layout!r} must stay below the folder: no '..', and no '/' in front")
    if "{filename" not in parts[-1] and "." not in parts[-1]:
        raise QueryError(
            f"the layout {layout!r} must end in the name of a file, best {{filename}}: it ends in {parts[-1]!r}"
        )
    return layout


def relative_path(layout: str, product: Mapping[str, Any]) -> str:
    """Return the path of a product, relative to the root.

    Parameters
    ----------
    layout : str
        ``"mast"``, ``"flat"``, or a template such as ``"{tic}/s{first_sector:04d}/{filename}"`` over the product's columns.
    product : mapping
        One row of products.

    Returns
    -------
    str
        A path with ``/`` between its parts.

    Raises
    ------
    QueryError
        If the layout is not a template over the product's columns.
    UnsafePathError
        If a part of the path is not a plain name.
    """
    template = LAYOUTS.get(layout, layout)
    parts = [part for part in template.split("/") if part not in {"", "."}]
    return str(PurePosixPath(*(safe_component(filled_in(part, product)) for part in parts)))


class _Blank(dict[str, Any]):
    """A row of products that raises an error for an unknown column."""

    def __missing__(self, key: str) -> Any:
        columns = [*map(str, self)]
        hint = did_you_mean(key, columns)
        raise QueryError(f"the layout names {{{key}}}, which is no column; there are {', '.join(columns)}{hint}")


def filled_in(part: str, product: Mapping[str, Any]) -> str:
    """Return one part of a layout with the values of a product. The errors are those of `relative_path`."""
    row = _Blank(product)
    if row.get("obs_collection") is None:
        told = re.match(r"mast:(TESS|HLSP)/", str(row.get("uri") or ""))
        row["obs_collection"] = told[1] if told else str(row.get("archive") or "other").upper()
    try:
        fields = {name for _, name, _, _ in string.Formatter().parse(part) if name}
    except ValueError as error:
        raise QueryError(f"the layout's part {part!r} cannot be understood: {error}") from error
    if missing := [name for name in sorted(fields) if name in row and row[name] is None]:
        raise UnsafePathError(
            f"the layout names {{{missing[0]}}}, which this product does not have; choose another, e.g. flat"
        )
    if simple := [name for name in fields if not name.isidentifier()]:
        raise QueryError(f"the layout names {{{simple[0]}}}; only plain column names are allowed")
    try:
        return part.format_map(row)
    except QueryError:
        raise
    except (ValueError, TypeError) as error:
        raise QueryError(f"the layout's part {part!r} cannot be filled in: {error}") from error


def parts_of(relative: str) -> tuple[str, ...]:
    """Return the parts of a relative path, each checked: the path may come from a plan that somebody else wrote.

    Raises
    ------
    UnsafePathError
        If it is empty, absolute, or a part of it is not a plain name.
    """
    parts = PurePosixPath(relative).parts
    if not parts:
        raise UnsafePathError("there is no path to write to")
    return tuple(safe_component(part) for part in parts)


def inside(root: Path, relative: str) -> Path:
    """Return a relative path joined to the root, after a check that no symbolic link on the way leads out of it.

    Parameters
    ----------
    root : Path
        The folder.
    relative : str
        A path in it, e.g. `Item.path`.

    Returns
    -------
    Path
        Where to write; it need not exist yet.

    Raises
    ------
    UnsafePathError
        If it would lie outside of the root, or this system cannot have a file of this name.
    """
    path = root.joinpath(*parts_of(relative))
    try:
        top = root.resolve()
        leaves = not path.parent.resolve().is_relative_to(top)
        points_out = path.is_symlink() and not path.resolve().is_relative_to(top)
    except (RuntimeError, UnicodeEncodeError) as error:  # links in a circle, before Python 3.13; a system without UTF-8
        raise UnsafePathError(f"{relative!r} cannot be followed: {error}") from error
    if leaves:
        raise UnsafePathError(f"{relative!r} leads out of {str(root)!r} through a symbolic link")
    if points_out:
        raise UnsafePathError(f"{relative!r} is a symbolic link out of {str(root)!r}")
    return path

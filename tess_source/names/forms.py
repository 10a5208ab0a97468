"""Forms of names, which read and write single names."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from operator import index
from string import Formatter
from typing import Any

from .vocabulary import NUMBERS, TEXTS, Name, Row, ffi_exptime

ATTRIBUTES = tuple(field.name for field in fields(Name))
ZEROS = "0{0,8}"
"""Zeros before a number that may have any number of digits."""


@dataclass(frozen=True)
class Piece:
    """A piece of a template: literal text, then a field (empty at the end) with its specification."""

    literal: str
    field: str
    spec: str
    loose: bool = False
    """Whether it is read in other spellings too: more or fewer zeros, ``-0014-`` for ``-s0014-``, ``cam1_ccd3`` for ``cam1-ccd3``."""

    @property
    def attribute(self) -> str:
        """The attribute of a `Name` for the field."""
        return "first_sector" if self.field == "sector" else self.field

    @property
    def expression(self) -> str:
        """Regular expression of the field, in the dialect that Python and Rust share."""
        if self.loose and self.field == "gaia":  # CDIPS's are not bare: without zeros it may be another catalogue's
            return f"{'0' if self.spec == '22' else ''}{ZEROS}(?:{TEXTS['gaia']})"
        for known in (f"{self.field}:{self.spec}", self.field):
            if known in TEXTS:
                return TEXTS[known]
        if self.field not in NUMBERS:
            return self.spec
        if self.loose:
            return f"{ZEROS}[0-9]{{1,{self.spec}}}"
        return f"[0-9]{{{self.spec}}}" if self.spec else "[1-9][0-9]{0,3}"

    @property
    def beginning(self) -> str:
        """The literal text that is always there."""
        return self.literal.removesuffix("s") if self.loose and self.field == "sector" else self.literal

    @property
    def literal_expression(self) -> str:
        """Regular expression of the literal text."""
        found = self.beginning.replace(
            ".", r"\."
        )  # the only character of the templates that is special in an expression
        if not self.loose:
            return found
        return found.replace("-ccd", "[-_]ccd") + ("s?" if self.field == "sector" else "")

    def text(self, value: Any) -> str:
        """Return a value of the field as text; raise ValueError if it does not fit."""
        try:
            if self.field == "exptime" and value == int(value):
                value = int(value)
            text = f"{index(value):0{self.spec or 1}d}" if self.field in NUMBERS else str(value)
        except (TypeError, ValueError, OverflowError):
            text = ""
        if not re.fullmatch(self.expression, text):
            raise ValueError(f"{self.attribute}={value!r} does not fit")
        return text


def pieces(template: str, loose: bool = False) -> tuple[Piece, ...]:
    """Return the pieces of a template."""
    parts = Formatter().parse(template)
    return tuple(Piece(literal, field or "", spec or "", loose) for literal, field, spec, _ in parts)


@dataclass(frozen=True)
class Form:
    """One row of the vocabulary, prepared for reading and writing."""

    row: Row
    loose: bool = False
    """Whether it reads names of other spellings, see `Piece.loose`. These are kept as they are, as the `spelling` of the name."""

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces of the template."""
        return pieces(self.row.template, self.loose)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Fields of the template, in its order."""
        return tuple(piece.field for piece in self.pieces if piece.field)

    @cached_property
    def prefix(self) -> str:
        """Text that every such name begins with, for a cheap test."""
        return self.pieces[0].beginning

    @cached_property
    def suffixes(self) -> tuple[str, ...]:
        """Possible ends of such a name; one empty text if it ends in a field."""
        last = self.pieces[-1]
        if last.field == "compression":
            return last.literal, f"{last.literal}.gz"
        return ("" if last.field else last.literal,)

    def expression(self, keep: Container[str]) -> str:
        """Return the regular expression of a whole name, with a named group per field in `keep`."""
        return "".join(piece.literal_expression + _group(piece, keep) for piece in self.pieces)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.expression(keep=self.fields))

    def read(self, text: str) -> Name | None:
        """Return a name; None if it does not have this form."""
        said = self.values(text)
        return None if said is None else Name(**said)

    def values(self, text: str) -> dict[str, Any] | None:
        """Return the fields of a name that it has; None if it does not have this form."""
        if not (text.startswith(self.prefix) and text.endswith(self.suffixes)):
            return None
        match = self._compiled.fullmatch(text)
        if match is None:
            return None
        said: dict[str, Any] = {
            field: int(value) if field in NUMBERS else value for field, value in match.groupdict().items()
        }
        if "sector" in said:
            said["first_sector"] = said["last_sector"] = said.pop("sector")
        if not _is_valid(said, several=self.row.several):
            return None
        if self.loose:
            said["spelling"] = text
        said["exptime"] = float(said["exptime"]) if "exptime" in said else self._exptime(said)
        return {"kind": self.row.kind, "pipeline": self.row.pipeline, **said}

    def _exptime(self, said: dict[str, Any]) -> float | None:
        if not isinstance(self.row.exptime, str):
            return self.row.exptime
        first, last = ffi_exptime(said["first_sector"]), ffi_exptime(said["last_sector"])
        return first if first == last else None  # a search over two eras of the full-frame images

    def problems(self, name: Name) -> list[str]:
        """Return the reasons why a name cannot be written in this form."""
        if self.loose:
            return (
                [] if self.read(name.spelling or "") == name else [f"spelling={name.spelling!r} contradicts the rest"]
            )
        found = [problem for piece in self.pieces for problem in _problems_of(piece, name)]
        found += [
            f"{attribute}={getattr(name, attribute)!r} has no place in it"
            for attribute in ATTRIBUTES
            if attribute not in self._attributes and getattr(name, attribute) is not None
        ]
        return found or self._contradictions(name)

    @cached_property
    def _attributes(self) -> frozenset[str]:
        implied = {"kind", "pipeline"} | ({"exptime"} if self.row.exptime is not None else set())
        sectors = {"first_sector", "last_sector"} if "sector" in self.fields else set()
        return frozenset(self.fields) | implied | sectors

    def _contradictions(self, name: Name) -> list[str]:
        said = self.read(self.write(name))
        stated = [(attribute, getattr(name, attribute)) for attribute in ATTRIBUTES]
        return [
            f"{attribute}={value!r} contradicts the rest"
            for attribute, value in stated
            if value is not None and value != getattr(said, attribute, None)
        ]

    def write(self, name: Name) -> str:
        """Return the text of a name that has no `problems`."""
        if self.loose:
            return str(name.spelling)
        return "".join(piece.literal + _text_of(piece, name) for piece in self.pieces)

    def uri(self, name: Name) -> str:
        """Return the MAST URI of a name that has no `problems`; raise ValueError if it is not known."""
        if self.row.folder is None or self.loose or name.compression is not None:
            raise ValueError(f"no MAST URI is known for {self.write(name)}")
        folder = "".join(piece.literal + _folder_text(piece, name) for piece in pieces(self.row.folder))
        return f"mast:{folder}/{self.write(name)}"


def all_forms(rows: Sequence[Row]) -> tuple[Form, ...]:
    """Return the forms of a table: each row as it is, then those of high-level science products in other spellings.

    Their own pipelines spell them in several ways, and others copy and compress them.
    """
    others = [row for row in rows if row.template.startswith("hlsp_") and "{spelling" not in row.template]
    packed = [
        replace(row, template=f"{row.template}{{compression}}") if row.template.endswith(".fits") else row
        for row in others
    ]
    return (*map(Form, rows), *(Form(row, loose=True) for row in packed))


def read(text: str, forms: Sequence[Form]) -> Name:
    """Return the fields of a name by the first form that it has; of kind "other" if it has none."""
    return next((name for form in forms if (name := form.read(text)) is not None), Name("other"))


def values(text: str, forms: Sequence[Form]) -> dict[str, Any]:
    """Return the fields of a name that it has, as `read` does: to make a `Name` of them takes as long as to read them."""
    return next((said for form in forms if (said := form.values(text)) is not None), {"kind": "other"})


def choose(name: Name, forms: Sequence[Form]) -> Form:
    """Return the form in which a name can be written; raise ValueError with what it lacks for the nearest form."""
    same = [form for form in forms if (form.row.kind, form.row.pipeline) == (name.kind, name.pipeline)]
    same = [form for form in same if not form.loose or len(name.spelling or "") > 1]  # "s" is a spelling of the sector
    if not same:
        known = sorted({form.row.pipeline for form in forms if form.row.kind == name.kind})
        hint = f"pipeline is one of {', '.join(known)}" if known else "there is no such kind"
        raise ValueError(f"cannot write a name of kind {name.kind!r} by pipeline {name.pipeline!r}: {hint}")
    problems = {form: form.problems(name) for form in same}
    nearest = min(same, key=lambda form: (len(problems[form]), form.loose))
    if problems[nearest]:
        raise ValueError(
            f"cannot write a name of kind {name.kind!r} by {name.pipeline}: {'; '.join(problems[nearest])}"
        )
    return nearest


def _is_valid(said: dict[str, Any], *, several: bool) -> bool:
    """Return whether sectors and TCEs count from 1, and ranges ascend, over several sectors where that is required."""
    first, last = said.get("first_sector", 1), said.get("last_sector", 1_000_000)
    return 1 <= first <= last - several and said.get("tce") != 0


def _group(piece: Piece, keep: Container[str]) -> str:
    if not piece.field:
        return ""
    group = f"(?P<{piece.field}>{piece.expression})" if piece.field in keep else f"(?:{piece.expression})"
    return rf"(?:\.{group})?" if piece.field == "compression" else group


def _problems_of(piece: Piece, name: Name) -> Iterator[str]:
    value = getattr(name, piece.attribute) if piece.field else None
    if not piece.field or (piece.field == "compression" and value is None):
        return
    if value is None:
        yield f"{piece.attribute} is missing"
        return
    try:
        piece.text(value)
    except ValueError as error:
        yield str(error)


def _text_of(piece: Piece, name: Name) -> str:
    if not piece.field:
        return ""
    value = getattr(name, piece.attribute)
    if piece.field == "compression":
        return "" if value is None else f".{value}"
    return piece.text(value)


def _folder_text(piece: Piece, name: Name) -> str:
    """Return a field of a folder as text: as in a name, but with long numbers in groups of four digits, and ranges of sectors."""
    if piece.field == "tic/":
        return _in_groups_of_four(index(name.tic or 0))
    if piece.field == "gaia/":  # without the last five digits
        return _in_groups_of_four(index(name.gaia or 0) // 100_000)
    if piece.field == "sectors":
        first, last = f"s{name.first_sector:04d}", f"s{name.last_sector:04d}"
        return first if first == last else f"{first}-{last}"
    return _text_of(piece, name)


def _in_groups_of_four(number: int) -> str:
    digits = f"{number:016d}"
    return "/".join(digits[start : start + 4] for start in range(0, 16, 4))

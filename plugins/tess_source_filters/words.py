"""Filters by words: kind, pipeline, and the name of the file."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source import names
from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.errors import QueryError, UnknownNameError, did_you_mean
from tess_source.hooks.records import Filter
from tess_source.names.vocabulary import FILES
from tess_source.wording import Wording, keyword

from .values import items

if TYPE_CHECKING:
    from tess_source.tables.listing import Observations, Products

__all__ = ["FILTERS", "Words", "glob_to_regex", "pipelines", "spelled_pipeline", "warn_of_missing"]

log: logging.Logger = logger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """Words that are wanted, and words that are not (``!QLP``)."""

    wanted: tuple[str, ...]
    """Any of these; none at all means any word."""
    unwanted: tuple[str, ...]

    @classmethod
    def of(cls, value: Any, read: Callable[[str], str]) -> Words:
        """Read one word or many.

        Parameters
        ----------
        value : object
            Text, also with commas, or any collection of it.
        read : callable
            Gives the usual spelling of one word, or raises.

        Raises
        ------
        ValueError, TypeError
            If there is none, or what is no word.
        """
        wanted: set[str] = set()
        unwanted: set[str] = set()
        for item in items(list(value) if isinstance(value, tuple) else value):
            if not isinstance(item, str):
                raise TypeError(f"{item!r} is not a word")
            word = item.removeprefix("!").strip()
            if not word:
                raise ValueError("after '!' there is a word missing")
            (unwanted if item.startswith("!") else wanted).add(read(word))
        return cls(tuple(sorted(wanted)), tuple(sorted(unwanted)))

    def mask(self, column: pl.Expr) -> pl.Expr:
        """Return a mask of the words that are wanted; case does not count, and null is not wanted."""
        lower = column.str.to_lowercase()
        mask = pl.lit(True)
        if self.wanted:
            mask &= lower.is_in([word.lower() for word in self.wanted]).fill_null(False)
        if self.unwanted:
            mask &= ~lower.is_in([word.lower() for word in self.unwanted]).fill_null(False)
        return mask

    def __str__(self) -> str:
        return ",".join([*self.wanted, *(f"!{word}" for word in self.unwanted)])


def _kind_mask(products: Products, value: Words) -> pl.Expr:
    return value.mask(pl.col("kind"))


def _any_may(observations: Observations, value: Words) -> pl.Expr:
    """Tell that any observation may hold products that stay: its name does not tell which."""
    return pl.lit(True)


def _kind_names() -> Sequence[str]:
    return tuple(names.KINDS)


def _checked_kinds(value: Any, declared: Sequence[str] = ()) -> Words:
    """Check words for kinds of products: those that names tell, and those that plugins declare."""
    kinds = {kind.lower(): kind for kind in (*_kind_names(), *declared)}

    def checked(word: str) -> str:
        if word.lower() not in kinds:  # MAST's own DVR stands for two kinds: name these first
            near = [kind for kind in kinds.values() if kind.startswith(word.lower())]
            raise UnknownNameError("kind", word, near or kinds.values())
        return kinds[word.lower()]

    return Words.of(value, checked)


def _kind_criteria(value: Words) -> Mapping[str, Any]:
    """Return the archive's criterion for full-frame images, which are observations of their own; none for other kinds."""
    return {"dataproduct_type": "image"} if value.wanted == ("ffi",) else {}


def pipelines() -> Sequence[str]:
    """Return the pipelines whose file names are understood, spelled as MAST's ``provenance_name``."""
    return tuple(dict.fromkeys(row.pipeline for row in FILES))


OTHER_NAMES: Mapping[str, str] = {
    "eleanor": "GSFC-ELEANOR-LITE", "eleanorlite": "GSFC-ELEANOR-LITE", "gsfceleanor": "GSFC-ELEANOR-LITE",
    "dataalerts": "TESS-DATA-ALERTS", "alerts": "TESS-DATA-ALERTS",
}  # fmt: skip
"""What people call pipelines, in small letters and without hyphens → as MAST calls them."""


def spelled_pipeline(word: str) -> str:
    """Return a pipeline as the archive spells it; an unknown one, which may be another archive's, stays as it is.

    Neither case nor hyphens, underscores and blanks count: ``tess_spoc`` is ``TESS-SPOC``.

    Raises
    ------
    UnknownNameError
        If it is a word for all of them.
    """
    if word.lower() in {"any", "all", "*"}:
        raise UnknownNameError("pipeline", word, pipelines())
    known = {_bare(name): name for name in pipelines()}
    return {**OTHER_NAMES, **known}.get(_bare(word), word)


def _bare(word: str) -> str:
    return re.sub(r"[\s_-]+", "", word).lower()


def _pipeline_mask(products: Products, value: Words) -> pl.Expr:
    """Return a mask by pipeline."""
    warn_of_missing(products, value.wanted)
    return value.mask(pl.col("pipeline"))


def warn_of_missing(products: Products, wanted: Sequence[str]) -> None:
    """Log a warning if a pipeline that was asked for is missing; it names those that there are.

    One that is known is missed only if none of the others is there either.
    """
    there = products["pipeline"].drop_nulls().unique().sort().to_list()
    missing = [word for word in wanted if word.lower() not in {name.lower() for name in there}]
    unknown = [word for word in missing if spelled_pipeline(word) not in pipelines()]
    for word in unknown if len(missing) < len(wanted) or not there else missing:
        hint = did_you_mean(word, [*there, *pipelines()]) if word in unknown else ""
        log.warning(
            "no product is by %s%s%s",
            word,
            f"; there are products by {', '.join(there)}" if there else "",
            hint,
        )


def _pipeline_criteria(value: Words) -> Mapping[str, Any]:
    return {"provenance_name": list(value.wanted)} if value.wanted and not value.unwanted else {}


def _checked_patterns(value: Any) -> tuple[str, ...]:
    """Check and return patterns; those that mean a list or an exclusion, as in other filters, would match nothing."""
    patterns = items(list(value) if isinstance(value, tuple) else value, split=False)
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise TypeError(f"{pattern!r} is not a pattern; give e.g. '*_lc.fits'")
        if pattern.startswith("!"):
            raise QueryError(
                f"{pattern!r}: a pattern says what to keep; leave files out by kind or pipeline, e.g. ",
                keyword("kind", f"!{_kind_names()[0]}"),
                ", and write ? where a name begins with one",
            )
        if "," in re.sub(r"\[!?\]?[^]]*\]", "", pattern):
            several = Wording("a list of them", "--name more than once")
            raise QueryError(
                f"{pattern!r}: a comma does not divide patterns; give ",
                several,
                ", and write [,] for a comma in a name",
            )
    return tuple(sorted(set(patterns)))


def _name_mask(products: Products, value: tuple[str, ...]) -> pl.Expr:
    return pl.col("filename").str.contains("^(?:" + "|".join(map(glob_to_regex, value)) + ")$")


def glob_to_regex(pattern: str) -> str:
    """Return a shell pattern as a regular expression for polars.

    Python's own `fnmatch.translate` writes atomic groups and look-aheads, which that engine does not have.

    Parameters
    ----------
    pattern : str
        ``*`` any text, ``?`` one character, ``[a-c]`` one of these, ``[!a-c]`` none of these; case counts.

    Returns
    -------
    str
        Without anchors.
    """
    out, at = [], 0
    while at < len(pattern):
        char, at = pattern[at], at + 1
        if char == "*":
            out.append("(?s:.*)")
        elif char == "?":
            out.append("(?s:.)")
        elif char == "[" and (end := pattern.find("]", at + 1 + (pattern[at : at + 1] == "!"))) > 0:
            out.append(_regex_of_brackets(pattern[at:end]))
            at = end + 1
        else:
            out.append(_regex_of_char(char))
    return "".join(out)


def _regex_of_brackets(inside: str) -> str:
    """Return the expression for what stands between brackets; a range that runs backwards holds nothing."""
    negated, inside = inside.startswith("!"), inside.removeprefix("!")
    parts, at = [], 0
    while at < len(inside):
        is_range = inside[at + 1 : at + 2] == "-" and at + 2 < len(inside)
        low, high = inside[at], inside[at + 2] if is_range else inside[at]
        if low <= high:
            parts.append(f"{_regex_of_char(low)}-{_regex_of_char(high)}")
        at += 3 if is_range else 1
    if not parts:
        return "(?s:.)" if negated else r"[^\x{0}-\x{10FFFF}]"
    return f"[{'^' if negated else ''}{''.join(parts)}]"


def _regex_of_char(char: str) -> str:
    """Return a character, escaped so that it stands for itself anywhere in an expression."""
    return char if char.isascii() and (char.isalnum() or char == "_") else rf"\x{{{ord(char):X}}}"


def _word_filter(
    name: str, keep: Callable[[Products, Words], pl.Expr], help_: str, read: Callable[[str], str], **more: Any
) -> Filter:
    return Filter(
        name,
        keep,
        help_,
        check=lambda value: Words.of(value, read),
        multiple=True,
        metavar=name.upper(),
        **more,
    )


FILTERS = (
    Filter(
        "kind",
        _kind_mask,
        "what the file is: lc, tp, dvt, dvr-xml, ffi …; !dvs for all others",
        check=_checked_kinds,
        multiple=True,
        metavar="KIND",
        choices=_kind_names,
        criteria=_kind_criteria,
        holds=_any_may,
        kinds=True,
    ),
    _word_filter(
        "pipeline",
        _pipeline_mask,
        "who made it: SPOC, TESS-SPOC, QLP …; !QLP for all others",
        spelled_pipeline,
        choices=pipelines,
        criteria=_pipeline_criteria,
        also=("author",),
        holds=_any_may,
    ),
    Filter(
        "name",
        _name_mask,
        "pattern of the file's name, e.g. '*s0014*_lc.fits'",
        check=_checked_patterns,
        multiple=True,
        metavar="GLOB",
    ),
)

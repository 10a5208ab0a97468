"""Answers of archives on disk, each under its question in canonical form.

An answer is a zip file with two Parquet tables and a JSON record of the question, of who was asked, and of the time. It is written whole or
not at all. A damaged file is recognized by the checksums of the zip file. Whatever is wrong with a file, it counts as missing: the archive
is asked again, and the new answer takes its place.
"""

from __future__ import annotations

import io
import json
import logging
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tess_source._lazy import pl
from tess_source.cache.keep import keep, kept_file
from tess_source.cache.question import Question
from tess_source.clock import SKEW, age_of
from tess_source.display.visible import logger
from tess_source.errors import bare_reason
from tess_source.settings import OWN_FOLDER
from tess_source.tables.listing import Observations, Products

__all__ = ["LISTED", "Answer", "Answers"]

log: logging.Logger = logger(__name__)

LISTED = "_listed"
"""A column of kept observations: whether their products were listed. Filters may have made that needless."""

KEY = ["archive", "observation"]
"""Columns that identify the observation of a file."""


@dataclass(frozen=True)
class Answer:
    """The answer of an archive."""

    marked: Observations
    """The observations, with a column `LISTED` if not all of them were listed."""
    products: Products
    """As the archive listed them: a file that two observations share is there twice."""
    time: str
    """Time of the answer: ISO, with zone."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the software that asked."""

    @property
    def observations(self) -> Observations:
        """All observations that the archive found."""
        return Observations(self.marked.to_polars().drop(LISTED)) if LISTED in self.marked.columns else self.marked

    @property
    def listed(self) -> pl.Series:
        """Whether the products of each observation were listed: one boolean per observation."""
        if LISTED not in self.marked.columns:
            return pl.Series([True]).new_from_index(0, len(self.marked))
        return self.marked[LISTED].fill_null(value=True)

    @property
    def empty(self) -> bool:
        """Whether it has no observations or no products."""
        return not (len(self.marked) and len(self.products))


@dataclass(frozen=True)
class _Kept:
    """The record of an answer on disk; its tables are not read yet."""

    path: Path
    time: str
    versions: Mapping[str, str]
    targets: tuple[str, ...]
    separable: bool
    """Whether the part that belongs to one of its targets can be taken out."""


class Answers:
    """The answers that are kept below one folder.

    Parameters
    ----------
    root : Path
        The root of the store.
    max_age : float
        Seconds after which an answer is asked for again.
    versions : mapping, optional
        Versions of the software that asks. Answers to other versions are asked for again. None: answers to any version are used.
    """

    def __init__(self, root: Path, max_age: float, versions: Mapping[str, str] | None = None) -> None:
        self.root: Path = root
        self.max_age: float = max_age
        self.versions: Mapping[str, str] | None = versions
        self.folder: Path = root / OWN_FOLDER / "answers"
        self.problems: dict[Path, str] = {}
        """Kept answer → why it was not used, of those that were found damaged."""

    def keep(self, question: Question, answer: Answer) -> None:
        """Keep an answer; an empty one is not kept."""
        if answer.empty:
            return
        record = {
            "asked": question.asked,
            "targets": question.targets,
            "time": answer.time,
            "versions": dict(answer.versions),
            "separable": bool(question.tics) and _is_separable(answer, question.tics),
        }
        try:
            data = _zip_bytes(record, answer)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, ValueError) as error:
            log.info("the answer is not remembered: it cannot be written as Parquet (%s)", error)
            return
        keep(self.folder / question.folder / question.file, data, self.root)

    def find(self, question: Question) -> Answer | None:
        """Return the kept answer to a question: one to the same question, or one combined from answers about its TIC ids; else None."""
        kept = self._record_of(question, self.folder / question.folder / question.file)
        if kept and self._is_current(kept) and set(kept.targets) == set(question.targets):
            answer = self._answer_of(kept)
            if answer and not answer.empty:
                return answer
        return self._combined(question)[0] if question.tics else None

    def missing(self, question: Question) -> list[str]:
        """Return the targets of a question for which no answer is kept."""
        return sorted(self._combined(question)[1]) if question.tics else list(question.targets)

    def _combined(self, question: Question) -> tuple[Answer | None, set[str]]:
        """Return an answer combined from answers about single TIC ids, None if incomplete, and the TIC ids that are missing."""
        left, parts = set(question.tics), []
        for kept in self._usable_about(question):
            if not (here := left & set(kept.targets)):
                continue
            if answer := self._answer_of(kept):
                parts.append(answer if here == set(kept.targets) else _answer_about(answer, here))
                left -= here
            if not left:
                break
        if left or not parts:
            return None, left
        answer = Answer(
            Observations.stack(part.marked for part in parts).sort(),
            Products.stack(part.products for part in parts).sort(),
            min((part.time for part in parts), key=lambda time: -age_of(time)),
            parts[0].versions,
        )
        return (None, set(question.tics)) if answer.empty else (answer, set())

    def _usable_about(self, question: Question) -> list[_Kept]:
        """Return the usable answers that hold a TIC id of a question, the newest first."""
        folder = self.folder / question.folder
        single = {folder / question.about(tic).file for tic in question.tics}
        several = (path for path in _sorted_files(folder) if not path.name.endswith("-1.zip"))
        found = (self._record_of(question, path) for path in [*(path for path in single if path.exists()), *several])
        usable = [kept for kept in found if kept and kept.separable and self._is_current(kept)]
        return sorted(usable, key=lambda kept: age_of(kept.time))

    def _is_current(self, kept: _Kept) -> bool:
        """Return whether an answer may still be used: by its versions and its age."""
        current = self.versions is None or kept.versions == self.versions
        return current and (self.max_age == float("inf") or -SKEW <= age_of(kept.time) <= self.max_age)

    def _record_of(self, question: Question, path: Path) -> _Kept | None:
        try:
            record = json.loads(_members(path, "record.json")[0])
            if record["asked"] != question.asked:
                raise ValueError("it answers another question")
            age_of(record["time"])
            targets = tuple(map(str, record["targets"]))
            return _Kept(path, record["time"], dict(record["versions"]), targets, record["separable"] is True)
        except FileNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001  zip files, JSON and times can be damaged in many ways
            self._note_problem(path, error)
            return None

    def _answer_of(self, kept: _Kept) -> Answer | None:
        try:
            observations, products = map(_table, _members(kept.path, "observations.parquet", "products.parquet"))
            if observations.schema.get(LISTED, pl.Boolean) != pl.Boolean:
                raise ValueError(f"its column {LISTED!r} has no booleans")
            return Answer(Observations(observations), Products(products), kept.time, kept.versions)
        except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001  polars panics on some files
            self._note_problem(kept.path, error)
            return None

    def _note_problem(self, path: Path, error: BaseException) -> None:
        self.problems[path] = f"{bare_reason(error) or type(error).__name__}"
        log.info("the kept answer %s is not used: %s", path, self.problems[path])

    def all(self) -> Iterator[Path]:
        """Yield the files of all answers."""
        for folder in _sorted_files(self.folder, "*"):
            yield from _sorted_files(folder)


def _sorted_files(folder: Path, pattern: str = "*.zip") -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError as error:
        log.info("%s is not read: %s", folder, error)
        return []


def _zip_bytes(record: Mapping[str, Any], answer: Answer) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        pack.writestr("record.json", json.dumps(record, indent=1))
        for name, table in (("observations", answer.marked), ("products", answer.products)):
            rows = io.BytesIO()
            table.to_polars().write_parquet(rows)
            pack.writestr(f"{name}.parquet", rows.getvalue())
    return out.getvalue()


def _members(path: Path, *names: str) -> list[bytes]:
    """Return the bytes of members of a zip file, which are stored as they are: so none is larger than the file, whatever it says."""
    with kept_file(path) as file, zipfile.ZipFile(file) as pack:
        size = os.fstat(file.fileno()).st_size
        members = list(map(pack.getinfo, names))
        if any(member.compress_type != zipfile.ZIP_STORED or member.file_size > size for member in members):
            raise ValueError("it holds more than it can")
        return list(map(pack.read, members))


def _table(data: bytes) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(data))


def _is_separable(answer: Answer, tics: Iterable[str]) -> bool:
    """Return whether each observation is of one of the TIC ids, and each file of one of the observations, by the archive's own key."""
    observations, products = answer.marked.to_polars(), answer.products.to_polars()
    if observations["observation"].has_nulls():
        return False
    asked = {int(tic.removeprefix("TIC ")) for tic in tics}
    return set(observations["tic"]) <= asked and products.join(observations, on=KEY, how="anti").is_empty()


def _answer_about(answer: Answer, tics: Iterable[str]) -> Answer:
    """Return the part of an answer that belongs to some of its TIC ids."""
    numbers = [int(tic.removeprefix("TIC ")) for tic in tics]
    observations = answer.marked.where(pl.col("tic").is_in(numbers))
    products = answer.products.to_polars().join(observations.to_polars(), on=KEY, how="semi", maintain_order="left")
    return replace(answer, marked=observations, products=Products(products))

"""Follows candidates through the runs: which TCE of one run is which TCE of another.

TCEs are numbered by their order of discovery within a run, so number 2 of one run may be number 3 of the next; they are matched by their
ephemerides (`tess_source_dv.candidates.ephemeris`). Runs of one target by one pipeline are taken in the order of their run numbers, which
is that of processing. In each, TCEs are given to the candidates known until then, best agreement first, one to one; what is left over is
new. A candidate is known by the most precise ephemeris that it had so far (of the period that most runs found), so that a run of one
sector is compared with years of data where there are any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from tess_source._lazy import pl
from tess_source.display.text import NumberLook
from tess_source.errors import QueryError
from tess_source.tables.rows import Rows, polars_schema
from tess_source_dv.candidates.ephemeris import Agreement, Ephemeris, compare
from tess_source_dv.read.tce_columns import LOOKS

if TYPE_CHECKING:
    from tess_source_dv.read.tces import TCEs

__all__ = ["Candidates", "Relations", "ephemeris", "history", "match", "text_of_ratio"]

LIGHT_TIME = 500.0 / 86400
"""Days that the light needs for 1 au: how far a time at the spacecraft can be from a barycentric one."""
Row = Mapping[str, Any]


class Relations(Rows):
    """How TCEs of one run relate to those of earlier ones: one row per TCE, and one per candidate that a run lost.

    ``kind``: ``same``; ``harmonic`` (`ratio`, e.g. "2:1": this period is twice that of the earlier TCE); ``new``: no earlier TCE of this
    signal; ``lost``: the run before had it, this one has not (`tce` is null). The earlier TCE is the last appearance of the candidate,
    which may lie several runs back. Offsets [d] are those from the best ephemeris known until then (for a harmonic, from its multiple);
    null: not compared.
    """

    schema: ClassVar[Mapping[str, str]] = {
        "pipeline": "String", "tic": "Int64", "candidate": "Int32", "kind": "String", "ratio": "String",
        "set": "String", "tce": "Int32", "earlier_set": "String", "earlier_tce": "Int32", "period": "Float64",
        "period_offset": "Float64", "period_tolerance": "Float64", "phase_offset": "Float64", "phase_tolerance": "Float64",
    }  # fmt: skip
    shown: ClassVar[Sequence[str]] = (
        "set", "tce", "kind", "ratio", "candidate", "period", "earlier_set", "earlier_tce",
    )  # fmt: skip
    looks: ClassVar[Mapping[str, NumberLook]] = LOOKS
    noun = "relation"
    __slots__ = ()


class Candidates(Rows):
    """The history of each candidate: one row per signal of a target.

    `life` has one word per run, in the order of the runs: ``00109:3`` is TCE 3 of run 00109, ``00140:-`` a run that did not find it,
    ``00196:2(1:2)`` a TCE of half the period. The ephemeris is the most precise one of the period that most runs found, `best_set` and
    `best_tce` are where it is from.
    """

    schema: ClassVar[Mapping[str, str]] = {
        "pipeline": "String", "tic": "Int64", "candidate": "Int32", "period": "Float64", "period_err": "Float64",
        "epoch": "Float64", "epoch_err": "Float64", "duration": "Float64", "depth": "Float64", "planet_radius": "Float64",
        "mes": "Float64", "found": "Int32", "runs": "Int32", "first_set": "String", "last_set": "String",
        "in_latest": "Boolean", "best_set": "String", "best_tce": "Int32", "life": "String",
    }  # fmt: skip
    shown: ClassVar[Sequence[str]] = (
        "tic", "candidate", "period", "depth", "mes", "found", "runs", "in_latest", "life",
    )  # fmt: skip
    whole: ClassVar[Sequence[str]] = ("life",)
    looks: ClassVar[Mapping[str, NumberLook]] = LOOKS
    noun = "candidate"
    __slots__ = ()


def ephemeris(row: Row) -> Ephemeris | None:
    """Return the ephemeris of a TCE; None if it has none.

    Parameters
    ----------
    row : mapping
        A row of `TCEs`.

    Returns
    -------
    Ephemeris or None
        Of the fit; of the search where there was no fit (its times are not barycentric, so transits are taken to be that much wider).
    """
    period, epoch, epoch_err, period_err = row["period"], row["epoch"], row["epoch_err"], row["period_err"]
    duration = (row["duration"] or row["pulse_duration"] or 0.0) / 24
    if period is None or epoch is None:
        period, epoch, period_err, epoch_err = row["search_period"], row["search_epoch"], None, None
    if period_err is None and not (row["converged"] and epoch == row["epoch"]):
        duration = max(duration, 2 * LIGHT_TIME)
    if period is None or epoch is None or period <= 0:
        return None
    return Ephemeris(period, epoch, duration, _data_span(row, period, epoch), period_err, epoch_err)


def _data_span(row: Row, period: float, epoch: float) -> float:
    """Return the time from the first to the last transit in the data [d]."""
    if row["transits_expected"]:
        return float(row["transits_expected"] - 1) * period
    if row["data_stop"] is not None and row["data_stop"] > epoch:
        return float((row["data_stop"] - epoch) // period * period)
    return float((row["transits"] or 1) - 1) * period


@dataclass(slots=True)
class _Run:
    """The TCEs of one DV set."""

    key: str
    rows: list[Row]

    @property
    def edition(self) -> str:
        return self.key.rpartition("/")[2]


@dataclass(slots=True)
class _Sighting:
    """A TCE of a candidate."""

    run: int
    row: Row
    ephemeris: Ephemeris | None
    ratio: Fraction
    """Its period in those of the candidate's first TCE."""


@dataclass(slots=True)
class _Candidate:
    """A signal, with every TCE of it so far."""

    number: int
    seen: list[_Sighting] = field(default_factory=list)

    @property
    def last(self) -> _Sighting:
        return self.seen[-1]

    @property
    def best(self) -> _Sighting:
        """The most precise of those with the period that most runs found (the first, if two are as frequent)."""
        counts = Counter(sighting.ratio for sighting in self.seen)
        usual = max(counts, key=counts.__getitem__)
        return min((sighting for sighting in self.seen if sighting.ratio == usual), key=_imprecision)


def _imprecision(sighting: _Sighting) -> tuple[bool, float]:
    known = sighting.ephemeris
    return (True, 0.0) if known is None else (known.period_err is None, known.period_margin / known.period)


@dataclass(slots=True)
class _Target:
    """The runs of one target by one pipeline, and the candidates followed through them."""

    runs: list[_Run]
    candidates: list[_Candidate] = field(default_factory=list)
    relations: list[dict[str, Any]] = field(default_factory=list)

    def follow(self) -> _Target:
        for number, run in enumerate(self.runs):
            given = self._assign(run)
            for row in run.rows:
                candidate, agreement = given.get(row["tce"], (None, None))
                self._sight(number, run, row, candidate, agreement)
            for candidate in self.candidates:
                if candidate.last.run == number - 1:
                    self._relate(run, "lost", candidate, candidate.last)
        return self

    def _assign(self, run: _Run) -> dict[int, tuple[_Candidate, Agreement]]:
        """Return candidate and agreement by number of TCE, best agreement first."""
        pairs = []
        for candidate in self.candidates:
            known = candidate.best.ephemeris
            for row in run.rows:
                if known and (found := ephemeris(row)) and (agreement := compare(known, found)):
                    pairs.append((agreement.rank, candidate.number, row["tce"], candidate, agreement))
        given: dict[int, tuple[_Candidate, Agreement]] = {}
        taken: set[int] = set()
        for _, number, tce, candidate, agreement in sorted(pairs, key=lambda pair: pair[:3]):
            if tce not in given and number not in taken:
                given[tce] = candidate, agreement
                taken.add(number)
        return given

    def _sight(
        self, number: int, run: _Run, row: Row, candidate: _Candidate | None, agreement: Agreement | None
    ) -> None:
        if candidate is None or agreement is None:
            candidate = _Candidate(len(self.candidates) + 1)
            self.candidates.append(candidate)
            candidate.seen.append(_Sighting(number, row, ephemeris(row), Fraction(1)))
            self._relate(run, "new", candidate, None, row)
            return
        earlier, ratio = candidate.last, agreement.ratio * candidate.best.ratio
        candidate.seen.append(_Sighting(number, row, ephemeris(row), ratio))
        ratio /= earlier.ratio
        self._relate(run, "same" if ratio == 1 else "harmonic", candidate, earlier, row, agreement, ratio)

    def _relate(
        self, run: _Run, kind: str, candidate: _Candidate, earlier: _Sighting | None, row: Row | None = None,
        agreement: Agreement | None = None, ratio: Fraction | None = None,
    ) -> None:  # fmt: skip
        about = row or (earlier.row if earlier else {})
        names = ("period_offset", "period_tolerance", "phase_offset", "phase_tolerance")
        self.relations.append(
            {
                "pipeline": about["pipeline"], "tic": about["tic"], "candidate": candidate.number, "kind": kind,
                "ratio": text_of_ratio(ratio) if kind == "harmonic" and ratio else None,
                "set": run.key, "tce": row["tce"] if row else None,
                "earlier_set": earlier.row["set"] if earlier else None, "earlier_tce": earlier.row["tce"] if earlier else None,
                "period": row["period"] if row else None, **{name: getattr(agreement, name, None) for name in names},
            }
        )  # fmt: skip

    def histories(self) -> Iterator[dict[str, Any]]:
        for candidate in self.candidates:
            best, seen = candidate.best, {sighting.run: sighting for sighting in candidate.seen}
            said = (
                "pipeline",
                "tic",
                "period",
                "period_err",
                "epoch",
                "epoch_err",
                "duration",
                "depth",
                "planet_radius",
            )
            yield {
                **{name: best.row[name] for name in said}, "candidate": candidate.number,
                "mes": max((s.row["mes"] for s in candidate.seen if s.row["mes"] is not None), default=None),
                "found": len(seen), "runs": len(self.runs), "first_set": candidate.seen[0].row["set"],
                "last_set": candidate.last.row["set"], "in_latest": candidate.last.run == len(self.runs) - 1,
                "best_set": best.row["set"], "best_tce": best.row["tce"],
                "life": " ".join(_text_of_sighting(run, seen.get(number), best) for number, run in enumerate(self.runs)),
            }  # fmt: skip


def _text_of_sighting(run: _Run, sighting: _Sighting | None, best: _Sighting) -> str:
    if sighting is None:
        return f"{run.edition}:-"
    ratio = sighting.ratio / best.ratio
    return f"{run.edition}:{sighting.row['tce']}{'' if ratio == 1 else f'({text_of_ratio(ratio)})'}"


def text_of_ratio(ratio: Fraction) -> str:
    """Return a ratio of periods as text, e.g. ``"1:2"``."""
    return f"{ratio.numerator}:{ratio.denominator}"


def _followed_targets(tces: TCEs) -> Iterator[_Target]:
    """Yield the targets, their candidates followed through the runs. Of a TCE read from both files, the report's row is used."""
    if tces["set"].null_count() or tces["tce"].null_count():
        raise QueryError(
            "TCEs can only be matched if their runs are known: read them from files with the archive's names"
        )
    frame = (
        tces.to_polars().sort("source", maintain_order=True).unique(["set", "tce"], keep="first", maintain_order=True)
    )
    rows: Sequence[Row] = type(tces)(frame).sort().to_polars().rows(named=True)
    for _, of_target in groupby(rows, key=lambda row: (row["pipeline"], row["tic"])):
        yield _Target([_Run(key, list(run)) for key, run in groupby(of_target, key=lambda row: row["set"])]).follow()


def match(tces: TCEs) -> Relations:
    """Relate the TCEs of each run to those of earlier runs of the same target by the same pipeline.

    Parameters
    ----------
    tces : TCEs
        Of any number of targets and runs.

    Returns
    -------
    Relations
        By target, run, TCE; what a run lost comes after what it found.

    Raises
    ------
    QueryError
        If there are TCEs of unknown runs (read without a file name).
    """
    return Relations(_frame_of_rows(Relations, (row for target in _followed_targets(tces) for row in target.relations)))


def history(tces: TCEs) -> Candidates:
    """Return the history of each candidate: in which runs it was found, and as which TCE.

    Parameters
    ----------
    tces : TCEs
        Of any number of targets and runs.

    Returns
    -------
    Candidates
        By target and order of discovery.

    Raises
    ------
    QueryError
        If there are TCEs of unknown runs (read without a file name).
    """
    return Candidates(
        _frame_of_rows(Candidates, (row for target in _followed_targets(tces) for row in target.histories()))
    )


def _frame_of_rows(table: type[Rows], rows: Iterator[dict[str, Any]]) -> Any:
    return pl.DataFrame(list(rows), schema=polars_schema(table))

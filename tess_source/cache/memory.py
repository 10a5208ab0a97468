"""The memory of a session for answers of archives: the one place that decides between the cache folder and the network."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tess_source import settings as config
from tess_source._lazy import pl
from tess_source._version import __version__
from tess_source.cache.answers import LISTED, Answer, Answers
from tess_source.cache.keep import as_line, keep, kept_bytes, record_in
from tess_source.cache.question import Question
from tess_source.clock import SKEW, age_of, ago, this_moment
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import OfflineError, QueryError, bare_reason
from tess_source.hooks.registry import Registry
from tess_source.settings import Settings
from tess_source.tables.listing import Observations, Products
from tess_source.targets.recorded import plain, target_from
from tess_source.targets.target import Query, Target
from tess_source.wording import keyword

__all__ = ["Memory", "Recalled"]

log: logging.Logger = logger(__name__)

ARCHIVE_HOOKS = ("tess_query", "tess_list")
RESOLVER_HOOKS = ("tess_resolve",)
NAME_FORMAT = 2
"""Number of the format of kept names; it grows when the meaning of a kept name changes."""


@dataclass(frozen=True)
class Recalled:
    """An answer, and whether it comes from the cache folder."""

    answer: Answer
    from_store: str | None = None
    """Time of the archive's answer (ISO, with zone), if it comes from the cache folder."""


class Memory:
    """The kept answers and resolved names of a session's archives.

    Parameters
    ----------
    settings : Settings
    registry : Registry
        Its plugins. Answers are kept separately per set of plugins, and are asked for again when a plugin's version changes.
    """

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.settings: Settings = settings
        self.registry: Registry = registry
        self.offline: bool = config.is_offline(settings.offline)
        self.root: Path = config.store_root(settings)
        self.max_age: float = float("inf") if self.offline else config.max_age(settings.max_age)

    def why_not(self, hooks: Sequence[str] = ARCHIVE_HOOKS) -> str:
        """Return why answers are not remembered; empty if they are.

        Answers of the archive's own server are always remembered. Answers of another server are remembered only if a cache folder was
        chosen explicitly: a sample archive at a changing port must not fill a user's cache. Answers of a plugin without a version are not
        remembered: its code may differ at the next call.
        """
        if self.settings.server and not config.is_explicit(self.settings.cache):
            return f"{self.settings.server} is not the archive's own server, and no cache folder was chosen"
        if nameless := sorted(name for name, version in self._plugin_versions(hooks).items() if not version):
            return f"plugin {nameless[0]!r} has no version, so that its answers may change from one call to the next"
        return ""

    def ask(
        self, query: Query, fresh: Callable[[Query], Answer], serves: Callable[[Answer], bool], *, refresh: bool = False
    ) -> Recalled:
        """Return the answer to a question from the cache folder, or else ask the archives.

        Answers of archives on this machine are not kept: see `tess_source.StandIn.local`.

        Parameters
        ----------
        query : Query
        fresh : callable
            Asks the archives a query. Where the kept answer to the same question lacks what these filters may keep, the query is without
            filters, so that the new answer holds enough for all of them. Filters by whose value archives make products stay.
        serves : callable
            Returns whether a remembered answer holds everything that the filters of the question may keep.
        refresh : bool
            Ask in any case.

        Raises
        ------
        OfflineError
            If the archives would have to be asked, and no connection may be opened. The message names what is missing.
        """
        stand_ins = self.registry.stand_ins
        local = [name for name in query.archives if name in stand_ins and stand_ins[name].local]
        if local and len(local) == len(query.archives):
            return Recalled(fresh(query))
        self._check_refresh(refresh)
        reason = f"{local[0]!r} answers from this machine" if local else self.why_not()
        question = None if reason else self._question(query)
        answers = Answers(self.root, self.max_age, None if self.offline else self._software_versions(ARCHIVE_HOOKS))
        kept = answers.find(question) if question and not refresh else None
        if kept and serves(kept):
            self._log_recalled(kept)
            return Recalled(kept, kept.time)
        if self.offline:
            missing = answers.missing(question) if question and question.tics else list(map(str, query.targets))
            reason = reason or text.first([_damaged(*problem) for problem in answers.problems.items()])
            raise OfflineError(_targets_in_words(missing or list(map(str, query.targets)), query), reason)
        answer = fresh(replace(query, filters=self._shaping(query)) if kept else query)
        if question:
            answers.keep(question, answer)
        return Recalled(answer)

    def without_network(self, query: Query, fresh: Callable[[Query], Answer], error: OfflineError) -> Recalled:
        """Return the answer of archives that need no connection; raise `error`, which says what is missing, if they cannot answer.

        It is not kept, so it need not hold more than the filters of the query keep.
        """
        try:
            answer = fresh(query)
        except QueryError as why:
            known = f"{error.reason}; " if error.reason else ""
            reason = QueryError(f"{known}{' and '.join(query.archives)} cannot answer it: ", why)
            raise OfflineError(error.missing, reason) from None
        log.warning("offline: answered by %s", ", ".join(query.archives))
        return Recalled(answer)

    def answer(self, observations: Observations, products: Products, listed: pl.Series) -> Answer:
        """Return tables that archives sent just now as an `Answer`."""
        marked = observations if listed.all() else observations.with_columns(**{LISTED: listed})
        return Answer(marked, products, this_moment(), self._software_versions(ARCHIVE_HOOKS))

    def resolve(
        self,
        name: str,
        look_up: Callable[[], Target | None],
        recall: Callable[[], Target | None] = lambda: None,
        *,
        refresh: bool = False,
    ) -> tuple[Target | None, str | None]:
        """Return the target of a name from the cache folder, or else look it up, offline by `recall`, which needs no connection.

        Returns
        -------
        target : Target or None
        from_store : str or None
            Time of the look-up, if it comes from the cache folder.

        Raises
        ------
        OfflineError
            As `ask`.
        """
        self._check_refresh(refresh)
        reason = self.why_not(RESOLVER_HOOKS)
        asked = {"format": NAME_FORMAT, **self._who_is_asked(RESOLVER_HOOKS), "name": " ".join(name.split())}
        path = self._name_file(asked)
        known, damage = (None, "") if reason or refresh else self._kept_name(path, asked)
        if known:
            return known
        if self.offline:
            if (target := recall()) is None:
                raise OfflineError(f"what {name!r} means", reason or damage)
            return target, None
        target = look_up()
        if target is not None and not reason:
            record = {
                "asked": asked,
                "time": this_moment(),
                "versions": self._software_versions(RESOLVER_HOOKS),
                "target": asdict(target),
            }
            keep(path, as_line(record).encode(), self.root)
        return target, None

    def need_network(self, what: str) -> None:
        """Raise an error if no connection may be opened, for something that only an archive knows.

        Raises
        ------
        OfflineError
        """
        if self.offline:
            raise OfflineError(what, "only answers to searches and what names mean are kept")

    # -- what is asked, of whom, and by which versions --

    def _question(self, query: Query) -> Question | None:
        """Return a query in canonical form."""
        shaping = {name: plain(value) for name, value in self._shaping(query).items()}
        made = {"made": shaping} if shaping else {}
        return Question.of(query, **self._who_is_asked(ARCHIVE_HOOKS, query.archives), **made)

    def _shaping(self, query: Query) -> dict[str, Any]:
        """Return the filters of a query that its answer depends on.

        These are filters by whose value archives make products: see `tess_source.Filter.shapes`. For archives of some kinds, all filters
        are: they list nothing else of the thousands of files of an observation.
        """
        known, stand_ins = self.registry.filters, self.registry.stand_ins
        of_kinds = any(name in stand_ins and stand_ins[name].kinds for name in query.archives)
        return {
            name: value for name, value in query.filters.items() if of_kinds or (name in known and known[name].shapes)
        }

    def _who_is_asked(self, hooks: Sequence[str], archives: Sequence[str] = ()) -> dict[str, Any]:
        """Return who is asked, as part of the question: another server, other archives or a token make another question."""
        server = self.settings.server or ""
        others = set(self.registry.archives()) - set(archives) if archives else set()
        plugins = sorted(set(self._plugin_versions(hooks)) - others)
        return {"server": server, "plugins": plugins, "token": bool(self.settings.token or self.settings.login)}

    def _plugin_versions(self, hooks: Sequence[str]) -> dict[str, str]:
        """Return the plugins that answer, with their versions."""
        ready = (plugin for plugin in self.registry.plugins.values() if plugin.state == "ready")
        return {plugin.name: plugin.version for plugin in ready if set(hooks) & set(plugin.hooks)}

    def _software_versions(self, hooks: Sequence[str]) -> dict[str, str]:
        return {"tess-source": __version__, **self._plugin_versions(hooks)}

    def _check_refresh(self, refresh: bool) -> None:
        if refresh and self.offline:
            refreshed = keyword("refresh")
            raise QueryError(refreshed, " asks the archive again, and offline nothing is asked: choose one of them")

    # -- names --

    def _name_file(self, asked: dict[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]
        return self.root / config.OWN_FOLDER / "names" / f"{digest}.json"

    def _kept_name(self, path: Path, asked: dict[str, Any]) -> tuple[tuple[Target, str] | None, str]:
        """Return the kept target of a name with the time of the look-up, if it can be used, and what is wrong with the file, if so."""
        try:
            record = record_in(kept_bytes(path))
            target, time, versions = target_from(record["target"]), str(record["time"]), record["versions"]
            usable = self.offline or (
                versions == self._software_versions(RESOLVER_HOOKS) and -SKEW <= age_of(time) <= self.max_age
            )
            return ((target, time) if record["asked"] == asked and usable else None), ""
        except FileNotFoundError:
            return None, ""
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            log.info("the kept name %s is not used: %s", path, error)
            return None, _damaged(path, bare_reason(error))

    # -- messages --

    def _log_recalled(self, answer: Answer) -> None:
        """Log that an answer comes from the cache folder: as a warning if it is older than would be accepted with a connection."""
        age = age_of(answer.time)
        old = not -SKEW <= age <= config.max_age(self.settings.max_age)
        log.log(
            logging.WARNING if old else logging.INFO, "from the cache folder: answered at %s, %s", answer.time, ago(age)
        )


def _damaged(path: Path, problem: str) -> str:
    return f"{str(path)!r} is kept, but cannot be used: {problem}"


def _targets_in_words(missing: Sequence[str], query: Query) -> str:
    """Return the targets and criteria in words, e.g. ``TIC 1, TIC 2 with sequence_number=14``."""
    criteria = text.criteria(query.criteria)
    targets = text.first(missing)
    return f"{targets} with {criteria}" if targets and criteria else targets or f"the answer to {criteria}"

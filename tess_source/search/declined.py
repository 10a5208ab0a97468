"""Archives that do not answer, beside others that do: a part of an answer must not look like the whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tess_source.display.visible import logger
from tess_source.errors import QueryError, TessSourceError
from tess_source.hooks.registry import Registry
from tess_source.search.archives import is_for_kinds
from tess_source.targets.target import Query
from tess_source.wording import Wording, keyword

__all__ = ["check_answers", "naming_archive", "no_plugin"]

log: logging.Logger = logger(__name__)


@contextmanager
def naming_archive(query: Query, name: str) -> Iterator[None]:
    """Add to an error of one of several archives which archive it is, and how to do without it."""
    try:
        yield
    except (TessSourceError, OSError) as error:
        if others := [other for other in query.archives if other != name]:
            error.add_note(f"archive {name!r} failed; to do without it, ask with {keyword('archive', _plain(others))}")
        raise


def check_answers(registry: Registry, query: Query, declined: Sequence[str], verb: str) -> None:
    """Say which archives have no answer to a question. A stand-in for some kinds of products need not have one.

    Raises
    ------
    QueryError
        If no archive answers, or one that the user named does not.
    """
    if not query.archives:
        raise no_plugin(verb)
    refusing = [name for name in declined if not is_for_kinds(registry, name)]
    others = [name for name in query.archives if name not in declined]
    if not declined or (others and not refusing):
        return
    who = ", ".join(map(repr, refusing or declined))
    said = f"archive {who} has no answer to such a question"
    if not others:
        raise QueryError(f"{said}, e.g. since it knows no such columns, or no places on the sky")
    if query.named:
        raise QueryError(f"{said}; ask for it with ", keyword("archive", _plain(others)))
    log.warning("%s: the answer is without it", said)


def no_plugin(verb: str) -> QueryError:
    """Return the error where no plugin has a hook."""
    where = Wording("session.registry.plugins", "`tess-source plugins`")
    return QueryError(f"no plugin can {verb}: see ", where, " for what is installed, broken or left out")


def _plain(names: Sequence[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else list(names)

"""The commands ``tess-source cache ls | info | verify | prune | rm``, which list, verify and remove files of the cache folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from tess_source import names
from tess_source._lazy import pl
from tess_source.cache.memory import Memory
from tess_source.cli.printing import NOTHING, SOME_FAILED, format_option, note, print_rows
from tess_source.clock import now
from tess_source.display import text
from tess_source.errors import QueryError, UnknownNameError
from tess_source.names import KINDS
from tess_source.names.sectors import sectors_of_text
from tess_source.paths import user_path
from tess_source.settings import OWN_FOLDER, is_offline, max_age
from tess_source.targets.parse import parse_targets
from tess_source.targets.target import Target
from tess_source.targets.words import joined
from tess_source.units import count_of_bytes, seconds

if TYPE_CHECKING:
    from tess_source.cache.store import Store, Stored
    from tess_source.session import Session

__all__ = ["commands"]

SHOWN = ("tic", "kind", "first_sector", "last_sector", "size", "verified", "path")

_dry_run = click.option("--dry-run", is_flag=True, help="Only show what would be removed.")


def _known_kinds(_context: click.Context, _parameter: click.Parameter, words: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds that were given; raise an error for an unknown kind, as ``search`` does."""
    kinds = tuple(part.strip().lower() for word in words for part in word.split(","))
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownNameError("kind", kind, KINDS)
    return kinds


def _sectors(_context: click.Context, _parameter: click.Parameter, words: Sequence[str]) -> tuple[int, ...]:
    try:
        return tuple(sector for word in words for sector in sectors_of_text(word.replace(" ", "")))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _tic_ids(_context: click.Context, _parameter: click.Parameter, words: Sequence[str]) -> tuple[int, ...]:
    parts = [part.strip() for word in words for part in word.split(",")]
    if wrong := next((part for part in parts if not part.isdecimal()), None):
        raise click.BadParameter(f"{wrong!r} is not a TIC id, e.g. 16740101")
    return tuple(map(int, parts))


def _choice_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose files by TIC id, kind and sector, as read from their names."""
    for option in (
        click.option(
            "--sector",
            "sectors",
            multiple=True,
            metavar="SECTORS",
            callback=_sectors,
            help="Of these sectors, e.g. 14 or 1-26,56; may be repeated.",
        ),
        click.option(
            "--kind",
            "kinds",
            multiple=True,
            metavar="KIND",
            callback=_known_kinds,
            help="Of these kinds, e.g. lc,tp; may be repeated.",
        ),
        click.option(
            "--tic",
            "tics",
            multiple=True,
            metavar="TIC",
            callback=_tic_ids,
            help="Of these TIC ids, e.g. 16740101,25132999; may be repeated.",
        ),
    ):
        function = option(function)
    return function


def commands(session: Session) -> click.Group:
    """Make the group ``cache``.

    Parameters
    ----------
    session : Session
        The session that uses the cache folder.

    Returns
    -------
    click.Group
    """
    group = click.Group("cache", help="List, verify and remove the files of the cache folder.")
    for make in (_ls, _info, _verify, _prune, _rm):
        group.add_command(make(session))
    return group


def _ls(session: Session) -> click.Command:
    @click.command("ls")
    @_choice_options
    @format_option
    def ls(form: str, **chosen: Sequence[Any]) -> None:
        """List the files, and when each was found whole."""
        frame = _matching(_file_table(session.store.files()), **chosen)
        print_rows(frame, form, SHOWN, ("verified",))
        note(f"{_count_and_size(frame)} in {session.store.root}")
        if not frame.height:
            raise click.exceptions.Exit(NOTHING)

    return ls


def _info(session: Session) -> click.Command:
    @click.command("info")
    @format_option
    def info(form: str) -> None:
        """Show where the cache folder is, and how much it holds."""
        rows = [{"what": what, "value": str(value)} for what, value in _facts(session)]
        print_rows(pl.DataFrame(rows), form, ("what", "value"))

    return info


def _verify(session: Session) -> click.Command:
    @click.command("verify")
    @_choice_options
    @click.option("--all", "everything", is_flag=True, help="Also list the files that are whole.")
    @format_option
    def verify(everything: bool, form: str, **chosen: Sequence[Any]) -> None:
        """Read every file through, and list the damaged files. Exit code 1 if there are any."""
        store = session.store
        files = store.files()
        names = set(_matching(_file_table(files), **chosen)["path"])
        checked = list(store.verify([file for file in files if file.path in names]))
        damaged = sum(bool(problem) for _, problem in checked)
        rows = [
            {"state": "damaged" if problem else "whole", "path": file.path, "reason": problem}
            for file, problem in checked
        ]
        frame = pl.DataFrame(rows, schema=dict.fromkeys(("state", "path", "reason"), pl.String))
        shown = frame if everything or form != "table" else frame.filter(pl.col("state") == "damaged")
        print_rows(shown, form, shown.columns)
        note(f"{len(checked) - damaged:,} whole, {damaged:,} damaged in {store.root}")
        if damaged:
            raise click.exceptions.Exit(SOME_FAILED)

    return verify


def _prune(session: Session) -> click.Command:
    @click.command("prune")
    @click.option("--older-than", metavar="AGE", help="Remove files and answers that are older than this, e.g. 90d.")
    @click.option(
        "--larger-than-total",
        metavar="SIZE",
        help="Remove the oldest files until the rest is not larger than this, e.g. 50GB.",
    )
    @click.option(
        "--leftovers",
        is_flag=True,
        help="Only remove unfinished files that interrupted downloads left more than a day ago.",
    )
    @_dry_run
    @format_option
    def prune(older_than: str | None, larger_than_total: str | None, leftovers: bool, dry_run: bool, form: str) -> None:
        """Remove old files. Only TESS files are removed, and files that interrupted downloads left more than a day ago."""
        if not (older_than or larger_than_total or leftovers):
            raise click.UsageError("choose what to remove: --older-than, --larger-than-total or --leftovers")
        store = session.store
        age = None if older_than is None else seconds(older_than)
        most = None if larger_than_total is None else count_of_bytes(larger_than_total)
        files = _oldest(_tess_files(store), age, most)
        answers = _oldest(store.remembered(), age, None)
        _remove_and_report(store, [*store.leftovers(), *files, *answers], dry_run, form)

    return prune


def _rm(session: Session) -> click.Command:
    @click.command("rm")
    @click.argument("what", nargs=-1, metavar="[TARGET|PATH]...")
    @_choice_options
    @click.option("--answers", is_flag=True, help="Remove the kept answers and names.")
    @click.option("--all", "everything", is_flag=True, help="Remove all TESS files, answers and names.")
    @_dry_run
    @format_option
    def rm(
        what: tuple[str, ...], answers: bool, everything: bool, dry_run: bool, form: str, **chosen: Sequence[Any]
    ) -> None:
        """Remove files that match all that is given. They are chosen by TIC ids, paths, kinds and sectors.

        PATH is a file or folder in the cache folder. Nothing outside of it is removed, and links are not followed.
        """
        store = session.store
        picked: list[Stored] = []
        if everything or what or any(chosen.values()):
            files = _files_named(store, joined(what)) if what else _tess_files(store)
            names = set(_matching(_file_table(files), **chosen)["path"])
            picked = [file for file in files if file.path in names]
        elif not answers:
            raise click.UsageError(
                "choose what to remove: a TIC id, a path, --kind, --sector, --tic, --answers or --all"
            )
        picked += store.remembered() if answers or everything else []
        _remove_and_report(store, picked, dry_run, form)
        if not picked:
            raise click.exceptions.Exit(NOTHING)

    return rm


# -- choosing --


def _file_table(files: Iterable[Stored]) -> pl.DataFrame:
    """Return files as a table, with TIC id, kind and sectors read from their names."""
    from datetime import UTC, datetime

    def when(file: Stored) -> str | None:
        if file.known is None:
            return None
        return datetime.fromtimestamp(file.known.verified, UTC).isoformat(timespec="seconds")

    rows = [(file.path, file.size, when(file), file.known.sha256 if file.known else None) for file in files]
    schema = {"path": pl.String, "size": pl.Int64, "verified": pl.String, "sha256": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    said = names.columns(frame["path"].str.extract(r"([^/]*)$")).select("tic", "kind", "first_sector", "last_sector")
    return pl.concat([said, frame], how="horizontal")


def _matching(frame: pl.DataFrame, tics: Sequence[int], kinds: Sequence[str], sectors: Sequence[int]) -> pl.DataFrame:
    """Return the rows with one of the TIC ids, one of the kinds and one of the sectors; an empty sequence means all."""
    within = [(pl.col("first_sector") <= sector) & (pl.col("last_sector") >= sector) for sector in sectors]
    every = pl.lit(True)
    return frame.filter(
        pl.col("tic").is_in(list(tics)) if tics else every,
        pl.col("kind").is_in(list(kinds)) if kinds else every,
        pl.any_horizontal(within) if within else every,
    )


def _tess_files(store: Store) -> list[Stored]:
    """Return the files with TESS names or fetched here: a folder shared with lightkurve may hold files of other missions."""
    files = store.files()
    kinds = _file_table(files)["kind"]
    return [file for file, kind in zip(files, kinds, strict=True) if kind != "other" or file.known]


def _files_named(store: Store, words: Sequence[str]) -> list[Stored]:
    """Return the files of TIC ids, and the files at or below paths."""
    files = store.files()
    wanted: dict[str, Stored] = {}
    for word in words:
        place = _path_in_store(store, word)
        if place is not None:
            wanted |= {file.path: file for file in files if file.path == place or file.path.startswith(f"{place}/")}
            continue
        target = next(iter(parse_targets(word)))
        if not isinstance(target, Target) or target.tic is None:
            raise QueryError(f"{word!r} is neither a TIC id nor a path in {str(store.root)!r}")
        ours = _matching(_file_table(_tess_files(store)), (target.tic,), (), ())["path"].to_list()
        wanted |= {file.path: file for file in files if file.path in set(ours)}
    return list(wanted.values())


def _path_in_store(store: Store, word: str) -> str | None:
    """Return a path relative to the root of the store; None if the word is not a path."""
    place = store.root / user_path(word)  # an absolute path replaces the root
    if "/" not in word.replace("\\", "/") and not place.exists():
        return None
    if ".." in place.parts or not place.is_relative_to(store.root) or place == store.root:
        raise QueryError(f"{word!r} does not lie in {str(store.root)!r}, so it is not removed")
    return place.relative_to(store.root).as_posix()


def _oldest(files: Sequence[Stored], age: float | None, most: int | None) -> list[Stored]:
    """Return the files that are older than an age [s], and the oldest ones until the rest is not larger than `most` bytes."""
    oldest_first = sorted(files, key=lambda file: (file.mtime, file.path))
    total = sum(file.size for file in files)
    gone = []
    for file in oldest_first:
        if (age is not None and now() - file.mtime > age) or (most is not None and total > most):
            gone.append(file)
            total -= file.size
    return gone


# -- reporting and removing --


def _facts(session: Session) -> list[tuple[str, object]]:
    store, memory = session.store, Memory(session.settings, session.registry)
    files, kept, left = store.files(), store.remembered(), store.leftovers(0)
    answers = [file for file in kept if file.path.endswith(".zip")]
    others = [folder.name for folder in sorted((store.root / OWN_FOLDER / "servers").glob("*"))]
    age = max_age(session.settings.max_age)
    return [
        ("folder", store.root),
        ("files", f"{len(files):,}, {text.size(sum(file.size for file in files))}"),
        ("verified", f"{sum(file.known is not None for file in files):,} of {len(files):,}"),
        ("index", f"{len(store.index.entries):,} entries in {text.number(len(store.index.parts()), 'file')}"),
        ("answers", f"{len(answers):,}, {text.size(sum(file.size for file in answers))}{_date_range(answers)}"),
        ("names", f"{len(kept) - len(answers):,}"),
        ("unfinished", f"{len(left):,}, {text.size(sum(file.size for file in left))}"),
        ("answers are remembered", f"no: {why}" if (why := memory.why_not()) else "yes"),
        ("answers are used for", "ever" if age == float("inf") else f"{age / 3600:g} hours"),
        ("offline", "yes" if is_offline(session.settings.offline) else "no"),
        *([("folders of other servers", ", ".join(others))] if others else []),
    ]


def _date_range(files: Sequence[Stored]) -> str:
    from datetime import UTC, datetime

    def day(seconds: float) -> str:
        try:
            return str(datetime.fromtimestamp(seconds, UTC).date())
        except (ArithmeticError, OSError, ValueError):  # a file may have any time, also one after the year 9999
            return "an unknown day"

    times = [file.mtime for file in files]
    return f", from {day(min(times))} to {day(max(times))}" if times else ""


def _remove_and_report(store: Store, files: Sequence[Stored], dry_run: bool, form: str) -> None:
    """Remove files, and print what happened to each."""
    sizes = {file.path: file.size for file in files}
    done = [(path, "") for path in sizes] if dry_run else list(store.remove(sizes))
    word = "would be removed" if dry_run else "removed"
    rows = [("kept" if problem else word, sizes[path], path, problem) for path, problem in done]
    schema = {"state": pl.String, "size": pl.Int64, "path": pl.String, "reason": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    print_rows(frame, form, frame.columns)
    gone = frame.filter(pl.col("state") == word)
    note(f"{_count_and_size(gone)} {word} in {store.root}")
    if gone.height < frame.height:
        raise click.exceptions.Exit(SOME_FAILED)


def _count_and_size(frame: pl.DataFrame) -> str:
    return f"{text.number(frame.height, 'file')}, {text.size(float(frame['size'].sum()))}"

"""The commands on locks: ``tess-source verify``, ``tess-source lock …`` and ``tess-source get --from-lock``."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tess_source import disk as place
from tess_source.cli.asking import YES_HELP
from tess_source.cli.printing import SOME_FAILED, download, failures, format_option, note, print_rows, say, show
from tess_source.cli.user_path import UserPlace
from tess_source.display import text
from tess_source.errors import LockError
from tess_source.object_store.path import ObjectPath, Root, user_root
from tess_source.session import Session
from tess_source.settings import checked_online
from tess_source.tables.plan import Manifest, Plan

if TYPE_CHECKING:
    from tess_source.lock.check import Verified
    from tess_source.lock.compare import Changes

__all__ = ["check_place", "check_replaced", "commands", "with_from_lock"]

PRESENT_HELP = "With a folder: only the files that are there, not which others of their sectors are missing."

_lock_file = click.argument("lock", type=UserPlace(exists=True, dir_okay=False), metavar="LOCK")
_folder = click.option(
    "--to",
    "root",
    default=lambda: str(click.get_current_context().obj.store.root),
    show_default="the cache folder",
    type=UserPlace(file_okay=False),
    help="Folder or place in an object store that holds the files.",
)


def commands(session: Session) -> list[click.Command]:
    """Return the commands on locks.

    Parameters
    ----------
    session : Session
        Searches and downloads.

    Returns
    -------
    list of click.Command
        ``verify`` and the group ``lock``.
    """
    group = click.Group("lock", help="Compare, refresh and cite locks, and make scripts of them.")
    for command in (_diff(), _refresh(session), _script(session), _cite(session)):
        group.add_command(command)
    return [_verify(session), group]


def _verify(session: Session) -> click.Command:
    copies = {name: copy for name, copy in session.registry.copies.items() if copy.can_be_listed}

    @click.command("verify")
    @click.argument("place", type=UserPlace(exists=True), metavar="LOCK" if not copies else "LOCK|FOLDER")
    @_folder
    @click.option("--full", "reading", flag_value="full", help="Read every byte of every file; this is the default.")
    @click.option("--sizes", "reading", flag_value="sizes", help="Compare only sizes: seconds for 100,000 files.")
    @click.option("--all", "everything", is_flag=True, help="Also list the files that are complete.")
    @format_option
    @click.pass_obj
    def verify(
        session: Session, place: str, root: str, reading: str | None, everything: bool, form: str,
        copy: str | None = None, present: bool = False,
    ) -> None:  # fmt: skip
        """Compare a folder with a lock, or with the cloud copy.

        A file is complete, missing, damaged, different, stale or extra. A stale file is whole, but of another processing than the
        lock's. Exit code 1 if a file of the lock is not complete.
        """
        from tess_source.lock.check import verify_lock
        from tess_source.lock.places import is_there

        if copy:
            _verify_copied(session, place, root, copy, reading == "sizes", present, everything, form)
            return
        plan = _load(_checked_lock(place, copies), root)
        if not is_there(plan.root):
            say(f"there is no folder {root!r}" if isinstance(plan.root, Path) else f"nothing is in {root}")
        found = verify_lock(plan, sizes_only=reading == "sizes")
        ignored = _path_within(user_root(place), plan.root)
        shared = isinstance(plan.root, Path) and session.store.is_at(plan.root)  # other files in it are expected
        _report_states(
            found.where(((found["path"] != ignored) & (not shared)) | (found["state"] != "extra")), everything, form
        )

    for name, record in copies.items():
        said = f"Compare a folder of downloads, or the files of a lock, with the listing of {record.help}."
        verify.params.append(click.Option([f"--{name}", "copy"], flag_value=name, help=said))
    if copies:
        verify.params.append(click.Option(["--present"], is_flag=True, help=PRESENT_HELP))
    return verify


def _checked_lock(place: str, copies: Collection[str]) -> str:
    if _is_folder(place):
        ways = "".join(f", or --{name} to compare it with a listing" for name in copies)
        raise click.UsageError(f"{place!r} is a folder: give a lock, and the folder with --to{ways}")
    return place


def _is_folder(place: str) -> bool:
    """Return whether a place is a folder, or such a place in an object store: no object, but some below."""
    from tess_source.lock.places import is_there, object_at

    root = _online(place)
    if isinstance(root, Path):
        return root.is_dir()
    return (
        is_there(root) and object_at(root) is None
    )  # in this order: only answers to listings tell why a store refuses


def _verify_copied(
    session: Session, place: str, root: str, copy: str, sizes_only: bool, present: bool, everything: bool, form: str
) -> None:
    """Compare a folder, or the files of a lock, with the listing of a copy."""
    from tess_source.lock.listed import verify_copied, verify_folder

    if _is_folder(place):
        found = verify_folder(place, copy, session=session, sizes_only=sizes_only, present_only=present)
    else:
        found = verify_copied(_load(place, root), copy, session=session, sizes_only=sizes_only)
    _report_states(found, everything, form)


def _report_states(found: Verified, everything: bool, form: str) -> None:
    """Print the states of files, and exit with a failure if one that should be there is not complete."""
    _print_shown(found if everything or form != "table" else _notable(found), form)
    note(found.summary())
    if not found.ok:
        raise click.exceptions.Exit(SOME_FAILED)


def _diff() -> click.Command:
    @click.command("diff")
    @click.argument("before", type=UserPlace(exists=True, dir_okay=False))
    @click.argument("after", type=UserPlace(exists=True, dir_okay=False))
    @format_option
    def diff(before: str, after: str, form: str) -> None:
        """Compare two locks: new, gone, changed, reprocessed files. Exit code 1 if they differ."""
        from tess_source.lock.compare import diff as compared
        from tess_source.lock.compare import unsummed

        left, right = _load(before), _load(after)
        if count := unsummed(left, right):
            say(f"{text.number(count, 'file')} not compared by their bytes: one of the two locks has no sum for them")
        _report(compared(left, right), form)

    return diff


def _refresh(session: Session) -> click.Command:
    @click.command("refresh")
    @_lock_file
    @click.option("--lock", "new", type=UserPlace(dir_okay=False), help="Write today's answer as a new lock.")
    @click.option("--replace", is_flag=True, help="Allow --lock to replace any file.")
    @click.option("--yes", "large", is_flag=True, help=YES_HELP)
    @format_option
    def refresh(lock: str, new: str | None, replace: bool, large: bool, form: str) -> None:
        """Repeat the search of a lock, and list what differs today. Nothing is fetched. Exit code 1 if anything differs."""
        from tess_source.lock.refresh import refresh as asked_again

        today, changes = asked_again(_load(lock), session, large=large)
        if new:
            if not replace:
                check_replaced(today, new)
            today.save(new)
        _report(changes, form)

    return refresh


def _script(session: Session) -> click.Command:
    @click.command("script")
    @_lock_file
    @click.option("--curl", "language", flag_value="curl", help="For a POSIX shell with curl, in place of Python.")
    def script(lock: str, language: str | None) -> None:
        """Print a script that fetches the files without tess-source."""
        from tess_source.lock.scripts import script as written_as

        registry = session.registry
        written = written_as(_load(lock), registry.transports, session.settings, language or "python", registry.copies)
        show(written)

    return script


def _cite(session: Session) -> click.Command:
    @click.command("cite")
    @_lock_file
    def cite(lock: str) -> None:
        """Print how to cite the lock's data sets."""
        from tess_source.lock.citation import cite as citation

        click.echo(citation(_load(lock), session.registry.citations.values()))

    return cite


# -- get --from-lock --


def with_from_lock(get: click.Command, session: Session) -> click.Command:
    """Add the option ``--from-lock`` to ``get``, which takes its files from a lock instead of a search.

    Parameters
    ----------
    get : click.Command
        The command; it is changed.
    session : Session
        Downloads.
    """
    ask: Callable[..., Any] = get.callback or (lambda **words: None)
    option = click.Option(
        ["--from-lock"], type=UserPlace(exists=True, dir_okay=False), metavar="LOCK",
        help="Fetch exactly the files of a lock, without a search. Bytes other than the lock's are an error.",
    )  # fmt: skip
    get.params.append(option)

    def callback(from_lock: str | None, **words: Any) -> Any:
        if from_lock is None:
            return ask(**words)
        _check_no_question(click.get_current_context(), {"from_lock", "root", "form", "jobs", "dry_run"})
        return _get_locked(session, from_lock, words["root"], words["jobs"], words["form"], words["dry_run"])

    get.callback = callback
    return get


def _check_no_question(context: click.Context, allowed: Collection[str]) -> None:
    from click.core import ParameterSource

    names = {parameter.name or "" for parameter in context.command.params}
    given = {name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if asked := [one for one in context.command.params if one.name in given - set(allowed)]:
        word = "a target" if isinstance(asked[0], click.Argument) else asked[0].opts[0]
        raise click.UsageError(f"--from-lock does not search, so {word} cannot be given with it")


def _get_locked(session: Session, lock: str, root: str, jobs: int | None, form: str, dry_run: bool) -> None:
    from tess_source.lock.check import verify_lock
    from tess_source.lock.refresh import made_elsewhere

    plan = _load(lock, root)
    if other := made_elsewhere(plan, session):
        say(f"{other}; bytes that differ from the lock's will be refused")
    before = verify_lock(plan)
    wrong = before.where(before["state"].is_in(["different", "stale"]))
    if len(wrong):
        _print_shown(wrong, form)
        raise LockError(
            f"{text.number(len(wrong), 'file')} in {root!r} with other bytes than the lock's: move what is there away, and run it again"
        )
    if dry_run:
        _print_shown(before.where(~before["state"].is_in(["complete", "extra"])), form)
        note(before.summary())
        return
    _remove_damaged(plan, before)
    _report_locked(plan, download(plan, jobs), form)


def _remove_damaged(plan: Plan, found: Verified) -> None:
    """Remove files that are not whole: the downloader would trust the index of the cache folder, written when they were whole."""
    from tess_source.files.folder import Folder
    from tess_source.object_store.folder import ObjectFolder

    folder = ObjectFolder(plan.root) if isinstance(plan.root, ObjectPath) else Folder(plan.root)
    for path in found.where(found["state"] == "damaged")["path"]:
        folder.remove(path)


def _report_locked(plan: Plan, manifest: Manifest, form: str) -> None:
    """Print what happened, and exit with a failure if a file is missing or has other bytes than the lock's."""
    wrong = [entry for entry in manifest if entry.ok and entry.item.sha256 and entry.sha256 != entry.item.sha256]
    print_rows(manifest.to_polars(), form, ["status", "bytes", "filename", "error"])
    note(manifest.summary())
    if unknown := sum(item.sha256 is None for item in plan):
        say(f"no sha256 in the lock for {text.number(unknown, 'file')}: only size and structure could be checked")
    for entry in wrong[:1]:
        say(f"{entry.item.path}: its bytes are not those of the lock: sha256 {entry.sha256}, not {entry.item.sha256}")
    if more := [entry.item.path for entry in wrong[1:]]:
        say(f"nor are those of {text.number(len(more), 'more file')}: {text.first(more, text.FEW)}")
    for line in failures(manifest):
        say(line)
    if wrong or len(manifest.failed):
        raise click.exceptions.Exit(SOME_FAILED)


# -- get --lock --


def check_place(file: str) -> None:
    """Check that a file can be written, before anything is fetched.

    Raises
    ------
    OSError
        If it cannot be written, or the object store cannot be asked.
    """
    from tess_source.lock.places import is_there

    if isinstance(root := _online(file), ObjectPath):
        is_there(root)
        return
    place.check_place(root)
    if Path(file).exists() and not os.access(file, os.W_OK):  # somebody wants to keep that record
        raise PermissionError(errno.EACCES, "it cannot be written", file)


def check_replaced(plan: Plan, file: str) -> None:
    """Check that a lock replaces only a lock of the same search: another one is somebody's record.

    Raises
    ------
    LockError
        If something else is there.
    """
    try:
        there = _load(file)
    except FileNotFoundError:
        return
    except LockError as error:
        raise LockError(f"{file!r} exists and is not a lock; give another name, or --replace") from error
    if _question_of(there) != _question_of(plan):
        raise LockError(f"{file!r} is the lock of another search; give another name, or --replace")


def _question_of(plan: Plan) -> tuple[Any, ...]:
    record = plan.record
    return record.get("question"), [(drop.get("filter"), drop.get("asked")) for drop in record.get("filters", ())]


# -- helpers --


def _load(lock: str, root: str | None = None) -> Plan:
    """Read a lock with the session of the program."""
    session: Session = click.get_current_context().obj
    return session.load_plan(lock, root)


def _online(place: str) -> Root:
    """Return the place that a text names, after a check of the program's session: offline, it must be on this machine."""
    session: Session = click.get_current_context().obj
    return checked_online(user_root(place), session.settings)


def _path_within(path: Root, root: Root) -> str:
    """Return the path of a file relative to a folder; empty if it does not lie in it."""
    if isinstance(path, ObjectPath) or isinstance(root, ObjectPath):
        inside = isinstance(path, ObjectPath) and str(path).startswith(f"{root}/")
        return str(path)[len(str(root)) + 1 :] if inside else ""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return ""


def _notable(found: Verified) -> Verified:
    return found.where((found["state"] != "complete") | (found["reason"] != ""))


def _report(changes: Changes, form: str) -> None:
    _print_shown(changes, form)
    note(changes.summary())
    if len(changes):
        raise click.exceptions.Exit(SOME_FAILED)


def _print_shown(rows: Verified | Changes, form: str) -> None:
    print_rows(rows.to_polars(), form, list(rows.shown))

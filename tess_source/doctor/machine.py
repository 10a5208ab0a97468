"""What a check-up finds on this machine: versions, extras, plugins, the cache folder, settings, and the way to the network."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source import config
from tess_source._version import __version__
from tess_source.display import text
from tess_source.doctor.finding import OFF, OK, PROBLEM, Finding
from tess_source.doctor.stores import object_stores
from tess_source.download import proxies
from tess_source.download.addresses import preferred
from tess_source.download.route import ca_bundle
from tess_source.errors import NetworkError, TessSourceError, bare_reason
from tess_source.logins import without_user
from tess_source.origins import in_effect
from tess_source.settings import cache_folder, store_root
from tess_source.system import python_and_machine

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["on_this_machine"]

OURS = "tess-source"
FOR_DEVELOPERS = {"all", "docs", "lint", "test"}
"""Extras that a check-up does not name: developers' own, and the sum of the others."""
LITTLE = 2_000_000_000
"""Bytes of free space that are few: a hundred target pixel files."""
LONGEST = 2.0
"""Seconds to count files; a shared cache folder may hold millions."""


def on_this_machine(session: Session, wrong: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is found without a connection. What fails is a finding too.

    Parameters
    ----------
    session : Session
    wrong : mapping
        Setting, or the config file → what is wrong with it, so that the default is used.
    """
    for topic, look in (
        ("version", _versions),
        ("extra", _extras),
        ("plugin", _plugins),
        ("cache", _cache),
        ("config", partial(_settings, wrong=wrong)),
        ("proxy", _ways),
        ("token", _tokens),
        ("store", object_stores),
    ):
        try:
            yield from look(session)
        except (TessSourceError, OSError) as error:
            yield Finding(PROBLEM, topic, "", str(error) or bare_reason(error))


# -- versions --


def _versions(session: Session) -> Iterator[Finding]:
    python, machine = python_and_machine()
    yield Finding(OK, "version", "python", python)
    yield Finding(OK, "version", "platform", machine)
    yield Finding(OK, "version", OURS, __version__)
    yield from (_library("version", requirement) for requirement in _requirements().get("", ()))


def _extras(session: Session) -> Iterator[Finding]:
    for extra, requirements in sorted(_requirements().items()):
        if extra and extra not in FOR_DEVELOPERS:
            yield from (_library("extra", requirement, extra) for requirement in requirements)


def _library(topic: str, requirement: Any, extra: str = "") -> Finding:
    """Return which version of a library is installed, and whether it will do."""
    item = f"{extra}: {requirement.name}" if extra else requirement.name
    install = f"pip install '{OURS}[{extra}]'" if extra else f"pip install '{requirement.name}{requirement.specifier}'"
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Finding(OFF if extra else PROBLEM, topic, item, "not installed", install)
    if not requirement.specifier.contains(version, prereleases=True):
        return Finding(PROBLEM, topic, item, f"{version}, but {requirement.specifier} is needed", install)
    return Finding(OK, topic, item, version)


def _requirements() -> dict[str, list[Any]]:
    """Return the libraries that are needed, by the extra that needs them; those that always are by the empty text."""
    from packaging.requirements import Requirement  # astropy needs it too

    try:
        said = metadata.requires(OURS) or ()
    except metadata.PackageNotFoundError:  # the source folder is used as it is
        return {}
    found: dict[str, list[Any]] = {}
    extras = metadata.metadata(OURS).get_all("Provides-Extra") or ()
    for requirement in map(Requirement, said):
        if requirement.name != OURS:  # or else it is the sum of other extras
            for extra in ("", *extras):
                if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                    found.setdefault(extra, []).append(requirement)
                    if not extra:  # it is always needed
                        break
    return found


# -- plugins --


def _plugins(session: Session) -> Iterator[Finding]:
    for name, plugin in sorted(session.registry.plugins.items()):
        value = " ".join(filter(None, (plugin.version, plugin.origin)))
        if plugin.state == "broken":
            yield Finding(
                PROBLEM, "plugin", name, plugin.error, f"Mend or remove {plugin.origin}, or use --without {name}"
            )
        else:
            yield Finding(OK if plugin.state == "ready" else OFF, "plugin", name, value)


# -- the cache folder --


def _cache(session: Session) -> Iterator[Finding]:
    folder = cache_folder(session.settings.cache)
    yield Finding(OK, "cache", "folder", str(folder) if folder.exists() else f"{folder} (made when it is first needed)")
    if (own := store_root(session.settings)) != folder:
        yield Finding(OK, "cache", "folder of this server", str(own.relative_to(folder)))
    yield _is_writable(folder)
    count, size, whole = _count(folder)
    yield Finding(
        OK, "cache", "files", f"{'' if whole else 'at least '}{text.number(count, 'file')}, {text.size(size)}"
    )
    free = shutil.disk_usage(_nearest(folder)).free
    few = free < LITTLE
    advice = (
        "Make room, e.g. by tess-source cache prune --larger-than-total 10GB, or choose another folder" if few else ""
    )
    yield Finding(PROBLEM if few else OK, "cache", "free space", text.size(free), advice)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _is_writable(folder: Path) -> Finding:
    """Return whether files can be written in a folder, which need not exist."""
    advice = "Choose another folder: TESS_SOURCE_CACHE, or cache in the config file"
    nearest = _nearest(folder)
    try:
        if not nearest.is_dir():
            return Finding(PROBLEM, "cache", "writable", f"no: {nearest} is not a folder", advice)
        if nearest == folder:
            with tempfile.TemporaryFile(dir=folder):
                return Finding(OK, "cache", "writable", "yes")
        allowed = os.access(nearest, os.W_OK | os.X_OK)
    except OSError as error:
        return Finding(PROBLEM, "cache", "writable", f"no: {bare_reason(error)}", advice)
    if allowed:
        return Finding(OK, "cache", "writable", "yes")
    return Finding(PROBLEM, "cache", "writable", f"no: {nearest} may not be written in", advice)


def _count(folder: Path) -> tuple[int, int, bool]:
    """Return number and bytes of the files below a folder, and whether these are all."""
    end = time.monotonic() + LONGEST
    count = size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                size += (Path(place) / name).lstat().st_size
            except OSError:  # another process has just removed it
                continue
            count += 1
        if time.monotonic() > end:
            return count, size, False
    return count, size, True


# -- settings and the way to the network --


def _settings(session: Session, wrong: Mapping[str, str]) -> Iterator[Finding]:
    file = config.config_file()
    if config.FILE not in wrong:
        said = str(file) if file.exists() else f"{file} (there is none)"
        yield Finding(OK if file.exists() else OFF, "config", "file", said)
    for name, problem in wrong.items():
        yield Finding(PROBLEM, "config", name, problem, "Mend it: until then, it is left out")
    for setting in in_effect(session.settings):
        if setting.name not in wrong:
            yield Finding(OK, "config", setting.name, f"{setting.value}  ({setting.source})")
    preferred(session.registry.copies, session.settings)


def _ways(session: Session) -> Iterator[Finding]:
    for scheme in ("https", "http"):
        name, given = proxies.chosen(scheme)
        if not given:
            yield Finding(OFF, "proxy", scheme, "none")
        elif (proxy := proxies.normal(given)) is None:  # it holds a password perhaps
            advice = "Give one like http://host:port"
            yield Finding(PROBLEM, "proxy", scheme, f"{name} is not the address of a proxy", advice)
        else:
            yield Finding(OK, "proxy", scheme, f"{without_user(proxy)}  ({name})")
    if listed := os.environ.get("no_proxy") or os.environ.get("NO_PROXY"):
        yield Finding(OK, "proxy", "asked directly", listed)
    try:
        bundle = ca_bundle()
    except NetworkError as error:
        yield Finding(PROBLEM, "proxy", "certificates", error.problem, error.advice)
    else:
        yield Finding(OK, "proxy", "certificates", bundle or "those of this Python")


def _tokens(session: Session) -> Iterator[Finding]:
    """Yield which secrets are there, without any part of them. The system's keyring is not opened: it may ask you something."""
    if session.settings.token:
        yield Finding(OK, "token", "argument", "given")
    for name in dict.fromkeys(service.token for service in session.registry.services.values() if service.token):
        given = os.environ.get(name, "")
        if not given:
            yield Finding(OFF, "token", name, "not set")
        elif not given.isprintable() or given != given.strip():
            advice = f"Set {name} again without blanks and line feeds"
            yield Finding(PROBLEM, "token", name, "set, with characters that no token has", advice)
        else:
            yield Finding(OK, "token", name, "set")

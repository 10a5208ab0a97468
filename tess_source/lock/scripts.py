"""Scripts, in Python or for curl, that fetch the files of a lock without tess-source, e.g. for the readers of a paper."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from tess_source.download.run import addresses
from tess_source.errors import LockError

if TYPE_CHECKING:
    from tess_source.hooks.records import Transport
    from tess_source.settings import Settings
    from tess_source.tables.items import Item
    from tess_source.tables.plan import Plan

__all__ = ["LANGUAGES", "script"]

_SHA256 = re.compile(r"[0-9a-f]{64}")


def script(plan: Plan, transports: Mapping[str, Transport], settings: Settings, language: str = "python") -> str:
    """Return a program that fetches and checks the files of a lock without tess-source.

    Parameters
    ----------
    plan : Plan
    transports : mapping
        URI scheme → how to fetch it. Only addresses are taken from it, never a token.
    settings : Settings
    language : str
        ``"python"`` (3.8 or newer, only its standard library) or ``"curl"`` (a POSIX shell with curl and sha256sum or shasum).

    Returns
    -------
    str
        The program's text; plain ASCII.

    Raises
    ------
    LockError
        If a file of the lock cannot be fetched, or has an unsafe path or an invalid sum.
    """
    write = LANGUAGES.get(language)
    if write is None:
        raise LockError(f"there is no {language!r} script; there are {', '.join(LANGUAGES)}")
    files = [(item, _addresses(item, transports, settings)) for item in plan]
    return write(list(_lines_of_origin(plan)), files)


def _addresses(item: Item, transports: Mapping[str, Transport], settings: Settings) -> list[str]:
    """Return all addresses of a file, best first."""
    if item.problem is not None:
        raise LockError(f"{item.uri or item.filename!r} cannot be in a script: {item.problem}")
    if item.sha256 is not None and not _SHA256.fullmatch(item.sha256):
        raise LockError(f"{item.uri!r} has an invalid sha256: {item.sha256!r}")
    known = [(uri, transports.get(uri.partition(":")[0])) for uri in (item.uri, *item.mirrors)]
    urls = [
        request.url
        for uri, transport in known
        if transport is not None
        for request in addresses(uri, transport, settings)
    ]
    if not urls:
        raise LockError(f"no plugin knows where {item.uri!r} is")
    if wrong := [url for url in urls if not url.startswith(("https://", "http://"))]:
        raise LockError(f"{wrong[0]!r} is not an address that a script can fetch")
    return urls


def _lines_of_origin(plan: Plan) -> Iterator[str]:
    """Yield comment lines about the origin of the list. `_comment` escapes them, since they may hold text from an archive."""
    record = plan.record
    versions = record.get("versions", {})
    yield f"{len(plan):,} files of {record.get('server', 'an archive')}, as it answered {record.get('time', 'at an unknown time')};"
    yield f"written by tess-source {versions.get('tess-source', '')}".rstrip() + "; needs nothing of it."
    without = sum(item.sha256 is None for item in plan)
    if without:
        yield f"{without:,} of them were not fetched when this was written: they have no sha256, and only their size is checked."


def _comment(line: str) -> str:
    return "# " + json.dumps(line)[1:-1]


# -- Python --

_PYTHON = '''\
#!/usr/bin/env python3
{about}
"""Fetch these files: python3 THIS_SCRIPT [FOLDER]. What is there already with the right bytes is kept; exit code 1 if any failed."""

import hashlib
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

FILES = [  # path, size or None, sha256 or None, addresses
{files}
]
TRIES, PAUSE, TIMEOUT = 4, 5, 60


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
    return digest.hexdigest()


def is_here(path, size, sha256):
    if not os.path.isfile(path) or (size is not None and os.path.getsize(path) != size):
        return False
    return digest_of(path) == sha256 if sha256 else size is not None


def fetch(url, part):
    request = urllib.request.Request(url, headers={{"Accept-Encoding": "identity"}})
    digest, count = hashlib.sha256(), 0
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer, open(part, "wb") as file:
        announced = answer.headers.get("Content-Length")
        for chunk in iter(lambda: answer.read(1 << 18), b""):
            file.write(chunk)
            digest.update(chunk)
            count += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    if announced is not None and count != int(announced):
        raise ValueError("%d bytes came, %s were announced" % (count, announced))
    return count, digest.hexdigest()


def get(path, size, sha256, urls):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    problem = "no address"
    for attempt in range(TRIES):
        for url in urls:
            part = "%s.%s.part" % (path[:-12] if len(os.path.basename(path)) > 200 else path, uuid.uuid4().hex)
            try:
                count, found = fetch(url, part)
                if size is not None and count != size:
                    raise ValueError("it has %d bytes, the lock says %d" % (count, size))
                if sha256 and found != sha256:
                    raise ValueError("its sha256 is %s, the lock says %s" % (found, sha256))
                os.replace(part, path)
                return None
            except (OSError, ValueError, urllib.error.URLError) as error:
                problem = "%s: %s" % (url, error)
            finally:
                if os.path.exists(part):
                    os.remove(part)
        time.sleep(PAUSE * attempt)
    return problem


def main(folder):
    failed = 0
    for number, (path, size, sha256, urls) in enumerate(FILES, 1):
        place = os.path.join(folder, *path.split("/"))
        problem = None if is_here(place, size, sha256) else get(place, size, sha256, urls)
        failed += problem is not None
        print("%d/%d %s %s" % (number, len(FILES), "FAILED" if problem else "ok", path), flush=True)
        if problem:
            print("  " + problem, file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 2 or (len(sys.argv) == 2 and sys.argv[1].startswith("-")):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
'''


def _python(about: list[str], files: list[tuple[Item, list[str]]]) -> str:
    lines = [f"    ({i.path!a}, {i.size!r}, {i.sha256!r}, [{', '.join(map(ascii, urls))}])," for i, urls in files]
    return _PYTHON.format(about="\n".join(map(_comment, about)), files="\n".join(lines))


# -- curl --

_CURL = r"""#!/bin/sh
%s
# Fetch these files: sh THIS_SCRIPT [FOLDER]. What is there already with the right bytes is kept; exit code 1 if any failed.
set -u
case "${1:-.}" in -*) echo "usage: sh $0 [FOLDER]" >&2; exit 1 ;; esac
mkdir -p "${1:-.}" && cd "${1:-.}" || exit 1
failed=0

sum_of() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

is_whole() { # path size sha256; - for unknown
    [ -f "$1" ] || return 1
    [ "$2" = - ] || [ "$(wc -c <"$1" | tr -d ' ')" = "$2" ] || return 1
    [ "$3" = - ] || [ "$(sum_of "$1")" = "$3" ]
}

get() { # path size sha256 address...
    path=./$1 size=$2 sha256=$3
    shift 3
    if [ "$size$sha256" != -- ] && is_whole "$path" "$size" "$sha256"; then echo "ok $path"; return; fi
    mkdir -p "$(dirname "$path")" || { failed=1; return; }
    part=$(dirname "$path")/.$$.part
    for url in "$@"; do
        if curl --fail --location --silent --show-error --globoff --retry 4 --connect-timeout 60 \
            --speed-limit 1 --speed-time 60 --proto =http,https --output "$part" -- "$url" &&
            is_whole "$part" "$size" "$sha256" && mv -f "$part" "$path"; then
            echo "ok $path"
            return
        fi
        rm -f "$part"
    done
    echo "FAILED $path: not fetched, or its bytes are not those of the lock" >&2
    failed=1
}

%s
exit $failed
"""


def _curl(about: list[str], files: list[tuple[Item, list[str]]]) -> str:
    calls = []
    for item, urls in files:
        words = [item.path, "-" if item.size is None else str(item.size), item.sha256 or "-", *urls]
        calls.append("get " + " ".join(map(_shell_quoted, words)))
    return _CURL % ("\n".join(map(_comment, about)), "\n".join(calls))


def _shell_quoted(word: str) -> str:
    """Return a word quoted for any POSIX shell. Bytes of other than ASCII characters are written with printf."""
    if word.isascii():
        return shlex.quote(word)
    octal = "".join(f"\\{byte:03o}" for byte in word.encode())
    return f"\"$(printf '{octal}')\""


LANGUAGES: dict[str, Callable[[list[str], list[tuple[Item, list[str]]]], str]] = {"python": _python, "curl": _curl}
"""Name → writer."""

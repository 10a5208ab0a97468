"""No connections but to this machine: what would lead elsewhere is an error that says what was asked, and what to do.

The error is no `OSError`, which libraries take for a failure of the network, and try again.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tess_source.errors import BlockedConnectionError, BlockedDatagramError
from tess_source_testing.environment import PROXIES, environment
from tess_source_testing.ports import is_any_listening, is_gone

__all__ = ["no_connections"]

LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")
"""Functions of `socket` that look up a host, their first argument."""
SENDERS = {"connect": 0, "connect_ex": 0, "sendto": -1, "sendmsg": 3}
"""Methods of sockets that take an address → at which place; the last one for ``sendto``."""
HERE = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost", "<broadcast>"})
ADVICE = (
    "Tests reach this machine only: for tess_source, use the fixture tess_archive or tess_session, or "
    "tess_source_testing.sample_archive(), which let a sample archive answer in MAST's place"
)
OTHERS = (
    "A sample archive is in MAST's place for tess_source only, not for other programs that ask MAST: for lightkurve's search, use "
    "tess_source.use_in_lightkurve(); for astroquery, tess_source_testing.astroquery_at(tess_archive.url)"
)
GONE = "It was a sample archive, which has been stopped: what your code has kept from an earlier test still asks it. Let each test ask anew"

_lock = threading.Lock()
_blocked = 0
"""How many blocks there are at present."""


@contextmanager
def no_connections() -> Iterator[None]:
    """Refuse every connection to another machine, while the block lasts.

    Host names are not looked up, and no socket of IPv4 or IPv6 connects or sends to another machine, neither by TCP nor by UDP. Proxies
    that the environment names are not used. Programs that are started meanwhile are not stopped, but they see no proxies either. Blocks
    can be nested, and hold for all threads.

    Yields
    ------
    None

    Raises
    ------
    BlockedConnectionError
        From whatever tries to connect. It is a `RuntimeError`.
    """
    global _blocked  # noqa: PLW0603  sockets belong to the process
    with _lock:
        _blocked += 1
        undo = _guard_sockets()
    try:
        with environment(dict.fromkeys(PROXIES) | {"NO_PROXY": "*", "no_proxy": "*"}):
            yield
    finally:
        with _lock:
            _blocked -= 1
            undo()


def _guard_sockets() -> Callable[[], None]:
    """Put guards around what looks up and connects; return what takes away those that are still in place."""
    put: list[tuple[Any, str, Any, Any]] = []
    for owner, name, guard in [
        *((socket, name, _guarded_lookup) for name in LOOKUPS),
        *((socket.socket, name, _guarded_sender) for name in SENDERS),
    ]:
        before = owner.__dict__.get(name)
        guarded = guard(name, getattr(owner, name))
        setattr(owner, name, guarded)
        put.append((owner, name, before, guarded))

    def undo() -> None:
        for owner, name, before, guarded in reversed(put):
            if owner.__dict__.get(name) is not guarded:
                continue  # somebody else's guard is around ours, which lets everything pass from now on
            if before is None:
                delattr(owner, name)
            else:
                setattr(owner, name, before)

    return undo


def _guarded_lookup(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if _blocked:
            _check(host, args[0] if args else kwargs.get("port"))
        return real(host, *args, **kwargs)

    return lookup


def _guarded_sender(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def send(self: socket.socket, *args: Any) -> Any:
        __tracebackhide__ = True
        if _blocked and self.family in {socket.AF_INET, socket.AF_INET6}:
            at = SENDERS[name]
            address = args[at] if -len(args) <= at < len(args) else None
            if isinstance(address, tuple) and address:
                try:
                    _check(address[0], address[1] if len(address) > 1 else None, self.type)
                except BlockedConnectionError:
                    self.close()  # libraries close it after an OSError only
                    raise
        return real(self, *args)

    return send


def _check(host: Any, port: Any, kind: int = socket.SOCK_STREAM) -> None:
    """Raise an error if a host is not this machine, or a port is that of an archive that is gone."""
    __tracebackhide__ = True  # pytest shows who called
    name = host.decode(errors="replace") if isinstance(host, bytes | bytearray) else host
    if name is None or _is_here(str(name).rstrip(".").lower()):
        if name == "127.0.0.1" and is_gone(port) and not _is_served(port):
            raise BlockedConnectionError(f"a connection to '{name}:{port}' was tried. {GONE}")
        return
    where = f"{name}:{port}" if port else str(name)
    error = BlockedDatagramError if kind == socket.SOCK_DGRAM else BlockedConnectionError
    advice = OTHERS if is_any_listening() and str(name).endswith(".stsci.edu") else ADVICE
    raise error(f"a connection to {where!r} was tried, which is another machine. {advice}")


def _is_served(port: int) -> bool:
    """Return whether another server has got the port of an archive that is gone: systems give a free port to whoever asks next."""
    with socket.socket() as probe:
        return _connect_ex(probe, ("127.0.0.1", port)) == 0


def _is_here(name: str) -> bool:
    """Return whether a name or address is of this machine."""
    if name in HERE:
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name in {socket.gethostname().lower(), f"{socket.gethostname()}.local".lower()}
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified or str(address) in _own_addresses(os.getpid())


@functools.cache
def _own_addresses(process: int) -> frozenset[str]:
    """Return the addresses of this machine by its own name, which libraries that let processes talk to each other use."""
    del process
    try:
        return frozenset(str(found[4][0]) for found in _look_up(socket.gethostname(), None))
    except OSError:
        return frozenset()


_look_up = socket.getaddrinfo
_connect_ex = socket.socket.connect_ex

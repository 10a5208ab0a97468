"""Connections whose every wait has an end: at a deadline, or as soon as the answer is no longer wanted.

urllib3 and requests limit each single wait for a socket, so a server that sends one byte now and then keeps them for ever, and a thread
that waits cannot be told to stop. Here, connections are made in a thread that can be left alone, since nothing interrupts the look-up of a
name; and while a server is waited for, a `Watch` shuts its socket at the deadline. `watched` brings both to the pools of urllib3, and so to
requests. The classes of connections stay urllib3's own, so that vcrpy can put its recordings in their place.
"""

from __future__ import annotations

import contextlib
import functools
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from tess_source.download.head import FinalResponse
from tess_source.errors import TessSourceError
from tess_source.threads import LISTEN

if TYPE_CHECKING:
    import urllib3

__all__ = ["LateError", "StoppedError", "Wait", "Watch", "watched"]

ADDRESSES = 2
"""A connection may take so many times the limit of one address in all: a host may have one of IPv6, and one of IPv4."""
IDLE = 20
"""Rounds without work after which the thread of a `Watch` ends."""

Manager = TypeVar("Manager", bound="urllib3.PoolManager")


class StoppedError(Exception):
    """The answer is no longer wanted: the run was interrupted, or another part of the question failed."""


class LateError(Exception):
    """The time for the answer is up."""


# -- waits --


class Wait:
    """The wait for one answer. `Watch.wait` makes it.

    Parameters
    ----------
    seconds : float
        For everything: connections, redirects, heads, and the body too unless `body` is called.
    head : float
        Seconds for each head, from the request to its last line.
    stop : threading.Event
        Set when the answer is no longer wanted.
    """

    def __init__(self, seconds: float, head: float, stop: threading.Event) -> None:
        self.stop: threading.Event = stop
        self._seconds, self._head = seconds, head
        self._end = time.monotonic() + seconds
        self._step = self._end
        self._sock: Any = None
        self._lock = threading.Lock()
        self._late = False

    def connect(self, connection: Any, connect: Callable[[], object]) -> None:
        """Make a connection in a thread of its own. If it takes too long, the thread is left alone, and ends by itself.

        Raises
        ------
        StoppedError
        urllib3.exceptions.HTTPError
        """
        from urllib3.exceptions import ConnectTimeoutError

        self.rest()
        made = _Making(connection, connect)
        most = connection.timeout if isinstance(connection.timeout, int | float) else math.inf
        end = min(self._end, time.monotonic() + ADDRESSES * most)
        try:
            while not made.done.wait(max(0.0, min(LISTEN, end - time.monotonic()))):
                if self.stop.is_set():
                    raise StoppedError
                if time.monotonic() >= end:
                    raise ConnectTimeoutError(connection, "no connection within the time-out")
        except BaseException:  # Ctrl-C too
            made.leave()
            raise
        if made.error is not None:
            raise made.error

    def expect(self, connection: Any) -> None:
        """Watch a connection on which a request is about to be sent."""
        with self._lock:
            self._sock = getattr(connection, "sock", None)
            self._step = min(self._end, time.monotonic() + self._head)

    def body(self, seconds: float = math.inf) -> None:
        """Begin with the body, which has a deadline of its own, or none if its reader looks after it."""
        with self._lock:
            self._seconds, self._end = seconds, time.monotonic() + seconds
            self._step = self._end

    def rest(self) -> None:
        """Watch nothing for the moment: the connection may serve others."""
        with self._lock:
            self._sock = None

    def look(self) -> None:
        """Shut the connection if the time is up, or the answer is no longer wanted."""
        with self._lock:
            if self._sock is None:
                return
            self._late = self._late or time.monotonic() >= self._step
            if self._late or self.stop.is_set():
                _shut(self._sock)
                self._sock = None

    def check(self) -> None:
        """Raise an error if the wait was ended.

        Raises
        ------
        StoppedError
            If the answer is no longer wanted.
        LateError
            If the time is up.
        """
        if self.stop.is_set():
            raise StoppedError
        if self._late or time.monotonic() >= self._end:
            raise LateError(f"no whole answer within {min(self._seconds, self._head):g} s")


class _Making:
    """A connection that is being made in a thread."""

    def __init__(self, connection: Any, connect: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self.done = threading.Event()
        self._connection, self._connect = connection, connect
        self._left = False
        threading.Thread(target=self._run, name="tess-source-connect", daemon=True).start()

    def _run(self) -> None:
        try:
            self._connect()
        except BaseException as error:  # noqa: BLE001  it is raised where the connection is waited for
            self.error = error
        self.done.set()
        if self._left:
            self._connection.close()

    def leave(self) -> None:
        """Leave the thread alone. What it waits for is shut, if it can be."""
        self._left = True
        _shut(getattr(self._connection, "sock", None))
        if self.done.is_set():
            self._connection.close()


class Watch:
    """Looks after waits: a thread of its own ends those whose time is up, or which are no longer wanted."""

    def __init__(self) -> None:
        self._waits: set[Wait] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def wait(self, seconds: float, head: float, stop: threading.Event) -> Iterator[Wait]:
        """Yield a wait. The pools of `watched` managers that are used in this thread obey it.

        An exception that comes of its end is raised as that of `Wait.check`. The parameters are those of `Wait`.
        """
        wait, outer = Wait(seconds, head, stop), getattr(_here, "wait", None)
        with self._lock:
            self._waits.add(wait)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="tess-source-watch", daemon=True)
                self._thread.start()
        _here.wait = wait
        try:
            yield wait
        except (TessSourceError, StoppedError):
            raise
        except Exception:  # what a shut connection looks like to http.client
            wait.check()
            raise
        finally:
            _here.wait = outer
            wait.rest()
            with self._lock:
                self._waits.discard(wait)

    def _look(self) -> None:
        idle = 0
        while True:
            time.sleep(LISTEN)
            with self._lock:
                waits = list(self._waits)
                idle = 0 if waits else idle + 1
                if idle > IDLE:
                    self._thread = None
                    return
            for wait in waits:
                wait.look()


_here = threading.local()
"""The wait of each thread."""


def _shut(sock: Any) -> None:
    """Shut a socket that another thread may be waiting for: for that thread, it is at its end."""
    while sock is not None and not isinstance(sock, socket.socket):  # TLS within TLS
        sock = getattr(sock, "socket", None)
    if sock is not None:
        with contextlib.suppress(OSError):  # it is closed already
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not SSLSocket's, after which bytes are read as they are


# -- pools --


def watched(manager: Manager) -> Manager:
    """Return a manager of urllib3 whose pools obey the wait of the thread that uses them.

    Parameters
    ----------
    manager : urllib3.PoolManager
        One without pools so far.
    """
    classes = {scheme: _watched_class(kind) for scheme, kind in manager.pool_classes_by_scheme.items()}
    manager.pool_classes_by_scheme = classes
    return manager


@functools.cache
def _watched_class(kind: type) -> type:
    return kind if issubclass(kind, _WatchedPool) else type(f"Watched{kind.__name__}", (_WatchedPool, kind), {})


class _WatchedPool:
    """What a pool of connections does otherwise than urllib3's. vcrpy changes urllib3's own classes, so their methods are called."""

    def _new_conn(self) -> Any:
        connection = super()._new_conn()  # type: ignore[misc]
        connection.response_class = FinalResponse
        return connection

    def _prepare_proxy(self, conn: Any) -> None:
        prepare = super()._prepare_proxy  # type: ignore[misc]
        _wait_here().connect(conn, lambda: prepare(conn))

    def _validate_conn(self, conn: Any) -> None:
        wait = _wait_here()
        if conn.is_closed:
            wait.connect(conn, conn.connect)
        super()._validate_conn(conn)  # type: ignore[misc]
        wait.expect(conn)


def _wait_here() -> Wait:
    return getattr(_here, "wait", None) or Wait(math.inf, math.inf, threading.Event())

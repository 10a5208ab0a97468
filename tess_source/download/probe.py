"""One request to a service, without redirects and repetitions: what it answers, and how fast."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tess_source._version import USER_AGENT
from tess_source.download.connection import LateError
from tess_source.download.failures import reason_of
from tess_source.download.head import head_problem
from tess_source.download.http import Pools
from tess_source.download.route import proxy_answer, through, trouble_of
from tess_source.errors import NetworkError, ServiceError

__all__ = ["Probe", "ServiceAnswer"]

MOST = 16
"""Connections that are kept open per host."""
PIECE = 2**16
"""Bytes to read at once, at most."""


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What a service answered."""

    status: int
    """HTTP status."""
    headers: Mapping[str, str]
    """Header fields; upper and lower case are the same in their names."""
    seconds: float
    """From the request to the head of the answer."""
    body: bytes = field(default=b"", repr=False)
    """The first bytes of the body, as they came: they may be packed."""
    whole: bool = False
    """Whether these are all bytes."""


class Probe:
    """Asks services once each. It may be used by several threads; use it as a context manager.

    Parameters
    ----------
    seconds : float
        Longest wait for a connection and the head of an answer together, and for the body.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._pools = Pools(MOST, connect=seconds, read=seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pools.close()

    def ask(
        self, url: str, *, name: str = "", form: str = "", headers: Mapping[str, str] | None = None, most: int = 0
    ) -> ServiceAnswer:
        """Ask once.

        Parameters
        ----------
        url : str
        name : str
            What error messages call the service.
        form : str
            What is posted; empty: GET.
        headers : mapping, optional
        most : int
            Bytes of the body to read, at most.

        Returns
        -------
        ServiceAnswer
            Of any status, but for that of a proxy that asks for a password.

        Raises
        ------
        NetworkError
            If the way to the service is at fault.
        ServiceError
            If it does not answer in time, or breaks off.
        """
        from urllib3.exceptions import HTTPError

        asked = {"User-Agent": USER_AGENT, **(headers or {})}
        start = time.monotonic()
        try:
            with self._pools.once(url, asked, self.seconds, form) as response:
                seconds = time.monotonic() - start
                if response.status == 407:
                    asks = proxy_answer(407, "", url)
                    raise NetworkError(name, asks.problem, advice=asks.advice)
                body = bytearray()
                while len(body) < most and (piece := response.read1(min(PIECE, most - len(body)))):
                    body += piece
                whole = most > 0 and len(body) < most
                return ServiceAnswer(response.status, response.headers, seconds, bytes(body), whole)
        except NetworkError:
            raise
        except LateError as error:
            raise ServiceError(name, f"no answer within {self.seconds:g} s") from error
        except (HTTPError, OSError) as error:
            if trouble := trouble_of(error, url):
                raise NetworkError(name, trouble.problem, advice=trouble.advice) from error
            problem = head_problem(error) or f"the connection broke{through(url)}: {reason_of(error)}"
            raise ServiceError(name, problem) from error

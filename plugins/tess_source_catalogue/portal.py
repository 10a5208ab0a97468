"""The portal's own observation rows, asked for sector by sector.

A source with ``gives="observations"`` gives addresses such as ``portal:mast?provenance_name=SPOC&sequence_number=14``: the archive that is
asked, and criteria of its observations. The answer goes to a file, of which the source makes its rows as of any list.
"""

from __future__ import annotations

import hashlib
import io
import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from tess_source import disk
from tess_source.download.lists import ABSENT, FAILED, NEW, ListAnswer, Lists
from tess_source.errors import TessSourceError
from tess_source.search import asking
from tess_source.search.resolving import question_of_observations
from tess_source.threads import held

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["FRESH", "PAUSE", "SCHEME", "PortalRows"]

SCHEME = "portal:"
PAUSE = 1.0
"""Seconds between two questions, which are asked one at a time."""
FRESH = 86400.0
"""Seconds for which a sector's rows are current, so that an update which was interrupted asks for the other sectors only."""


class PortalRows:
    """Questions for all observations of a sector.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._one = threading.Lock()
        self._asked = False

    def fetch(self, address: str, lists: Lists) -> ListAnswer:
        """Ask for the rows of an address, and write them to a Parquet file.

        Returns
        -------
        ListAnswer
            Absent if there are no rows yet.
        """
        with held(self._one, lists.check):
            if self._asked:
                lists.pause(PAUSE)
            self._asked = True
            try:
                return self._answer(address, lists)
            except (TessSourceError, ValueError, OSError) as error:
                return ListAnswer(address, FAILED, problem=f"{address}: {error}", full=disk.is_full(error))

    def _answer(self, address: str, lists: Lists) -> ListAnswer:
        parts = urlsplit(address)
        criteria = {name: int(text) if text.isdecimal() else text for name, text in parse_qsl(parts.query)}
        session = self._session
        query = question_of_observations(
            session.registry, session.settings, None, words=criteria, archive=parts.path, refresh=True
        )
        query = replace(query, large=True)
        rows = asking.observed(session.registry, session.settings, query, refresh=True).observations.to_polars()
        if not rows.height:
            return ListAnswer(address, ABSENT, problem=f"{address}: no rows")
        path = lists.root / f"{uuid.uuid4().hex}.parquet"
        rows.write_parquet(written := io.BytesIO())
        path.write_bytes(data := written.getvalue())
        return ListAnswer(address, NEW, path, size=len(data), sha256=hashlib.sha256(data).hexdigest())

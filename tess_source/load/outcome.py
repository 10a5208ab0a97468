"""What came of one file, on its way back from another process."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tess_source.errors import LoadError, type_and_text

__all__ = ["Outcome", "as_sendable"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The object of a file, or its error.

    Some objects and errors cannot be pickled, and others are pickled but cannot be made again. A pool of processes would break at the
    latter, and all other files would be lost. Here each becomes the error of its file.
    """

    value: Any = None
    error: Exception | None = None

    def __reduce__(self) -> tuple[Callable[[bytes], Outcome], tuple[bytes]]:
        return _received, (self._pickled(),)

    def _pickled(self) -> bytes:
        if self.error is not None:
            cause = self.error.__cause__  # which pickle leaves out
            return pickle.dumps(
                (None, as_sendable(self.error), as_sendable(cause) if isinstance(cause, Exception) else None)
            )
        try:
            return pickle.dumps((self.value, None, None))
        except Exception as wrong:  # noqa: BLE001  whatever objects of other libraries raise when they are pickled
            return pickle.dumps((None, _not_sent(wrong), None))


def _received(sent: bytes) -> Outcome:
    try:
        value, error, cause = pickle.loads(sent)  # noqa: S301  written by `Outcome` in a process of ours
    except Exception as wrong:  # noqa: BLE001  as above
        return Outcome(error=_not_sent(wrong))
    if error is not None:
        error.__cause__ = cause
    return Outcome(value, error)


def _not_sent(wrong: Exception) -> LoadError:
    return LoadError(f"its object cannot come back from another process, work without workers: {type_and_text(wrong)}")


def as_sendable(error: Exception) -> Exception:
    """Return an error that another process can raise: itself, or a LoadError with its words and notes."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  written here
    except Exception:  # noqa: BLE001  many classes of errors cannot be made again from their arguments
        sendable = LoadError(type_and_text(error))
        for note in getattr(error, "__notes__", ()):
            sendable.add_note(note)
        return sendable
    return error

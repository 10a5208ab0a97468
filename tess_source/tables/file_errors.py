"""What a reader raised, as the error of one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

from tess_source._lazy import pl
from tess_source.errors import LoadError, TessSourceError, type_and_text

__all__ = ["errors_of_file"]


@contextmanager
def errors_of_file(file: object) -> Iterator[None]:
    """Raise whatever a reader raises as an error of the file: the border between readers and the other files.

    Readers meet bytes that their authors did not think of, and raise whatever comes of it: astropy alone raises VerifyError, KeyError,
    AttributeError, TypeError and more. A MemoryError is an error of the file too: what is not there for one file may be for the next.
    KeyboardInterrupt, SystemExit and the like are not.

    Parameters
    ----------
    file : path or str
        The file, or its URI.

    Raises
    ------
    TessSourceError or OSError
        As the reader raised them.
    LoadError
        For every other exception, which is its cause; the message names the file.
    """
    try:
        yield
    except (TessSourceError, OSError):
        raise
    except (Exception, pl.exceptions.PanicException) as error:  # the latter is no Exception
        if isinstance(error, MemoryError):
            error.__traceback__ = error.__context__ = error.__cause__ = None  # their frames would keep what was read
        raise LoadError(f"{PurePath(str(file)).name} cannot be read: {type_and_text(error)}") from error

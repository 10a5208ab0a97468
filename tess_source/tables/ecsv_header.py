"""The YAML header of an ECSV table, read with the same loader as astropy's, but strictly: the table may come from anybody."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Sequence
from typing import Any

from tess_source._lazy import whole

__all__ = ["read_header"]

DEEPEST = 50
"""Most levels of lists and mappings in each other."""


class HeaderError(ValueError):
    """A header that cannot be understood; the message names the line."""


def read_header(lines: Sequence[str]) -> dict[str, Any]:
    """Return the header of an ECSV table.

    Parameters
    ----------
    lines : sequence of str
        The lines in front of the line of names, each with its ``#``, from the first line of the file.

    Returns
    -------
    dict
        With ``datatype``, a list with a mapping with ``name`` and ``datatype`` per column, and ``meta``, a mapping.

    Raises
    ------
    ValueError
        If it is not such a header, is nested too deeply, or has a key twice. The message names the line, if possible.
    """
    header = _loaded(textwrap.dedent("\n".join(line[1:] for line in lines)))
    if not isinstance(header, dict) or not isinstance(columns := header.get("datatype"), list):
        raise ValueError("its header has no list 'datatype' of columns")
    for column in columns:
        if not isinstance(column, dict) or not all(isinstance(column.get(key), str) for key in ("name", "datatype")):
            raise ValueError(f"its header has a column without the texts 'name' and 'datatype': {str(column)[:80]}")
    if not isinstance(header.setdefault("meta", {}), dict):
        raise ValueError(f"'meta' in its header is {type(header['meta']).__name__}; a mapping would be right")
    return header


def _loaded(text: str) -> Any:
    try:
        loader = _loader()(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except HeaderError:
        raise
    except Exception as error:
        mark = getattr(error, "problem_mark", None)
        where = "its header" if mark is None else f"line {mark.line + 1} of its header"
        raise HeaderError(f"{where} is no YAML: {getattr(error, 'problem', None) or error}") from error


@functools.cache
def _loader() -> Any:
    """Return astropy's loader, which makes plain values and astropy's own, with checks."""
    whole("astropy")
    from astropy.io.misc.yaml import AstropyLoader

    class Loader(AstropyLoader):  # type: ignore[misc]  # PyYAML has no types
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth += 1
            if self.depth > DEEPEST:
                raise HeaderError(f"{_line(self.peek_event())}: more than {DEEPEST} levels of lists and mappings")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except HeaderError:
                raise
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                raise HeaderError(f"{_line(node)}: {error}") from error

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            found = super().construct_mapping(node, deep)
            if len(found) < len(node.value):
                raise HeaderError(f"{_line(node)}: a key is there twice")
            return found

    def construct_omap(loader: Any, node: Any) -> Any:
        found: dict[Any, Any] = {}
        yield found
        for part in node.value:
            pair = loader.construct_mapping(part, deep=True)
            if twice := found.keys() & pair:
                raise HeaderError(f"{_line(part)}: the key {next(iter(twice))!r} is there twice")
            found.update(pair)

    Loader.add_constructor("tag:yaml.org,2002:omap", construct_omap)
    return Loader


def _line(place: Any) -> str:
    return f"line {place.start_mark.line + 1} of its header"

"""Methods that plugins add to what a search found, and to what was fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar

from tess_source.errors import nearest

if TYPE_CHECKING:
    from tess_source.hooks.records import Accessor
    from tess_source.session import Session

__all__ = ["Extended"]


class Extended:
    """Has the methods of its own, and those that the plugins of its session declared: see `tess_source.hooks.records.Accessor`."""

    accessors_of: ClassVar[str]
    """What an `Accessor` says in ``of`` if it is meant for this class."""
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def _session(self) -> Session:
        raise NotImplementedError

    def _accessors(self) -> Mapping[str, Accessor]:
        accessors = self._session().registry.accessors.values()
        return {accessor.name: accessor for accessor in accessors if accessor.of == self.accessors_of}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Find a method that a plugin declared."""
        own = name.startswith("_") or name in type(self).__dataclass_fields__  # while it is unpickled it has none yet
        accessors = {} if own else self._accessors()
        if name not in accessors:
            close = nearest(name, [*accessors, *dir(type(self))]) if accessors else ()
            hint = f"; did you mean {close[0]!r}?" if close else ""
            message = f"{type(self).__name__!r} has no attribute {name!r}, and no plugin adds one{hint}"
            raise AttributeError(message, name=name, obj=self)
        function = accessors[name].function
        return update_wrapper(partial(function, self), function)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._accessors()})

"""Methods that plugins add to `Found`, `Manifest` and `Session`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from tess_source.display import activity
from tess_source.errors import NoSessionError, nearest
from tess_source.keywords import naming_keywords
from tess_source.settings import Settings

__all__ = ["HOMES", "Extended", "HasAccessors", "KnowsSchemes", "given"]

HOMES: dict[str, type[Extended]] = {}
"""Value of an `Accessor`'s ``of`` → the class that gets its method."""

S = TypeVar("S")


class AddsMethod(Protocol):
    """The part of a `tess_source.hooks.records.Accessor` that this file uses."""

    @property
    def name(self) -> str:
        """The method's name."""
        ...

    @property
    def function(self) -> Callable[..., Any]:
        """The function that is called."""
        ...

    @property
    def of(self) -> str:
        """The class that gets the method."""
        ...


class KnowsAccessors(Protocol):
    """The part of a registry that this file uses."""

    @property
    def accessors(self) -> Mapping[str, AddsMethod]:
        """All accessors that plugins declared."""
        ...


class KnowsSchemes(KnowsAccessors, Protocol):
    """The part of a registry that plans use."""

    @property
    def schemes(self) -> Collection[str]:
        """Schemes of the URIs that may have addresses."""
        ...

    def implements(self, hook: str) -> bool:
        """Return whether a plugin implements a hook."""
        ...


class HasAccessors(Protocol):
    """The part of a session that this file uses."""

    @property
    def registry(self) -> KnowsAccessors:
        """The session's plugins."""
        ...

    @property
    def settings(self) -> Settings:
        """The session's settings."""
        ...


def given(session: S | None, noun: str) -> S:
    """Return a session; raise an error if there is none.

    Raises
    ------
    NoSessionError
        If the session is None: the value was made by hand.
    """
    if session is None:
        raise NoSessionError(
            f"this {noun} was made by hand and has no session to work with; "
            f"give it one: {noun}.using(tess_source.Session())"
        )
    return session


class Extended:
    """A class with further methods that the plugins of its session declared: see `tess_source.hooks.records.Accessor`."""

    accessors_of: ClassVar[str]
    """Value of ``of`` in accessors for this class."""

    def __init_subclass__(cls) -> None:
        HOMES[cls.accessors_of] = cls

    def _checked_session(self) -> HasAccessors:
        raise NotImplementedError

    def _accessors(self) -> Mapping[str, AddsMethod]:
        accessors = self._checked_session().registry.accessors.values()
        return {accessor.name: accessor for accessor in accessors if accessor.of == self.accessors_of}

    if not TYPE_CHECKING:  # or else every misspelt method would be right to a type checker

        def __getattr__(self, name: str) -> Callable[..., Any]:
            """Return a method that a plugin declared."""
            own = name.startswith("_") or name in getattr(type(self), "__dataclass_fields__", ())
            try:
                accessors = {} if own else self._accessors()  # while it is unpickled it has no fields yet
            except NoSessionError:
                accessors = {}
            if name not in accessors:
                close = nearest(name, [*accessors, *dir(type(self))]) if accessors else ()
                hint = f"; did you mean {close[0]!r}?" if close else ""
                message = f"{type(self).__name__!r} has no attribute {name!r}, and no plugin adds one{hint}"
                raise AttributeError(message, name=name, obj=self)
            function, progress = naming_keywords(accessors[name].function), self._checked_session().settings.progress

            @wraps(function)
            def method(value: object, *args: Any, **words: Any) -> Any:
                with activity.shown(progress):
                    return function(value, *args, **words)

            return MethodType(method, self)

    def __dir__(self) -> list[str]:
        try:
            return sorted({*super().__dir__(), *self._accessors()})
        except NoSessionError:
            return sorted(super().__dir__())

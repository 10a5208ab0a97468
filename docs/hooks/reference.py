"""How griffe reads the sources for the API reference: the docstrings and signatures that `help` shows, with links between them."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import griffe

PACKAGE = "tess_source"
SIGNED = {"_with_signature_of", "_words_of"}
"""Decorators that give a function the signature of another, which only Python itself knows."""
STANDS_FOR = re.compile(r": see `(tess_source_[\w.]+)`\.")
"""The end of the docstring of a method that a plugin adds: it names the function that is called."""
SEE_ALSO = re.compile(r"^(See Also\n-+\n)(.*?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"(?<![`\w])`([A-Za-z_][\w.]*)`(?!`)")


class Reference(griffe.Extension):
    """Amends what griffe finds in the package by what happens when it is imported."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: Any) -> None:
        """Amend one package, once it is read."""
        if pkg.path == PACKAGE:
            for module in [one for one in _objects(pkg) if isinstance(one, griffe.Module)]:
                _shadow_modules(module)
            _give_docs_of_functions(pkg)
            _give_docs_of_plugins(pkg, loader)
        for one in _objects(pkg):
            if isinstance(one, griffe.Function) and {str(d.value).split("(")[0] for d in one.decorators} & SIGNED:
                _sign(one)
            if one.docstring:
                one.docstring.value = SEE_ALSO.sub(_as_list, one.docstring.value)
                one.docstring.value = NAME.sub(lambda match, one=one: _linked(match[1], one), one.docstring.value)


def _objects(parent: griffe.Object) -> Iterator[griffe.Object]:
    """Yield an object and all that is defined in it."""
    yield parent
    for member in parent.members.values():
        if isinstance(member, griffe.Object):
            yield from _objects(member)


def _methods(of: griffe.Class) -> Iterator[griffe.Function]:
    """Yield the methods that a class itself defines."""
    yield from (member for member in of.members.values() if isinstance(member, griffe.Function))


def _shadow_modules(package: griffe.Module) -> None:
    """Let ``tess_source.search`` be the function, as it is in Python, and not the folder of the same name."""
    for name, path in package.imports.items():
        module = package.members.get(name)
        if isinstance(module, griffe.Module) and not path.startswith(f"{module.path}."):
            package.members[name] = griffe.Alias(name, path, parent=package)


def _give_docs_of_functions(pkg: griffe.Module) -> None:
    """Give methods of `Session` the docstrings that they get when Python imports the functions of the same names."""
    for method in _methods(pkg["session.Session"]):
        documented = inspect.getdoc(pkgutil.resolve_name(f"{PACKAGE}:Session.{method.name}"))
        if method.docstring and documented:
            method.docstring.value = documented


def _give_docs_of_plugins(pkg: griffe.Module, loader: griffe.GriffeLoader) -> None:
    """Give methods that plugins add the docstrings of the functions that they stand for, without these functions' first parameter."""
    for holder in ("FoundMethods", "ManifestMethods", "SessionMethods"):
        for method in _methods(pkg[f"tables.typed.{holder}"]):
            if method.docstring and (named := STANDS_FOR.search(method.docstring.value)):
                method.docstring.value = _without_first(pkgutil.resolve_name(named[1]))


def _without_first(function: Any) -> str:
    """Return the docstring of a function without its first parameter, if it is a function of a Found, Manifest or Session."""
    text = inspect.getdoc(function) or ""
    if inspect.isclass(function):
        return text
    first = next(iter(inspect.signature(function).parameters))
    text = re.sub(rf"(?m)^{first} : .*\n(?:    .*\n|\n(?=    ))*", "", text)
    return re.sub(r"Parameters\n-+\n\n", "", text)


def _sign(function: griffe.Function) -> None:
    """Give a function the parameters that Python shows."""
    seen = inspect.signature(pkgutil.resolve_name(re.sub(r"\.(?=[A-Z])", ":", function.path, count=1)))
    own = [function.parameters["self"]] if "self" in function.parameters else []
    function.parameters = griffe.Parameters(
        *own,
        *(
            griffe.Parameter(
                one.name,
                annotation=None if one.annotation is one.empty else str(one.annotation),
                kind=griffe.ParameterKind(one.kind.description),
                default=None if one.default is one.empty else repr(one.default),
            )
            for one in seen.parameters.values()
            if one.name != "self"
        ),
    )


def _as_list(see_also: re.Match[str]) -> str:
    """Return the section See Also as a list of names, which griffe would run together."""
    return see_also[1] + re.sub(r"(?m)^(\S+) : ", r"- `\1`: ", see_also[2])


def _linked(name: str, seen_from: griffe.Object) -> str:
    """Return a name as a link to its place in the reference; as code if it is there not."""
    target = _found(name, seen_from)
    if target is None or target == seen_from.path:
        return f"`{name}`"
    return f'<autoref identifier="{target}" optional><code>{name}</code></autoref>'


def _found(name: str, seen_from: griffe.Object) -> str | None:
    """Return the path of what a name means in a docstring: a name of the class, of the module, or of the package."""
    package = seen_from.package
    if name.startswith("tess_source"):
        return name
    scopes = [seen_from, seen_from.parent, seen_from.module]
    for scope in [one for one in scopes if isinstance(one, griffe.Class | griffe.Module)] + [package]:
        first, _, rest = name.partition(".")
        member = scope.members.get(first)
        if isinstance(member, griffe.Alias):
            return f"{member.target_path}.{rest}".rstrip(".")
        if isinstance(member, griffe.Class | griffe.Function) and not (
            isinstance(scope, griffe.Module) and scope is package
        ):
            return f"{member.path}.{rest}".rstrip(".")
    return None

"""Each public name has a level of stability, and what it looks like changes on purpose only.

After a change on purpose: ``PYTHONPATH=tests/helpers python tests/project/test_stability.py`` writes the snapshot and the tables of docs/stability.md anew.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from places import DOCS, TESTS

import tess_source
import tess_source_testing
from tess_source.hooks import records, specs, stability
from tess_source.hooks.stability import FIELDS, HOOKS, LEVELS, MODULES, level_of

SNAPSHOT = TESTS / "project" / "public_names.txt"
PAGE = DOCS / "stability.md"
WRITE = "PYTHONPATH=tests/helpers python tests/project/test_stability.py"
BEGIN, END = "<!-- tables: written by tests/project/test_stability.py -->", "<!-- end of tables -->"


# -- what names look like --


def public_names() -> list[str]:
    """Return a line for each public name, member, field and hook: its level, name and signature."""
    hooks = [f"{HOOKS[name]} hook {name}{inspect.signature(function)}" for name, function in contract().items()]
    lines = [
        *sorted(hooks),
        *(line for module, name, level in stability.names() for line in looks(module, name, level)),
    ]
    return [re.sub(r"<object object at \w+>", "…", line) for line in lines]


def contract() -> dict[str, Any]:
    return {name: hook for role in specs.ROLES for name, hook in vars(role).items() if name.startswith("tess_")}


def looks(module: str, name: str, level: str) -> Iterator[str]:
    """Yield what a public name looks like: a function, a class with its members, or a value."""
    value, full = getattr(import_module(module), name), f"{module}.{name}"
    if name == "__version__":
        yield f"{level} {full}"
    elif inspect.isfunction(value):
        yield f"{level} {full}{inspect.signature(value)}"
    elif not isinstance(value, type):
        yield f"{level} {full}: {type(value).__name__}"
    elif getattr(value, "_is_protocol", False):
        yield f"{level} {full}: {', '.join(sorted(hook for hook in vars(value) if hook.startswith('tess_')))}"
    elif issubclass(value, BaseException):
        yield f"{level} {full}({', '.join(base.__name__ for base in value.__bases__)})"
    elif dataclasses.is_dataclass(value) and not hasattr(value, "accessors_of"):
        yield f"{level} {full}"
        for one in dataclasses.fields(value):
            if not one.name.startswith("_"):
                default = "" if one.default is one.default_factory is dataclasses.MISSING else " = …"
                known = (
                    level_of(f"{name}.{one.name}")
                    if value.__module__ == records.__name__ or f"{name}.{one.name}" in FIELDS
                    else level
                )
                yield f"{known} {full}.{one.name}: {one.type}{default}"
    else:
        made = value.__init__ if "__init__" in vars(value) else None
        yield f"{level} {full}{inspect.signature(made) if made else ''}"
        yield from sorted(f"{level} {full}.{member}" for member in members(value))


def members(cls: type) -> Iterator[str]:
    """Yield public methods with their signatures, and public properties, of a class and of our classes above it."""
    seen: set[str] = set()
    for home in cls.__mro__:
        if not home.__module__.startswith("tess_source"):
            continue
        for name, member in vars(home).items():
            if name.startswith("_") or name in seen:
                continue
            seen.add(name)
            if isinstance(member, property):
                yield name
            elif function := getattr(member, "__func__", member if inspect.isfunction(member) else None):
                yield f"{name}{inspect.signature(function)}"


def test_public_signatures_change_on_purpose_only() -> None:
    now, before = public_names(), SNAPSHOT.read_text(encoding="utf-8").splitlines()
    gone, new = [line for line in before if line not in now], [line for line in now if line not in before]
    assert not gone and not new, (
        "public names have changed.\n"
        + "".join(f"  - {line}\n" for line in gone)
        + "".join(f"  + {line}\n" for line in new)
        + "If a line with '-' is stable or provisional, what was right before must go on working, with a DeprecationWarning: see "
        f"tess_source/deprecation.py.\nIf this is on purpose, say it in CHANGELOG.md, and run `{WRITE}`."
    )


# -- every name has a level --


def test_every_public_name_of_the_package_has_a_level() -> None:
    for module in (tess_source, tess_source_testing):
        given = {name for home, name, _ in stability.names() if home == module.__name__}
        assert given == {*module.__all__}, (
            f"give each name of {module.__name__} a level in tess_source/hooks/stability.py"
        )


def test_every_hook_has_a_level_which_its_docstring_says() -> None:
    assert {*HOOKS} == {*contract()}
    for name, hook in contract().items():
        assert f"Stability: {HOOKS[name]}." in (inspect.getdoc(hook) or ""), name


@pytest.mark.parametrize("module", MODULES)
def test_every_name_that_has_a_level_is_there_and_has_one_level(module: str) -> None:
    listed = [name for home, name, _ in stability.names() if home == module]
    assert len(listed) == len({*listed})
    for name in listed:
        assert hasattr(import_module(module), name), f"{module}.{name}"
    assert {*MODULES[module]} <= {*LEVELS}


def test_fields_have_the_level_of_their_record_unless_they_have_their_own() -> None:
    for name in FIELDS:
        record, _, part = name.partition(".")
        assert part in {one.name for one in dataclasses.fields(getattr(tess_source, record))}, name
    assert level_of("Filter.keep") == level_of("tess_source.Filter") == "stable"
    assert level_of("Filter.holds") == level_of("Lookup.find") == "provisional"
    assert level_of("tess_source.search.select") == level_of("Nothing.at_all") == "internal"


def test_a_stable_hook_declares_records_that_are_stable() -> None:
    kinds = {"tess_filters": "Filter", "tess_kinds": "Kind", "tess_columns": "Column", "tess_transports": "Transport"}
    for hook, record in {**kinds, "tess_copies": "Copy", "tess_lookups": "Lookup", "tess_sources": "Source"}.items():
        assert HOOKS[hook] == level_of(f"tess_source.{record}")


def test_what_the_docs_tell_plugin_authors_to_import_has_a_level() -> None:
    found = set()
    for page in [*DOCS.glob("hooks*.md"), DOCS / "plugins.md", DOCS / "gallery.md", DOCS / "archives.md"]:
        for module, listed in re.findall(
            r"^(?:>>> | *)from (tess_source[\w.]*) import ([\w, ]+)$", page.read_text(), re.MULTILINE
        ):
            found |= {(module, name.strip()) for name in listed.split(",")}
    assert len(found) > 20
    apart = ("tess_source_sample", "tess_source_lightkurve")
    unknown = {
        (module, name)
        for module, name in found
        if not module.startswith(apart) and level_of(f"{module}.{name}") == "internal"
    }
    assert unknown - {("tess_source.display", "html")} == set()  # the module, whose names have levels


# -- the page --


def tables() -> str:
    """Return the tables of the page."""
    lines = ["## Hooks", "", "| hook | level |", "|---|---|"]
    lines += [
        f"| `{hook}` | {level} |" for hook, level in sorted(HOOKS.items(), key=lambda one: (-ord(one[1][0]), one[0]))
    ]
    lines += ["", "## Names", "", "| from | stable | provisional |", "|---|---|---|"]
    for module, levels in MODULES.items():
        cells = [
            ", ".join(f"`{name}`" for name in sorted(levels.get(level, "").split()))
            for level in ("stable", "provisional")
        ]
        lines.append(f"| `{module}` | {' | '.join(cells)} |".replace("  |", " |"))
    lines += [
        "",
        "## Fields of records",
        "",
        "Fields have the level of their record, but for these, which are provisional:",
        "",
    ]
    of_record: dict[str, list[str]] = {}
    for name in sorted(FIELDS):
        of_record.setdefault(name.partition(".")[0], []).append(f"`{name.partition('.')[2]}`")
    return "\n".join([*lines, *(f"- `{record}`: {', '.join(parts)}" for record, parts in of_record.items())])


def page_with(text: str) -> str:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}"


def test_the_page_on_stability_shows_the_levels() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_with(tables()), f"run `{WRITE}`"
    for level, promise in LEVELS.items():
        assert f"| {level} | {promise} |" in page


if __name__ == "__main__":
    SNAPSHOT.write_text("\n".join(public_names()) + "\n", encoding="utf-8")
    PAGE.write_text(page_with(tables()), encoding="utf-8")

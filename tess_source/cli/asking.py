"""Commands with the arguments of ``search``: targets, criteria, and every filter of every plugin."""

from __future__ import annotations

import copy
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from tess_source.errors import ResolverError
from tess_source.targets.lists import expand
from tess_source.targets.parse import MISSING
from tess_source.targets.words import joined
from tess_source.wording import in_program, option_name

if TYPE_CHECKING:
    from tess_source.hooks.records import Filter, Lookup
    from tess_source.hooks.registry import Registry
    from tess_source.session import Session

__all__ = ["Asking", "TakesTargets", "radius_of", "with_filters_of"]

CRITERION_HELP = "A column of the archive's observation table, see `tess-source fields`; values a,b or, for numbers, least..greatest."

YES_HELP = "Go on even if the archive has more than 50,000 observations, or the files are more than 1 TB."


class TakesTargets(click.Command):
    """A command whose arguments are targets."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take negative numbers, such as declinations, for targets: no option begins with a digit. A blank hides the dash from click."""
        takes_value = {
            name for one in self.params if isinstance(one, click.Option) and not one.is_flag for name in one.opts
        }
        words = [
            f" {word}" if re.match(r"-\.?\d", word) and before not in takes_value else word
            for before, word in zip(["", *args], args, strict=False)
        ]
        return super().parse_args(ctx, words)

    def invoke(self, ctx: click.Context) -> Any:
        """Call the command's function. Where a name is unknown that was perhaps written without quotes, the error says so."""
        with _saying_to_quote(ctx.params["targets"]):
            return super().invoke(ctx)


@contextmanager
def _saying_to_quote(words: Sequence[str]) -> Iterator[None]:
    """Add to the error about an unknown name that names of several words need quotes, if there are several words."""
    try:
        yield
    except ResolverError as error:
        are_ids = all(word.strip().isdecimal() for word in words[:2])
        if len(joined(words)) > 1 and not are_ids:
            error.add_note(f'a name of several words is put in quotes, e.g. "{" ".join(words[:2])}"')
        raise


class Asking(TakesTargets):
    """A command with the arguments of ``search``: targets, criteria, and every filter of every plugin.

    Its function gets two mappings, which together are the arguments of `Session.search`: `asked` (targets, radius, wildcards, refresh,
    large and criteria) and `filters`, with look-ups such as ``stars=True`` among them. It may ask with both,
    ``session.search(**asked, **filters)``, or choose later, ``found.select(**filters)``.
    Options of the command itself take precedence over filters of the same name.

    Parameters
    ----------
    *args, **attributes
        Of `click.Command`.
    needs_target : bool
        Whether a target must be given. Else the search may be for everything that meets the criteria and filters.

    Examples
    --------
    ::

        @click.command(cls=Asking)
        @click.pass_obj
        def count(session, /, asked, filters):
            click.echo(len(session.search(**asked, **filters)))
    """

    def __init__(self, *args: Any, needs_target: bool = False, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.needs_target: bool = needs_target
        self.filters: tuple[str, ...] = ()

    def of(self, session: Session) -> Asking:
        """Return a copy that takes the filters of a session.

        Parameters
        ----------
        session : Session
            The session of the program.
        """
        own, registry = self._question_parameters(), session.registry
        taken = {*QUESTION, *(word for one in (*own, *self.params) for word in (one.name, *one.opts))}
        options = {
            **{
                name: _lookup_option(record, registry.owner("lookup", name))
                for name, record in sorted(registry.lookups.items())
            },
            **{
                name: _filter_option(record, registry.owner("filter", name), self._other_words(record, taken, registry))
                for name, record in sorted(registry.filters.items())
            },
        }
        options = {name: option for name, option in options.items() if not taken & {name, option_name(name)}}
        made = copy.copy(self)
        made.filters = tuple(options)
        made.params = [*own, *options.values(), *self.params]
        return made

    @staticmethod
    def _other_words(record: Filter, taken: Container[str], registry: Registry) -> list[str]:
        """Return the other words for a filter that are free: an option of the command, a filter or a look-up of that name goes first."""
        return [
            word for word in record.also
            if not (word in taken or option_name(word) in taken or word in registry.filters or word in registry.lookups)
        ]  # fmt: skip

    def _question_parameters(self) -> list[click.Parameter]:
        metavar = "TARGET..." if self.needs_target else "[TARGET]..."
        cone = "Cone around names and coordinates, in arcsec or e.g. '2 arcmin'."
        return [
            click.Argument(["targets"], nargs=-1, required=self.needs_target, metavar=metavar),
            click.Option(["--radius"], metavar="ANGLE", help=cone),
            click.Option(["--criterion", "-c", "criteria"], multiple=True, metavar="COLUMN=VALUE", help=CRITERION_HELP),
            click.Option(["--wildcards"], is_flag=True, help="Use * and % in criteria for any text."),
            click.Option(
                ["--missing"], type=click.Choice(MISSING), help="What to do with rows of a list that have no target."
            ),
            click.Option(["--refresh"], is_flag=True, help="Ask the archive, even if there is a kept answer."),
            click.Option(["--yes", "large"], is_flag=True, help=YES_HELP),
        ]

    def invoke(self, ctx: click.Context) -> Any:
        """Call the command's function with the two mappings, `asked` and `filters`."""
        given = ctx.params
        filters = {name: value for name, value in given.items() if name in self.filters and value is not None}
        asked = {name: value for name, value in _search_arguments(given).items() if name not in filters}
        own = {name: value for name, value in given.items() if name not in (*QUESTION, *self.filters)}
        ctx.params = {**own, "asked": asked, "filters": filters}
        with _saying_to_quote(given["targets"]):
            return click.Command.invoke(self, ctx)


QUESTION = ("targets", "radius", "criteria", "wildcards", "refresh", "missing", "large")


def with_filters_of(command: click.Command, session: Session) -> click.Command:
    """Return a command for the program of a session: commands that are `Asking`, also in groups, get the session's filters."""
    if isinstance(command, Asking):
        return command.of(session)
    if isinstance(command, click.Group):
        group = copy.copy(command)
        group.commands = {name: with_filters_of(child, session) for name, child in command.commands.items()}
        return group
    return command


def _filter_option(record: Filter, plugin: str, words: Iterable[str]) -> click.Option:
    help_ = _sentence(record.help, plugin)
    if not record.metavar:
        return click.Option(
            [*map(option_name, (record.name, *words)), record.name], is_flag=True, default=None, help=help_
        )

    def convert(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        try:
            if record.multiple:
                return [record.parse(one) for one in value] or None
            return None if value is None else record.parse(value)
        except (ValueError, TypeError) as error:
            raise click.BadParameter(in_program(error)) from error

    def complete(_context: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
        before, _, last = start.rpartition(",")
        known = record.choices() if record.choices else ()
        return [f"{before},{word}" if before else word for word in known if word.startswith(last)]

    return click.Option(
        [*map(option_name, (record.name, *words)), record.name],
        metavar=record.metavar,
        multiple=record.multiple,
        callback=convert,
        shell_complete=complete,
        help=help_,
    )


def _sentence(text: str, plugin: str) -> str:
    """Return the help of a plugin's option in the style of all others, and the plugin."""
    text = text.strip()
    ending = "" if text.endswith((".", "…", "!", "?")) else "."
    return f"{text[:1].upper()}{text[1:]}{ending}  [{plugin}]"


def _lookup_option(record: Lookup, plugin: str) -> click.Option:
    help_ = _sentence(record.help, plugin)
    return click.Option([option_name(record.name), record.name], is_flag=True, default=None, help=help_)


def _search_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `Session.search` and `Session.count` for the options that were given."""
    flags = {name: given[name] for name in ("wildcards", "refresh") if name in given}
    flags |= {"large": True} if given.get("large") else {}
    flags |= {"missing": given["missing"]} if given.get("missing") else {}
    targets = list(expand(joined(given["targets"]), given.get("missing") or MISSING[0])) or None
    return {"targets": targets, "radius": radius_of(given["radius"]), **flags, **_criteria(given["criteria"])}


def radius_of(text: str | None) -> float | str | None:
    """Return a radius as the functions take it: a number [arcsec], or text with a unit."""
    try:
        return float(text) if text is not None else None
    except ValueError:
        return text


def _criteria(words: Sequence[str]) -> dict[str, Any]:
    """Return criteria by column; a column that is given twice may have any of the values."""
    found: dict[str, Any] = {}
    for column, value in map(_column_and_value, words):
        if column in found and any(isinstance(part, float) for part in (*_as_list(found[column]), *_as_list(value))):
            raise click.BadParameter(f"{column} is given two ranges", param_hint="--criterion")
        found[column] = [*_as_list(found[column]), *_as_list(value)] if column in found else value
    return found


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _column_and_value(word: str) -> tuple[str, Any]:
    column, equals, value = word.partition("=")
    if not equals or not column or not value:
        raise click.BadParameter(f"{word!r} is not COLUMN=VALUE", param_hint="--criterion")
    least, dots, greatest = value.partition("..")
    if dots:
        try:
            return column, [float(least), float(greatest)]
        except ValueError:
            raise click.BadParameter(f"{value!r} is not a range of numbers", param_hint="--criterion") from None
    values = value.split(",")
    return column, values if len(values) > 1 else value

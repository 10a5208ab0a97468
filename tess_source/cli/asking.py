"""Commands that ask what ``search`` asks: targets, criteria, and every filter of every plugin."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from tess_source.targets.lists import expand

if TYPE_CHECKING:
    from tess_source.hooks.records import Filter
    from tess_source.session import Session

__all__ = ["Asking", "in_program"]

CRITERION_HELP = "A column of the archive's observation table, see `tess-source fields`; values a,b or, for numbers, least..greatest."


class Asking(click.Command):
    """A command that takes the question of ``search``: targets, criteria, and every filter of every plugin.

    Its function gets two mappings, which together are the arguments of `Session.search`: `asked` (targets, radius, wildcards, refresh and
    criteria) and `filters`. It may ask with both, ``session.search(**asked, **filters)``, or choose later, ``found.select(**filters)``.
    Options that the command has itself are its own, also where a filter has that name.

    Parameters
    ----------
    *args, **attributes
        Of `click.Command`.
    needs_target : bool
        Whether there must be a target; else the question may be for everything that meets criteria and filters.
    only_archive : bool
        Take only those filters that an archive can be asked for, and no ``--refresh``.

    Examples
    --------
    ::

        @click.command(cls=Asking)
        @click.pass_obj
        def count(session, /, asked, filters):
            click.echo(len(session.search(**asked, **filters)))
    """

    def __init__(self, *args: Any, needs_target: bool = False, only_archive: bool = False, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.needs_target: bool = needs_target
        self.only_archive: bool = only_archive
        self.filters: tuple[str, ...] = ()

    def of(self, session: Session) -> Asking:
        """Give a copy that takes the filters of a session."""
        taken = {*QUESTION, *(word for parameter in self.params for word in (parameter.name, *parameter.opts))}
        filters = {
            name: _filter_option(record, session.registry.owner("filter", name))
            for name, record in sorted(session.registry.filters.items())
            if (record.criteria is not None or not self.only_archive) and not taken & {name, _flag(name)}
        }
        made = copy.copy(self)
        made.filters = tuple(filters)
        made.params = [*self._question(), *filters.values(), *self.params]
        return made

    def _question(self) -> list[click.Parameter]:
        metavar = "TARGET..." if self.needs_target else "[TARGET]..."
        cone = "Cone around names and coordinates, in arcsec or e.g. '2 arcmin'."
        refresh = click.Option(["--refresh"], is_flag=True, help="Ask the archive, whatever is remembered.")
        return [
            click.Argument(["targets"], nargs=-1, required=self.needs_target, metavar=metavar),
            click.Option(["--radius"], metavar="ANGLE", help=cone),
            click.Option(["--criterion", "-c", "criteria"], multiple=True, metavar="COLUMN=VALUE", help=CRITERION_HELP),
            click.Option(["--wildcards"], is_flag=True, help="Let * and % in criteria stand for any text."),
            *([] if self.only_archive else [refresh]),
        ]

    def invoke(self, ctx: click.Context) -> Any:
        """Call the command's function, with what was asked for put together."""
        given = ctx.params
        filters = {name: value for name, value in given.items() if name in self.filters and value is not None}
        asked = {name: value for name, value in _asked(given).items() if name not in filters}
        own = {name: value for name, value in given.items() if name not in (*QUESTION, *self.filters)}
        ctx.params = {**own, "asked": asked, "filters": filters}
        return super().invoke(ctx)


QUESTION = ("targets", "radius", "criteria", "wildcards", "refresh")


def in_program(command: click.Command, session: Session) -> click.Command:
    """Give a command as the program of a session has it: those that are `Asking`, also in groups, with the session's filters."""
    if isinstance(command, Asking):
        return command.of(session)
    if isinstance(command, click.Group):
        group = copy.copy(command)
        group.commands = {name: in_program(child, session) for name, child in command.commands.items()}
        return group
    return command


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _filter_option(record: Filter, plugin: str) -> click.Option:
    help_ = f"{record.help}  [{plugin}]"
    if not record.metavar:
        return click.Option([_flag(record.name), record.name], is_flag=True, default=None, help=help_)

    def convert(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        try:
            if record.multiple:
                return [record.parse(one) for one in value] or None
            return None if value is None else record.parse(value)
        except (ValueError, TypeError) as error:
            raise click.BadParameter(str(error)) from error

    def complete(_context: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
        before, _, last = start.rpartition(",")
        known = record.choices() if record.choices else ()
        return [f"{before},{word}" if before else word for word in known if word.startswith(last)]

    return click.Option(
        [_flag(record.name), record.name],
        metavar=record.metavar,
        multiple=record.multiple,
        callback=convert,
        shell_complete=complete,
        help=help_,
    )


def _asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the program's words into the arguments of `Session.search` and `Session.count`."""
    flags = {name: given[name] for name in ("wildcards", "refresh") if name in given}
    targets = list(expand(given["targets"])) or None
    return {"targets": targets, "radius": _radius(given["radius"]), **flags, **_criteria(given["criteria"])}


def _radius(text: str | None) -> float | str | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return text


def _criteria(words: Sequence[str]) -> dict[str, Any]:
    """Read criteria; a column that is named twice may have any of the values."""
    found: dict[str, Any] = {}
    for column, value in map(_criterion, words):
        if column in found and any(isinstance(part, float) for part in (*_listed(found[column]), *_listed(value))):
            raise click.BadParameter(f"{column} is given two ranges", param_hint="--criterion")
        found[column] = [*_listed(found[column]), *_listed(value)] if column in found else value
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _criterion(word: str) -> tuple[str, Any]:
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

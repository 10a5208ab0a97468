"""The command ``tess-source doctor``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from tess_source._lazy import pl
from tess_source.cli.printing import SOME_FAILED, format_option, note, print_rows, show
from tess_source.display.text import number
from tess_source.session import Session

if TYPE_CHECKING:
    from tess_source.doctor import Finding

__all__ = ["command"]


def command(wrong: Mapping[str, str]) -> click.Command:
    """Make ``tess-source doctor``.

    Parameters
    ----------
    wrong : mapping
        Setting → what is wrong with it, so that the session was made without it.
    """

    @click.command("doctor")
    @format_option
    @click.pass_obj
    def doctor(session: Session, /, form: str) -> None:
        """Check the installation, and which services answer.

        Versions, plugins, cache folder, settings, proxies and tokens are checked.

        Problems come first, each with advice. The output can be shown to others: logins, tokens and your home folder are left out. Each
        service is asked once, for at most 5 s; with --offline, none is. Exit code 1 if there are problems.
        """
        from tess_source.doctor import checkup

        _print(checkup(session, wrong), form)

    return doctor


def _print(found: Sequence[Finding], form: str) -> None:
    from tess_source.doctor import PROBLEM, Finding

    problems = [finding for finding in found if finding.state == PROBLEM]
    if form == "table":
        show(_in_words(found))
    else:
        print_rows(
            pl.DataFrame(
                sorted(found, key=lambda one: one.state != PROBLEM),
                schema=dict.fromkeys(Finding._fields, pl.String),
                orient="row",
            ),
            form,
        )
    note(number(len(problems), "problem") if problems else "no problems")
    if problems:
        raise click.exceptions.Exit(SOME_FAILED)


def _in_words(found: Sequence[Finding]) -> str:
    """Return findings as text: problems with their advice, alike ones together, then all findings in columns."""
    from tess_source.doctor import PROBLEM

    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in found:
        if finding.state == PROBLEM:
            alike.setdefault((finding.topic, finding.value, finding.advice), []).append(finding)
    lines = [line for same in alike.values() for line in _problem(same)]
    topic, width = "", max((len(finding.item) for finding in found), default=0)
    for finding in found:
        mark, shown = "!" if finding.state == PROBLEM else "", finding.topic if finding.topic != topic else ""
        value = ": ".join(filter(None, (finding.value, finding.advice if finding.state != PROBLEM else "")))
        lines.append(f"{mark:1} {shown:8} {finding.item:{width}}  {value}".rstrip())
        topic = finding.topic
    return "\n".join(lines) + "\n"


def _problem(same: Sequence[Finding]) -> list[str]:
    """Return the lines about one problem, which several may share."""
    one = same[0]
    uses = [f"{each.item} (needed for {each.needed_for})" for each in same if each.needed_for]
    subject = one.topic if uses else f"{one.topic} {one.item}".strip()
    return [f"PROBLEM  {subject}: {one.value}", *(f"         {line}" for line in (*uses, one.advice) if line), ""]

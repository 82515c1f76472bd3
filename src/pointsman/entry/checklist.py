"""`pointsman checklist pre|during|post`: a deployment's checklist, filled in from evidence; changes nothing."""

from __future__ import annotations

import os
import sys

import click

from pointsman.entry.options import option_of
from pointsman.entry.shared_inputs import REPORTS, WHERE
from pointsman.entry.steps_readiness import WHAT
from pointsman.entry.table import Input, Step, parameter_of

_NAMES = {"environment", "config"}
INPUTS: tuple[Input, ...] = (*WHAT, *WHERE, *(one for one in REPORTS if one.name in _NAMES))
CHECKLIST = Step(
    "checklist",
    "Print a deployment's checklist, with every item that evidence proves filled in.",
    "Before, during or after a deployment: a Markdown task list for an issue, a pull request or a summary. Items are "
    "ticked by the evidence of readiness-check and the release record; what is unknown stays open. Changes nothing.",
    INPUTS,
    action=False,
)


def _print(when: str, **texts: str | None) -> None:
    from pointsman.entry.wiring_readiness import checklist
    from pointsman.model.errors import PointsmanError

    given = {one.name: text for one in INPUTS if (text := texts[parameter_of(one.name)])}
    try:
        click.echo(checklist(CHECKLIST, when, given, dict(os.environ)), nl=False)
    except PointsmanError as wrong:
        click.echo("\n  ".join(filter(None, [f"Error: {wrong.message}", wrong.advice])), err=True)
        sys.exit(wrong.exit_code)


def command() -> click.Command:
    """The click command."""
    which = click.Argument(["when"], type=click.Choice(["pre", "during", "post"]))
    return click.Command(
        CHECKLIST.name,
        params=[which, *(option_of(one) for one in INPUTS)],
        callback=_print,
        help=f"{CHECKLIST.summary}\n\n{CHECKLIST.help}",
        short_help=CHECKLIST.summary,
    )

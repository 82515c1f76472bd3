"""The command line: one click command per step of the specification. The only place that prints errors and exits."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from pointsman import __version__
from pointsman.entry.checklist import command as checklist
from pointsman.entry.options import option_of
from pointsman.entry.power import power
from pointsman.entry.rbac import rbac
from pointsman.entry.spec import STEPS, Step, Type, Where, parameter_of
from pointsman.entry.stopping import heard, watch_lifeline
from pointsman.entry.unheard import losses, outlive_readers, settle

if TYPE_CHECKING:
    from pointsman.adapters.clock import SystemClock
    from pointsman.entry.context import CiContext
    from pointsman.model.result import Result


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="Moves production traffic onto a new version, and back, from inside the pipeline you already have.",
    epilog="Exit codes: 0 done, 2 inputs, 3 cluster refused or unreachable, 4 locked or changed by somebody else, "
    "10 rejected, 11 held, 20 a person is needed, 130 cancelled.",
)
@click.version_option(__version__, prog_name="pointsman")
def cli() -> None:
    """The group that the steps hang in."""


@cli.result_callback()
def _printed(*_: object, **__: object) -> None:
    """What only prints has done nothing when that could not be written; a step has, and ends with its own exit code."""
    for loss in losses():
        click.echo(f"Error: {loss}\n  make room, and run it again", err=True)
        sys.exit(3)


def command_of(step: Step) -> click.Command:
    """The click command of a step."""
    core = [one for one in step.inputs if one.where is Where.CORE and one.type is not Type.SECRET]

    def callback(**texts: str | None) -> None:
        given = {one.name: texts[parameter_of(one.name)] for one in core}
        # A test that runs whole commands at another pace passes its clock as the context's object.
        sys.exit(run_step(step, given, dict(os.environ), click.get_current_context().obj))

    return click.Command(
        step.name,
        params=[option_of(one) for one in core],
        callback=callback,
        help=f"{step.summary}\n\n{step.help}",
        short_help=step.summary,
    )


for _step in STEPS:
    cli.add_command(command_of(_step))
cli.add_command(checklist())
cli.add_command(power)
cli.add_command(rbac)


def run_step(
    step: Step, texts: Mapping[str, str | None], environment: Mapping[str, str], clock: SystemClock | None = None
) -> int:
    """Run one step from raw texts to exit code, reporting whatever happens."""
    from pointsman.adapters.clock import SystemClock
    from pointsman.entry.console import foldable
    from pointsman.entry.context import ci_context

    clock, context = clock or SystemClock(), ci_context(environment)
    _listen(clock, environment)
    settings: dict[str, Any] = {
        "output": texts.get("output"),
        "report-dir": texts.get("report-dir"),
        "summary": "always",
    }
    stream = sys.stderr if texts.get("output") == "json" else sys.stdout
    with foldable(context.kind, step.name, f"Pointsman {step.name}", stream):
        result = _guarded(
            step, _subject(texts), context, lambda: _perform(step, texts, environment, context, clock, settings)
        )
    _tell(result, context, settings, environment)
    return result.exit_code


def _perform(
    step: Step,
    texts: Mapping[str, str | None],
    environment: Mapping[str, str],
    context: CiContext,
    clock: SystemClock,
    settings: dict[str, Any],
) -> Result:
    from pointsman.entry.config import merged
    from pointsman.entry.console import progress_for
    from pointsman.entry.reporting import forge_for
    from pointsman.entry.values import values_of
    from pointsman.entry.wiring import Surroundings, perform

    inputs = merged(step, _given(texts))
    values = values_of(step, inputs)
    settings.update(values)
    settings["forge"] = forge = forge_for(context, values)
    settings["complaints"] = forge.announce(step.name, _subject(inputs))
    progress = progress_for(clock, values["output"] == "json", context.kind != "none")
    return perform(step.name, values, Surroundings(context, environment, clock, progress))


def _launched(environment: Mapping[str, str]) -> str:
    """How the launcher of the CI steps chose to run, and why; empty when there was none."""
    how = environment.get("POINTSMAN_LAUNCHED")
    return f"runner={how} because {environment.get('POINTSMAN_LAUNCHED_BECAUSE', '')}" if how else ""


def _subject(texts: Mapping[str, str | None]) -> str:
    """What the step is about, for reports of a run that did not get far."""
    return texts.get("service") or texts.get("workload") or texts.get("url") or ""


def _given(texts: Mapping[str, str | None]) -> dict[str, str]:
    """An empty variable means not given: workflows pass every input, set or not."""
    return {name: text for name, text in texts.items() if text}


def _guarded(step: Step, subject: str, context: CiContext, work: Callable[[], Result]) -> Result:
    from pointsman.entry.failing import cancelled, defect, refused
    from pointsman.model.errors import Cancelled, PointsmanError

    try:
        return work()
    except Cancelled as stop:
        return cancelled(step.name, subject, stop)
    except PointsmanError as error:
        return refused(step.name, subject, error)
    except Exception as error:
        _print_traceback(context)
        return defect(step.name, subject, error)


def _tell(result: Result, context: CiContext, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    from pointsman.adapters.forges.none import NoForge
    from pointsman.entry.reporting import tell

    colour = sys.stdout.isatty() and context.kind == "none" and "NO_COLOR" not in environment
    tell(result, context, settings, settings.get("forge") or NoForge(), colour)


def _print_traceback(context: CiContext) -> None:
    from pointsman.entry.console import foldable
    from pointsman.report import commands

    text, title = commands.neutralised(traceback.format_exc()), "traceback of a defect in Pointsman"
    if context.kind == "github":
        print(f"{commands.group(title)}\n{text}\n{commands.GROUP_END}", flush=True)
        return
    with foldable(context.kind, "traceback", title, sys.stderr, collapsed=True):
        print(text, file=sys.stderr, flush=True)


def _listen(clock: SystemClock, environment: Mapping[str, str]) -> None:
    """SIGINT and SIGTERM ask the step to stop between two mutations; so does the end of a lifeline on stdin."""
    heard().tell(clock.note, clock.stop)
    if environment.get("POINTSMAN_LIFELINE") == "stdin":
        watch_lifeline(clock.stop)


def main() -> None:
    """The entry point of `pointsman` and `python -m pointsman`."""
    outlive_readers()
    heard()
    try:
        cli.main(prog_name="pointsman")
    finally:
        settle()

"""Every `pointsman …` line that a page shows is one that the program takes."""

import shlex
from pathlib import Path

import click
import pytest

from pointsman.entry.cli import cli
from pointsman.entry.config import settings
from pointsman.entry.spec import STEPS, parameter_of, step_named
from pointsman.entry.values import values_of
from pointsman.entry.wiring import refuse_contradictions
from pointsman.model.errors import InputError
from tests.docs.pages import ROOT, blocks

FILE = """
version: 1
services:
  shop: {namespace: shop}
"""


def shown() -> list[tuple[str, str]]:
    """(page, command) of each command, with continued lines joined."""
    return [
        (block.page.relative_to(ROOT).as_posix(), line)
        for block in blocks("bash")
        for line in block.text.replace("\\\n", " ").splitlines()
        if line.startswith("pointsman ")
    ]


def take(command: str, folder: Path) -> None:
    """Everything the program does with a command line before it touches the world."""
    name, *arguments = shlex.split(command, comments=True)[1:]
    context = cli.commands[name].make_context(name, arguments)
    if name not in {step.name for step in STEPS}:
        return
    given = {one.name: context.params.get(parameter_of(one.name)) for one in step_named(name).inputs}
    values = values_of(
        step_named(name), {**kept_in(folder, given), **{key: text for key, text in given.items() if text}}
    )
    refuse_contradictions(name, values)


def kept_in(folder: Path, given: dict[str, str | None]) -> dict[str, str]:
    """What the pages' own pointsman.yaml adds to a command that names its service."""
    if not given["service"]:
        return {}
    file = folder / "pointsman.yaml"
    file.write_text(FILE)
    return {key: text for key, text in settings(str(file), given["service"], None).items() if key in given}


@pytest.mark.parametrize(("page", "command"), shown(), ids=lambda text: text[:60])
def test_every_command_shown_is_taken(page: str, command: str, tmp_path: Path) -> None:
    assert page
    take(command, tmp_path)


def test_every_command_of_the_program_is_shown_somewhere() -> None:
    assert {shlex.split(command)[1] for _, command in shown()} == set(cli.commands)


def test_an_option_that_does_not_exist_would_be_noticed(tmp_path: Path) -> None:
    with pytest.raises(click.NoSuchOption):
        take("pointsman status --namespace shop --service shop --colour blue", tmp_path)


def test_a_value_that_makes_no_sense_would_be_noticed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="bake"):
        take("pointsman blue-green-switch --namespace shop --service shop --bake soon", tmp_path)

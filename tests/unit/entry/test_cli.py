"""The command line as a user meets it: a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pointsman import __version__
from pointsman.entry.cli import cli, command_of
from pointsman.entry.spec import STEPS, Step, Type, Where, variable_of

HEAVY = {"kubernetes", "github", "gitlab", "requests", "yaml", "msgspec", "rich", "urllib3"}


def pointsman(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), **variables}
    command = [sys.executable, "-m", "pointsman", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_version_is_told_without_loading_anything_heavy(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "pointsman", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in loaded
    assert loaded & HEAVY == set()
    assert __version__ in done.stdout


def test_an_unknown_option_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    done = pointsman("status", "--namespce", "shop", folder=tmp_path)
    assert done.returncode == 2
    assert "--namespace" in done.stderr


def test_an_unknown_step_is_refused(tmp_path: Path) -> None:
    assert pointsman("blue-green", folder=tmp_path).returncode == 2


def test_a_missing_input_exits_2_and_says_which(tmp_path: Path) -> None:
    done = pointsman("status", folder=tmp_path)
    assert done.returncode == 2
    assert "--namespace is missing" in done.stdout + done.stderr


def test_an_empty_variable_means_not_given(tmp_path: Path) -> None:
    done = pointsman("status", folder=tmp_path, POINTSMAN_NAMESPACE="", POINTSMAN_PLATFORM="")
    assert done.returncode == 2
    assert "--namespace is missing" in done.stdout + done.stderr


def report(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_variable_works_as_its_option_does_and_the_option_wins(tmp_path: Path) -> None:
    given = {"POINTSMAN_NAMESPACE": "shop", "POINTSMAN_SERVICE": "shop", "POINTSMAN_OUTPUT": "json"}
    by_variable = pointsman("blue-green-switch", folder=tmp_path, POINTSMAN_BAKE="soon", **given)
    by_option = pointsman("blue-green-switch", "--bake", "later", folder=tmp_path, POINTSMAN_BAKE="soon", **given)
    assert (by_variable.returncode, by_option.returncode) == (2, 2)
    assert "'soon'" in str(report(by_variable)["why"])
    assert "'later'" in str(report(by_option)["why"])


def test_the_file_gives_what_neither_option_nor_variable_gave(tmp_path: Path) -> None:
    (tmp_path / "pointsman.yaml").write_text("services:\n  shop:\n    namespace: shop\n    bake: never\n")
    done = pointsman("blue-green-switch", "--service", "shop", folder=tmp_path)
    assert done.returncode == 2
    assert "'never' is not a duration" in done.stdout + done.stderr
    over = pointsman("blue-green-switch", "--service", "shop", folder=tmp_path, POINTSMAN_BAKE="soon")
    assert "'soon' is not a duration" in over.stdout + over.stderr


def test_no_kubeconfig_exits_2_and_says_what_to_give(tmp_path: Path) -> None:
    done = pointsman("status", "--namespace", "shop", "--service", "shop", folder=tmp_path)
    assert done.returncode == 2
    assert "--kubeconfig" in done.stdout + done.stderr


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_step_is_a_command_with_an_option_and_a_variable_for_each_input(step: Step) -> None:
    assert step.name in cli.commands
    options = {option.opts[0]: option.envvar for option in command_of(step).params}
    expected = [one for one in step.inputs if one.where is Where.CORE and one.type is not Type.SECRET]
    assert options == {f"--{one.name}": variable_of(one.name) for one in expected}


def test_a_secret_has_no_option() -> None:
    secrets = {one.name for step in STEPS for one in step.inputs if one.type is Type.SECRET}
    options = {option.opts[0] for step in STEPS for option in command_of(step).params}
    assert secrets
    assert not any(f"--{secret}" in options for secret in secrets)

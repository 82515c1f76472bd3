"""The user's own checks: functions in Python files of the repository, named in pointsman.yaml as PATH.py:FUNCTION.

They get the facts and yield answers (`passed`, `failed`, `unknown` of `pointsman.model.readiness`). One that raises
says unknown; a file or function that does not exist is a mistake of the configuration.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from pointsman.model.errors import InputError
from pointsman.model.readiness import Answer, Facts, OwnCheck, unknown


class OwnChecks:
    """Runs functions of files below `folder` (where pointsman.yaml is)."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def ask(self, check: OwnCheck, facts: Facts) -> tuple[Answer, ...]:
        """What the check says. Raises InputError when it is not there."""
        path, _, name = check.run.rpartition(":")
        file = self._folder / path
        if not file.is_file():
            raise InputError(f"the own check {check.id}: {file} does not exist", "write PATH.py:FUNCTION")
        try:
            with redirect_stdout(sys.stderr):  # stdout is the report, which a program may read
                function = _function(file, name)
                answers = tuple(function(facts)) if function else None
        except (Exception, SystemExit) as broken:  # somebody else's code: whatever it does, it is no verdict
            return (unknown(f"the check itself broke: {type(broken).__name__}: {broken}", f"correct {check.run}"),)
        if answers is None:
            raise InputError(f"the own check {check.id}: {file} has no function {name}", "write PATH.py:FUNCTION")
        return _genuine(check, answers)


def _function(file: Path, name: str) -> Callable[[Facts], Any] | None:
    spec = importlib.util.spec_from_file_location(f"pointsman_own_{file.stem}", file)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, name, None)
    return found if callable(found) else None


def _genuine(check: OwnCheck, answers: tuple[Any, ...]) -> tuple[Answer, ...]:
    if not answers:
        return (unknown("the check said nothing", f"let {check.run} yield an answer"),)
    strange = next((one for one in answers if not isinstance(one, Answer)), None)
    if strange is not None:
        return (unknown(f"the check yielded {type(strange).__name__}, no answer", f"correct {check.run}"),)
    return answers

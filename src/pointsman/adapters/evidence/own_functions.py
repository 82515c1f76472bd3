"""Checks of the user's own as Python functions, named PATH.py:FUNCTION; this runs in a process of its own.

They get the facts and yield answers (`passed`, `failed`, `unknown` of `pointsman.model.readiness`). One that raises
says unknown.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pointsman.model.readiness import Answer, Facts, OwnCheck, unknown


def answers_of(check: OwnCheck, folder: Path, facts: Facts) -> tuple[Answer, ...] | None:
    """What the function says; None when the file has no such function."""
    path, _, name = check.run.rpartition(":")
    try:
        function = _function(folder / path, name)
        answers = tuple(function(facts)) if function else None
    except (Exception, SystemExit) as broken:  # somebody else's code: whatever it does, it is no verdict
        return (unknown(f"the check itself broke: {type(broken).__name__}: {broken}", f"correct {check.run}"),)
    return None if answers is None else _genuine(check, answers)


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

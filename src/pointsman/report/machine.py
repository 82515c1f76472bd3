"""A result as JSON, for programs. Keys are only added; `schema` counts up when one changes its meaning."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum

from pointsman.model.evidence import verdict_of
from pointsman.model.result import Result

SCHEMA = 1


def result_json(result: Result) -> str:
    """The document of `result`: keys sorted, indented by two, a newline at the end. It may be printed to a job
    log: `##[`, which a runner obeys anywhere in a line, is spelled in a way that only JSON understands."""
    return _text(document(result))


def evidence_json(result: Result) -> str:
    """What a judge's verdict rests on: its numbers, what was said at the weights before, and the walk."""
    told = {name: result.details[name] for name in ("weights", "evidence", "walk") if name in result.details}
    return _text(plain_value({"schema": SCHEMA, "outcome": result.outcome, **told}))


def document(result: Result) -> dict[str, object]:
    """`result` in JSON's own types. `verdict` sums up the checks and is null where nothing was checked."""
    return {
        "schema": SCHEMA,
        "step": result.step,
        "subject": result.subject,
        "outcome": result.outcome.value,
        "good": result.exit_code == 0,
        "exit_code": result.exit_code,
        "why": result.why,
        "verdict": verdict_of(result.checks).value if result.checks else None,
        "changes": plain_value(result.changes),
        "checks": plain_value(result.checks),
        "timeline": plain_value(result.timeline),
        "following": plain_value(result.following),
        "problem": plain_value(result.problem),
        "outputs": plain_value(result.outputs),
        "details": plain_value(result.details),
    }


def plain_value(value: object) -> object:
    """`value` in JSON's own types: objects become their fields, what JSON cannot say becomes text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Enum):
        return plain_value(value.value)
    return _composed(value)


def _composed(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain_value(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain_value(kept) for key, kept in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(kept) for kept in value]
    if isinstance(value, Set):
        return sorted(str(plain_value(kept)) for kept in value)
    return str(value)


def _text(value: object) -> str:
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.replace("##[", "##\\u005b").encode("utf-8", "replace").decode() + "\n"

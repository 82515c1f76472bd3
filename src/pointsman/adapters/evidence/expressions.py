"""Checks of the user's own as CEL, the expression language of Kubernetes' ValidatingAdmissionPolicy.

An expression sees `object` (what is asked about), `service` (the Service that is released, where there is one) and
`objects` (everything that was found, as lists by kind), and nothing else: no file, no variable, no network. What it
touches and is not there is an error of CEL, here an answer nobody could give; a kind that may not be read is not among
`objects`, so nothing passes for want of it. `flaw_of` finds what can be found without objects.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

from pointsman.model.readiness import Answer, Facts, Item, OwnCheck, Place, elsewhere, failed, passed, unknown
from pointsman.strategy.readiness.asking import subjects_of
from pointsman.strategy.readiness.objects import service_of
from pointsman.strategy.readiness.policy import kinds_of_checks

VARIABLES = ("object", "service", "objects")
_TYPES = {"bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"}
_FUNCTIONS = {
    "size", "contains", "startsWith", "endsWith", "matches", "int", "uint", "double", "string", "bytes", "dyn", "type",
    "duration", "timestamp", "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
    "getHours", "getMinutes", "getSeconds", "getMilliseconds",
}  # fmt: skip
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
_PARSE_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?(.*)")
_LONGEST = 100


def flaw_of(expression: str) -> str | None:
    """What is wrong with an expression whatever it is asked about: its syntax, or a name that does not exist."""
    import cel

    try:
        program = cel.compile(expression)
    except ValueError as wrong:
        return _syntax_error(str(wrong))
    bound = set(_BOUND.findall(expression))
    extras = _extra_functions()
    spaces = {name.partition(".")[0] for name in extras if "." in name}
    variables = [name for name in program.variables() if name not in {*VARIABLES, *_TYPES, *bound, *spaces}]
    if variables:
        return f"it names {variables[0]!r}, and knows {', '.join(VARIABLES)}"
    known = {*_FUNCTIONS, *(name.rpartition(".")[2] for name in extras)}
    strange = [name for name in program.functions() if name[0].isalpha() and name not in known]
    if strange:
        near = difflib.get_close_matches(strange[0], known, 1)
        return f"it calls {strange[0]}(), which does not exist{f'; did you mean {near[0]}()?' if near else ''}"
    return None


def answers_of(check: OwnCheck, facts: Facts) -> tuple[Answer, ...]:
    """What the expression says of each object it is asked about."""
    import cel

    subjects = subjects_of(check.kind, facts)
    if isinstance(subjects, Answer):
        return (subjects,)
    program = cel.compile(check.expression)
    service = service_of(facts)
    if service is None and "service" in program.variables():
        return (unknown(f"there is no Service {facts.service} to ask about", "give its manifest, or check --service"),)
    whole = {"objects": _by_kind(facts), **({"service": _body(service)} if service else {})}
    return tuple(_answer(check, program, {**whole, "object": _body(one)}, one.place) for one in subjects)


def _body(item: Item) -> dict[str, Any]:
    """The object; one of a manifest with the status of what runs, where the cluster was asked too."""
    status = (item.running or {}).get("status")
    return {**item.body, **({} if status is None else {"status": status})}


def _answer(check: OwnCheck, program: Any, variables: dict[str, Any], place: Place) -> Answer:
    here = check.place
    try:
        value = _value(program, variables)
    except KeyError as absent:
        told = f"it touches {absent.args[0]}, which is not there"
        return unknown(told, f"ask has() before, or correct the expression ({here})", place)
    except Exception as broken:  # whatever an expression does, it is no verdict
        return unknown(f"the expression broke: {_line(str(broken))}", f"correct it ({here})", place)
    if not isinstance(value, bool):
        told = f"the expression yields {_line(repr(value))}, neither true nor false"
        return unknown(told, f"correct it ({here})", place)
    if value:
        return passed(f"it is true: {_line(check.expression)}", place)
    said = check.message or f"failed expression: {_line(check.expression)}"
    return failed(said, check.fix or f"make it true, or correct the check ({here})", place)


def _value(program: Any, variables: dict[str, Any]) -> Any:
    import cel
    from cel.stdlib import add_stdlib_to_context

    context = cel.Context(variables)
    add_stdlib_to_context(context)
    return program.execute(context)


def _by_kind(facts: Facts) -> dict[str, list[Any]]:
    """The objects, with an empty list for a kind that was looked for and not found."""
    found: dict[str, list[Any]] = {kind: [] for kind in kinds_of_checks()}
    for item in facts.items:
        found.setdefault(item.kind, []).append(_body(item))
    return {kind: bodies for kind, bodies in found.items() if not {kind, elsewhere(kind)} & set(facts.unreadable)}


def _extra_functions() -> tuple[str, ...]:
    from cel.stdlib import STDLIB_FUNCTIONS

    return tuple(STDLIB_FUNCTIONS)


def _syntax_error(words: str) -> str:
    match = _PARSE_ERROR.search(words)
    if match is None:
        return _line(words)
    row, column, what = match.groups()
    where = f"column {column}" if row == "1" else f"line {row}, column {column}"
    return f"{what.partition(' expecting ')[0]} at {where}"


def _line(words: str) -> str:
    """The words on one line, no longer than a reader has patience for."""
    whole = " ".join(words.split())
    return whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST - 1]}…"

"""The section `readiness:` of pointsman.yaml: what people answer for, what does not count, and checks of one's own.

    readiness:
      attestations:
        backup: {owner: team-data, reason: dumped hourly by the platform, expires: 2027-01-31}
      waivers:
        spread: {owner: ana, reason: one node until the move, expires: 2026-12-01}
      severity: {load-tests: off, image-by-digest: required}
      ci: {unit: build / unit, integration: build / integration}
      checks:
        has-owner: checks/owner.py:has_owner
        has-team: {expression: has(object.metadata.labels.team), message: nobody owns it}

It may stand under a service and under its environments; what an environment says about a check outranks the service.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

from pointsman.entry.config import DEFAULT_FILE, READINESS, services_in
from pointsman.entry.yaml_tree import Entry, mapping, refuse_unknown, text
from pointsman.model.errors import InputError
from pointsman.model.readiness import OwnCheck, Place, Settings, Severity, Statement
from pointsman.strategy.readiness.policy import POLICY
from pointsman.strategy.readiness.testing import KINDS

SECTIONS = ("attestations", "waivers", "severity", "ci", "checks")
STATEMENT = ("owner", "reason", "expires")
OWN = ("run", "expression", "kind", "title", "severity", "message", "fix")
OF_EXPRESSION = ("kind", "message", "fix")
CHECKS = {check.id: check for check in POLICY}

T = TypeVar("T")


def readiness_settings(path: str | None, service: str, environment: str | None) -> Settings:
    """What the file says about readiness of `service` in `environment`; nothing where there is no file. Raises
    InputError, for an expression that cannot be asked as for any other mistake."""
    file = Path(path or DEFAULT_FILE)
    if not file.exists():
        return Settings()
    entry = services_in(file).get(service)
    body = mapping(entry, str(file), f"service {service}") if entry else {}
    environments = mapping(body.get("environments", Entry({}, 1)), str(file), "environments")
    inner = mapping(environments.get(environment or "", Entry({}, 1)), str(file), "environment")
    shared, own = (section_of(one.get(READINESS, Entry({}, 1)), str(file)) for one in (body, inner))
    for check in (*shared.own.values(), *own.own.values()):
        _refuse_flawed(check)
    return Settings(
        {**shared.attestations, **own.attestations},
        {**shared.waivers, **own.waivers},
        {**shared.severities, **own.severities},
        {**shared.ci, **own.ci},
        {**shared.own, **own.own},
    )


def section_of(entry: Entry, file: str) -> Settings:
    """One `readiness:` section. Raises InputError with file, line and the nearest right word."""
    body = mapping(entry, file, READINESS)
    refuse_unknown(body, SECTIONS, file)
    parts = {name: mapping(body.get(name, Entry({}, entry.line)), file, name) for name in SECTIONS}
    _refuse_unattestable(parts["attestations"], file)
    refuse_unknown(parts["severity"], CHECKS, file)
    refuse_unknown(parts["ci"], KINDS, file)
    own = _each(parts["checks"], file, _own)
    return Settings(
        _each(parts["attestations"], file, _statement),
        _each(parts["waivers"], file, _statement),
        _each(parts["severity"], file, _severity),
        _each(parts["ci"], file, lambda one, where, name: text(one, where, name)),
        own,
    )


def refuse_stray_waivers(settings: Settings, file: str) -> None:
    """Raises InputError for a waiver of what is no check, neither of ours nor of the user's own."""
    known = [*CHECKS, *settings.own]
    for name in settings.waivers:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise InputError(
                f"{file}: the waiver {name!r} is of no check", f"did you mean {near[0]}?" if near else "see the policy"
            )


def _each(entries: dict[str, Entry], file: str, read: Callable[[Entry, str, str], T]) -> Mapping[str, T]:
    return {name: read(entry, file, name) for name, entry in entries.items()}


def _refuse_unattestable(entries: dict[str, Entry], file: str) -> None:
    refuse_unknown(entries, CHECKS, file)
    for name, entry in entries.items():
        if not CHECKS[name].attestable:
            raise InputError(
                f"{file}:{entry.line}: {name} cannot be attested, for it is seen in objects",
                "write it under waivers: what is waived stays visible as a gap",
            )


def _statement(entry: Entry, file: str, name: str) -> Statement:
    body = mapping(entry, file, name)
    refuse_unknown(body, STATEMENT, file)
    for word in STATEMENT:
        if word not in body or not text(body[word], file, word).strip():
            raise InputError(f"{file}:{entry.line}: {name} has no {word}", "it needs owner, reason and expires")
    expires = body["expires"]
    try:
        until = date.fromisoformat(text(expires, file, "expires"))
    except ValueError as wrong:
        raise InputError(f"{file}:{expires.line}: {expires.value!r} is no date", "write it like 2027-01-31") from wrong
    return Statement(body["owner"].value, body["reason"].value, until)


def _severity(entry: Entry, file: str, name: str) -> Severity:
    said = text(entry, file, name)
    words = [one.value for one in Severity]
    if said not in words:
        raise InputError(f"{file}:{entry.line}: {said!r} is no severity", f"write one of: {', '.join(words)}")
    return Severity(said)


def _own(entry: Entry, file: str, name: str) -> OwnCheck:
    if name in CHECKS:
        raise InputError(f"{file}:{entry.line}: {name} is a check of the policy already", "give yours another name")
    if isinstance(entry.value, str):
        return OwnCheck(name, _run(entry, file))
    body = mapping(entry, file, name)
    refuse_unknown(body, OWN, file)
    _refuse_two_ways(body, entry, file, name)
    severity = _severity(body["severity"], file, "severity") if "severity" in body else Severity.REQUIRED
    words = {
        word: text(body[word], file, word).strip() for word in ("title", "expression", *OF_EXPRESSION) if word in body
    }
    run = _run(body["run"], file) if "run" in body else ""
    return OwnCheck(name, run, severity, place=Place(file=file, line=body.get("expression", entry).line), **words)


def _refuse_two_ways(body: dict[str, Entry], entry: Entry, file: str, name: str) -> None:
    if ("run" in body) is ("expression" in body):
        raise InputError(
            f"{file}:{entry.line}: {name} has {'both run and' if 'run' in body else 'neither run nor'} expression",
            "write run: PATH.py:FUNCTION, or expression: followed by CEL",
        )
    meaningless = [word for word in OF_EXPRESSION if word in body and "run" in body]
    if meaningless:
        raise InputError(
            f"{file}:{body[meaningless[0]].line}: {meaningless[0]} means nothing beside run", "let the function say it"
        )


def _refuse_flawed(check: OwnCheck) -> None:
    from pointsman.adapters.evidence.expressions import flaw_of

    flaw = flaw_of(check.expression) if not check.run else None
    if flaw:
        raise InputError(
            f"{check.place}: the expression of {check.id} cannot be asked: {flaw}",
            "it is CEL, as in a ValidatingAdmissionPolicy of Kubernetes",
        )


def _run(entry: Entry, file: str) -> str:
    said = text(entry, file, "run")
    path, colon, function = said.rpartition(":")
    if not colon or not path.endswith(".py") or not function.isidentifier():
        raise InputError(f"{file}:{entry.line}: {said!r} is no check", "write PATH.py:FUNCTION, or expression: CEL")
    return said

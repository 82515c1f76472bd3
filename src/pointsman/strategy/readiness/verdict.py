"""From facts to findings, and from findings to a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum

from pointsman.model.readiness import (
    Answer,
    Area,
    Assessment,
    Facts,
    Finding,
    OwnCheck,
    Settings,
    Severity,
    Statement,
    Status,
    elsewhere,
    unknown,
)
from pointsman.strategy.readiness.policy import POLICY, ReadinessCheck

_WEIGHTS = {Severity.REQUIRED: 3, Severity.RECOMMENDED: 1}
_NAMED_IN_WHY = 8


class FailOn(Enum):
    """Which findings stop the pipeline. Whatever is chosen, a service with open required checks is not ready."""

    REQUIRED = "required"
    ANY = "any"
    NEVER = "never"


def assess(
    facts: Facts,
    settings: Settings,
    fail_on: FailOn = FailOn.REQUIRED,
    min_score: int = 0,
    own: Mapping[str, Iterable[Answer]] | None = None,
) -> Assessment:
    """Everything that was found, and whether the service is ready. `own` has the answers of the user's own checks."""
    skipped = [name for name, severity in settings.severities.items() if severity is Severity.OFF]
    findings = [finding for check in POLICY if check.id not in skipped for finding in _findings(check, facts, settings)]
    for name, answers in (own or {}).items():
        findings += [_own(settings.own[name], one, settings, facts) for one in answers]
    told = tuple(findings)
    score = score_of(told)
    open_ones = [one for one in told if not one.status.good and _counts(one, fail_on)]
    names = list(dict.fromkeys(one.check for one in open_ones))
    ready = not open_ones and score >= min_score
    may_go_on = ready or (fail_on is FailOn.NEVER and score >= min_score)
    return Assessment(told, score, ready, _why(told, names, score, min_score, fail_on), tuple(skipped), may_go_on)


def score_of(findings: Iterable[Finding]) -> int:
    """Percent of the checks that pass or are waived, rounded down; a required one counts three times as much. A check
    with several subjects passes when each of them does; no checks at all are worth nothing."""
    good: dict[str, bool] = {}
    weights: dict[str, int] = {}
    for one in findings:
        good[one.check] = good.get(one.check, True) and one.status.good
        weights[one.check] = _WEIGHTS[one.severity]
    whole = sum(weights.values())
    return 100 * sum(weights[name] for name, is_good in good.items() if is_good) // whole if whole else 0


def _findings(check: ReadinessCheck, facts: Facts, settings: Settings) -> list[Finding]:
    severity = settings.severities.get(check.id, check.severity)
    return [
        Finding(check.id, check.title, check.area, severity, one.status, one.evidence, one.fix, one.patch, one.place)
        for one in (_stated(answer, check, settings, facts) for answer in _answers(check, facts))
    ]


def _answers(check: ReadinessCheck, facts: Facts) -> list[Answer]:
    """What the check says, as far as we were allowed to look: what nobody may read proves neither."""
    hidden = [kind for kind in check.kinds if kind in facts.unreadable]
    if hidden:
        return [_hidden(facts, hidden)]
    answers = list(check.ask(facts))
    veiled = [one for kind in check.proofs for one in (kind, elsewhere(kind)) if one in facts.unreadable]
    if veiled and not all(one.status is Status.PASS for one in answers):
        return [_hidden(facts, veiled)]
    return answers


def _hidden(facts: Facts, kinds: list[str]) -> Answer:
    reasons = "; ".join(dict.fromkeys(facts.unreadable[kind] for kind in kinds))
    return unknown(reasons, "give this identity the Role on the step's page, or give the manifests")


def _stated(answer: Answer, check: ReadinessCheck, settings: Settings, facts: Facts) -> Answer:
    """The answer with what a person answers for; a statement whose time is over counts for nothing, and says so."""
    if answer.status is Status.PASS:
        return answer
    attested, waived = settings.attestations.get(check.id), settings.waivers.get(check.id)
    if attested and attested.holds(facts.today):
        if answer.absent or answer.status is Status.UNKNOWN:
            return Answer(Status.PASS, f"attested: {attested.sentence()}", place=answer.place)
        answer = replace(
            answer, evidence=f"{answer.evidence}; the attestation by {attested.owner} does not outweigh it"
        )
    return _waived(answer, waived, attested, facts)


def _waived(answer: Answer, waived: Statement | None, attested: Statement | None, facts: Facts) -> Answer:
    if waived and waived.holds(facts.today):
        return replace(answer, status=Status.WAIVED, evidence=f"{answer.evidence}; waived: {waived.sentence()}")
    for what, said in (("attestation", attested), ("waiver", waived)):
        if said and not said.holds(facts.today):
            words = f"{answer.evidence}; the {what} by {said.owner} expired on {said.expires.isoformat()}"
            return replace(answer, evidence=words)
    return answer


def _own(check: OwnCheck, answer: Answer, settings: Settings, facts: Facts) -> Finding:
    if answer.status is not Status.PASS:
        answer = _waived(answer, settings.waivers.get(check.id), None, facts)
    return Finding(
        check.id, check.title or check.id, Area.OWN, check.severity,
        answer.status, answer.evidence, answer.fix, answer.patch, answer.place,
    )  # fmt: skip


def _counts(finding: Finding, fail_on: FailOn) -> bool:
    return fail_on is FailOn.ANY or finding.severity is Severity.REQUIRED


def _why(findings: tuple[Finding, ...], names: list[str], score: int, min_score: int, fail_on: FailOn) -> str:
    if names:
        which = "check(s)" if fail_on is FailOn.ANY else "required check(s)"
        more = f" and {len(names) - _NAMED_IN_WHY} more" if len(names) > _NAMED_IN_WHY else ""
        return f"{len(names)} {which} without proof: {', '.join(names[:_NAMED_IN_WHY])}{more}; score {score}"
    if score < min_score:
        return f"score {score} is below {min_score}"
    good = sum(one.status.good for one in findings)
    return f"{good} of {len(findings)} findings are good, and nothing that counts is open; score {score}"

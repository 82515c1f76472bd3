"""readiness-check: is this service ready for production, by evidence? Gathers, decides, reports; changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pointsman.model.errors import InputError
from pointsman.model.evidence import Check, Verdict
from pointsman.model.readiness import (
    CI,
    WORKLOADS,
    Assessment,
    Facts,
    Finding,
    Item,
    OwnCheck,
    Settings,
    Severity,
    Status,
    TestRun,
)
from pointsman.model.result import Outcome, Result
from pointsman.ports.clock import Clock
from pointsman.ports.evidence import AsksOwn, ObjectSource, PageSource, RunSource, ScanSource
from pointsman.ports.progress import Progress
from pointsman.strategy.readiness.asking import missing_advice
from pointsman.strategy.readiness.gathering import merged, namespace_of
from pointsman.strategy.readiness.objects import service_of, workloads
from pointsman.strategy.readiness.policy import kinds_of_policy
from pointsman.strategy.readiness.verdict import FailOn, assess

STEP = "readiness-check"

_VERDICTS = {
    Status.PASS: Verdict.PASS,
    Status.WAIVED: Verdict.PASS,
    Status.FAIL: Verdict.FAIL,
    Status.UNKNOWN: Verdict.NO_DATA,
}


@dataclass(frozen=True)
class ReadinessInputs:
    """What is asked about, and what makes it not ready."""

    service: str
    namespace: str
    workload: str
    settings: Settings
    fail_on: FailOn
    min_score: int
    workload_kind: str = ""
    repository: str = "."


@dataclass(frozen=True)
class ReadinessSite:
    """The sources. Manifests and cluster may both be there; then a manifest outranks what runs."""

    manifests: ObjectSource | None
    cluster: ObjectSource | None
    pages: PageSource | None
    runs: Sequence[RunSource]
    scans: ScanSource | None
    own: AsksOwn
    clock: Clock
    progress: Progress


def run(site: ReadinessSite, inputs: ReadinessInputs) -> Result:
    """Gather the facts, ask every check, and say whether the service is ready. Raises InputError, RemoteError."""
    facts = gather(site, inputs)
    assessment = judge(site, inputs, facts)
    site.progress.say(assessment.why)
    return result_of(inputs, assessment)


def gather(site: ReadinessSite, inputs: ReadinessInputs) -> Facts:
    """All the evidence there is. Raises InputError when none of it is about the service."""
    kinds = tuple(dict.fromkeys([*kinds_of_policy(), *(one.kind for one in asked_of(inputs.settings) if one.kind)]))
    written = site.manifests.objects(kinds) if site.manifests else ()
    live: tuple[Item, ...] = ()
    unreadable: dict[str, str] = {}
    if site.cluster:
        site.progress.say("asking the cluster for evidence")
        live = site.cluster.objects(kinds)
        unreadable.update(site.cluster.unreadable())
    namespace = inputs.namespace or namespace_of(written, inputs.service)
    runs, refusals = _results(site)
    if refusals:
        unreadable[CI] = "; ".join(refusals)
    facts = Facts(
        service=inputs.service,
        today=date.fromisoformat(site.clock.now()[:10]),
        workload=inputs.workload,
        workload_kind=inputs.workload_kind,
        namespace=namespace,
        items=merged(written, live, namespace),
        unreadable=unreadable,
        cluster=site.cluster is not None,
        pages=site.pages.pages() if site.pages else None,
        runs=runs,
        scans=site.scans.scans() if site.scans else None,
        ci=inputs.settings.ci,
    )
    _refuse_nobody(facts)
    return facts


def _refuse_nobody(facts: Facts) -> None:
    """Raises InputError when nothing at all is about the service: its name is a slip, and no finding would say so."""
    if service_of(facts) or workloads(facts) or {"Service", *WORKLOADS} & set(facts.unreadable):
        return
    known = ", ".join(sorted(one.name for one in facts.of("Service"))[:10])
    raise InputError(
        f"there is neither a Service {facts.service} nor a workload of it"
        f"{f' in namespace {facts.namespace}' if facts.cluster else ' in the manifests'}",
        f"Services that are there: {known}" if known else missing_advice(facts),
    )


def _results(site: ReadinessSite) -> tuple[tuple[TestRun, ...] | None, list[str]]:
    """Results of CI (None: nobody was asked), and why a source gave none."""
    answers = [source.runs() for source in site.runs]
    refusals = [one for one in answers if isinstance(one, str)]
    found = [run for one in answers if not isinstance(one, str) for run in one]
    return (tuple(found) if answers else None), refusals


def asked_of(settings: Settings) -> list[OwnCheck]:
    """The user's own checks, without those that are off."""
    return [check for check in settings.own.values() if check.severity is not Severity.OFF]


def judge(site: ReadinessSite, inputs: ReadinessInputs, facts: Facts) -> Assessment:
    """Every check of the policy and of the user's own, which may take their time and must not keep us from stopping."""
    own = site.clock.attended(lambda: site.own.ask(asked_of(inputs.settings), facts))
    found = assess(facts, inputs.settings, inputs.fail_on, inputs.min_score, own)
    return replace(found, findings=tuple(_placed(one, facts, inputs.repository) for one in found.findings))


def _placed(finding: Finding, facts: Facts, root: str) -> Finding:
    """The finding with its file as one finds it from here: pages know only their path in the repository."""
    file = finding.place.file
    if root == "." or all(page.path != file for page in facts.pages or ()):
        return finding
    return replace(finding, place=replace(finding.place, file=f"{root.rstrip('/')}/{file}"))


def result_of(inputs: ReadinessInputs, assessment: Assessment) -> Result:
    """The result, rendered everywhere."""
    return Result(
        STEP,
        inputs.service,
        Outcome.READY if assessment.ready else Outcome.NOT_READY,
        assessment.why,
        checks=tuple(_check(one) for one in assessment.findings),
        following=_following(assessment),
        outputs={
            "score": str(assessment.score),
            "failed": _names(assessment, Status.FAIL),
            "unknown": _names(assessment, Status.UNKNOWN),
            "waived": _names(assessment, Status.WAIVED),
        },
        exit_code_override=0 if assessment.may_go_on else None,
        details={"readiness": assessment},
    )


def _check(finding: Finding) -> Check:
    place = finding.place
    if place.object:
        return Check(f"{finding.check} of {place.object}", _VERDICTS[finding.status], finding.evidence)
    # The name is what a pipeline knows a test by: it stays the same in whichever file the evidence is.
    where = f"{place}: " if place.file else ""
    return Check(finding.check, _VERDICTS[finding.status], f"{where}{finding.evidence}")


def _names(assessment: Assessment, status: Status) -> str:
    return ",".join(dict.fromkeys(one.check for one in assessment.findings if one.status is status))


def _following(assessment: Assessment) -> tuple[str, ...]:
    """The first things to do, the required ones before the others."""
    open_ones = [one for one in assessment.findings if not one.status.good]
    ranked = sorted(open_ones, key=lambda one: (one.severity is not Severity.REQUIRED, one.status is not Status.FAIL))
    return tuple(dict.fromkeys(f"{one.check}: {one.fix}" for one in ranked))[:5]

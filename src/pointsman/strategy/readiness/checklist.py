"""The checklists of a deployment: before, during and after it. Every item that evidence can prove is filled in from
it; what nobody could look at, and what only people can know, stays open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from pointsman.model.readiness import Answer, Facts, Finding, Status, failed, passed, unknown
from pointsman.model.record import Record, broken_link

_BY_HAND = "nothing can prove it: tick it by hand"
_ENDED_WELL = ("switched", "promoted", "advanced")


class When(Enum):
    """Which of the three lists."""

    PRE = "pre"
    DURING = "during"
    POST = "post"


@dataclass(frozen=True)
class Seen:
    """What the lists are filled from. `record` is the release record; None with a reason in `no_record`."""

    facts: Facts
    findings: tuple[Finding, ...]
    record: Record | None
    no_record: str


Proof = Callable[[Seen], Answer]


@dataclass(frozen=True)
class Entry:
    """One item, ticked when its evidence is good."""

    text: str
    status: Status
    evidence: str


@dataclass(frozen=True)
class Part:
    """Items under one heading."""

    title: str
    entries: tuple[Entry, ...]


def parts_of(when: When, seen: Seen) -> tuple[Part, ...]:
    """The list, filled in."""
    return tuple(
        Part(title, tuple(_entry(*item, seen) for item in items.items())) for title, items in LISTS[when].items()
    )


def _entry(text: str, proof: Proof | None, seen: Seen) -> Entry:
    answer = proof(seen) if proof else unknown(_BY_HAND, "")
    return Entry(text, answer.status, answer.evidence)


def checks(*names: str) -> Proof:
    """Good when every finding of these checks is; a check that does not apply to the service stands in no way."""

    def prove(seen: Seen) -> Answer:
        found = [one for one in seen.findings if one.check in names]
        if not found:
            return unknown("it was not asked, or does not apply", "")
        bad = [one for one in found if not one.status.good]
        told = "; ".join(f"{one.check}: {one.evidence}" for one in (bad or found))
        worst = next((one.status for one in bad if one.status is Status.FAIL), bad[0].status if bad else Status.PASS)
        return Answer(worst, told)

    return prove


def _of_record(question: Callable[[Record], Answer]) -> Proof:
    def prove(seen: Seen) -> Answer:
        return question(seen.record) if seen.record else unknown(seen.no_record, "")

    return prove


def _way_back(record: Record) -> Answer:
    good = record.known()
    if not good:
        return failed("no version was verified good yet: there is nothing to go back to", "")
    images = ", ".join(sorted(good[0].images.values()))
    return passed(f"revision {good[0].number} ({images}), verified {good[0].at}")


def _idle(record: Record) -> Answer:
    if record.flight:
        return failed(f"a release onto {record.flight.candidate} has been in flight since {record.flight.started}", "")
    if record.intent:
        return failed(f"an intent is open: {record.intent.act}", "")
    return passed("nothing is in flight")


def _under_way(record: Record) -> Answer:
    flight = record.flight
    if flight is None:
        return failed("nothing is in flight", "")
    who = flight.run or "by hand"
    return passed(f"{flight.action} onto {flight.candidate}, {flight.phase}, since {flight.started} ({who})")


def _proven(record: Record) -> Answer:
    flight = record.flight
    if flight is None or not flight.reached:
        return unknown("no weight has been left yet", "")
    told = "; ".join(f"{one.weight} %: {one.verdict} ({one.why})" for one in flight.reached)
    return passed(told) if all(one.verdict == "pass" for one in flight.reached) else failed(told, "")


def _ended(record: Record) -> Answer:
    last = record.last
    if last is None:
        return unknown("no release has ended yet", "")
    told = f"release {last.release} ended {last.outcome} at {last.at}"
    return passed(told) if last.outcome in _ENDED_WELL else failed(told, "")


def _verified(record: Record) -> Answer:
    if record.serving is None:
        return failed("what serves was not verified", "")
    return passed(f"revision {record.serving.number}, verified {record.serving.at}")


def _intact(record: Record) -> Answer:
    broken = broken_link(record)
    if broken:
        return failed(f"it was edited at {broken.at}", "")
    return passed(f"{len(record.events)} event(s), each chained to the one before")


def _cleaned(seen: Seen) -> Answer:
    """No candidate is left over: neither its Deployment nor its Ingress."""
    left = [f"{one.kind}/{one.name}" for one in seen.facts.of("Deployment", "Ingress") if one.name.endswith("-canary")]
    if left:
        return failed(f"{', '.join(left)} is still there", "")
    if not seen.facts.cluster:
        return unknown("no cluster was asked", "")
    return passed("no Deployment or Ingress of a candidate is there")


_TESTS = ("unit-tests", "integration-tests", "performance-tests", "security-tests", "load-tests")
LISTS: Mapping[When, Mapping[str, Mapping[str, Proof | None]]] = {
    When.PRE: {
        "Code and tests": {
            "The change is reviewed and approved": None,
            "All tests pass on this commit": checks(*_TESTS),
            "The security scan found no error": checks("security-scanning"),
            "The image is fixed and can be traced": checks("image-named", "image-by-digest"),
        },
        "The workload": {
            "Pods say when they are ready, and end without dropping requests": checks(
                "health-checks", "probes-differ", "graceful-shutdown", "grace-period"
            ),
            "Resources, numbers and budgets bear a rollout": checks(
                "resources", "replicas", "disruption-budget", "spread", "surge-room", "autoscaler"
            ),
            "A rollout keeps serving, and is seen to fail": checks(
                "keeps-serving", "progress-deadline", "min-ready", "not-paused"
            ),
            "Traffic goes where the selectors say, and nothing undoes it": checks(
                "service-selects", "service-selects-no-other", "ports-meet", "selector-stable", "selectors-apart",
                "affinity", "main-not-empty", "load-balancer", "self-heal", "no-other-controller",
            ),
        },
        "Operations": {
            "Metrics are collected and alerts are set up": checks("monitoring", "alerts"),
            "Logs are collected": checks("logging"),
            "Data is backed up, and can be restored": checks("backup", "disaster-recovery"),
            "Database changes work with both versions": None,
        },
        "The way back": {
            "A version that was verified good is known": _of_record(_way_back),
            "The rollback procedure is written down": checks("rollback-procedure"),
            "Revisions are kept": checks("revision-history"),
        },
        "People": {
            "The deployment guide and the incident response are written down": checks(
                "deployment-guide", "incident-response"
            ),
            "Releases never collide and none is dropped": checks("workflow-concurrency", "workflow-queue"),
            "No other release is in flight": _of_record(_idle),
            "Those concerned know of it, and somebody is on call": None,
        },
    },
    When.DURING: {
        "The release": {
            "It is recorded, with who runs it": _of_record(_under_way),
            "Every weight was left on evidence": _of_record(_proven),
            "The audit trail is intact": _of_record(_intact),
        },
        "What serves": {
            "The Service selects pods of the release, and no others": checks(
                "service-selects", "service-selects-no-other"
            ),
            "Alerts of the service are quiet": None,
            "Logs show nothing new": None,
        },
        "The way back": {
            "A version that was verified good is known": _of_record(_way_back),
            "Somebody watches, and may roll back": None,
        },
    },
    When.POST: {
        "The release": {
            "It ended well": _of_record(_ended),
            "Nothing is left in flight": _of_record(_idle),
            "What serves was verified": _of_record(_verified),
            "The audit trail is intact": _of_record(_intact),
        },
        "What serves": {
            "Every instance runs the new version and is ready": checks("rolled-out"),
            "No candidate is left over": _cleaned,
            "Error rate and latency are as before": None,
            "Alerts of the service are quiet": None,
        },
        "People": {
            "Documents say what is true now": checks("deployment-guide", "api-documentation", "architecture-diagram"),
            "Those concerned know that it is done": None,
            "What went wrong is written down": None,
        },
    },
}  # fmt: skip

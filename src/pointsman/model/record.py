"""The release record of one service: what serves, what is in flight, what was good, and what happened.

It is kept where the service lives (a ConfigMap, a file) and written by compare-and-swap; this module knows only
the values and how each one follows from the one before. `ports/record.py` says how it is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pointsman.model.version import Snapshot

GOOD_VERSIONS_KEPT = 10
EVENTS_KEPT = 40


@dataclass(frozen=True)
class GoodVersion:
    """A version that served and was verified. `number` counts up per service; `template` names the pod template."""

    number: int
    workload: str
    images: Mapping[str, str]
    digests: Mapping[str, str]
    template: str
    at: str
    run: str = ""


@dataclass(frozen=True)
class Reached:
    """A weight that a canary may leave upwards: what the judge said of it, and in short on what evidence."""

    weight: int
    verdict: str
    why: str
    at: str


@dataclass(frozen=True)
class Flight:
    """A release under way: from `stable` to `candidate` (workload names).

    `phase` is one of preparing, shifted, retiring, undoing. `before` is what the candidate looked like before we
    touched it, `needed` the ready instances it must have before it may serve, `action` switch, canary or rollback.
    `stable_images` is what stable ran when the release began: `cleanup: update` may already have replaced it;
    `stable_instances` is how many it asked for then (0: not noted).

    `strategy` is `canary`, or empty for a flight between two colours. A canary's phases are those of
    `strategy.canary_seen.Phase`; `needed` is what stable must have ready to serve everybody; `weight` is the percent
    that was written last, `reached` the weights it may leave, in order, and `judge` what the judge goes on with;
    `route` names what splits its requests, for whoever undoes it.
    """

    release: str
    action: str
    stable: str
    candidate: str
    images: Mapping[str, str]
    before: Snapshot
    needed: int
    started: str
    run: str = ""
    phase: str = "preparing"
    reason: str = ""
    template: str = ""
    stable_images: Mapping[str, str] = field(default_factory=dict)
    stable_instances: int = 0
    strategy: str = ""
    weight: int = 0
    reached: tuple[Reached, ...] = ()
    judge: str = ""
    route: str = ""


@dataclass(frozen=True)
class Intent:
    """A write that was about to happen: if the run died, the next one looks whether it did."""

    act: str
    detail: str
    at: str


@dataclass(frozen=True)
class Finished:
    """How the last release ended; `left` is the good version users were on before it, 0 when unknown."""

    release: str
    outcome: str
    left: int
    at: str


@dataclass(frozen=True)
class Event:
    """One line of the audit trail; `digest` chains it to `previous`, so a removed or edited line shows."""

    at: str
    kind: str
    text: str
    run: str
    previous: str
    digest: str


@dataclass(frozen=True)
class Record:
    """Everything Pointsman remembers of one service. `fence` rises with each takeover of the lock."""

    service: str
    schema: int = 1
    fence: int = 0
    numbers: int = 0
    serving: GoodVersion | None = None
    history: tuple[GoodVersion, ...] = ()
    flight: Flight | None = None
    intent: Intent | None = None
    last: Finished | None = None
    events: tuple[Event, ...] = field(default=())

    def good(self, number: int) -> GoodVersion | None:
        """The verified good version with this number, if it is still remembered."""
        return next((version for version in self.known() if version.number == number), None)

    def known(self) -> tuple[GoodVersion, ...]:
        """Verified good versions, the serving one first, then newest first."""
        return ((self.serving,) if self.serving else ()) + self.history


def with_event(record: Record, kind: str, text: str, at: str, run: str) -> Record:
    """`record` with one more line in its audit trail."""
    previous = record.events[-1].digest if record.events else ""
    event = Event(at, kind, text, run, previous, _digest(at, kind, text, run, previous))
    return replace(record, events=(*record.events, event)[-EVENTS_KEPT:])


def with_good(record: Record, version: GoodVersion) -> Record:
    """`record` after `version` was verified while serving; it gets the next number."""
    numbered = replace(version, number=record.numbers + 1)
    history = record.known()[:GOOD_VERSIONS_KEPT]
    return replace(record, serving=numbered, history=history, numbers=numbered.number)


def with_return_to(record: Record, version: GoodVersion) -> Record:
    """`record` after users went back to `version`, which keeps its number; what they left is no longer good."""
    history = tuple(kept for kept in record.history if kept.number != version.number)
    return replace(record, serving=version, history=history)


def broken_link(record: Record) -> Event | None:
    """The first event that does not follow from the one before it; None when the chain holds."""
    previous: str | None = None
    for event in record.events:
        chained = previous is None or event.previous == previous
        if not chained or event.digest != _digest(event.at, event.kind, event.text, event.run, event.previous):
            return event
        previous = event.digest
    return None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]

"""What production readiness rests on (facts), and what was found (findings). `strategy/readiness` gets from one to
the other; an answer nobody could give is unknown, and unknown is never a pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

Json = Mapping[str, Any]
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
"""The kinds of what runs a service."""
CI = "CI"
"""Stands among the kinds that could not be read, for results of CI."""


class Status(Enum):
    """How a check came out."""

    PASS = "pass"  # noqa: S105 - a status, not a password
    FAIL = "fail"
    WAIVED = "waived"
    UNKNOWN = "unknown"

    @property
    def good(self) -> bool:
        """True for what counts towards being ready."""
        return self in (Status.PASS, Status.WAIVED)


class Severity(Enum):
    """What a check that does not pass means."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OFF = "off"


class Area(Enum):
    """What a check is about, as the report groups them."""

    INFRASTRUCTURE = "infrastructure"
    APPLICATION = "application"
    AVAILABILITY = "availability"
    ROLLOUT = "rollout"
    TRAFFIC = "traffic"
    TESTING = "testing"
    DOCUMENTATION = "documentation"
    PIPELINE = "pipeline"
    OWN = "own checks"


@dataclass(frozen=True)
class Place:
    """Where something stands: an object (`Deployment/shop`), a file with its line (0: the file as a whole), or both."""

    object: str = ""
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        spot = f"{self.file}:{self.line}" if self.line else self.file
        return f"{self.object} ({spot})" if self.object and spot else self.object or spot


@dataclass(frozen=True)
class Item:
    """A Kubernetes object as JSON, and where it came from (a manifest file, or the cluster). `running` is the same
    object as the cluster has it, where the body is that of a manifest and the cluster was asked too."""

    body: Json
    place: Place
    live: bool = False
    running: Json | None = None

    @property
    def kind(self) -> str:
        """`Deployment` …"""
        return str(self.body.get("kind", ""))

    @property
    def name(self) -> str:
        """Its name; empty where it has none."""
        return str(self.metadata.get("name", ""))

    @property
    def metadata(self) -> Json:
        """Its metadata."""
        return _mapping(self.body.get("metadata"))

    @property
    def spec(self) -> Json:
        """Its spec."""
        return _mapping(self.body.get("spec"))

    @property
    def annotations(self) -> Json:
        """Its annotations."""
        return _mapping(self.metadata.get("annotations"))

    @property
    def labels(self) -> Json:
        """Its labels."""
        return _mapping(self.metadata.get("labels"))


@dataclass(frozen=True)
class Page:
    """A text file of the repository; `path` is relative to its root."""

    path: str
    text: str


@dataclass(frozen=True)
class TestRun:
    """A result of CI on this commit: `state` is success, failure, pending or empty (nothing ran); `place` is the
    file it was read from, if it was one."""

    __test__ = False  # no test class, whatever pytest thinks of its name

    name: str
    state: str
    detail: str
    place: Place = Place()


@dataclass(frozen=True)
class Scan:
    """A security scan: how many of its findings are errors."""

    tool: str
    errors: int
    results: int
    source: str


@dataclass(frozen=True)
class Statement:
    """What a person answers for, until `expires` (that day included): an attestation or a waiver."""

    owner: str
    reason: str
    expires: date

    def holds(self, today: date) -> bool:
        """False once its time is over."""
        return today <= self.expires

    def sentence(self) -> str:
        """Who, why and until when."""
        return f"{self.reason} ({self.owner}, until {self.expires.isoformat()})"


@dataclass(frozen=True)
class OwnCheck:
    """A check of the user's own: a function in a Python file, as `PATH.py:FUNCTION` in `run`, or a CEL `expression`
    about each object of `kind` (each workload of the service where it is empty), with what to say (`message`) and to
    do (`fix`) when it is false. `place` is where it was written."""

    id: str
    run: str = ""
    severity: Severity = Severity.REQUIRED
    title: str = ""
    expression: str = ""
    kind: str = ""
    message: str = ""
    fix: str = ""
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True)
class Settings:
    """What pointsman.yaml says about readiness. `ci` maps a kind of test to the name of its result."""

    attestations: Mapping[str, Statement] = field(default_factory=dict)
    waivers: Mapping[str, Statement] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    ci: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, OwnCheck] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """All that was gathered about a service.

    `workload` is the name of the one to look at, and `workload_kind` its kind where that was told. `unreadable` maps a
    kind that we were not allowed to read to the reason; see `elsewhere` for one that was seen in part. `cluster` says
    whether a cluster was asked. `pages`, `runs` and `scans` are None where nobody was asked for them.
    """

    service: str
    today: date
    workload: str = ""
    workload_kind: str = ""
    namespace: str = ""
    items: tuple[Item, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    cluster: bool = False
    pages: tuple[Page, ...] | None = None
    runs: tuple[TestRun, ...] | None = None
    scans: tuple[Scan, ...] | None = None
    ci: Mapping[str, str] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[Item]:
        """The objects of these kinds."""
        return [item for item in self.items if item.kind in kinds]


@dataclass(frozen=True)
class Answer:
    """What a check saw of one subject: `patch` is a strategic merge patch of the object at `place`. `absent` says that
    it fails because nothing was found, not because of what was: only then may a person answer for it."""

    status: Status
    evidence: str
    fix: str = ""
    patch: Json | None = None
    place: Place = Place()
    absent: bool = False


@dataclass(frozen=True)
class Finding:
    """An answer together with the check that asked."""

    check: str
    title: str
    area: Area
    severity: Severity
    status: Status
    evidence: str
    fix: str = ""
    patch: Json | None = None
    place: Place = Place()


@dataclass(frozen=True)
class Assessment:
    """All findings, and what they come to. `score` is 0 to 100. `may_go_on` says whether the pipeline may, which a
    user can allow to what is not ready; it is called so all the same."""

    findings: tuple[Finding, ...]
    score: int
    ready: bool
    why: str
    skipped: tuple[str, ...] = ()
    may_go_on: bool = False


def elsewhere(kind: str) -> str:
    """What stands among the kinds that could not be read for objects of a kind in other namespaces than the service's,
    where those in its own could."""
    return f"{kind} elsewhere"


def passed(evidence: str, place: Place = Place()) -> Answer:
    """The evidence is there."""
    return Answer(Status.PASS, evidence, place=place)


def failed(evidence: str, fix: str, place: Place = Place(), patch: Json | None = None) -> Answer:
    """The evidence speaks against it."""
    return Answer(Status.FAIL, evidence, fix, patch, place)


def missing(evidence: str, fix: str, place: Place = Place(), patch: Json | None = None) -> Answer:
    """There is no evidence where it belongs."""
    return Answer(Status.FAIL, evidence, fix, patch, place, absent=True)


def unknown(evidence: str, fix: str, place: Place = Place()) -> Answer:
    """Nobody could look, or what was seen says nothing."""
    return Answer(Status.UNKNOWN, evidence, fix, place=place)


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}

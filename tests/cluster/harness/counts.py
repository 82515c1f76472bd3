"""What a load generator saw: counted per status, version and kind of error, with times and latencies."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_EXAMPLES = 20


@dataclass(frozen=True)
class Counts:
    """A finished (or interim) measurement. Times are seconds since the epoch, latencies milliseconds."""

    sent: int = 0
    """Requests begun."""
    succeeded: int = 0
    """Answers with a status below 400."""
    unsent: int = 0
    """Requests that fell due while every connection was busy for over a second; a slow service shows here."""
    retries: int = 0
    """Requests repeated on a fresh connection, because the server had closed the idle one (not a failure)."""
    statuses: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    """Successful answers per X-Version."""
    errors: dict[str, int] = field(default_factory=dict)
    """Requests without an answer, per kind: refused, reset, closed, timeout, unreachable, malformed."""
    first_answer: dict[str, float] = field(default_factory=dict)
    """When each version answered successfully for the first time."""
    last_answer: dict[str, float] = field(default_factory=dict)
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    failures: tuple[str, ...] = ()
    """The first few failures, each with its time."""

    @property
    def failed(self) -> int:
        """Answers with an error status, and requests without an answer."""
        return sum(self.errors.values()) + sum(count for status, count in self.statuses.items() if int(status) >= 400)

    @classmethod
    def read(cls, file: Path) -> Counts:
        document: dict[str, Any] = json.loads(file.read_text())
        return cls(**{**document, "failures": tuple(document["failures"])})

    def write(self, file: Path) -> None:
        """Replace the file in one step, so a reader sees the old counts or the new ones."""
        half = file.with_name(f".{file.name}.half")
        half.write_text(json.dumps(asdict(self), indent=1))
        half.replace(file)


class Tally:
    """Counts while requests run; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._versions: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._latencies: list[float] = []
        self._failures: list[str] = []

    def add(self, number: str) -> None:
        """Count one `sent`, `unsent` or `retries`."""
        with self._lock:
            self._numbers[number] += 1

    def answered(self, status: int, version: str, latency: float, at: float) -> None:
        """Count an answer; `latency` in seconds, from the moment the request was due."""
        with self._lock:
            self._statuses[str(status)] += 1
            self._latencies.append(latency)
            if status < 400:
                self._succeeded(version, at)
            else:
                self._remember(f"{at:.3f} status {status} from {version or 'an unknown version'}")

    def unanswered(self, kind: str, detail: str, at: float) -> None:
        """Count a request that got no answer."""
        with self._lock:
            self._errors[kind] += 1
            self._remember(f"{at:.3f} {kind}: {detail}")

    def counts(self) -> Counts:
        """Everything up to now."""
        with self._lock:
            ordered = sorted(self._latencies)
            return Counts(
                sent=self._numbers["sent"],
                succeeded=self._versions.total(),
                unsent=self._numbers["unsent"],
                retries=self._numbers["retries"],
                statuses=dict(self._statuses),
                versions=dict(self._versions),
                errors=dict(self._errors),
                first_answer=dict(self._first),
                last_answer=dict(self._last),
                p50_ms=percentile(ordered, 0.50) * 1000,
                p99_ms=percentile(ordered, 0.99) * 1000,
                failures=tuple(self._failures),
            )

    def _succeeded(self, version: str, at: float) -> None:
        self._versions[version] += 1
        self._first[version] = min(at, self._first.get(version, at))
        self._last[version] = max(at, self._last.get(version, at))

    def _remember(self, failure: str) -> None:
        if len(self._failures) < _EXAMPLES:
            self._failures.append(failure)


def percentile(ordered: list[float], share: float) -> float:
    """The nearest-rank percentile of sorted numbers; 0 when there are none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

"""What a load generator saw: counted per status, version and kind of error, with times. `users/tally.go` writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Counts:
    """A finished (or interim) measurement. Times are seconds since the epoch."""

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

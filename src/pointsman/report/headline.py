"""The few words (and the icon beside them, never alone) for each outcome and each verdict."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.model.evidence import Verdict
from pointsman.model.readiness import Status
from pointsman.model.result import Outcome


@dataclass(frozen=True)
class Headline:
    """`words` say it all; `icon` only helps the eye."""

    icon: str
    words: str

    def __str__(self) -> str:
        return f"{self.icon} {self.words}"


OUTCOMES = {
    Outcome.SWITCHED: Headline("✅", "Switched"),
    Outcome.ADVANCED: Headline("✅", "Advanced"),
    Outcome.PROMOTED: Headline("✅", "Promoted"),
    Outcome.UNCHANGED: Headline("✅", "Unchanged"),
    Outcome.HEALTHY: Headline("✅", "Healthy"),
    Outcome.UNHEALTHY: Headline("❌", "Unhealthy"),
    Outcome.ROLLED_BACK: Headline("⏪", "Rolled back"),
    Outcome.REJECTED: Headline("❌", "Rejected"),
    Outcome.HELD: Headline("✋", "Held"),
    Outcome.STUCK: Headline("🚨", "Stuck, a person is needed"),
    Outcome.CANCELLED: Headline("🛑", "Cancelled"),
    Outcome.FAILED: Headline("❌", "Failed"),
    Outcome.PLANNED: Headline("📝", "Planned, nothing was touched"),
    Outcome.KNOWN: Headline("🔎", "State read"),
    Outcome.READY: Headline("✅", "Ready"),
    Outcome.NOT_READY: Headline("❌", "Not ready"),
}

VERDICTS = {
    Verdict.PASS: Headline("✅", "pass"),
    Verdict.FAIL: Headline("❌", "fail"),
    Verdict.INCONCLUSIVE: Headline("❔", "inconclusive"),
    Verdict.NO_DATA: Headline("❔", "no data"),
    Verdict.SOURCE_DOWN: Headline("🔌", "source down"),
}

STATUSES = {
    Status.PASS: Headline("✅", "pass"),
    Status.FAIL: Headline("❌", "fail"),
    Status.WAIVED: Headline("⚠️", "waived"),
    Status.UNKNOWN: Headline("❔", "unknown"),
}

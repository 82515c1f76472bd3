"""Releases to report: what happened, and to whom it is told."""

from __future__ import annotations

from pointsman.adapters.forges.github import GitHubForge
from pointsman.model.result import Outcome, Result

STEP = "blue-green-switch"
SHA = "89abcdef" * 5
RUN_URL = "https://github.com/acme/shop/actions/runs/777/attempts/1"
DEPLOYS: dict[str, str | bool] = {
    "deployment": "create",
    "environment": "staging",
    "environment_url": "https://staging.example.org",
}


def result(outcome: Outcome = Outcome.SWITCHED, why: str = "green serves and is healthy") -> Result:
    return Result(STEP, "shop", outcome, why)


def release(forge: GitHubForge, ended: Result) -> list[str]:
    """Report a release from its beginning to its end; the sentences that came back."""
    return [*forge.announce(ended.step, ended.subject), *forge.report(ended)]

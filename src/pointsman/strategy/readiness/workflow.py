"""T49: what the workflows of this repository do when two releases come at once. GitHub keeps one run and one waiting
run of a concurrency group unless told otherwise; what comes then takes the waiting one's place, silently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pointsman.model.readiness import Answer, Facts, Json, Page, Place, failed, passed, unknown
from pointsman.strategy.readiness.objects import listed, mapping

_WORKFLOW = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$")
_RELEASES = re.compile(
    r"pointsman[^\s]*[/ ](blue-green-switch|canary-step|rollback|promote|abort)\b"
    r"|kubectl\s+(apply|set image|rollout (restart|undo)|patch|replace)|helm\s+upgrade|kustomize\s+build.*\|\s*kubectl"
)


def concurrency(facts: Facts) -> Iterable[Answer]:
    """Releases of one environment never run at the same time, and none is killed half-way by a newer one."""
    for place, job, group in _releasing(facts):
        if not group:
            yield failed(
                f"job {job} releases without a concurrency group: two releases may run at once",
                "add concurrency: {group: deploy-ENVIRONMENT, cancel-in-progress: false, queue: max}",
                place,
            )
        elif _cancels(group) is None:
            yield unknown(f"job {job}: cancel-in-progress is an expression", "write false where it releases", place)
        elif _cancels(group):
            yield failed(
                f"job {job} has cancel-in-progress: true: a newer run kills a release half-way",
                "write cancel-in-progress: false",
                place,
            )
        else:
            yield passed(f"job {job} is in group {group.get('group')}", place)


def queue(facts: Facts) -> Iterable[Answer]:
    """A release that waits is not dropped for a newer one."""
    for place, job, group in _releasing(facts):
        if not group or _cancels(group) is not False:
            continue
        if group.get("queue") == "max":
            yield passed(f"job {job} waits in a queue", place)
        else:
            yield failed(
                f"job {job}: of the runs that wait, GitHub drops all but the newest, without a word",
                "add queue: max to its concurrency (with cancel-in-progress: false)",
                place,
            )


def _releasing(facts: Facts) -> Iterable[tuple[Place, str, Json]]:
    """(where, job, its concurrency) of each job that releases."""
    for page in facts.pages or ():
        body = _parsed(page) if _WORKFLOW.match(page.path) else {}
        for name, job in mapping(body, "jobs").items():
            steps = [f"{step.get('uses', '')} {step.get('run', '')}" for step in listed(job, "steps")]
            if _RELEASES.search("\n".join(steps)):
                group = mapping(job).get("concurrency") or body.get("concurrency")
                yield Place(file=page.path, line=_line(page, str(name))), str(name), _as_group(group)


def _parsed(page: Page) -> Json:
    import yaml

    try:
        body = yaml.safe_load(page.text)
    except yaml.YAMLError:
        return {}  # GitHub refuses it too: it releases nothing
    return body if isinstance(body, Mapping) else {}


def _as_group(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {"group": value} if value else {}


def _cancels(group: Json) -> bool | None:
    """Whether it cancels; None where only an expression knows."""
    said = group.get("cancel-in-progress", False)
    return said if isinstance(said, bool) else None


def _line(page: Page, job: str) -> int:
    found = re.search(rf"^[ ]+{re.escape(job)}:", page.text, re.MULTILINE)
    return page.text.count("\n", 0, found.start()) + 1 if found else 0

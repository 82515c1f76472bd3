"""What the fake GitHub remembers and how it answers: the rules of the real one that matter, and no sockets.

The rules come from GitHub's OpenAPI description and, where that is silent (the 140 characters), from what the
real one answers.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

STATUSES_PER_CONTEXT = 1000
LONGEST_DESCRIPTION = 140

_AT = "2026-01-01T00:00:00Z"
_STATES = {"error", "failure", "pending", "success"}
_DEPLOYMENT_STATES = _STATES | {"inactive", "in_progress", "queued"}
_STATUS_KEYS = {"state", "target_url", "description", "context"}
_DEPLOYMENT_KEYS = {
    *("ref", "task", "auto_merge", "required_contexts", "payload", "environment", "description"),
    *("transient_environment", "production_environment"),
}
_MARK_KEYS = {
    *("state", "target_url", "log_url", "description", "environment", "environment_url", "auto_inactive"),
}
_ROUTE = re.compile(
    r"/repos/(?P<repository>[\w.-]+/[\w.-]+)/"
    r"(?:statuses/(?P<sha>[^/]+)|deployments(?:/(?P<deployment>\d+)/statuses)?)"
)

Json = dict[str, Any]


@dataclass
class Answer:
    """One HTTP answer."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


def refusal(status: int, message: str, *errors: str, **headers: str) -> Answer:
    """An answer in GitHub's form of refusing; header names are written with underscores."""
    body: Json = {
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": str(status),
    }
    if errors:
        body["errors"] = [{"resource": "Status", "code": "custom", "message": text} for text in errors]
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class GitHubState:
    """Repositories whose commits get statuses and deployments. `token` is the only one that is let in."""

    base_url: str
    token: str = "made-up-token"
    statuses: list[Json] = field(default_factory=list)
    deployments: dict[int, Json] = field(default_factory=dict)
    marks: list[Json] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def answer(self, method: str, path: str, authorization: str, body: Json | None) -> Answer:
        """What GitHub says to this request; only the endpoints a forge needs exist."""
        if authorization.rpartition(" ")[2] != self.token:
            return refusal(HTTPStatus.UNAUTHORIZED, "Bad credentials")
        route = _ROUTE.fullmatch(path)
        if route is None or method != "POST":
            return refusal(HTTPStatus.NOT_FOUND, "Not Found")
        if body is None:
            return refusal(HTTPStatus.BAD_REQUEST, "Problems parsing JSON")
        if route["sha"]:
            return self._status(route["repository"], route["sha"], body)
        if route["deployment"]:
            return self._mark(int(route["deployment"]), body)
        return self._deployment(route["repository"], body)

    def states(self, context: str) -> list[str]:
        """The states that were posted for `context`, in order."""
        return [status["state"] for status in self.statuses if status["context"] == context]

    def _status(self, repository: str, sha: str, body: Json) -> Answer:
        context = body.get("context", "default")
        wrong = _faults(body, _STATUS_KEYS, _STATES)
        if not re.fullmatch("[0-9a-f]{40}", sha):
            wrong.append(f"No commit found for SHA: {sha}")
        if self.counts[sha, context.lower()] >= STATUSES_PER_CONTEXT:
            wrong.append("This SHA and context has reached the maximum number of statuses.")
        if wrong:
            return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed", *wrong)
        self.counts[sha, context.lower()] += 1
        number = sum(self.counts.values())
        status = {
            **_signed(f"{self.base_url}/repos/{repository}/statuses/{sha}", number),
            "avatar_url": None,
            "state": body["state"],
            "description": body.get("description"),
            "target_url": body.get("target_url"),
            "context": context,
        }
        self.statuses.append({**status, "sha": sha})
        return Answer(HTTPStatus.CREATED, status)

    def _deployment(self, repository: str, body: Json) -> Answer:
        wrong = [f"unknown key {key}" for key in sorted(body.keys() - _DEPLOYMENT_KEYS)]
        if wrong or "ref" not in body:
            return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed", *wrong)
        sha = body["ref"]
        if "required_contexts" not in body and self._unsuccessful(sha):
            return refusal(HTTPStatus.CONFLICT, f"Conflict: Commit status checks failed for {sha}.")
        if body.get("auto_merge", True):
            return Answer(HTTPStatus.ACCEPTED, {"message": "Auto-merged main into topic on deployment."})
        number = len(self.deployments) + 1
        url = f"{self.base_url}/repos/{repository}/deployments/{number}"
        deployment = {
            **_signed(url, number),
            "sha": sha,
            "ref": sha,
            "task": body.get("task", "deploy"),
            "payload": body.get("payload", ""),
            "environment": body.get("environment", "production"),
            "description": body.get("description"),
            "statuses_url": f"{url}/statuses",
            "repository_url": f"{self.base_url}/repos/{repository}",
        }
        self.deployments[number] = deployment
        return Answer(HTTPStatus.CREATED, deployment)

    def _mark(self, deployment: int, body: Json) -> Answer:
        if deployment not in self.deployments:
            return refusal(HTTPStatus.NOT_FOUND, "Not Found")
        wrong = _faults(body, _MARK_KEYS, _DEPLOYMENT_STATES)
        if wrong:
            return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed", *wrong)
        about = self.deployments[deployment]
        mark = {
            **_signed(f"{about['statuses_url']}/{len(self.marks) + 1}", len(self.marks) + 1),
            "state": body["state"],
            "description": body.get("description", ""),
            "environment": body.get("environment", about["environment"]),
            "target_url": body.get("target_url", ""),
            "log_url": body.get("log_url", body.get("target_url", "")),
            "environment_url": body.get("environment_url", ""),
            "deployment_url": about["url"],
            "repository_url": about["repository_url"],
        }
        self.marks.append(mark)
        return Answer(HTTPStatus.CREATED, mark)

    def _unsuccessful(self, sha: str) -> bool:
        newest = {status["context"]: status["state"] for status in self.statuses if status["sha"] == sha}
        return any(state != "success" for state in newest.values())


def _signed(url: str, number: int) -> Json:
    return {
        "url": url,
        "id": number,
        "node_id": f"node{number}",
        "creator": None,
        "created_at": _AT,
        "updated_at": _AT,
    }


def _faults(body: Json, keys: set[str], states: set[str]) -> list[str]:
    wrong = [f"unknown key {key}" for key in sorted(body.keys() - keys)]
    if body.get("state") not in states:
        wrong.append("State is not included in the list")
    if len(body.get("description") or "") > LONGEST_DESCRIPTION:
        wrong.append(f"Description is too long (maximum is {LONGEST_DESCRIPTION} characters)")
    if not (body.get("target_url") or "https://").startswith(("http://", "https://")):
        wrong.append("Target url must use http(s) scheme")
    return wrong

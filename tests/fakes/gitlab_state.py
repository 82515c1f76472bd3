"""What the fake GitLab remembers and how it answers: the rules of the real one that matter, and no sockets.

GitLab ignores parameters that it does not know; this one refuses them, for a misspelt one would be lost in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.github_state import Answer, Json

LONGEST_TEXT = 255
LONGEST_NOTE = 1_000_000

_STATES = {"pending", "running", "success", "failed", "canceled", "skipped"}
_STATUS_KEYS = {"state", "name", "context", "ref", "target_url", "description", "coverage", "pipeline_id"}
_RESULTS_LISTING = {"page", "per_page", "ref", "stage", "name", "pipeline_id", "order_by", "sort", "all"}
_LISTING = {"page", "per_page", "sort", "order_by"}
_STATUSES = re.compile(r"/api/v4/projects/(\d+)/statuses/([^/]+)")
_RESULTS = re.compile(r"/api/v4/projects/(\d+)/repository/commits/([^/]+)/statuses")
_NOTES = re.compile(r"/api/v4/projects/(\d+)/merge_requests/(\d+)/notes(?:/(\d+))?")
_FENCED = re.compile(r"^(`{3,}).*?^\1$", re.DOTALL | re.MULTILINE)
_QUICK_ACTION = re.compile(r"^\s*/[a-z_]+", re.MULTILINE)
US, SOMEBODY = 11, 12


def refusal(status: int, message: Any, **headers: str) -> Answer:
    """An answer in GitLab's form of refusing."""
    return Answer(status, {"message": message}, {name.replace("_", "-"): text for name, text in headers.items()})


@dataclass
class GitLabState:
    """Project 42 with the commit `sha`, the pipeline 55 and the merge request 7. `token` is let in everywhere, the
    `job_token` where the real one is."""

    sha: str
    token: str = "made-up-token"
    job_token: str = "made-up-job-token"
    statuses: list[Json] = field(default_factory=list)
    jobs: list[Json] = field(default_factory=list)
    notes: list[Json] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def answer(self, method: str, address: str, headers: dict[str, str], body: Json | None) -> Answer:
        """What GitLab says to this request; only the endpoints a forge needs exist."""
        url = urlsplit(address)
        denied = self._denied(method, address, headers)
        if denied:
            return denied
        if (method, url.path) == ("GET", "/api/v4/user"):
            return Answer(HTTPStatus.OK, {"id": US, "username": "project_42_bot"})
        if (found := _STATUSES.fullmatch(url.path)) and method == "POST":
            return self._status(found[1], found[2], body)
        if (found := _RESULTS.fullmatch(url.path)) and method == "GET":
            return self._results(found[1], found[2], url._replace(query="").geturl(), dict(parse_qsl(url.query)))
        if found := _NOTES.fullmatch(url.path):
            if (found[1], found[2]) != ("42", "7"):
                return refusal(HTTPStatus.NOT_FOUND, "404 Not found")
            return self._note(method, found[3], dict(parse_qsl(url.query)), body)
        return Answer(HTTPStatus.NOT_FOUND, {"error": "404 Not Found"})

    def states(self, name: str) -> list[str]:
        """The states that were set for `name`, in order."""
        return [status["state"] for status in self.statuses if status["name"] == name]

    def written(self, body: str, author: int) -> Json:
        """A note that is there now."""
        # GitLab carries these lines out and leaves them out of the note; in a block of code they are text.
        self.commands += [command.strip() for command in _QUICK_ACTION.findall(_FENCED.sub("", body))]
        note = {"id": len(self.notes) + 1, "body": body, "author": {"id": author}, "system": False}
        self.notes.append(note)
        return note

    def finished(self, name: str, status: str) -> None:
        """A job of a pipeline of the commit, as the list of its statuses has it."""
        job = {"id": 900 + len(self.jobs), "sha": self.sha, "ref": "main", "status": status, "name": name}
        self.jobs.append({**job, "pipeline_id": 55, "allow_failure": False, "description": None})

    def _results(self, project: str, sha: str, path: str, query: dict[str, str]) -> Answer:
        unknown = sorted(set(query) - _RESULTS_LISTING)
        if unknown:
            return Answer(HTTPStatus.BAD_REQUEST, {"error": f"{unknown[0]} is unknown"})
        if (project, sha) != ("42", self.sha):
            return refusal(HTTPStatus.NOT_FOUND, "404 Commit Not Found")
        size, page = int(query.get("per_page", "20")), int(query.get("page", "1"))
        listed: Any = self.jobs[size * (page - 1) : size * page]
        more = size * page < len(self.jobs)
        following = f'<https://gitlab.example{path}?page={page + 1}&per_page={size}>; rel="next"'
        return Answer(HTTPStatus.OK, listed, {"Link": following} if more else {})

    def _denied(self, method: str, address: str, headers: dict[str, str]) -> Answer | None:
        if headers.get("private-token") == self.token:
            return None
        if headers.get("job-token") == self.job_token and method == "GET" and not _RESULTS.search(address):
            return None
        if headers.get("job-token") == self.job_token:
            return refusal(HTTPStatus.FORBIDDEN, "403 Forbidden")
        return refusal(HTTPStatus.UNAUTHORIZED, "401 Unauthorized")

    def _status(self, project: str, sha: str, body: Json | None) -> Answer:
        wrong = _faults(body, _STATUS_KEYS, required={"state"})
        if wrong or body is None:
            return Answer(HTTPStatus.BAD_REQUEST, {"error": wrong})
        if project != "42" or sha != self.sha:
            return refusal(HTTPStatus.NOT_FOUND, "404 Commit Not Found")
        if body.get("pipeline_id") != 55:
            return refusal(HTTPStatus.NOT_FOUND, "404 Pipeline Not Found")
        if body["state"] not in _STATES:
            return Answer(HTTPStatus.BAD_REQUEST, {"error": "state does not have a valid value"})
        for key in ("description", "target_url"):
            if len(body.get(key) or "") > LONGEST_TEXT:
                return refusal(HTTPStatus.BAD_REQUEST, {key: ["is too long (maximum is 255 characters)"]})
        if not (body.get("target_url") or "https://").startswith(("http://", "https://")):
            message = "is blocked: Only allowed schemes are http, https"
            return refusal(HTTPStatus.BAD_REQUEST, {"target_url": [message]})
        return self._transition({"name": body.get("name") or body.get("context") or "default", **body})

    def _transition(self, status: Json) -> Answer:
        before = self.states(status["name"])[-1:]
        if before == ["running"] and status["state"] == "running":
            words = 'Cannot transition status via :run from :running (Reason(s): Status cannot transition via "run")'
            return refusal(HTTPStatus.BAD_REQUEST, words)
        self.statuses.append(status)
        made = {"id": len(self.statuses), "sha": self.sha, "status": status["state"], **status}
        return Answer(HTTPStatus.CREATED, made)

    def _note(self, method: str, number: str | None, query: dict[str, str], body: Json | None) -> Answer:
        if method == "GET" and number is None:
            return self._page(query)
        wrong = _faults(body, {"body"}, required={"body"})
        if wrong or body is None:
            return Answer(HTTPStatus.BAD_REQUEST, {"error": wrong})
        if len(body["body"]) > LONGEST_NOTE:
            return refusal(HTTPStatus.BAD_REQUEST, {"note": ["is too long (maximum is 1000000 characters)"]})
        if method == "POST" and number is None:
            return Answer(HTTPStatus.CREATED, self.written(body["body"], US))
        if method == "PUT" and number is not None and 0 < int(number) <= len(self.notes):
            return self._edited(self.notes[int(number) - 1], body["body"])
        return refusal(HTTPStatus.NOT_FOUND, "404 Not found")

    def _edited(self, note: Json, body: str) -> Answer:
        if note["author"]["id"] != US:
            return refusal(HTTPStatus.FORBIDDEN, "403 Forbidden")
        note["body"] = body
        return Answer(HTTPStatus.OK, note)

    def _page(self, query: dict[str, str]) -> Answer:
        unknown = sorted(set(query) - _LISTING)
        if unknown:
            return Answer(HTTPStatus.BAD_REQUEST, {"error": f"{unknown[0]} is unknown"})
        size, page = int(query.get("per_page", "20")), int(query.get("page", "1"))
        notes = self.notes if query.get("sort") == "asc" else self.notes[::-1]
        listed: Any = notes[size * (page - 1) : size * page]
        return Answer(HTTPStatus.OK, listed)


def _faults(body: Json | None, keys: set[str], required: set[str]) -> str:
    if body is None:
        return "body is invalid"
    missing = [f"{key} is missing" for key in sorted(required) if not body.get(key)]
    return ", ".join([*missing, *(f"{key} is unknown" for key in sorted(set(body) - keys))])

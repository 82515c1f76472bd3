"""A strict GitLab on this machine: in a test as `with GitLabServer(sha=…) as gitlab:`, and as a process of its own
(`python -m tests.fakes.gitlab_server --sha SHA --log file`), which a job under gitlab-ci-local can talk to.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.github_server import GitHubServer, Weather, parsed
from tests.fakes.github_state import Answer
from tests.fakes.gitlab_state import GitLabState, refusal

_SPOILED = {
    "fork": Answer(403, {"error": "insufficient_scope", "error_description": "The request requires higher privileges"}),
    "unauthorized": refusal(401, "401 Unauthorized"),
    "missing": refusal(404, "404 Project Not Found"),
    "throttled": refusal(429, "Too many requests", Retry_After="60"),
    "limited": refusal(429, "This endpoint has been requested too many times.", Retry_After="60"),
    "broken": refusal(502, "GitLab is not responding"),
    "garbled": Answer(500, {}, {"Content-Type": "text/html"}),
    "moved": Answer(307, {"message": "moved"}, {"Location": "http://127.0.0.1:9/elsewhere"}),
}


@dataclass
class GitLabServer(GitHubServer):
    """The server; its endpoints and its weather are GitLab's."""

    sha: str = "0" * 40

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gitlab = GitLabState(self.sha, self.token)

    @property
    def api_url(self) -> str:
        """What goes into CI_API_V4_URL."""
        return f"{self.url}/api/v4"

    def answered(self, weather: Weather, method: str, path: str, headers: dict[str, str], body: str) -> Answer:
        """What it says to a request in this weather."""
        return _SPOILED.get(weather.name) or self.gitlab.answer(method, path, headers, parsed(body))


def main() -> None:
    """Serve as a process of its own; the first line on stdout is CI_API_V4_URL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sha", required=True)
    parser.add_argument("--log", type=Path, help="a file that gets one line of JSON per request")
    given = parser.parse_args()
    server = GitLabServer(log=given.log, sha=given.sha)
    print(server.api_url, flush=True)
    server.serve()


if __name__ == "__main__":
    main()

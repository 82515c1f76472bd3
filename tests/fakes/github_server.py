"""A strict GitHub on this machine: in a test as `with GitHubServer() as github:`, and as a process of its own
(`python -m tests.fakes.github_server --port N --log file`), which a job under act can talk to.

`weather` spoils its answers: a fork's read-only token, no access, throttling, an outage, slowness.
"""

from __future__ import annotations

import argparse
import json
import threading
from dataclasses import asdict, dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.fakes.github_state import Answer, GitHubState, Json, refusal

_PERMISSIONS = {"statuses": "statuses=write", "deployments": "deployments=write"}


@dataclass(frozen=True)
class Weather:
    """What goes wrong for the next requests. `left` counts down the spoiled ones; negative: all of them."""

    name: str = "fair"
    delay: float = 0.0
    left: int = -1


WEATHERS = ("fair", "fork", "unauthorized", "missing", "throttled", "limited", "broken", "garbled", "moved")


@dataclass(frozen=True)
class Request:
    """One request as it came in, and the status it was answered with. The token itself is not kept."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


@dataclass
class GitHubServer:
    """The server; `requests` has all it was asked, `state` what came of it."""

    port: int = 0
    token: str = "made-up-token"
    log: Path | None = None
    weather: Weather = field(default_factory=Weather)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._released = threading.Event()
        self._turn = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), _handler_of(self))
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.state = GitHubState(self.url, self.token)

    @property
    def url(self) -> str:
        """What goes into GITHUB_API_URL."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> GitHubServer:
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._http.shutdown()
        self._http.server_close()

    def serve(self) -> None:
        """Serve until the process is ended."""
        self._http.serve_forever()

    def handle(self, method: str, path: str, headers: dict[str, str], body: str) -> Answer:
        """Answer and remember one request."""
        with self._turn:
            weather = self._next_weather()
        self._released.wait(weather.delay)
        with self._turn:
            answer = self.answered(weather, method, path, headers, body)
            self._remember(Request(method, path, _without_token(headers), body, answer.status))
        return answer

    def answered(self, weather: Weather, method: str, path: str, headers: dict[str, str], body: str) -> Answer:
        """What it says to a request in this weather."""
        authorization = headers.get("authorization", "")
        return _spoiled(weather, path) or self.state.answer(method, path, authorization, parsed(body))

    def _next_weather(self) -> Weather:
        current = self.weather
        if current.left == 0:
            return Weather()
        self.weather = replace(current, left=current.left - 1)
        return current

    def _remember(self, request: Request) -> None:
        self.requests.append(request)
        if self.log:
            with self.log.open("a") as file:
                file.write(json.dumps(asdict(request)) + "\n")


def _spoiled(weather: Weather, path: str) -> Answer | None:
    accepted = next((value for part, value in _PERMISSIONS.items() if f"/{part}" in path), "metadata=read")
    answers = {
        "fork": refusal(403, "Resource not accessible by integration", X_Accepted_GitHub_Permissions=accepted),
        "unauthorized": refusal(401, "Bad credentials"),
        "missing": refusal(404, "Not Found"),
        "throttled": refusal(429, "Too many requests", Retry_After="60"),
        "limited": refusal(403, "You have exceeded a secondary rate limit.", Retry_After="60"),
        "broken": refusal(502, "Server Error"),
        "garbled": Answer(500, {}, {"Content-Type": "text/html"}),
        "moved": refusal(307, "Moved Permanently", Location="/repositories/1"),
    }
    return answers.get(weather.name)


def _without_token(headers: dict[str, str]) -> dict[str, str]:
    scheme = headers.get("authorization", "").partition(" ")[0]
    kept = {name: text for name, text in headers.items() if name not in ("private-token", "job-token")}
    return {**kept, "authorization": scheme} if scheme else kept


def parsed(body: str) -> Json | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _handler_of(server: GitHubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.handle(self.command, self.path, headers, body)
            is_json = answer.body or isinstance(answer.body, list)
            written = json.dumps(answer.body).encode() if is_json else b"<html>Unicorn!</html>"
            try:
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)
            except OSError:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any  # noqa: N815 - http.server asks for these names

        def log_message(self, *_: object) -> None:
            """The requests are remembered; nothing goes to the terminal."""

    return Handler


def main() -> None:
    """Serve as a process of its own; the first line on stdout is the URL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="a file that gets one line of JSON per request")
    parser.add_argument("--token", default="made-up-token")
    parser.add_argument("--weather", choices=WEATHERS, default="fair")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args()
    server = GitHubServer(given.port, given.token, given.log, Weather(given.weather, given.delay))
    print(server.url, flush=True)
    server.serve()


if __name__ == "__main__":
    main()

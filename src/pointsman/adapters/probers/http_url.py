"""Asks versions and the service over plain HTTP(S), each time on a fresh connection; follows no redirect.

It needs the addresses of a version's instances (the local platform knows them) and the URL users have. An
instance that does not answer its own address has failed: nothing stands between. When the service's URL
does not answer, that says nothing about the version behind it, so the probe is marked as not having reached
it.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urlsplit

from pointsman.model.errors import InputError
from pointsman.model.evidence import Probe
from pointsman.model.split import Match
from pointsman.ports.clock import Clock

BODY_LIMIT = 4096
_OURS = {"Connection": "close", "User-Agent": "pointsman"}

Mismatch = Callable[[int, str], str]


@dataclass(frozen=True)
class HttpUrlProber:
    """`instances` gives the base URLs of a version's ready instances; `service_url` is the way users come in.

    `path` is what versions are asked for, `marker_header` the response header that names the version, if any.
    `timeout` is in seconds, for each of connecting and reading. `mismatch` says from status and body why an answer
    is not healthy, empty when it is; left out, 200 to 399 is healthy.
    """

    clock: Clock
    instances: Callable[[str], Sequence[str]]
    service_url: str
    path: str = "/healthz"
    marker_header: str = ""
    timeout: float = 5.0
    mismatch: Mismatch | None = None

    def probe_version(self, name: str, times: int) -> Sequence[Probe]:
        """Ask each ready instance of `name` in turn, `times` requests in all; empty when there is none."""
        bases = self.instances(name)
        if not bases:
            return []
        return [self._asked(bases[turn % len(bases)].rstrip("/") + self.path) for turn in range(times)]

    def probe_service(self) -> Probe:
        """One request the way users come. Raises InputError when the URL is none."""
        return self._on_the_way(self._asked(self.service_url))

    def probe_service_as(self, rule: Match) -> Probe:
        """One request as a tester sends it, whom `rule` fits."""
        return self._on_the_way(self._asked(self.service_url, rule.headers))

    def _on_the_way(self, probe: Probe) -> Probe:
        return probe if probe.status else replace(probe, reached=False)

    def _asked(self, url: str, headers: Mapping[str, str] = _OURS) -> Probe:
        return ask(url, self.clock, self.timeout, self.marker_header, self.mismatch, headers)


def ask(
    url: str,
    clock: Clock,
    timeout: float,
    marker_header: str = "",
    mismatch: Mismatch | None = None,
    headers: Mapping[str, str] = _OURS,
) -> Probe:
    """One GET on a fresh connection; never raises for what comes back, or for nothing coming back. Raises Cancelled
    as soon as we are asked to stop."""
    clock.checkpoint()
    return clock.attended(lambda: _asked(url, clock, timeout, marker_header, mismatch, headers))


def _asked(
    url: str, clock: Clock, timeout: float, marker_header: str, mismatch: Mismatch | None, headers: Mapping[str, str]
) -> Probe:
    target, began = _target(url), clock.seconds()
    connection = _connection(target, timeout)
    try:
        connection.request("GET", _path(target), headers={**_OURS, **headers})
        answer = connection.getresponse()
        body = answer.read(BODY_LIMIT).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as reason:
        words = f"no answer: {reason or type(reason).__name__}"
        return Probe(url, False, 0, words, clock.seconds() - began)
    finally:
        connection.close()
    wrong = (mismatch or error_status)(answer.status, body)
    marker = (answer.getheader(marker_header) or "") if marker_header else ""
    detail = wrong or f"HTTP {answer.status}"
    return Probe(url, not wrong, answer.status, detail, clock.seconds() - began, marker=marker)


def error_status(status: int, body: str) -> str:
    """The rule kubelets use, 200 to 399; else `HTTP 503: ` and the first line of the body."""
    if 200 <= status < 400:
        return ""
    lines = body.strip().splitlines()
    first = re.sub(r"[^\x20-\x7e]", "?", lines[0])[:120] if lines else ""
    return f"HTTP {status}: {first}" if first else f"HTTP {status}"


def _target(url: str) -> SplitResult:
    target = urlsplit(url)
    if target.scheme not in ("http", "https") or not target.hostname:
        raise InputError(f"{url!r} is not an HTTP address", "write it like https://shop.example/healthz")
    return target


def _connection(target: SplitResult, timeout: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    return kind(target.hostname or "", target.port, timeout=timeout)


def _path(target: SplitResult) -> str:
    return (target.path or "/") + (f"?{target.query}" if target.query else "")

"""Asking pods directly through the API server's proxy, from wherever the pipeline runs.

Needs: get on pods/proxy. Cannot: reach pods where a firewall keeps the API server from them (private control
planes); such an answer comes from the API server itself and is reported as not reached, never as unhealthy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from pointsman.adapters.kube.api import Answer, Json, KubeApi
from pointsman.adapters.kube.kinds import POD, SERVICE
from pointsman.model.errors import NotPermitted, Unreachable
from pointsman.model.evidence import Probe
from pointsman.model.expectation import Expectation
from pointsman.ports.clock import Clock

_SECONDS = 5.0


class PodProxyProber:
    """`pods_of(version)` are its ready pods, asked on `port` (number or name; empty: their only one); `service_port`
    is the Service's port that leads there, empty when none does."""

    def __init__(
        self,
        api: KubeApi,
        service: str,
        service_port: str,
        port: str,
        expected: Expectation,
        pods_of: Callable[[str], list[Json]],
        clock: Clock,
    ) -> None:
        self._api, self._service, self._service_port, self._port = api, service, service_port, port
        self._expected, self._pods_of, self._clock = expected, pods_of, clock
        self._turn = 0

    def probe_version(self, name: str, times: int) -> Sequence[Probe]:
        """Ask the ready pods in turn, `times` requests in all."""
        pods = self._pods_of(name)
        return [self._ask_pod(self._next(pods)) for _ in range(times if pods else 0)]

    def probe_service(self) -> Probe:
        """Ask the Service through the API server, which picks one of its endpoints."""
        under = f"proxy{_absolute(self._expected.path)}"
        return self._ask(
            f"service {self._service}",
            self._api.path(SERVICE, f"{self._service}:{self._service_port}", under),
        )

    def _next(self, pods: list[Json]) -> Json:
        self._turn += 1
        return pods[self._turn % len(pods)]

    def _ask_pod(self, pod: Json) -> Probe:
        name = pod["metadata"]["name"]
        port = port_number(pod, self._port)
        return self._ask(name, self._api.path(POD, f"{name}:{port}", f"proxy{_absolute(self._expected.path)}"))

    def _ask(self, target: str, path: str) -> Probe:
        started = self._clock.seconds()
        try:
            answer = self._api.text(path, _SECONDS)
        except Unreachable as lost:
            return Probe(target, False, 0, lost.message, self._clock.seconds() - started, reached=False)
        return probe_of(target, answer, self._expected, self._clock.seconds() - started)


def probe_of(target: str, answer: Answer, expected: Expectation, seconds: float) -> Probe:
    """What a proxied answer says about its target, told apart from what the API server says of itself."""
    said = _status_of_api_server(answer)
    if said and answer.status in (401, 403):
        raise NotPermitted(f"not permitted: {said}", "give this identity get on pods/proxy and services/proxy")
    if said:
        return Probe(target, False, answer.status, f"no answer: {said}", seconds, reached=_by_target(said))
    wrong = expected.mismatch(answer.status, answer.body)
    return Probe(target, not wrong, answer.status, wrong or f"answered {answer.status}", seconds)


def port_number(pod: Json, wanted: str) -> str:
    """The numeric port of `wanted`, which may be a container port's name; empty means the only port there is."""
    ports = [one for container in pod["spec"]["containers"] for one in container.get("ports", [])]
    if wanted.isdigit():
        return wanted
    found = next((one for one in ports if not wanted or one.get("name") == wanted), None)
    return str(found["containerPort"]) if found else wanted or "80"


def _status_of_api_server(answer: Answer) -> str:
    if answer.status < 400 or '"Status"' not in answer.body[:200]:
        return ""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return ""
    return str(said.get("message", "")) if said.get("kind") == "Status" else ""


def _by_target(said: str) -> bool:
    """Refused or reset: the pod's own kernel answered, so the way to it is open and nobody listens there."""
    return "connection refused" in said or "connection reset" in said or "EOF" in said


def _absolute(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"

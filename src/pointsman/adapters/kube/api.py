"""Requests to the Kubernetes API as plain JSON: bounded in time, retried where that is safe, with clear errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

from pointsman.adapters.kube.answers import PASSING, ApiStatus, object_of, refusal_of, short
from pointsman.adapters.kube.connection import Connection
from pointsman.adapters.kube.kinds import Kind
from pointsman.model.errors import Cancelled, NotPermitted, Unreachable
from pointsman.ports.clock import Clock

Json = dict[str, Any]
FIELD_MANAGER = "pointsman"
_TRIES, _RENEWALS = 5, 2
_CONNECT, _READ = 5.0, 15.0


class Manner(Enum):
    """What a stop means for a request; the value is how many seconds more one under way may then take.

    A read is left at once and a change is given time to be answered; neither begins after a stop. PARTING writes give
    the lock back and dismiss the guard, which is done also then. A runner that cancels gives 7.5 s for everything,
    reports included.
    """

    READ = 0.0
    CHANGE = 2.0
    PARTING = 1.0


@dataclass(frozen=True)
class Answer:
    """A raw HTTP answer, for what is proxied through the API server."""

    status: int
    body: str
    headers: Mapping[str, str]


class KubeApi:
    """Reads and writes objects of one namespace. `requests` counts every HTTP request sent."""

    def __init__(self, connection: Connection, namespace: str, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._counting = Lock()
        self.namespace = namespace
        self.requests = 0

    @property
    def host(self) -> str:
        """The API server's address, for messages."""
        return self._connection.host

    def path(self, kind: Kind, name: str = "", under: str = "") -> str:
        """The URL path of `kind` in our namespace, of one object, of something under it."""
        parts = [
            kind.root,
            "namespaces",
            quote(self.namespace, safe=""),
            kind.plural,
            quote(name, safe=":"),
            under,
        ]
        return "/".join(part for part in parts if part)

    def get(self, kind: Kind, name: str, manner: Manner = Manner.READ) -> Json | None:
        """One object; None when there is none."""
        try:
            return self._json("GET", self.path(kind, name), manner=manner)
        except ApiStatus as status:
            if status.code == 404:
                return None
            raise

    def namespace_exists(self) -> bool:
        """False only when the API server says that our namespace is not there."""
        try:
            self._json("GET", f"/api/v1/namespaces/{quote(self.namespace, safe='')}")
        except NotPermitted:
            return True
        except ApiStatus as status:
            return status.code != 404
        return True

    def list(self, kind: Kind, labels: str = "", fields: str = "", limit: int = 0) -> Json:
        """The list object (`items`, `metadata.resourceVersion`)."""
        wanted = {"labelSelector": labels, "fieldSelector": fields, "limit": limit or ""}
        return self._json("GET", self.path(kind), query={key: value for key, value in wanted.items() if value})

    def list_in(self, kind: Kind, namespace: str = "") -> Json:
        """The list object of another namespace than ours, or of all of them (`*`)."""
        if namespace == "*":
            return self._json("GET", f"{kind.root}/{kind.plural}")
        if not namespace:
            return self.list(kind)
        return self._json("GET", f"{kind.root}/namespaces/{quote(namespace, safe='')}/{kind.plural}")

    def create(self, kind: Kind, body: Json) -> Json:
        """Create an object. A retry that meets its own first try comes back as ApiStatus 409."""
        return self._json("POST", self.path(kind), body=body, query=_STRICT)

    def replace(self, kind: Kind, name: str, body: Json, manner: Manner = Manner.CHANGE) -> Json:
        """PUT; `body` carries the resourceVersion it was read with."""
        return self._json("PUT", self.path(kind, name), body=body, query=_STRICT, manner=manner)

    def patch(self, kind: Kind, name: str, operations: Sequence[Json], dry_run: bool = False) -> Json:
        """JSON Patch; `test` operations make it refuse (ApiStatus 422) what has changed since it was read."""
        query = {**_STRICT, "dryRun": "All"} if dry_run else _STRICT
        return self._json(
            "PATCH",
            self.path(kind, name),
            body=list(operations),
            query=query,
            content="application/json-patch+json",
        )

    def delete(
        self,
        kind: Kind,
        name: str,
        preconditions: Json,
        propagation: str = "Foreground",
        manner: Manner = Manner.CHANGE,
    ) -> None:
        """Delete, dependents first (or after it: `Background`); gone already is fine."""
        options = {"propagationPolicy": propagation, "preconditions": preconditions}
        try:
            self._json("DELETE", self.path(kind, name), body=options, manner=manner)
        except ApiStatus as status:
            if status.code != 404:
                raise

    def review(self, body: Json) -> Json:
        """Ask which rules apply to us in our namespace (SelfSubjectRulesReview)."""
        path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        return self._json("POST", path, body=body, manner=Manner.READ)

    def text(self, target: str, seconds: float = 5.0) -> Answer:
        """One GET whose answer is somebody else's (a proxied request, a log): never retried, never raised for
        its status. Raises Unreachable when the API server itself cannot be reached."""
        response = self._once("GET", target, {"accept": "*/*"}, None, (_CONNECT, seconds))
        return Answer(response.status, response.data.decode("utf-8", "replace"), dict(response.headers))

    def watch(self, kind: Kind, labels: str, version: str, seconds: int, fields: str = "") -> Iterator[Json]:
        """Watch events after `version` until the server ends the stream; returns once the server has accepted.
        Raises ApiStatus (410: list again) and Unreachable. Silence for 100 s (bookmarks come every minute) counts
        as a lost connection."""
        wanted = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
            "labelSelector": labels,
            "fieldSelector": fields,
        }
        target = f"{self.path(kind)}?{urlencode({key: value for key, value in wanted.items() if value})}"
        response = self._once("GET", target, _headers(None), None, (_CONNECT, 100.0), stream=True)
        if response.status == 401:
            self._connection.renew()
        if response.status >= 400:
            raise refusal_of(response.status, response.read())
        return self._events(response)

    def _events(self, response: Any) -> Iterator[Json]:
        import urllib3

        rest = b""
        try:
            for chunk in response.stream(65536, decode_content=True):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line.strip())
        except (urllib3.exceptions.HTTPError, OSError) as lost:
            raise Unreachable(f"the watch on {self.host} was lost: {lost}") from lost
        finally:
            response.close()

    def _json(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        content: str = "application/json",
        manner: Manner | None = None,
    ) -> Json:
        target = f"{path}?{urlencode(query)}" if query else path
        manner = manner or (Manner.READ if method == "GET" else Manner.CHANGE)
        sent = None if body is None else json.dumps(body).encode()
        renewals = 0
        for attempt in range(1, _TRIES + 1):
            try:
                headers = _headers(content if sent else None)
                response = self._once(method, target, headers, sent, (_CONNECT, _READ), manner=manner)
                if response.status == 401 and renewals < _RENEWALS:
                    renewals += 1
                    self._clock.attended(self._connection.renew)
                elif response.status in PASSING and attempt < _TRIES:
                    self._back_off(attempt, response.headers.get("retry-after"))
                elif response.status >= 400:
                    raise refusal_of(response.status, response.data)
                else:
                    return object_of(response.data, path)
            except Unreachable:
                if attempt == _TRIES:
                    raise
                self._back_off(attempt, None)
        raise AssertionError("the last try either returned or raised")

    def _back_off(self, attempt: int, retry_after: str | None) -> None:
        asked = float(retry_after) if retry_after and retry_after.isdigit() else 0.0
        self._clock.sleep(max(min(asked, 10.0), self._clock.jittered(0.2 * 2 ** (attempt - 1))))

    def _once(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: tuple[float, float],
        stream: bool = False,
        manner: Manner = Manner.READ,
    ) -> Any:
        import urllib3

        if manner is not Manner.PARTING:
            self._clock.checkpoint()
        with self._counting:
            self.requests += 1
        try:
            allowed = self._clock.allowance(timeout[0]), self._clock.allowance(timeout[1])
            return self._clock.attended(
                lambda: self._connection.send(method, target, headers, body, allowed, stream), manner.value
            )
        except Cancelled as stop:
            if manner is not Manner.CHANGE:
                raise
            raise _left_behind(stop, method, target) from stop
        except (urllib3.exceptions.HTTPError, OSError) as lost:
            raise Unreachable(
                f"the API server {self.host} cannot be reached: {short(lost)}",
                "check the network, the kubeconfig's server and its certificate; safe to run again",
            ) from lost


def _left_behind(stop: Cancelled, method: str, target: str) -> Cancelled:
    what = f"{method} {target.partition('?')[0]}"
    return Cancelled(f"{stop.message}, before {what} was answered: its outcome is not known", stop.advice)


_STRICT = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}


def _headers(content: str | None) -> dict[str, str]:
    accept = {"accept": "application/json", "user-agent": "pointsman"}
    return {**accept, "content-type": content} if content else accept

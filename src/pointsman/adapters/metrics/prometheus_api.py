"""Questions over HTTP to Prometheus and to what speaks its API: Thanos, Mimir, Cortex, VictoriaMetrics, and those that
clouds run. Bounded in time and size, tried again where that is safe, never redirected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from pointsman.adapters.metrics.access import Access
from pointsman.adapters.metrics.prometheus_answers import Sample, data_of, kinds_of, samples_of
from pointsman.model.errors import InputError, PointsmanError, SourceDown
from pointsman.ports.clock import Clock

_TRIES = 3
_AGAIN = (429, 500, 502, 503, 504)
_CONNECT = 3.0
_LONG = 1500
_LARGEST = 32 * 1024 * 1024
_TRUST = "give the file of the certificates to trust"
_REACH = "check the address and the network; nothing was said about any version"


class PrometheusApi:
    """One server, with our identity. `requests` counts every HTTP request sent."""

    def __init__(self, access: Access, clock: Clock) -> None:
        self._access, self._clock = access, clock
        self._takes_forms = True
        self.requests = 0

    def query(self, text: str) -> list[Sample]:
        """What `text` (PromQL) yields now. Raises InputError, with Prometheus's own words, for a question that can
        never be answered, and SourceDown when there is no answer or not a whole one."""
        return samples_of(self._data("/api/v1/query", {"query": text, "timeout": f"{self._access.timeout:g}s"}))

    def known(self, names: Collection[str]) -> frozenset[str] | None:
        """Those of `names` that are metrics with series; None when this server does not tell. Raises SourceDown."""
        try:
            found = self._data("/api/v1/label/__name__/values", [("match[]", name) for name in sorted(names)])
        except InputError:
            return None
        return frozenset(map(str, found)) if isinstance(found, list) else None

    def kinds(self, names: Collection[str]) -> dict[str, str]:
        """What each of `names` is said to be (`counter`, `gauge` …), as far as this server tells. Raises SourceDown."""
        found: dict[str, str] = {}
        for name in sorted(names):
            try:
                said = self._data("/api/v1/metadata", {"metric": name})
            except InputError:
                return found
            found.update(kinds_of(said))
        return found

    def _data(self, path: str, fields: Mapping[str, str] | list[tuple[str, str]]) -> Any:
        try:
            return data_of(*self._answered(path, urlencode(fields)))
        except PointsmanError as refused:
            raise type(refused)(self._access.hidden(refused.message), refused.advice) from None

    def _answered(self, path: str, form: str) -> tuple[int, str, bytes]:
        """Tried again after what passes, as long as the time for one question is not over."""
        end = self._clock.seconds() + self._access.timeout
        for attempt in range(1, _TRIES):
            try:
                answer = self._once(path, form)
                if not self._passes(answer[0]) or self._clock.seconds() >= end:
                    return answer
            except SourceDown:
                if self._clock.seconds() >= end:
                    raise
            self._clock.sleep(self._clock.jittered(0.2 * 2 ** (attempt - 1)))
        return self._once(path, form)

    def _passes(self, status: int) -> bool:
        if status == 405 and self._takes_forms:
            self._takes_forms = False
            return True
        return status in _AGAIN

    def _once(self, path: str, form: str) -> tuple[int, str, bytes]:
        import urllib3

        self._clock.checkpoint()
        self.requests += 1
        try:
            return self._clock.attended(lambda: self._exchanged(path, form))
        except urllib3.exceptions.SSLError as reason:
            raise InputError(f"{self._access.base} cannot be trusted: {_short(reason)}", _TRUST) from reason
        except (urllib3.exceptions.HTTPError, OSError) as reason:
            raise SourceDown(f"{self._access.base} does not answer: {_short(reason)}", _REACH) from reason

    def _exchanged(self, path: str, form: str) -> tuple[int, str, bytes]:
        response = self._opened(self._access.base + path, form)
        try:
            return response.status, response.headers.get("content-type", ""), self._body(response)
        finally:
            response.close()

    def _opened(self, url: str, form: str) -> Any:
        """A long question goes as a form: addresses are cut off at a few thousand characters on the way."""
        import urllib3

        allowed = urllib3.Timeout(connect=self._clock.allowance(_CONNECT), read=self._clock.allowance(self._longest))
        options = {"timeout": allowed, "retries": False, "redirect": False, "preload_content": False}
        if len(form) < _LONG or not self._takes_forms:
            return self._pool.request("GET", f"{url}?{form}", headers=self._access.sent(), **options)
        headers = {**self._access.sent(), "content-type": "application/x-www-form-urlencoded"}
        return self._pool.request("POST", url, headers=headers, body=form, **options)

    def _body(self, response: Any) -> bytes:
        """The whole body; one that trickles or never ends is as good as none."""
        read, end = b"", self._clock.seconds() + self._longest
        for chunk in response.stream(65536):
            read += chunk
            if len(read) > _LARGEST or self._clock.seconds() > end:
                raise SourceDown(f"{self._access.base} does not come to an end with its answer", _REACH)
        return read

    @property
    def _longest(self) -> float:
        return self._access.timeout + 2.0  # the server gives up first, and says why

    @cached_property
    def _pool(self) -> Any:
        import urllib3

        return urllib3.PoolManager(maxsize=1, cert_reqs="CERT_REQUIRED", ca_certs=self._access.ca_file or None)


def _short(reason: BaseException) -> str:
    return (str(reason) or type(reason).__name__).split("Caused by ")[-1][:300]

"""What each version's own pods answer in the header that tells versions apart: how answers to users are known again.

Reads: pods/proxy (get). A version is asked once per template of its pods, so a workload that gets another image in
place, as stable does when a canary is promoted, is asked anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.kinds import POD
from pointsman.adapters.probers.pod_proxy import port_number


class PodMarkers:
    """`pods` gives a version's ready pods of its present template, `target` is the port they serve on (number or name),
    `url` the address users have: its path is what is asked for. `header` is the response header that names the
    version."""

    def __init__(self, api: KubeApi, pods: Callable[[str], Sequence[Json]], target: str, url: str, header: str) -> None:
        self._api, self._pods, self._target, self._header = api, pods, target, header
        self._path = urlsplit(url).path or "/"
        self._known: dict[str, tuple[str, str]] = {}

    def __call__(self, version: str) -> str:
        """The text that `version` answers with, the last known one while it has no ready pod; empty when there is
        none."""
        pods = self._pods(version)
        template, marker = self._known.get(version, ("", ""))
        if pods and (not marker or template != _template_of(pods[0])):
            self._known[version] = _template_of(pods[0]), self._asked(pods[0])
        return self._known.get(version, ("", ""))[1]

    def _asked(self, pod: Json) -> str:
        address = f"{pod['metadata']['name']}:{port_number(pod, self._target)}"
        answer = self._api.text(self._api.path(POD, address, f"proxy{self._path}"))
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return str(headers.get(self._header.lower(), ""))


def _template_of(pod: Json) -> str:
    return str(pod["metadata"].get("labels", {}).get("pod-template-hash", ""))

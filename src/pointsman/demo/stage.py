"""The demo's service: blue runs shop:v1 behind Envoy, and there are more images to release."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pointsman
from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local.layout import Folder, folder_of
from pointsman.adapters.local.loopback import free_port
from pointsman.adapters.local.platform import down, up
from pointsman.adapters.local.service import Service, define
from pointsman.adapters.workloads.local_process import LocalProcessWorkload
from pointsman.model.errors import RemoteError

NAMESPACE, SERVICE = "demo", "shop"
BLUE, GREEN = "shop-blue", "shop-green"
INSTANCES = 2
START_SECONDS = 20.0


@contextmanager
def stage(root: Path) -> Iterator[Service]:
    """Blue serving with two instances, under the local root `root`; everything is ended afterwards."""
    folder, clock = folder_of(root, NAMESPACE), SystemClock()
    define(folder, Service(SERVICE, free_port(), free_port(), (BLUE, GREEN)), images())
    try:
        service = up(folder, clock)
        _deploy_blue(folder, service, clock)
        yield service
    finally:
        down(folder, SystemClock())


def images() -> dict[str, list[str]]:
    """v1 to v3 are fine; `broken` starts well and turns sick after its first hundred customers, `leaky` answers every
    twentieth request badly while its health is good."""
    here = f"PYTHONPATH={Path(pointsman.__file__).parents[1]}"
    app = ["env", here, sys.executable, "-m", "pointsman.demo.app", "--port", "{port}", "--version"]
    return {
        "shop:v1": [*app, "v1"],
        "shop:v2": [*app, "v2"],
        "shop:v3": [*app, "v3"],
        "shop:broken": [*app, "broken", "--sick-after", "100"],
        "shop:leaky": [*app, "leaky", "--failing-share", "0.05"],
    }


def _deploy_blue(folder: Folder, service: Service, clock: SystemClock) -> None:
    workload = LocalProcessWorkload(folder, service, clock)
    workload.deploy(BLUE, "shop:v1", INSTANCES)
    end = clock.seconds() + START_SECONDS
    while not ((state := workload.observe(BLUE)) and state.rolled_out):
        if clock.seconds() > end:
            raise RemoteError(f"{BLUE} does not come up", f"look at {folder.version(BLUE).logs}")
        workload.wait(1.0)

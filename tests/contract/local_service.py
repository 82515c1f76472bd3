"""A local service for tests: a folder that describes the demo's shop, on ports of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local.layout import Folder, folder_of
from pointsman.adapters.local.loopback import free_port
from pointsman.adapters.local.service import Service, define, service_of

BLUE, GREEN = "shop-blue", "shop-green"


def described(root: Path) -> tuple[Folder, Service]:
    """A folder under `root` with images v1 and v2, one that ends soon after its start, and one that turns
    sick."""
    folder = folder_of(root, "test")
    app = [sys.executable, "-m", "pointsman.demo.app", "--port", "{port}", "--version"]
    images = {
        "shop:v1": [*app, "v1"],
        "shop:v2": [*app, "v2"],
        "shop:crashing": [*app, "v3", "--exit-after", "0.2"],
        "shop:never-ready": [*app, "v4", "--sick-after", "0"],
    }
    define(folder, Service("shop", free_port(), free_port(), (BLUE, GREEN)), images)
    return folder, service_of(folder)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return when `condition` holds; one that never does fails the test."""
    clock = SystemClock()
    end = clock.seconds() + seconds
    while not condition():
        assert clock.seconds() < end, "it never came to that"
        clock.sleep(0.05)

"""The chart of the Roles, rendered by a real Helm."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.harness import binaries
from tests.metrics.servers import found_or_skip

CHART = Path(__file__).parents[2] / "deploy/helm/pointsman-rbac"

Values = dict[str, Any]
Key = tuple[str, str, str]
"""Kind, namespace and name of an object."""


def helm(*arguments: str, values: Values | None = None) -> subprocess.CompletedProcess[str]:
    """One run of Helm; `values` are what a user would write into a file."""
    program = found_or_skip(lambda: binaries.program("helm"))
    told = ["--values=-"] if values is not None else []
    text = json.dumps(values) if values is not None else ""
    return subprocess.run(
        [str(program), *arguments, *told], input=text, capture_output=True, text=True, check=False, timeout=60
    )


def rendered(**values: Any) -> dict[Key, dict[str, Any]]:
    """The objects of the chart as release `rbac` in namespace `shop`."""
    ended = helm("template", "rbac", str(CHART), "--namespace=shop", values=values)
    assert ended.returncode == 0, ended.stderr
    objects = [one for one in yaml.safe_load_all(ended.stdout) if one]
    found = {(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in objects}
    assert len(found) == len(objects), "an object is rendered twice"
    return found


def refused(**values: Any) -> str:
    """What Helm says of values that the chart does not take."""
    ended = helm("template", "rbac", str(CHART), values=values)
    assert ended.returncode != 0, ended.stdout
    return ended.stderr

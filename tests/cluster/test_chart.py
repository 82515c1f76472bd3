"""The chart of the Roles on a real API server: it takes the objects, and a release works under them.

That each Role is the one of `pointsman rbac`, which test_permissions.py tries one by one, is seen in tests/deploy.
"""

from __future__ import annotations

import json
import subprocess

from tests.cluster.harness import binaries
from tests.cluster.harness.shop import image, open_shop, selected
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman
from tests.deploy.helm import CHART
from tests.metrics.servers import found_or_skip


def helm(world: World, *arguments: str, values: str = "") -> None:
    program = str(found_or_skip(lambda: binaries.program("helm")))
    known = [f"--kubeconfig={world.cluster.kubeconfig}", f"--namespace={world.namespace}"]
    ended = subprocess.run(
        [program, *arguments, *known], input=values, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stderr


def test_a_release_works_under_the_installed_chart_and_not_without_it(world: World) -> None:
    open_shop(world)
    bot = world.cluster.subject("chart-bot")
    pointsman = Pointsman(world, world.cluster.kubeconfig_as("chart-bot"))
    pointsman.switch("v2").must_be(3, "failed")

    values = {
        "commands": ["blue-green-switch", "rollback"],
        "subjects": {"accounts": [f"{bot['namespace']}/{bot['name']}"], "groups": ["0123"], "users": ["bot@acme"]},
        "serviceAccount": {"create": True},
        "routers": ["istio"],
        "deadMan": {"enabled": True},
    }
    helm(world, "install", "rbac", str(CHART), "--values=-", values=json.dumps(values))
    pointsman.switch("v2").must_be(0, "switched")
    pointsman.rollback().must_be(0, "rolled-back")
    assert (selected(world), image(world, "shop-blue")) == ("blue", "v1")
    assert world.exists("serviceaccount", "pointsman-dead-man")

    helm(world, "uninstall", "rbac")
    pointsman.switch("v2").must_be(3, "failed")

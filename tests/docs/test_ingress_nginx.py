"""The Ingresses and the Role on the ingress-nginx page are those that the router reads, writes and needs."""

from __future__ import annotations

from typing import Any

import yaml

from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.ingress_canary import canary_manifest, operations_for_testers, weight_operations
from pointsman.adapters.routers.ingress_main import NEEDS
from pointsman.model.split import Match
from tests.docs.pages import ROOT, blocks
from tests.fakes.kube_objects import patched

Json = dict[str, Any]
BACKENDS = Backends("shop", "shop-canary", {"shop": "shop", "shop-canary": "shop-canary"})
MAIN, CANARY, ROLE = (
    yaml.safe_load(block.text) for block in blocks("yaml") if block.page == ROOT / "docs/routers/ingress-nginx.md"
)


def test_the_canary_shown_is_the_one_that_is_written() -> None:
    made = canary_manifest(MAIN, BACKENDS)
    tested = patched(made, operations_for_testers(made, Match("alice", header="X-Canary")))
    assert patched(tested, weight_operations(tested, MAIN, BACKENDS, 10)) == CANARY


def test_the_role_shown_is_the_one_that_is_needed() -> None:
    assert ROLE["rules"] == [
        {"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)} for one in NEEDS
    ]

"""What is sent, and what never is."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pointsman.adapters.kube.guarded import FENCE
from pointsman.adapters.workloads.deployment_change import (
    MADE_BY,
    copy_of,
    image_operations,
    replica_operations,
    template_operations,
)
from pointsman.model.errors import InputError
from tests.unit.adapters.deployments import deployment, replica_set

TWO = [{"name": "proxy", "image": "envoy:1"}, {"name": "app", "image": "shop:2", "env": [{"name": "A", "value": "1"}]}]


def copied(like: dict[str, Any]) -> dict[str, Any]:
    return copy_of(like, "shop-green", {"version": "green"}, {"app": "shop:3"}, 4, 7)


def test_only_the_image_of_the_named_container_is_sent() -> None:
    assert image_operations(deployment(containers=TWO), {"app": "shop:3"}) == [
        {"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "shop:3"}
    ]


def test_what_is_so_already_is_not_sent() -> None:
    assert image_operations(deployment(), {"app": "shop:2"}) == []
    assert replica_operations(deployment(), 3) == []
    assert replica_operations(deployment(), 4) == [{"op": "add", "path": "/spec/replicas", "value": 4}]


def test_a_container_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match="'web'") as refused:
        image_operations(deployment(containers=TWO), {"web": "shop:3"})
    assert "proxy, app" in refused.value.advice


def test_a_selector_is_never_patched() -> None:
    item = deployment()
    operations = [
        *image_operations(item, {"app": "shop:9"}),
        *replica_operations(item, 9),
        *template_operations(item, replica_set(1, "old", image="shop:1")),
    ]
    assert len(operations) == 3
    assert not any("selector" in operation["path"] for operation in operations)


def test_an_older_template_comes_back_whole_without_its_hash() -> None:
    (operation,) = template_operations(deployment(), replica_set(1, "old", image="shop:1"))
    assert operation["path"] == "/spec/template"
    assert operation["value"]["metadata"]["labels"] == {"app": "shop"}
    assert operation["value"]["spec"]["containers"][0]["image"] == "shop:1"


def test_a_template_that_is_there_already_is_not_sent() -> None:
    older = replica_set(1, "old")
    item = deployment()
    item["spec"]["template"] = copy.deepcopy(older["spec"]["template"])
    del item["spec"]["template"]["metadata"]["labels"]["pod-template-hash"]
    assert template_operations(item, older) == []


def test_a_copy_keeps_everything_but_what_tells_it_apart() -> None:
    like = deployment(containers=TWO, spec={"strategy": {"type": "Recreate"}, "minReadySeconds": 9})
    made = copied(like)
    assert (made["metadata"]["name"], made["spec"]["replicas"]) == ("shop-green", 4)
    assert made["spec"]["selector"]["matchLabels"] == {"app": "shop", "version": "green"}
    assert made["spec"]["template"]["metadata"]["labels"] == {"app": "shop", "version": "green"}
    proxy, app = made["spec"]["template"]["spec"]["containers"]
    assert (proxy, app) == (TWO[0], {**TWO[1], "image": "shop:3"})
    assert (made["spec"]["strategy"], made["spec"]["minReadySeconds"]) == ({"type": "Recreate"}, 9)


def test_a_copy_does_not_change_what_it_was_made_of() -> None:
    like = deployment()
    before = copy.deepcopy(like)
    copied(like)
    assert like == before


def test_a_copy_carries_no_marks_of_owners_and_no_traces_of_the_server() -> None:
    like = deployment(
        annotations={
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "argocd.argoproj.io/tracking-id": "x",
            "meta.helm.sh/release-name": "shop",
            "team": "web",
            FENCE: "3",
        },
        labels={"app": "shop", "argocd.argoproj.io/instance": "shop", "version": "blue"},
    )
    metadata = copied(like)["metadata"]
    assert metadata["annotations"] == {"team": "web", MADE_BY: "copied from shop-blue", FENCE: "7"}
    assert metadata["labels"] == {"app": "shop", "version": "green"}
    assert {"uid", "resourceVersion", "generation"}.isdisjoint(metadata)
    assert "status" not in copied(like)


def test_spread_and_affinity_rules_of_a_copy_speak_of_its_own_pods() -> None:
    """Green spread away from blue's pods would crowd onto one node unnoticed."""
    labels = {"app": "shop", "version": "blue"}
    rule = {"labelSelector": {"matchLabels": {"app": "shop", "version": "blue"}}, "topologyKey": "zone"}
    other = {"labelSelector": {"matchLabels": {"app": "cart", "version": "grey"}}, "topologyKey": "zone"}
    pod = {
        "containers": [{"name": "app", "image": "shop:1"}],
        "topologySpreadConstraints": [rule],
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [other]}},
    }
    like = {
        "metadata": {"name": "shop-blue", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    made = copy_of(like, "shop-green", {"version": "green"}, {"app": "shop:2"}, 2, 1)["spec"]["template"]["spec"]
    assert made["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == {"app": "shop", "version": "green"}
    terms = made["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert terms[0]["labelSelector"]["matchLabels"] == {"app": "cart", "version": "grey"}
    assert pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]["version"] == "blue"

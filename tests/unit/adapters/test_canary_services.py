"""A route tells versions apart by their Services, so each must select its own pods alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pointsman.adapters.kube.canary import (
    canary_labels,
    common_labels,
    refuse_shared_service,
    refuse_shared_subset,
    service_manifest,
    subset_labels,
)
from pointsman.model.errors import InputError

Json = dict[str, Any]


def service(name: str, **selector: str) -> Json:
    ports = [{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30000}]
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"selector": selector, "ports": ports}}


def deployment(name: str, **labels: str) -> Json:
    return {"metadata": {"name": name}, "spec": {"template": {"metadata": {"labels": labels}}}}


STABLE = service("shop", app="shop", track="stable")
CANARY = service("shop-canary", app="shop", track="canary")
SERVING = deployment("shop", app="shop", track="stable")


def test_a_new_candidate_gets_the_labels_that_its_service_wants_and_ours() -> None:
    assert canary_labels(CANARY) == {"app": "shop", "track": "canary", "pointsman.dev/track": "canary"}
    assert canary_labels(None) == {"pointsman.dev/track": "canary"}


def test_the_pods_of_both_are_found_by_what_they_have_in_common() -> None:
    assert common_labels(STABLE, CANARY) == "app=shop"
    assert common_labels(STABLE, None) == "app=shop,track=stable"


def test_the_service_to_apply_is_like_that_of_stable_but_for_the_label_that_tells() -> None:
    made = json.loads(service_manifest(STABLE, "shop-canary"))
    assert made["spec"]["selector"] == {"app": "shop", "track": "canary"}
    assert made["spec"]["ports"] == [{"name": "http", "port": 80, "targetPort": 8080}]
    refuse_shared_service(STABLE, made, SERVING, None)


def test_services_that_select_their_own_pods_alone_are_accepted() -> None:
    refuse_shared_service(STABLE, CANARY, SERVING, None)
    refuse_shared_service(STABLE, CANARY, SERVING, deployment("shop-canary", app="shop", track="canary"))


@pytest.mark.parametrize(
    ("own", "other", "candidate", "words"),
    [
        (service("shop", app="till"), CANARY, None, "does not select the pods of Deployment shop"),
        (service("shop", app="shop"), CANARY, None, "would also select the candidate's pods"),
        (STABLE, CANARY, deployment("shop-canary", app="shop", track="stable"), "would also select the candidate"),
        (STABLE, CANARY, deployment("shop-canary", app="shop", track="next"), "does not select the candidate's pods"),
        (STABLE, service("shop-canary", app="shop"), deployment("c", app="shop"), "selects the pods of shop as well"),
        (STABLE, service("shop-canary"), deployment("c", app="shop"), "does not select the candidate's pods"),
    ],
)
def test_services_that_share_pods_are_refused(own: Json, other: Json, candidate: Json | None, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        refuse_shared_service(own, other, SERVING, candidate)
    assert refused.value.advice


BOTH = service("shop", app="shop")
OURS, THEIRS = ("stable", {"track": "stable"}), ("canary", {"track": "canary"})


def test_a_new_candidate_gets_the_labels_that_its_subset_wants_and_ours() -> None:
    assert subset_labels(THEIRS[1]) == {"track": "canary", "pointsman.dev/track": "canary"}


def test_subsets_that_have_their_own_pods_alone_are_accepted() -> None:
    refuse_shared_subset(BOTH, (OURS, THEIRS), SERVING, None)
    refuse_shared_subset(BOTH, (OURS, THEIRS), SERVING, deployment("c", app="shop", track="canary"))


@pytest.mark.parametrize(
    ("own", "subsets", "candidate", "words"),
    [
        (service("shop", app="till"), (OURS, THEIRS), None, "does not select the pods of Deployment shop"),
        (STABLE, (OURS, THEIRS), None, "does not select the pods of the candidate"),
        (BOTH, (("stable", {"track": "v1"}), THEIRS), None, "subset stable of shop does not have the pods"),
        (BOTH, (("stable", {"app": "shop"}), THEIRS), None, "subset stable of shop would also have the candidate"),
        (BOTH, (OURS, THEIRS), deployment("c", app="shop", track="next"), "subset canary of shop does not have"),
        (
            BOTH,
            (OURS, ("canary", {"app": "shop"})),
            deployment("c", app="shop"),
            "also has the pods of Deployment shop",
        ),
        (BOTH, (OURS, ("canary", {})), deployment("c", app="shop"), "subset canary of shop does not have"),
    ],
)
def test_subsets_that_share_pods_are_refused(
    own: Json, subsets: tuple[tuple[str, dict[str, str]], ...], candidate: Json | None, words: str
) -> None:
    with pytest.raises(InputError, match=words) as refused:
        refuse_shared_subset(own, subsets, SERVING, candidate)
    assert refused.value.advice

"""Health is bound to what was asked for: this generation, this template."""

from __future__ import annotations

import pytest

from pointsman.adapters.workloads.deployment_state import state_of
from pointsman.model.version import VersionState
from tests.unit.adapters.deployments import NOW, Json, deployment, pod, replica_set

SETS = [replica_set(1, "old", image="shop:1"), replica_set(2, "new")]
READY = [pod(1), pod(2), pod(3)]


def state(item: Json | None = None, pods: list[Json] | None = None, sets: list[Json] | None = None) -> VersionState:
    return state_of(item or deployment(), SETS if sets is None else sets, READY if pods is None else pods, NOW)


def test_a_rolled_out_deployment_is_rolled_out() -> None:
    seen = state()
    assert seen.rolled_out
    assert (seen.ready, seen.desired, seen.revision) == (3, 3, "new")
    assert (seen.images, seen.digests) == ({"app": "shop:2"}, {"app": "shop@sha256:new"})


def test_ready_pods_of_an_older_template_never_count() -> None:
    seen = state(deployment(status={"updatedReplicas": 1}), [pod(1, "old"), pod(2, "old"), pod(3, ready=False)])
    assert (seen.ready, seen.surplus, seen.rolled_out) == (0, 2, False)
    assert seen.digests == {}


def test_ready_pods_of_another_deployment_never_count() -> None:
    stranger = pod(4, metadata={"ownerReferences": [{"kind": "ReplicaSet", "name": "shop-green-new"}]})
    assert state(pods=[stranger]).ready == 0


def test_a_generation_nobody_has_looked_at_is_nothing_yet() -> None:
    seen = state(deployment(generation=5))
    assert (seen.observed, seen.ready, seen.updated, seen.problem) == (False, 0, 0, None)


def test_a_template_without_its_replica_set_is_nothing_yet() -> None:
    assert not state(sets=[SETS[0]]).observed


def test_a_replica_set_of_a_deleted_namesake_is_not_ours() -> None:
    of_namesake = replica_set(2, "new")
    of_namesake["metadata"]["ownerReferences"][0]["uid"] = "uid-of-before"
    assert not state(sets=[of_namesake]).observed


def test_pods_on_their_way_out_do_not_count() -> None:
    leaving = pod(3, metadata={"deletionTimestamp": "2026-01-01T00:00:30Z"})
    assert state(pods=[pod(1), pod(2), leaving]).ready == 2


def test_min_ready_seconds_hold_readiness_back() -> None:
    seen = state(deployment(spec={"minReadySeconds": 30}, status={"availableReplicas": 1}))
    assert seen.ready == 1


def test_replicas_left_out_mean_one() -> None:
    item = deployment()
    del item["spec"]["replicas"]
    assert state(item).desired == 1


def test_restarts_are_counted() -> None:
    assert state(pods=[pod(1, container={"restartCount": 2}), pod(2, container={"restartCount": 1})]).restarts == 3


def test_two_image_ids_are_both_told() -> None:
    other = pod(2, container={"imageID": "shop@sha256:zzz"})
    assert state(pods=[pod(1), other]).digests == {"app": "shop@sha256:new,shop@sha256:zzz"}


@pytest.mark.parametrize("template", ["old", "new"])
def test_only_the_current_templates_trouble_is_trouble(template: str) -> None:
    waiting = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such tag"}}}
    seen = state(pods=[pod(1, template, ready=False, container=waiting)])
    assert (seen.problem is not None) == (template == "new")

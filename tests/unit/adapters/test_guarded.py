"""Changing an object only as long as it is what we saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.guarded import (
    AUTOSCALER,
    FENCE,
    change,
    escaped,
    guarded,
    last_writer,
    moved,
    remove,
    stamp,
)
from pointsman.adapters.kube.kinds import DEPLOYMENT
from pointsman.model.errors import ConflictError, LockLost, RemoteError
from tests.fakes.kube_server import Fault, KubeServer

PATH = "/apis/apps/v1/namespaces/shop/deployments/blue"
Json = dict[str, Any]


@dataclass
class Number:
    number: int = 7
    lost: bool = False

    def check(self) -> None:
        if self.lost:
            raise LockLost("not ours any more")


def deployment(replicas: int = 1, paused: bool = False, **metadata: Any) -> Json:
    spec = {"replicas": replicas, "paused": paused}
    return {"kind": "Deployment", "metadata": {"name": "blue", **metadata}, "spec": spec, "status": {}}


def scaled_by(manager: str, replicas: int) -> Json:
    fields = {"manager": manager, "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    return deployment(replicas, managedFields=[{**fields, "subresource": "scale"}])


def to_three(now: Json) -> list[Json]:
    return [] if now["spec"]["replicas"] == 3 else [{"op": "replace", "path": "/spec/replicas", "value": 3}]


def test_a_change_leaves_our_number_on_the_object(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment(annotations={"team": "web"}))
    changed = change(api, DEPLOYMENT, seen, to_three, Number())
    assert changed["spec"]["replicas"] == 3
    assert changed["metadata"]["annotations"] == {"team": "web", FENCE: "7"}


def test_an_object_without_annotations_gets_room_for_them(kube: KubeServer, api: KubeApi) -> None:
    changed = change(api, DEPLOYMENT, kube.objects.put(PATH, deployment()), to_three, Number())
    assert changed["metadata"]["annotations"] == {FENCE: "7"}


def test_what_is_so_already_is_read_again_and_not_sent(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment(3))
    assert change(api, DEPLOYMENT, seen, to_three, Number(lost=True)) == seen
    assert kube.asked == [("GET", PATH)]


def test_what_was_so_when_it_was_seen_and_no_longer_is_a_conflict(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment(3))
    kube.objects.put(PATH, deployment(1))
    with pytest.raises(ConflictError, match="was changed"):
        change(api, DEPLOYMENT, seen, to_three, Number())
    kube.objects.delete(PATH, {})
    with pytest.raises(ConflictError, match="was deleted"):
        change(api, DEPLOYMENT, seen, to_three, Number())


def test_a_status_update_in_between_does_not_matter(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    kube.objects.put(PATH, {**deployment(), "status": {"readyReplicas": 1}})
    assert change(api, DEPLOYMENT, seen, to_three, Number())["spec"]["replicas"] == 3


def test_an_autoscaler_in_between_does_not_matter(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment(1))
    kube.objects.put(PATH, scaled_by(AUTOSCALER, 2))
    assert change(api, DEPLOYMENT, seen, to_three, Number())["spec"]["replicas"] == 3


def test_an_edit_in_between_is_a_conflict_that_names_the_editor(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    fields = [{"manager": "kubectl-edit", "time": "2026-01-01T00:00:00Z"}]
    edited = kube.objects.put(PATH, deployment(paused=True, managedFields=fields))
    with pytest.raises(ConflictError, match="kubectl-edit"):
        change(api, DEPLOYMENT, seen, to_three, Number())
    assert kube.objects.get(PATH) == edited


def test_the_stamp_of_a_newer_run_stops_a_write_prepared_before_it(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    stamp(api, DEPLOYMENT, kube.objects.get(PATH), Number(8))
    with pytest.raises(ConflictError):
        change(api, DEPLOYMENT, seen, to_three, Number(7))
    assert kube.objects.get(PATH)["spec"]["replicas"] == 1


def test_a_stamp_changes_nothing_else_and_is_set_once(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    stamped = stamp(api, DEPLOYMENT, seen, Number())
    assert stamped["spec"] == seen["spec"]
    assert stamp(api, DEPLOYMENT, stamped, Number()) == stamped


def test_an_object_made_anew_under_the_same_name_is_another_one(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    kube.objects.delete(PATH, {})
    kube.objects.put(PATH, deployment())
    with pytest.raises(ConflictError):
        change(api, DEPLOYMENT, seen, to_three, Number())


def test_an_object_that_is_gone_is_a_conflict(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    kube.objects.delete(PATH, {})
    with pytest.raises(ConflictError, match="was deleted"):
        change(api, DEPLOYMENT, seen, to_three, Number())


def test_a_patch_whose_answer_was_lost_is_done_once(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    kube.faults = [Fault(reset=True, after=True, method="PATCH")]
    assert change(api, DEPLOYMENT, seen, to_three, Number())["spec"]["replicas"] == 3


def test_a_patch_that_is_refused_for_itself_is_an_error(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    with pytest.raises(RemoteError, match="was refused"):
        change(api, DEPLOYMENT, seen, lambda _: [{"op": "replace", "path": "/spec/none", "value": 1}], Number())


def test_without_the_lock_nothing_is_sent(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    with pytest.raises(LockLost):
        change(api, DEPLOYMENT, seen, to_three, Number(lost=True))
    assert kube.asked == []


def test_an_object_that_never_keeps_still_is_given_up(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())

    def restless(now: Json) -> list[Json]:
        kube.objects.put(PATH, {**deployment(), "status": {"n": kube.objects.version}})
        return to_three(now)

    with pytest.raises(ConflictError, match="faster than it can be written"):
        change(api, DEPLOYMENT, seen, restless, Number())


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(deployment(), False, id="the same"),
        pytest.param(scaled_by(AUTOSCALER, 5), False, id="an autoscaler's replicas"),
        pytest.param(scaled_by("kubectl", 5), True, id="a person's replicas"),
        pytest.param(deployment(5), True, id="replicas of nobody in particular"),
        pytest.param(deployment(paused=True), True, id="another spec"),
        pytest.param(deployment(annotations={"team": "web"}), False, id="a foreign annotation"),
        pytest.param(deployment(annotations={FENCE: "9"}), True, id="another run's number"),
        pytest.param(deployment(uid="other"), True, id="another object"),
    ],
)
def test_moved_means_that_a_person_or_a_run_wrote(now: Json, expected: bool) -> None:
    assert moved(deployment(), now) is expected


def test_the_resource_version_is_tested_before_anything_is_written() -> None:
    first, *_ = guarded(deployment(resourceVersion="41"), [], 1)
    assert first == {"op": "test", "path": "/metadata/resourceVersion", "value": "41"}


def test_a_key_is_escaped_for_a_json_pointer() -> None:
    assert escaped("a/b~c") == "a~1b~0c"


def test_the_last_writer_is_the_newest_that_is_no_status_update() -> None:
    fields = [
        {"manager": "helm", "time": "2026-01-01T00:00:00Z"},
        {"manager": "kubectl", "time": "2026-01-02T00:00:00Z"},
        {"manager": "kube-controller-manager", "time": "2026-01-03T00:00:00Z", "subresource": "status"},
    ]
    assert last_writer(deployment(managedFields=fields)) == "kubectl"
    assert last_writer(deployment()) == ""


def test_a_change_by_a_run_whose_number_is_lower_is_refused_whatever_its_lock_believes(
    kube: KubeServer, api: KubeApi
) -> None:
    seen = kube.objects.put(PATH, deployment(annotations={FENCE: "8"}))
    for write in (
        lambda: change(api, DEPLOYMENT, seen, to_three, Number(7)),
        lambda: stamp(api, DEPLOYMENT, seen, Number(7)),
        lambda: remove(api, DEPLOYMENT, seen, Number(7)),
    ):
        with pytest.raises(LockLost, match="newer run"):
            write()
    assert kube.asked == []


def test_a_stamp_goes_on_whatever_was_written_meanwhile(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment(annotations={FENCE: "6"}))
    kube.objects.put(PATH, deployment(paused=True, annotations={FENCE: "6"}))
    assert stamp(api, DEPLOYMENT, seen, Number(7))["metadata"]["annotations"] == {FENCE: "7"}
    assert kube.objects.get(PATH)["spec"]["paused"] is True


def test_what_is_removed_is_what_was_seen(kube: KubeServer, api: KubeApi) -> None:
    remove(api, DEPLOYMENT, kube.objects.put(PATH, deployment()), Number())
    assert PATH not in kube.objects.kept


def test_a_status_update_does_not_keep_anything_from_being_removed(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    kube.objects.put(PATH, {**deployment(), "status": {"readyReplicas": 1}})
    remove(api, DEPLOYMENT, seen, Number())
    assert PATH not in kube.objects.kept


def test_the_stamp_of_a_newer_run_stops_a_removal_prepared_before_it(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    stamp(api, DEPLOYMENT, kube.objects.get(PATH), Number(8))
    with pytest.raises(ConflictError):
        remove(api, DEPLOYMENT, seen, Number(7))
    assert PATH in kube.objects.kept


def test_removing_what_is_gone_or_going_or_another_by_now_is_no_error(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    going = deployment()
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    kube.objects.put(PATH, going)
    remove(api, DEPLOYMENT, seen, Number())
    kube.objects.delete(PATH, {})
    remove(api, DEPLOYMENT, seen, Number())
    another = kube.objects.put(PATH, deployment())
    remove(api, DEPLOYMENT, seen, Number())
    assert kube.objects.get(PATH) == another


def test_a_removal_whose_answer_was_lost_is_no_error(kube: KubeServer, api: KubeApi) -> None:
    seen = kube.objects.put(PATH, deployment())
    kube.faults = [Fault(reset=True, after=True, method="DELETE")]
    remove(api, DEPLOYMENT, seen, Number())
    assert PATH not in kube.objects.kept

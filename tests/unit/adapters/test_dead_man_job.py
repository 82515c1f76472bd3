"""The Job of the dead-man switch: what is sent, and what its post survives."""

from __future__ import annotations

import pytest

from pointsman.adapters.guards.dead_man_job import DeadManJob
from pointsman.adapters.guards.dead_man_manifest import Post, job_name, job_of, pod_labels, refuse_selected
from pointsman.adapters.kube.api import KubeApi
from pointsman.model.errors import ConflictError, InputError, NotPermitted
from pointsman.testing import FakeClock
from tests.fakes.kube_server import Fault, KubeServer

JOBS = "/apis/batch/v1/namespaces/shop/jobs"
PATH = f"{JOBS}/pointsman-shop-dead-man"
ACCOUNT = "/api/v1/namespaces/shop/serviceaccounts/guard"
POST = Post("shop", "pointsman@sha256:0", "guard", ("--namespace=shop", "--service=shop"), 900)


@pytest.fixture
def guard(api: KubeApi, clock: FakeClock) -> DeadManJob:
    return DeadManJob(api, POST, "t1", clock)


def test_its_pod_is_confined_and_is_told_what_to_guard() -> None:
    pod = job_of(POST, "shop", "r 1", "t1")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"] == ["dead-man", "--namespace=shop", "--service=shop", "--release=r 1"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["serviceAccountName"] == "guard"


def test_it_ends_by_itself_and_is_kept_a_while_for_its_log() -> None:
    spec = job_of(POST, "shop", "r", "t1")["spec"]
    assert (spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"]) == (900, 300)


@pytest.mark.parametrize("service", ["shop", "s" * 44, "s" * 45, "s" * 63])
def test_every_service_has_a_job_name_that_fits_into_a_label(service: str) -> None:
    assert len(job_name(service)) <= 63


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert job_name("s" * 60 + "a") != job_name("s" * 60 + "b")


def test_a_selector_that_would_take_it_for_a_users_pod_is_refused() -> None:
    with pytest.raises(InputError, match="would select the pods of the dead-man switch"):
        refuse_selected("shop", {"app.kubernetes.io/managed-by": "pointsman"})
    refuse_selected("shop", {"app.kubernetes.io/managed-by": "pointsman", "app": "shop"})
    refuse_selected("shop", {})


def test_its_labels_are_all_of_its_own() -> None:
    assert "app" not in pod_labels("shop")
    assert "version" not in pod_labels("shop")


def test_a_create_whose_answer_was_lost_is_recognised(kube: KubeServer, guard: DeadManJob) -> None:
    kube.faults.append(Fault(reset=True, after=True, method="POST"))
    guard.post("r")
    guard.dismiss()
    assert PATH not in kube.objects.kept


def test_an_older_one_is_deleted_by_its_uid_and_replaced(kube: KubeServer, guard: DeadManJob, api: KubeApi) -> None:
    DeadManJob(api, POST, "t0", FakeClock()).post("older")
    guard.post("newer")
    assert kube.objects.get(PATH)["metadata"]["annotations"]["pointsman.dev/release"] == "newer"
    assert [path for method, path in kube.asked if method == "DELETE"] == [PATH]


def test_one_that_will_not_go_is_a_conflict(kube: KubeServer, guard: DeadManJob, api: KubeApi) -> None:
    DeadManJob(api, POST, "t0", FakeClock()).post("older")
    kube.faults += [Fault(409, method="DELETE")]
    with pytest.raises(ConflictError, match="still there, and not ours"):
        guard.post("newer")


def test_a_create_that_is_not_permitted_is_told(kube: KubeServer, guard: DeadManJob) -> None:
    kube.faults.append(Fault(403, method="POST"))
    with pytest.raises(NotPermitted):
        guard.post("r")


def test_dismissing_leaves_the_one_that_another_run_has_made_since(
    kube: KubeServer, guard: DeadManJob, api: KubeApi
) -> None:
    guard.post("r")
    DeadManJob(api, POST, "t2", FakeClock()).post("r")
    guard.dismiss()
    assert kube.objects.get(PATH)["metadata"]["annotations"]["pointsman.dev/run-token"] == "t2"


def test_an_account_that_is_missing_is_named_with_what_to_apply(kube: KubeServer, guard: DeadManJob) -> None:
    with pytest.raises(InputError, match="no service account guard in namespace shop") as refused:
        guard.require_account()
    assert "examples/kubernetes/dead-man.yaml" in refused.value.advice
    kube.objects.put(ACCOUNT, {"metadata": {"name": "guard"}})
    guard.require_account()

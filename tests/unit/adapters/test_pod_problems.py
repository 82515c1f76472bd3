"""What will not heal by waiting, and what may."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.workloads.pod_problems import problem_of_deployment, problem_of_pods
from tests.unit.adapters.deployments import NOW, deployment, pod


def waiting(reason: str, restarts: int = 0, **more: Any) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": "said so"}}, "restartCount": restarts, **more}


def unschedulable(since: str) -> dict[str, Any]:
    return {
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/3 nodes are available", "lastTransitionTime": since,
    }  # fmt: skip


@pytest.mark.parametrize(
    "reason",
    ["ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError",
     "CreateContainerError", "RunContainerError"],
)  # fmt: skip
def test_what_never_starts_is_final_at_once(reason: str) -> None:
    problem = problem_of_pods([pod(1), pod(2, ready=False, container=waiting(reason))], NOW)
    assert problem is not None
    assert (problem.reason, problem.pod) == (reason, "shop-blue-new-2")
    assert "said so" in problem.message


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing", "ErrImagePull", ""])
def test_what_is_under_way_is_no_problem(reason: str) -> None:
    assert problem_of_pods([pod(1, ready=False, container=waiting(reason))], NOW) is None


@pytest.mark.parametrize(("restarts", "final"), [(0, False), (1, False), (2, True), (9, True)])
def test_a_crash_is_final_once_it_has_repeated(restarts: int, final: bool) -> None:
    ended = {"lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}
    problem = problem_of_pods([pod(1, container=waiting("CrashLoopBackOff", restarts, **ended))], NOW)
    assert (problem is not None) == final
    if problem:
        assert "OOMKilled, exit code 137" in problem.message


@pytest.mark.parametrize(("since", "final"), [("2026-01-01T00:00:30Z", False), ("2026-01-01T00:00:00Z", True)])
def test_an_unschedulable_pod_is_final_after_an_autoscaler_had_its_time(since: str, final: bool) -> None:
    problem = problem_of_pods([pod(1, ready=False, conditions=[unschedulable(since)])], NOW)
    assert (problem is not None) == final


def test_an_init_container_can_be_the_problem() -> None:
    init = [{"name": "migrate", **waiting("ImagePullBackOff")}]
    problem = problem_of_pods([pod(1, initContainerStatuses=init)], NOW)
    assert problem is not None
    assert "container migrate" in problem.message


def test_the_first_pod_by_name_is_named() -> None:
    ill = [pod(number, container=waiting("InvalidImageName")) for number in (3, 1, 2)]
    problem = problem_of_pods(ill, NOW)
    assert problem is not None
    assert problem.pod.endswith("-1")


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        pytest.param(
            {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota",
             "lastTransitionTime": "2026-01-01T00:00:40Z"}, "FailedCreate", id="the quota stays exceeded",
        ),
        pytest.param(
            {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
             "lastTransitionTime": "2026-01-01T00:00:55Z"}, None, id="the quota was exceeded just now",
        ),
        pytest.param(
            {"type": "ReplicaFailure", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z"}, None,
            id="the quota has room again",
        ),
        pytest.param(
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"},
            "ProgressDeadlineExceeded", id="the deadline is exceeded",
        ),
        pytest.param({"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}, None, id="progressing"),
    ],
)  # fmt: skip
def test_the_conditions_of_a_deployment(condition: dict[str, Any], reason: str | None) -> None:
    problem = problem_of_deployment(deployment(status={"conditions": [condition]}), NOW)
    assert (problem.reason if problem else None) == reason

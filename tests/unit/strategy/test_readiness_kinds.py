"""StatefulSets and DaemonSets are workloads as well: each is asked what it has, and what it has not is not held
against it. A manifest never hides what runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pointsman.entry.wiring_readiness import workload_of
from pointsman.model.errors import InputError
from pointsman.model.readiness import Facts, Item, Settings
from pointsman.strategy.readiness.asking import subjects_of
from pointsman.strategy.readiness.gathering import merged
from pointsman.strategy.readiness.objects import workloads
from pointsman.strategy.readiness.verdict import assess
from tests.unit.strategy.readiness_facts import LABELS, answers, deployment, facts, item, service, statuses

DEPLOYMENTS_ONLY = {"surge-room", "progress-deadline", "not-paused"}
COUNTED_ONLY = {"replicas", "disruption-budget", "spread"}


def pods_of(kind: str, name: str = "shop", live: bool = False, **more: Any) -> Item:
    """A workload of this kind, else like the shop's Deployment."""
    status, metadata = more.pop("status", {}), more.pop("metadata", {})
    template = deployment().spec["template"]
    spec = {"selector": {"matchLabels": dict(LABELS)}, "template": template, "minReadySeconds": 10, **more}
    return item(kind, name, spec, live, metadata=metadata, status=status)


def stateful(**more: Any) -> Item:
    return pods_of("StatefulSet", **{"replicas": 3, **more})


def shop(*items: Item) -> Facts:
    return facts(*items, service())


def checks_of(known: Facts) -> set[str]:
    """The checks that say something about the workload itself."""
    return {one.check for one in assess(known, Settings()).findings if not one.place.object.startswith("Service/")}


def test_each_kind_is_asked_what_it_has_and_nothing_else() -> None:
    every = checks_of(shop(deployment()))
    assert every - checks_of(shop(stateful())) == DEPLOYMENTS_ONLY
    assert every - checks_of(shop(pods_of("DaemonSet"))) == DEPLOYMENTS_ONLY | COUNTED_ONLY


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_what_pods_say_of_themselves_counts_whatever_runs_them(kind: str) -> None:
    known = shop(pods_of(kind, template={"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "app"}]}}))
    assert statuses("health-checks", known) == ["fail"]
    assert statuses("service-selects", known) == ["pass"]
    assert statuses("health-checks", shop(pods_of(kind))) == ["pass"]


def updates(**fields: Any) -> dict[str, Any]:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": fields}}


@pytest.mark.parametrize(
    ("known", "expected", "words"),
    [
        pytest.param(stateful(), "pass", "leaves at least 2 of 3", id="one after the other"),
        pytest.param(stateful(replicas=1), "fail", "takes 1 of 1", id="a single one"),
        pytest.param(stateful(replicas=0), "unknown", "nothing to keep", id="none"),
        pytest.param(stateful(**updates(maxUnavailable="67%")), "fail", "takes 3 of 3", id="rounded up"),
        pytest.param(stateful(updateStrategy={"type": "OnDelete"}), "pass", "OnDelete", id="by hand"),
        pytest.param(pods_of("DaemonSet"), "pass", "takes 1 at once", id="a node at a time"),
        pytest.param(pods_of("DaemonSet", **updates(maxUnavailable="100%")), "fail", "every pod", id="all nodes"),
        pytest.param(
            pods_of("DaemonSet", live=True, status={"desiredNumberScheduled": 1}), "fail", "every pod", id="one node",
        ),
        pytest.param(
            pods_of("DaemonSet", live=True, status={"desiredNumberScheduled": 1}, **updates(maxUnavailable=0)),
            "pass", "takes 0", id="new pod first",
        ),
    ],
)  # fmt: skip
def test_a_rollout_never_takes_all_pods(known: Item, expected: str, words: str) -> None:
    ((status, evidence),) = answers("keeps-serving", shop(known))
    assert status.value == expected
    assert words in evidence


@pytest.mark.parametrize(
    ("kind", "spec", "status", "expected"),
    [
        ("StatefulSet", {"replicas": 2}, {"updatedReplicas": 2, "readyReplicas": 2, "replicas": 2}, ["pass"]),
        ("StatefulSet", {"replicas": 2}, {"updatedReplicas": 1, "readyReplicas": 2, "replicas": 2}, ["fail"]),
        ("StatefulSet", {"replicas": 2}, {"observedGeneration": 1}, ["fail"]),
        (
            "DaemonSet", {}, {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberReady": 3,
            "currentNumberScheduled": 3}, ["pass"],
        ),
        ("DaemonSet", {}, {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberReady": 2}, ["fail"]),
        ("DaemonSet", {}, {"desiredNumberScheduled": 0}, ["unknown"]),
        ("StatefulSet", {"replicas": 0}, {}, ["unknown"]),
    ],
)  # fmt: skip
def test_T42_what_runs_is_what_was_asked_for(
    kind: str, spec: dict[str, Any], status: dict[str, Any], expected: list[str]
) -> None:
    running = pods_of(kind, live=True, metadata={"generation": 2}, status={"observedGeneration": 2, **status}, **spec)
    assert statuses("rolled-out", shop(running)) == expected


def test_T42_a_manifest_does_not_hide_what_runs_under_its_name() -> None:
    """The manifest is the next release; whether the present one is rolled out only the cluster knows."""
    status = {"observedGeneration": 2, "updatedReplicas": 1, "readyReplicas": 2, "replicas": 2}
    running = deployment(live=True, metadata={"generation": 2}, status=status, replicas=2)
    written = deployment(replicas=3)
    both = merged((written, service()), (running,), "shop")
    known = facts(*both)
    assert [one.spec["replicas"] for one in workloads(known)] == [3]
    assert statuses("replicas", known) == ["pass"]
    assert answers("rolled-out", known)[0][1].startswith("1 of 2 instances run this template")
    assert statuses("rolled-out", facts(*merged((written, service()), (), "shop"))) == []


def test_nor_does_it_hide_who_else_runs_it() -> None:
    """What others have written on it is in the cluster only."""
    owned = {
        "ownerReferences": [{"kind": "Rollout", "name": "shop"}],
        "labels": {"helm.toolkit.fluxcd.io/name": "shop"},
    }
    known = facts(*merged((deployment(), service()), (deployment(live=True, metadata=owned),), "shop"))
    assert statuses("no-other-controller", known) == ["fail"]
    assert statuses("self-heal", known) == ["fail"]


def test_a_quota_in_a_manifest_knows_what_is_in_use() -> None:
    quota = item("ResourceQuota", "team", {"hard": {"pods": "3"}})
    full = replace(quota, live=True, body={**quota.body, "status": {"used": {"pods": "3"}}})
    known = facts(*merged((deployment(), service(), quota), (full,), "shop"))
    assert statuses("surge-room", known) == ["fail"]


def test_a_daemon_set_of_another_namespace_runs_nothing_of_the_service() -> None:
    """All of them are known, for one may collect logs."""
    collector = pods_of("DaemonSet", "fluent-bit", live=True, metadata={"namespace": "logs"})
    here = pods_of("DaemonSet", "shop", live=True, metadata={"namespace": "shop"})
    known = shop(collector, here)
    assert workloads(known) == [here]
    assert statuses("logging", known) == ["pass"]


def test_the_autoscaler_of_a_stateful_set_is_one_of_its_kind() -> None:
    target = {"kind": "StatefulSet", "name": "shop"}
    scaler = item("HorizontalPodAutoscaler", "shop", {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 4})
    assert statuses("replicas", shop(stateful(replicas=1), scaler)) == ["pass"]
    assert statuses("replicas", shop(deployment(replicas=1), scaler)) == ["fail"]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_a_kind_of_workload_that_may_not_be_read_leaves_its_checks_unknown(kind: str) -> None:
    hidden = replace(shop(deployment()), unreadable={kind: "not permitted"})
    assert statuses("replicas", hidden) == ["unknown"]
    assert not isinstance(subjects_of("", hidden), list)


def test_the_workload_that_was_named_is_of_the_kind_that_was_named() -> None:
    both = shop(deployment("db"), stateful(name="db"))
    assert [one.kind for one in workloads(replace(both, workload="db", workload_kind="StatefulSet"))] == ["StatefulSet"]
    assert len(workloads(replace(both, workload="db"))) == 2
    assert workload_of("sts/db") == workload_of("statefulset/db") == ("StatefulSet", "db")
    assert (workload_of("db"), workload_of("daemonsets/db")) == (("", "db"), ("DaemonSet", "db"))
    with pytest.raises(InputError, match="no such kind"):
        workload_of("cronjob/db")

"""Numbers, budgets, spread, autoscaling; and whether a rollout can go well."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.readiness import Facts, Item
from pointsman.strategy.readiness.objects import quantity, share
from tests.unit.strategy.readiness_facts import (
    LABELS,
    answers,
    budget,
    container,
    deployment,
    facts,
    item,
    service,
    statuses,
)

TARGET = {"kind": "Deployment", "name": "shop"}
BY_CPU = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]


def scaler(least: int, most: int, **spec: Any) -> Item:
    return item(
        "HorizontalPodAutoscaler", "shop", {"scaleTargetRef": TARGET, "minReplicas": least, "maxReplicas": most, **spec}
    )


def free(**more: Any) -> Item:
    """A Deployment that leaves its replicas to the autoscaler."""
    made = deployment(**more)
    del made.body["spec"]["replicas"]  # type: ignore[attr-defined]
    return made


def rolling(**fields: Any) -> dict[str, Any]:
    return {"strategy": {"type": "RollingUpdate", "rollingUpdate": fields}}


def quota(hard: dict[str, str], used: dict[str, str]) -> Item:
    return item("ResourceQuota", "team", {"hard": hard}, status={"used": used})


def shop(*more: Item, **spec: Any) -> Facts:
    return facts(deployment(**spec), service(), *more)


@pytest.mark.parametrize(
    ("check", "known", "expected"),
    [
        pytest.param("replicas", shop(), "pass", id="three"),
        pytest.param("replicas", shop(replicas=1), "fail", id="one"),
        pytest.param("replicas", facts(free(), service()), "fail", id="one by default"),
        pytest.param("replicas", facts(free(), service(), scaler(2, 4)), "pass", id="the autoscaler keeps two"),
        pytest.param("replicas", shop(scaler(1, 4)), "fail", id="the autoscaler goes down to one"),
        pytest.param(
            "replicas",
            shop(item("ScaledObject", "shop", {"scaleTargetRef": {"name": "shop"}})),
            "fail",
            id="KEDA goes down to none",
        ),
        pytest.param("disruption-budget", shop(), "fail", id="no budget"),
        pytest.param("disruption-budget", shop(budget(maxUnavailable=1)), "pass", id="one at a time"),
        pytest.param("disruption-budget", shop(budget(maxUnavailable=0)), "fail", id="no drain at all"),
        pytest.param("disruption-budget", shop(budget(maxUnavailable="100%")), "fail", id="all at once"),
        pytest.param("disruption-budget", shop(budget(minAvailable=2)), "pass", id="two stay"),
        pytest.param("disruption-budget", shop(budget(minAvailable=3)), "fail", id="all stay"),
        pytest.param("disruption-budget", shop(budget(minAvailable=0)), "fail", id="none stays"),
        pytest.param(
            "disruption-budget",
            shop(item("PodDisruptionBudget", "other", {"selector": {"matchLabels": {"app": "x"}}})),
            "fail",
            id="somebody else's budget",
        ),
        pytest.param(
            "disruption-budget",
            shop(item("PodDisruptionBudget", "all", {"maxUnavailable": 1, "selector": {}})),
            "pass",
            id="an empty selector selects all",
        ),
        pytest.param("disruption-budget", shop(item("PodDisruptionBudget", "b")), "fail", id="no selector, no pods"),
        pytest.param("spread", shop(), "pass", id="over zones"),
        pytest.param("spread", shop(pod={"topologySpreadConstraints": []}), "fail", id="not spread"),
        pytest.param(
            "spread",
            shop(pod={"topologySpreadConstraints": [], "affinity": {"podAntiAffinity": {"x": 1}}}),
            "pass",
            id="anti-affinity",
        ),
        pytest.param("autoscaler", facts(free(), service(), scaler(2, 4, metrics=BY_CPU)), "pass", id="in order"),
        pytest.param("autoscaler", facts(free(), service(), scaler(3, 3)), "fail", id="no room"),
        pytest.param("autoscaler", shop(scaler(2, 4)), "fail", id="replicas beside it"),
        pytest.param(
            "autoscaler",
            facts(deployment(live=True), service(), scaler(2, 4)),
            "pass",
            id="in the cluster replicas is the autoscaler's own",
        ),
        pytest.param(
            "autoscaler",
            facts(
                free(containers=[container(resources={})]), service(), scaler(2, 4, targetCPUUtilizationPercentage=5)
            ),
            "fail",
            id="a share of nothing",
        ),
        pytest.param("keeps-serving", shop(), "pass", id="the default leaves some"),
        pytest.param("keeps-serving", shop(strategy={"type": "Recreate"}), "fail", id="Recreate"),
        pytest.param("keeps-serving", shop(**rolling(maxUnavailable="100%")), "fail", id="all may go"),
        pytest.param("keeps-serving", shop(replicas=0), "unknown", id="nothing to keep"),
        pytest.param(
            "keeps-serving", shop(replicas=0, strategy={"type": "Recreate"}), "fail", id="Recreate of nothing yet"
        ),
        pytest.param("surge-room", shop(), "pass", id="the default adds one"),
        pytest.param("surge-room", shop(**rolling(maxSurge=0)), "fail", id="no surge"),
        pytest.param("surge-room", shop(**rolling(maxSurge="oops")), "fail", id="nonsense is no surge"),
        pytest.param("surge-room", shop(quota({"pods": "3"}, {"pods": "3"})), "fail", id="no pod fits"),
        pytest.param("surge-room", shop(quota({"pods": "4"}, {"pods": "3"})), "pass", id="one pod fits"),
        pytest.param(
            "surge-room", shop(quota({"requests.cpu": "1"}, {"requests.cpu": "950m"})), "fail", id="no CPU for it"
        ),
        pytest.param("surge-room", shop(quota({"pods": "many"}, {})), "pass", id="a quota that nobody counted"),
        pytest.param("progress-deadline", shop(), "pass", id="600 s by default"),
        pytest.param("progress-deadline", shop(progressDeadlineSeconds=2**31 - 1), "fail", id="for ever"),
        pytest.param(
            "progress-deadline",
            shop(progressDeadlineSeconds=60, containers=[container(startupProbe={"failureThreshold": 30})]),
            "fail",
            id="shorter than a start",
        ),
        pytest.param("min-ready", shop(), "pass", id="10 s"),
        pytest.param("min-ready", shop(minReadySeconds=0), "fail", id="none"),
        pytest.param("revision-history", shop(), "pass", id="ten by default"),
        pytest.param("revision-history", shop(revisionHistoryLimit=0), "fail", id="none"),
        pytest.param("not-paused", shop(), "pass", id="not paused"),
        pytest.param("not-paused", shop(paused=True), "fail", id="paused"),
        pytest.param("no-other-controller", shop(), "pass", id="nobody else"),
        pytest.param(
            "no-other-controller", shop(item("Canary", "shop", {"targetRef": {"name": "shop"}})), "fail", id="Flagger"
        ),
        pytest.param(
            "no-other-controller", shop(item("Rollout", "shop", {"workloadRef": {"name": "shop"}})), "fail", id="Argo"
        ),
        pytest.param(
            "no-other-controller", shop(metadata={"ownerReferences": [{"kind": "CloneSet"}]}), "fail", id="OpenKruise"
        ),
    ],
)
def test_availability_and_rollout(check: str, known: Facts, expected: str) -> None:
    assert statuses(check, known) == [expected]


def test_an_autoscaler_of_something_else_is_not_asked_about() -> None:
    other = item("HorizontalPodAutoscaler", "x", {"scaleTargetRef": {"kind": "StatefulSet", "name": "shop"}})
    assert statuses("autoscaler", shop(other)) == []


def test_recreate_leaves_no_question_of_a_surge() -> None:
    assert statuses("surge-room", shop(strategy={"type": "Recreate"})) == []


def running(**status: int) -> Facts:
    told = {"observedGeneration": 2, "updatedReplicas": 3, "readyReplicas": 3, "replicas": 3, **status}
    return facts(deployment(live=True, metadata={"generation": 2}, status=told), service())


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(running(), ["pass"], id="all of it, of this generation"),
        pytest.param(running(observedGeneration=1), ["fail"], id="a status of the generation before"),
        pytest.param(running(updatedReplicas=1), ["fail"], id="half-way"),
        pytest.param(running(replicas=4), ["fail"], id="an old pod is still there"),
        pytest.param(facts(), [], id="a manifest has no status"),
    ],
)
def test_T42_health_of_an_older_generation_is_no_proof(known: Facts, expected: list[str]) -> None:
    assert statuses("rolled-out", known) == expected


@pytest.mark.parametrize("label", [None, "blue"])
def test_selectors_with_expressions_are_understood(label: str | None) -> None:
    labels = {**LABELS, **({"version": label} if label else {})}
    for operator, values, fits in (
        ("In", ["blue"], bool(label)),
        ("NotIn", ["blue"], not label),
        ("Exists", None, bool(label)),
        ("DoesNotExist", None, not label),
    ):
        selector = {"matchExpressions": [{"key": "version", "operator": operator, "values": values}]}
        one = item("PodDisruptionBudget", "b", {"maxUnavailable": 1, "selector": selector})
        known = facts(deployment(labels=labels), service(), one)
        assert (answers("disruption-budget", known)[0][0].value == "pass") is fits


@given(of=st.integers(1, 100), percent=st.integers(0, 100))
def test_a_share_is_rounded_as_kubernetes_rounds_it(of: int, percent: int) -> None:
    """Up for a surge, down for what may be gone; together they are never further apart than one."""
    up, down = (share(f"{percent}%", of, "0", up=way) for way in (True, False))
    assert 0 <= down <= of * percent / 100 <= up <= down + 1


@pytest.mark.parametrize(
    ("text", "value"), [("250m", 0.25), ("2", 2.0), ("1Gi", 2**30), ("1.5k", 1500.0), ("much", None), (None, None)]
)
def test_quantities(text: str | None, value: float | None) -> None:
    assert quantity(text) == value

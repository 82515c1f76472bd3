"""Whether selectors select what they should, and nothing else."""

from __future__ import annotations

from pointsman.model.readiness import Answer, Facts, Item, failed, passed, unknown
from pointsman.strategy.readiness.asking import missing_advice
from pointsman.strategy.readiness.objects import (
    candidates,
    is_version_of,
    listed,
    mapping,
    matches,
    pod_labels,
    selected,
    service_of,
    serving,
)

_VOLATILE = ("helm.sh/chart", "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "chart", "heritage")


def service_selects(facts: Facts) -> list[Answer]:
    """T31: the Service selects pods of the workload."""
    service = service_of(facts)
    if service is None:
        return [unknown(f"no Service {facts.service} was found", missing_advice(facts))]
    selector = dict(mapping(service.spec, "selector"))
    names = [one.name for one in selected(facts)]
    if not selector or not names:
        said = ", ".join(f"{key}={value}" for key, value in selector.items()) or "nothing"
        return [
            failed(
                f"it selects {said}, and no workload has pods like that",
                "correct the selector: users would get no answer",
                service.place,
            )
        ]
    if facts.workload and facts.workload not in names:
        return [failed(f"it selects {', '.join(names)}, not {facts.workload}", "correct the selector", service.place)]
    return [passed(f"it selects the pods of {', '.join(names)}", service.place)]


def service_selects_no_other(facts: Facts) -> list[Answer]:
    """No pods of another application get requests of users."""
    service, behind = service_of(facts), selected(facts)
    if service is None or not behind:
        return []
    strangers = [one.name for one in behind if not is_version_of(facts, one)]
    if len(behind) == 1 or not strangers:
        return [passed("nothing else is selected", service.place)]
    return [
        failed(
            f"it selects {', '.join(one.name for one in behind)}: {', '.join(strangers)} gets requests too",
            "narrow the selector, or give those pods other labels",
            service.place,
        )
    ]


def ports_meet(facts: Facts) -> list[Answer]:
    """A target port that is named has a container port of that name."""
    service = service_of(facts)
    if service is None:
        return []
    wanted = [one["targetPort"] for one in listed(service.spec, "ports") if isinstance(one.get("targetPort"), str)]
    answers = []
    for deployment in selected(facts):
        known = [port.get("name") for one in serving(deployment) for port in listed(one, "ports")]
        missing = [name for name in wanted if not name.isdigit() and name not in known]
        answers.append(
            failed(
                f"no container of {deployment.name} has a port called {missing[0]}",
                "name the container's port, or use its number",
                service.place,
            )
            if missing
            else passed(f"its ports exist in {deployment.name}", service.place)
        )
    return answers


def selector_stable(facts: Facts, deployment: Item) -> Answer | None:
    """T38: a workload's selector can never be changed, so nothing in it may change with a version."""
    del facts
    selector = mapping(deployment.spec, "selector")
    if not matches(pod_labels(deployment), selector):
        return failed(
            "its selector does not fit the labels of its own pods",
            "give the pod template the labels of the selector: the API server refuses it as it is",
            deployment.place,
        )
    keys = [key for key in mapping(selector, "matchLabels") if key in _VOLATILE]
    if keys:
        return failed(
            f"its selector has {', '.join(keys)}, which changes with a version",
            "keep it in the labels only: a selector can never be changed, so an upgrade would be refused",
            deployment.place,
        )
    return passed("its selector holds nothing that changes with a version", deployment.place)


def selectors_apart(facts: Facts, deployment: Item) -> Answer | None:
    """No other workload selects its pods."""
    others = [
        f"{one.kind} {one.name}"
        for one in candidates(facts)
        if (one.kind, one.name) != (deployment.kind, deployment.name)
        and matches(pod_labels(deployment), one.spec.get("selector"))
    ]
    if not others:
        return passed("no other workload selects its pods", deployment.place)
    return failed(
        f"the selector of {', '.join(others)} fits its pods too",
        "give each its own label: two workloads that count the same pods disturb each other",
        deployment.place,
    )

"""How a check is asked: of each Deployment in turn, or once about everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pointsman.model.readiness import Answer, Facts, Item, unknown
from pointsman.strategy.readiness.objects import containers, workloads

Question = Callable[[Facts], Iterable[Answer]]


def of_each(question: Callable[[Facts, Item], Answer | None]) -> Question:
    """Asks about every Deployment of the service; None says that the question does not apply to it."""

    def ask(facts: Facts) -> list[Answer]:
        found = workloads(facts)
        if not found:
            return [unknown(f"no Deployment of {facts.service} was found", missing_advice(facts))]
        return [answer for one in found if (answer := _about(question, facts, one)) is not None]

    return ask


def _about(question: Callable[[Facts, Item], Answer | None], facts: Facts, one: Item) -> Answer | None:
    """What is true of all its containers proves nothing where it has none."""
    if not containers(one):
        return unknown("it has no containers", "correct the manifest: the API server refuses it as it is", one.place)
    return question(facts, one)


def subjects_of(kind: str, facts: Facts) -> list[Item] | Answer:
    """What a check of the user's own is asked about: the objects of a kind, of Services only the one that is
    released, and the workloads where no kind is given; or why there are none."""
    about = kind or "Deployment"
    found = workloads(facts) if not kind else [one for one in facts.of(kind) if _is_asked(one, facts)]
    if about in facts.unreadable:
        return unknown(facts.unreadable[about], "give this identity the Role on the step's page, or give the manifests")
    return found or unknown(f"no {about} of {facts.service} was found", missing_advice(facts))


def _is_asked(item: Item, facts: Facts) -> bool:
    return item.kind != "Service" or item.name == facts.service


def missing_advice(facts: Facts) -> str:
    """Where an object that was not found should be given."""
    if facts.cluster:
        return "check --namespace, --service and --workload"
    return "give its manifest too, or --namespace so that the cluster is asked"

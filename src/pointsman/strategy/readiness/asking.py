"""How a check is asked: of each workload in turn, or once about everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pointsman.model.readiness import WORKLOADS, Answer, Facts, Item, elsewhere, unknown
from pointsman.strategy.readiness.objects import containers, workloads

Question = Callable[[Facts], Iterable[Answer]]


def of_each(question: Callable[[Facts, Item], Answer | None], *kinds: str) -> Question:
    """Asks about every workload of the service, or only about those of `kinds`, since the others have no such thing;
    an answer None says that the question does not apply to it."""

    def ask(facts: Facts) -> list[Answer]:
        found = workloads(facts)
        if not found:
            return [unknown(f"no workload of {facts.service} was found", missing_advice(facts))]
        asked = [one for one in found if one.kind in (kinds or WORKLOADS)]
        return [answer for one in asked if (answer := _about(question, facts, one)) is not None]

    return ask


def _about(question: Callable[[Facts, Item], Answer | None], facts: Facts, one: Item) -> Answer | None:
    """What is true of all its containers proves nothing where it has none."""
    if not containers(one):
        return unknown("it has no containers", "correct the manifest: the API server refuses it as it is", one.place)
    return question(facts, one)


def subjects_of(kind: str, facts: Facts) -> list[Item] | Answer:
    """What a check of the user's own is asked about: the objects of a kind, of Services only the one that is
    released, and the workloads where no kind is given; or why there are none."""
    found = workloads(facts) if not kind else [one for one in facts.of(kind) if _is_asked(one, facts)]
    asked = (kind, elsewhere(kind)) if kind else WORKLOADS
    hidden = next((facts.unreadable[one] for one in asked if one in facts.unreadable), "")
    if hidden:
        return unknown(hidden, "give this identity the Role on the step's page, or give the manifests")
    return found or unknown(f"no {kind or 'workload'} of {facts.service} was found", missing_advice(facts))


def _is_asked(item: Item, facts: Facts) -> bool:
    return item.kind != "Service" or item.name == facts.service


def missing_advice(facts: Facts) -> str:
    """Where an object that was not found should be given."""
    if facts.cluster:
        return "check --namespace, --service and --workload"
    return "give its manifest too, or --namespace so that the cluster is asked"

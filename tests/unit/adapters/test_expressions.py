"""Checks of the user's own as CEL: true passes, false fails, and everything else is an answer nobody could give."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.adapters.evidence.expressions import answers_of, flaw_of
from pointsman.model.readiness import Answer, OwnCheck, Place, Status
from tests.unit.strategy.readiness_facts import deployment, facts, item, service

ASKED = [
    pytest.param("object.spec.replicas >= 2", Status.PASS, "it is true: object.spec.replicas >= 2", id="true"),
    pytest.param("object.spec.replicas >= 2.5", Status.PASS, "it is true", id="numbers of two types"),
    pytest.param("object.spec.replicas > 3", Status.FAIL, "failed expression: object.spec.replicas > 3", id="false"),
    pytest.param("!has(object.metadata.labels)", Status.PASS, "it is true", id="has of what is not there"),
    pytest.param("object.spec.nope > 3", Status.UNKNOWN, "it touches nope, which is not there", id="a field"),
    pytest.param("object.metadata.labels.team == 'a'", Status.UNKNOWN, "it touches labels, which", id="a map"),
    pytest.param("has(object.metadata.labels.team)", Status.UNKNOWN, "it touches labels", id="has below nothing"),
    pytest.param("object.spec.replicas", Status.UNKNOWN, "yields 3, neither true nor false", id="a number"),
    pytest.param("'true'", Status.UNKNOWN, "yields 'true', neither", id="a word"),
    pytest.param("object.spec.replicas > 'a'", Status.UNKNOWN, "the expression broke: No such overload", id="types"),
    pytest.param("object.spec.template.spec.containers[5].name == ''", Status.UNKNOWN, "out of bounds", id="index"),
    pytest.param(
        "object.spec.template.spec.containers.all(c, c.image.contains('@sha256:'))", Status.PASS, "it", id="all",
    ),
    pytest.param("service.spec.selector == object.spec.selector.matchLabels", Status.PASS, "it is", id="service"),
    pytest.param("objects.Ingress.all(i, has(i.spec.tls))", Status.PASS, "it is true", id="none of a kind"),
    pytest.param(
        "objects.PodDisruptionBudget.exists(b, b.metadata.name == object.metadata.name)", Status.PASS, "it", id="other",
    ),
    pytest.param("objects.Secret.size() == 0", Status.UNKNOWN, "it touches Secret", id="a kind nobody looked for"),
    pytest.param("object.metadata.name.upperAscii() == 'SHOP'", Status.PASS, "it is", id="the strings of Kubernetes"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "status", "words"), ASKED)
def test_what_an_expression_says(expression: str, status: Status, words: str) -> None:
    assert flaw_of(expression) is None
    (answer,) = ask(expression)
    assert answer.status is status
    assert words in answer.evidence
    assert answer.place == deployment().place


def test_it_is_asked_of_each_workload_or_of_each_object_of_a_kind() -> None:
    blue, green = deployment("shop-blue"), deployment("shop-green")
    ways = item("Ingress", "a"), item("Ingress", "b", {"tls": []})
    there = facts(
        blue, green, service(), replace(service(), body={"kind": "Service", "metadata": {"name": "x"}}), *ways
    )
    assert [one.place for one in answers_of(OwnCheck("x", expression="true"), there)] == [blue.place, green.place]
    asked = answers_of(OwnCheck("x", expression="has(object.spec.tls)", kind="Ingress"), there)
    assert [(one.place, one.status) for one in asked] == [
        (ways[0].place, Status.FAIL),
        (ways[1].place, Status.PASS),
    ]
    asked = answers_of(OwnCheck("x", expression="object.metadata.name == 'shop'", kind="Service"), there)
    assert [one.status for one in asked] == [Status.PASS]


def test_of_nothing_it_says_nothing_good() -> None:
    (answer,) = answers_of(OwnCheck("x", expression="true", kind="Ingress"), facts(deployment(), service()))
    assert (answer.status, answer.evidence) == (Status.UNKNOWN, "no Ingress of shop was found")
    (answer,) = answers_of(OwnCheck("x", expression="service.spec.type == 'x'"), facts(deployment()))
    assert (answer.status, answer.evidence) == (Status.UNKNOWN, "there is no Service shop to ask about")


@pytest.mark.parametrize("expression", ["true", "objects.Deployment.size() < 9"])
def test_a_kind_that_may_not_be_read_proves_nothing(expression: str) -> None:
    hidden = replace(facts(service()), unreadable={"Deployment": "not permitted: list deployments"})
    (answer,) = answers_of(OwnCheck("x", expression=expression), hidden)
    assert (answer.status, answer.evidence) == (Status.UNKNOWN, "not permitted: list deployments")
    (answer,) = answers_of(OwnCheck("x", expression="objects.Deployment.size() == 0", kind="Service"), hidden)
    assert (answer.status, answer.evidence) == (Status.UNKNOWN, "it touches Deployment, which is not there")


def test_the_message_and_the_fix_are_the_users_own() -> None:
    words = {"message": "nobody owns it", "fix": "add the label team"}
    (answer,) = ask("has(object.metadata.labels)", **words)
    assert (answer.evidence, answer.fix) == ("nobody owns it", "add the label team")
    (answer,) = ask("has(object.metadata.labels)")
    assert answer.fix == "make it true, or correct the check (pointsman.yaml:9)"


def ask(expression: str, **words: str) -> tuple[Answer, ...]:
    there = facts(deployment(), service(), item("PodDisruptionBudget"))
    return answers_of(OwnCheck("x", expression=expression, place=PLACE, **words), there)


PLACE = Place(file="pointsman.yaml", line=9)

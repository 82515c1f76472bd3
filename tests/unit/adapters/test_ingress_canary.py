"""The annotations of a canary Ingress, there and back; what cannot be said in them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.ingress_canary import (
    BY_COOKIE,
    BY_HEADER,
    BY_PATTERN,
    CANARY,
    WEIGHT,
    annotations_for_testers,
    canary_manifest,
    canary_spec,
    matched_by,
    operations_for_testers,
    weight_of,
    weight_operations,
)
from pointsman.adapters.routers.ingress_main import refuse_emptying_rollout, refuse_other_canaries, refuse_pathless
from pointsman.model.errors import InputError
from pointsman.model.split import Match
from tests.fakes.kube_objects import patched

Json = dict[str, Any]
BACKENDS = Backends("blue", "green", {"blue": "shop-blue", "green": "shop-green"})
TAKEN = re.compile(r"[A-Za-z0-9\-._~/^$\[\](){}*+?|&=\\]*")
"""What the controller takes in `canary-by-header-pattern`; it drops an annotation with anything else."""


def path(to: str, at: str = "/") -> Json:
    return {"path": at, "pathType": "Prefix", "backend": {"service": {"name": to, "port": {"name": "http"}}}}


def main(*paths: Json, annotations: Json | None = None, **spec: Any) -> Json:
    metadata = {"name": "web", "namespace": "shop", "uid": "uid-web", "annotations": annotations or {}}
    return {"metadata": metadata, "spec": {"rules": [{"host": "a.example", "http": {"paths": list(paths)}}], **spec}}


def canary(**annotations: str) -> Json:
    made = canary_manifest(main(path("shop-blue")), BACKENDS)
    marks = {**made["metadata"]["annotations"], **annotations}
    return {**made, "metadata": {**made["metadata"], "annotations": marks}}


@pytest.mark.parametrize(
    "match",
    [
        Match("always", header="X-Canary"),
        Match("never", header="X-Canary"),
        Match("Alice & Bob; 100 %", header="X-Canary"),
        Match("always", cookie="tester"),
        Match("abc123", cookie="tester"),
        Match("a=b.c+d|(e)", cookie="my_tester.x"),
        Match("always", cookie="odd|name"),
    ],
)
def test_a_rule_for_testers_reads_as_it_was_written_and_the_controller_takes_it(match: Match) -> None:
    made = patched(canary(), operations_for_testers(canary(), match))
    assert matched_by(made) == match
    assert TAKEN.fullmatch(made["metadata"]["annotations"].get(BY_PATTERN, ""))
    assert patched(made, operations_for_testers(made, None)) == canary()


def test_a_header_called_cookie_is_no_cookie() -> None:
    match = Match("a=b", header="Cookie")
    assert matched_by(patched(canary(), operations_for_testers(canary(), match))) == match


@pytest.mark.parametrize(
    ("sent", "fits"),
    [
        ("over=a.c", True),
        ("x=1; over=a.c; y=2", True),
        ("over=abc", False),
        ("moreover=a.c", False),
        ("over=a.c2", False),
    ],
)
def test_a_pattern_fits_this_cookie_alone(sent: str, fits: bool) -> None:
    pattern = annotations_for_testers(Match("a.c", cookie="over"))[BY_PATTERN]
    assert bool(re.search(pattern, sent)) is fits


@pytest.mark.parametrize(
    "match", [Match("é", header="X"), Match("a\nb", header="X"), Match("1", header="a_b"), Match("a b", cookie="c")]
)
def test_what_no_request_can_carry_is_refused(match: Match) -> None:
    with pytest.raises(InputError):
        annotations_for_testers(match)


def test_only_paths_to_stables_service_are_split_and_the_port_stays() -> None:
    spec = canary_spec(main(path("shop-blue"), path("other", "/o"), tls=[{"hosts": ["a.example"]}]), BACKENDS)
    assert spec["rules"] == [{"host": "a.example", "http": {"paths": [path("shop-green")]}}]
    assert spec["tls"] == [{"hosts": ["a.example"]}]


def test_a_class_that_is_an_annotation_is_kept_and_nothing_else_of_the_users() -> None:
    marks = {"kubernetes.io/ingress.class": "nginx", "argocd.argoproj.io/tracking-id": "shop"}
    made = canary_manifest(main(path("shop-blue"), annotations=marks), BACKENDS)
    kept = {"kubernetes.io/ingress.class": "nginx", CANARY: "true", WEIGHT: "0"}
    assert made["metadata"]["annotations"] == kept


@pytest.mark.parametrize(
    ("marks", "percent"), [({}, 0), ({WEIGHT: "35"}, 35), ({WEIGHT: "100"}, 100), ({WEIGHT: "35", CANARY: "false"}, 0)]
)
def test_a_weight_means_what_the_controller_makes_of_it(marks: dict[str, str], percent: int) -> None:
    assert weight_of(canary(**marks)) == percent


@pytest.mark.parametrize("marks", [{WEIGHT: "150"}, {WEIGHT: "abc"}, {WEIGHT: "-1"}, {f"{WEIGHT}-total": "10"}])
def test_a_weight_that_controllers_read_differently_is_refused(marks: dict[str, str]) -> None:
    with pytest.raises(InputError, match="canary-weight"):
        weight_of(canary(**marks))


def test_a_weight_tests_the_one_before_and_a_second_time_is_nothing() -> None:
    item = main(path("shop-blue"))
    operations = weight_operations(canary(), item, BACKENDS, 30)
    assert [(one["op"], one["value"]) for one in operations] == [("test", "0"), ("add", "30")]
    assert weight_operations(patched(canary(), operations), item, BACKENDS, 30) == []


def test_a_default_backend_alone_is_refused_with_what_the_paths_lead_to() -> None:
    with pytest.raises(InputError, match="no path of Ingress web leads to Service shop-blue") as refused:
        refuse_pathless(main(path("other")), BACKENDS)
    assert "other" in refused.value.advice


def test_a_canary_for_another_place_is_none_of_our_business() -> None:
    marks = {CANARY: "true"}
    elsewhere = main(path("shop-blue", "/elsewhere"), annotations=marks)
    elsewhere["metadata"]["name"] = "other-canary"
    refuse_other_canaries(main(path("shop-blue")), [elsewhere])


@pytest.mark.parametrize(
    ("strategy", "replicas", "refused"),
    [
        ({}, 1, False),
        ({"type": "Recreate"}, 3, True),
        ({"rollingUpdate": {"maxUnavailable": 1}}, 1, True),
        ({"rollingUpdate": {"maxUnavailable": 1}}, 2, False),
        ({"rollingUpdate": {"maxUnavailable": "100%"}}, 4, True),
        ({"rollingUpdate": {"maxUnavailable": "99%"}}, 4, False),
    ],
)
def test_T34_a_stable_whose_rollout_may_empty_it_is_refused(strategy: Json, replicas: int, refused: bool) -> None:
    item = {"metadata": {"name": "shop"}, "spec": {"replicas": replicas, "strategy": strategy}}
    if not refused:
        refuse_emptying_rollout(item)
        return
    with pytest.raises(InputError, match="503"):
        refuse_emptying_rollout(item)


def test_the_cookie_of_the_controllers_own_kind_has_its_own_annotation() -> None:
    assert annotations_for_testers(Match("always", cookie="tester")) == {BY_COOKIE: "tester"}
    assert BY_HEADER in annotations_for_testers(Match("other", cookie="tester"))

"""Inputs that contradict each other, or would be ignored, are refused before anything is touched."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.entry.spec import step_named
from pointsman.entry.values import values_of
from pointsman.entry.wiring import (
    colour_names,
    deployment_name,
    refuse_contradictions,
    rollback_inputs,
    switch_inputs,
)
from pointsman.model.errors import InputError
from pointsman.model.image import ImageChange
from pointsman.strategy.blue_green import Cleanup, Plan

SHOP = {"namespace": "shop", "service": "shop"}


def values(step: str, **texts: str) -> dict[str, Any]:
    given = {name.replace("_", "-"): text for name, text in texts.items()}
    return values_of(step_named(step), {**({} if step == "verify-health" else SHOP), **given})


@pytest.mark.parametrize(
    ("step", "texts", "words"),
    [
        ("blue-green-switch", {"keep_warm": "5s"}, "--keep-warm means nothing with --cleanup keep"),
        ("blue-green-switch", {"version_header": "x-version"}, "--version-header needs --url"),
        ("blue-green-switch", {"bake": "10m"}, "--timeout is not longer"),
        ("blue-green-switch", {"adopt": "shop-blue"}, "--adopt names one of the colours"),
        ("blue-green-switch", {"adopt": "x", "blue": "a", "green": "a"}, "both a"),
        ("blue-green-switch", {"platform": "local", "kubeconfig": "k"}, "mean nothing with --platform local"),
        ("blue-green-switch", {"platform": "local", "context": "c"}, "mean nothing with --platform local"),
        ("blue-green-switch", {"platform": "local", "dead_man": "true"}, "--dead-man means nothing"),
        ("blue-green-switch", {"dead_man_image": "pointsman@sha256:0"}, "means nothing without --dead-man"),
        ("verify-health", {}, "nothing to verify"),
        ("verify-health", {"workload": "deployment/shop"}, "--namespace is missing"),
        ("verify-health", {"service": "shop"}, "--namespace is missing"),
        ("verify-health", {"url": "http://a", "expect_body": "x", "successes": "0"}, "--expect-body means nothing"),
        ("verify-health", {"url": "http://a", "health_port": "80"}, "--health-port means nothing with --url"),
        ("rollback", {"service": ""}, "either --service or --workload"),
        ("rollback", {"workload": "deployment/shop"}, "either --service or --workload"),
        ("rollback", {"service": "", "workload": "shop", "blue": "b"}, "mean nothing with --workload"),
        ("rollback", {"scope": "in-flight", "to_revision": "1"}, "--to-revision names a release that is over"),
        ("rollback", {"scope": "in-flight", "service": "", "workload": "shop"}, "--workload has no release in flight"),
    ],
)
def test_a_contradiction_is_refused_with_advice(step: str, texts: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        refuse_contradictions(step, values(step, **texts))
    assert refused.value.advice


@pytest.mark.parametrize(
    ("step", "texts"),
    [
        ("blue-green-switch", {}),
        ("blue-green-switch", {"keep_warm": "5s", "cleanup": "scale-down"}),
        ("blue-green-switch", {"version_header": "x-version", "url": "http://shop"}),
        ("verify-health", {"url": "http://shop"}),
        ("verify-health", {"namespace": "shop", "service": "shop"}),
        ("rollback", {}),
        ("rollback", {"service": "", "workload": "deployment/shop"}),
        ("status", {}),
    ],
)
def test_what_goes_together_is_accepted(step: str, texts: dict[str, str]) -> None:
    refuse_contradictions(step, values(step, **texts))


def test_the_switch_gets_its_inputs_as_values() -> None:
    made = switch_inputs(values("blue-green-switch", image="shop:2", cleanup="update", bake="1m", dry_run="true"))
    assert made.image == ImageChange("shop:2")
    assert made.plan == Plan(bake=60.0, soak=5.0, keep_warm=0.0, cleanup=Cleanup.UPDATE)
    assert (made.timeout, made.lock_wait, made.adopt, made.dry_run) == (600.0, 90.0, "", True)


def test_the_rollback_gets_its_inputs_as_values() -> None:
    made = rollback_inputs(values("rollback", to_revision="3", reason="slow"))
    assert (made.to_revision, made.reason, made.timeout, made.dry_run) == (3, "slow", 300.0, False)


def test_the_colours_are_named_after_the_service_unless_told() -> None:
    assert colour_names(values("status")) == ("shop-blue", "shop-green")
    assert colour_names(values("status", blue="a", green="b")) == ("a", "b")


@pytest.mark.parametrize("text", ["shop", "deployment/shop", "deployments/shop", "deploy/shop"])
def test_a_deployment_is_named_with_or_without_its_kind(text: str) -> None:
    assert deployment_name(text) == "shop"


@pytest.mark.parametrize("text", ["statefulset/shop", "deployment/"])
def test_another_kind_or_no_name_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"names nothing|not supported"):
        deployment_name(text)

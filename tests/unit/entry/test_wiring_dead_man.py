"""What the Job of the dead-man switch is told, and what is refused before one is posted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pointsman.entry import needs
from pointsman.entry.roles import ACCOUNT, rules_of
from pointsman.entry.spec import step_named
from pointsman.entry.values import values_of
from pointsman.entry.wiring_dead_man import guard_arguments, guard_image, guard_seconds
from pointsman.model.errors import InputError

ROOT = Path(__file__).parents[3]
PINNED = "ghcr.io/pointsman-dev/pointsman@sha256:" + "a" * 64
MIRROR = "registry.example/pointsman@sha256:" + "b" * 64


def switch(**texts: str) -> dict[str, Any]:
    given = {"namespace": "shop", "service": "shop", **texts}
    return values_of(step_named("blue-green-switch"), {name.replace("_", "-"): text for name, text in given.items()})


def test_the_pinned_image_is_used_unless_another_is_given() -> None:
    assert guard_image(None, PINNED) == PINNED
    assert guard_image(MIRROR, PINNED) == MIRROR
    assert guard_image("localhost/pointsman:test", None) == "localhost/pointsman:test"


@pytest.mark.parametrize(
    ("given", "words"), [(None, "no released one is known"), ("pointsman:latest", "pointsman:latest is not pinned")]
)
def test_no_image_or_one_that_can_change_is_refused(given: str | None, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        guard_image(given, None)
    assert "sha256" in refused.value.advice


def test_what_it_is_told_is_what_its_own_command_takes() -> None:
    arguments = guard_arguments("shop", switch(blue="a", green="b", selector_key="colour", health_port="http"))
    given = dict(one.removeprefix("--").split("=", 1) for one in arguments)
    values = values_of(step_named("dead-man"), given)
    assert {name: values[name] for name in given} == {
        "namespace": "shop",
        "service": "shop",
        "blue": "a",
        "green": "b",
        "selector-key": "colour",
        "health-path": "/healthz",
        "health-port": "http",
        "timeout": 300.0,
    }


def test_it_lasts_longer_than_the_switch_and_both_ways_back() -> None:
    assert guard_seconds(switch(timeout="10m")) > 600 + 300 + 60 + 300
    assert guard_seconds(switch(timeout="10m", cleanup="update")) >= guard_seconds(switch(timeout="10m")) + 600


def canary(**texts: str) -> dict[str, Any]:
    given = {"namespace": "shop", "service": "shop", **texts}
    return values_of(step_named("canary-step"), {name.replace("_", "-"): text for name, text in given.items()})


def test_for_a_canary_it_is_told_no_colours_for_the_record_names_the_versions() -> None:
    given = dict(one.removeprefix("--").split("=", 1) for one in guard_arguments("shop", canary(weights="5,50")))
    assert given.keys() == {"namespace", "service", "health-path", "timeout"}
    assert values_of(step_named("dead-man"), given)["timeout"] == 300.0


def test_for_a_canary_it_lasts_longer_than_every_weight_and_both_ways_back() -> None:
    walk = canary(weights="5,50", bake="10m", patience="5m", timeout="1m")
    assert guard_seconds(walk) > 2 * 900 + 300 + 300
    assert (
        guard_seconds(canary(weights="5,20,50", bake="10m", patience="5m", timeout="1m")) >= guard_seconds(walk) + 900
    )


def test_the_manifest_grants_exactly_what_the_guard_checks() -> None:
    account, role, binding = yaml.safe_load_all((ROOT / "examples/kubernetes/dead-man.yaml").read_text("utf-8"))
    assert account["metadata"]["name"] == ACCOUNT == switch()["dead-man-account"]
    assert role["rules"] == rules_of(needs.DEAD_MAN)
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": ACCOUNT}]


def test_the_guard_may_not_create_anything() -> None:
    assert "create" not in {verb for one in needs.DEAD_MAN for verb in one.verbs}

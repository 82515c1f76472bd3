"""Every reason to refuse is found before the first write: the message says what is wrong, and nothing has changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster.harness.shop import BLUE, blue, fingerprint, green, still
from tests.cluster.harness.world import World, deployment, service
from tests.cluster.product import Pointsman

_IMAGE = "localhost/app:v2"


@contextmanager
def unchanged(world: World) -> Iterator[None]:
    """Fails when anything a release could write is written meanwhile, even the lock or the record."""
    before = still(world)
    yield
    assert fingerprint(world) == before


@pytest.fixture
def closed_shop(world: World) -> World:
    """Both colours and their Service, with no pods: what refuses before the first write needs none."""
    world.apply(blue(replicas=0), green(replicas=0), service("shop", BLUE))
    return world


def test_T31_an_idle_colour_that_the_service_could_not_select_is_refused(world: World) -> None:
    """After the switch the Service would select nothing: exit 2, naming label and Deployment."""
    other = deployment("shop-green", "v2", labels={"app": "store", "version": "green"}, replicas=0)
    world.apply(blue(replicas=0), other, service("shop", BLUE))
    with unchanged(world):
        run = Pointsman(world).switch("v2").must_be(2, "failed")
    assert "the pods of Deployment shop-green have app='store', the Service wants 'shop'" in run.why


def test_T31_an_idle_colour_without_the_label_is_refused(world: World) -> None:
    """Pods without the selector's key can't be selected by it."""
    other = deployment("shop-green", "v2", labels={"app": "shop"}, replicas=0)
    world.apply(blue(replicas=0), other, service("shop", BLUE))
    with unchanged(world):
        run = Pointsman(world).switch("v2").must_be(2, "failed")
    assert "the pods of Deployment shop-green have no label 'version'" in run.why


def test_T31_two_deployments_under_one_colour_are_refused(world: World) -> None:
    """A third Deployment whose pods carry a colour's label would get users, too."""
    third = deployment("shop-spare", "v1", labels=BLUE, replicas=0)
    world.apply(blue(replicas=0), green(replicas=0), third, service("shop", BLUE))
    with unchanged(world):
        run = Pointsman(world).switch("v2").must_be(2, "failed")
    assert "two Deployments match version=blue: shop-spare and shop-blue" in run.why


def test_T31_a_service_that_names_no_colour_is_refused(world: World) -> None:
    """Without the key in its selector there is nothing to switch; the way out is named."""
    world.apply(blue(replicas=0), service("shop", {"app": "shop"}))
    with unchanged(world):
        run = Pointsman(world).switch("v2").must_be(2, "failed")
    assert "the selector of Service shop has no key 'version'" in run.why
    assert "--adopt" in run.advice


def test_T31_a_selector_that_names_neither_colour_is_refused(world: World) -> None:
    """The Service sends users to pods of neither Deployment: nobody knows what serves."""
    world.apply(blue(replicas=0), green(replicas=0), service("shop", {"app": "shop", "version": "purple"}))
    with unchanged(world):
        run = Pointsman(world).switch("v2").must_be(2, "failed")
    assert "version='purple'" in run.why


def test_a_service_that_does_not_exist_is_refused_naming_those_that_do(closed_shop: World) -> None:
    """A typing error in the name is answered with the names there are."""
    with unchanged(closed_shop):
        run = Pointsman(closed_shop).run("blue-green-switch", service="shoop", image=_IMAGE).must_be(2, "failed")
    assert "there is no Service shoop" in run.why
    assert "Services there: shop" in run.advice


def test_a_kubeconfig_that_is_missing_or_unusable_is_refused(closed_shop: World, tmp_path: Path) -> None:
    """Exit 2 and the file's name, whether it is absent, no YAML, or without a cluster."""
    broken, empty = tmp_path / "broken", tmp_path / "empty"
    broken.write_text("clusters: [\n")
    empty.write_text("apiVersion: v1\nkind: Config\n")
    with unchanged(closed_shop):
        for file in (tmp_path / "absent", broken, empty):
            run = Pointsman(closed_shop).switch("v2", kubeconfig=str(file)).must_be(2, "failed")
            assert str(file) in run.why


def test_a_kubeconfig_variable_that_leads_nowhere_is_refused(closed_shop: World, tmp_path: Path) -> None:
    """KUBECONFIG is told apart from the option no less clearly."""
    with unchanged(closed_shop):
        run = Pointsman(closed_shop, tmp_path / "absent").switch("v2").must_be(2, "failed")
    assert str(tmp_path / "absent") in run.why


def test_an_api_server_out_of_reach_is_exit_3(closed_shop: World, tmp_path: Path) -> None:
    """Nobody listens at that address: the server is named, and it is safe to run again."""
    viewed = closed_shop.kubectl("config", "view", "--raw", "-ojson")
    config = json.loads(viewed)
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(json.dumps(config))
    with unchanged(closed_shop):
        run = Pointsman(closed_shop, elsewhere).switch("v2").must_be(3, "failed")
    assert "https://127.0.0.1:9 cannot be reached" in run.why
    assert "safe to run again" in run.advice


_SWITCH = ("blue-green-switch", "--namespace", "any", "--service", "shop", "--image", _IMAGE)


_CONTRADICTIONS: list[tuple[list[str], str]] = [
    ([*_SWITCH, "--keep-warm", "5s"], "--keep-warm means nothing with --cleanup keep"),
    ([*_SWITCH, "--version-header", "X-V"], "--version-header needs --url"),
    ([*_SWITCH, "--bake", "10m", "--timeout", "5m"], "--timeout is not longer"),
    ([*_SWITCH, "--blue", "a", "--green", "a"], "--blue and --green are both a"),
    ([*_SWITCH, "--adopt", "shop-blue"], "--adopt names one of the colours"),
    ([*_SWITCH, "--bake", "soon"], "--bake: "),
    ([*_SWITCH, "--cleanup", "burn"], "'burn' is none of: keep, scale-down, update"),
    (["blue-green-switch", "--service", "shop"], "--namespace is missing"),
    (["rollback", "--namespace", "any"], "give either --service or --workload"),
    (
        ["rollback", "--namespace", "any", "--service", "shop", "--workload", "deployment/shop"],
        "give either --service or --workload",
    ),
    (["verify-health"], "there is nothing to verify"),
]


def test_contradictory_inputs_are_refused(closed_shop: World) -> None:
    """Inputs that would be ignored, or cannot hold together, are exit 2 before anything is written."""
    with unchanged(closed_shop):
        for arguments, said in _CONTRADICTIONS:
            given = [closed_shop.namespace if one == "any" else one for one in arguments]
            run = Pointsman(closed_shop).run_raw(*given).must_be(2, "failed")
            assert said in run.why


def test_an_unknown_option_is_refused(closed_shop: World) -> None:
    """A misspelt option is never ignored; the right word is offered."""
    with unchanged(closed_shop):
        run = Pointsman(closed_shop).switch("v2", cleanpu="keep")
    assert run.exit_code == 2
    assert "--cleanpu" in run.stderr
    assert "--cleanup" in run.stderr


_MALFORMED = {
    "version: 1\nservices:\n  shop:\n    baek: 5s\n": ":4: 'baek' is not known here",
    "version: 1\nservices:\n  shop: [\n": ":4: ",
    "version: 7\n": ":1: version 7 is not known",
    "services:\n  shop:\n    bake:\n      - 5s\n": ":3: bake takes a single value",
}


def test_a_malformed_configuration_is_refused_with_file_and_line(closed_shop: World, tmp_path: Path) -> None:
    """pointsman.yaml: every mistake has a file, a line and a way out."""
    file = tmp_path / "pointsman.yaml"
    with unchanged(closed_shop):
        for text, said in _MALFORMED.items():
            file.write_text(text)
            run = Pointsman(closed_shop).switch("v2", config=str(file)).must_be(2, "failed")
            assert f"{file}{said}" in run.why
            assert run.advice

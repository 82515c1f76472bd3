"""Finding the two colours, and every reason not to touch them."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.kube.access import Permission, missing_from, require
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.colours import base_selector, colours_of, pod_labels, selects, target_port
from pointsman.adapters.kube.ownership import owner_of_selector_key, refuse_foreign_owner, refuse_gitops_owner
from pointsman.adapters.routers.service_selector import Colours
from pointsman.model.errors import InputError, NotPermitted
from tests.fakes.kube_server import KubeServer
from tests.unit.adapters.deployments import deployment, service

BLUE, GREEN = "shop-blue", "shop-green"
BOTH = [deployment(BLUE), deployment(GREEN)]
VALUES = Colours("version", {BLUE: "blue", GREEN: "green"})


def labelled(item: dict[str, Any], **labels: str | None) -> dict[str, Any]:
    kept = item["spec"]["template"]["metadata"]["labels"]
    kept.update(labels)
    for key in [key for key, value in labels.items() if value is None]:
        del kept[key]
    return item


def test_the_pods_labels_tell_the_colours() -> None:
    assert colours_of(service(), BOTH, BLUE, GREEN, "version") == VALUES


def test_a_colour_that_is_not_there_yet_gets_its_own_word() -> None:
    assert colours_of(service(), [BOTH[0]], BLUE, GREEN, "version") == VALUES


@pytest.mark.parametrize(
    ("item", "deployments", "words"),
    [
        pytest.param(service({"app": "shop"}), BOTH, "has no key 'version'", id="a selector without the key"),
        pytest.param(service({}), BOTH, "it has nothing", id="no selector at all"),
        pytest.param(service(type="ExternalName"), BOTH, "ExternalName", id="an external name"),
        pytest.param(
            service(), [deployment(BLUE), labelled(deployment(GREEN), version="blue")], "both carry version=blue",
            id="one label for both",
        ),
        pytest.param(
            service(), [deployment(BLUE), labelled(deployment(GREEN), version=None)], "no label 'version'",
            id="a colour without the label",
        ),
        pytest.param(
            service(), [deployment(BLUE), labelled(deployment(GREEN), app="web")], "app='web'",
            id="a colour the Service would not select",
        ),
        pytest.param(
            service(), [deployment(BLUE), deployment(GREEN, spec={"paused": True})], "is paused", id="a paused colour"
        ),
        pytest.param(
            service(), [*BOTH, labelled(deployment("shop-old"), version="blue")], "two Deployments match version=blue",
            id="a third with the same label",
        ),
    ],
)  # fmt: skip
def test_what_makes_a_switch_unsafe_is_refused(
    item: dict[str, Any], deployments: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(InputError, match=words) as refused:
        colours_of(item, deployments, BLUE, GREEN, "version")
    assert refused.value.advice


def test_when_adopting_the_service_may_name_no_colour_yet() -> None:
    plain = labelled(deployment("shop"), version=None)
    assert colours_of(service({"app": "shop"}), [plain], BLUE, GREEN, "version", adopting=True) == VALUES


def test_the_pods_of_both_colours_are_selected_together() -> None:
    assert pod_labels(service(), VALUES) == "app=shop"
    assert pod_labels(service({"version": "blue"}), VALUES) == "version in (blue,green)"
    assert base_selector(service(), "version") == {"app": "shop"}


def test_an_empty_selector_selects_nothing() -> None:
    assert not selects({}, BOTH[0])
    assert selects({"app": "shop"}, BOTH[0])
    assert not selects({"app": "web"}, BOTH[0])


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param("", ("http", "8080"), id="the first one unless told"),
        pytest.param("8080", ("http", "8080"), id="by target port"),
        pytest.param("80", ("http", "8080"), id="by the Service's port"),
        pytest.param("http", ("http", "8080"), id="by name"),
        pytest.param("9000", ("", "9000"), id="a port no port of the Service leads to"),
    ],
)
def test_the_port_that_is_asked(wanted: str, expected: tuple[str, str]) -> None:
    assert target_port(service(), wanted) == expected


def test_a_port_without_target_or_name_is_itself() -> None:
    assert target_port(service(ports=[{"port": 80}]), "") == ("80", "80")
    assert target_port(service(ports=None), "") == ("", "")


@pytest.mark.parametrize(
    ("metadata", "product"),
    [
        ({"ownerReferences": [{"kind": "Rollout"}]}, "Argo Rollouts"),
        ({"ownerReferences": [{"kind": "Canary"}]}, "Flagger"),
        ({"annotations": {"argo-rollouts.argoproj.io/managed-by-rollouts": "shop"}}, "Argo Rollouts"),
        ({"labels": {"rollouts.kruise.io/in-progressing": "x"}}, "OpenKruise Rollouts"),
    ],
)
def test_another_release_controllers_object_is_refused(metadata: dict[str, Any], product: str) -> None:
    with pytest.raises(InputError, match=product):
        refuse_foreign_owner(service(metadata=metadata))


def test_an_object_of_nobody_in_particular_is_fine() -> None:
    refuse_foreign_owner(service(metadata={"ownerReferences": [{"kind": "ReplicaSet"}], "labels": None}))


@pytest.mark.parametrize(
    ("manager", "selector", "refused"),
    [
        pytest.param("argocd-controller", {"f:version": {}}, True, id="Argo CD owns the key"),
        pytest.param("kustomize-controller", {}, True, id="Flux owns the whole selector"),
        pytest.param("argocd-controller", {"f:app": {}}, False, id="Argo CD owns another key"),
        pytest.param("kubectl", {"f:version": {}}, False, id="a person owns the key"),
    ],
)
def test_a_gitops_controller_that_would_set_it_back_is_refused(
    manager: str, selector: dict[str, Any], refused: bool
) -> None:
    fields = [{"manager": manager, "fieldsV1": {"f:spec": {"f:selector": selector}}}]
    item = service(metadata={"managedFields": fields})
    if refused:
        with pytest.raises(InputError, match=manager):
            refuse_gitops_owner(item, "version")
    else:
        refuse_gitops_owner(item, "version")
        assert owner_of_selector_key(item, "app") in ("argocd-controller", "")


GET_PODS = Permission("", "pods/proxy", ("get",))
PATCH = Permission("apps", "deployments", ("get", "patch"))


def rule(verbs: list[str], groups: list[str], resources: list[str], names: list[str] | None = None) -> dict[str, Any]:
    return {"verbs": verbs, "apiGroups": groups, "resources": resources, "resourceNames": names or []}


@pytest.mark.parametrize(
    ("rules", "need", "missing"),
    [
        pytest.param([], PATCH, ("get", "patch"), id="no rule"),
        pytest.param([rule(["*"], ["*"], ["*"])], PATCH, (), id="everything"),
        pytest.param([rule(["get"], ["apps"], ["deployments"])], PATCH, ("patch",), id="one verb of two"),
        pytest.param(
            [rule(["get"], ["apps"], ["deployments"]), rule(["patch"], ["apps"], ["*"])], PATCH, (), id="two rules"
        ),
        pytest.param([rule(["*"], [""], ["deployments"])], PATCH, ("get", "patch"), id="another group"),
        pytest.param([rule(["*"], ["apps"], ["deployments"], ["one"])], PATCH, ("get", "patch"), id="named objects"),
        pytest.param([rule(["get"], [""], ["pods"])], GET_PODS, ("get",), id="the pod is not its proxy"),
        pytest.param([rule(["get"], [""], ["*/proxy"])], GET_PODS, (), id="every proxy"),
    ],
)
def test_permissions(rules: list[dict[str, Any]], need: Permission, missing: tuple[str, ...]) -> None:
    lacking = missing_from(rules, [need])
    assert (lacking[0].verbs if lacking else ()) == missing


def test_every_missing_permission_is_listed_at_once(kube: KubeServer, api: KubeApi) -> None:
    kube.reviews = {"resourceRules": [], "incomplete": False}
    with pytest.raises(NotPermitted, match=r"get pods/proxy; get, patch deployments \(apps\)") as refused:
        require(api, [GET_PODS, PATCH], "the Role of the house")
    assert refused.value.advice == "give it the Role of the house; nothing was changed"


def test_an_authorizer_that_cannot_list_its_rules_proves_nothing(kube: KubeServer, api: KubeApi) -> None:
    kube.reviews = {"resourceRules": [], "incomplete": True}
    require(api, [PATCH], "the Role of the house")
    assert len(kube.asked) == 1

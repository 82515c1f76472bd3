"""Who owns which field, as managedFields tells it."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.kube.ownership import fields_of, owner_of, pointer, readable, refuse_gitops_field
from pointsman.model.drift import Field
from pointsman.model.errors import InputError
from tests.unit.adapters.deployments import deployment

IMAGE = {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}, "f:name": {}}}}}}
REPLICAS = {"f:replicas": {}}


def written(*entries: tuple[str, dict[str, Any], str]) -> dict[str, Any]:
    """A Deployment with a container `app`, whose fields of spec were written by (manager, fields, time)."""
    item = deployment("shop-green")
    item["metadata"]["managedFields"] = [
        {"manager": manager, "fieldsV1": {"f:spec": fields}, **({"time": time} if time else {})}
        for manager, fields, time in entries
    ]
    return item


@pytest.mark.parametrize(
    ("item", "field", "manager"),
    [
        pytest.param(written(("kubectl-set", IMAGE, "1")), Field.IMAGE, "kubectl-set", id="the image"),
        pytest.param(written(("kubectl", REPLICAS, "")), Field.INSTANCES, "kubectl", id="a scale has no time"),
        pytest.param(written(("kubectl", REPLICAS, "1")), Field.IMAGE, "", id="another field"),
        pytest.param(written(("a", IMAGE, "1"), ("b", IMAGE, "2")), Field.IMAGE, "b", id="the newest of two"),
        pytest.param(written(("a", {"f:template": {}}, "1")), Field.IMAGE, "a", id="a whole map"),
        pytest.param(deployment("shop-green"), Field.IMAGE, "", id="nobody"),
    ],
)  # fmt: skip
def test_the_owner_of_a_field_is_who_wrote_it_last(item: dict[str, Any], field: Field, manager: str) -> None:
    assert owner_of(item, fields_of(item, field)[0]) == manager


def test_a_field_is_called_what_people_call_it() -> None:
    (path,) = fields_of(deployment("shop-green"), Field.IMAGE)
    assert readable(path) == "spec.template.spec.containers[app].image"
    assert pointer(path) == "/spec/template/spec/containers/*/image"


@pytest.mark.parametrize(
    ("manager", "product"),
    [("argocd-controller", "Argo CD"), ("kustomize-controller", "Flux"), ("fleetagent", "Fleet")],
)
@pytest.mark.parametrize(("field", "fields"), [(Field.IMAGE, IMAGE), (Field.INSTANCES, REPLICAS)])
def test_a_field_that_a_gitops_tool_would_set_back_is_refused(
    manager: str, product: str, field: Field, fields: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match=product) as refused:
        refuse_gitops_field(written((manager, fields, "1")), field)
    assert manager in refused.value.message
    assert "ignore /spec/" in refused.value.advice


def test_a_field_of_somebody_else_is_not() -> None:
    refuse_gitops_field(written(("argocd-controller", REPLICAS, "1"), ("helm", IMAGE, "1")), Field.IMAGE)

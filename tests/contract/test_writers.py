"""What every router and workload promises that knows who wrote its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.routers.ingress_canary import WEIGHT
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.model.drift import Field
from pointsman.model.split import Split
from pointsman.ports.writers import KnowsWriters
from pointsman.testing import FakeRouter, FakeWorkload
from tests.cluster.harness.shop import blue
from tests.cluster.harness.world import Object, World
from tests.contract.gateway_shop import gateway_shop_of
from tests.contract.ingress_shop import ingress_shop_of
from tests.contract.istio_shop import Style, istio_shop_of
from tests.contract.kubernetes_shop import COLOURS_OF, Fence, api_of, shop_of
from tests.contract.local_service import BLUE, GREEN
from tests.contract.routed_shop import RoutedShop
from tests.contract.worlds import Factory

BY = "night-shift"


@dataclass
class WritersWorld:
    """`edits` has somebody called night-shift write a field of BLUE; `look` lets the port see it."""

    port: KnowsWriters
    edits: dict[Field, Callable[[], object]]
    look: Callable[[], object]
    delete: Callable[[], object] = lambda: None


@contextmanager
def fake_router(_: pytest.FixtureRequest) -> Iterator[WritersWorld]:
    router = FakeRouter(BLUE, GREEN)
    yield WritersWorld(router, {Field.ROUTE: lambda: router.edit(Split(BLUE, GREEN, 100), BY)}, router.read)


@contextmanager
def fake_workload(_: pytest.FixtureRequest) -> Iterator[WritersWorld]:
    workload = FakeWorkload({"v1": None, "v2": None})
    workload.place(BLUE, {"app": "v1"}, 2)
    edits: dict[Field, Callable[[], object]] = {
        Field.IMAGE: lambda: workload.edit(BLUE, BY, images={"app": "v2"}),
        Field.INSTANCES: lambda: workload.edit(BLUE, BY, instances=1),
    }
    yield WritersWorld(workload, edits, lambda: workload.observe(BLUE), lambda: workload.vanish(BLUE))


@contextmanager
def service_selector(request: pytest.FixtureRequest) -> Iterator[WritersWorld]:
    shop = shop_of(request)
    shop.send_users_to(BLUE)
    router = shop.router(fence=2)
    patch = '{"spec": {"selector": {"version": "green"}}}'
    edit = ("patch", "service", "shop", f"--field-manager={BY}", f"--patch={patch}")
    yield WritersWorld(router, {Field.ROUTE: lambda: shop.world.kubectl(*edit)}, router.read)
    shop.send_users_to(BLUE)


def routed(shop: RoutedShop, edit: Object) -> WritersWorld:
    """Somebody edits the route of a shop."""
    router = shop.router(fence=2)
    return WritersWorld(router, {Field.ROUTE: lambda: shop.edit(BY, edit)}, router.read)


@contextmanager
def gateway_api(request: pytest.FixtureRequest) -> Iterator[WritersWorld]:
    shop = gateway_shop_of(request)
    shop.reset()
    yield routed(shop, {"op": "replace", "path": "/spec/rules/0/backendRefs/0/weight", "value": 5})


@contextmanager
def istio(request: pytest.FixtureRequest) -> Iterator[WritersWorld]:
    shop = istio_shop_of(request, Style.HOSTS)
    yield routed(shop, {"op": "add", "path": "/spec/http/2/route/0/weight", "value": 100})


@contextmanager
def ingress_nginx(request: pytest.FixtureRequest) -> Iterator[WritersWorld]:
    shop = ingress_shop_of(request)
    shop.reset()
    router = shop.router(fence=2)
    router.write(Split(BLUE, GREEN, 30))
    edit = f"{WEIGHT}=5"
    named = ("annotate", "ingress", "web-canary", "--overwrite", f"--field-manager={BY}", edit)
    yield WritersWorld(router, {Field.ROUTE: lambda: shop.world.kubectl(*named)}, router.read)


@contextmanager
def kubernetes_deployment(request: pytest.FixtureRequest) -> Iterator[WritersWorld]:
    world = World(request.getfixturevalue("cluster"))
    request.addfinalizer(world.remove)
    world.apply(blue("v1", replicas=0))
    workload = DeploymentWorkload(api_of(world), "app=shop", COLOURS_OF, Fence(1), SystemClock())
    image = '[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "localhost/app:v2"}]'
    fewer = '[{"op": "replace", "path": "/spec/replicas", "value": 1}]'

    def edit(patch: str) -> Callable[[], object]:
        named = ("patch", "deployment", BLUE, f"--field-manager={BY}", "--type=json", f"--patch={patch}")
        return lambda: world.kubectl(*named)

    yield WritersWorld(
        workload,
        {Field.IMAGE: edit(image), Field.INSTANCES: edit(fewer)},
        lambda: workload.wait(0.2),
        lambda: world.delete("deployment", BLUE),
    )


WITH_WRITERS: list[Factory[WritersWorld]] = [
    fake_router,
    fake_workload,
    service_selector,
    gateway_api,
    istio,
    ingress_nginx,
    kubernetes_deployment,
]
VERSIONS: list[Factory[WritersWorld]] = [fake_workload, kubernetes_deployment]


@pytest.fixture(params=WITH_WRITERS, ids=lambda factory: factory.__name__)
def world(request: pytest.FixtureRequest) -> Iterator[WritersWorld]:
    factory: Factory[WritersWorld] = request.param
    with factory(request) as made:
        yield made


@pytest.fixture(params=VERSIONS, ids=lambda factory: factory.__name__)
def versions(request: pytest.FixtureRequest) -> Iterator[WritersWorld]:
    factory: Factory[WritersWorld] = request.param
    with factory(request) as made:
        yield made


def until(world: WritersWorld, field: Field, manager: str) -> None:
    """Look until `field` was written by `manager`; one that never is fails the test."""
    for _ in range(100):
        world.look()
        if world.port.writer(BLUE, field).manager == manager:
            return
        SystemClock().sleep(0.05)
    raise AssertionError(f"not written by {manager!r}: {world.port.writer(BLUE, field)}")


def test_who_writes_a_field_is_named_with_the_field(world: WritersWorld) -> None:
    for field, edit in world.edits.items():
        assert world.port.writer(BLUE, field).manager != BY
        edit()
        until(world, field, BY)
        assert world.port.writer(BLUE, field).field


def test_who_writes_one_field_is_not_blamed_for_the_other(versions: WritersWorld) -> None:
    versions.edits[Field.IMAGE]()
    until(versions, Field.IMAGE, BY)
    assert versions.port.writer(BLUE, Field.INSTANCES).manager != BY


def test_of_what_is_gone_nobody_is_known_and_it_still_has_a_name(versions: WritersWorld) -> None:
    versions.edits[Field.IMAGE]()
    until(versions, Field.IMAGE, BY)
    versions.delete()
    until(versions, Field.IMAGE, "")
    assert BLUE in versions.port.writer(BLUE, Field.EXISTENCE).field

"""What every prober promises."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local.loopback import free_port
from pointsman.adapters.probers.http_url import HttpUrlProber
from pointsman.adapters.probers.pod_proxy import PodProxyProber
from pointsman.demo.app import Behaviour, Shop, server_of
from pointsman.model.errors import InputError
from pointsman.model.expectation import Expectation
from pointsman.ports.prober import Prober
from pointsman.testing import FakeProber
from tests.contract.kubernetes_shop import shop_of, unreachable_api
from tests.contract.local_service import BLUE


@dataclass
class ProberWorld:
    """`well` answers 200, `sick` an error, `silent` nothing, `empty` has no instance. `cut_off` asks a
    service that nobody can reach."""

    prober: Prober
    cut_off: Prober
    well: str = "well"
    sick: str = "sick"
    silent: str = "silent"
    empty: str = "empty"
    sick_status: int = 503


@contextmanager
def fake_prober(_: pytest.FixtureRequest | None = None) -> Iterator[ProberWorld]:
    versions: dict[str, int | list[int] | None] = {"well": 200, "sick": 503, "silent": 0, "empty": None}
    yield ProberWorld(FakeProber(versions), FakeProber(service=0))


@contextmanager
def http_url(_: pytest.FixtureRequest | None = None) -> Iterator[ProberWorld]:
    with shop(Behaviour("v1")) as well, shop(Behaviour("v2", sick_after=0)) as sick:
        addresses = {"well": [well, well], "sick": [sick], "silent": [nowhere()], "empty": []}
        prober = HttpUrlProber(SystemClock(), addresses.__getitem__, f"{well}/", marker_header="X-Version")
        yield ProberWorld(prober, HttpUrlProber(SystemClock(), addresses.__getitem__, nowhere()))


@contextmanager
def shop(behaviour: Behaviour) -> Iterator[str]:
    server = server_of(Shop(behaviour), 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"


@contextmanager
def pod_proxy(request: pytest.FixtureRequest) -> Iterator[ProberWorld]:
    shop = shop_of(request)
    cut_off = PodProxyProber(unreachable_api(), "shop", "http", "http", Expectation(), shop.ready_pods, shop.clock)
    yield ProberWorld(shop.prober, cut_off, BLUE, "shop-sick", "shop-silent", "shop-none", sick_status=500)


Factory = Callable[[pytest.FixtureRequest], AbstractContextManager[ProberWorld]]
PROBERS: list[Factory] = [fake_prober, http_url, pod_proxy]


@pytest.fixture(params=PROBERS, ids=lambda factory: factory.__name__)
def world(request: pytest.FixtureRequest) -> Iterator[ProberWorld]:
    factory: Factory = request.param
    with factory(request) as made:
        yield made


def test_a_version_is_asked_as_often_as_told(world: ProberWorld) -> None:
    probes = world.prober.probe_version(world.well, 5)
    assert len(probes) == 5
    assert all(probe.ok and probe.reached and probe.status == 200 for probe in probes)


def test_a_sick_version_answers_for_itself(world: ProberWorld) -> None:
    (probe,) = world.prober.probe_version(world.sick, 1)
    assert (probe.ok, probe.reached, probe.status) == (False, True, world.sick_status)
    assert str(world.sick_status) in probe.detail


def test_an_instance_that_says_nothing_is_a_failed_probe_and_no_error(world: ProberWorld) -> None:
    (probe,) = world.prober.probe_version(world.silent, 1)
    assert not probe.ok
    assert probe.status not in range(1, 500)
    assert probe.detail


def test_where_there_is_nobody_to_ask_there_is_no_answer(world: ProberWorld) -> None:
    assert list(world.prober.probe_version(world.empty, 3)) == []


def test_the_service_is_asked_once_as_its_users_do(world: ProberWorld) -> None:
    probe = world.prober.probe_service()
    assert (probe.ok, probe.reached) == (True, True)


def test_a_broken_way_says_nothing_about_the_version(world: ProberWorld) -> None:
    probe = world.cut_off.probe_service()
    assert (probe.ok, probe.reached, probe.status) == (False, False, 0)


def test_an_answer_over_http_names_the_version_in_the_header_that_was_asked_for() -> None:
    with http_url() as world:
        assert world.prober.probe_service().marker == "v1"
        assert world.prober.probe_version("sick", 1)[0].marker == "v2"


def test_an_expectation_decides_what_is_healthy_over_http() -> None:
    def only_v2(_: int, body: str) -> str:
        return "" if "v2" in body else "another version"

    with shop(Behaviour("v1")) as address:
        prober = HttpUrlProber(SystemClock(), lambda _: [address], address, mismatch=only_v2)
        (probe,) = prober.probe_version("well", 1)
    assert (probe.ok, probe.status, probe.detail) == (False, 200, "another version")


@pytest.mark.parametrize("address", ["shop.example", "ftp://shop.example", "http://"])
def test_what_is_no_http_address_is_refused(address: str) -> None:
    prober = HttpUrlProber(SystemClock(), lambda _: [], address)
    with pytest.raises(InputError, match="HTTP address"):
        prober.probe_service()

"""The worlds that the suites run in: for each port a list of factories, one for the fake and one per
adapter.

A factory is a context manager that gets pytest's `request`, so it can ask for what it needs (a temporary
folder, a cluster). A new adapter is one more factory in a list here; the suites do not change.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.guards.dead_man_job import DeadManJob
from pointsman.adapters.guards.dead_man_manifest import Post
from pointsman.adapters.local import envoy
from pointsman.adapters.local.files import replace_file
from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.platform import ask_to_remove, wait_until_gone
from pointsman.adapters.local.routes import Written, routes
from pointsman.adapters.local.service import Service
from pointsman.adapters.probers.http_url import ask
from pointsman.adapters.records.config_map import ConfigMapRecord
from pointsman.adapters.records.file_lock import FileLock
from pointsman.adapters.records.file_record import FileRecord
from pointsman.adapters.records.lease import LeaseLock
from pointsman.adapters.records.lease_object import LONG_DEAD, Watched
from pointsman.adapters.records.lease_watch import LeaseWatch
from pointsman.adapters.routers.local_envoy import LocalEnvoyRouter
from pointsman.adapters.routers.measured import MeasuredMatchingRouter
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.adapters.workloads.local_process import LocalProcessWorkload
from pointsman.model.split import Split
from pointsman.model.version import Problem, VersionState
from pointsman.ports.clock import Clock
from pointsman.ports.guard import DeadMan, LockWatch
from pointsman.ports.record import Lock, RecordStore, Stamps
from pointsman.ports.router import Router
from pointsman.ports.workload import Workload
from pointsman.testing import (
    FakeClock,
    FakeDeadMan,
    FakeLock,
    FakeLockWatch,
    FakeProgress,
    FakeRecords,
    FakeRouter,
    FakeWorkload,
)
from tests.contract.contour_shop import contour_shop_of
from tests.contract.gateway_shop import gateway_shop_of
from tests.contract.ingress_shop import ingress_shop_of
from tests.contract.istio_shop import Style, istio_shop_of
from tests.contract.kubernetes_shop import empty_namespace, fresh_deployment, shop_of
from tests.contract.local_service import BLUE, GREEN, described
from tests.contract.routed_shop import RoutedShop

W = TypeVar("W")
Factory = Callable[[pytest.FixtureRequest], AbstractContextManager[W]]


@dataclass
class RouterWorld:
    """All requests go to `stable` at first. `beside` is another run's router on the same object; `request`
    sends one as a user and says which version answered, `request_with` one with these headers; `revision` changes
    with each write that changed something. `bereft` is a router whose candidate has no ready instance."""

    router: Router
    stamps: Stamps
    beside: Callable[[], Router]
    request: Callable[[], str]
    revision: Callable[[], object]
    breathe: Callable[[], None]
    request_with: Callable[[Mapping[str, str]], str] | None = None
    bereft: Callable[[], Router] | None = None
    stable: str = BLUE
    candidate: str = GREEN

    def split(self, weight: int) -> Split:
        """`weight` percent on the candidate."""
        return Split(self.stable, self.candidate, weight)

    def settle(self, split: Split) -> None:
        """Look until `split` is served; a router that never gets there fails the test."""
        for _ in range(200):
            if self.router.settled(split).reached:
                return
            self.breathe()
        raise AssertionError(f"not served: {self.router.settled(split)}")


@dataclass
class WorkloadWorld:
    """Version `there` runs `images` with two instances; `missing` does not exist yet. `beside` is another run,
    `older` one whose lock was taken over before; `stamps` is what the newer one leaves. `other` are other
    images that run well, `broken` some that end soon after their start, `unknown` some that nobody has."""

    workload: Workload
    stamps: Stamps
    beside: Callable[[], Workload]
    older: Callable[[], Workload]
    images: dict[str, str]
    other: dict[str, str]
    broken: dict[str, str]
    unknown: dict[str, str]
    there: str = BLUE
    missing: str = GREEN

    def until(self, name: str, condition: Callable[[VersionState], bool]) -> VersionState:
        """The state of `name` once `condition` holds; one that never does fails the test."""
        for _ in range(120):
            state = self.workload.observe(name)
            if state is not None and condition(state):
                return state
            self.workload.wait(0.5)
        raise AssertionError(f"it never came to that: {self.workload.observe(name)}")

    def rolled_out(self, name: str) -> VersionState:
        """The state of `name` once it is as wanted."""
        return self.until(name, lambda state: state.rolled_out)


@dataclass
class RecordWorld:
    """No record at first. `edit` changes the kept text behind everybody's back."""

    records: RecordStore
    beside: Callable[[], RecordStore]
    edit: Callable[[Callable[[str], str]], None]


@dataclass
class LockWorld:
    """`lock` makes a run's lock by the name of its holder. A run that is not heard of while `pass_time`
    passes has vanished. `forget` is somebody who deletes what is kept of the lock."""

    lock: Callable[[str], Lock]
    pass_time: Callable[[float], None]
    forget: Callable[[], None]
    lease: float = 60.0

    def superseded(self, lock: Lock, wanted: str) -> str:
        """Who superseded this holder, once it is `wanted`, or at last: news of others may take a moment."""
        for _ in range(50):
            if (found := lock.superseded()) == wanted:
                break
            time.sleep(0.1)
        return found


@dataclass
class DeadManWorld:
    """`guard` makes a run's dead-man switch; `guarded` says which release one guards now, empty when none does."""

    guard: Callable[[], DeadMan]
    guarded: Callable[[], str]


@dataclass
class LockWatchWorld:
    """`lock` makes a run's lock by the name of its holder, `watch` a guard's view of it."""

    lock: Callable[[str], Lock]
    watch: Callable[[], LockWatch]
    pass_time: Callable[[float], None]
    lease: float = 60.0


@dataclass
class ClockWorld:
    """`stop` is what a signal does."""

    clock: Clock
    stop: Callable[[], None]


@contextmanager
def fake_router(_: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    router = FakeRouter(BLUE, GREEN, lag=3)

    def changes() -> int:
        return len(router.writes) + len(router.rules)

    world = RouterWorld(router, router, router.beside, router.request, changes, lambda: None)
    world.request_with = router.request
    world.bereft = lambda: FakeRouter(BLUE, GREEN, empty={GREEN})
    yield world


@contextmanager
def fake_switch(_: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    router = FakeRouter(BLUE, GREEN, lag=1, only_whole=True)
    yield RouterWorld(router, router, router.beside, router.request, lambda: len(router.writes), lambda: None)


@contextmanager
def local_envoy(request: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    folder, service = request.getfixturevalue("running_service")
    clock = SystemClock()

    def router() -> LocalEnvoyRouter:
        return LocalEnvoyRouter(folder, service, clock, BLUE, GREEN)

    def answered_by(headers: Mapping[str, str] | None = None) -> str:
        url = f"http://127.0.0.1:{service.port}/"
        return ask(url, clock, 5.0, envoy.SERVED_BY, headers=headers or {}).marker

    ours = router()
    world = RouterWorld(ours, ours, router, answered_by, folder.routes.read_text, lambda: clock.sleep(0.05))
    world.request_with = answered_by
    world.bereft = lambda: envoy_without_instances(request.getfixturevalue("tmp_path"))
    router().match(None)
    world.beside().write(world.split(0))
    world.settle(world.split(0))
    yield world


def envoy_without_instances(root: Path) -> LocalEnvoyRouter:
    """The router of a service that was described, and of which nothing runs."""
    folder, service = described(root)
    replace_file(folder.routes, routes(Written(1, {BLUE: 100, GREEN: 0})))
    for name in service.versions:
        replace_file(folder.endpoints(name), envoy.endpoints(name, []))
    return LocalEnvoyRouter(folder, service, SystemClock(), BLUE, GREEN)


@contextmanager
def fake_workload(_: pytest.FixtureRequest) -> Iterator[WorkloadWorld]:
    crash = Problem("CrashLoopBackOff", f"{BLUE}-1", "exited with 1")
    workload = FakeWorkload({"v1": None, "v2": None, "v3": crash}, slow=2)
    workload.place(BLUE, {"app": "v1"}, 2)
    yield WorkloadWorld(
        workload,
        workload,
        workload.beside,
        workload.beside,
        {"app": "v1"},
        {"app": "v2"},
        {"app": "v3"},
        {"app": "none"},
    )


@contextmanager
def local_process(request: pytest.FixtureRequest) -> Iterator[WorkloadWorld]:
    folder, service = described(request.getfixturevalue("tmp_path"))
    workload = LocalProcessWorkload(folder, service, SystemClock())

    def another() -> LocalProcessWorkload:
        return LocalProcessWorkload(folder, service, SystemClock())

    world = WorkloadWorld(
        workload,
        workload,
        another,
        another,
        {"app": "shop:v1"},
        {"app": "shop:v2"},
        {"app": "shop:crashing"},
        {"app": "shop:nobody-has-it"},
    )
    try:
        workload.deploy(BLUE, "shop:v1", 2)
        world.rolled_out(BLUE)
        yield world
    finally:
        remove_all(folder, service)


def remove_all(folder: Folder, service: Service) -> None:
    """End every process of every version."""
    for name in service.versions:
        ask_to_remove(folder, name)
    for name in service.versions:
        wait_until_gone(folder, name, service, SystemClock())


@contextmanager
def fake_records(_: pytest.FixtureRequest) -> Iterator[RecordWorld]:
    records = FakeRecords()
    yield RecordWorld(records, records.beside, lambda change: records.edit(change(records.text())))


@contextmanager
def file_record(request: pytest.FixtureRequest) -> Iterator[RecordWorld]:
    path = request.getfixturevalue("tmp_path") / "records" / "shop.json"

    def edit(change: Callable[[str], str]) -> None:
        path.write_text(change(path.read_text()))

    yield RecordWorld(FileRecord(path), lambda: FileRecord(path), edit)


@contextmanager
def fake_lock(_: pytest.FixtureRequest) -> Iterator[LockWorld]:
    clock = FakeClock()
    first = FakeLock("nobody", clock)
    yield LockWorld(first.beside, clock.sleep, first.forget)


@contextmanager
def file_lock(request: pytest.FixtureRequest) -> Iterator[LockWorld]:
    path, clock = request.getfixturevalue("tmp_path") / "shop.lease.json", FakeClock()
    made: list[FileLock] = []

    def lock(holder: str) -> FileLock:
        made.append(FileLock(path, holder, clock))
        return made[-1]

    yield LockWorld(lock, clock.sleep, path.unlink)
    for each in made:
        each.release()


@contextmanager
def fake_clock(_: pytest.FixtureRequest) -> Iterator[ClockWorld]:
    clock = FakeClock()
    yield ClockWorld(clock, lambda: clock.stop("SIGINT"))


@contextmanager
def system_clock(_: pytest.FixtureRequest) -> Iterator[ClockWorld]:
    clock = SystemClock()
    yield ClockWorld(clock, lambda: clock.stop("SIGINT"))


@contextmanager
def service_selector(request: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    shop = shop_of(request)
    shop.send_users_to(BLUE)
    ours = shop.router(fence=2)
    yield RouterWorld(
        ours, ours, lambda: shop.router(fence=2), shop.answered_by, shop.revision, lambda: shop.clock.sleep(0.1)
    )


@contextmanager
def kubernetes_deployment(request: pytest.FixtureRequest) -> Iterator[WorkloadWorld]:
    with fresh_deployment(request, BLUE) as workload_with:
        ours = workload_with(2)
        images = [{"app": f"localhost/app:{tag}"} for tag in ("v1", "v2", "crash", "nobody-has-it")]
        yield WorkloadWorld(ours, ours, lambda: workload_with(2), lambda: workload_with(1), *images)


def routed(shop: RoutedShop, settle: float = SETTLE_SECONDS) -> RouterWorld:
    """The world of a shop whose route is as the user wrote it. Without `settle` requests alone say when a weight is
    served, as canary-step has it with --url."""

    def measured() -> MeasuredMatchingRouter:
        return shop.measured(fence=2, settle=settle)

    ours = measured()
    world = RouterWorld(ours, ours, measured, shop.answered_by, shop.revision, lambda: shop.clock.sleep(0.1))
    world.request_with, world.bereft = shop.answered_by, lambda: shop.router(fence=2, ready=lambda _: 0)
    return world


@contextmanager
def gateway_api(request: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    shop = gateway_shop_of(request)
    shop.reset()
    yield routed(shop)


@contextmanager
def gateway_api_of_contour(request: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    shop = contour_shop_of(request)
    shop.reset()
    yield routed(shop, settle=0.0)


@contextmanager
def istio_hosts(request: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    yield routed(istio_shop_of(request, Style.HOSTS))


@contextmanager
def istio_subsets(request: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    yield routed(istio_shop_of(request, Style.SUBSETS))


@contextmanager
def ingress_nginx(request: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    shop = ingress_shop_of(request)
    shop.reset()
    ours = shop.measured(fence=2)
    world = RouterWorld(
        ours, ours, lambda: shop.measured(fence=2), shop.answered_by, shop.revision, lambda: shop.clock.sleep(0.1)
    )
    empty = {BLUE: 2, GREEN: 0}
    world.request_with, world.bereft = shop.answered_by, lambda: shop.router(fence=2, ready=empty.__getitem__)
    yield world


@contextmanager
def config_map(request: pytest.FixtureRequest) -> Iterator[RecordWorld]:
    world, api = empty_namespace(request)

    def edit(change: Callable[[str], str]) -> None:
        text = world.get("configmap", "pointsman-shop")["data"]["record.json"]
        world.patch("configmap", "pointsman-shop", {"data": {"record.json": change(text)}})

    yield RecordWorld(ConfigMapRecord(api, "shop"), lambda: ConfigMapRecord(api, "shop"), edit)


@contextmanager
def lease(request: pytest.FixtureRequest) -> Iterator[LockWorld]:
    world, api = empty_namespace(request)
    clock, made = FakeClock(), []

    def lock(holder: str) -> LeaseLock:
        made.append(LeaseLock(api, "shop", holder, f"token {len(made)}", clock, FakeProgress()))
        return made[-1]

    yield LockWorld(lock, clock.sleep, lambda: world.delete("lease", "pointsman-shop"), lease=LONG_DEAD)
    for each in made:
        each.release()


@contextmanager
def fake_dead_man(_: pytest.FixtureRequest) -> Iterator[DeadManWorld]:
    first = FakeDeadMan()
    yield DeadManWorld(first.beside, first.guarded)


@contextmanager
def dead_man_job(request: pytest.FixtureRequest) -> Iterator[DeadManWorld]:
    world, api = empty_namespace(request)
    post, numbers = Post("shop", "localhost/app:v1", "default", ("--namespace=shop",), 600), itertools.count()

    def guarded() -> str:
        jobs = [one for one in world.every("job") if "deletionTimestamp" not in one["metadata"]]
        return "".join(one["metadata"]["annotations"]["pointsman.dev/release"] for one in jobs)

    yield DeadManWorld(lambda: DeadManJob(api, post, f"token {next(numbers)}", SystemClock()), guarded)


@contextmanager
def fake_lock_watch(_: pytest.FixtureRequest) -> Iterator[LockWatchWorld]:
    clock = FakeClock()
    lock = FakeLock("nobody", clock)
    yield LockWatchWorld(lock.beside, lambda: FakeLockWatch(lock.beside("guard"), clock), clock.sleep)


@contextmanager
def lease_watch(request: pytest.FixtureRequest) -> Iterator[LockWatchWorld]:
    _, api = empty_namespace(request)
    clock, made = FakeClock(), []

    def lock(holder: str) -> LeaseLock:
        made.append(LeaseLock(api, "shop", holder, f"token {len(made)}", clock, FakeProgress()))
        return made[-1]

    yield LockWatchWorld(lock, lambda: LeaseWatch(api, "shop", Watched(), clock), clock.sleep, LONG_DEAD)
    for each in made:
        each.release()


ROUTES: list[Factory[RouterWorld]] = [gateway_api, gateway_api_of_contour, istio_hosts, istio_subsets, ingress_nginx]
ROUTERS: list[Factory[RouterWorld]] = [fake_router, fake_switch, local_envoy, service_selector, *ROUTES]
WEIGHTED_ROUTERS: list[Factory[RouterWorld]] = [fake_router, local_envoy, *ROUTES]
MATCHING_ROUTERS: list[Factory[RouterWorld]] = [fake_router, local_envoy, *ROUTES]
KNOWING_ROUTERS: list[Factory[RouterWorld]] = [fake_router, local_envoy, *ROUTES]
WORKLOADS: list[Factory[WorkloadWorld]] = [fake_workload, local_process, kubernetes_deployment]
RECORDS: list[Factory[RecordWorld]] = [fake_records, file_record, config_map]
LOCKS: list[Factory[LockWorld]] = [fake_lock, file_lock, lease]
DEAD_MEN: list[Factory[DeadManWorld]] = [fake_dead_man, dead_man_job]
LOCK_WATCHES: list[Factory[LockWatchWorld]] = [fake_lock_watch, lease_watch]
CLOCKS: list[Factory[ClockWorld]] = [fake_clock, system_clock]

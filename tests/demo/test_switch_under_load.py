"""Under constant load nobody notices a switch, a switch back, or instances that come and go."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local.layout import folder_of
from pointsman.adapters.routers.local_envoy import LocalEnvoyRouter
from pointsman.adapters.workloads.local_process import LocalProcessWorkload
from pointsman.demo.app import Behaviour, Shop, server_of
from pointsman.demo.closing import document, markdown
from pointsman.demo.load import NOBODY, Load, Tally
from pointsman.demo.scenes import SCENES, Shown, command
from pointsman.demo.stage import BLUE, GREEN, NAMESPACE, stage
from pointsman.model.split import Split
from pointsman.model.version import Snapshot
from tests.contract.local_service import until


@dataclass
class Open:
    """An open shop: two versions, customers, and the ports to move them with."""

    workload: LocalProcessWorkload
    router: LocalEnvoyRouter
    load: Load

    def rolled_out(self, name: str) -> None:
        until(lambda: (state := self.workload.observe(name)) is not None and state.rolled_out)

    def switch(self, weight: int) -> None:
        split = Split(BLUE, GREEN, weight)
        self.router.read()
        self.router.write(split)
        until(lambda: self.router.settled(split).reached)

    def served(self, mark: int, requests: int) -> Tally:
        """What customers met after `mark`, once there were `requests` of them."""
        until(lambda: self.load.mark() >= mark + requests)
        return self.load.since(mark)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Open]:
    with stage(tmp_path) as service, Load(service.port) as load:
        folder, clock = folder_of(tmp_path, NAMESPACE), SystemClock()
        workload = LocalProcessWorkload(folder, service, clock)
        opened = Open(workload, LocalEnvoyRouter(folder, service, clock, BLUE, GREEN), load)
        workload.release(GREEN, {"app": "shop:v2"}, 2, like=BLUE)
        opened.rolled_out(GREEN)
        yield opened


def test_a_switch_and_the_way_back_cost_no_request(shop: Open) -> None:
    start = shop.load.mark()
    for weight, serving in ((100, GREEN), (0, BLUE), (100, GREEN)):
        shop.switch(weight)
        tally = shop.served(shop.load.mark() + 8, 30)
        assert set(tally.requests) == {serving}
    assert shop.load.since(start).failed == 0


def test_instances_that_come_and_go_cost_no_request(shop: Open) -> None:
    start = shop.load.mark()
    for instances in (4, 1, 3):
        shop.workload.observe(BLUE)
        shop.workload.scale(BLUE, instances)
        shop.rolled_out(BLUE)
    shop.workload.release(BLUE, {"app": "shop:v2"}, 3, like=GREEN)
    shop.rolled_out(BLUE)
    tally = shop.served(start, 200)
    assert tally.failed == 0
    assert set(tally.requests) == {BLUE}


def test_removing_what_users_have_left_costs_no_request(shop: Open) -> None:
    start = shop.load.mark()
    shop.switch(100)
    shop.workload.restore(BLUE, Snapshot(existed=False))
    assert shop.workload.observe(BLUE) is None
    assert shop.served(start, 200).failed == 0


def test_removing_what_serves_is_noticed_by_the_count(shop: Open) -> None:
    start = shop.load.mark()
    shop.workload.restore(BLUE, Snapshot(existed=False))
    until(lambda: shop.load.since(start).failed > 0)


def test_the_load_counts_bad_answers_and_no_answers() -> None:
    with failing_shop(0.5) as port, Load(port, rate=200) as load:
        until(lambda: load.mark() >= 40)
    tally = load.since(0)
    assert 0.4 <= tally.failed / tally.total <= 0.6
    with Load(port, rate=200) as load:
        until(lambda: load.mark() >= 10)
    assert load.since(0).failures == load.since(0).requests == {NOBODY: load.mark()}


def test_the_load_is_bounded() -> None:
    with failing_shop(0.0) as port, Load(port, rate=500, limit=20) as load:
        until(lambda: load.mark() == 20)
    assert load.since(0).total == 20


@contextmanager
def failing_shop(share: float) -> Iterator[int]:
    server = server_of(Shop(Behaviour("v1", failing_share=share)), 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_summary_says_what_customers_noticed() -> None:
    good, broken, *_ = SCENES
    shown = [
        Shown(good, 0, Tally({BLUE: 300, GREEN: 500}, {}), 8.0),
        Shown(broken, 10, Tally({GREEN: 500, BLUE: 90}, {BLUE: 41}), 9.0),
    ]
    assert "| `shop:broken` | 10 | 590 | **41** | shop-blue 90, shop-green 500 |" in markdown(shown)
    assert [scene["as_expected"] for scene in json.loads(document(shown))["scenes"]] == [True, True]


@pytest.mark.parametrize(("exit_code", "failures"), [(0, {GREEN: 1}), (10, {})])
def test_a_good_release_that_cost_a_request_or_was_refused_is_not_as_expected(
    exit_code: int, failures: dict[str, int]
) -> None:
    assert not Shown(SCENES[0], exit_code, Tally({GREEN: 9}, failures), 1.0).as_expected


def test_the_demo_types_what_a_user_types(tmp_path: Path) -> None:
    typed = " ".join(command(SCENES[0].calls[0], tmp_path))
    assert typed.startswith("blue-green-switch --platform local --namespace demo --service shop --image shop:v2")

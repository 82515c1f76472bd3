"""canary-step as a user runs it on the local platform: a process, a real Envoy, its counters, customers on loopback."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pointsman.adapters.local.envoy import SERVED_BY
from pointsman.adapters.local.layout import folder_of
from pointsman.adapters.local.service import define
from pointsman.demo.load import Load
from pointsman.demo.stage import BLUE, GREEN, NAMESPACE, images, stage

_PATIENCE = 200.0
QUICK = {
    "soak": "0s",
    "bake": "4s",
    "patience": "100s",
    "warm-up": "1s",
    "interval": "1s",
    "drain": "1s",
    "objective": "error-rate ok<2% rollback>3%",
}


@dataclass
class Shop:
    """The demo's shop, with an image more that answers one request in ten badly."""

    root: Path
    reports: Path
    port: int
    users: ExitStack = field(default_factory=ExitStack)

    def customers(self, rate: float = 250.0) -> Load:
        """Customers until the test ends."""
        return self.users.enter_context(Load(self.port, rate))

    def answered(self, headers: dict[str, str]) -> set[str]:
        """The versions that twenty requests with these headers reach."""
        seen = set()
        for _ in range(20):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            with closing(connection):
                connection.request("GET", "/", headers=headers)
                seen.add(str(connection.getresponse().headers[SERVED_BY]))
        return seen

    def pointsman(self, step: str, **inputs: str) -> tuple[int, dict[str, Any]]:
        """(exit code, JSON result) of a step."""
        given = {"namespace": NAMESPACE, "service": "shop", **inputs}
        options = [part for name, text in given.items() for part in (f"--{name.replace('_', '-')}", text)]
        argv = [sys.executable, "-m", "pointsman", step, "--platform", "local", *options, "--output", "json"]
        pipeline = dict.fromkeys(("GITHUB_ACTIONS", "ACT", "GITLAB_CI", "JENKINS_URL", "BUILD_TAG"), "")
        env = {**os.environ, **pipeline, "POINTSMAN_LOCAL_ROOT": str(self.root)}
        done = subprocess.run(
            argv, env=env, cwd=self.reports, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
        assert done.stdout.startswith("{"), done.stdout + done.stderr
        return done.returncode, json.loads(done.stdout)

    def canary(self, image: str, **inputs: str) -> tuple[int, dict[str, Any]]:
        """canary-step at a pace that this load can decide at."""
        quick = {name.replace("-", "_"): text for name, text in QUICK.items()}
        return self.pointsman("canary-step", **{**quick, "image": image, **inputs})


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with stage(tmp_path / "state") as service, ExitStack() as users:
        failing = [*images()["shop:v2"], "--failing-share", "0.1"]
        define(folder_of(tmp_path / "state", NAMESPACE), service, {**images(), "shop:failing": failing})
        yield Shop(tmp_path / "state", tmp_path, service.port, users)


def test_a_healthy_canary_walks_and_is_promoted_without_a_failed_request(shop: Shop) -> None:
    load = shop.customers()
    code, result = shop.canary("shop:v2", weights="30,50", report_dir=str(shop.reports))
    assert (code, result["outcome"]) == (0, "promoted"), result
    assert load.since(0).failed == 0
    assert result["outputs"]["image"] == "shop:v2"
    assert result["outputs"]["weight"] == "0"
    evidence = json.loads((shop.reports / "evidence.json").read_text())
    assert [(one["weight"], one["verdict"]) for one in evidence["weights"]] == [(30, "pass"), (50, "pass")]
    summary = (shop.reports / "report.md").read_text()
    assert all(words in summary for words in ("Promoted", "error-rate at 50 %", "Timeline"))
    assert all(words in summary for words in ("xychart-beta", "Error rate so far", "30 % → 50 %", "still needed"))
    assert [one["weight"] for one in evidence["walk"]][:1] == [30]
    assert {0, 30, 50} <= {one["weight"] for one in evidence["walk"]}
    assert all(one["candidate"] in (None, 0.0) for one in evidence["walk"])


def test_one_that_fails_a_tenth_of_the_requests_is_rolled_back(shop: Shop) -> None:
    load = shop.customers()
    code, result = shop.canary("shop:failing", weights="20")
    assert (code, result["outcome"], result["outputs"]["verdict"]) == (10, "rejected", "fail"), result
    assert "error-rate: the candidate is worse than stable beyond doubt" in result["why"]
    walk = result["details"]["walk"]
    assert (walk[0]["weight"], walk[-1]["weight"]) == (20, 0)
    assert max(one["candidate"] or 0 for one in walk) > 0.03
    mark = load.mark()
    while load.mark() < mark + 40:
        load.clock.sleep(0.05)
    assert set(load.since(mark).requests) == {BLUE}


def test_without_any_traffic_nothing_is_decided(shop: Shop) -> None:
    code, result = shop.canary("shop:v2", weight="50", patience="2s")
    assert (code, result["outcome"]) == (11, "held"), result
    assert "no traffic to judge by" in result["why"]


def test_one_step_stays_in_flight_until_it_goes_on_or_is_undone(shop: Shop) -> None:
    shop.customers()
    code, result = shop.canary("shop:v2", weight="30")
    assert (code, result["outcome"], result["outputs"]["weight"]) == (0, "advanced", "30"), result
    assert "walking at 30 %" in shop.pointsman("status")[1]["why"]
    code, result = shop.canary("shop:v2", weight="30")
    assert (code, result["outcome"]) == (0, "unchanged"), result
    code, result = shop.pointsman("rollback", reason="orders fail")
    assert (code, result["outcome"], result["outputs"]["active"]) == (0, "rolled-back", BLUE), result
    assert "nothing in flight" in shop.pointsman("status")[1]["why"]


def test_testers_alone_reach_the_candidate_until_a_weight_is_given(shop: Shop) -> None:
    code, result = shop.canary("shop:v2", weight="0", match_header="canary=true")
    assert (code, result["outcome"], result["outputs"]["weight"]) == (0, "advanced", "0"), result
    assert shop.answered({"canary": "true"}) == {GREEN}
    assert shop.answered({"canary": "false"}) == shop.answered({}) == {BLUE}
    assert shop.pointsman("abort")[1]["outcome"] == "rolled-back"
    assert shop.answered({"canary": "true"}) == {BLUE}


def test_somebody_in_a_hurry_promotes_or_aborts_what_is_in_flight(shop: Shop) -> None:
    load = shop.customers()
    for step in ("promote", "abort"):
        code, result = shop.pointsman(step)
        assert (code, result["outcome"]) == (0, "unchanged"), result
    assert shop.canary("shop:v2", weight="30")[0] == 0
    code, result = shop.pointsman("abort", reason="orders fail")
    assert (code, result["outcome"], result["outputs"]["image"]) == (0, "rolled-back", "shop:v1"), result
    assert shop.canary("shop:v2", weight="30")[0] == 0
    code, result = shop.pointsman("promote", soak="0s", drain="1s", reason="the fair begins")
    assert (code, result["outcome"], result["outputs"]["image"]) == (0, "promoted", "shop:v2"), result
    assert "further evidence was not waited for" in result["why"]
    assert load.since(0).failed == 0


def test_a_promoted_canary_is_rolled_back_to_what_was_good_before(shop: Shop) -> None:
    load = shop.customers()
    assert shop.canary("shop:v2", weights="50")[0] == 0
    code, result = shop.pointsman("rollback", reason="orders fail")
    assert (code, result["outcome"], result["outputs"]["image"]) == (0, "rolled-back", "shop:v1"), result
    assert load.since(0).failed == 0


def test_a_dry_run_says_what_would_change_and_touches_nothing(shop: Shop) -> None:
    code, result = shop.canary("shop:v2", weights="30,50", dry_run="true")
    assert (code, result["outcome"]) == (0, "planned"), result
    assert {one["what"] for one in result["changes"]} >= {GREEN, "route of shop"}
    assert "no record" in shop.pointsman("status")[1]["why"]


def test_what_contradicts_is_refused_before_anything_is_touched(shop: Shop) -> None:
    code, result = shop.canary("shop:v2", weights="20", prometheus_url="http://prometheus.example")
    assert (code, result["outcome"]) == (2, "failed")
    assert "--prometheus-url means nothing without --metrics prometheus" in result["why"]

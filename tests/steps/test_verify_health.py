"""verify-health over fakes: it waits, it fails early, it never calls a pass what it could not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pointsman.model.evidence import Verdict
from pointsman.model.result import Outcome, Result
from pointsman.model.version import Problem, VersionState
from pointsman.steps import verify_health
from pointsman.steps.verify_health import HealthInputs, HealthSite
from pointsman.testing import FakeClock, FakeProber, FakeProgress, FakeWorkload

CRASH = Problem("CrashLoopBackOff", "shop-1", "exit code 1")
PODS = {"shop-1", "shop-2"}


def workload(slow: int = 2) -> FakeWorkload:
    made = FakeWorkload({"shop:1": None, "shop:2": None, "shop:bad": CRASH}, slow)
    made.place("shop", {"app": "shop:1"}, 2)
    return made


def run(
    runs: FakeWorkload | None,
    answers: int | list[int] | None = 200,
    endpoints: Callable[[], set[str]] | None = lambda: PODS,
    successes: int = 3,
) -> Result:
    clock = runs.clock if runs else FakeClock()
    prober = None if answers is None else FakeProber(service=answers)
    site = HealthSite(runs, endpoints, lambda _: PODS, prober, clock, FakeProgress())
    return verify_health.run(site, HealthInputs("shop", ("shop",) if runs else (), successes, 60.0))


def test_a_healthy_version_is_healthy_with_evidence() -> None:
    result = run(workload())
    assert result.outcome is Outcome.HEALTHY
    assert {check.name: check.verdict for check in result.checks} == {
        "rollout of shop": Verdict.PASS,
        "endpoints": Verdict.PASS,
        "probes": Verdict.PASS,
    }
    assert result.outputs == {"ready": "2", "image": "shop:1", "digest": "id-of-shop:1"}


def test_a_rollout_under_way_is_waited_for() -> None:
    runs = workload(slow=4)
    runs.release("shop", {"app": "shop:2"}, 2, "shop")
    result = run(runs)
    assert result.outcome is Outcome.HEALTHY
    assert result.outputs["image"] == "shop:2"


def test_what_cannot_heal_fails_at_once_with_its_last_words() -> None:
    runs = workload()
    runs.words = {"shop-1": ("panic: no database",)}
    runs.release("shop", {"app": "shop:bad"}, 2, "shop")
    result = run(runs)
    assert result.outcome is Outcome.UNHEALTHY
    assert result.problem is not None
    assert result.problem.log == ("panic: no database",)
    assert runs.clock.seconds() < 60


@pytest.mark.parametrize(
    ("answers", "endpoints", "outcome", "words"),
    [
        pytest.param(500, PODS, Outcome.UNHEALTHY, "0 of 3 probes", id="bad answers"),
        pytest.param(0, PODS, Outcome.HELD, "could not be asked", id="the way is broken"),
        pytest.param(200, PODS | {"old-1"}, Outcome.UNHEALTHY, "older version", id="an old pod behind the service"),
        pytest.param(200, set(), Outcome.UNHEALTHY, "no ready endpoint", id="no endpoint"),
        pytest.param([500, 200, 500, 200], PODS, Outcome.HEALTHY, "3 probes", id="the failures stop"),
    ],
)
def test_the_ending(answers: int | list[int], endpoints: set[str], outcome: Outcome, words: str) -> None:
    result = run(workload(), answers, lambda: endpoints)
    assert result.outcome is outcome
    assert words in result.why


def test_only_an_address_needs_no_cluster() -> None:
    result = run(None, endpoints=None)
    assert result.outcome is Outcome.HEALTHY
    assert [check.name for check in result.checks] == ["probes"]


def test_a_workload_that_is_not_there_is_not_healthy() -> None:
    runs = FakeWorkload({})
    assert run(runs, endpoints=None).outcome is Outcome.UNHEALTHY


def test_without_a_probe_the_rollout_and_the_endpoints_decide() -> None:
    result = run(workload(), answers=None)
    assert result.outcome is Outcome.HEALTHY
    assert [check.name for check in result.checks] == ["rollout of shop", "endpoints"]


def test_no_probe_was_sent_while_the_rollout_was_not_there() -> None:
    runs = workload()
    runs.hurt("shop", ready=1)
    result = run(runs)
    assert result.outcome is Outcome.UNHEALTHY
    assert next(check for check in result.checks if check.name == "probes").verdict is Verdict.NO_DATA


def test_a_version_that_has_just_restarted_is_believed_only_after_a_while_without_another() -> None:
    """A crash loop answers well between two crashes."""
    runs = workload()
    looks = iter([1, 1, 2, *[2] * 40])
    observe = runs.observe

    def restarting(name: str) -> VersionState | None:
        state = observe(name)
        return replace(state, restarts=next(looks)) if state else None

    runs.observe = restarting  # type: ignore[method-assign]
    result = run(runs)
    assert result.outcome is Outcome.HEALTHY
    assert runs.clock.seconds() >= 10

"""The fakes beyond their ports: they fail when told to, remember what happened, and refuse what they were
not told."""

from __future__ import annotations

import pytest

from pointsman.model.errors import Cancelled, InputError, Unreachable
from pointsman.model.result import Outcome, Result
from pointsman.model.split import Split
from pointsman.model.version import Problem
from pointsman.ports.forge import Forge
from pointsman.ports.progress import Progress
from pointsman.testing import FakeClock, FakeForge, FakeProber, FakeProgress, FakeRouter, FakeWorkload
from tests.contract.local_service import BLUE, GREEN

ALL = Split(BLUE, GREEN, 100)


def test_a_write_that_fails_before_its_effect_has_none_and_the_next_one_works() -> None:
    router = FakeRouter(BLUE, GREEN)
    router.failure.arm(Unreachable("no route to host"))
    with pytest.raises(Unreachable):
        router.write(ALL)
    assert router.read().weight == 0
    router.write(ALL)
    assert router.writes == [ALL]


def test_a_write_whose_answer_is_lost_has_its_effect_all_the_same() -> None:
    workload = FakeWorkload({"v1": None, "v2": None})
    workload.place(BLUE, {"app": "v1"}, 1)
    workload.failure.arm(Unreachable("connection reset"), after=True)
    with pytest.raises(Unreachable):
        workload.release(BLUE, {"app": "v2"}, 1, like=BLUE)
    assert workload.happened == [("release", BLUE)]
    workload.release(BLUE, {"app": "v2"}, 1, like=BLUE)
    assert workload.happened == [("release", BLUE)]


def test_a_clock_cancels_at_the_checkpoint_it_was_told_and_ever_after() -> None:
    clock = FakeClock(cancel_at=3)
    clock.checkpoint()
    clock.sleep(2.0)
    for _ in range(2):
        with pytest.raises(Cancelled):
            clock.checkpoint()
    assert (clock.slept, clock.seconds()) == ([2.0], 2.0)


def test_a_write_is_served_only_after_the_looks_it_takes() -> None:
    router = FakeRouter(BLUE, GREEN, lag=2)
    router.write(ALL)
    assert router.request() == BLUE
    assert [router.settled(ALL).reached for _ in range(3)] == [False, False, True]
    assert router.request() == GREEN


def test_a_router_sends_the_share_it_serves() -> None:
    router = FakeRouter(BLUE, GREEN)
    router.write(Split(BLUE, GREEN, 30))
    router.settled(Split(BLUE, GREEN, 30))
    assert sum(router.request() == GREEN for _ in range(100)) == 30


def test_what_a_fake_was_not_told_about_is_refused() -> None:
    with pytest.raises(LookupError, match="shop-red"):
        FakeProber({BLUE: 200}).probe_version("shop-red", 1)
    with pytest.raises(InputError, match="shop-red"):
        FakeRouter(BLUE, GREEN).write(Split(BLUE, "shop-red", 10))
    with pytest.raises(InputError, match="v9"):
        FakeWorkload({"v1": None}).place(BLUE, {"app": "v9"}, 1)


def test_answers_come_in_turn_and_the_last_one_stays() -> None:
    prober = FakeProber({BLUE: [200, 503]}, service=[503, 200])
    assert [probe.status for probe in prober.probe_version(BLUE, 3)] == [200, 503, 503]
    assert [prober.probe_service().status for _ in range(3)] == [503, 200, 200]
    assert prober.asked == [BLUE, "", "", ""]


def test_a_version_can_be_hurt_while_it_serves() -> None:
    workload = FakeWorkload({"v1": None})
    workload.place(BLUE, {"app": "v1"}, 2)
    workload.hurt(BLUE, Problem("OOMKilled", f"{BLUE}-1", "memory limit reached"), ready=1)
    state = workload.observe(BLUE)
    assert state is not None
    assert (state.ready, state.problem is not None) == (1, True)


def test_those_who_are_told_remember_it() -> None:
    progress, forge = FakeProgress(), FakeForge(notices=["no permission to set a status"])
    told: tuple[Progress, Forge] = (progress, forge)
    told[0].say("shop:v2 serves")
    told[0].waiting("2 of 3 ready", 1.0, 10.0)
    result = Result("blue-green-switch", "shop", Outcome.SWITCHED, "proven")
    assert told[1].announce("blue-green-switch", "shop") == forge.notices
    assert told[1].report(result) == forge.notices
    assert (progress.said, progress.waits) == (["shop:v2 serves"], ["2 of 3 ready"])
    assert (forge.announced, forge.reported) == ([("blue-green-switch", "shop")], [result])

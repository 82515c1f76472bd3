"""A split is served once requests of our own have met it; until then it is only written."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.probers.sampling import Sampling, sampled
from pointsman.adapters.routers.measured import PAUSE, MeasuredMatchingRouter, MeasuredRouter
from pointsman.judge.share import MOST, requests_for
from pointsman.model.drift import Field
from pointsman.model.errors import Cancelled
from pointsman.model.evidence import Effect, Probe
from pointsman.model.split import Match, Split
from pointsman.ports.router import MatchesRequests, Withdraws
from pointsman.testing import FakeClock, FakeRouter

BLUE, GREEN = "shop-blue", "shop-green"
ALL = Split(BLUE, GREEN, 100)
MARKERS = {BLUE: "v1", GREEN: "v2"}
ONE_BY_ONE = Sampling(at_once=1)
TESTERS = Match("always", header="X-Canary")


def split(weight: int) -> Split:
    return Split(BLUE, GREEN, weight)


@dataclass
class Address:
    """Where users come in: `percent` of the answers are v2's, evenly spread, or what `answers` says by turn."""

    percent: int = 0
    answers: dict[int, str] = field(default_factory=dict)
    status: int = 200
    count: int = 0

    def __call__(self) -> Probe:
        self.count += 1
        turn = self.count * self.percent // 100 > (self.count - 1) * self.percent // 100
        marker = self.answers.get(self.count, "v2" if turn else "v1")
        return Probe("http://shop", True, self.status, "answered", 0.01, marker=marker)


class Accepted(FakeRouter):
    """A router that sees what its controller accepted, and nothing of any request."""

    def settled(self, split: Split) -> Effect:
        """Level 1 at most."""
        effect = super().settled(split)
        return Effect(effect.reached, min(effect.level, 1), "accepted")


def measuring(
    ask: Callable[[], Probe], markers: dict[str, str] | None = None, limits: Sampling = ONE_BY_ONE
) -> tuple[MeasuredRouter, FakeClock]:
    clock, known = FakeClock(), MARKERS if markers is None else markers
    return MeasuredRouter(Accepted(BLUE, GREEN), ask, lambda name: known.get(name, ""), clock, limits), clock


@pytest.mark.parametrize("weight", [0, 1, 5, 10, 30, 50, 90, 99, 100])
def test_as_many_fresh_requests_as_tell_the_weight_prove_it_once(weight: int) -> None:
    ask = Address(weight)
    router, _ = measuring(ask)
    router.write(split(weight))
    for _ in range(3):
        effect = router.settled(split(weight))
        assert (effect.reached, effect.level) == (True, 3)
    assert ask.count == requests_for(weight / 100) <= MOST


@pytest.mark.parametrize("at_once", [2, 8])
def test_requests_at_the_same_time_count_alike(at_once: int) -> None:
    router, _ = measuring(Address(100), limits=Sampling(at_once=at_once))
    router.write(ALL)
    assert router.settled(ALL).detail == "all of 60 fresh requests were answered by v2"


def test_one_request_that_goes_astray_disproves_all_and_ends_the_look() -> None:
    ask = Address(100, {31: "v1"})
    router, _ = measuring(ask)
    router.write(ALL)
    effect = router.settled(ALL)
    assert not effect.reached
    assert effect.detail == "1 of 31 fresh requests went astray to v1; all must be answered by v2"
    assert ask.count == 31


def test_T02_a_weight_that_was_accepted_is_not_served_until_requests_meet_it() -> None:
    ask = Address(10)
    router, clock = measuring(ask)
    router.write(split(30))
    for _ in range(4):
        look = router.settled(split(30))
        assert not look.reached
        assert "(10.0 %) were answered by v2" in look.detail
        clock.sleep(PAUSE)
    ask.percent = 30
    assert router.settled(split(30)).reached


def test_a_weight_that_is_not_met_yet_is_not_asked_about_without_end() -> None:
    ask = Address(10)
    router, clock = measuring(ask)
    router.write(split(30))
    first, asked = router.settled(split(30)), ask.count
    assert router.settled(split(30)) == first
    assert ask.count == asked
    clock.sleep(PAUSE)
    router.settled(split(30))
    assert ask.count == 2 * asked


def test_another_weight_is_looked_at_at_once() -> None:
    ask = Address(50)
    router, _ = measuring(ask)
    router.write(split(30))
    assert not router.settled(split(30)).reached
    router.write(split(50))
    assert router.settled(split(50)).reached


@pytest.mark.parametrize(
    ("wanted", "met"),
    [
        pytest.param(10, 25, id="an-affinity-cookie-keeps-more-on-the-candidate"),
        pytest.param(25, 10, id="or-fewer"),
        pytest.param(5, 0, id="nobody-gets-there"),
        pytest.param(50, 100, id="everybody-does"),
        pytest.param(1, 20, id="a-weight-total-that-is-ignored"),
    ],
)
def test_T35_a_split_that_requests_do_not_meet_is_never_called_served(wanted: int, met: int) -> None:
    router, _ = measuring(Address(met))
    router.write(split(wanted))
    effect = router.settled(split(wanted))
    assert not effect.reached
    assert f"fit {wanted} %" in effect.detail


def test_an_address_that_does_not_answer_proves_nothing() -> None:
    ask = Address(30, status=0)
    router, _ = measuring(ask)
    router.write(split(30))
    effect = router.settled(split(30))
    assert (effect.reached, effect.level, ask.count) == (False, 1, 1)
    assert effect.detail == "http://shop does not answer: answered"


def test_an_answer_that_names_no_version_proves_nothing() -> None:
    router, _ = measuring(Address(30, {7: ""}))
    router.write(split(30))
    effect = router.settled(split(30))
    assert not effect.reached
    assert "an unmarked version" in effect.detail


def test_answers_that_came_too_slowly_are_too_few() -> None:
    address = Address(5)
    router, clock = measuring(lambda: slow(address), limits=Sampling(at_once=1, seconds=20.0))

    def slow(ask: Address) -> Probe:
        clock.sleep(1.0)
        return ask()

    router.write(split(5))
    effect = router.settled(split(5))
    assert not effect.reached
    assert effect.detail == "20 answers are too few to tell 5 % from none or all"


def test_the_way_back_is_proven_anew() -> None:
    ask = Address(100)
    router, _ = measuring(ask)
    router.write(ALL)
    router.settled(ALL)
    router.write(split(0))
    ask.percent = 0
    assert router.settled(split(0)).reached
    assert ask.count == 2 * requests_for(1.0)


@pytest.mark.parametrize("markers", [{}, {BLUE: "v2", GREEN: "v2"}], ids=["unmarked", "alike"])
@pytest.mark.parametrize("weight", [30, 100])
def test_versions_that_cannot_be_told_apart_get_a_settle_delay_and_say_so(weight: int, markers: dict[str, str]) -> None:
    ask = Address(weight)
    router, clock = measuring(ask, markers)
    router.write(split(weight))
    assert not router.settled(split(weight)).reached
    clock.sleep(3.0)
    effect = router.settled(split(weight))
    assert (effect.reached, effect.level, ask.count) == (True, 1, 0)
    assert "cannot be told apart" in effect.detail


class Silent(FakeRouter):
    """A router whose controller says nothing: what is written is all that is known."""

    def settled(self, split: Split) -> Effect:
        """Level 0."""
        return Effect(super().settled(split).reached, 0, "nothing is said")


def test_T02_where_nobody_has_confirmed_anything_a_delay_is_no_proof() -> None:
    clock = FakeClock()
    router = MeasuredRouter(Silent(BLUE, GREEN), Address(100), lambda _: "", clock, ONE_BY_ONE)
    router.write(ALL)
    for _ in range(3):
        effect = router.settled(ALL)
        assert (effect.reached, effect.level) == (False, 0)
        assert "nothing else shows where requests go" in effect.detail
        clock.sleep(60)


def test_the_way_back_needs_only_the_marker_of_the_version_that_serves() -> None:
    router, _ = measuring(Address(0), {BLUE: "v1"})
    router.write(split(0))
    assert router.settled(split(0)).level == 3


def test_everything_else_is_the_inner_router_s() -> None:
    inner = FakeRouter(BLUE, GREEN)
    router = MeasuredRouter(inner, Address(), lambda name: MARKERS[name], FakeClock())
    router.write(ALL)
    inner.edit(split(0), "kubectl-edit")
    router.stamp()
    assert router.read() == split(0)
    assert router.number() == 0
    assert router.writer(BLUE, Field.ROUTE).manager == "kubectl-edit"


def test_nothing_is_asked_before_the_inner_router_has_followed() -> None:
    ask = Address(30)
    inner = FakeRouter(BLUE, GREEN, lag=2)
    router = MeasuredRouter(inner, ask, lambda name: MARKERS[name], FakeClock(), ONE_BY_ONE)
    router.write(split(30))
    assert not router.settled(split(30)).reached
    assert ask.count == 0


class NearTheWeight(FakeRouter):
    """Has a third where it was asked for 30 percent."""

    def real_share(self) -> float:
        """See `ports.router.ComesNear`."""
        return {30: 1 / 3}[self.read().weight]


def test_a_router_that_only_comes_near_is_held_to_its_real_share() -> None:
    ask = Address(answers=dict.fromkeys(range(3, 600, 3), "v2"))
    router = MeasuredRouter(NearTheWeight(BLUE, GREEN), ask, lambda name: MARKERS[name], FakeClock(), ONE_BY_ONE)
    router.write(split(30))
    effect = router.settled(split(30))
    assert (effect.reached, ask.count) == (True, requests_for(1 / 3))
    assert "fit 33.3 %" in effect.detail


class Route(FakeRouter):
    """Has added something of its own to what users wrote."""

    ours = True

    def withdraw(self) -> None:
        """See `ports.router.Withdraws`."""
        self.ours = False


def matching(users: Address, testers: Address, inner: Route | None = None) -> MeasuredMatchingRouter:
    asked: list[Match] = []

    def ask_as(rule: Match) -> Probe:
        asked.append(rule)
        return testers()

    route = inner or Route(BLUE, GREEN)
    return MeasuredMatchingRouter(route, users, lambda name: MARKERS[name], FakeClock(), ask_as, ONE_BY_ONE)


def test_only_a_router_that_matches_requests_says_so() -> None:
    assert not isinstance(measuring(Address())[0], MatchesRequests)
    assert isinstance(matching(Address(), Address()), MatchesRequests)


def test_T11_what_the_inner_router_added_is_taken_away_through_the_measuring_one() -> None:
    route = Route(BLUE, GREEN)
    router = matching(Address(), Address(), route)
    assert isinstance(router, Withdraws)
    router.withdraw()
    assert not route.ours


def test_every_request_of_a_tester_must_reach_the_candidate() -> None:
    users, testers = Address(0), Address(100)
    router = matching(users, testers)
    router.match(TESTERS)
    effect = router.settled(split(0))
    assert (effect.reached, effect.level, testers.count) == (True, 3, 60)
    assert effect.detail.endswith("with the rule for testers all of 60 fresh requests were answered by v2")


def test_a_rule_that_one_tester_slips_through_is_not_served() -> None:
    router = matching(Address(30), Address(100, {9: "v1"}))
    router.write(split(30))
    router.match(TESTERS)
    effect = router.settled(split(30))
    assert not effect.reached
    assert "with the rule for testers 1 of 9 fresh requests went astray to v1" in effect.detail


def test_a_rule_that_is_gone_is_asked_about_no_more() -> None:
    testers = Address(100)
    router = matching(Address(0), testers)
    router.match(TESTERS)
    router.settled(split(0))
    router.match(None)
    assert router.matched() is None
    assert router.settled(split(0)).reached
    assert testers.count == 60


def test_never_more_requests_are_under_way_than_may_be() -> None:
    there, most, guard = itertools.count(1), [0, 0], threading.Lock()
    meeting = threading.Barrier(4, timeout=10)

    def ask() -> Probe:
        with guard:
            most[0] += 1
            most[1] = max(most)
        meeting.wait()
        with guard:
            most[0] -= 1
        return Probe(f"http://shop/{next(there)}", True, 200, "answered", 0.01)

    answers = sampled(ask, 20, Sampling(at_once=4), FakeClock(), lambda _: False)
    assert (len(answers), most[1]) == (20, 4)


def test_a_stop_in_the_middle_of_a_look_ends_it() -> None:
    def ask() -> Probe:
        raise Cancelled("stopped: the job was cancelled")

    with pytest.raises(Cancelled):
        sampled(ask, 20, Sampling(), FakeClock(), lambda _: False)


def test_a_request_that_hangs_does_not_keep_a_cancelled_run_from_ending() -> None:
    clock, hanging, over = SystemClock(), threading.Event(), threading.Event()

    def ask() -> Probe:
        hanging.set()
        over.wait(30)
        return Probe("http://shop", True, 200, "answered", 30.0)

    def cancel() -> None:
        hanging.wait(10)
        clock.stop("SIGINT")

    threading.Thread(target=cancel, daemon=True).start()
    began = clock.seconds()
    with pytest.raises(Cancelled):
        sampled(ask, 20, Sampling(), clock, lambda _: False)
    over.set()
    assert clock.seconds() - began < 10

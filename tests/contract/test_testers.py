"""What every router promises that can tell testers from other users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from pointsman.model.errors import ConflictError
from pointsman.model.split import Match, Split
from pointsman.ports.router import MatchesRequests
from tests.contract.worlds import MATCHING_ROUTERS, Factory, RouterWorld

BY_HEADER = Match("always", header="X-Canary")
BY_COOKIE = Match("abc123", cookie="over")
RULES = pytest.mark.parametrize("rule", [BY_HEADER, BY_COOKIE], ids=["header", "cookie"])


@dataclass
class MatchingWorld:
    """A world whose router matches requests."""

    base: RouterWorld
    rules: MatchesRequests

    def serve(self, rule: Match | None, weight: int) -> None:
        """Let both be served."""
        self.rules.match(rule)
        self.base.router.write(self.base.split(weight))
        self.base.settle(self.base.split(weight))

    def reach(self, headers: Mapping[str, str]) -> set[str]:
        """The versions that 40 requests with these headers reach."""
        assert self.base.request_with is not None
        return {self.base.request_with(headers) for _ in range(40)}

    def split(self, weight: int) -> Split:
        """`weight` percent on the candidate."""
        return self.base.split(weight)


@pytest.fixture(params=MATCHING_ROUTERS, ids=lambda factory: factory.__name__)
def world(request: pytest.FixtureRequest) -> Iterator[MatchingWorld]:
    factory: Factory[RouterWorld] = request.param
    with factory(request) as base:
        assert isinstance(base.router, MatchesRequests)
        yield MatchingWorld(base, base.router)


@RULES
def test_the_rule_that_is_written_is_the_one_that_is_read(world: MatchingWorld, rule: Match) -> None:
    assert world.rules.matched() is None
    world.rules.match(rule)
    beside = world.base.beside()
    assert isinstance(beside, MatchesRequests)
    assert world.rules.matched() == beside.matched() == rule
    world.rules.match(None)
    assert world.rules.matched() is None


@RULES
def test_testers_reach_the_candidate_while_nobody_else_does(world: MatchingWorld, rule: Match) -> None:
    world.serve(rule, 0)
    assert world.reach(rule.headers) == {world.base.candidate}
    assert world.reach({}) == {world.base.stable}


@pytest.mark.parametrize(
    ("rule", "headers"),
    [
        pytest.param(BY_HEADER, {"X-Canary": "never"}, id="another-value"),
        pytest.param(BY_HEADER, {"X-Canary": "always-not"}, id="a-longer-value"),
        pytest.param(BY_COOKIE, {"Cookie": "over=abc123x"}, id="a-longer-cookie"),
        pytest.param(BY_COOKIE, {"Cookie": "moreover=abc123"}, id="a-cookie-whose-name-ends-alike"),
        pytest.param(BY_COOKIE, {"Cookie": "a=over=abc123"}, id="a-cookie-that-quotes-it"),
        pytest.param(BY_COOKIE, {"over": "abc123"}, id="a-header-of-that-name"),
    ],
)
def test_who_only_looks_like_a_tester_is_none(world: MatchingWorld, rule: Match, headers: dict[str, str]) -> None:
    world.serve(rule, 0)
    assert world.reach(headers) == {world.base.stable}


@pytest.mark.parametrize("cookies", ["a=1; over=abc123", "over=abc123; a=1", "a=1; over=abc123; b=2"])
def test_a_cookie_counts_wherever_it_stands(world: MatchingWorld, cookies: str) -> None:
    world.serve(BY_COOKIE, 0)
    assert world.reach({"Cookie": cookies}) == {world.base.candidate}


@RULES
def test_T21_weight_steps_never_touch_the_rule(world: MatchingWorld, rule: Match) -> None:
    world.rules.match(rule)
    for weight in (30, 100, 5, 0):
        world.base.router.write(world.split(weight))
        assert world.rules.matched() == rule
        assert world.base.router.read().share(world.base.candidate) == weight
    world.base.settle(world.split(0))
    assert world.reach(rule.headers) == {world.base.candidate}
    assert world.reach({}) == {world.base.stable}


def test_a_rule_changes_no_weight(world: MatchingWorld) -> None:
    weight = 30
    world.serve(None, weight)
    for rule in (BY_HEADER, BY_COOKIE, None):
        world.rules.match(rule)
        assert world.base.router.read().share(world.base.candidate) == weight


def test_T21_another_rule_takes_the_place_of_the_first(world: MatchingWorld) -> None:
    world.serve(BY_HEADER, 0)
    world.serve(BY_COOKIE, 0)
    assert world.reach(BY_HEADER.headers) == {world.base.stable}
    assert world.reach(BY_COOKIE.headers) == {world.base.candidate}


def test_T21_two_quick_runs_leave_no_rule_behind(world: MatchingWorld) -> None:
    world.rules.match(BY_HEADER)
    second = world.base.beside()
    assert isinstance(second, MatchesRequests)
    second.read()
    second.match(BY_COOKIE)
    second.match(None)
    world.base.router.read()
    world.serve(None, 0)
    assert world.reach({**BY_HEADER.headers, **BY_COOKIE.headers}) == {world.base.stable}


def test_writing_a_rule_twice_changes_nothing_the_second_time(world: MatchingWorld) -> None:
    world.rules.match(BY_HEADER)
    first = world.base.revision()
    world.rules.match(BY_HEADER)
    assert world.base.revision() == first


def test_a_rule_that_shows_in_the_revision_was_written(world: MatchingWorld) -> None:
    before = world.base.revision()
    world.rules.match(BY_HEADER)
    assert world.base.revision() != before


def test_a_rule_from_a_stale_reading_is_refused(world: MatchingWorld) -> None:
    late = world.base.beside()
    assert isinstance(late, MatchesRequests)
    late.read()
    world.base.router.read()
    world.rules.match(BY_HEADER)
    with pytest.raises(ConflictError):
        late.match(None)
    assert world.rules.matched() == BY_HEADER


def test_a_rule_that_is_not_served_yet_leaves_the_split_unsettled_until_it_is(world: MatchingWorld) -> None:
    world.serve(BY_HEADER, 0)
    world.rules.match(None)
    world.base.settle(world.split(0))
    assert world.reach(BY_HEADER.headers) == {world.base.stable}

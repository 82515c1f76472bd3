"""The rules for testers in an HTTPRoute: beside the weights, never doubled, never left behind."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pointsman.adapters.routers.gateway_api_changes import weight_operations
from pointsman.adapters.routers.gateway_api_testers import header_of, match_of, matched_by, operations_for_testers
from pointsman.model.errors import InputError
from pointsman.model.split import Match
from tests.fakes.kube_objects import patched
from tests.unit.adapters.routes import BACKENDS, ROOT, both, ref, route, rule

Json = dict[str, Any]
HEADER = Match("alice", header="x-tester")
COOKIE = Match("yes", cookie="beta")


def with_rule(before: Json, match: Match | None) -> Json:
    return patched(before, operations_for_testers(before, BACKENDS, match))


def names(of: Json) -> list[str]:
    return [one.get("name", "") for one in of["spec"]["rules"]]


def test_a_copy_that_knows_the_header_stands_before_the_weighted_rule() -> None:
    (testers, weighted) = with_rule(route(both(90, 10, timeouts={"request": "5s"})), HEADER)["spec"]["rules"]
    assert testers == {
        "name": "pointsman-testers-0",
        "matches": [{**ROOT, "headers": [{"type": "Exact", "name": "x-tester", "value": "alice"}]}],
        "backendRefs": [ref("green", 1)],
        "timeouts": {"request": "5s"},
    }
    assert weighted == both(90, 10, timeouts={"request": "5s"})


def test_each_match_of_a_rule_gets_the_header_and_keeps_its_own() -> None:
    region = {"headers": [{"name": "region", "value": "eu"}]}
    after = with_rule(route(both(1, 0, matches=[region, ROOT])), HEADER)
    assert [len(match["headers"]) for match in after["spec"]["rules"][0]["matches"]] == [2, 1]


def test_a_rule_without_matches_is_matched_by_the_header_alone() -> None:
    after = with_rule(route({"backendRefs": [ref("blue")]}), HEADER)
    assert after["spec"]["rules"][0]["matches"] == [{"headers": [header_of(HEADER)]}]


def test_testers_reach_a_candidate_that_no_rule_names_yet() -> None:
    after = with_rule(route(rule(ref("blue", 7, port=8080))), HEADER)
    assert after["spec"]["rules"][0]["backendRefs"] == [ref("green", 1, port=8080)]


def test_every_weighted_rule_has_testers_and_no_other_rule_has() -> None:
    after = with_rule(route(both(1, 0, name="api"), rule(ref("other")), both(1, 0)), COOKIE)
    assert names(after) == ["pointsman-testers-api", "api", "", "pointsman-testers-3", ""]


def test_T21_weight_steps_leave_the_rules_for_testers_alone() -> None:
    user = {"matches": [{"headers": [{"name": "x-canary", "value": "always"}]}], "backendRefs": [ref("green", 1)]}
    before = with_rule(route(user, both(100, 0)), HEADER)
    after = patched(before, weight_operations(before, BACKENDS, 30))
    assert after["spec"]["rules"][:2] == before["spec"]["rules"][:2]
    assert after["spec"]["rules"][0] == user
    assert matched_by(after) == HEADER


@pytest.mark.parametrize("match", [HEADER, COOKIE])
def test_T21_what_is_written_is_read_and_written_once(match: Match) -> None:
    after = with_rule(route(both(1, 0)), match)
    assert matched_by(after) == match
    assert operations_for_testers(after, BACKENDS, match) == []


def test_T21_another_rule_for_testers_takes_the_place_of_the_first() -> None:
    before = with_rule(route(both(1, 0, name="api"), both(1, 0)), HEADER)
    after = with_rule(before, COOKIE)
    assert names(after) == names(before)
    assert matched_by(after) == COOKIE


def test_T21_rules_that_an_earlier_run_left_are_taken_away() -> None:
    left = rule(ref("green", 1), name="pointsman-testers-gone")
    before = route(left, both(1, 0), rule(ref("other")), {**left, "name": "pointsman-testers-7"})
    assert names(with_rule(before, None)) == ["", ""]
    assert names(with_rule(before, HEADER)) == ["pointsman-testers-0", "", ""]


def test_no_rule_for_testers_is_read_as_none() -> None:
    assert matched_by(route(both(1, 0))) is None
    assert matched_by(route({"name": "pointsman-testers-0", "backendRefs": []}, both(1, 0))) is None
    assert operations_for_testers(route(both(1, 0)), BACKENDS, None) == []


@pytest.mark.parametrize(
    ("cookies", "reached"),
    [
        ("beta=yes", True),
        ("a=b; beta=yes", True),
        ("a=b;beta=yes; z=1", True),
        ("beta=yes!", False),
        ("xbeta=yes", False),
        ("beta=no; gamma=yes", False),
        ("a=beta=yes", False),
        ("", False),
    ],
)
def test_a_cookie_is_found_among_others_and_never_inside_one(cookies: str, reached: bool) -> None:
    pattern = header_of(COOKIE)["value"]
    assert pattern == r"^(.*;\s*)?beta=yes(;.*)?$"
    assert bool(re.search(pattern, cookies)) == reached


@pytest.mark.parametrize("match", [Match("a.b+c", cookie="x.y"), Match("(a|b)", cookie="v"), Match("a=b", cookie="v")])
def test_a_cookie_means_itself_and_not_a_pattern(match: Match) -> None:
    header = header_of(match)
    assert re.search(header["value"], f"{match.cookie}={match.value}")
    assert match_of(header) == match


@pytest.mark.parametrize(
    "match",
    [
        Match("v", header="x tester"),
        Match("a\nb", header="x-tester"),
        Match("a;b", cookie="beta"),
        Match("a b", cookie="beta"),
        Match("v", cookie="be=ta"),
    ],
)
def test_what_no_header_or_cookie_can_be_is_refused(match: Match) -> None:
    with pytest.raises(InputError, match="is not a"):
        operations_for_testers(route(both(1, 0)), BACKENDS, match)


def test_a_header_that_the_user_matches_on_is_refused() -> None:
    own = both(1, 0, matches=[{"headers": [{"name": "X-Tester", "value": "bob"}]}])
    with pytest.raises(InputError, match="matches header x-tester itself"):
        operations_for_testers(route(own), BACKENDS, HEADER)


def test_a_pattern_of_somebody_else_is_not_ours_to_read() -> None:
    assert match_of({"type": "RegularExpression", "name": "Cookie", "value": ".*"}) is None


def test_more_rules_or_matches_than_gateway_api_allows_are_refused() -> None:
    with pytest.raises(InputError, match="18 rules with 18 matches"):
        operations_for_testers(route(*[both(1, 0, name=f"r{n}") for n in range(9)]), BACKENDS, HEADER)
    with pytest.raises(InputError, match="4 rules with 132 matches"):
        operations_for_testers(
            route(*[both(1, 0, name=f"r{n}", matches=[ROOT] * 33) for n in range(2)]), BACKENDS, HEADER
        )

"""The http routes for testers in a VirtualService: beside the weights, never doubled, never left behind."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.routers.istio_changes import MARK, weight_operations
from pointsman.adapters.routers.istio_testers import header_of, match_of, matched_by, operations_for_testers
from pointsman.model.errors import InputError
from pointsman.model.split import Match
from tests.fakes.kube_objects import patched
from tests.unit.adapters.virtual_services import HOSTS, both, http, to, virtual_service

Json = dict[str, Any]
HEADER = Match("alice", header="X-Tester")
COOKIE = Match("yes", cookie="beta")
RULES = pytest.mark.parametrize("match", [HEADER, COOKIE, Match("a.b+c", cookie="b$")], ids=["header", "cookie", "odd"])


def with_rule(before: Json, match: Match | None) -> Json:
    return patched(before, operations_for_testers(before, HOSTS, match))


def names(of: Json) -> list[str]:
    return [one.get("name", "") for one in of["spec"]["http"]]


def test_a_copy_that_knows_the_header_stands_before_the_weighted_one() -> None:
    before = both(90, 10, match=[{"uri": {"prefix": "/"}}], timeout="5s", headers={"request": {"set": {"a": "b"}}})
    (testers, weighted) = with_rule(virtual_service(before), HEADER)["spec"]["http"]
    assert testers == {
        "name": "pointsman-testers-0",
        "match": [{"uri": {"prefix": "/"}, "headers": {"X-Tester": {"exact": "alice"}}}],
        "timeout": "5s",
        "headers": {"request": {"set": {"a": "b"}}},
        "route": [to("green", 100, headers={"response": {"set": {MARK: "shop-green"}}})],
    }
    assert weighted == before


def test_each_match_gets_the_header_and_keeps_its_own() -> None:
    region = {"headers": {"region": {"exact": "eu"}}}
    after = with_rule(virtual_service(both(1, 0, match=[region, {"uri": {"prefix": "/"}}])), HEADER)
    assert [list(each["headers"]) for each in after["spec"]["http"][0]["match"]] == [
        ["region", "X-Tester"],
        ["X-Tester"],
    ]


def test_an_http_route_without_matches_is_matched_by_the_header_alone() -> None:
    after = with_rule(virtual_service(http(to("blue"))), COOKIE)
    assert after["spec"]["http"][0]["match"] == [{"headers": dict([header_of(COOKIE)])}]


def test_every_weighted_http_route_has_testers_and_no_other_has() -> None:
    after = with_rule(virtual_service(both(1, 0, name="api"), http(to("other")), both(1, 0)), COOKIE)
    assert names(after) == ["pointsman-testers-api", "api", "", "pointsman-testers-3", ""]


def test_T21_weight_steps_leave_testers_alone() -> None:
    before = with_rule(virtual_service(http(to("blue"))), HEADER)
    for percent in (30, 100, 0):
        before = patched(before, weight_operations(before, HOSTS, percent))
        assert matched_by(before) == HEADER


@RULES
def test_T21_what_is_written_is_read_and_written_once(match: Match) -> None:
    after = with_rule(virtual_service(both(1, 0)), match)
    assert matched_by(after) == match
    assert operations_for_testers(after, HOSTS, match) == []


def test_T21_another_rule_takes_the_place_of_the_first_and_none_takes_all_away() -> None:
    before = virtual_service(both(1, 0), both(1, 0, name="api"))
    after = with_rule(with_rule(before, HEADER), COOKIE)
    assert (matched_by(after), len(names(after))) == (COOKIE, 4)
    assert with_rule(after, None) == before


def test_no_rule_for_testers_is_read_as_none() -> None:
    assert matched_by(virtual_service(both(1, 0))) is None


@pytest.mark.parametrize("where", ["headers", "withoutHeaders"])
def test_a_header_that_the_user_matches_on_is_refused(where: str) -> None:
    before = virtual_service(both(1, 0, match=[{where: {"x-tester": {"exact": "bob"}}}]))
    with pytest.raises(InputError, match="matches header X-Tester itself"):
        operations_for_testers(before, HOSTS, HEADER)


@pytest.mark.parametrize("match", [Match("a\nb", header="x"), Match("a", header="x y"), Match("a;b", cookie="c")])
def test_what_no_header_or_cookie_can_be_is_refused(match: Match) -> None:
    with pytest.raises(InputError, match="is not a"):
        header_of(match)


def test_a_pattern_of_somebody_else_is_not_ours_to_read() -> None:
    assert match_of("cookie", {"regex": ".*beta.*"}) is None

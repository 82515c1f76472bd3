"""The weights of an HTTPRoute: what they mean, what is patched for another weight, and what is left at the end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.adapters.kube.guarded import guarded
from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.gateway_api_changes import weight_operations, withdraw_operations
from pointsman.adapters.routers.gateway_api_rules import split_of
from pointsman.adapters.routers.gateway_api_testers import operations_for_testers
from pointsman.adapters.routers.route_words import FOUND
from pointsman.model.errors import InputError
from pointsman.model.split import Match, Split
from tests.fakes.kube_objects import patched
from tests.unit.adapters.routes import BACKENDS, ROOT, both, ref, route, rule

Json = dict[str, Any]


def written(before: Json, percent: int, backends: Backends = BACKENDS) -> Json:
    """The route after a write, as the API server would have it: the candidate is named first where it is missing."""
    named = after_one(before, percent, backends)
    return after_one(named, percent, backends)


def after_one(before: Json, percent: int, backends: Backends = BACKENDS) -> Json:
    """The route after one patch of a write."""
    return patched(before, guarded(before, weight_operations(before, backends, percent), 1))


def weights(of: Json) -> list[list[tuple[str, int]]]:
    return [[(each["name"], each.get("weight", 1)) for each in one["backendRefs"]] for one in of["spec"]["rules"]]


@pytest.mark.parametrize(
    ("refs", "percent"),
    [
        pytest.param([ref("blue")], 0, id="only stable"),
        pytest.param([ref("blue", 90), ref("green", 10)], 10, id="parts of a hundred"),
        pytest.param([ref("green", 1), ref("blue", 3)], 25, id="any parts, in any order"),
        pytest.param([ref("blue", None), ref("green", None)], 50, id="a weight left out is 1"),
        pytest.param([ref("blue", 0), ref("green", 7)], 100, id="all"),
        pytest.param([ref("blue", 999), ref("green", 1)], 1, id="a thousandth is not nothing"),
        pytest.param([ref("blue", 1), ref("green", 999)], 99, id="nor is it all"),
        pytest.param([ref("blue", 80), ref("green", 20), ref("other", 900)], 20, id="of both versions' share"),
    ],
)
def test_a_split_is_the_candidate_s_part_of_both(refs: list[Json], percent: int) -> None:
    assert split_of(route(rule(*refs)), BACKENDS) == Split("shop-blue", "shop-green", percent)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        pytest.param([both(0, 0)], "gives neither version any weight", id="0/0 is an error to users"),
        pytest.param([both(90, 10), both(50, 50, name="api")], "rule 0 10 %, rule api 50 %", id="rules that differ"),
        pytest.param([rule(ref("other"))], "no rule of HTTPRoute web has Service blue", id="not there"),
        pytest.param([rule(ref("blue"), ref("blue", port=81))], "twice", id="twice in a rule"),
        pytest.param([rule(ref("blue", namespace="elsewhere"))], "no rule", id="of another namespace"),
        pytest.param([rule(ref("blue", kind="ServiceImport"))], "no rule", id="not a Service"),
        pytest.param([{"filters": []}], "no rule", id="a rule without backends"),
    ],
)
def test_a_route_that_is_no_split_is_refused(rules: list[Json], words: str) -> None:
    with pytest.raises(InputError, match=words):
        split_of(route(*rules), BACKENDS)


def test_a_rule_is_found_by_its_name_wherever_it_stands() -> None:
    named = Backends("shop-blue", "shop-green", BACKENDS.services, rule="checkout")
    before = route(both(100, 0), both(100, 0, name="checkout"))
    assert weights(written(before, 10, named)) == [[("blue", 100), ("green", 0)], [("blue", 90), ("green", 10)]]
    with pytest.raises(InputError, match="no rule checkout") as refused:
        split_of(route(both(100, 0, name="basket")), named)
    assert refused.value.advice == "rules there: basket"


def test_two_versions_behind_one_service_cannot_be_told_apart() -> None:
    with pytest.raises(InputError, match="both have Service shop"):
        Backends("shop-blue", "shop-green", {"shop-blue": "shop", "shop-green": "shop"})


def test_both_weights_are_written_behind_tests_of_what_was_there() -> None:
    assert weight_operations(route(both(90, 10)), BACKENDS, 25) == [
        {"op": "test", "path": "/spec/rules/0/backendRefs/0/name", "value": "blue"},
        {"op": "test", "path": "/spec/rules/0/backendRefs/0/weight", "value": 90},
        {"op": "add", "path": "/spec/rules/0/backendRefs/0/weight", "value": 75},
        {"op": "test", "path": "/spec/rules/0/backendRefs/1/name", "value": "green"},
        {"op": "test", "path": "/spec/rules/0/backendRefs/1/weight", "value": 10},
        {"op": "add", "path": "/spec/rules/0/backendRefs/1/weight", "value": 25},
    ]


def test_a_weight_left_out_is_written_out() -> None:
    after = written(route(rule(ref("blue", None), ref("green", None))), 10)
    assert weights(after) == [[("blue", 90), ("green", 10)]]


@pytest.mark.parametrize(("stable", "candidate"), [(90, 10), (9, 1), (900, 100)])
def test_a_share_that_is_so_already_is_left_as_the_user_wrote_it(stable: int, candidate: int) -> None:
    assert weight_operations(route(both(stable, candidate)), BACKENDS, 10) == []


def test_several_rules_move_together() -> None:
    before = route(both(100, 0), rule(ref("other")), both(1, 0, name="api"))
    assert weights(written(before, 40)) == [
        [("blue", 60), ("green", 40)],
        [("other", 1)],
        [("blue", 60), ("green", 40)],
    ]


def test_the_candidate_is_added_beside_stable_and_reached_as_stable_is() -> None:
    header = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x", "value": "y"}]}}]
    after = written(route(rule(ref("blue", port=8080, filters=header))), 5)
    assert after["spec"]["rules"][0]["backendRefs"] == [
        ref("blue", 95, port=8080, filters=header),
        ref("green", 5, port=8080, filters=header),
    ]


def test_a_candidate_that_is_missing_somewhere_is_named_there_before_anybody_is_sent_to_it() -> None:
    """A proxy that hears of the route first would answer 503."""
    before = route(both(90, 10), rule(ref("blue", 9), name="api"))
    named = after_one(before, 10)
    assert weights(named) == [[("blue", 90), ("green", 10)], [("blue", 9), ("green", 0)]]
    assert weights(after_one(named, 10)) == [[("blue", 90), ("green", 10)], [("blue", 90), ("green", 10)]]


def test_a_candidate_without_weight_is_not_added() -> None:
    assert weight_operations(route(rule(ref("blue"))), BACKENDS, 0) == []


def test_other_backends_keep_their_share() -> None:
    before = route(rule(ref("other", 300), ref("blue", 100)))
    after = written(before, 30)
    assert weights(after) == [[("other", 300), ("blue", 70), ("green", 30)]]
    assert weights(written(after, 100)) == [[("other", 300), ("blue", 0), ("green", 100)]]


@pytest.mark.parametrize("stable", [1, 0])
def test_a_share_that_is_no_whole_part_beside_others_is_refused(stable: int) -> None:
    with pytest.raises(InputError, match="no whole parts") as refused:
        weight_operations(route(rule(ref("blue", stable), ref("other", 1))), BACKENDS, 30)
    assert "multiple of 100" in refused.value.advice


def test_a_rule_that_refused_everybody_serves_again() -> None:
    assert weights(written(route(both(0, 0)), 10)) == [[("blue", 90), ("green", 10)]]


USERS = route(
    rule(ref("blue", 7), name="api", timeouts={"request": "5s"}, retry={"attempts": 3}, filters=[{"type": "X"}]),
    rule(ref("other", 3), ref("blue", 100), matches=[{**ROOT, "method": "POST"}]),
    both(100, 0, matches=[{"headers": [{"name": "region", "value": "eu"}]}]),
)


def without_our_marks(of: Json) -> Json:
    kept = {key: text for key, text in of["metadata"]["annotations"].items() if key != "pointsman.dev/fence"}
    return {**of, "metadata": {**of["metadata"], "annotations": kept}}


@given(st.lists(st.integers(0, 100), max_size=6), st.booleans())
def test_T19_whatever_the_way_the_user_s_own_route_is_left(way: list[int], testers: bool) -> None:
    after = USERS
    for percent in [*way, 0]:
        after = written(after, percent)
        assert split_of(after, BACKENDS).weight == percent
        if testers:
            rule_for_testers = Match(str(percent), header="x-tester")
            after = patched(after, operations_for_testers(after, BACKENDS, rule_for_testers))
    after = patched(after, withdraw_operations(after, BACKENDS))
    assert without_our_marks(after) == USERS


@pytest.mark.parametrize("percent", range(101))
def test_nobody_is_ever_sent_nowhere(percent: int) -> None:
    assert all(sum(weight for _, weight in one) > 0 for one in weights(written(USERS, percent)))


def test_T11_a_candidate_that_still_has_a_share_is_not_taken_away() -> None:
    with pytest.raises(InputError, match="still sends requests to green"):
        withdraw_operations(written(USERS, 10), BACKENDS)


def test_what_the_user_wrote_is_not_taken_away() -> None:
    assert withdraw_operations(route(both(100, 0)), BACKENDS) == []


def test_a_rule_that_was_written_anew_is_left_as_it_is() -> None:
    after = written(USERS, 10)
    after["spec"]["rules"] = [rule(ref("blue", 5), name="api")]
    left = patched(after, withdraw_operations(after, BACKENDS))
    assert weights(left) == [[("blue", 5)]]
    assert FOUND not in left["metadata"]["annotations"]


@pytest.mark.parametrize("text", ["not json", "[1]"])
def test_a_note_that_somebody_edited_says_nothing(text: str) -> None:
    before = route(both(100, 0), annotations={FOUND: text})
    assert weights(patched(before, withdraw_operations(before, BACKENDS))) == [[("blue", 100), ("green", 0)]]


def test_the_weight_that_stable_had_is_kept_on_the_route() -> None:
    found = json.loads(written(USERS, 10)["metadata"]["annotations"][FOUND])
    assert sorted(found.values()) == [7, 100]
    assert found["api"] == 7

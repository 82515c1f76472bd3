"""The weights of a VirtualService: what they mean, what is patched for another weight, and what is left at the end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.adapters.kube.guarded import guarded
from pointsman.adapters.routers.istio_changes import MARK, weight_operations, withdraw_operations
from pointsman.adapters.routers.istio_rules import Destination, Destinations, split_of
from pointsman.adapters.routers.istio_testers import operations_for_testers
from pointsman.adapters.routers.route_words import FOUND
from pointsman.model.errors import InputError
from pointsman.model.split import Match, Split
from tests.fakes.kube_objects import patched
from tests.unit.adapters.virtual_services import HOSTS, SUBSETS, both, http, to, virtual_service

Json = dict[str, Any]
MARKED = {"response": {"set": {MARK: "shop-green"}}}


def written(before: Json, percent: int, wanted: Destinations = HOSTS) -> Json:
    """The VirtualService after a write, as the API server would have it."""
    return patched(before, guarded(before, weight_operations(before, wanted, percent), 1))


def weights(of: Json) -> list[list[int | None]]:
    return [[one.get("weight") for one in each["route"]] for each in of["spec"]["http"]]


@pytest.mark.parametrize(
    ("route", "percent"),
    [
        pytest.param([to("blue")], 0, id="only stable"),
        pytest.param([to("blue", 0)], 0, id="only stable, whose weight then means nothing"),
        pytest.param([to("blue", 90), to("green", 10)], 10, id="parts of a hundred"),
        pytest.param([to("green", 1), to("blue", 3)], 25, id="any parts, in any order"),
        pytest.param([to("blue", 90), to("green")], 0, id="a weight left out is 0"),
        pytest.param([to("blue"), to("green", 10)], 100, id="stable's, too"),
        pytest.param([to("blue", 999), to("green", 1)], 1, id="a thousandth is not nothing"),
        pytest.param([to("blue", 1), to("green", 999)], 99, id="nor is it all"),
        pytest.param([to("blue.shop.svc.cluster.local", 90), to("green.shop", 10)], 10, id="hosts in full"),
    ],
)
def test_a_split_is_the_candidate_s_part_of_both(route: list[Json], percent: int) -> None:
    assert split_of(virtual_service(http(*route)), HOSTS) == Split("shop-blue", "shop-green", percent)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        pytest.param([both(0, 0)], "weights 0 and 0, which Envoy refuses", id="0/0 leaves the old weights live"),
        pytest.param([both(None, None)], "weights 0 and 0", id="both left out are 0/0"),
        pytest.param([both(105, -5)], "weights 105 and -5", id="the API server takes a negative weight"),
        pytest.param([both(90, 10), both(50, 50, name="api")], "http route 0 10 %, http route api 50 %", id="differ"),
        pytest.param([http(to("other"))], "no http route of VirtualService web sends requests to", id="not there"),
        pytest.param([http(to("blue"), to("blue"))], "twice", id="twice"),
        pytest.param([http(to("blue.elsewhere"))], "no http route", id="of another namespace"),
        pytest.param([http(to("blue", subset="v1"))], "no http route", id="a subset is another destination"),
        pytest.param([http(to("blue", 60), to("green", 20), to("blue", 20, "x"))], "more destinations", id="a third"),
        pytest.param([{"redirect": {"uri": "/"}}], "no http route", id="a redirect"),
        pytest.param([{"delegate": {"name": "inner"}}], "delegates to VirtualService inner", id="a delegate"),
    ],
)
def test_a_virtual_service_that_is_no_split_is_refused(rules: list[Json], words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        split_of(virtual_service(*rules), HOSTS)
    assert refused.value.advice


def test_an_http_route_is_found_by_its_name_wherever_it_stands() -> None:
    named = Destinations("shop-blue", "shop-green", HOSTS.of, rule="checkout")
    before = virtual_service(http(to("blue"), name="all"), http(to("blue"), name="checkout"))
    assert weights(written(before, 10, named)) == [[None], [90, 10]]
    with pytest.raises(InputError, match="no http route checkout") as refused:
        split_of(virtual_service(http(to("blue"), name="basket")), named)
    assert refused.value.advice == "http routes there: basket"


def test_two_versions_at_one_destination_cannot_be_told_apart() -> None:
    with pytest.raises(InputError, match="both have Service shop"):
        Destinations("a", "b", {"a": Destination("shop"), "b": Destination("shop")})


def test_both_weights_are_written_behind_tests_of_what_was_there() -> None:
    operations = weight_operations(virtual_service(both(90, 10)), HOSTS, 25)
    path = "/spec/http/0/route"
    assert operations == [
        {"op": "test", "path": f"{path}/0/destination", "value": {"host": "blue"}},
        {"op": "test", "path": f"{path}/0/weight", "value": 90},
        {"op": "add", "path": f"{path}/0/weight", "value": 75},
        {"op": "test", "path": f"{path}/1/destination", "value": {"host": "green"}},
        {"op": "test", "path": f"{path}/1/weight", "value": 10},
        {"op": "add", "path": f"{path}/1/weight", "value": 25},
        {"op": "add", "path": f"{path}/1/headers", "value": MARKED},
    ]


def test_the_candidate_is_added_beside_stable_and_reached_as_stable_is() -> None:
    own = to("blue.shop.svc.cluster.local", headers={"request": {"set": {"x": "1"}}})
    own["destination"]["port"] = {"number": 8080}
    (stable, candidate) = written(virtual_service(http(own)), 10)["spec"]["http"][0]["route"]
    assert (stable, stable["weight"]) == ({**own, "weight": 90}, 90)
    assert candidate == {
        "destination": {"host": "green.shop.svc.cluster.local", "port": {"number": 8080}},
        "weight": 10,
        "headers": {"request": {"set": {"x": "1"}}, **MARKED},
    }


def test_a_subset_is_added_beside_the_other_of_the_same_host() -> None:
    after = written(virtual_service(http(to("all", subset="v1"))), 10, SUBSETS)
    targets = [one["destination"] for one in after["spec"]["http"][0]["route"]]
    assert targets == [{"host": "all", "subset": "v1"}, {"host": "all", "subset": "v2"}]


def test_a_candidate_without_weight_is_not_added() -> None:
    assert weight_operations(virtual_service(http(to("blue"))), HOSTS, 0) == []


def test_what_is_written_is_written_once() -> None:
    for percent in (0, 30, 100):
        after = written(virtual_service(both(90, 10)), percent)
        assert weight_operations(after, HOSTS, percent) == []


def test_several_http_routes_move_together() -> None:
    after = written(virtual_service(http(to("blue"), name="a"), http(to("other")), both(100, 0)), 30)
    assert weights(after) == [[70, 30], [None], [70, 30]]


def test_weights_that_envoy_refused_serve_again() -> None:
    assert weights(written(virtual_service(both(0, 0)), 10)) == [[90, 10]]


USERS = virtual_service(
    http(to("blue"), name="api", timeout="5s", retries={"attempts": 3}, headers={"request": {"set": {"a": "b"}}}),
    http(to("other")),
    http(to("blue", 100), match=[{"uri": {"prefix": "/pay"}}], corsPolicy={"allowOrigins": [{"exact": "x"}]}),
    http(
        to("blue", 100),
        to("green", 0, headers={"response": {"set": {"own": "1"}}}),
        match=[{"headers": {"region": {"exact": "eu"}}}],
    ),
    both(100, 0, name="last"),
)


def without_our_marks(of: Json) -> Json:
    kept = {key: text for key, text in of["metadata"]["annotations"].items() if key != "pointsman.dev/fence"}
    return {**of, "metadata": {**of["metadata"], "annotations": kept}}


@given(st.lists(st.integers(0, 100), max_size=6), st.booleans())
def test_T19_whatever_the_way_the_user_s_own_object_is_left(way: list[int], testers: bool) -> None:
    after = USERS
    for percent in [*way, 0]:
        after = written(after, percent)
        assert split_of(after, HOSTS).weight == percent
        if testers:
            rule_for_testers = Match(str(percent), header="x-tester")
            after = patched(after, operations_for_testers(after, HOSTS, rule_for_testers))
    after = patched(after, withdraw_operations(after, HOSTS))
    assert without_our_marks(after) == USERS


@pytest.mark.parametrize("percent", range(101))
def test_both_weights_are_always_there_and_a_hundred_together(percent: int) -> None:
    after = written(written(USERS, 50), percent)
    ours = [one for one in weights(after) if len(one) == 2]
    assert ours == [[100 - percent, percent]] * 4


def test_T11_a_candidate_that_still_has_a_share_is_not_taken_away() -> None:
    with pytest.raises(InputError, match="still sends requests to green"):
        withdraw_operations(written(virtual_service(http(to("blue"))), 10), HOSTS)


def test_an_http_route_that_was_written_anew_is_left_as_it_is() -> None:
    after = written(written(virtual_service(http(to("blue"), name="api")), 10), 0)
    after["spec"]["http"] = [http(to("blue"), name="api", timeout="1s")]
    left = patched(after, withdraw_operations(after, HOSTS))
    assert left["spec"]["http"] == [http(to("blue"), name="api", timeout="1s")]


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_note_that_somebody_edited_says_nothing(text: str) -> None:
    before = virtual_service(both(100, 0), annotations={FOUND: text})
    assert weights(patched(before, withdraw_operations(before, HOSTS))) == [[100, 0]]


def test_the_weight_that_stable_had_is_kept_on_the_object() -> None:
    after = written(virtual_service(http(to("blue"), name="a"), http(to("blue", 100), name="b")), 10)
    assert json.loads(after["metadata"]["annotations"][FOUND]) == {"a": None, "b": 100}

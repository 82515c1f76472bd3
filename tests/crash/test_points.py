"""Which requests of a run are points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from tests.crash.faults import Fault, Point, Request
from tests.crash.matrices import tried
from tests.crash.matrix import Learned, Trial, explore
from tests.crash.scenarios import scenario_named
from tests.crash.stage import Stage

PUT, PATCH, GET = "PUT configmaps/pointsman-shop", "PATCH deployments/shop-canary", "GET deployments"


def learned(*kinds: str) -> Learned:
    counted = [Request(kind, kinds[: place + 1].count(kind)) for place, kind in enumerate(kinds)]
    return Learned(scenario_named("canary, promoted"), (0, "promoted"), tuple(counted), "old", "new", "back")


def test_what_is_asked_again_and_again_while_a_run_waits_is_a_point_once() -> None:
    """Or a run that waits longer while it is learned has points that no other run meets."""
    short, long = learned(PATCH, GET, PUT), learned(PATCH, GET, GET, GET, PUT)
    assert tried(long, whole=True) == tried(short, whole=True) == [Request(PATCH), Request(GET), Request(PUT)]


def test_twelve_answers_of_pods_are_points_wherever_they_stand() -> None:
    many, few = learned(*["GET pods/proxy"] * 70), learned(*["GET pods/proxy"] * 7)
    assert [one.turn for one in tried(many, whole=True)] == [1, 6, 12, 18, 24, 30, 36, 41, 47, 53, 59, 65]
    assert len(tried(few, whole=True)) == 7


def test_answers_that_a_run_which_finds_it_bad_sooner_does_not_ask_for_are_no_points() -> None:
    rejected = replace(learned(*["GET pods/proxy"] * 33), promised=(10, "rejected"))
    turns = [one.turn for one in tried(rejected, whole=True)]
    assert (len(turns), turns[-1]) == (12, 21)


def test_every_write_is_a_point() -> None:
    assert tried(learned(PUT, PUT, PATCH), whole=False) == [Request(PUT), Request(PUT, 2), Request(PATCH)]


class Quiet:
    """A machine that never stands still."""

    pulse = property(lambda self: self)

    def slow(self) -> bool:
        return False

    def stood_still_since(self, began: float) -> bool:
        del began
        return False


def test_points_that_a_run_does_not_come_to_are_tried_again_alone() -> None:
    what = learned(PUT, GET, PATCH)
    first, second, third = (Point(request, Fault.RESET) for request in what.requests)
    made: list[list[Point]] = []

    def attempt(_: object, __: object, points: Sequence[Point]) -> Trial:
        made.append(list(points))
        met = points if third not in points else points[:-1] if len(made) < 3 else points
        return Trial(len(met), left=points[len(met) :])

    tried = explore(cast(Stage, Quiet()), what, "dealt", [[first, second, third]], attempt)
    assert made == [[first, second, third], [third], [third]]
    assert (tried.points, tried.missed, tried.failures) == (3, 0, [])


def test_who_dies_between_two_writes_of_which_the_first_is_the_records_is_followed_up_once() -> None:
    what = learned(PUT, PATCH, PUT, PUT, GET, PATCH)
    assert what.on_the_heels == {Request(PATCH), Request(PUT, 3)}

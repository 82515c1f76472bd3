"""The first release of a plain workload: colours are made of it without a gap."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pointsman.model.errors import InputError, RemoteError
from pointsman.model.result import Outcome
from pointsman.model.split import Split
from pointsman.model.version import Problem
from pointsman.steps import blue_green_switch
from tests.steps.stage import BLUE, GREEN, Killed, SelectorRouter, Stage, switch

PLAIN = "shop"


@dataclass
class PlainRouter(SelectorRouter):
    """Names no colour until one is written."""

    def beside(self) -> PlainRouter:
        self._there()
        return PlainRouter(self.stable, self.candidate, self.lag, True, writes=self.writes, _route=self._route)

    def read(self) -> Split:
        if not self.writes:
            raise InputError("the selector names no colour")
        return super().read()

    def _write(self, split: Split) -> None:
        super()._write(split)
        if not self.writes:
            self.writes.append(split)


def plain_stage(slow: int = 2) -> Stage:
    stage = Stage(slow=slow)
    stage.workload._versions.clear()
    stage.workload.place(PLAIN, {"app": "shop:1"}, 2)
    stage.router = PlainRouter(BLUE, GREEN, stage.lag, only_whole=True, failure=stage.failure)
    return stage


def test_blue_is_made_of_what_serves_and_then_the_release_goes_to_green() -> None:
    stage = plain_stage()
    result = blue_green_switch.run(stage.site(), switch(adopt=PLAIN))
    assert result.outcome is Outcome.SWITCHED
    assert stage.workload.happened == [(verb, name) for name in (BLUE, GREEN) for verb in ("create", "release")]
    blue, plain = stage.version(BLUE), stage.version(PLAIN)
    assert blue is not None
    assert plain is not None
    assert (dict(blue.images), blue.desired) == ({"app": "shop:1"}, 2)
    assert plain.desired == 2, "what was adopted is left as it was"
    assert stage.images() == {"app": "shop:2"}


def test_adopting_twice_copies_once() -> None:
    stage = plain_stage()
    blue_green_switch.run(stage.site(), switch(adopt=PLAIN))
    happened = list(stage.workload.happened)
    assert blue_green_switch.run(stage.again(), switch(adopt=PLAIN)).outcome is Outcome.UNCHANGED
    assert stage.workload.happened == happened


@pytest.mark.parametrize("place", ["before", "after"])
def test_adopting_killed_at_any_mutation_is_finished_by_the_next_run(place: str) -> None:
    nth, killed = 0, True
    while killed:
        nth, stage = nth + 1, plain_stage()
        stage.failure.arm(Killed(), after=place == "after")  # type: ignore[arg-type]
        stage.failure.nth, stage.lock.dead = nth, True
        try:
            blue_green_switch.run(stage.site(), switch(adopt=PLAIN))
            killed = False
        except Killed:
            result = blue_green_switch.run(stage.again(), switch(adopt=PLAIN))
            assert result.outcome in (Outcome.SWITCHED, Outcome.UNCHANGED), (nth, result.why)
        assert stage.images() == {"app": "shop:2"}, nth
    assert nth > 5


def test_nothing_to_adopt_is_refused() -> None:
    with pytest.raises(InputError, match="no workload web"):
        blue_green_switch.run(plain_stage().site(), switch(adopt="web"))


def test_an_ill_workload_is_not_adopted() -> None:
    stage = plain_stage()
    stage.workload.hurt(PLAIN)
    with pytest.raises(InputError, match="no ready instance"):
        blue_green_switch.run(stage.site(), switch(adopt=PLAIN))


def test_a_copy_that_does_not_come_up_leaves_users_where_they_are() -> None:
    stage = plain_stage()
    quota = Problem("FailedCreate", "", "exceeded quota")
    stage.workload.images["shop:1"] = quota  # type: ignore[index]
    with pytest.raises(RemoteError, match="does not come up"):
        blue_green_switch.run(stage.site(), switch(adopt=PLAIN))
    assert stage.router.writes == []


def test_a_copy_that_is_never_ready_ends_when_the_time_is_over() -> None:
    stage = plain_stage(slow=500)
    with pytest.raises(RemoteError, match="does not come up"):
        blue_green_switch.run(stage.site(), switch(adopt=PLAIN, timeout=60.0))
    assert stage.router.writes == []

"""What every clock promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pointsman.adapters.clock import epoch_of
from pointsman.model.errors import Cancelled
from tests.contract.worlds import CLOCKS, ClockWorld, Factory


@pytest.fixture(params=CLOCKS, ids=lambda factory: factory.__name__)
def world(request: pytest.FixtureRequest) -> Iterator[ClockWorld]:
    factory: Factory[ClockWorld] = request.param
    with factory(request) as made:
        yield made


def test_sleeping_lets_at_least_that_much_time_pass(world: ClockWorld) -> None:
    before = world.clock.seconds()
    world.clock.sleep(0.01)
    assert world.clock.seconds() - before >= 0.01


def test_the_time_of_day_reads_as_rfc_3339_in_utc(world: ClockWorld) -> None:
    assert world.clock.now().endswith("Z")
    assert epoch_of(world.clock.now()) > 0


def test_nobody_is_cancelled_unasked(world: ClockWorld) -> None:
    world.clock.checkpoint()
    world.clock.sleep(0)


def test_after_a_stop_neither_a_mutation_nor_a_wait_begins(world: ClockWorld) -> None:
    world.stop()
    with pytest.raises(Cancelled):
        world.clock.checkpoint()
    with pytest.raises(Cancelled):
        world.clock.sleep(3600)


def test_a_jittered_wait_stays_within_half_and_one_and_a_half(world: ClockWorld) -> None:
    assert all(2.0 <= world.clock.jittered(4.0) <= 6.0 for _ in range(50))


def test_what_is_attended_gives_its_answer_or_its_error(world: ClockWorld) -> None:
    assert world.clock.attended(lambda: "answer") == "answer"
    with pytest.raises(ZeroDivisionError):
        world.clock.attended(lambda: 1 // 0, grace=1.0)


def test_what_ends_within_the_grace_after_a_stop_still_gives_its_answer(world: ClockWorld) -> None:
    world.stop()
    assert world.clock.attended(lambda: "answer", grace=60.0) == "answer"

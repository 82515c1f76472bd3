"""What every router promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from pointsman.judge.share import bounds, requests_for
from pointsman.model.errors import ConflictError, InputError, NotReady
from tests.contract.worlds import KNOWING_ROUTERS, ROUTERS, WEIGHTED_ROUTERS, Factory, RouterWorld


def opened(request: pytest.FixtureRequest) -> Iterator[RouterWorld]:
    factory: Factory[RouterWorld] = request.param
    with factory(request) as made:
        yield made


def name_of(factory: Factory[RouterWorld]) -> str:
    return factory.__name__


world = pytest.fixture(opened, params=ROUTERS, ids=name_of)
weighted = pytest.fixture(opened, params=WEIGHTED_ROUTERS, ids=name_of)
knowing = pytest.fixture(opened, params=KNOWING_ROUTERS, ids=name_of)


@pytest.mark.parametrize("weight", [100, 0])
def test_what_is_written_is_what_is_read(world: RouterWorld, weight: int) -> None:
    world.router.write(world.split(100 - weight))
    world.router.write(world.split(weight))
    for reader in (world.router, world.beside()):
        assert reader.read().share(world.candidate) == weight
        assert reader.read().share(world.stable) == 100 - weight


def test_writing_twice_changes_nothing_the_second_time(world: RouterWorld) -> None:
    world.router.write(world.split(100))
    first = world.revision()
    world.router.write(world.split(100))
    world.beside().write(world.split(100))
    assert world.revision() == first


def test_a_write_that_changes_the_split_shows_in_the_revision(world: RouterWorld) -> None:
    before = world.revision()
    world.router.write(world.split(100))
    assert world.revision() != before


def test_a_writer_whose_reading_is_stale_is_refused_and_changes_nothing(world: RouterWorld) -> None:
    late = world.beside()
    late.read()
    world.router.read()
    world.router.write(world.split(100))
    with pytest.raises(ConflictError):
        late.write(world.split(0))
    assert world.router.read().share(world.candidate) == 100


def test_a_refused_writer_may_read_again_and_write(world: RouterWorld) -> None:
    late = world.beside()
    late.read()
    world.router.write(world.split(100))
    with pytest.raises(ConflictError):
        late.write(world.split(0))
    late.read()
    late.write(world.split(0))
    assert late.read().share(world.candidate) == 0


def test_a_write_that_an_older_run_prepared_is_refused_after_a_stamp(world: RouterWorld) -> None:
    older = world.beside()
    older.read()
    world.stamps.stamp()
    with pytest.raises(ConflictError):
        older.write(world.split(100))
    world.router.write(world.split(100))
    assert world.router.read().share(world.candidate) == 100


def test_a_stamp_moves_nobody(world: RouterWorld) -> None:
    world.router.write(world.split(100))
    world.stamps.stamp()
    world.settle(world.split(100))


def test_a_weight_in_between_is_kept_as_it_is_or_refused_untouched(world: RouterWorld) -> None:
    try:
        world.router.write(world.split(30))
    except InputError:
        assert world.router.read().share(world.candidate) == 0
    else:
        assert world.router.read().share(world.candidate) == 30


@pytest.mark.parametrize("weight", [10, 50, 90])
def test_requests_meet_a_weight_in_between_once_it_is_settled(weighted: RouterWorld, weight: int) -> None:
    weighted.router.write(weighted.split(weight))
    weighted.settle(weighted.split(weight))
    answers = Counter(weighted.request() for _ in range(requests_for(weight / 100)))
    least, most = bounds(answers.total(), weight / 100)
    slack = answers.total() // 20  # the bounds hold in 99 of 100 rounds, and a suite should not fail in the hundredth
    assert set(answers) == {weighted.stable, weighted.candidate}
    assert least - slack <= answers[weighted.candidate] <= most + slack


def test_a_weight_in_between_is_told_from_the_one_before(weighted: RouterWorld) -> None:
    weighted.router.write(weighted.split(50))
    weighted.settle(weighted.split(50))
    assert not weighted.router.settled(weighted.split(20)).reached
    weighted.router.write(weighted.split(20))
    weighted.settle(weighted.split(20))
    assert not weighted.router.settled(weighted.split(50)).reached


def test_T27_a_candidate_without_a_ready_instance_gets_no_requests(knowing: RouterWorld) -> None:
    assert knowing.bereft is not None
    router = knowing.bereft()
    with pytest.raises(NotReady, match="no ready instance"):
        router.write(knowing.split(50))
    assert router.read().share(knowing.candidate) == 0
    router.write(knowing.split(0))


def test_a_split_is_not_settled_before_requests_meet_it(world: RouterWorld) -> None:
    for weight in (100, 0):
        world.router.write(world.split(weight))
        world.settle(world.split(weight))
        assert {world.request() for _ in range(40)} == {world.candidate if weight else world.stable}


def test_a_split_that_is_not_written_is_not_settled(world: RouterWorld) -> None:
    world.router.write(world.split(100))
    world.settle(world.split(100))
    effect = world.router.settled(world.split(0))
    assert not effect.reached
    assert effect.detail


def test_a_settled_split_was_at_least_accepted_by_who_serves_it(world: RouterWorld) -> None:
    world.router.write(world.split(100))
    world.settle(world.split(100))
    assert world.router.settled(world.split(100)).level >= 1

"""What every workload promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pointsman.model.errors import ConflictError, InputError
from pointsman.model.version import snapshot_of
from tests.contract.worlds import WORKLOADS, Factory, WorkloadWorld


@pytest.fixture(params=WORKLOADS, ids=lambda factory: factory.__name__)
def world(request: pytest.FixtureRequest) -> Iterator[WorkloadWorld]:
    factory: Factory[WorkloadWorld] = request.param
    with factory(request) as made:
        yield made


def test_what_runs_is_observed_with_its_images_and_instances(world: WorkloadWorld) -> None:
    state = world.rolled_out(world.there)
    assert dict(state.images) == world.images
    assert (state.desired, state.ready, state.surplus) == (2, 2, 0)
    assert state.revision
    assert set(state.digests) == set(world.images)


def test_what_does_not_exist_is_observed_as_nothing(world: WorkloadWorld) -> None:
    assert world.workload.observe(world.missing) is None


def test_a_missing_version_is_created_like_another(world: WorkloadWorld) -> None:
    world.workload.release(world.missing, world.other, 1, like=world.there)
    state = world.rolled_out(world.missing)
    assert dict(state.images) == world.other
    assert state.ready == 1


def test_a_release_replaces_the_images_and_leaves_nothing_of_the_old(world: WorkloadWorld) -> None:
    before = world.rolled_out(world.there)
    world.workload.release(world.there, world.other, 1, like=world.there)
    after = world.until(world.there, lambda state: state.rolled_out and state.revision != before.revision)
    assert dict(after.images) == world.other
    assert after.digests != before.digests


def test_a_release_never_takes_instances_away(world: WorkloadWorld) -> None:
    world.workload.release(world.there, world.other, 1, like=world.there)
    assert world.rolled_out(world.there).desired == 2


def test_a_change_is_not_rolled_out_before_the_platform_looked_at_it(world: WorkloadWorld) -> None:
    world.workload.release(world.there, world.broken, 2, like=world.there)
    state = world.workload.observe(world.there)
    assert state is not None
    assert not state.rolled_out


def test_releasing_twice_changes_nothing_the_second_time(world: WorkloadWorld) -> None:
    world.workload.release(world.there, world.other, 2, like=world.there)
    before = world.rolled_out(world.there)
    world.workload.release(world.there, world.other, 2, like=world.there)
    assert world.workload.observe(world.there) == before


@pytest.mark.parametrize("instances", [3, 1, 0])
def test_scaling_sets_the_number_of_instances(world: WorkloadWorld, instances: int) -> None:
    world.workload.scale(world.there, instances)
    state = world.until(world.there, lambda state: state.rolled_out and state.ready == state.desired == instances)
    assert dict(state.images) == world.images


def test_a_stale_writer_is_refused_and_changes_nothing(world: WorkloadWorld) -> None:
    late = world.beside()
    late.observe(world.there)
    world.workload.observe(world.there)
    world.workload.scale(world.there, 1)
    with pytest.raises(ConflictError):
        late.scale(world.there, 3)
    assert world.rolled_out(world.there).desired == 1


def test_a_refused_writer_may_look_again_and_write(world: WorkloadWorld) -> None:
    late = world.beside()
    late.observe(world.there)
    world.workload.scale(world.there, 1)
    with pytest.raises(ConflictError):
        late.release(world.there, world.other, 1, like=world.there)
    late.observe(world.there)
    late.release(world.there, world.other, 1, like=world.there)
    world.until(world.there, lambda state: state.rolled_out and dict(state.images) == world.other)


def test_a_write_that_an_older_run_prepared_is_refused_after_a_stamp(world: WorkloadWorld) -> None:
    older = world.older()
    older.observe(world.there)
    world.stamps.stamp()
    with pytest.raises(ConflictError):
        older.scale(world.there, 3)
    world.workload.scale(world.there, 1)
    assert world.rolled_out(world.there).desired == 1


def test_a_release_that_an_older_run_prepared_is_refused_after_a_stamp(world: WorkloadWorld) -> None:
    older = world.older()
    before = older.observe(world.there)
    world.stamps.stamp()
    with pytest.raises(ConflictError):
        older.release(world.there, world.other, 3, like=world.there)
    with pytest.raises(ConflictError):
        older.restore(world.there, replace(snapshot_of(before), desired=1))
    assert dict(world.rolled_out(world.there).images) == world.images


def test_a_removal_that_an_older_run_prepared_is_refused_after_a_stamp(world: WorkloadWorld) -> None:
    older = world.older()
    before = snapshot_of(older.observe(world.missing))
    older.release(world.missing, world.other, 1, like=world.there)
    older.observe(world.missing)
    world.rolled_out(world.missing)
    world.stamps.stamp()
    with pytest.raises(ConflictError):
        older.restore(world.missing, before)
    assert world.workload.observe(world.missing) is not None


def test_a_stamp_restarts_nothing(world: WorkloadWorld) -> None:
    before = world.rolled_out(world.there)
    world.stamps.stamp()
    assert world.rolled_out(world.there) == before


def test_a_version_that_did_not_exist_is_removed_by_restoring(world: WorkloadWorld) -> None:
    before = snapshot_of(world.workload.observe(world.missing))
    world.workload.release(world.missing, world.other, 1, like=world.there)
    world.rolled_out(world.missing)
    world.workload.restore(world.missing, before)
    assert world.workload.observe(world.missing) is None


def test_removing_what_is_gone_already_is_no_error(world: WorkloadWorld) -> None:
    before = snapshot_of(world.workload.observe(world.missing))
    world.workload.restore(world.missing, before)
    world.workload.restore(world.missing, before)
    assert world.workload.observe(world.missing) is None


def test_restoring_puts_back_images_and_instances(world: WorkloadWorld) -> None:
    before = world.rolled_out(world.there)
    world.workload.release(world.there, world.broken, 3, like=world.there)
    world.workload.observe(world.there)
    world.workload.restore(world.there, snapshot_of(before))
    after = world.rolled_out(world.there)
    assert (dict(after.images), after.desired, after.ready) == (world.images, 2, 2)
    assert after.problem is None


def test_what_ends_soon_after_its_start_is_a_problem_that_names_the_instance(world: WorkloadWorld) -> None:
    world.workload.release(world.missing, world.broken, 1, like=world.there)
    state = world.until(world.missing, lambda state: state.problem is not None)
    assert state.problem is not None
    assert state.problem.reason == "CrashLoopBackOff"
    assert state.problem.pod
    assert not state.rolled_out


def test_an_image_that_nobody_has_is_refused_or_becomes_a_problem(world: WorkloadWorld) -> None:
    try:
        world.workload.release(world.missing, world.unknown, 1, like=world.there)
    except InputError:
        assert world.workload.observe(world.missing) is None
    else:
        world.until(world.missing, lambda state: state.problem is not None)


def test_a_version_cannot_be_created_like_one_that_does_not_exist(world: WorkloadWorld) -> None:
    with pytest.raises(InputError):
        world.workload.release(world.missing, world.other, 1, like=world.missing)

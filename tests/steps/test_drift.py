"""Somebody else changes what a release has written: seen at the next look, named, and handled as asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pointsman.adapters.records.codec import encode
from pointsman.model.errors import ConflictError
from pointsman.model.result import Outcome, Result
from pointsman.model.split import Split
from pointsman.steps import blue_green_switch, rollback
from tests.steps.stage import BLUE, GREEN, Killed, Stage, back, switch

ON_BLUE, ON_GREEN = Split(BLUE, GREEN, 0), Split(BLUE, GREEN, 100)
OLD, NEW = {"app": "shop:1"}, {"app": "shop:2"}
BY = "night-shift"


def route_back(stage: Stage) -> None:
    stage.router.edit(ON_BLUE, BY)


def route_nowhere(stage: Stage) -> None:
    stage.router.edit(None, BY)


def green_scaled_down(stage: Stage) -> None:
    stage.workload.edit(GREEN, BY, instances=1)


def green_scaled_to_zero(stage: Stage) -> None:
    stage.workload.edit(GREEN, BY, instances=0)


def green_image(stage: Stage) -> None:
    stage.workload.edit(GREEN, BY, images={"app": "shop:3"})


def green_deleted(stage: Stage) -> None:
    stage.workload.vanish(GREEN)


def blue_image(stage: Stage) -> None:
    stage.workload.edit(BLUE, BY, images={"app": "shop:3"})


def blue_scaled_to_zero(stage: Stage) -> None:
    stage.workload.edit(BLUE, BY, instances=0)


def record_deleted(stage: Stage) -> None:
    stage.records.drop()


def record_edited(stage: Stage) -> None:
    stage.records.edit("{}")


Change = Callable[[Stage], None]
WHILE_SERVING: list[tuple[Change, str]] = [
    (route_back, f"the route of the service was changed by {BY} from {GREEN} to {BLUE}"),
    (route_nowhere, f"the route of the service was changed by {BY} from {GREEN} to neither version"),
    (green_scaled_down, f"the instances of {GREEN} was changed by {BY} from 3 to 1"),
    (green_scaled_to_zero, f"the instances of {GREEN} was changed by {BY} from 3 to 0"),
    (green_image, f"the image of {GREEN} was changed by {BY} from shop:2 to shop:3"),
    (green_deleted, f"the existence of {GREEN} was deleted by somebody"),
    (blue_image, f"the image of {BLUE} was changed by {BY} from shop:1 to shop:3"),
    (blue_scaled_to_zero, f"the instances of {BLUE} was changed by {BY} from 3 to 0"),
]
BEFORE_USERS_COME = [one for one in WHILE_SERVING if one[0] not in (route_back, blue_scaled_to_zero)]
NOBODY_LEFT = (route_nowhere, green_scaled_to_zero, green_deleted)
RECORD = [record_deleted, record_edited]


def named(one: object) -> str:
    return getattr(one, "__name__", "")


def drifting(change: Change, serving: bool = True) -> Stage:
    """A shop in which `change` happens while green serves, or once it is ready but nobody is on it."""
    stage = Stage()
    if serving:
        stage.once_served_by(GREEN, lambda: stage.at(stage.clock.seconds() + 6, lambda: change(stage)))
    else:
        stage.once_ready(GREEN, lambda: change(stage))
    return stage


def release(stage: Stage, on_drift: str, bake: float = 30.0) -> Result:
    return blue_green_switch.run(stage.site(), switch(bake=bake, on_drift=on_drift))


def told(stage: Stage) -> str:
    return "\n".join(stage.progress.said)


@pytest.mark.parametrize(("change", "words"), WHILE_SERVING, ids=named)
def test_fail_stops_naming_field_values_and_writer_and_the_release_can_be_resumed(change: Change, words: str) -> None:
    stage = drifting(change)
    with pytest.raises(ConflictError) as stopped:
        release(stage, "fail")
    assert words in stopped.value.message
    assert "--on-drift reassert" in stopped.value.advice
    assert stage.record().flight is not None
    resumed = blue_green_switch.run(stage.again(), switch(on_drift="reassert"))
    assert resumed.outcome is Outcome.SWITCHED, resumed.why
    assert stage.images() == NEW


@pytest.mark.parametrize("change", [route_back, green_image, green_scaled_down, blue_image], ids=named)
def test_fail_writes_nothing_more(change: Change) -> None:
    stage = drifting(change)
    before: list[tuple[int, int]] = []

    def count() -> tuple[int, int]:
        return len(stage.workload.happened), len(stage.router.writes)

    stage.once_served_by(GREEN, lambda: before.append(count()))
    with pytest.raises(ConflictError):
        release(stage, "fail")
    assert before == [count()]


@pytest.mark.parametrize("change", NOBODY_LEFT, ids=named)
@pytest.mark.parametrize("on_drift", ["fail", "reassert", "abort"])
def test_users_who_have_nobody_left_are_served_before_anything_else_is_decided(change: Change, on_drift: str) -> None:
    stage = drifting(change)
    try:
        release(stage, on_drift)
    except ConflictError:
        assert on_drift == "fail"
    first = stage.router.writes[1]
    assert first.serving == (GREEN if change is route_nowhere and on_drift == "reassert" else BLUE)


@pytest.mark.parametrize(("change", "words"), WHILE_SERVING, ids=named)
def test_reassert_writes_again_and_arrives_and_the_audit_trail_knows(change: Change, words: str) -> None:
    stage = drifting(change)
    result = release(stage, "reassert")
    assert result.outcome is Outcome.SWITCHED, result.why
    assert stage.images() == NEW
    assert any(event.kind == "drift" and words in event.text for event in stage.record().events)
    blue, green = stage.version(BLUE), stage.version(GREEN)
    assert blue is not None
    assert green is not None
    assert (blue.images, blue.desired, green.desired) == (OLD, 3, 3)


@pytest.mark.parametrize(("change", "words"), WHILE_SERVING, ids=named)
def test_abort_undoes_the_release_and_says_why(change: Change, words: str) -> None:
    stage = drifting(change)
    result = release(stage, "abort")
    assert (result.outcome, result.exit_code) == (Outcome.REJECTED, 10), result.why
    assert words in result.why
    assert stage.images() == OLD
    assert stage.version(GREEN) is None
    assert stage.record().flight is None


@pytest.mark.parametrize("on_drift", ["fail", "reassert", "abort"])
@pytest.mark.parametrize(("change", "words"), BEFORE_USERS_COME, ids=named)
def test_it_is_seen_before_users_come_too(change: Change, words: str, on_drift: str) -> None:
    stage = drifting(change, serving=False)
    if on_drift == "fail":
        with pytest.raises(ConflictError):
            release(stage, on_drift)
        expected = OLD if change is not blue_image else {"app": "shop:3"}
    else:
        expected = NEW if on_drift == "reassert" else OLD
        release(stage, on_drift)
    assert words.partition(" by ")[0] in told(stage) or on_drift == "fail"
    assert stage.images() == expected


def test_users_whom_somebody_sends_to_an_unproven_candidate_are_not_left_there() -> None:
    stage = Stage()
    stage.prober.versions = {BLUE: 200, GREEN: 500}
    stage.at(1.0, lambda: stage.router.edit(ON_GREEN, BY))
    result = release(stage, "abort")
    assert result.outcome is Outcome.REJECTED
    assert f"from {BLUE} to {GREEN}" in result.why
    assert stage.serving() == BLUE


def test_two_writers_who_fight_end_the_run_after_three_times() -> None:
    stage = Stage()

    def again() -> None:
        if stage.serving() == GREEN:
            stage.router.edit(ON_BLUE, BY)

    stage.once_served_by(GREEN, lambda: setattr(stage.clock, "passing", lambda: (stage.lock.renew(), again())))
    with pytest.raises(ConflictError, match=r"two writers fight, it was written again 3 times: .*night-shift"):
        release(stage, "reassert")
    assert [split.serving for split in stage.router.writes] == [GREEN] * 4


def test_what_an_autoscaler_does_is_no_drift() -> None:
    stage = drifting(lambda stage: stage.workload.edit(GREEN, "autoscaler", instances=2))
    stage.at(9.0, lambda: stage.workload.edit(BLUE, "autoscaler", instances=2))
    assert release(stage, "fail").outcome is Outcome.SWITCHED
    assert "drift" not in {event.kind for event in stage.record().events}


def test_more_instances_than_wanted_are_no_drift() -> None:
    stage = drifting(lambda stage: stage.workload.edit(BLUE, BY, instances=5))
    assert release(stage, "fail").outcome is Outcome.SWITCHED


def test_a_pod_that_dies_and_comes_back_is_no_drift() -> None:
    def die_and_come_back(stage: Stage) -> None:
        stage.workload.hurt(GREEN, ready=2)
        stage.at(stage.clock.seconds() + 5, lambda: stage.workload.hurt(GREEN, ready=3))

    stage = drifting(die_and_come_back)
    assert release(stage, "fail").outcome is Outcome.SWITCHED


@pytest.mark.parametrize("change", RECORD, ids=named)
def test_a_record_that_is_lost_stops_the_run_or_is_written_again(change: Change) -> None:
    with pytest.raises(ConflictError):
        release(drifting(change), "fail")
    stage = drifting(change)
    assert release(stage, "reassert").outcome is Outcome.SWITCHED
    record = stage.record()
    assert any(event.kind == "drift" and "written again" in event.text for event in record.events)
    assert record.serving is not None
    assert record.serving.images == NEW


@pytest.mark.parametrize("change", RECORD, ids=named)
def test_with_abort_a_lost_record_undoes_the_release_and_is_there_again(change: Change) -> None:
    stage = drifting(change, serving=False)
    result = release(stage, "abort")
    assert result.outcome is Outcome.REJECTED, result.why
    assert stage.images() == OLD
    assert stage.record().flight is None


def test_a_record_of_a_newer_run_is_never_overwritten() -> None:
    stage = Stage()

    def take_over() -> None:
        newer = stage.record()
        stage.records.edit(encode(replace(newer, fence=newer.fence + 1)))

    stage.once_served_by(GREEN, take_over)
    with pytest.raises(ConflictError):
        release(stage, "reassert")
    assert stage.record().fence == 2


@pytest.mark.parametrize(("change", "words"), WHILE_SERVING, ids=named)
def test_a_rollback_gets_through_whatever_was_changed_and_names_it(change: Change, words: str) -> None:
    stage = Stage()
    killed_in_its_bake(stage)
    change(stage)
    result = rollback.run(stage.again(), back())
    assert result.outcome is Outcome.ROLLED_BACK, result.why
    assert stage.images() == OLD
    if change in (route_back, route_nowhere, blue_image):
        assert words in told(stage)


@pytest.mark.parametrize("elsewhere", [ON_GREEN, None], ids=["to green", "nowhere"])
def test_a_way_back_that_somebody_goes_on_undoing_ends_for_a_person(elsewhere: Split | None) -> None:
    stage = Stage()
    killed_in_its_bake(stage)
    site = stage.again()

    def again() -> None:
        stage.lock.renew()
        if not stage.router._there().astray and stage.serving() == BLUE:
            stage.router.edit(elsewhere, BY)

    stage.clock.passing = again
    result = rollback.run(site, back())
    assert result.outcome is Outcome.STUCK
    assert BY in result.why


@pytest.mark.parametrize("lost", [3.0, 12.0], ids=["while green is made ready", "while green serves"])
def test_a_release_whose_run_and_record_are_lost_does_not_stand_in_the_way(lost: float) -> None:
    stage = Stage()
    killed_in_its_bake(stage, lost)
    stage.records.drop()
    served = stage.images()
    nothing = rollback.run(stage.again(), back())
    assert nothing.outcome is Outcome.UNCHANGED
    assert f"{stage.serving()} serves {served['app']}" in nothing.why
    assert "no record of a verified good version" in nothing.why
    assert blue_green_switch.run(stage.again(), switch("shop:3")).outcome is Outcome.SWITCHED
    assert [one.images for one in stage.record().known()] == [{"app": "shop:3"}, served]
    assert rollback.run(stage.again(), back()).outcome is Outcome.ROLLED_BACK
    assert stage.images() == served


def killed_in_its_bake(stage: Stage, second: float = 20.0) -> None:
    """A switch whose run dies at that second, its lock kept."""

    def die() -> None:
        raise Killed

    stage.at(second, die)
    stage.lock.dead = True
    with pytest.raises(Killed):
        release(stage, "fail", bake=60.0)

"""rollback of one workload in place, over a fake that keeps its templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from pointsman.model.errors import ConflictError, InputError
from pointsman.model.result import Outcome, Result
from pointsman.model.version import Problem
from pointsman.steps import rollback_workload
from pointsman.steps.site import Desk
from pointsman.testing import FakeClock, FakeLock, FakeProgress, FakeRecords, FakeWorkload
from tests.steps.canary_stage import CanaryStage, step, walk
from tests.steps.stage import back

CRASH = Problem("CrashLoopBackOff", "shop-1", "exit code 1")


@dataclass
class WithTemplates(FakeWorkload):
    """Revision n of the shop runs shop:n; the newest is the current one."""

    newest: int = 3

    def previous(self, name: str) -> tuple[str, str, Mapping[str, str]] | None:
        return self.template(name, str(self.newest - 1))

    def template(self, name: str, revision: str) -> tuple[str, str, Mapping[str, str]] | None:
        del name
        image = f"shop:{revision}"
        return (revision, image, {"app": image}) if 0 < int(revision) <= self.newest else None


def desk(workload: FakeWorkload, records: FakeRecords | None = None) -> Desk:
    clock = workload.clock
    lock = FakeLock("run-1", clock)
    return Desk(
        service="shop", workload=workload, records=records or FakeRecords(), lock=lock, clock=clock,
        progress=FakeProgress(), run="run-1",
    )  # fmt: skip


def shop(slow: int = 2, newest: int = 3, **problems: Problem) -> WithTemplates:
    images: dict[str, Problem | None] = {f"shop:{number}": None for number in range(1, 4)}
    workload = WithTemplates({**images, **problems}, slow, FakeClock(), newest=newest)
    workload.place("shop", {"app": f"shop:{newest}"}, 2)
    return workload


def run(workload: FakeWorkload, to_revision: int | None = None, records: FakeRecords | None = None) -> Result:
    return rollback_workload.run(desk(workload, records), back(to_revision, timeout=50.0))


def image_of(workload: FakeWorkload) -> str:
    state = workload.observe("shop")
    assert state is not None
    return state.images["app"]


def test_the_previous_revision_comes_back() -> None:
    workload, records = shop(), FakeRecords()
    result = run(workload, records=records)
    assert result.outcome is Outcome.ROLLED_BACK
    assert image_of(workload) == "shop:2"
    assert [(one.field, one.old, one.new) for one in result.changes] == [("image of app", "shop:3", "shop:2")]
    record = records.load()
    assert record is not None
    assert record.flight is None
    assert record.serving is not None
    assert record.serving.template == "shop:2"


def test_a_numbered_revision_comes_back() -> None:
    workload = shop()
    assert run(workload, 1).outcome is Outcome.ROLLED_BACK
    assert image_of(workload) == "shop:1"


def test_twice_in_a_row_does_not_go_further_back() -> None:
    workload, records = shop(), FakeRecords()
    run(workload, records=records)
    assert run(workload, records=records).outcome is Outcome.UNCHANGED
    assert image_of(workload) == "shop:2"


def test_the_only_revision_stays() -> None:
    workload = shop(newest=1)
    assert run(workload).outcome is Outcome.UNCHANGED
    assert run(workload, 1).outcome is Outcome.UNCHANGED
    assert workload.happened == []


def test_an_unknown_revision_is_refused() -> None:
    with pytest.raises(InputError, match="no revision 9"):
        run(shop(), 9)


def test_a_workload_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="no Deployment shop"):
        run(WithTemplates({}))


def test_a_workload_that_keeps_no_templates_is_refused() -> None:
    workload = FakeWorkload({"shop:1": None})
    workload.place("shop", {"app": "shop:1"}, 1)
    with pytest.raises(InputError, match="keeps no revisions"):
        run(workload)


def test_a_revision_that_does_not_come_to_health_calls_for_a_person() -> None:
    workload = shop(**{"shop:2": CRASH})
    workload.words = {"shop-1": ("panic",)}
    result = run(workload)
    assert result.outcome is Outcome.STUCK
    assert result.problem is not None
    assert result.problem.log == ("panic",)


def test_a_revision_that_is_never_ready_calls_for_a_person_when_the_time_is_over() -> None:
    assert run(shop(slow=500)).outcome is Outcome.STUCK


def test_a_rollback_that_died_is_finished() -> None:
    workload, records = shop(), FakeRecords()
    workload.failure.arm(RuntimeError("killed"))
    with pytest.raises(RuntimeError):
        run(workload, records=records)
    assert run(workload, records=records).outcome is Outcome.ROLLED_BACK
    assert image_of(workload) == "shop:2"


def test_a_dry_run_says_which_revision_and_puts_none_back() -> None:
    workload = shop()
    result = rollback_workload.run(desk(workload), back(dry_run=True))
    assert "revision 2" in result.why
    assert workload.happened == []


def promoted() -> tuple[CanaryStage, WithTemplates]:
    """A canary of shop:2 was promoted on the workload that ran shop:1; both are in the record."""
    stage = CanaryStage()
    assert stage.run(walk()).outcome is Outcome.PROMOTED
    workload = WithTemplates({"shop:1": None, "shop:2": None}, 2, stage.clock)
    workload.place("shop", {"app": "shop:2"}, 4)
    return stage, workload


def recorded(stage: CanaryStage, workload: FakeWorkload, to_revision: int | None = None, dry: bool = False) -> Result:
    site = replace(desk(workload, stage.again().records), lock=FakeLock("run-2", workload.clock))
    return rollback_workload.to_recorded(site, "shop", back(to_revision, timeout=50.0, dry_run=dry))


def test_a_promoted_canary_is_put_back_in_place_from_the_record() -> None:
    stage, workload = promoted()
    result = recorded(stage, workload)
    assert (result.outcome, result.exit_code) == (Outcome.ROLLED_BACK, 0), result.why
    assert image_of(workload) == "shop:1"
    record = stage.record()
    assert (record.flight, record.serving and record.serving.number) == (None, 1)
    assert result.outputs["revision"] == "1"


def test_twice_in_a_row_a_promoted_canary_is_put_back_once() -> None:
    stage, workload = promoted()
    recorded(stage, workload)
    assert recorded(stage, workload).outcome is Outcome.UNCHANGED
    assert image_of(workload) == "shop:1"


def test_a_version_of_the_record_is_put_back_by_its_number_and_no_unknown_one() -> None:
    stage, workload = promoted()
    with pytest.raises(InputError, match="revision 7 is not in"):
        recorded(stage, workload, 7)
    assert image_of(workload) == "shop:2"
    assert recorded(stage, workload, 1).outcome is Outcome.ROLLED_BACK
    assert image_of(workload) == "shop:1"


def test_a_dry_run_of_that_touches_nothing() -> None:
    stage, workload = promoted()
    before = stage.records.text()
    assert recorded(stage, workload, dry=True).outcome is Outcome.PLANNED
    assert (stage.records.text(), image_of(workload)) == (before, "shop:2")


def test_a_former_version_that_does_not_come_up_needs_a_person() -> None:
    stage, workload = promoted()
    workload.images = {**workload.images, "shop:1": CRASH}
    result = recorded(stage, workload)
    assert (result.outcome, result.exit_code) == (Outcome.STUCK, 20)
    workload.images = {**workload.images, "shop:1": None}
    workload.place("shop", {"app": "shop:1"}, 4)
    assert recorded(stage, workload, 1).outcome is Outcome.ROLLED_BACK


def test_a_release_that_began_meanwhile_is_not_undone_in_place() -> None:
    stage, workload = promoted()
    stage.run_again(step(30, "shop:3"))
    with pytest.raises(ConflictError, match="a canary of shop has begun meanwhile"):
        recorded(stage, workload)
    assert image_of(workload) == "shop:2"

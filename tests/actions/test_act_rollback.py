"""rollback as a step, and inputs that a shell would execute."""

from __future__ import annotations

import json
from pathlib import Path

from tests.actions.act import Act
from tests.actions.consumer import consumer, workflow
from tests.cluster.harness.shop import Users, image, open_shop, selected, still, written_since
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman

REASON = "a \"b\" 'c' $(touch executed) `touch executed` \\n ${HOME} %0A; orders fail && EOF"


def test_a_released_version_is_taken_back_and_the_reason_arrives_as_it_was_written(
    act: Act, world: World, tmp_path: Path
) -> None:
    """Users are back on blue without a failed request; quotes and substitutions are text, byte by byte."""
    open_shop(world)
    Pointsman(world).switch("v2").must_be(0, "switched")
    world.wait_serving("shop", "v2")
    with Users(world) as users:
        run = act.run(consumer(tmp_path / "shop", workflow("rollback")), variables={"NAMESPACE": world.namespace})
        users.wait_for("v1")
        assert users.failures() == []
    step = run.must_be(back="success").step("rollback")
    assert (step.outputs["outcome"], step.outputs["active"]) == ("rolled-back", "shop-blue")
    assert step.summary.startswith("## ⏪ Rolled back: shop")
    assert (selected(world), image(world, "shop-blue")) == ("blue", "v1")
    assert run.step("seen").outputs["executed"] == "no"
    assert json.dumps(REASON) in json.dumps(Pointsman(world).record())


def test_with_nothing_to_take_back_the_step_succeeds_and_says_so(act: Act, world: World, tmp_path: Path) -> None:
    """A pipeline may call it whatever happened before."""
    open_shop(world)
    run = act.run(consumer(tmp_path / "shop", workflow("rollback")), variables={"NAMESPACE": world.namespace})
    step = run.must_be(back="success").step("rollback")
    assert (step.outputs["outcome"], step.outputs["exit-code"]) == ("unchanged", "0")
    assert "there is no record of a verified good version" in step.outputs["why"]
    assert step.summary.startswith("## ✅ Unchanged: shop\n\n**Why:** shop-blue serves")
    assert [note.level for note in step.annotations] == ["notice"]
    assert selected(world) == "blue"


def test_an_input_of_several_lines_is_refused_before_anything_is_touched(
    act: Act, world: World, tmp_path: Path
) -> None:
    """Inputs are one line; what stands on a second one is neither dropped nor taken for a command."""
    open_shop(world)
    before = still(world)
    text = workflow("rollback").replace("reason: >-", "reason: |-\n            ::set-output name=outcome::hacked")
    run = act.run(consumer(tmp_path / "shop", text), variables={"NAMESPACE": world.namespace})
    step = run.must_be(back="failure").step("rollback")
    assert (step.outputs["outcome"], step.outputs["exit-code"]) == ("failed", "2")
    assert step.remarks("error") == ["--reason: a single line of text is wanted"]
    assert written_since(world, before) == set()

"""verify-health as a step: a verdict, the pod's last words, and no way for those words to become commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.actions.act import Act, Rehearsal
from tests.actions.consumer import consumer, workflow
from tests.cluster.harness.shop import blue, green, open_shop
from tests.cluster.harness.world import World

HOSTILE = "\n".join(
    [
        "::set-output name=outcome::hacked",
        "::set-output name=stolen::hacked",
        "##[error]hacked",
        "noise ##[set-output name=outcome;]hacked",
        "::error::hacked",
        "::add-mask::unhealthy",
        "::stop-commands::hacked",
        "outcome<<EOF",
        "```",
        "</details> the last words",
    ]
)


def verified(act: Act, world: World, workload: str, place: Path) -> Rehearsal:
    """The step, on one workload."""
    variables = {"NAMESPACE": world.namespace, "WORKLOAD": workload}
    return act.run(consumer(place / "shop", workflow("verify")), variables=variables)


def test_a_healthy_workload_is_told_in_outputs_and_summary(act: Act, world: World, tmp_path: Path) -> None:
    open_shop(world)
    step = verified(act, world, "shop-blue", tmp_path).must_be(check="success").step("verify")
    assert step.outputs["outcome"] == "healthy"
    assert (step.outputs["ready"], step.outputs["image"]) == ("2", "localhost/app:v1")
    assert step.summary.startswith("## ✅ Healthy: ")
    assert step.annotations == []


@pytest.fixture
def crashing(world: World) -> World:
    """A shop whose green colour says what an attacker would have it say, and dies."""
    open_shop(world, blue())
    world.apply(green("v1", env={"LOG_LINE": HOSTILE, "CRASH_AFTER_S": "1", "READY_AFTER_S": "3600"}))
    return world


def test_what_a_pod_wrote_is_shown_and_never_obeyed(act: Act, crashing: World, tmp_path: Path) -> None:
    """Unhealthy with the pod's last words; its lines that look like commands set nothing and remark nothing."""
    step = verified(act, crashing, "shop-green", tmp_path).must_be(check="failure").step("verify")
    assert "hacked" not in step.outputs.values()
    assert "stolen" not in step.outputs
    assert (step.outputs["outcome"], step.outputs["exit-code"]) == ("unhealthy", "10")
    assert [one.level for one in step.annotations] == ["error"]
    assert step.remarks("error") == [step.outputs["why"]]
    assert "the last words" in step.summary
    assert "::set-output name=outcome::hacked" in step.summary
    page = MarkdownIt("commonmark").render(step.summary)
    assert page.count("<details>") == page.count("</details>") > 0
    assert "&lt;/details&gt; the last words" in page
    assert "the last words" in step.log
    assert "##[" not in step.log
    assert [line for line in step.log.splitlines() if line.lstrip().startswith("::")] == []


def test_the_same_words_printed_by_a_careless_step_would_be_obeyed(act: Act, tmp_path: Path) -> None:
    """What the test above relies on: act takes such lines for commands, as GitHub's runner does."""
    job = {"runs-on": "ubuntu-latest", "steps": [{"id": "careless", "run": "printf '%s\\n' \"$WORDS\""}]}
    text = json.dumps({"on": "workflow_dispatch", "jobs": {"print": job}})
    step = act.run(consumer(tmp_path / "shop", text), variables={"WORDS": HOSTILE}).step("careless")
    assert step.outputs == {"outcome": "hacked", "stolen": "hacked"}
    assert "hacked" in step.remarks("error")

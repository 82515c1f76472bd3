"""readiness-check as a step: a verdict from files alone, its outputs, its summary, and SARIF for code scanning."""

from __future__ import annotations

from pathlib import Path

from tests.actions.act import Act, Rehearsal
from tests.actions.consumer import consumer, workflow
from tests.readiness.sets import HERE


def checked(act: Act, name: str, place: Path) -> Rehearsal:
    """The step in a repository that is one of the sets."""
    texts = {
        file.relative_to(HERE / name).as_posix(): file.read_text("utf-8")
        for file in (HERE / name).rglob("*")
        if file.is_file() and ".github" not in file.parts
    }
    return act.run(consumer(place / "shop", workflow("ready"), **texts))


def test_a_service_in_order_is_ready(act: Act, tmp_path: Path) -> None:
    step = checked(act, "good", tmp_path).must_be(check="success").step("ready")
    assert (step.outputs["outcome"], step.outputs["failed"]) == ("ready", "")
    assert step.outputs["unknown"] == "security-scanning"
    assert step.summary.startswith("## ✅ Ready: shop")


def test_a_careless_service_is_not_and_its_gaps_are_told(act: Act, tmp_path: Path) -> None:
    rehearsal = checked(act, "careless", tmp_path).must_be(check="failure")
    step = rehearsal.step("ready")
    assert (step.outputs["outcome"], step.outputs["exit-code"]) == ("not-ready", "10")
    assert "replicas" in step.outputs["failed"].split(",")
    assert "### Availability" in step.summary
    assert step.outputs["sarif"] == "readiness-report/readiness.sarif"
    assert rehearsal.step("told").outputs["replicas"] == "1"

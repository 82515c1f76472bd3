"""The workflow of the front page, and single releases, rehearsed with act on a real cluster under constant load."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.actions.act import Act, Rehearsal
from tests.actions.consumer import Consumer, consumer, workflow
from tests.actions.github import TOKEN, GitHub
from tests.cluster.harness.shop import Users, blue, green, image, open_shop, replicas, selected
from tests.cluster.harness.world import World
from tests.images.base import ROOT

EXAMPLE = (ROOT / "examples/github/blue-green.yml").read_text("utf-8")
DIGEST = re.compile("sha256:[0-9a-f]{64}")


def workflow_of_the_front_page() -> str:
    """The fenced block between the marks of README.md."""
    page = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"<!-- generated:workflow -->\s*```yaml\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1]


def test_the_workflow_of_the_front_page_is_the_example() -> None:
    """What people copy first is the file that is run below."""
    assert workflow_of_the_front_page() == EXAMPLE


def test_the_workflow_of_the_front_page_releases_without_a_failed_request(
    act: Act, world: World, github: GitHub, tmp_path: Path
) -> None:
    """Verbatim: build, deploy to green, ask it, switch, watch for a minute, update blue, prove what serves."""
    open_shop(world, blue(), green())
    shop = consumer(tmp_path / "shop", workflow_of_the_front_page())
    with Users(world) as users:
        run = act.run(
            shop,
            inputs={"image": "localhost/app:v2"},
            variables={**github.variables, "NAMESPACE": world.namespace},
            token=TOKEN,
        )
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    run.must_be(build="success", release="success")
    assert "your build and test of localhost/app:v2" in run.log
    assert_switched(world, run)
    assert (image(world, "shop-blue"), replicas(world, "shop-blue")) == ("v2", 2)
    healthy = run.step("1")
    assert (healthy.outputs["outcome"], healthy.outputs["ready"]) == ("healthy", "2")
    assert healthy.outputs["digest"] == run.step("switch").outputs["digest"]
    for step in ("blue-green-switch", "verify-health"):
        assert github.states(step) == ["pending", "success"]
        assert {one["sha"] for one in github.statuses(step)} == {shop.sha}
        assert all(0 < len(one["description"]) <= 140 for one in github.statuses(step))


def assert_switched(world: World, run: Rehearsal, runner: str = "runner=python because") -> None:
    """Users are on green with v2; outputs and summary say so, nothing was remarked, and how it ran is told."""
    assert (selected(world), image(world, "shop-green")) == ("green", "v2")
    switch = run.step("switch")
    assert (switch.outputs["outcome"], switch.outputs["exit-code"]) == ("switched", "0")
    assert (switch.outputs["active"], switch.outputs["previous"]) == ("shop-green", "shop-blue")
    assert switch.outputs["image"] == "localhost/app:v2"
    assert DIGEST.fullmatch(switch.outputs["digest"])
    assert switch.summary.startswith("## ✅ Switched: shop\n\n**Why:** localhost/app:v2 serves on shop-green")
    assert "health of shop-green while it serves" in switch.summary
    assert switch.annotations == []
    assert runner in switch.log


Release = Callable[..., Rehearsal]


@pytest.fixture
def shop(tmp_path: Path) -> Consumer:
    """A repository whose workflow is one release."""
    return consumer(tmp_path / "shop", workflow("switch"))


@pytest.fixture
def release(act: Act, world: World, shop: Consumer) -> Release:
    """Release a version to an open shop, `runner: python`; further words go to act."""

    def run(version: str, github: GitHub | None = None, event: str = "push", **words: Any) -> Rehearsal:
        fixed = {"NAMESPACE": world.namespace, "VERSION": version, "RUNNER": "python"}
        told = github.variables if github else {}
        return act.run(shop, event, **{**words, "variables": {**fixed, **told, **words.get("variables", {})}})

    return run


def test_a_rejected_release_fails_the_job_and_leaves_users_where_they_were(
    world: World, github: GitHub, shop: Consumer, release: Release
) -> None:
    """A sick version: exit 10, one error on the run's page, a failed status, nobody was served by it."""
    open_shop(world)
    with Users(world) as users:
        run = release("sick", github, token=TOKEN).must_be(release="failure")
        assert users.failures() == []
        assert users.versions() == {"v1"}
    assert (selected(world), image(world, "shop-blue")) == ("blue", "v1")
    assert_rejected(run)
    assert github.states("blue-green-switch") == ["pending", "failure"]
    final = github.statuses("blue-green-switch")[-1]
    assert final["sha"] == shop.sha
    assert final["description"].startswith("Rejected: ")
    assert len(final["description"]) <= 140
    assert final["target_url"] == "https://github.com/acme/shop/actions/runs/4711/attempts/1"


def assert_rejected(run: Rehearsal) -> None:
    """Outputs, summary and one error tell of a rejection."""
    switch = run.step("switch")
    assert (switch.outputs["outcome"], switch.outputs["exit-code"]) == ("rejected", "10")
    assert (switch.outputs["active"], switch.outputs["image"]) == ("shop-blue", "localhost/app:v1")
    assert switch.remarks("error") == [switch.outputs["why"]]
    assert switch.summary.startswith("## ❌ Rejected: shop\n\n**Why:** ")


def test_a_tolerated_failure_leaves_its_outputs_to_the_next_step(world: World, release: Release) -> None:
    """continue-on-error: the job goes on, and a later step can act on why the release was refused."""
    open_shop(world)
    run = release("sick", variables={"TOLERANT": "true"}).must_be(release="success")
    seen = run.step("seen").outputs
    assert (seen["outcome"], seen["code"]) == ("rejected", "10")
    assert seen["result"] == "failure then success"


def test_a_pull_requests_status_goes_to_its_head(
    world: World, github: GitHub, shop: Consumer, release: Release
) -> None:
    """Not to the merge that is tested, which nobody ever sees."""
    open_shop(world)
    head = "0123456789abcdef0123456789abcdef01234567"
    run = release("v1", github, "pull_request", payload=pull_request(head), token=TOKEN)
    assert run.must_be(release="success").step("switch").outputs["outcome"] == "unchanged"
    assert github.states("blue-green-switch") == ["pending", "success"]
    assert {one["sha"] for one in github.statuses("blue-green-switch")} == {head}
    assert head != shop.sha


def pull_request(head: str) -> dict[str, object]:
    """What GitHub tells of one."""
    return {"number": 7, "pull_request": {"number": 7, "head": {"sha": head, "ref": "topic"}, "base": {"ref": "main"}}}


def test_a_forks_read_only_token_costs_a_notice_and_nothing_else(
    world: World, release: Release, tmp_path: Path
) -> None:
    """GitHub refuses the status with 403: the step says which permission it would have needed, and succeeds."""
    open_shop(world)
    with GitHub(world.cluster, tmp_path / "fork.log", "fork") as fork:
        run = release("v1", fork, "pull_request", payload=pull_request("a" * 40), token=TOKEN)
        assert [one["status"] for one in fork.requests] == [403]
    switch = run.must_be(release="success").step("switch")
    assert switch.outputs["outcome"] == "unchanged"
    assert [one.level for one in switch.annotations] == ["notice", "notice"]
    assert "the token lacks the permission statuses=write" in switch.complaints[0]


def test_without_a_token_nothing_is_posted_and_nothing_is_remarked(
    world: World, github: GitHub, release: Release
) -> None:
    """Statuses are a courtesy: who gives no token gets the release alone."""
    open_shop(world)
    switch = release("v1", github).must_be(release="success").step("switch")
    assert switch.outputs["outcome"] == "unchanged"
    assert switch.complaints == []
    assert github.requests == []


def test_a_status_that_was_asked_for_by_name_and_cannot_be_posted_is_a_notice(
    world: World, github: GitHub, release: Release
) -> None:
    """commit-status: true without a token: the wish is answered, the release is not harmed."""
    open_shop(world)
    run = release("v1", github, variables={"COMMIT_STATUS": "true"}).must_be(release="success")
    assert run.step("switch").complaints == ["GitHub is not told (commit-status: true), because there is no token"]
    assert github.requests == []

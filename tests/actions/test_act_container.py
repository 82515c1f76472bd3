"""The same with `runner: container`: the image of this checkout, on a Docker server near the cluster."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from tests.actions.act import Act
from tests.actions.consumer import consumer, workflow
from tests.actions.github import TOKEN, GitHub
from tests.actions.test_act_release import EXAMPLE, assert_rejected, assert_switched
from tests.cluster.harness.shop import Users, blue, green, open_shop, selected
from tests.cluster.harness.shop import image as image_of
from tests.cluster.harness.world import World


def in_containers(text: str, image: str) -> str:
    """The example with the two inputs that a release of the project makes needless, and a shorter watch."""
    document = yaml.safe_load(text)
    document["on"] = document.pop(True)  # what YAML 1.1 makes of the key `on`
    for job in document["jobs"].values():
        for step in job["steps"]:
            if "with" in step:
                step["with"] |= {"runner": "container", "runner-image": image}
    document["jobs"]["release"]["steps"][0]["with"]["bake"] = "3s"
    return yaml.safe_dump(document)


def test_the_workflow_of_the_front_page_releases_from_containers(
    act_with_docker: Act, image: str, world: World, github: GitHub, tmp_path: Path
) -> None:
    """Every step of it in a container: the same outputs, summary, statuses and users without an error."""
    open_shop(world, blue(), green())
    shop = consumer(tmp_path / "shop", in_containers(EXAMPLE, image))
    with Users(world) as users:
        run = act_with_docker.run(
            shop,
            inputs={"image": "localhost/app:v2"},
            variables={**github.variables, "NAMESPACE": world.namespace},
            token=TOKEN,
        )
        assert users.failures() == []
    run.must_be(build="success", release="success")
    assert_switched(world, run, f"runner=container because a Docker server answers; image {image}")
    assert image_of(world, "shop-blue") == "v2"
    assert "runner=container because" in run.step("1").log
    assert run.step("1").outputs["outcome"] == "healthy"
    for step in ("blue-green-switch", "verify-health"):
        assert github.states(step) == ["pending", "success"]
        assert {one["sha"] for one in github.statuses(step)} == {shop.sha}


def test_a_rejection_is_told_as_well_and_its_files_belong_to_the_jobs_user(
    act_with_docker: Act, image: str, world: World, github: GitHub, tmp_path: Path
) -> None:
    """Exit code, outputs, error and status pass through the container; the report is not somebody else's."""
    open_shop(world)
    variables = {**github.variables, "NAMESPACE": world.namespace, "VERSION": "sick"}
    variables |= {"RUNNER": "container", "RUNNER_IMAGE": image}
    shop = consumer(tmp_path / "shop", workflow("switch"))
    run = act_with_docker.run(shop, "push", variables=variables, token=TOKEN).must_be(release="failure")
    assert selected(world) == "blue"
    assert_rejected(run)
    assert "runner=container because" in run.step("switch").log
    assert run.step("seen").outputs["owner"] == f"{os.getuid()}:{os.getgid()}"
    assert github.states("blue-green-switch") == ["pending", "failure"]


def variables_without_docker(world: World, runner: str) -> dict[str, str]:
    """A release of what serves already, where no Docker server answers."""
    wanted = {"RUNNER": runner, "RUNNER_IMAGE": "localhost/pointsman:test"}
    return {"NAMESPACE": world.namespace, "VERSION": "v1", **wanted}


def test_without_a_docker_server_a_container_that_was_asked_for_is_refused(
    act: Act, world: World, github: GitHub, tmp_path: Path
) -> None:
    """Exit 2, what is wrong and what to do; nothing was touched, nothing was posted."""
    shop = consumer(tmp_path / "shop", workflow("switch"))
    variables = {**github.variables, **variables_without_docker(world, "container")}
    run = act.run(shop, "push", variables=variables, token=TOKEN).must_be(release="failure")
    (error,) = run.step("switch").remarks("error")
    assert error.startswith("runner: container is impossible here: no Docker server answers within 5 s.")
    assert "use runner: python" in error
    assert "exit status 2" in run.log
    assert not any(run.step("switch").outputs.values())
    assert github.requests == []


def test_without_a_docker_server_auto_takes_python_and_says_why(act: Act, world: World, tmp_path: Path) -> None:
    """The release is the same."""
    open_shop(world)
    shop = consumer(tmp_path / "shop", workflow("switch"))
    run = act.run(shop, "push", variables=variables_without_docker(world, "auto")).must_be(release="success")
    step = run.step("switch")
    assert "runner=python because no Docker server answers within 5 s" in step.log
    assert step.outputs["outcome"] == "unchanged"

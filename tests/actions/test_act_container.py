"""The same with `runner: container`, of a released version: its lock names the image by digest, a registry has it.

`make release-dry-run` runs these tests on the image that it has just examined.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import yaml

from pointsman import __version__
from release.lock import LOCK
from tests.actions.act import Act
from tests.actions.consumer import consumer, workflow
from tests.actions.github import TOKEN, GitHub
from tests.actions.machine import Machine
from tests.actions.started import Started
from tests.actions.test_act_release import EXAMPLE, assert_rejected, assert_switched
from tests.cluster.harness.shop import Users, blue, green, open_shop, selected
from tests.cluster.harness.shop import image as image_of
from tests.cluster.harness.world import World
from tests.images.base import Docker
from tests.release.rehearsal import Rehearsal


def in_containers(text: str) -> str:
    """The example with the runner that `auto` would choose, said, so that no other will do; and a shorter watch."""
    document = yaml.safe_load(text)
    document["on"] = document.pop(True)  # what YAML 1.1 makes of the key `on`
    for job in document["jobs"].values():
        for step in job["steps"]:
            if "with" in step:
                step["with"] |= {"runner": "container"}
    document["jobs"]["release"]["steps"][0]["with"]["bake"] = "3s"
    return yaml.safe_dump(document)


def test_the_workflow_of_the_front_page_releases_from_containers(
    act_released: Act, rehearsal: Rehearsal, docker: Docker, world: World, github: GitHub, tmp_path: Path
) -> None:
    """Every step of it in a container of the image that the lock names, and of no other: the same outputs, summary,
    statuses and users without an error."""
    open_shop(world, blue(), green())
    shop = consumer(tmp_path / "shop", in_containers(EXAMPLE))
    with Users(world) as users, Started(docker) as started:
        run = act_released.run(
            shop,
            inputs={"image": "localhost/app:v2"},
            variables={**github.variables, "NAMESPACE": world.namespace},
            token=TOKEN,
        )
        assert users.failures() == []
    run.must_be(build="success", release="success")
    assert_switched(world, run, f"runner=container because a Docker server answers; image {rehearsal.image}")
    assert started.images == [rehearsal.image, rehearsal.image]
    assert image_of(world, "shop-blue") == "v2"
    assert "runner=container because" in run.step("1").log
    assert run.step("1").outputs["outcome"] == "healthy"
    for step in ("blue-green-switch", "verify-health"):
        assert github.states(step) == ["pending", "success"]
        assert {one["sha"] for one in github.statuses(step)} == {shop.sha}


def test_a_rejection_is_told_as_well_and_its_files_belong_to_the_jobs_user(
    act_released: Act, rehearsal: Rehearsal, docker: Docker, world: World, github: GitHub, tmp_path: Path
) -> None:
    """Exit code, outputs, error and status pass through the container; the report is not somebody else's. The image
    is named by the workflow this time."""
    open_shop(world)
    variables = {**github.variables, "NAMESPACE": world.namespace, "VERSION": "sick"}
    variables |= {"RUNNER": "container", "RUNNER_IMAGE": rehearsal.image}
    shop = consumer(tmp_path / "shop", workflow("switch"))
    with Started(docker) as started:
        run = act_released.run(shop, "push", variables=variables, token=TOKEN).must_be(release="failure")
    assert started.images == [rehearsal.image]
    assert selected(world) == "blue"
    assert_rejected(run)
    assert "runner=container because" in run.step("switch").log
    assert run.step("seen").outputs["owner"] == f"{os.getuid()}:{os.getgid()}"
    assert github.states("blue-green-switch") == ["pending", "failure"]


def test_the_image_that_the_lock_names_is_the_one_that_runs(
    docker_machine: Machine, rehearsal: Rehearsal, docker: Docker
) -> None:
    """It is in no workflow and has no tag: the lock alone leads to it."""
    with Started(docker) as started:
        done = launched(docker_machine, rehearsal.tree)
    assert (done.returncode, done.stdout) == (0, f"pointsman, version {__version__}\n"), done.stderr
    assert f"runner=container because a Docker server answers; image {rehearsal.image}\n" in done.stderr
    assert started.images == [rehearsal.image]


def test_no_other_image_runs_when_the_one_that_the_lock_names_is_not_to_be_had(
    docker_machine: Machine, rehearsal: Rehearsal, docker: Docker, tmp_path: Path
) -> None:
    """The registry and the server have Pointsman's image, and a name like it; the digest is another."""
    tree = tmp_path / "tree"
    for name in ("libexec", "src"):
        shutil.copytree(rehearsal.tree / name, tree / name)
    digest = rehearsal.image.partition("@")[2]
    (tree / LOCK).write_text((tree / LOCK).read_text().replace(digest, f"sha256:{'0f' * 32}"))
    with Started(docker) as started:
        done = launched(docker_machine, tree)
    assert (done.returncode, done.stdout) == (3, "")
    assert "cannot be pulled" in done.stderr.splitlines()[-1]
    assert started.images == []


def launched(machine: Machine, tree: Path) -> subprocess.CompletedProcess[str]:
    """`--version` by the launcher of a tree, in a container or not at all."""
    return machine.run(["env", "POINTSMAN_RUNNER=container", str(tree / "libexec/launch"), "--version"])


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

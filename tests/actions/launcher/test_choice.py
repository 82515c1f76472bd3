"""Which runner is chosen, and what is said about it."""

from pathlib import Path

import pytest

from tests.actions.launcher.recording import RecordingDocker
from tests.actions.launcher.tree import DIGEST, INDEX, Job, plant, without_docker

EXEC_USERS = {
    "block style": "users:\n- name: a\n  user:\n    exec:\n      command: aws\n",
    "list item": "users:\n- user:\n  - exec:\n",
    "flow style": "users: [{name: a, user: {exec: {command: aws}}}]\n",
    "json": '{"users":[{"user":{"exec":{"command":"aws"}}}]}',
    "auth provider": "users:\n- user:\n    auth-provider:\n      name: oidc\n",
}


def reason(job: Job, **extra: str) -> str:
    """The line about the choice, of a run that ends well."""
    done = job.run("show", **extra)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("runner=")]
    return line


def test_the_container_is_chosen_where_a_server_answers(job: Job) -> None:
    assert reason(job) == f"runner=container because a Docker server answers; image registry.example/pointsman@{DIGEST}"


def test_a_machine_without_docker_gets_python(job: Job, tmp_path: Path) -> None:
    path = without_docker(tmp_path / "programs")
    assert reason(job, PATH=path) == "runner=python because there is no docker command"


def test_a_client_without_a_server_is_not_enough(job: Job, recording: RecordingDocker) -> None:
    recording.answer("version", "exit 1")
    assert reason(job) == "runner=python because no Docker server answers within 5 s"


def test_a_server_that_never_answers_is_given_up(job: Job, recording: RecordingDocker) -> None:
    recording.answer("version", "exec sleep 600")
    assert "no Docker server answers" in reason(job)


@pytest.mark.parametrize("text", EXEC_USERS.values(), ids=EXEC_USERS.keys())
def test_a_kubeconfig_that_needs_a_login_program_gets_python(job: Job, text: str) -> None:
    (job.workspace / "kube").write_text(text)
    assert "logs in with a program" in reason(job, KUBECONFIG="kube")


def test_names_that_only_look_like_a_login_program_keep_the_container(job: Job) -> None:
    (job.workspace / "kube").write_text("users:\n- name: exec\n  user: {token: exec-auth-provider}\n")
    assert reason(job, POINTSMAN_KUBECONFIG="kube").startswith("runner=container")


def test_a_pod_with_its_service_account_gets_python(job: Job) -> None:
    assert "service account" in reason(job, KUBERNETES_SERVICE_HOST="10.0.0.1")


def test_the_local_platform_gets_python_with_its_own_lock(job: Job) -> None:
    (job.tree / "requirements-local.lock").write_text("# with a proxy\n")
    assert "platform: local" in reason(job, POINTSMAN_PLATFORM="local")


def test_before_the_first_release_python_is_chosen(job: Job, tmp_path: Path) -> None:
    job.tree = plant(tmp_path / "unreleased", digest="unreleased")
    assert reason(job) == "runner=python because version 1.2.3 has no released image"


def test_an_image_of_another_version_is_not_used(job: Job, tmp_path: Path) -> None:
    job.tree = plant(tmp_path / "older", version="1.2.2")
    assert reason(job) == "runner=python because version 1.2.3 has no released image"


def test_a_platform_without_an_image_gets_python(job: Job, recording: RecordingDocker) -> None:
    recording.answer("version", "echo linux-riscv64")
    assert reason(job) == "runner=python because there is no image for linux-riscv64"


def test_a_server_on_another_machine_is_used_only_when_asked_for(job: Job) -> None:
    assert "may be another machine" in reason(job, DOCKER_HOST="tcp://docker:2375")
    asked = reason(job, DOCKER_HOST="tcp://docker:2375", POINTSMAN_RUNNER="container")
    assert asked.startswith("runner=container")


def test_a_server_that_does_not_see_our_files_gets_python(job: Job, recording: RecordingDocker) -> None:
    recording.answer("create", "echo 'Error: bind source path does not exist: /x' >&2; exit 1")
    assert reason(job).endswith("Docker refuses the container: Error: bind source path does not exist: /x")


def test_an_image_that_cannot_be_pulled_gets_python_or_exit_3(job: Job, recording: RecordingDocker) -> None:
    recording.forget_image()
    recording.answer("pull", "exit 1")
    assert "cannot be pulled" in reason(job)
    assert job.run("show", POINTSMAN_RUNNER="container").returncode == 3


def test_a_missing_image_is_pulled_by_its_digest(job: Job, recording: RecordingDocker) -> None:
    recording.forget_image()
    assert reason(job).startswith("runner=container")
    assert recording.calls("pull") == [["pull", "--quiet", f"registry.example/pointsman@{DIGEST}"]]


def test_a_local_image_is_never_pulled(job: Job, recording: RecordingDocker) -> None:
    recording.forget_image()
    assert "there is no local image" in reason(job, POINTSMAN_RUNNER_IMAGE="localhost/pointsman:1")
    assert recording.calls("pull") == []


def test_the_image_of_the_application_is_never_ours(job: Job, recording: RecordingDocker) -> None:
    job.run("show", POINTSMAN_IMAGE="registry.example/shop:7")
    assert not any("shop" in argument for argument in recording.creation)


@pytest.mark.parametrize("runner", ["auto", "container"])
def test_an_image_that_is_not_pinned_is_refused(job: Job, recording: RecordingDocker, runner: str) -> None:
    done = job.run("show", POINTSMAN_RUNNER=runner, POINTSMAN_RUNNER_IMAGE="registry.example/pointsman:latest")
    assert (done.returncode, recording.calls("create")) == (2, [])
    assert "is not pinned. Give it as name@sha256:digest." in done.stderr


def test_a_container_that_was_asked_for_never_becomes_python(job: Job, recording: RecordingDocker) -> None:
    recording.answer("version", "exit 1")
    done = job.run("show", POINTSMAN_RUNNER="container")
    expected = (
        "pointsman: runner: container is impossible here: no Docker server answers within 5 s. "
        "Start one, correct DOCKER_HOST, or use runner: python.\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


def test_python_that_was_asked_for_never_asks_docker(job: Job, recording: RecordingDocker) -> None:
    assert reason(job, POINTSMAN_RUNNER="python") == "runner=python because it was asked for"
    assert recording.calls("version") == []


def test_an_empty_runner_means_auto(job: Job) -> None:
    assert reason(job, POINTSMAN_RUNNER="").startswith("runner=container")


def test_an_unknown_runner_names_the_known_ones(job: Job) -> None:
    done = job.run("show", POINTSMAN_RUNNER="podman")
    assert (done.returncode, done.stderr) == (
        2,
        "pointsman: runner: podman is unknown. Use auto, container or python.\n",
    )


@pytest.mark.parametrize(
    ("given", "expected"), [("", f"registry.example/pointsman@{INDEX}"), (f"mirror/p@{DIGEST}", f"mirror/p@{DIGEST}")]
)
def test_the_pinned_image_is_named_for_what_runs_in_the_cluster(job: Job, given: str, expected: str) -> None:
    seen = job.show(POINTSMAN_RUNNER="python", POINTSMAN_RUNNER_IMAGE=given)
    assert seen["env"]["POINTSMAN_PINNED_IMAGE"] == expected


def test_a_version_without_a_released_image_names_none(job: Job) -> None:
    lock = job.tree / "libexec" / "image.lock"
    lock.write_text(lock.read_text().replace(INDEX, "unreleased"))
    assert "POINTSMAN_PINNED_IMAGE" not in job.show(POINTSMAN_RUNNER="python")["env"]


def test_a_launch_without_a_subcommand_is_refused(job: Job) -> None:
    assert job.run().returncode == 2


def test_on_github_the_reason_stands_in_a_group(job: Job) -> None:
    lines = job.run("show", GITHUB_ACTIONS="true").stdout.splitlines()
    assert lines[0] == "::group::Pointsman: runner"
    assert lines[1].startswith("runner=container because")
    assert lines[2] == "::endgroup::"


def test_on_github_a_refusal_is_one_annotation(job: Job) -> None:
    done = job.run("show", GITHUB_ACTIONS="true", POINTSMAN_RUNNER="50%\nx")
    assert done.stdout.splitlines()[-1] == (
        "::error title=Pointsman::runner: 50%25%0Ax is unknown. Use auto, container or python."
    )


def test_elsewhere_stdout_belongs_to_the_subcommand(job: Job) -> None:
    assert job.run("show").stdout == "started\n"

"""What the container is given: how it is confined, what it sees, which variables it has."""

import os
import re

import pytest

from tests.actions.launcher.recording import RecordingDocker
from tests.actions.launcher.tree import DIGEST, ROOT, Job


def mounts(recording: RecordingDocker) -> dict[str, str]:
    """Target to `rw` or `ro` of each mount; every one has the same path on both sides."""
    found: dict[str, str] = {}
    for value in recording.options("--mount"):
        head, _, rest = value.partition('"source=')
        source, _, rest = rest.partition('","target=')
        target, _, flags = rest.rpartition('"')
        assert (head, source) == ("type=bind,", target)
        assert target not in found
        found[target.replace('""', '"')] = "ro" if flags == ",readonly" else "rw"
    return found


def test_the_container_is_confined(job: Job, recording: RecordingDocker) -> None:
    job.run("canary-step", "--dry-run", "a b")
    call = recording.creation
    for word in ("--rm", "--interactive", "--init", "--read-only"):
        assert word in call
    assert recording.options("--cap-drop") == ["ALL"]
    assert recording.options("--security-opt") == ["no-new-privileges"]
    assert recording.options("--tmpfs") == ["/tmp"]  # noqa: S108 - inside the container
    assert recording.options("--user") == [f"{os.getuid()}:{os.getgid()}"]
    assert recording.options("--network") == ["host"]
    assert recording.options("--workdir") == [str(job.workspace)]
    assert call[-4:] == [f"registry.example/pointsman@{DIGEST}", "canary-step", "--dry-run", "a b"]


def test_what_runs_is_what_the_server_accepted_and_the_proof_is_removed(job: Job, recording: RecordingDocker) -> None:
    job.run("show")
    assert recording.calls("run") == [["run", *recording.creation[1:]]]
    assert recording.calls("rm") == [["rm", "--force", "c" * 64]]


def test_a_rootless_server_knows_the_caller_as_root(job: Job, recording: RecordingDocker) -> None:
    recording.answer("info", "echo '[name=seccomp,profile=default name=rootless]'")
    job.run("show")
    assert (recording.options("--user"), recording.options("--cap-add")) == (["0:0"], [])


def test_another_network_can_be_named(job: Job, recording: RecordingDocker) -> None:
    job.run("show", POINTSMAN_NETWORK="kind")
    assert recording.options("--network") == ["kind"]


def test_workspace_temp_outputs_and_event_are_seen_at_their_own_paths(job: Job, recording: RecordingDocker) -> None:
    commands, event = job.home / "commands", job.home / "event"
    commands.mkdir()
    event.mkdir()
    (event / "event.json").write_text("{}")
    files = {"GITHUB_OUTPUT": str(commands / "output"), "GITHUB_STEP_SUMMARY": str(commands / "summary")}
    job.run("show", **files, GITHUB_EVENT_PATH=str(event / "event.json"))
    expected = {job.workspace: "rw", job.temp: "rw", commands: "rw", event: "ro"}
    assert mounts(recording) == {str(path): mode for path, mode in expected.items()}


def test_what_lies_below_another_mount_is_not_mounted_again(job: Job, recording: RecordingDocker) -> None:
    inside = job.temp / "commands"
    inside.mkdir()
    (job.workspace / "kube").write_text("{}")
    job.run("show", GITHUB_OUTPUT=str(inside / "output"), KUBECONFIG=f"{job.workspace}/kube:kube")
    assert mounts(recording) == {str(job.workspace): "rw", str(job.temp): "rw"}


@pytest.mark.parametrize("name", ["with space", "with,comma", 'with"quote', "with:colon", "with$(id)dollar"])
def test_any_path_can_be_mounted(job: Job, recording: RecordingDocker, name: str) -> None:
    place = job.home / name
    place.mkdir()
    job.run("show", GITHUB_WORKSPACE=str(place))
    assert str(place) in {target.replace('""', '"') for target in mounts(recording)}


def test_on_a_laptop_the_present_directory_is_the_workspace(job: Job, recording: RecordingDocker) -> None:
    del job.env["GITHUB_WORKSPACE"], job.env["RUNNER_TEMP"]
    job.run("show")
    assert mounts(recording) == {str(job.workspace): "rw"}
    assert recording.options("--workdir") == [str(job.workspace)]


def test_a_kubeconfig_brings_the_files_it_names(job: Job, recording: RecordingDocker) -> None:
    secrets = job.home / "secrets"
    (secrets / "sub").mkdir(parents=True)
    for name in ("ca.crt", "client, 1.crt", "key", "token"):
        (secrets / name).write_text(name)
    (secrets / "sub" / "kube").write_text(
        f"a:\n  certificate-authority: ../ca.crt # ours\n  client-certificate: '{secrets}/client, 1.crt'\n"
        f'b: {{"client-key": "{secrets}/key", tokenFile: {secrets}/token}}\n'
        "c:\n  client-key-data: bm90IGEgcGF0aA==\n  certificate-authority: /nowhere/ca.crt\n"
    )
    job.run("show", KUBECONFIG=f"{secrets}/sub/kube:/nowhere/kube")
    expected = ["sub/kube", "ca.crt", "client, 1.crt", "key", "token"]
    assert {target for target, mode in mounts(recording).items() if mode == "ro"} == {
        str(secrets / name) for name in expected
    }


def test_a_token_that_is_renewed_is_seen_with_its_directory(job: Job, recording: RecordingDocker) -> None:
    projected = job.home / "projected"
    (projected / "..1").mkdir(parents=True)
    (projected / "..1" / "token").write_text("secret")
    (projected / "..data").symlink_to("..1")
    (projected / "token").symlink_to("..data/token")
    (job.home / "kube").write_text(f"user:\n  tokenFile: {projected}/token\n")
    job.run("show", KUBECONFIG=str(job.home / "kube"))
    assert mounts(recording)[str(projected)] == "ro"


def test_a_link_in_the_workspace_brings_its_target(job: Job, recording: RecordingDocker) -> None:
    (job.home / "kube").write_text("{}")
    (job.workspace / "kube").symlink_to(job.home / "kube")
    job.run("show", POINTSMAN_KUBECONFIG="kube")
    assert mounts(recording)[str(job.home / "kube")] == "ro"


def test_the_default_kubeconfig_is_named_since_home_differs(job: Job, recording: RecordingDocker) -> None:
    default = job.home / ".kube" / "config"
    default.parent.mkdir()
    default.write_text("{}")
    job.run("show")
    assert mounts(recording)[str(default)] == "ro"
    assert recording.environment["KUBECONFIG"] == str(default)
    assert "HOME=/tmp" in recording.options("--env")


def test_a_kubeconfig_input_is_understood_as_a_shell_would(job: Job, recording: RecordingDocker) -> None:
    (job.home / "kube").write_text("{}")
    job.run("show", POINTSMAN_KUBECONFIG="~/kube")
    assert recording.environment["POINTSMAN_KUBECONFIG"] == str(job.home / "kube")
    assert mounts(recording)[str(job.home / "kube")] == "ro"


def test_certificate_bundles_are_seen(job: Job, recording: RecordingDocker) -> None:
    bundle = job.home / "ca.pem"
    bundle.write_text("")
    job.run("show", SSL_CERT_FILE=str(bundle), REQUESTS_CA_BUNDLE=str(bundle))
    assert mounts(recording)[str(bundle)] == "ro"


def test_variables_are_passed_by_name_from_a_list(job: Job, recording: RecordingDocker) -> None:
    passed = [
        "POINTSMAN_TOKEN",
        "GITHUB_SHA",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "https_proxy",
        "NO_PROXY",
        "CI",
        "ACT",
        *("GITLAB_CI", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "CI_JOB_NAME", "JENKINS_URL", "BUILD_TAG"),
    ]
    kept = ["AWS_SECRET_ACCESS_KEY", "PYTHONPATH", "LD_PRELOAD_", "MY_GITHUB_TOKEN", "DOCKER_CONFIG"]
    kept += ["CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD", "GITLAB_FEATURES"]
    job.run("show", **dict.fromkeys(passed + kept, "s3cret value\nof two lines"))
    names = recording.options("--env")
    assert set(passed) <= set(names)
    assert not set(kept) & set(names)
    assert [name for name in names if "=" in name] == ["HOME=/tmp"]
    assert not any("s3cret" in argument for argument in recording.creation)


def test_whatever_tells_where_a_job_runs_reaches_the_container(job: Job, recording: RecordingDocker) -> None:
    source = (ROOT / "src/pointsman/entry/context.py").read_text("utf-8")
    read = set(re.findall(r'"((?:GITHUB|CI|GITLAB|JENKINS|JOB|BUILD|GIT|WORKSPACE|ACT)(?:_[A-Z0-9]+)*)"', source))
    assert {"CI_PIPELINE_ID", "GITLAB_USER_LOGIN", "WORKSPACE"} <= read
    folder = {"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH", "GITHUB_WORKSPACE"}
    job.run("show", **dict.fromkeys(sorted(read - folder), "x"))
    assert read - folder <= set(recording.options("--env"))


def test_the_lifeline_and_the_choice_are_announced_inside(job: Job, recording: RecordingDocker) -> None:
    job.run("show")
    inside = {name: recording.environment.get(name) for name in recording.options("--env")}
    assert inside["POINTSMAN_LIFELINE"] == "stdin"
    assert inside["POINTSMAN_LAUNCHED"] == "container"
    assert inside["POINTSMAN_LAUNCHED_BECAUSE"] == f"a Docker server answers; image registry.example/pointsman@{DIGEST}"

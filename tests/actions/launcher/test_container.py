"""runner: container with a real Docker server and the real image, around a stand-in package."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.actions.launcher.tree import Job, plant, wait_for
from tests.images.base import BASE, Docker

SOMEBODY = 12345


@pytest.fixture
def job(tmp_path: Path, docker: Docker, image: str) -> Job:
    env = {"DOCKER_HOST": docker.host, "POINTSMAN_RUNNER": "container", "POINTSMAN_RUNNER_IMAGE": image}
    return Job(plant(tmp_path / "action"), tmp_path / "job", env)


def running(docker: Docker) -> list[str]:
    return docker.run("ps", "--all", "--quiet").split()


def test_the_package_of_the_image_runs_in_the_workspace(job: Job) -> None:
    seen = job.show(POINTSMAN_WORKLOAD='a "b" $(id)\nc')
    assert seen["file"].startswith("/opt/pointsman/lib/")
    assert seen["cwd"] == str(job.workspace)
    assert (seen["env"]["POINTSMAN_WORKLOAD"], seen["env"]["HOME"]) == ('a "b" $(id)\nc', "/tmp")  # noqa: S108 - inside the container
    assert str(job.workspace) not in seen["path"]


def test_arguments_and_exit_code_pass_unchanged_and_nothing_is_left(job: Job, docker: Docker) -> None:
    assert job.run("exit", "11").returncode == 11
    wait_for(lambda: running(docker) == [])


def test_the_image_is_read_only_and_tmp_is_not(job: Job) -> None:
    refused = job.run("write", "/opt/pointsman/x")
    assert "Read-only file system" in refused.stderr
    assert job.run("write", "/tmp/x").returncode == 0  # noqa: S108 - inside the container


def test_a_kubeconfig_and_its_files_are_read_at_their_own_paths(job: Job) -> None:
    (job.home / "secrets").mkdir()
    (job.home / "secrets" / "ca.crt").write_text("CA ")
    (job.home / "kube config").write_text("certificate-authority: secrets/ca.crt\n")
    files = [str(job.home / "kube config"), str(job.home / "secrets" / "ca.crt")]
    done = job.run("read", *files, KUBECONFIG=files[0])
    assert done.stdout == "certificate-authority: secrets/ca.crt\nCA \n"
    assert job.run("write", files[0], KUBECONFIG=files[0]).returncode == 1


def test_files_belong_to_the_user_of_the_job(docker: Docker, image: str) -> None:
    server = Path(docker.host.removeprefix("unix://"))
    server.parent.chmod(0o711)
    server.chmod(0o666)
    home = Path(f"/tmp/pm-job.{os.getpid()}")  # noqa: S108 - another user must reach it
    env = {"DOCKER_HOST": docker.host, "POINTSMAN_RUNNER": "container", "POINTSMAN_RUNNER_IMAGE": image}
    job = Job(plant(home / "action"), home / "job", env)
    try:
        subprocess.run(["chown", "-R", f"{SOMEBODY}:{SOMEBODY}", str(home)], check=True)
        command = ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"]
        command += ["bash", str(job.tree / "libexec" / "launch"), "write", "output"]
        subprocess.run(command, env=job.env, cwd=job.workspace, check=True, timeout=60)
        made = (job.workspace / "output").stat()
    finally:
        shutil.rmtree(home)
    assert (made.st_uid, made.st_gid) == (SOMEBODY, SOMEBODY)


def test_root_can_write_outputs_that_belong_to_another_user(job: Job) -> None:
    output = job.workspace / "output"
    output.write_text("")
    os.chown(output, SOMEBODY, SOMEBODY)
    output.chmod(0o600)
    assert job.run("write", "output").returncode == 0
    assert output.read_text() == "written"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_python(job: Job, docker: Docker, number: int) -> None:
    process = job.start("wait")
    wait_for((job.workspace / "started").exists)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert (job.workspace / "ended").read_text() == signal.Signals(number).name
    wait_for(lambda: running(docker) == [])


def test_a_killed_client_ends_the_container(job: Job, docker: Docker) -> None:
    process = job.start("wait")
    wait_for((job.workspace / "started").exists)
    assert Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(b"docker\0run\0")
    process.kill()
    process.communicate(timeout=60)
    wait_for((job.workspace / "ended").exists)
    assert (job.workspace / "ended").read_text() == "EOF"
    wait_for(lambda: running(docker) == [])


def test_the_lifeline_leaves_no_file_and_is_held_by_the_client_alone(job: Job) -> None:
    process = job.start("wait")
    wait_for((job.workspace / "started").exists)
    pipe = os.readlink(f"/proc/{process.pid}/fd/0")
    holders = {
        link.parts[2] for link in Path("/proc").glob("[0-9]*/fd/*") if link.is_symlink() and target(link) == pipe
    }
    process.terminate()
    process.communicate(timeout=60)
    assert pipe.startswith(str(job.temp))
    assert pipe.endswith("(deleted)")
    assert holders == {str(process.pid)}
    assert list(job.temp.iterdir()) == []


def target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def test_no_secret_is_on_any_command_line(job: Job) -> None:
    process = job.start("wait", POINTSMAN_TOKEN="s3cret-value-of-the-job")
    wait_for((job.workspace / "started").exists)
    lines = [line.read_bytes() for line in Path("/proc").glob("[0-9]*/cmdline") if line.exists()]
    process.terminate()
    process.communicate(timeout=60)
    assert any(b"docker\0run" in line for line in lines)
    assert not any(b"s3cret-value-of-the-job" in line for line in lines)


def test_a_dead_server_gives_python_or_a_clear_refusal(job: Job, tool_cache: Path) -> None:
    dead = {"DOCKER_HOST": "unix:///nonexistent/docker.sock", "RUNNER_TOOL_CACHE": str(tool_cache)}
    done = job.run("show", POINTSMAN_RUNNER="auto", **dead)
    assert done.stderr.splitlines()[-1] == "runner=python because no Docker server answers within 5 s"
    assert job.run("show", **dead).returncode == 2


def test_a_path_the_server_does_not_see_gives_python(job: Job, tool_cache: Path) -> None:
    gone = {"GITHUB_OUTPUT": "/nowhere/output", "RUNNER_TOOL_CACHE": str(tool_cache)}
    done = job.run("show", POINTSMAN_RUNNER="auto", **gone)
    assert "runner=python because Docker refuses the container" in done.stderr
    assert "bind source path does not exist: /nowhere" in done.stderr


def start_job_container(docker: Docker, job: Job, *command: str) -> str:
    """A container as a runner makes one for a job: the workspace elsewhere, the server's socket, a client."""
    socket, client = docker.host.removeprefix("unix://"), shutil.which("docker")
    mounts = [
        f"{job.workspace}:/__w",
        f"{job.tree}:/__action",
        f"{socket}:/var/run/docker.sock",
        f"{client}:/usr/bin/docker",
    ]
    options = [word for mount in mounts for word in ("--volume", mount)]
    variables = {"GITHUB_WORKSPACE": "/__w", "POINTSMAN_RUNNER_IMAGE": job.env["POINTSMAN_RUNNER_IMAGE"]}
    variables |= {"POINTSMAN_RUNNER": "container"}
    options += [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    return docker.run("run", "--rm", "--network", "host", "--workdir", "/__w", *options, BASE, *command)


def test_a_job_in_a_container_lends_its_volumes(job: Job, docker: Docker) -> None:
    start_job_container(docker, job, "bash", "/__action/libexec/launch", "show", "/__w/seen")
    assert (job.workspace / "seen").exists()


def test_a_file_that_only_the_container_of_the_job_has_is_refused(job: Job, docker: Docker) -> None:
    script = "echo {} >/opt/kube; KUBECONFIG=/opt/kube /__action/libexec/launch show 2>&1 || echo exit $?"
    said = start_job_container(docker, job, "bash", "-c", script)
    assert "/opt/kube is not on a volume of the job's container" in said
    assert said.endswith("exit 2\n")


def test_a_container_on_the_same_machine_is_not_taken_for_ours(job: Job) -> None:
    shared_memory = job.home / "docker" / "containers" / ("f" * 64) / "mounts" / "shm"
    shared_memory.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(shared_memory)], check=True)
    try:
        assert job.show()["cwd"] == str(job.workspace)
    finally:
        subprocess.run(["umount", str(shared_memory)], check=True)

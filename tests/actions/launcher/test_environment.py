"""runner: python: the virtual environment is whole, made once, and nothing of the workspace gets into it."""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.actions.launcher.tree import ROOT, SYSTEM_PATH, Job, plant, wait_for

SLOW = """#!/bin/sh
case "$*" in *"-m venv"*) echo $$ >"{mark}.new"; mv "{mark}.new" "{mark}"; exec sleep 600 ;; esac
exec "{python}" "$@"
"""
OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_ENSUREPIP = '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; esac\nexec "{python}" "$@"\n'


def program(place: Path, text: str, **values: object) -> Path:
    place.write_text(text.format(python=sys.executable, **values))
    place.chmod(0o755)
    return place


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job that asks for Python, with a tool cache of its own."""
    env = {"PATH": SYSTEM_PATH, "POINTSMAN_RUNNER": "python", "RUNNER_TOOL_CACHE": str(tmp_path / "tools")}
    return Job(plant(tmp_path / "action"), tmp_path / "job", env)


@pytest.fixture
def served(job: Job, tool_cache: Path) -> Job:
    """The same job where somebody may have made the environment already."""
    job.env["RUNNER_TOOL_CACHE"] = str(tool_cache)
    return job


def made(job: Job) -> list[str]:
    return sorted(os.listdir(Path(job.env["RUNNER_TOOL_CACHE"]) / "pointsman"))


def test_the_package_is_the_one_of_the_checkout_in_an_environment_of_its_own(job: Job) -> None:
    seen = job.show()
    assert seen["file"] == str(job.tree / "src" / "pointsman" / "__main__.py")
    assert seen["prefix"] == str(Path(job.env["RUNNER_TOOL_CACHE"]) / "pointsman" / made(job)[0])
    assert made(job)[0].startswith("1.2.3-")


def test_the_environment_is_made_once(job: Job) -> None:
    first = job.run("show")
    (name,) = made(job)
    second = job.run("show")
    assert ("making" in first.stderr, "making" in second.stderr) == (True, False)
    assert made(job) == [name]


def test_another_lock_is_another_environment(job: Job) -> None:
    job.show()
    (job.tree / "libexec" / "requirements.lock").write_text("# changed\n")
    job.show()
    assert len(made(job)) == 2


def test_jobs_that_start_together_share_one_whole_environment(job: Job, tmp_path: Path) -> None:
    jobs = [Job(job.tree, tmp_path / f"job-{number}", dict(job.env)) for number in range(3)]
    started = [one.start("show") for one in jobs]
    outputs = [process.communicate(timeout=180) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], outputs
    assert len(made(job)) == 1


def test_a_half_made_environment_is_never_used(job: Job, tmp_path: Path) -> None:
    mark = tmp_path / "building"
    slow = program(tmp_path / "python-slow", SLOW, mark=mark)
    process = job.start("show", POINTSMAN_PYTHON=str(slow))
    wait_for(mark.exists)
    process.kill()
    os.kill(int(mark.read_text()), signal.SIGKILL)
    process.communicate(timeout=60)
    (half,) = made(job)
    seen = job.show(POINTSMAN_PYTHON=sys.executable)
    assert half.startswith("new.")
    assert seen["prefix"] == str(Path(job.env["RUNNER_TOOL_CACHE"]) / "pointsman" / made(job)[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_build_ends_at_once_and_leaves_nothing(job: Job, tmp_path: Path, number: int) -> None:
    mark = tmp_path / "building"
    slow = program(tmp_path / "python-slow", SLOW, mark=mark)
    process = job.start("show", POINTSMAN_PYTHON=str(slow))
    wait_for(mark.exists)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert (process.returncode, made(job)) == (128 + number, [])


def test_a_step_that_is_cancelled_before_it_begins_says_so_everywhere(job: Job, tmp_path: Path) -> None:
    mark = tmp_path / "building"
    slow = program(tmp_path / "python-slow", SLOW, mark=mark)
    files = {"GITHUB_OUTPUT": tmp_path / "output", "GITHUB_STEP_SUMMARY": tmp_path / "summary"}
    github = {"GITHUB_ACTIONS": "true", **{name: str(file) for name, file in files.items()}}
    process = job.start("show", POINTSMAN_PYTHON=str(slow), **github)
    wait_for(mark.exists)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    why = "cancelled before Pointsman started; nothing was touched"
    assert (tmp_path / "output").read_text().splitlines() == ["outcome=cancelled", f"why={why}", "exit-code=130"]
    assert (tmp_path / "summary").read_text() == f"## 🛑 Cancelled\n\n**Why:** {why}\n"
    assert (out + err).splitlines()[-2:] == ["::endgroup::", f"::error title=Pointsman::{why}"]


@pytest.mark.parametrize("wish", ["undo", "Rollback"])
def test_a_wish_for_cancellation_that_nobody_understands_is_refused(job: Job, wish: str) -> None:
    done = job.run("show", POINTSMAN_ON_CANCEL=wish)
    assert done.returncode == 2
    assert f"on-cancel: {wish} is unknown. Use hold or rollback." in done.stderr
    assert not Path(job.env["RUNNER_TOOL_CACHE"]).exists()


def test_the_workspace_cannot_shadow_a_module(served: Job) -> None:
    for name in ("json.py", "pointsman.py", "sitecustomize.py", "site.py"):
        (served.workspace / name).write_text("raise SystemExit('shadowed')\n")
    seen = served.show(PYTHONPATH=str(served.workspace), PYTHONHOME=str(served.workspace))
    assert str(served.workspace) not in seen["path"]
    assert "" not in seen["path"]


def test_python_is_told_how_it_was_launched(served: Job) -> None:
    env = served.show(POINTSMAN_LIFELINE="stdin", POINTSMAN_WORKLOAD='a "b" $(id)')["env"]
    assert (env["POINTSMAN_LAUNCHED"], env["POINTSMAN_LAUNCHED_BECAUSE"]) == ("python", "it was asked for")
    assert env["POINTSMAN_WORKLOAD"] == 'a "b" $(id)'
    assert "POINTSMAN_LIFELINE" not in env


def test_arguments_and_exit_code_pass_unchanged(served: Job) -> None:
    assert served.run("exit", "11").returncode == 11
    assert served.run("show", "").returncode == 1


def test_an_interpreter_that_is_too_old_names_the_remedy(job: Job, tmp_path: Path) -> None:
    done = job.run("show", POINTSMAN_PYTHON=str(program(tmp_path / "python-old", OLD)))
    assert done.returncode == 2
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "actions/setup-python" in done.stderr


def test_a_newer_interpreter_is_preferred_to_an_old_python3(job: Job, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    program(programs / "python3", OLD)
    program(programs / "python3.14", OLD)
    program(programs / "python3.13", '#!/bin/sh\nexec "{python}" "$@"\n')
    assert Path(job.show(PATH=f"{programs}:{SYSTEM_PATH}")["prefix"]).name == made(job)[0]


def test_a_python_without_ensurepip_names_the_package(job: Job, tmp_path: Path) -> None:
    done = job.run("show", POINTSMAN_PYTHON=str(program(tmp_path / "python-bare", WITHOUT_ENSUREPIP)))
    assert done.returncode == 2
    assert "Install python3-venv" in done.stderr


def test_a_package_with_another_hash_is_not_installed(job: Job) -> None:
    lock = f"idna==3.10 --hash=sha256:{'0' * 64}\n"
    (job.tree / "libexec" / "requirements.lock").write_text(lock)
    done = job.run("show", **index_settings())
    assert (done.returncode, made(job)) == (3, [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_python(job: Job, number: int) -> None:
    job.show()
    process = job.start("wait")
    wait_for((job.workspace / "started").exists)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert (job.workspace / "ended").read_text() == signal.Signals(number).name


def test_the_real_lock_installs_and_imports(job: Job) -> None:
    shutil.copy(ROOT / "libexec" / "requirements.lock", job.tree / "libexec")
    names = "click, github, gitlab, kubernetes.client, msgspec, rich, yaml"
    (job.tree / "src" / "pointsman" / "__main__.py").write_text(f"import {names}\nprint('imported')\n")
    done = job.run("show", **index_settings())
    assert (done.returncode, done.stdout) == (0, "imported\n"), done.stderr


def index_settings() -> dict[str, str]:
    """How pip reaches a package index on this machine."""
    proxies = ("http_proxy", "https_proxy", "no_proxy")
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.lower() in proxies}

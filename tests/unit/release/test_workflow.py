"""The release workflow: what it may, in which order, and what its shell really does to a repository."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from release.__main__ import main
from release.lock import LOCK

ROOT = Path(__file__).parents[3]
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
AMD, ARM, INDEX = (f"sha256:{digit * 64}" for digit in "abc")
REPOSITORY = "ghcr.io/acme/pointsman"


def before(job: str) -> set[str]:
    """Every job that must have succeeded before this one."""
    needs = JOBS[job].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(before(one) for one in direct))


def position(job: str, words: str) -> int:
    """Of the only step of a job that has these words."""
    texts = [str(step.get("run", "")) + str(step.get("uses", "")) for step in JOBS[job]["steps"]]
    (found,) = [number for number, text in enumerate(texts) if words in text]
    return found


def script(job: str, words: str) -> str:
    text: str = JOBS[job]["steps"][position(job, words)]["run"]
    return text


def test_nothing_is_tagged_before_all_is_tested_and_built_and_signed_and_nothing_published_before_the_tag() -> None:
    assert before("tag") == {"check", "test", "package", "image", "index"}
    assert before("publish") == {"tag", *before("tag")}
    assert {name for name in JOBS if "git push" in yaml.safe_dump(JOBS[name])} == {"tag"}


def test_an_image_that_is_too_large_is_not_even_pushed() -> None:
    gate = position("image", "python3 -m release size")
    assert gate < position("image", "docker push") < position("image", "attest-build-provenance")
    assert "continue-on-error" not in yaml.safe_dump(JOBS)
    assert position("image", "docker push") < position("image", "attest-sbom") < position("image", "cosign sign")


def test_no_job_may_more_than_it_needs() -> None:
    allowed = {(name, what) for name, job in JOBS.items() for what in job["permissions"] if what != "contents"}
    signs = {(job, what) for job in ("image", "index") for what in ("packages", "id-token", "attestations")}
    assert allowed == {*signs, ("publish", "id-token")}
    assert [name for name, job in JOBS.items() if job["permissions"].get("contents") == "write"] == ["tag"]
    assert [name for name, job in JOBS.items() if "environment" in job] == ["publish"]


def test_what_security_md_tells_users_is_what_the_workflow_does_itself() -> None:
    told = (ROOT / "SECURITY.md").read_text("utf-8")
    done = script("index", "cosign verify")
    for words in (
        "/.github/workflows/release.yml@refs/heads/main",
        "--certificate-oidc-issuer https://token.actions.githubusercontent.com",
    ):
        assert words in told
        assert words in done


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone of a project at version 1.2.3 that was released before, with the artifacts of the job `image`."""
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    for name in (LOCK.parent, Path("release"), Path("src/pointsman/__init__.py"), Path(".gitignore")):
        copy(ROOT / name, clone / name)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message=1.2.3")
    git(clone, "push", "--quiet", "origin", "HEAD:main", "HEAD:refs/tags/v1", "HEAD:refs/tags/v1.2.2")
    images = clone / "build/images"
    images.mkdir(parents=True)
    (images / "linux-amd64.digest").write_text(f"linux-amd64={AMD}\n")
    (images / "linux-arm64.digest").write_text(f"linux-arm64={ARM}\n")
    return clone


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=Maintainer", "-c", "user.email=maintainer@example.com"]
    command = ["git", *author, *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def run_step(checkout: Path, job: str, words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A step as a runner runs it, where `gh` has nothing to set up."""
    programs = checkout.parent / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "gh").write_text("#!/bin/sh\n")
    (programs / "gh").chmod(0o755)
    around = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "VERSION": "1.2.3", **variables}
    around |= {"REPOSITORY": REPOSITORY, "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["bash", "-e", "-c", script(job, words)]
    return subprocess.run(command, cwd=checkout, env=around, capture_output=True, text=True, check=False)


def release(checkout: Path, index: str = INDEX) -> subprocess.CompletedProcess[str]:
    locked = run_step(checkout, "tag", "release lock", INDEX=index)
    assert locked.returncode == 0, locked.stderr
    return run_step(checkout, "tag", "git push")


def test_the_tags_name_a_commit_with_the_lock_and_main_stays(checkout: Path) -> None:
    main_was = git(checkout, "rev-parse", "origin/main")
    done = release(checkout)
    assert done.returncode == 0, done.stderr
    origin = checkout.parent / "origin.git"
    assert git(origin, "cat-file", "-t", "v1.2.3") == "tag"
    assert git(origin, "rev-parse", "v1^{commit}") == git(origin, "rev-parse", "v1.2.3^{commit}")
    assert git(origin, "rev-parse", "v1.2.3^{commit}^") == git(origin, "rev-parse", "main") == main_was
    values = [line for line in git(origin, "show", f"v1:{LOCK}").splitlines() if not line.startswith("#")]
    assert values == [
        f"repository={REPOSITORY}",
        "version=1.2.3",
        f"digest={INDEX}",
        f"digest.linux-amd64={AMD}",
        f"digest.linux-arm64={ARM}",
    ]
    assert git(origin, "diff", "--name-only", "main", "v1") == str(LOCK)


def test_a_version_that_is_there_moves_no_tag(checkout: Path) -> None:
    """Whoever comes second changes nothing, not even the tag that may be moved."""
    assert release(checkout).returncode == 0
    origin = checkout.parent / "origin.git"
    tags = git(origin, "show-ref", "--tags")
    git(checkout, "checkout", "--quiet", "--detach", "origin/main")
    git(checkout, "tag", "--delete", "v1.2.3")
    assert release(checkout, f"sha256:{'d' * 64}").returncode != 0
    assert git(origin, "show-ref", "--tags") == tags
    refused = run_step(checkout, "check", "ls-remote")
    assert (refused.returncode, "v1.2.3 is there already" in refused.stderr) == (1, True)
    assert run_step(checkout, "check", "ls-remote", VERSION="1.2.4").returncode == 0


def test_the_commands_of_the_workflows_are_ones_that_the_package_takes(capsys: pytest.CaptureFixture[str]) -> None:
    texts = [script("check", "release check"), script("image", "release size"), script("image", "release sbom")]
    for text in texts:
        (line,) = [line for line in text.splitlines() if "-m release" in line]
        words = shlex.split(line.partition(">")[0])[3:]
        assert main([word.replace("image.tar", "/nonexistent") for word in words]) == 1
        assert "release: " in capsys.readouterr().err  # and not argparse, which would have ended with 2


def test_the_parts_that_are_tested_side_by_side_leave_no_test_out() -> None:
    tested = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]["everything"]
    parts = [folder for part in tested["strategy"]["matrix"]["include"] for folder in part["tests"].split()]
    assert sorted(parts) == sorted(
        {f"tests/{file.relative_to(ROOT).parts[1]}" for file in ROOT.glob("tests/*/**/test_*.py")}
    )

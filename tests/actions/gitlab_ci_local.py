"""Pipelines run by gitlab-ci-local on this machine, and what a person would see of them on GitLab.

It plays every job in a shell, whatever its `image:`, and knows neither locks of resource groups nor environments.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.actions.gitlab_templates import ROOT
from tests.cluster.harness import packages
from tests.cluster.harness.binaries import MissingToolError
from tests.cluster.harness.node_programs import gitlab_ci_local

REMOTE = "remote: https://raw.githubusercontent.com/pointsman-dev/pointsman/v1/"
PATIENCE = 240
_AUTHOR = ["-c", "user.name=Consumer", "-c", "user.email=consumer@example.com"]
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PASSED = re.compile(r"^ PASS +(\S+)\s*$", re.MULTILINE)
_FAILED = re.compile(r"^(\S+) +finished in .+ (WARN|FAIL) +(\d+)\s*$", re.MULTILINE)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Pipeline:
    """One finished run; `jobs` has how each job ended that ran: PASS, WARN 11, FAIL 10 …"""

    exit_code: int
    log: str
    place: Path

    @property
    def jobs(self) -> dict[str, str]:
        """How each job ended."""
        failed = {name: f"{word} {code}" for name, word, code in _FAILED.findall(self.log)}
        return {**dict.fromkeys(_PASSED.findall(self.log), "PASS"), **failed}

    def report(self, job: str, name: str) -> str:
        """The text of an artifact of a job."""
        file = self.place / ".gitlab-ci-local/artifacts" / job / "pointsman-report" / name
        return file.read_text("utf-8")


@dataclass(frozen=True)
class Project:
    """A repository of somebody who releases with the templates of this project."""

    place: Path
    run: Run

    @property
    def sha(self) -> str:
        """Its only commit."""
        words = ["git", "rev-parse", "HEAD"]
        return subprocess.run(words, cwd=self.place, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()

    def pipeline(self, *jobs: str, **variables: str) -> Pipeline:
        """Run the pipeline, or these jobs of it alone, with these variables of the project."""
        words = [*gitlab_ci_local(), "--force-shell-executor", *jobs]
        words += [part for name, text in variables.items() for part in ("--variable", f"{name}={text}")]
        done = self.run(words, cwd=self.place, timeout=PATIENCE)
        return Pipeline(done.returncode, _COLOUR.sub("", done.stdout + done.stderr), self.place)


def command(folder: Path, *words: str | Path) -> Path:
    """A folder for PATH, made here, in which `pointsman` stands for these words."""
    folder.mkdir()
    quoted = " ".join(f'"{word}"' for word in words)
    (folder / "pointsman").write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
    (folder / "pointsman").chmod(0o755)
    return folder


def require_gitlab_ci_local() -> None:
    """With CI=true nothing may be missing."""
    try:
        gitlab_ci_local()
        absent = packages.missing({"rsync": "rsync"})
    except MissingToolError as error:
        absent = [str(error)]
    if absent and os.environ.get("CI") == "true":
        pytest.fail(str(absent))
    if absent:
        pytest.skip(str(absent))


def project(place: Path, pipeline: str, run: Run) -> Project:
    """A repository at `place` with this pipeline; what it fetches of this project lies in it as well."""
    assert REMOTE in pipeline
    place.mkdir()
    (place / ".gitlab-ci.yml").write_text(pipeline.replace(REMOTE, "local: /"))
    (place / ".gitignore").write_text(".gitlab-ci-local/\npointsman-report/\n")
    templates = place / "templates"
    templates.mkdir()
    for file in (ROOT / "templates").glob("*.yml"):
        (templates / file.name).write_text(file.read_text("utf-8"))
    for words in (
        ["init", "--quiet", "--initial-branch=main"],
        ["remote", "add", "origin", "git@gitlab.example:acme/shop.git"],
        ["add", "."],
        ["commit", "--quiet", "--message=The shop"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
        ["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"],
    ):
        subprocess.run(["git", *_AUTHOR, *words], cwd=place, check=True)
    return Project(place, run)

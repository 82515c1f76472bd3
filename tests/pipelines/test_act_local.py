"""The example for the local platform, run by act as the page says: in a checkout with its .actrc, without a cluster."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.act import Rehearsal
from tests.actions.machine import NO_DOCKER
from tests.cluster.harness import binaries
from tests.docs.pages import ROOT, blocks
from tests.images.base import cache

PAGE = ROOT / "docs/local-testing.md"
CHECKOUT = ("actions", "examples", "libexec", "src", ".actrc", "requirements-local.lock")
EXPORTED = re.compile(r'^export POINTSMAN_LOCAL_ROOT="(.+)"$', re.MULTILINE)
NOT_RUN = {"canary-istio.yml", "canary-ingress-nginx.yml"}


def commands(program: str) -> list[list[str]]:
    """What the page tells to type of this program."""
    lines = [line for block in blocks("bash") if block.page == PAGE for line in joined(block.text)]
    return [shlex.split(line) for line in lines if line.startswith(f"{program} ")]


def joined(text: str) -> list[str]:
    return text.replace("\\\n", " ").splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a user has after `git clone`, of that what the examples need."""
    if binaries.missing(binaries.ACT):
        assert os.environ.get("CI") != "true", "act is missing"
        pytest.skip("run `python -m tests.cluster.harness build` first: no act")
    place = tmp_path / "pointsman"
    for name in CHECKOUT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        place.mkdir(exist_ok=True)
        copy(ROOT / name, place / name)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(place)], check=True)
    author = ["-c", "user.name=Consumer", "-c", "user.email=consumer@example.com"]
    for words in (["add", "."], ["commit", "--quiet", "--message=A checkout"]):
        subprocess.run(["git", "-C", str(place), *author, *words], check=True)
    return place


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    """POINTSMAN_LOCAL_ROOT of the shop that `make shop` opens."""
    words = [sys.executable, "-P", "-m", "pointsman.demo", "--open", "--folder", str(tmp_path / "demo-report")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as opened:
        assert opened.stdout
        said = "".join(opened.stdout.readline() for _ in range(3))
        found = EXPORTED.search(said)
        yield found[1] if found else said
        opened.send_signal(signal.SIGINT)
        assert opened.wait(60) == 130


def rehearsed(checkout: Path, words: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a user types it, in an environment with hardly anything in it. The environment of the steps is
    made once per lock: what act keeps of tools lies beside the other big things that tests make."""
    home = checkout.parent / "home"
    (home / ".cache/act").mkdir(parents=True)
    kept = cache() / "act-tools"
    kept.mkdir(exist_ok=True)
    (home / ".cache/act/tool_cache").symlink_to(kept)
    pip = {name: text for name, text in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTP", "REQUESTS_"))}
    path = f"{Path(sys.base_prefix) / 'bin'}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    whole = {**pip, "PATH": path, "HOME": str(home), "DOCKER_HOST": NO_DOCKER, **variables}
    command = [str(binaries.program("act")), *words[1:]]
    return subprocess.run(command, cwd=checkout, env=whole, text=True, capture_output=True, check=False, timeout=400)


def test_the_example_releases_on_a_machine_without_a_cluster(checkout: Path, shop: str) -> None:
    first = next(words for words in commands("act") if "examples/github/local.yml" in words)
    done = rehearsed(checkout, [*first, "--json"], POINTSMAN_LOCAL_ROOT=shop)
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    run = Rehearsal(done.returncode, done.stderr, events).must_be(release="success")
    step = run.step("switch")
    assert (step.outputs["outcome"], step.outputs["active"]) == ("switched", "shop-green")
    assert "all of 60 fresh requests were answered by shop-green" in step.summary
    assert run.step("1").outputs["outcome"] == "healthy"


@pytest.mark.parametrize("words", commands("act"), ids=" ".join)
def test_every_command_of_the_page_is_one_that_act_takes(words: list[str], checkout: Path) -> None:
    """It knows every flag, finds the workflow, and the workflow has a job for the event; `--list` runs nothing."""
    listed = rehearsed(checkout, [*words, "--list"])
    assert listed.returncode == 0, listed.stderr
    assert words[1] in listed.stdout


def test_every_example_is_on_the_page_and_run_by_a_test_unless_the_page_and_it_say_why_not() -> None:
    rehearsals = "".join(file.read_text("utf-8") for file in (ROOT / "tests").glob("*/test_act_*.py"))
    for file in sorted((ROOT / "examples/github").glob("*.yml")):
        assert f"`{file.name}`" in PAGE.read_text("utf-8")
        if file.name in NOT_RUN:
            assert "as a plan only" in file.read_text("utf-8")
        else:
            assert f"examples/github/{file.name}" in rehearsals, file.name

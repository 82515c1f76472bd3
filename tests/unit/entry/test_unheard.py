"""Somebody stops reading what a run says: the run goes on, reports, and ends as it would have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pointsman.entry.unheard import Unheard


def test_what_nobody_reads_goes_nowhere_and_the_writer_goes_on() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        unheard = Unheard(stream)
        print("one", file=unheard, flush=True)
        assert os.read(reading, 100) == b"one\n"
        os.close(reading)
        for _ in range(3):
            print("two", file=unheard, flush=True)
        unheard.write("three" * 100_000)


@pytest.mark.parametrize("which", [("stdout",), ("stderr",), ("stdout", "stderr")], ids="+".join)
def test_a_run_whose_reader_is_gone_reports_and_ends_with_its_own_code(tmp_path: Path, which: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    output, streams = tmp_path / "output", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    streams |= dict.fromkeys(which, writing)
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "none"), "GITHUB_ACTIONS": "true"}
    environment |= {"GITHUB_OUTPUT": str(output)}
    command = [sys.executable, "-m", "pointsman", "rollback", "--namespace", "shop", "--service", "shop"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, check=False, timeout=60, **streams)
    os.close(writing)
    assert done.returncode == 2
    assert "failed" in output.read_text().splitlines()


FULL = "No space left on device"


def test_a_full_disk_loses_what_it_has_no_room_for_and_says_so() -> None:
    with open("/dev/full", "w") as stream:
        unheard = Unheard(stream)
        for _ in range(3):
            print("one", file=unheard, flush=True)
        unheard.write("two" * 100_000)
        assert unheard.lost == FULL
        unheard.settle()


def test_a_run_whose_log_is_on_a_full_disk_reports_and_ends_with_its_own_code(tmp_path: Path) -> None:
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "none")}
    command = [sys.executable, "-m", "pointsman", "rollback", "--namespace", "shop", "--service", "shop"]
    command += ["--report-dir", str(tmp_path / "report")]
    with open("/dev/full", "w") as log:
        streams = {"stdout": log, "stderr": subprocess.PIPE}
        done = subprocess.run(command, env=environment, cwd=tmp_path, check=False, timeout=60, text=True, **streams)
    assert done.returncode == 2
    assert json.loads((tmp_path / "report" / "report.json").read_text())["outcome"] == "failed"
    assert f"could not all be written: {FULL}; it ended failed: the kubeconfig" in done.stderr
    assert "Traceback" not in done.stderr


POWER = ["power", "--traffic", "100/s", "--weight", "5", "--baseline", "0.5%", "--detect", "2%"]


@pytest.mark.parametrize("command", [["rbac", "--command", "canary-step"], POWER], ids=lambda command: command[0])
def test_what_only_prints_fails_where_it_cannot_be_written(tmp_path: Path, command: list[str]) -> None:
    with open("/dev/full", "w") as file:
        streams = {"stdout": file, "stderr": subprocess.PIPE}
        argv = [sys.executable, "-m", "pointsman", *command]
        done = subprocess.run(argv, cwd=tmp_path, check=False, timeout=60, text=True, **streams)
    assert done.returncode == 3
    assert (
        done.stderr
        == f"Error: what was to be printed could not all be written: {FULL}\n  make room, and run it again\n"
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_run_with_closed_streams_reports_and_ends_with_its_own_code(tmp_path: Path, closed: str) -> None:
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "none")}
    command = f"{sys.executable} -m pointsman rollback --namespace shop --service shop --report-dir report {closed}"
    done = subprocess.run(
        ["sh", "-c", command], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert json.loads((tmp_path / "report" / "report.json").read_text())["outcome"] == "failed"
    assert "Traceback" not in done.stdout + done.stderr

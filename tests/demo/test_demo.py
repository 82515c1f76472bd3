"""The demo as a user runs it: the command line, real processes, a real Envoy, minutes at most on a busy machine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from pointsman.adapters.local.layout import folder_of
from pointsman.adapters.local.proxy import running
from pointsman.adapters.local.state import read_desired
from pointsman.demo.stage import BLUE, GREEN, NAMESPACE
from tests.contract.local_service import until


def test_the_good_version_costs_no_request_and_the_bad_one_is_sent_back(tmp_path: Path) -> None:
    shown = subprocess.run(demo(tmp_path), capture_output=True, text=True, timeout=540, check=False)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    good, broken, canary, leaky = json.loads((tmp_path / "summary.json").read_text())["scenes"]
    assert (good["exit_code"], good["failures"]) == (0, {})
    assert (broken["exit_code"], set(broken["failures"])) == (10, {BLUE})
    assert (canary["exit_code"], canary["failures"]) == (0, {})
    assert (leaky["exit_code"], set(leaky["failures"])) == (10, {BLUE})
    assert leaky["failures"][BLUE] < sum(leaky["requests"].values()) / 100
    reports = {name: (tmp_path / name / "report.md").read_text() for name in ("good", "canary", "leaky")}
    assert "Promoted" in reports["canary"]
    assert "30 % → 100 %" in reports["canary"]
    assert "worse than stable beyond doubt" in reports["leaky"]
    assert "5 % → 0 %" in reports["leaky"]
    assert nothing_runs(tmp_path)


def test_a_demo_that_is_stopped_leaves_no_process_behind(tmp_path: Path) -> None:
    with subprocess.Popen(demo(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as shown:
        folder = folder_of(tmp_path / "state", NAMESPACE)
        until(lambda: read_desired(folder.version(GREEN)) is not None)
        shown.send_signal(signal.SIGINT)
        shown.communicate(timeout=60)
    assert shown.returncode == 130
    assert nothing_runs(tmp_path)


def demo(folder: Path) -> list[str]:
    return [sys.executable, "-m", "pointsman.demo", "--folder", str(folder)]


def nothing_runs(folder: Path) -> bool:
    files = folder_of(folder / "state", NAMESPACE)
    return running(files) is None and all(read_desired(files.version(name)) is None for name in (BLUE, GREEN))

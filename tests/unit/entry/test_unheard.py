"""Somebody stops reading what a run says: the run goes on, reports, and ends as it would have."""

from __future__ import annotations

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

"""The matrices see what they are there for: each broken build fails in one of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.harness.world import REPOSITORY
from tests.crash.mutants import MUTANTS, Mutant

pytestmark = pytest.mark.usefixtures("yielding")
_SECONDS = 300.0


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_broken_build_fails_in_its_matrix(mutant: Mutant, running_stage: dict[str, str], tmp_path: Path) -> None:
    """It still does its work undisturbed, or the matrix would not begin; disturbed it breaks a promise."""
    environment = {**running_stage, "PYTHONPATH": str(mutant.build(tmp_path))}
    argv = [sys.executable, "-m", "tests.crash"]
    for name in ("matrix", "scenario", "request"):
        argv += [f"--{name}", getattr(mutant, name)]
    done = subprocess.run(
        argv, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    counted = [line for line in done.stdout.splitlines() if line.startswith(f"{mutant.matrix}: {mutant.scenario}: ")]
    assert counted, f"the matrix did not come to an end:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    assert done.returncode == 1, f"the matrix did not see it: {counted}"

"""The only shell of the product, read by a linter."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

LIBEXEC = Path(__file__).parents[3] / "libexec"


def test_shellcheck_finds_nothing_in_the_launcher() -> None:
    if shutil.which("shellcheck") is None and os.environ.get("CI") != "true":
        pytest.skip("shellcheck is not on this machine (apt name: shellcheck)")
    command = ["shellcheck", "--external-sources", "--check-sourced", "launch"]
    checked = subprocess.run(command, cwd=LIBEXEC, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")

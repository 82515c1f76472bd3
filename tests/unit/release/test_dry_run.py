"""A rehearsal ends where something fails, and says where."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from release.mistake import Mistake
from tests.release.progress import completed


def fails_with(error: Exception) -> Callable[[], str]:
    def part() -> str:
        raise error

    return part


def test_every_part_is_named_and_says_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert completed({"the wheel": lambda: "it starts", "its size": lambda: "1 MB"})
    assert capsys.readouterr().out.splitlines()[:2] == ["1/2 the wheel ...", "    it starts"]


@pytest.mark.parametrize(
    "error",
    [
        Mistake("it is too large"),
        RuntimeError("it is too large"),
        OSError("it is too large"),
        subprocess.CalledProcessError(1, "it is too large"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_nothing_is_done_after_a_part_that_failed(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert not completed({"the wheel": lambda: "", "its size": fails_with(error), "the lock": lambda: "written"})
    out, said = capsys.readouterr()
    assert out.splitlines()[-1] == "2/3 its size ..."
    assert said.startswith("release-dry-run: its size: ")
    assert "it is too large" in said

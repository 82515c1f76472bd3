"""A report is written whole or not at all, and a disk that refuses costs a sentence."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pointsman.adapters import files


def test_text_is_added_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "output"
    assert files.append(str(path), "a\n") == []
    assert files.append(str(path), "é\ud800\n") == []
    assert path.read_bytes() == "a\né?\n".encode()


@pytest.mark.parametrize(("path", "text"), [("", "text"), ("/nowhere/at/all", "")])
def test_nothing_asked_for_is_nothing_done(path: str, text: str) -> None:
    assert files.append(path, text) == []
    assert files.replace("", text) == []


def test_a_file_that_cannot_be_added_to_is_a_sentence(tmp_path: Path) -> None:
    (sentence,) = files.append(str(tmp_path), "text")
    assert sentence == f"could not write {tmp_path}: Is a directory"
    assert files.append("a\0b", "text")


def test_a_disk_that_fills_up_leaves_no_half_output(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("before\n")
    program = (
        "import resource, sys\n"
        "from pointsman.adapters import files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "sentences = files.append(sys.argv[1], 'x' * 200) + files.replace(sys.argv[1], 'y' * 200)\n"
        "print(*sentences, sep='\\n')\n"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 100
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"could not write {path}: File too large"] * 2
    assert path.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_replaces_the_one_before_and_makes_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "result.json"
    assert files.replace(str(path), "{}\n") == []
    assert files.replace(str(path), "[]\n") == []
    assert path.read_text() == "[]\n"
    assert [found.name for found in path.parent.iterdir()] == ["result.json"]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file")
    (sentence,) = files.replace(str(tmp_path / "reports" / "result.json"), "{}")
    assert sentence.startswith("could not write ")

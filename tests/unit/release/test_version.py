"""A version is released only from sources that say so everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman import __version__
from release.__main__ import main
from release.mistake import Mistake
from release.version import mistakes, source_version, unfinished

ROOT = Path(__file__).parents[3]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Sources of 2.3.4 that can be released."""
    write(tmp_path, "src/pointsman/__init__.py", '"""It."""\n\n__version__ = "2.3.4"\n')
    write(
        tmp_path,
        "CHANGELOG.md",
        "# Changelog\n\n## [2.3.4] - 2026-11-22\n\n- new\n\n## [2.3.3] - 2026-11-01\n\n- old\n",
    )
    write(tmp_path, "README.md", "uses: pointsman-dev/pointsman/actions/rollback@v2\n")
    return tmp_path


def write(tree: Path, name: str, text: str) -> None:
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(text)


def test_this_tree_can_be_rehearsed() -> None:
    assert list(mistakes(ROOT, __version__)) == []


def test_a_finished_tree_can_be_released(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tree), "check", "2.3.4"]) == 0
    assert capsys.readouterr().out == "2.3.4 can be released from this tree\n"


def test_another_version_than_that_of_the_package_is_refused(tree: Path) -> None:
    assert "2.3.3 is asked for and src/pointsman/__init__.py says 2.3.4" in " ".join(mistakes(tree, "2.3.3"))


@pytest.mark.parametrize("version", ["2.3", "v2.3.4", "2.3.4rc1", "02.3.4"])
def test_a_version_that_no_tag_could_name_is_refused(tree: Path, version: str) -> None:
    write(tree, "src/pointsman/__init__.py", f'__version__ = "{version}"\n')
    with pytest.raises(Mistake, match=r"not of the form X\.Y\.Z"):
        source_version(tree)


@pytest.mark.parametrize(
    "changes", ["## [2.3.3] - 2026-11-01\n\n- old\n", "## [2.3.4] - unreleased\n\n## [2.3.3]\n\n- x\n"]
)
def test_a_version_without_a_word_about_it_is_refused(tree: Path, changes: str) -> None:
    write(tree, "CHANGELOG.md", f"# Changelog\n\n{changes}")
    assert list(mistakes(tree, "2.3.4")) == [
        "CHANGELOG.md has nothing under `## [2.3.4]`: say there what users get",
    ]


def test_an_unreleased_changelog_can_be_rehearsed_and_not_released(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tree, "CHANGELOG.md", "# Changelog\n\n## [2.3.4] - unreleased\n\n- new\n")
    assert list(mistakes(tree, "2.3.4")) == []
    assert main(["--root", str(tree), "check", "2.3.4"]) == 1
    assert "has no day in the heading of 2.3.4: write `## [2.3.4] - YYYY-MM-DD`" in capsys.readouterr().err


def test_examples_that_call_another_major_version_are_named(tree: Path) -> None:
    write(tree, "examples/github/canary.yml", "uses: pointsman-dev/pointsman/actions/canary-step@v1\n")
    assert list(unfinished(tree, "2.3.4")) == [
        "this release moves v2, and other tags are called: change them, or the version: examples/github/canary.yml (v1)"
    ]

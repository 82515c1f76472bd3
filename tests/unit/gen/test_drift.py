"""`python -m pointsman.gen` on a copy of the repository: it notices every edit, and mends it."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pointsman.gen.__main__ import main
from pointsman.gen.artifacts import EXAMPLES, artifacts_for

ROOT = Path(__file__).parents[3]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The generated files and what they are made of."""
    for folder in ("actions", "docs", "schema", "examples", "templates", "libexec", "deploy"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "README.md", tmp_path)
    return tmp_path


def gen(root: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["--root", str(root), *options])


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_the_repository_is_as_generated() -> None:
    checked = gen(ROOT, "--check")
    assert checked.output == ""
    assert checked.exit_code == 0


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("actions/rollback/action.yml", "libexec/launch", "libexec/lunch"),
        ("templates/rollback.yml", "interruptible: false", "interruptible: true"),
        ("schema/pointsman.schema.json", '"60s"', '"61s"'),
        ("docs/steps/verify-health.md", "`expect-body`", "`expect-text`"),
        ("actions/verify-health/README.md", "pods/proxy", "pods/log"),
        ("README.md", "cleanup: update", "cleanup: keep"),
        ("deploy/helm/pointsman-rbac/files/roles.yaml", "[pods/log]", "[secrets]"),
        ("deploy/helm/pointsman-rbac/values.schema.json", '"istio"', '"linkerd"'),
        ("deploy/helm/pointsman-rbac/Chart.yaml", "appVersion: ", "appVersion: 9"),
    ],
)
def test_an_edit_is_found_shown_and_mended(copy: Path, path: str, old: str, new: str) -> None:
    edit(copy / path, old, new)
    checked = gen(copy, "--check")
    assert checked.exit_code == 1
    assert path in checked.output
    assert new in checked.output
    assert gen(copy).output == f"wrote {path}\n"
    assert (copy / path).read_text("utf-8") == (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize("example", EXAMPLES.values())
def test_an_example_in_the_readme_is_the_file(copy: Path, example: str) -> None:
    edit(copy / example, "SERVICE: shop", "SERVICE: stall")
    assert gen(copy, "--check").exit_code == 1
    gen(copy)
    assert "SERVICE: stall" in (copy / "README.md").read_text("utf-8")


def test_a_missing_file_is_found_and_made(copy: Path) -> None:
    (copy / "actions/rollback/action.yml").unlink()
    assert "actions/rollback/action.yml is missing" in gen(copy, "--check").output
    gen(copy)
    assert gen(copy, "--check").exit_code == 0


def test_an_action_that_is_no_step_any_more_is_found_and_removed(copy: Path) -> None:
    (copy / "actions/old-step").mkdir()
    (copy / "actions/old-step/action.yml").write_text("name: old\n")
    assert "belongs to no step" in gen(copy, "--check").output
    assert gen(copy).output == "removed actions/old-step/action.yml\n"


def test_checking_writes_nothing(copy: Path) -> None:
    edit(copy / "schema/pointsman.schema.json", '"60s"', '"61s"')
    before = (copy / "schema/pointsman.schema.json").read_text()
    gen(copy, "--check")
    assert (copy / "schema/pointsman.schema.json").read_text() == before


def test_a_page_without_prose_is_an_error_that_says_so(copy: Path) -> None:
    (copy / "docs/steps/status.md").unlink()
    checked = gen(copy, "--check")
    assert checked.exit_code == 2
    assert "docs/steps/status.md is missing" in checked.output


def test_generated_text_is_the_same_each_time() -> None:
    assert artifacts_for(ROOT) == artifacts_for(ROOT)


def test_a_long_difference_is_cut(copy: Path) -> None:
    file = copy / "schema/pointsman.schema.json"
    file.write_text("\n".join(reversed(file.read_text().splitlines())))
    output = gen(copy, "--check").output
    assert "more lines" in output
    assert len(output.splitlines()) < 40

"""The documentation as a site: every page is in it, every link arrives, and no page loads anything from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

_LOADED = re.compile(
    r"<(?:script|img|link rel=\"(?:stylesheet|preconnect)\")[^>]*(?:src|href)=\"((?:https?:)?//[^\"]+)"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What the site is made of."""
    for folder in ("docs", ".mkdocs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("mkdocs.yml", "README.md"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def built(root: Path) -> subprocess.CompletedProcess[str]:
    """Built without a way out: what would be fetched fails."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"}
    argv = [sys.executable, "-m", "mkdocs", "build"]
    return subprocess.run(argv, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_it_is_built_from_the_pages_and_loads_nothing_from_elsewhere(copy: Path) -> None:
    drawing = "\n```mermaid\nflowchart LR\n  stable --> canary\n```\n"
    with (copy / "docs/concepts.md").open("a", encoding="utf-8") as page:
        page.write(drawing)
    ended = built(copy)
    assert ended.returncode == 0, ended.stderr
    site = copy / "build/site"
    for source in (copy / "docs").rglob("*.md"):
        assert (site / source.relative_to(copy / "docs").with_suffix(".html")).exists()
    for html in site.rglob("*.html"):
        assert _LOADED.findall(html.read_text("utf-8")) == [], html
    front = (site / "index.html").read_text("utf-8")
    assert 'href="steps/canary-step.html"' in front
    assert "/blob/v1/examples/github/canary.yml" in front
    assert '<pre class="mermaid">' in (site / "concepts.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[gone](nowhere.md)", "nowhere.md"),
        ("[gone](concepts.md#no-such-heading)", "no-such-heading"),
    ],
)
def test_a_link_that_leads_nowhere_is_an_error(copy: Path, text: str, words: str) -> None:
    with (copy / "docs/adoption.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{text}\n")
    ended = built(copy)
    assert (ended.returncode, words in ended.stderr) == (1, True), ended.stderr


def test_a_page_that_is_in_no_menu_is_an_error(copy: Path) -> None:
    (copy / "docs/lost.md").write_text("# Lost\n")
    ended = built(copy)
    assert (ended.returncode, "lost.md" in ended.stderr) == (1, True), ended.stderr

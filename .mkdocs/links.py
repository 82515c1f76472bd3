"""The pages are written for the repository; here they become a site.

README.md is its front page. A link that leaves docs/ leads to the repository, one to README.md to the front page.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_ROOT = Path(__file__).parents[1]
_RELEASE = "v1"
_LINK = re.compile(r"(\]\()([^)\s:#]+)(#[^)\s]*)?(\))")
_FENCE = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the front page."""
    front = (_ROOT / "README.md").read_text("utf-8")
    files.append(File.generated(config, "index.md", content=front))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - their names
    """The page with links that arrive on the site."""
    source = "README.md" if page.file.src_uri == "index.md" else f"docs/{page.file.src_uri}"
    parts = _FENCE.split(markdown)
    prose = [_LINK.sub(lambda link: _arriving(link, source, config.repo_url or ""), part) for part in parts[::2]]
    parts[::2] = prose
    return "".join(parts)


def _arriving(link: re.Match[str], source: str, repository: str) -> str:
    opening, path, anchor, closing = link.groups(default="")
    target = normpath(f"{Path(source).parent.as_posix()}/{path}")
    return f"{opening}{_on_site(target, source, repository)}{anchor}{closing}"


def _on_site(target: str, source: str, repository: str) -> str:
    here = "." if source == "README.md" else Path(source).relative_to("docs").parent.as_posix()
    if target == "README.md":
        return relpath("index.md", here)
    if target.startswith("docs/"):
        return relpath(target.removeprefix("docs/"), here)
    kind = "tree" if (_ROOT / target).is_dir() else "blob"
    return f"{repository}/{kind}/{_RELEASE}/{target}"

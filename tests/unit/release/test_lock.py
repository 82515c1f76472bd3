"""The lock is written whole or not at all, and keeps what it says to people."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pointsman import __version__
from pointsman.gen.gitlab import image_of
from release.__main__ import main
from release.lock import LOCK

ROOT = Path(__file__).parents[3]
AMD, ARM, INDEX = (f"sha256:{digit * 64}" for digit in "abc")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / LOCK).parent.mkdir()
    shutil.copy(ROOT / LOCK, tmp_path / LOCK)
    return tmp_path


def write(tree: Path, *images: str, repository: str = "ghcr.io/acme/pointsman", index: str = INDEX) -> int:
    told = ["--repository", repository, "--version", __version__, "--index", index]
    return main(["--root", str(tree), "lock", *told, *images])


def test_it_names_the_image_of_each_platform_and_the_index_over_them(tree: Path) -> None:
    comments = [line for line in (ROOT / LOCK).read_text().splitlines() if line.startswith("#")]
    assert write(tree, f"linux-arm64={ARM}", f"linux-amd64={AMD}") == 0
    values = ["repository=ghcr.io/acme/pointsman", f"version={__version__}", f"digest={INDEX}"]
    values += [f"digest.linux-amd64={AMD}", f"digest.linux-arm64={ARM}"]
    assert (tree / LOCK).read_text().splitlines() == [*comments, *values]
    assert image_of(tree) == f"ghcr.io/acme/pointsman@{INDEX}"


@pytest.mark.parametrize(
    ("repository", "index", "image", "said"),
    [
        ("ghcr.io/Acme/Pointsman", INDEX, f"linux-amd64={AMD}", "ghcr.io/Acme/Pointsman is no repository"),
        ("pointsman", INDEX, f"linux-amd64={AMD}", "pointsman is no repository"),
        ("ghcr.io/acme/pointsman", "", f"linux-amd64={AMD}", "nothing is no digest"),
        ("ghcr.io/acme/pointsman", INDEX, "linux-amd64=sha256:abc", "sha256:abc is no digest"),
        ("ghcr.io/acme/pointsman", INDEX, f"linux/amd64={AMD}", "linux/amd64 is no platform"),
    ],
)
def test_what_no_launcher_could_use_is_refused_and_nothing_is_written(
    tree: Path, capsys: pytest.CaptureFixture[str], repository: str, index: str, image: str, said: str
) -> None:
    assert write(tree, image, repository=repository, index=index) == 1
    assert said in capsys.readouterr().err
    assert (tree / LOCK).read_text() == (ROOT / LOCK).read_text()

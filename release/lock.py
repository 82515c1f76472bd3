"""libexec/image.lock, which says what a released step runs.

The launcher takes the digest of its platform, so that what it pulls is one image and nothing is left to choose; a
GitLab job and the Job of the dead-man switch cannot know the machine they will run on, and take the index.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from release.mistake import Mistake

LOCK = Path("libexec/image.lock")
_DIGEST = re.compile("sha256:[0-9a-f]{64}")
_PLATFORM = re.compile("linux-[a-z0-9]+")
_REPOSITORY = re.compile(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+")


def lock_text(comments: str, repository: str, version: str, index: str, images: Mapping[str, str]) -> str:
    """The text of a lock: `index` and, by platform, `images` are digests. Raises Mistake for what is none."""
    if not _REPOSITORY.fullmatch(repository):
        raise Mistake(f"{repository} is no repository of a registry: give it as registry/name, in lower case")
    if not images:
        raise Mistake("a lock without an image would refuse every container: give PLATFORM=DIGEST")
    for platform in images:
        if not _PLATFORM.fullmatch(platform):
            raise Mistake(f"{platform} is no platform: give it as linux-amd64")
    for digest in (index, *images.values()):
        if not _DIGEST.fullmatch(digest):
            raise Mistake(f"{digest or 'nothing'} is no digest: it is `sha256:` and 64 digits")
    values = {"repository": repository, "version": version, "digest": index}
    values |= {f"digest.{platform}": images[platform] for platform in sorted(images)}
    return comments + "".join(f"{name}={text}\n" for name, text in values.items())


def write_lock(root: Path, repository: str, version: str, index: str, images: Mapping[str, str]) -> str:
    """Writes the lock of the tree at `root`, keeps the comments of the present one, and gives the new text."""
    lines = (root / LOCK).read_text("utf-8").splitlines(keepends=True)
    text = lock_text("".join(line for line in lines if line.startswith("#")), repository, version, index, images)
    (root / LOCK).write_text(text, "utf-8")
    return text

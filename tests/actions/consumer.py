"""A repository of somebody who releases with Pointsman: a commit with a workflow, and nothing of the project itself."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKFLOWS = Path(__file__).parent / "workflows"
_AUTHOR = ["-c", "user.name=Consumer", "-c", "user.email=consumer@example.com"]


@dataclass(frozen=True)
class Consumer:
    """The repository in the folder `place`."""

    place: Path

    @property
    def sha(self) -> str:
        """Its only commit."""
        return self._git("rev-parse", "HEAD").strip()

    def event(self, payload: dict[str, Any]) -> Path:
        """A file with the payload of an event, outside the repository."""
        file = self.place.with_name(f"{self.place.name}-event.json")
        file.write_text(json.dumps(payload))
        return file

    def _git(self, *words: str) -> str:
        command = ["git", *_AUTHOR, *words]
        return subprocess.run(command, cwd=self.place, check=True, text=True, stdout=subprocess.PIPE).stdout


def consumer(place: Path, workflow: str, **files: str) -> Consumer:
    """A repository at `place` whose only workflow has this text; `files` are further ones by name."""
    for name, text in {".github/workflows/release.yml": workflow, **files}.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    made = Consumer(place)
    made._git("init", "--quiet", "--initial-branch=main")
    made._git("add", ".")
    made._git("commit", "--quiet", "--message=The shop")
    return made


def workflow(name: str) -> str:
    """The text of a workflow of these tests."""
    return (WORKFLOWS / f"{name}.yml").read_text("utf-8")

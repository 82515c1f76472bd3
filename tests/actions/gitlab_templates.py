"""The GitLab templates as GitLab reads them: a header with inputs, and a job into which they are pasted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").glob("*.yml"))
_PASTED = re.compile(r"\$\[\[ inputs\.([a-z0-9-]+) \]\]")


@dataclass(frozen=True)
class Template:
    """One file of `templates/`."""

    header: dict[str, Any]
    body: str

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """What may be given."""
        found: dict[str, dict[str, Any]] = self.header["spec"]["inputs"]
        return found

    def refused(self, given: dict[str, Any]) -> list[str]:
        """The given inputs that GitLab would refuse."""
        return [name for name, value in given.items() if not self._takes(name, value)]

    def jobs(self, given: dict[str, str] | None = None) -> dict[str, Any]:
        """The jobs that GitLab makes when these inputs are given. They are pasted into the values of the parsed
        configuration, so no value can change its structure."""
        values = {**{name: told["default"] for name, told in self.inputs.items()}, **(given or {})}

        def pasted(part: str) -> str:
            return _PASTED.sub(lambda found: json.dumps(values[found[1]])[1:-1], part)

        filled: dict[str, Any] = json.loads(pasted(json.dumps(yaml.safe_load(self.body))))
        return filled

    @property
    def pasted(self) -> set[str]:
        """The inputs that the job uses."""
        return set(_PASTED.findall(self.body))

    def _takes(self, name: str, value: Any) -> bool:
        told = self.inputs.get(name)
        if told is None or not isinstance(value, str):
            return False
        if "options" in told:
            return value in told["options"]
        return "regex" not in told or re.search(told["regex"], value) is not None


def template(name: str) -> Template:
    """The template called `name`."""
    header, body = (ROOT / "templates" / f"{name}.yml").read_text("utf-8").split("\n---\n")
    return Template(yaml.safe_load(header), body)

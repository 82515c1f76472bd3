"""What `pointsman rbac` prints, for comparison with what else installs it."""

from __future__ import annotations

from typing import Any

import yaml
from click.testing import CliRunner

from pointsman.entry.cli import cli
from pointsman.entry.rbac import GUARDED
from pointsman.entry.roles import BY_ROUTE

Rules = list[dict[str, Any]]


def printed(command: str, router: str, dead_man: bool, *more: str) -> list[dict[str, Any]]:
    """The objects; `router` and `dead_man` count for the commands that know them."""
    routed = [f"--router={router}"] if command in BY_ROUTE else []
    guarded = ["--dead-man"] if dead_man and command in GUARDED else []
    ended = CliRunner().invoke(cli, ["rbac", f"--command={command}", *routed, *guarded, *more])
    assert ended.exit_code == 0, ended.output
    return list(yaml.safe_load_all(ended.stdout))

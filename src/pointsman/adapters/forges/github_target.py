"""What of GitHub is spoken to, what is wished for, and whether anything may be sent at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from pointsman.adapters.forges.addresses import is_on_this_machine

_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True)
class Target:
    """Which commit of which repository is spoken of, and how GitHub is reached.

    `is_act` says that this is a rehearsal on somebody's machine: then only a server on this machine is told.
    """

    api_url: str
    repository: str
    sha: str
    token: str = field(repr=False, default="")
    run_url: str = ""
    is_act: bool = False


@dataclass(frozen=True)
class Wishes:
    """What to report. `commit_status` auto means: where there is a token for it."""

    commit_status: Literal["auto", "true", "false"] = "auto"
    deployment: Literal["off", "create"] = "off"
    environment: str = ""
    environment_url: str = ""

    @property
    def status(self) -> bool:
        """True when a commit status is to be posted if it can be."""
        return self.commit_status != "false"

    @property
    def deploys(self) -> bool:
        """True when a deployment is to be recorded; GitHub calls one without an environment production."""
        return self.deployment == "create" and bool(self.environment)


def obstacle(target: Target) -> str:
    """Why nothing may be sent to `target`; empty when it may."""
    if not target.token:
        return "there is no token"
    if target.is_act and not is_on_this_machine(target.api_url):
        return "this is a rehearsal with act, and the API is not on this machine"
    if not _REPOSITORY.fullmatch(target.repository):
        return f"{target.repository!r} is not a repository"
    if not _SHA.fullmatch(target.sha):
        return f"{target.sha!r} is not a commit"
    return ""


def complaints(target: Target, wishes: Wishes) -> list[str]:
    """What was asked for by name and can't be had; `auto` asks for nothing."""
    asked = [f"commit-status: {wishes.commit_status}"] if wishes.commit_status == "true" else []
    asked += [f"deployment: {wishes.deployment}"] if wishes.deployment == "create" else []
    hindrance = obstacle(target)
    if hindrance:
        return [f"GitHub is not told ({wish}), because {hindrance}" for wish in asked]
    if wishes.deployment == "create" and not wishes.environment:
        return ["GitHub is not told (deployment: create), because no environment is named"]
    return []

"""What the API server answered: an object, or a no with the words for it."""

from __future__ import annotations

import json
from typing import Any

from pointsman.model.errors import NotPermitted, RemoteError, Unreachable

Json = dict[str, Any]
PASSING = {429, 500, 502, 503, 504}
"""Statuses after which a request is made again."""


class ApiStatus(RemoteError):
    """The API server said no: `code` is the HTTP status, `reason` Kubernetes' word for it."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(f"the API server answered {code} {reason}: {message}", "see the message; safe to run again")
        self.code = code
        self.reason = reason


def object_of(data: bytes, path: str) -> Json:
    """The JSON object that came back for `path`. Raises Unreachable for anything else."""
    try:
        parsed = json.loads(data)
    except ValueError as broken:
        raise Unreachable(f"the API server's answer for {path} is not JSON", "safe to run again") from broken
    if not isinstance(parsed, dict):
        raise Unreachable(f"the API server's answer for {path} is not an object", "safe to run again")
    return parsed


def refusal_of(code: int, data: bytes) -> RemoteError:
    """A status of 400 or more as the error to raise."""
    try:
        said = json.loads(data)
        message, reason = str(said.get("message", "")), str(said.get("reason", ""))
    except (ValueError, AttributeError):
        message, reason = data.decode("utf-8", "replace")[:300], ""
    if code == 401:
        return NotPermitted(
            f"the API server does not accept our credentials: {message}", "log in again, or renew the token"
        )
    if code == 403:
        return NotPermitted(
            f"not permitted: {message}",
            "give this identity the Role that `pointsman rbac --command STEP` prints, then run the same again",
        )
    if code in PASSING:
        return Unreachable(f"the API server goes on answering {code}: {message}", "safe to run again later")
    return ApiStatus(code, reason, message)


def short(lost: BaseException) -> str:
    """Why a connection was lost, without the names of classes around it."""
    text = str(lost).split("Caused by ")[-1]
    return text if len(text) < 300 else text[:300] + "…"
